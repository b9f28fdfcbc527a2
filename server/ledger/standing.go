package ledger

import (
	"context"
	"fmt"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// Standing is how an entry stands with another office.
type Standing struct {
	// Covering is what [Ledger.Covering] returns.
	Covering *Receipt
	// Size is that of the newest receipt of the office for the log, 0 if there
	// is none.
	Size uint64
}

// Standings returns how an entry stands with each of some offices, in their
// order, from one state of the store.
func (l *Ledger) Standings(ctx context.Context, o certs.Origin, seq uint64, offices []certs.Office) ([]Standing, error) {
	var all []Standing
	err := l.o.Store.View(ctx, func(r store.Reader) error {
		all = make([]Standing, len(offices))
		row, err := l.find(r, o)
		if err != nil {
			return err
		}
		if seq >= row.size {
			return fmt.Errorf("%w: entry %d of %s", ErrNotFound, seq, o)
		}
		leaf, err := getLeaf(r, row.id, seq)
		if err != nil {
			return err
		}
		hash := seal.RecordHash(leaf.leaf)
		for i, office := range offices {
			if all[i].Covering, err = l.covering(r, row.id, office, seq, hash); err != nil {
				return err
			}
			n, note, err := newestReceipt(r, row.id, office)
			if err != nil {
				return err
			}
			if note != nil {
				newest, err := l.readReceipt(office, n, note)
				if err != nil {
					return err
				}
				all[i].Size = newest.Size
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
