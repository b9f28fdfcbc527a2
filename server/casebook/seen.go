package casebook

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// Seen are the cases that somebody sees.
type Seen map[string]struct{} // by the place of the original

// SeenBy returns the cases that some units, or a [Person], see.
func (b *Book) SeenBy(ctx context.Context, who []string) (Seen, error) {
	var seen Seen
	err := b.o.Store.View(ctx, func(r store.Reader) error {
		seen = make(Seen)
		for _, one := range who {
			prefix := unitKey(one)
			for row, err := range r.Scan(tableUnits, prefix, store.PrefixEnd(prefix), false) {
				if err != nil {
					return err
				}
				seen[string(row.Key[len(prefix):])] = struct{}{}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cases of %q: %w", who, err)
	}
	return seen, nil
}

// Sees reports whether some units, or a [Person], see what says s at a place:
// their cases, and what is said in them, and what belongs to no case, such as an
// announcement. s is nil for what cannot be read. nil sees everything.
func (b *Book) Sees(ctx context.Context, who []string, place Place, s *spsv1.Statement) (sees bool, err error) {
	if who == nil || s.GetAnnouncement() != nil {
		return true, nil
	}
	whole, _, ok := original(s, b.o.Federation)
	if s.GetNotification() != nil {
		whole, ok = place, true
	}
	if !ok {
		return false, nil
	}
	return b.SeesCase(ctx, who, whole)
}

// SeesCase reports whether some units, or a [Person], see the case of an original.
// nil sees everything.
func (b *Book) SeesCase(ctx context.Context, who []string, whole Place) (sees bool, err error) {
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		sees, err = seesCase(r, who, whole.append(nil))
		return err
	})
	return sees, err
}

func seesCase(r store.Reader, who []string, whole []byte) (bool, error) {
	if who == nil {
		return true, nil
	}
	for _, one := range who {
		why, err := r.Get(tableUnits, append(unitKey(one), whole...))
		if err != nil {
			return false, fmt.Errorf("whether %q see a case: %w", who, err)
		}
		if why != nil {
			return true, nil
		}
	}
	return false, nil
}

// UnitsNamed returns the units of an office that a statement of an office names: for
// which it speaks, and to which it is addressed.
func UnitsNamed(s *spsv1.Statement, issuer, self certs.Office) []string {
	var units []string
	add := func(unit string) {
		if unit != "" {
			units = append(units, unit)
		}
	}
	if issuer == self {
		add(s.GetUnit())
		add(s.GetOnBehalfOf())
		add(s.GetAcknowledgement().GetUnit())
	}
	for _, a := range s.GetAddressees() {
		if a.GetOffice() == string(self) {
			add(a.GetUnit())
		}
	}
	return units
}

// SeesReference reports whether the case of a reference was recorded here up to a
// position, and some units, or a [Person], see it; nil sees everything.
func (b *Book) SeesReference(r store.Reader, who []string, reference string, upTo uint64) (bool, error) {
	whole, _, err := b.original(r, reference)
	if errors.Is(err, ErrNotFound) || err == nil && whole.N > upTo {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return seesCase(r, who, whole.append(nil))
}

// Within returns the query with only what is said in some cases, and what belongs
// to no case, such as an announcement.
func (q Query) Within(seen Seen) Query {
	q.test = allOf(test{holds: func(l *line) bool {
		_, ok := seen[string(l.whole())]
		return ok || l.announces()
	}, cost: ofColumn}, q.test)
	q.within = true
	return q
}

// behind returns the mark of a list that goes on behind an item, whatever is there:
// the row that comes next may be of a case that is not seen. The keys of a list are
// of one length for each that begins alike, so no row lies between.
func behind(mark []byte, ascending bool) []byte {
	next := bytes.Clone(mark)
	for i := len(next) - 1; i >= 0; i-- {
		if ascending {
			next[i]++
		} else {
			next[i]--
		}
		if ascending && next[i] != 0 || !ascending && next[i] != 0xff {
			break // no carry
		}
	}
	return next
}
