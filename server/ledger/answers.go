package ledger

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/store"
)

// awaited returns the offices that have to answer: those whose card is accepted
// here, and those of which a receipt over the own log is held.
func (l *Ledger) awaited(r store.Reader, id logID) ([]certs.Office, error) {
	offices := l.o.Roster.Offices()
	from := binary.BigEndian.AppendUint32(nil, uint32(id))
	end := store.PrefixEnd(from)
	for done := false; !done; {
		done = true
		for item, err := range r.Scan(tableReceipts, from, end, false) {
			if err != nil {
				return nil, err
			}
			_, office, _, _, err := decodeReceiptKey(item.Key)
			if err != nil {
				return nil, err
			}
			offices = append(offices, office)
			from, done = store.PrefixEnd(receiptPrefix(id, office)), false
			break // on to the next office
		}
	}
	slices.Sort(offices)
	return slices.Compact(offices), nil
}

// prefixAnswer begins the keys that say who had answered when the node stopped,
// for the command that opens a new epoch.
const prefixAnswer = "answer/"

// keepAnswers writes down who has answered.
func (l *Ledger) keepAnswers(ctx context.Context, offices []certs.Office) error {
	var kept []certs.Office
	err := l.o.Store.View(ctx, func(r store.Reader) (err error) {
		kept, err = keptAnswers(r)
		return err
	})
	if err != nil || slices.Equal(kept, offices) {
		return err
	}
	return l.o.Store.Update(store.WithReserve(ctx), func(tx store.Tx) error {
		if err := clearAnswers(tx); err != nil {
			return err
		}
		for _, office := range offices {
			if err := tx.Put(tableMeta, []byte(prefixAnswer+string(office)), nil); err != nil {
				return err
			}
		}
		return nil
	})
}

func keptAnswers(r store.Reader) (offices []certs.Office, err error) {
	prefix := []byte(prefixAnswer)
	for item, err := range r.Scan(tableMeta, prefix, store.PrefixEnd(prefix), false) {
		if err != nil {
			return nil, err
		}
		offices = append(offices, certs.Office(item.Key[len(prefix):]))
	}
	return offices, nil
}

func clearAnswers(tx store.Tx) error {
	offices, err := keptAnswers(tx)
	for _, office := range offices {
		err = errors.Join(err, tx.Delete(tableMeta, []byte(prefixAnswer+string(office))))
	}
	return err
}
