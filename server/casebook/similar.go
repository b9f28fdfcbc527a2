package casebook

import (
	"context"
	"fmt"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Likeness is an earlier case that a statement resembles.
type Likeness struct {
	Item
	// Same is true if it seems to be the same matter: the same number of another
	// system, or the same subject and origin. It is false for a recurrence: the
	// same operator or code, or the same product and hazard, wherever from; goods
	// of one category are the same product only if they are of the same origin.
	// Where neither says an origin, that is the same.
	Same bool
	// Shared are the words that both have, each after what it is, such as
	// `operator thai fruit export`; as they are compared, not as they were written.
	Shared []string
}

// Similar returns the cases issued since that a statement resembles, the same
// matter first, then the newest: at most so many. Exercises resemble nothing, in
// either place, and what is said within a case does not resemble that case. Only
// what is recorded up to a position is looked at.
func (b *Book) Similar(ctx context.Context, s *spsv1.Statement, since time.Time, upTo uint64, most int) ([]Likeness, error) {
	wanted := wordsOf(digest(s))
	own, _, _ := original(s, b.o.Federation) // the zero Place is no entry's
	x := indexOf(byIssueTime, "", nil)
	x.least = issuedKey(uint64(max(0, since.UnixMilli())), 0)
	var same, recurrences []Likeness
	p := Page{UpTo: upTo, Limit: atOnce, Budget: atOnce}
	for more := true; more && len(same) < most; more = p.From != nil {
		found := make(map[Place]Likeness)
		items, _, next, err := b.list(ctx, x, Query{order: byIssueTime}, p, false, func(s summary) bool {
			if !s.has(isCase) || spsv1.StatementStatus(s[atStatus]) != spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL {
				return false
			}
			place, ok := parsePlace(s[:placeSize])
			if !ok || place == own {
				return false
			}
			likeness, alike := wanted.compare(s)
			alike = alike && (likeness.Same || len(recurrences) < most)
			if alike {
				found[place] = likeness
			}
			return alike
		})
		if err != nil {
			return nil, fmt.Errorf("similar cases: %w", err)
		}
		for _, item := range items {
			likeness := found[item.Place]
			likeness.Item = item
			if likeness.Same {
				same = append(same, likeness)
			} else if len(recurrences) < most {
				recurrences = append(recurrences, likeness)
			}
		}
		p.From = next
	}
	all := append(same, recurrences...)
	return all[:min(most, len(all))], nil
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
	if len(w[m]) == 0 {
		return "", false
	}
	for word := range s.values(m) {
		if w[m][string(word)] {
			return string(word), true
		}
	}
	return "", false
}

// says reports whether a summary has a word of a mark.
func (s summary) says(m mark) bool {
	for range s.values(m) {
		return true
	}
	return false
}

// compare says how a summary resembles the statement; false if it does not.
func (w wordSets) compare(s summary) (l Likeness, ok bool) {
	note := func(what, word string) { l.Shared = append(l.Shared, what+" "+word) }
	if number, ok := w.sharedNumber(s); ok {
		l.Same = true
		note("number", number)
	}
	origin, sameOrigin := w.shared(s, markOrigin)
	sameOrigin = sameOrigin || len(w[markOrigin]) == 0 && !s.says(markOrigin)
	if subject, same := w.shared(s, markSubject); same && sameOrigin {
		l.Same = true
		note("subject", subject)
	}
	if party, ok := w.shared(s, markParty); ok {
		note("operator", party)
	}
	if code, ok := w.shared(s, markCode); ok {
		note("code", code)
	}
	if hazard, same := w.shared(s, markHazard); same {
		goods, same := w.shared(s, markProduct)
		if !same {
			goods, same = w.shared(s, markTariff)
		}
		if !same && sameOrigin {
			goods, same = w.shared(s, markCategory)
		}
		if same {
			note("product", goods)
			note("hazard", hazard)
			if origin != "" {
				note("origin", origin)
			}
		}
	}
	return l, len(l.Shared) > 0
}

// sharedNumber returns a number of another system that both have, with the
// system.
func (w wordSets) sharedNumber(s summary) (string, bool) {
	if len(w[markSystem]) == 0 {
		return "", false
	}
	for system, number := range s.externals() {
		if w[markSystem][string(system)] && w[markNumber][string(number)] {
			return string(system) + " " + string(number), true
		}
	}
	return "", false
}
