package trader

import (
	"slices"
	"strings"
	"unicode"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/client/plain"
	"github.com/spsalert/spsalert/server/statement"
)

const (
	// mostSaid is how many runs of words of a case are looked for in the register, and
	// mostWords of how many words one has at most.
	mostSaid  = 4000
	mostWords = 6
)

// meet notes the exporters to whom the case leads, and those whose names or codes
// stand in its texts.
func (m *matter) meet(ids []string, find register, owner owners) error {
	note := func(sort sort, folded string) error {
		entries, err := find(sort, folded)
		for _, e := range entries {
			if !slices.Contains(ids, e.exporter) {
				ids = append(ids, e.exporter)
			}
		}
		return err
	}
	names, numbers := m.said()
	for _, name := range names {
		if err := note(byName, name); err != nil {
			return err
		}
	}
	for _, number := range numbers {
		for _, folded := range statement.FoldsOf(number, m.at.office) {
			if err := note(byCode, folded); err != nil {
				return err
			}
		}
	}
	m.met = nil
	for _, id := range ids {
		e, err := owner(id)
		if err != nil {
			return err
		}
		m.met = append(m.met, e)
	}
	return nil
}

// said returns the runs of words in the texts that exporters may be shown of the case,
// as names and as codes are folded.
func (m *matter) said() (names, numbers []string) {
	seen := make(map[string]bool)
	runs := func(words []string, keep func(string) bool) (all []string) {
		for i := range words {
			for n := i + 1; n <= min(i+mostWords, len(words)) && len(seen) < mostSaid; n++ {
				if run := strings.Join(words[i:n], ""); !seen[run] && keep(run) {
					seen[run] = true
					all = append(all, run)
				}
			}
		}
		return all
	}
	shown := allow(m.whole).ProtoReflect()
	eachText(shown, func(text string) {
		words := slices.DeleteFunc(wordsIn(plain.Text(text)), func(w string) bool { return companyForms[w] })
		names = append(names, runs(words, tellsApart)...)
	})
	clear(seen)
	eachText(shown, func(text string) {
		var words []string
		for _, p := range piecesOf(text) {
			words = append(words, p.folded)
		}
		numbers = append(numbers, runs(words, func(run string) bool { return isTelling(run) && strings.ContainsFunc(run, unicode.IsDigit) })...)
	})
	return names, numbers
}

// eachText calls visit for every text of a message that has words of somebody.
func eachText(m protoreflect.Message, visit func(string)) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case wordless(m, f), f.IsMap():
		case f.Kind() == protoreflect.StringKind && f.IsList():
			for i := range v.List().Len() {
				visit(v.List().Get(i).String())
			}
		case f.Kind() == protoreflect.StringKind:
			visit(v.String())
		case f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				eachText(v.List().Get(i).Message(), visit)
			}
		default:
			eachText(v.Message(), visit)
		}
		return true
	})
}
