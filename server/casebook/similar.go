package casebook

import (
	"context"
	"fmt"
	"slices"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// Likeness is an earlier case that a statement resembles.
type Likeness struct {
	Item
	// Same is true if it seems to be the same matter: the same number of another
	// system, or the same subject and origin. It is false for a recurrence: the
	// same operator or code, or the same product and hazard from the same origin.
	Same bool
	// Shared are the words that both have, each after what it is, such as
	// `operator thai fruit export`; as they are compared, not as they were written.
	Shared []string
}

// Similar returns the cases issued since that a statement resembles, the same
// matter first, then the newest: at most so many. Exercises resemble nothing, in
// either place. Only what is recorded up to a position is looked at.
func (b *Book) Similar(ctx context.Context, s *spsv1.Statement, since time.Time, upTo uint64, most int) ([]Likeness, error) {
	wanted := wordsOf(digest(s))
	var found []Likeness
	for from := numberKey(upTo + 1); from != nil; {
		var some []Likeness
		var next []byte
		err := b.o.Store.View(ctx, func(r store.Reader) (err error) {
			some, next, err = b.similar(r, wanted, since, from)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("similar cases: %w", err)
		}
		found, from = append(found, some...), next
	}
	slices.SortStableFunc(found, func(a, b Likeness) int {
		if a.Same != b.Same && a.Same {
			return -1
		} else if a.Same != b.Same {
			return 1
		}
		return 0
	})
	return found[:min(most, len(found))], nil
}

// similar looks at cases downwards from a position, and returns where the next
// View goes on; nil at the end.
func (b *Book) similar(r store.Reader, wanted wordSets, since time.Time, below []byte) (found []Likeness, next []byte, err error) {
	looked := 0
	for row, err := range r.Scan(tableCases, nil, below, true) {
		if err != nil {
			return nil, nil, err
		}
		if looked++; looked > atOnce {
			return found, append(slices.Clone(row.Key), 0), nil
		}
		value, err := r.Get(tableStatements, row.Key)
		if err != nil {
			return nil, nil, err
		}
		var l line
		if err := l.read(value); err != nil {
			return nil, nil, err
		}
		if l.issued() < since.UnixMilli() || spsv1.StatementStatus(l.summary[atStatus]) != spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL {
			continue
		}
		likeness, ok := wanted.compare(l.summary)
		if !ok {
			continue
		}
		if likeness.Item, err = b.item(row.Key, value[:placeSize]); err != nil {
			return nil, nil, err
		}
		found = append(found, likeness)
	}
	return found, nil, nil
}

// wordSets are the words of a statement by what they are.
type wordSets [marks]map[string]bool

func wordsOf(w *words) wordSets {
	var sets wordSets
	for m := range sets {
		sets[m] = make(map[string]bool)
	}
	for _, list := range w.of {
		for rest := list; len(rest) > 0; {
			m := mark(rest[0])
			var word []byte
			word, rest = cutWord(rest[1:])
			sets[m][string(word)] = true
		}
	}
	return sets
}

// shared returns the first word of a mark that a summary shares.
func (w wordSets) shared(s summary, m mark) (string, bool) {
	for word := range s.values(m) {
		if w[m][string(word)] {
			return string(word), true
		}
	}
	return "", false
}

// compare says how a summary resembles the statement; false if it does not.
func (w wordSets) compare(s summary) (l Likeness, ok bool) {
	note := func(what, word string) { l.Shared = append(l.Shared, what+" "+word) }
	if number, ok := w.sharedNumber(s); ok {
		l.Same = true
		note("number", number)
	}
	origin, sameOrigin := w.shared(s, markOrigin)
	subject, sameSubject := w.shared(s, markSubject)
	if sameSubject && sameOrigin {
		l.Same = true
		note("subject", subject)
	}
	if party, ok := w.shared(s, markParty); ok {
		note("operator", party)
	}
	if code, ok := w.shared(s, markCode); ok {
		note("code", code)
	}
	hazard, sameHazard := w.shared(s, markHazard)
	goods, sameGoods := w.shared(s, markProduct)
	if !sameGoods {
		goods, sameGoods = w.shared(s, markCategory)
	}
	if sameHazard && sameGoods && sameOrigin {
		note("product", goods)
		note("hazard", hazard)
		note("origin", origin)
	}
	return l, len(l.Shared) > 0
}

// sharedNumber returns a number of another system that both have, with the
// system. A number stands behind its system in a summary.
func (w wordSets) sharedNumber(s summary) (string, bool) {
	rest, _ := s.words()
	system := ""
	for len(rest) > 0 {
		m := mark(rest[0])
		var word []byte
		word, rest = cutWord(rest[1:])
		switch {
		case m == markSystem:
			system = string(word)
		case m == markNumber && w[markSystem][system] && w[markNumber][string(word)]:
			return system + " " + string(word), true
		}
	}
	return "", false
}
