package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// ErrNotMissing says that a body is not wanted: it is held, or not for this
// office. Nothing has happened.
var ErrNotMissing = errors.New("the body is not missing")

// wasHeld is the value of a row of tableMissing whose body was held and found
// damaged; that of one that has not come yet is empty.
const wasHeld = "\x01"

// Missing is an entry whose body should be held here and is not.
type Missing struct {
	Origin   certs.Origin
	Sequence uint64
	Leaf     *spsv1.Leaf
}

// Missing returns entries whose bodies are missing, those of one log after those
// of another, behind one that was returned before; nil is the beginning. At most
// limit. What became missing meanwhile may come again only from the beginning.
func (l *Ledger) Missing(ctx context.Context, after *Missing, limit int) (list []Missing, err error) {
	err = l.o.Store.View(ctx, func(r store.Reader) error {
		list = nil
		origins, err := origins(r)
		if err != nil {
			return err
		}
		var from []byte
		if after != nil {
			row, err := l.find(r, after.Origin)
			if err != nil {
				return err
			}
			from = entryKey(row.id, after.Sequence+1)
		}
		for item, err := range r.Scan(tableMissing, from, nil, false) {
			if err != nil || len(list) == limit {
				return err
			}
			id, seq, err := decodeEntryKey(item.Key)
			if err != nil {
				return err
			}
			row, err := getLeaf(r, id, seq)
			if err != nil {
				return err
			}
			m := Missing{Origin: origins[id], Sequence: seq}
			if m.Leaf, err = seal.ParseLeaf(row.leaf); err != nil {
				return fmt.Errorf("%w: entry %d of %s: %w", ErrCorrupt, seq, m.Origin, err)
			}
			list = append(list, m)
		}
		return nil
	})
	return list, err
}

// AddBody stores the body of an entry that was recorded without it, wherever it
// came from. On return without an error it is durable, the fold has been told of
// the entry again, [Ledger.Receipt] no longer lists it, and readers find the
// entry a second time, at a new position: those who saw it without its body see
// it with it. The body of an entry that was held with it, and was damaged since,
// is only put back: the entry stays held from when it was, and stands where it
// stood.
//
// The error is [ErrBody] if it is not the body that the leaf names, so that who
// sent it is at fault; [ErrNotMissing]; [ErrNotFound]; or that of ctx or of the
// store.
func (l *Ledger) AddBody(ctx context.Context, o certs.Origin, seq uint64, envelope []byte) error {
	var at recordedAt
	err := l.o.Store.Update(ctx, func(tx store.Tx) error {
		row, err := l.find(tx, o)
		if err != nil {
			return err
		}
		if err := l.addBody(tx, row.id, o, seq, envelope); err != nil {
			return err
		}
		at, err = l.recordedAt(tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("body of entry %d of %s: %w", seq, o, err)
	}
	l.show(at)
	return nil
}

func (l *Ledger) addBody(tx store.Tx, id logID, o certs.Origin, seq uint64, envelope []byte) error {
	key := entryKey(id, seq)
	missing, err := tx.Get(tableMissing, key)
	if err != nil {
		return err
	}
	if missing == nil {
		return ErrNotMissing
	}
	damaged := string(missing) == wasHeld
	e, err := l.readEntry(tx, id, o, seq)
	if err != nil {
		return err
	}
	if err := seal.CheckEnvelope(e.Leaf, envelope); err != nil {
		return fmt.Errorf("%w: %w", ErrBody, err)
	}
	if err := deleteBody(tx, id, seq); err != nil {
		return err
	}
	if err := putBody(tx, id, seq, envelope); err != nil {
		return err
	}
	if err := tx.Delete(tableMissing, key); err != nil {
		return err
	}
	if damaged {
		return nil
	}
	if err := l.holdBody(tx, id, seq); err != nil {
		return err
	}
	last, err := lastPosition(tx)
	if err != nil {
		return err
	}
	if err := tx.Put(tablePositions, positionKey(last+1), placeRow{id: id, number: seq}.encode()); err != nil {
		return err
	}
	e.Envelope = envelope
	if l.isOwn(o) {
		if err := l.putRequest(tx, id, e); err != nil {
			return err
		}
	}
	if err := l.o.Fold.Entry(tx, e); err != nil {
		return fmt.Errorf("fold entry %d of %s: %w", seq, o, err)
	}
	return nil
}
