package codes

import (
	"hash/fnv"
	"iter"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/spsalert/spsalert/client/plain"
)

// Name is what something is called in one language.
type Name struct {
	Lang string // tag of BCP 47; `la` for a scientific name
	Text string
}

// Entry is one code of a list and what it means. Its slices are those of the
// list: nobody changes them.
type Entry struct {
	Code   string
	Parent string // the code above it, in its list or the one that List.Parents names; empty: none
	Names  []Name // none: the code is the name
	Other  []string
	// Retired is true if the list has withdrawn the code. It is kept, since old
	// statements have it.
	Retired bool
}

// Name returns the name in the first of the languages that is there, then in
// English, then the scientific one, then any; the code if it has none.
func (e Entry) Name(languages ...string) string {
	if n, ok := pick(e.Names, languages); ok {
		return n.Text
	}
	return e.Code
}

// NameIn returns the name in the first of the languages that is there; empty if
// none is.
func (e Entry) NameIn(languages ...string) string {
	for _, want := range languages {
		for _, n := range e.Names {
			if sameLanguage(n.Lang, want) {
				return n.Text
			}
		}
	}
	return ""
}

// List is a code list. It does not change and is safe for concurrent use.
type List struct {
	System  string // as in Coding.system
	Version string // empty: it has none
	Source  string // who keeps it, in words
	Licence string // under which the names are used; empty: the file did not say
	Parents string // the list to which the parents belong; empty: this one
	File    string // name of the file that was laid over the built-in list; empty: none
	// Open is true if there are codes that the list has no entry for.
	Open bool

	form    form
	naming  string // where missing names come from: "regions" and "languages" of Unicode CLDR, or "codes"
	titles  []Name
	entries []Entry
	byCode  map[string]int
	folded  string // of all entries, what they are found by; see search.go
	starts  []int  // of each entry in folded, and the end
	sorted  []int  // the entries by how they begin in folded, which is by the keys of their codes
	print   uint64
}

// Title returns what the list is called, in the first of the languages that is
// there, else in English.
func (l *List) Title(languages ...string) string {
	if n, ok := pick(l.titles, languages); ok {
		return n.Text
	}
	return l.System
}

// Titles returns what the list is called in each language.
func (l *List) Titles() []Name { return l.titles }

// Len returns how many entries there are.
func (l *List) Len() int { return len(l.entries) }

// All returns the entries, in the order of the list.
func (l *List) All() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for _, e := range l.entries {
			if !yield(e) {
				return
			}
		}
	}
}

// Entry returns the entry of a code, written exactly as the list has it.
func (l *List) Entry(code string) (Entry, bool) {
	i, ok := l.byCode[code]
	if !ok {
		return Entry{}, false
	}
	return l.entries[i], true
}

// Fingerprint returns a number that two lists with different codes hardly share.
func (l *List) Fingerprint() uint64 { return l.print }

// ready makes of entries what searching needs. Nothing is added after it.
func (l *List) ready() {
	sum := fnv.New64a()
	l.byCode = make(map[string]int, len(l.entries))
	l.starts = make([]int, 0, len(l.entries)+1)
	var folded strings.Builder
	for i, e := range l.entries {
		l.byCode[e.Code] = i
		l.starts = append(l.starts, folded.Len())
		foldEntry(&folded, e)
		_, _ = sum.Write([]byte(e.Code + "\x00")) // never fails
	}
	l.folded, l.starts = folded.String(), append(l.starts, folded.Len())
	l.sorted = make([]int, len(l.entries))
	for i := range l.sorted {
		l.sorted[i] = i
	}
	slices.SortFunc(l.sorted, func(a, b int) int {
		return strings.Compare(l.folded[l.starts[a]:l.starts[a+1]], l.folded[l.starts[b]:l.starts[b+1]])
	})
	_, _ = sum.Write([]byte(l.System + "\x00" + l.Version))
	l.print = sum.Sum64()
}

// over returns l laid over a built-in list: its entries, with the built-in names
// in the languages that it lacks, and then the entries that only the built-in
// list has.
func (l *List) over(base *List) *List {
	laid := *l
	laid.Parents, laid.form = base.Parents, base.form
	laid.titles = merge(l.titles, base.titles)
	laid.entries = make([]Entry, 0, len(l.entries))
	for _, e := range l.entries {
		if b, ok := base.Entry(e.Code); ok {
			e.Other = append(e.Other[:len(e.Other):len(e.Other)], b.Other...)
			for _, n := range b.Names {
				if had := in(e.Names, n.Lang); had != "" && had != n.Text {
					e.Other = append(e.Other, n.Text)
				}
			}
			e.Names = merge(e.Names, b.Names)
		}
		laid.entries = append(laid.entries, e)
	}
	for e := range base.All() {
		if _, ok := l.byCode[e.Code]; !ok {
			laid.entries = append(laid.entries, e)
		}
	}
	laid.ready()
	return &laid
}

// merge returns names, and those of more in languages that names lacks.
func merge(names, more []Name) []Name {
	all := names[:len(names):len(names)]
	for _, m := range more {
		if in(names, m.Lang) == "" {
			all = append(all, m)
		}
	}
	return all
}

// in returns the name with exactly a tag; empty if there is none.
func in(names []Name, lang string) string {
	for _, n := range names {
		if n.Lang == lang {
			return n.Text
		}
	}
	return ""
}

// pick returns the name in the first of the languages that is there, then in
// English, then the scientific one, then the first.
func pick(names []Name, languages []string) (Name, bool) {
	if len(names) == 0 {
		return Name{}, false
	}
	for _, want := range languages {
		for _, n := range names {
			if sameLanguage(n.Lang, want) {
				return n, true
			}
		}
	}
	for _, lang := range []string{"en", "la"} {
		for _, n := range names {
			if n.Lang == lang {
				return n, true
			}
		}
	}
	return names[0], true
}

// sameLanguage reports whether two tags are one language in one script:
// zh-CN and zh-Hans are, zh-Hant is not.
func sameLanguage(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	if len(a) < 2 || len(b) < 2 || !strings.EqualFold(a[:2], b[:2]) {
		return false
	}
	x, err := language.Parse(a)
	if err != nil {
		return false
	}
	y, err := language.Parse(b)
	if err != nil {
		return false
	}
	xb, _ := x.Base()
	yb, _ := y.Base()
	xs, _ := x.Script()
	ys, _ := y.Script()
	return xb == yb && xs == ys
}

// key returns a code as codes are compared in a search: what is left of the
// letters and digits, so that 0804.50 is 080450.
func key(code string) string {
	return strings.Map(func(r rune) rune {
		if spelled(r) {
			return r
		}
		return -1
	}, plain.Text(code))
}
