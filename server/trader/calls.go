package trader

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// A call is a way in which people name a firm or person: some words of its name, one
// behind the other, as spoken has them. In a text it stands for whole words, or
// anywhere where a script does not part words.

// spoken returns a text as calls are looked for in it: its words, plain, with one
// blank in between, also where the script changes.
func spoken(text string) string {
	var b strings.Builder
	for _, w := range wordsIn(plain.Text(text)) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		var before rune
		for _, r := range w {
			if before != 0 && unparted(before) != unparted(r) {
				b.WriteByte(' ')
			}
			b.WriteRune(r)
			before = r
		}
	}
	return b.String()
}

// unparted reports whether a letter is of a script that does not part words.
func unparted(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// callAt returns where a call stands in a spoken text, -1 if nowhere.
func callAt(text, call string) int {
	for from := 0; call != ""; {
		i := strings.Index(text[from:], call)
		if i < 0 {
			return -1
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		behind, _ := utf8.DecodeRuneInString(text[i+len(call):])
		first, size := utf8.DecodeRuneInString(call)
		last, _ := utf8.DecodeLastRuneInString(call)
		if (i == 0 || before == ' ' || unparted(first)) && (i+len(call) == len(text) || behind == ' ' || unparted(last)) {
			return i
		}
		from = i + size
	}
	return -1
}

// without returns a spoken text without a call: what is left of it stands apart.
func without(text, call string) string {
	for i := callAt(text, call); i >= 0; i = callAt(text, call) {
		text = strings.TrimSpace(text[:i]) + " | " + strings.TrimSpace(text[i+len(call):])
	}
	return text
}

// callsOf returns how people may call a firm or person by its name: by all of it but
// the company form; by how it begins, as far as that tells it apart; by two words
// beside each other or one long one that are neither common words of the trade nor of
// the case. Nothing that stands in the exporter's own names calls another, and a name
// of nothing but words of the case calls nobody.
//
// BUG(trader): a Chinese name is not found by its middle alone: of 广西百色红星进出口有限公司 a
// text with 红星 names nobody.
func callsOf(name string, common map[string]bool, own []string) (all []string) {
	telling := func(w string) bool { return !common[w] && !tradeWords[w] && !companyForms[w] }
	core := strings.Fields(spoken(strings.Join(coreOf(name), " ")))
	if !slices.ContainsFunc(core, telling) || len(core) == 1 && utf8.RuneCountInString(core[0]) < 2 {
		core = strings.Fields(spoken(name)) // of "The Durian Company" only all of it tells
	}
	if !slices.ContainsFunc(core, func(w string) bool { return !common[w] }) {
		return nil
	}
	add := func(run []string) (calls bool) {
		call := strings.Join(run, " ")
		if utf8.RuneCountInString(call) < 2 || slices.ContainsFunc(own, func(o string) bool { return callAt(o, call) >= 0 }) {
			return false
		}
		if !slices.Contains(all, call) {
			all = append(all, call)
		}
		return true
	}
	add(core)
	for n := 2; n < len(core); n++ {
		if slices.ContainsFunc(core[:n], telling) && add(core[:n]) {
			break
		}
	}
	tells := 0
	for i, w := range core {
		if i > 0 && telling(w) && telling(core[i-1]) {
			add(core[i-1 : i+1])
		}
		for _, part := range partsOf(w) {
			if part != w && !common[part] && tellsApart(part) {
				add([]string{part})
			}
		}
		if telling(w) {
			tells++
		}
	}
	if i := slices.IndexFunc(core, telling); tells == 1 && tellsApart(core[i]) {
		add(core[i : i+1])
	}
	return all
}

// partsOf returns the parts between common words of the trade of a word of a script
// that does not part words, without the Chinese city, county or province in front.
func partsOf(w string) []string {
	if first, _ := utf8.DecodeRuneInString(w); !unparted(first) {
		return nil
	}
	for trade := range tradeWords {
		if first, _ := utf8.DecodeRuneInString(trade); unparted(first) {
			w = strings.ReplaceAll(w, trade, " ")
		}
	}
	parts := strings.Fields(w)
	for i, part := range parts {
		if at := strings.LastIndexAny(part, "省市县區区州"); at >= 0 {
			_, size := utf8.DecodeRuneInString(part[at:])
			parts[i] = part[at+size:]
		}
	}
	return parts
}

// commonIn returns the words that a case uses of goods, places and what was found:
// in a name they tell no firm apart.
func commonIn(n *spsv1.Notification) map[string]bool {
	common := make(map[string]bool)
	say := func(texts ...string) {
		for _, text := range texts {
			for _, w := range strings.Fields(spoken(text)) {
				common[w] = true
			}
		}
	}
	var walk func(protoreflect.Message)
	walk = func(m protoreflect.Message) {
		switch of := m.Interface().(type) {
		case *spsv1.Party, *spsv1.Authority, *spsv1.Laboratory: // names of firms
			return
		case *spsv1.Product:
			for _, t := range of.GetName() {
				say(t.GetText())
			}
		case *spsv1.Taxon:
			say(of.GetScientificName(), of.GetAsWritten())
			for _, t := range of.GetCommonName() {
				say(t.GetText())
			}
		case *spsv1.Concept:
			say(of.GetAsWritten())
		case *spsv1.Coding:
			say(of.GetDisplay())
		case *spsv1.Place:
			for _, t := range of.GetName() {
				say(t.GetText())
			}
		case *spsv1.Area:
			say(of.GetAsWritten())
		}
		m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			switch {
			case f.Message() == nil || f.IsMap():
			case f.IsList():
				for i := range v.List().Len() {
					walk(v.List().Get(i).Message())
				}
			default:
				walk(v.Message())
			}
			return true
		})
	}
	walk(n.ProtoReflect())
	return common
}

// tradeWords are the words, plain, that many firms of the trade have in their names.
var tradeWords = words(`
	import export imports exports importer exporter impex trade fruit fruits vegetable vegetables food foods foodstuff
	agricultural agriculture agri agro farm farms fresh frozen produce product products seafood fishery service services
	production processing packing house international global asia viet nam vietnam thailand thai china cambodia lao laos
	xuat nhap khau thuong mai dich vu san che bien trai cay rau qua nong thuc pham hai dau tu phat trien quoc te
	进出口 贸易 食品 水果 果业 果蔬 农业 农产品 国际 实业 供应链
	นำเข้า ส่งออก ผลไม้ อาหาร ฟู้ด เทรดดิ้ง ฟาร์ม การเกษตร
`)
