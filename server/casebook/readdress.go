package casebook

import (
	"context"
	"fmt"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// handOn returns the rows of a readdress. It belongs to the case of what it
// hands on, for it makes the audience wider. If it brings this office in, what
// it hands on is filed as if it came here with it.
func (b *Book) handOn(tx store.Tx, e ledger.Entry) ([]row, error) {
	handed, ok, err := ledger.Handed(tx, e)
	if err != nil || !ok || handed.Envelope == nil {
		return nil, err
	}
	reading, ok := readAs(handed)
	if !ok || reading.Fault != "" {
		return nil, nil
	}
	place := placeOf(handed)
	whole, hash, ok := place, handed.Hash[:], true
	if reading.Statement.GetNotification() == nil {
		whole, hash, ok = original(reading.Statement, b.o.Federation)
	}
	if !ok {
		return nil, nil
	}
	if err := b.mark(tx, whole.append(nil), e.Position.N); err != nil {
		return nil, err
	}
	rows := []row{{tableParts, append(partsKey(whole, hash), numberKey(e.Position.N)...), placeOf(e).append(nil)}}
	if addressed(handed, b.o.Office) || !addressed(e, b.o.Office) {
		return rows, nil
	}
	if before, err := tx.Get(tableHanded, place.append(nil)); before != nil || err != nil {
		return rows, err // handed on before
	}
	// A statement that refers to an original takes the readdress's row among the
	// parts; tableHanded leads from it to the readdress.
	rows = append(rows, b.rows(handed, reading, place)...)
	rows = append(rows, b.effects(handed, reading.Statement, place)...)
	return append(rows, row{tableHanded, place.append(nil), placeOf(e).append(nil)}), nil
}

func placeOf(e ledger.Entry) Place {
	return Place{Office: e.Origin.Office, Epoch: e.Origin.Epoch, Sequence: e.Sequence}
}

// HandedBy returns where the readdress stands that brought a statement to this
// office; false if none did.
func (b *Book) HandedBy(ctx context.Context, o certs.Origin, seq uint64) (by Place, ok bool, err error) {
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		by, ok, err = handedBy(r, Place{Office: o.Office, Epoch: o.Epoch, Sequence: seq})
		return err
	})
	if err != nil {
		return Place{}, false, fmt.Errorf("what brought %s/%d here: %w", o, seq, err)
	}
	return by, ok, nil
}

func handedBy(r store.Reader, statement Place) (by Place, ok bool, err error) {
	value, err := r.Get(tableHanded, statement.append(nil))
	if err != nil || value == nil {
		return Place{}, false, err
	}
	if by, ok = parsePlace(value); !ok {
		return Place{}, false, fmt.Errorf("%w: row of a readdress, %x", ledger.ErrCorrupt, value)
	}
	return by, true, nil
}

// ReadHanded returns what a statement says that a readdress brought here; its
// envelope is that of the readdress. It returns false if it is no statement.
func ReadHanded(handed ledger.Entry) (Reading, bool) { return readAs(handed) }

// readAs reads a statement for an office that may.
func readAs(e ledger.Entry) (Reading, bool) {
	if e.Leaf.GetType() != spsv1.LeafType_LEAF_TYPE_STATEMENT {
		return Reading{}, false
	}
	return read(e), true
}
