package trader

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spsalert/spsalert/client/plain"
	"github.com/spsalert/spsalert/server/statement"
)

// foldCode returns a code or number as the register and cases are compared, whoever
// gave it, see [statement.FoldCode]. It is empty for one without letters and digits: a
// hyphen stands for none.
func foldCode(code string) string {
	folded := statement.FoldCode(code, "")
	if !strings.ContainsFunc(folded, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return ""
	}
	return folded
}

// companyForms are the words, folded, that say what kind of firm it is and not
// which: people leave them out or write them otherwise.
var companyForms = words(`
	co company companies corp corporation inc incorporated ltd limited llc llp lp plc public private pte pty pvt
	sdn bhd berhad gmbh ag sa sas sarl srl spa bv nv oy ab tbk pt cv jsc jointstock joint stock
	cong ty cty ct tnhh cp co phan mtv mot thanh vien dntn doanh nghiep tu nhan ctcp htx hop tac xa
	group enterprise trading the and
`)

// companyWritten are the same in scripts without blanks, plain.
var companyWritten = func() (all []string) {
	for _, form := range []string{
		"股份有限公司", "有限责任公司", "有限公司", "公司", "集团", "股份", "บริษัท", "ห้างหุ้นส่วนจำกัด", "ห้างหุ้นส่วน", "จำกัด", "มหาชน", "หจก", "บจก",
	} {
		all = append(all, plain.Text(form))
	}
	return all
}()

func words(text string) map[string]bool {
	all := make(map[string]bool)
	for _, w := range strings.Fields(text) {
		all[w] = true
	}
	return all
}

// foldName returns the name of a firm as names are compared: without case, marks
// of Latin letters, punctuation, blanks and words of company forms. It is empty
// for a name of which too little is left to tell firms apart.
func foldName(name string) string {
	folded := strings.Join(coreOf(name), "")
	if !tellsApart(folded) {
		return ""
	}
	return folded
}

// coreOf returns the words of the name of a firm, without those of company forms.
func coreOf(name string) []string {
	text := plain.Text(name)
	for _, form := range companyWritten {
		text = strings.ReplaceAll(text, form, " ")
	}
	return slices.DeleteFunc(wordsIn(text), func(w string) bool { return companyForms[w] })
}

// wordsIn returns the words of a plain text: letters, digits and marks.
func wordsIn(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
}

// tellsApart reports whether a folded text is long enough to name one thing:
// four letters, or two characters of a script that has one for a word.
func tellsApart(folded string) bool {
	least := 4
	for _, r := range folded {
		if unicode.Is(unicode.Han, r) {
			least = 2
		}
	}
	return utf8.RuneCountInString(folded) >= least
}
