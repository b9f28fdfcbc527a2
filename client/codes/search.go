package codes

import (
	"sort"
	"strings"
	"unicode"

	"github.com/spsalert/spsalert/client/plain"
)

// Query is what is looked for in a list.
type Query struct {
	// Words is a code or its beginning, or words or their beginnings, all of
	// which an entry must have in its names; upper case, marks and width do not
	// matter. Empty: all entries.
	Words string
	// Under is a code of which the direct children are wanted. Empty: all.
	Under string
	// Offset is how many of the found entries are left out, and Limit how many
	// there are at most after that.
	Offset, Limit int
}

// Search returns the entries that a query finds, and whether there are more
// after them. The code itself comes first, then codes that begin so, then names
// that are so, then names that begin so, then the others; among equals the order
// of the list. A retired code is found by its whole code only.
//
// Its time grows with the list: 100,000 entries take some milliseconds.
func (l *List) Search(q Query) (found []Entry, more bool) {
	m := newMatcher(q.Words)
	exact, isCode := l.byCode[m.raw]
	var ranked [ranks][]int
	for _, i := range l.candidates(m) {
		if q.Under != "" && l.entries[i].Parent != q.Under {
			continue
		}
		rank, ok := rankCode, isCode && i == exact
		if !ok {
			rank, ok = m.rank(l.folded[l.starts[i]:l.starts[i+1]])
		}
		if !ok || rank != rankCode && l.entries[i].Retired {
			continue
		}
		ranked[rank] = append(ranked[rank], i)
	}
	skip := q.Offset
	for _, of := range ranked {
		if skip >= len(of) {
			skip -= len(of)
			continue
		}
		for _, i := range of[skip:] {
			if len(found) == q.Limit {
				return found, true
			}
			found = append(found, l.entries[i])
		}
		skip = 0
	}
	return found, false
}

// candidates returns the entries, by index and in order, that a matcher has to
// look at: those with its longest word, those whose code begins so, and the one
// whose code it is.
func (l *List) candidates(m *matcher) []int {
	if m.raw == "" {
		all := make([]int, len(l.entries))
		for i := range all {
			all[i] = i
		}
		return all
	}
	found := union(l.having(m.longest), l.having(m.code))
	if i, ok := l.byCode[m.raw]; ok {
		found = union(found, []int{i})
	}
	return found
}

// having returns the entries, by index and in order, in whose folded text a text
// is; none for an empty text. Looking through all folded texts as one is many
// times faster than through each.
func (l *List) having(text string) []int {
	if text == "" {
		return nil
	}
	var found []int
	entry := 0
	for at := 0; at < len(l.folded); at = l.starts[entry] {
		hit := strings.Index(l.folded[at:], text)
		if hit < 0 {
			break
		}
		// The entry that the hit is in is the last that does not start after it.
		entry += sort.SearchInts(l.starts[entry:], at+hit+1) - 1
		found = append(found, entry)
		entry++
	}
	return found
}

// union returns what is in one of two ordered lists, each once, in order.
func union(a, b []int) []int {
	if len(b) == 0 {
		return a
	}
	all := make([]int, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		first := min(a[0], b[0])
		if a[0] == first {
			a = a[1:]
		}
		if b[0] == first {
			b = b[1:]
		}
		all = append(all, first)
	}
	return append(append(all, a...), b...)
}

// Ranks of what is found, the best first.
const (
	rankCode = iota
	rankCodeBegins
	rankName
	rankNameBegins
	rankWords
	ranks
)

// edge stands between the parts of a folded entry, and around them. No folded
// text has it.
const edge = "\x1f"

// foldEntry writes what an entry is found by: the key of its code, then each
// name as words, each with a blank before it.
func foldEntry(b *strings.Builder, e Entry) {
	b.WriteString(edge + key(e.Code) + edge)
	add := func(text string) {
		if w := words(text); w != "" {
			b.WriteString(" " + w + edge)
		}
	}
	for _, n := range e.Names {
		add(n.Text)
	}
	for _, o := range e.Other {
		add(o)
	}
	if len(e.Names) == 0 {
		add(e.Code)
	}
}

// words returns a text as folded words with one blank between them.
func words(text string) string {
	return strings.Join(strings.FieldsFunc(plain.Text(text), func(r rune) bool { return !spelled(r) }), " ")
}

// spelled reports whether a character is part of a word rather than between
// words. Vowels above and below letters are part of Thai, Lao, Khmer and Burmese
// words.
func spelled(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

// matcher holds a query as it is compared.
type matcher struct {
	raw     string
	code    string   // edge and key: how a folded entry begins whose code begins so; empty without a key
	name    string   // how a name stands in a folded entry that begins with all the words in this order
	words   []string // each with a blank before it, if it can only begin a word
	longest string   // of these
}

func newMatcher(query string) *matcher {
	m := &matcher{raw: strings.TrimSpace(query)}
	if k := key(query); k != "" {
		m.code = edge + k
	}
	whole := words(query)
	m.name = edge + " " + whole
	for w := range strings.FieldsSeq(whole) {
		if !unbroken(w) {
			w = " " + w
		}
		m.words = append(m.words, w)
		if len(w) > len(m.longest) {
			m.longest = w
		}
	}
	return m
}

// unbroken reports whether a word is of a script that writes words without
// blanks, so that it may begin anywhere.
func unbroken(word string) bool {
	for _, r := range word {
		return unicode.In(r, unicode.Han, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Hiragana, unicode.Katakana)
	}
	return false
}

// rank returns how well an entry fits; false if it does not.
func (m *matcher) rank(folded string) (int, bool) {
	switch {
	case m.raw == "":
		return rankWords, true
	case m.code != "" && strings.HasPrefix(folded, m.code):
		if strings.HasPrefix(folded[len(m.code):], edge) {
			return rankCode, true
		}
		return rankCodeBegins, true
	case len(m.words) == 0:
		return 0, false
	}
	for _, w := range m.words {
		if !strings.Contains(folded, w) {
			return 0, false
		}
	}
	switch {
	case !strings.Contains(folded, m.name):
		return rankWords, true
	case strings.Contains(folded, m.name+edge):
		return rankName, true
	}
	return rankNameBegins, true
}
