package codes

import (
	"iter"
	"slices"
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
// Its time grows with the list, and with the offset: 100,000 entries take some
// milliseconds.
func (l *List) Search(q Query) (found []Entry, more bool) {
	skip := q.Offset
	for i := range l.ranked(q) {
		switch {
		case skip > 0:
			skip--
		case len(found) == q.Limit:
			return found, true
		default:
			found = append(found, l.entries[i])
		}
	}
	return found, false
}

// fewHits is how many entries with a word are all ranked at once.
const fewHits = 1000

// ranked yields the entries that a query finds, by index, the best first. Of a
// word that many entries have, it looks for those of a rank when those above have
// been taken, so that hardly more are looked at than are wanted.
func (l *List) ranked(q Query) iter.Seq[int] {
	m := newMatcher(q.Words)
	wanted := func(i int) bool { return q.Under == "" || l.entries[i].Parent == q.Under }
	return func(yield func(int) bool) {
		if m.raw == "" {
			for i, e := range l.entries {
				if wanted(i) && !e.Retired && !yield(i) {
					return
				}
			}
			return
		}
		exact, isCode := l.byCode[m.raw]
		if isCode && wanted(exact) && !yield(exact) {
			return
		}
		few, all := first(l.having(m.texts[rankWords]), fewHits)
		for rank, text := range m.texts {
			hits := l.having(text)
			switch {
			case rank <= rankCodeBegins:
				hits = l.coded(text)
			case all:
				hits = slices.Values(few)
			}
			for i := range hits {
				if !wanted(i) || isCode && i == exact || l.entries[i].Retired {
					continue
				}
				if got, ok := m.rank(l.folded[l.starts[i]:l.starts[i+1]]); ok && got == rank && !yield(i) {
					return
				}
			}
		}
	}
}

// first returns the first of a sequence, and whether that is all of it.
func first(of iter.Seq[int], most int) (some []int, all bool) {
	for i := range of {
		if len(some) == most {
			return some, false
		}
		some = append(some, i)
	}
	return some, true
}

// coded yields the entries, by index and in order, whose folded text begins with
// a text; none for an empty text.
func (l *List) coded(text string) iter.Seq[int] {
	if text == "" {
		return slices.Values([]int(nil))
	}
	from := sort.Search(len(l.sorted), func(i int) bool { return l.folded[l.starts[l.sorted[i]]:] >= text })
	n := sort.Search(len(l.sorted)-from, func(i int) bool { return !strings.HasPrefix(l.folded[l.starts[l.sorted[from+i]]:], text) })
	return slices.Values(slices.Sorted(slices.Values(l.sorted[from : from+n])))
}

// having yields the entries, by index and in order, in whose folded text a text
// is; none for an empty text. Looking through all folded texts as one is many
// times faster than through each.
func (l *List) having(text string) iter.Seq[int] {
	return func(yield func(int) bool) {
		if text == "" {
			return
		}
		entry := 0
		for at := 0; at < len(l.folded); at = l.starts[entry] {
			hit := strings.Index(l.folded[at:], text)
			if hit < 0 {
				return
			}
			if at+hit >= l.starts[entry+1] {
				// The entry that the hit is in is the last that does not start after it.
				entry += sort.SearchInts(l.starts[entry:], at+hit+1) - 1
			}
			if !yield(entry) {
				return
			}
			entry++
		}
	}
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
	raw   string
	code  string        // edge and key: how a folded entry begins whose code begins so; empty without a key
	name  string        // how a name stands in a folded entry that begins with all the words in this order
	words []string      // each with a blank before it, if it can only begin a word
	texts [ranks]string // for each rank what all entries of it have; empty if there are none
}

func newMatcher(query string) *matcher {
	m := &matcher{raw: strings.TrimSpace(query)}
	if k := key(query); k != "" {
		m.code = edge + k
		m.texts[rankCode], m.texts[rankCodeBegins] = m.code+edge, m.code
	}
	whole := words(query)
	m.name = edge + " " + whole
	for w := range strings.FieldsSeq(whole) {
		if !unbroken(w) {
			w = " " + w
		}
		m.words = append(m.words, w)
		if longest := &m.texts[rankWords]; len(w) > len(*longest) {
			*longest = w
		}
	}
	if len(m.words) > 0 {
		m.texts[rankName], m.texts[rankNameBegins] = m.name+edge, m.name
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
	case m.code != "" && strings.HasPrefix(folded, m.code):
		if strings.HasPrefix(folded, m.texts[rankCode]) {
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
	case strings.Contains(folded, m.texts[rankName]):
		return rankName, true
	}
	return rankNameBegins, true
}
