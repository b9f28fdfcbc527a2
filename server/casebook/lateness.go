package casebook

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// Lateness is what is late in all cases, for who watches over a node. Exercises
// and tests are left out.
type Lateness struct {
	// Own and Others are how many things are overdue of each clock: of this office,
	// and of all others. Of a case those count that its summary has.
	Own, Others map[spsv1.Clock]int
	// OldestOwn is when the oldest alert was issued that this office has not
	// acknowledged, and OldestOthers that of this office which an addressee has
	// not; the zero time if there is none.
	OldestOwn, OldestOthers time.Time
	// UnitsOverdue is in how many cases a unit of this office has not done its part
	// though its due time has passed, and UnitsOpen in how many others one has not.
	UnitsOpen, UnitsOverdue int
}

const (
	// mostLate is how many cases of each list are counted at most, of overdue ones
	// those that were due first.
	mostLate = 20_000
	// mostDrills is how many exercises are passed over at most in search of the
	// oldest alert.
	mostDrills = 1_000
)

// Lateness returns what is late now, by the summaries that the desk has.
func (b *Book) Lateness(ctx context.Context) (Lateness, error) {
	late := Lateness{Own: make(map[spsv1.Clock]int), Others: make(map[spsv1.Clock]int)}
	if err := b.countLate(ctx, &late); err != nil {
		return late, fmt.Errorf("count what is overdue: %w", err)
	}
	err := b.o.Store.View(ctx, func(r store.Reader) (err error) {
		if late.OldestOwn, err = oldest(r, listToAcknowledge); err != nil {
			return err
		}
		late.OldestOthers, err = oldest(r, listToCall)
		return err
	})
	if err != nil {
		return late, fmt.Errorf("oldest alert that is not acknowledged: %w", err)
	}
	return late, nil
}

// countLate goes over the cases in which something is overdue, and over those in
// which a unit has not done its part.
func (b *Book) countLate(ctx context.Context, late *Lateness) error {
	now := b.o.Now()
	err := b.inViews(ctx, tableDue, []byte{dueOfAll}, dueKey(int(dueOfAll), milli(now), 0), func(r store.Reader, key []byte) error {
		return b.addLate(r, key, now, late)
	})
	if err != nil {
		return err
	}
	units := []byte{byte(listUnits)}
	return b.inViews(ctx, tableDeskLists, units, store.PrefixEnd(units), func(r store.Reader, key []byte) error {
		return addUnits(r, key[1:], now, late)
	})
}

// inViews goes over the keys of a table, mostLate of them at most, in Views of a
// bounded size.
func (b *Book) inViews(ctx context.Context, table store.Table, from, to []byte, add func(store.Reader, []byte) error) error {
	for looked := 0; from != nil && looked < mostLate; looked += atOnce {
		err := b.o.Store.View(ctx, func(r store.Reader) error {
			at, left := from, atOnce
			from = nil
			for row, err := range r.Scan(table, at, to, false) {
				if err != nil {
					return err
				}
				if left--; left < 0 {
					from = bytes.Clone(row.Key)
					return nil
				}
				if err := add(r, row.Key); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// addUnits adds the case at a position, in which a unit has not done its part.
func addUnits(r store.Reader, position []byte, now time.Time, late *Lateness) error {
	if real, _, err := actual(r, position); err != nil || !real {
		return err
	}
	row, err := r.Get(tableDesk, position)
	if err != nil {
		return err
	}
	switch d := deskRow(row); {
	case !d.valid():
		return fmt.Errorf("%w: summary of a case", ledger.ErrCorrupt)
	case d.passed(atUnitDue, now.UnixMilli()):
		late.UnitsOverdue++
	default:
		late.UnitsOpen++
	}
	return nil
}

// addLate adds what is overdue in the case of a row of tableDue.
func (b *Book) addLate(r store.Reader, due []byte, now time.Time, late *Lateness) error {
	if len(due) != 17 {
		return fmt.Errorf("%w: due time of a case, %x", ledger.ErrCorrupt, due)
	}
	n := due[9:]
	if real, _, err := actual(r, n); err != nil || !real {
		return err
	}
	row, err := r.Get(tableDesk, n)
	if err != nil {
		return err
	}
	sum, err := deskRow(row).summary()
	if err != nil {
		return err
	}
	for _, d := range sum.GetDeadlines() {
		if d.GetDueTime() == nil || !now.After(d.GetDueTime().AsTime()) {
			continue
		}
		if d.GetOffice() == string(b.o.Office) {
			late.Own[d.GetClock()]++
		} else {
			late.Others[d.GetClock()]++
		}
	}
	return nil
}

// oldest returns when the first recorded of a list of the desk was issued, but
// for exercises.
func oldest(r store.Reader, list deskList) (time.Time, error) {
	left := mostDrills
	prefix := []byte{byte(list)}
	for row, err := range r.Scan(tableDeskLists, prefix, store.PrefixEnd(prefix), false) {
		if err != nil || left == 0 {
			return time.Time{}, err
		}
		left--
		real, issued, err := actual(r, row.Key[1:])
		if err != nil || real {
			return issued, err
		}
	}
	return time.Time{}, nil
}

// actual reports whether the original at a position is neither an exercise
// nor a test, and when it was issued.
func actual(r store.Reader, position []byte) (bool, time.Time, error) {
	row, err := r.Get(tableStatements, position)
	if err != nil {
		return false, time.Time{}, err
	}
	s := summary(row)
	if !s.valid() {
		return false, time.Time{}, fmt.Errorf("%w: summary of a statement, %d", ledger.ErrCorrupt, binary.BigEndian.Uint64(position))
	}
	return s[atStatus] == small(spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL), time.UnixMilli(s.issued()), nil
}
