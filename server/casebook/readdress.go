package casebook

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// handOn files a readdress, or returns false if it is none that counts. It
// belongs to the case of what it hands on, for it makes the audience wider. It
// is kept by its subject, whether that can be read here or not, and joins the
// case as soon as it can. If it brings this office in, what it hands on is filed
// as if it came here with it, and those that brought others in before join.
func (b *Book) handOn(tx store.Tx, e ledger.Entry, fresh bool) (bool, error) {
	subject, hash, ok := referred(e.Leaf.GetSubject(), b.o.Federation)
	if !ok {
		return false, nil
	}
	bySubject := row{tableReaddresses, append(partsKey(subject, hash), numberKey(e.Position.N)...), placeOf(e).append(nil)}
	if e.Fault != "" {
		return false, b.takeBack(tx, e, bySubject)
	}
	if err := tx.Put(bySubject.table, bySubject.key, bySubject.value); err != nil {
		return false, err
	}
	handed, ok, err := ledger.Handed(tx, e)
	if err != nil || !ok {
		return true, err
	}
	reading, parts, err := b.partsOf(tx, handed)
	if err != nil || parts == nil {
		return true, err
	}
	if err := b.mark(tx, parts[:placeSize], e.Position.N); err != nil {
		return true, err
	}
	rows := []row{partOf(parts, e)}
	if addressed(handed, b.o.Office) || !addressed(e, b.o.Office) {
		return true, b.put(tx, rows)
	}
	if before, err := tx.Get(tableHanded, subject.append(nil)); before != nil || err != nil {
		return true, cmp.Or(err, b.put(tx, rows)) // handed on before
	}
	// A statement that refers to an original takes the readdress's row among the
	// parts; tableHanded leads from it to the readdress.
	rows = append(rows, b.rows(handed, reading, subject)...)
	rows = append(rows, b.effects(handed, reading.Statement, subject)...)
	rows = append(rows, row{tableHanded, subject.append(nil), append(placeOf(e).append(nil), parts...)})
	if err := b.put(tx, rows); err != nil {
		return true, err
	}
	if err := b.toUnits(tx, handed, reading.Statement, subject, fresh); err != nil {
		return true, err
	}
	return true, b.join(tx, subject, hash, parts)
}

// partsOf returns what an entry says that a readdress hands on, and how the
// keys of the parts of its case begin: nil if it cannot be read here, or belongs
// to no case. What another readdress brought here needs no reading again.
func (b *Book) partsOf(r store.Reader, handed ledger.Entry) (Reading, []byte, error) {
	place := placeOf(handed)
	if handed.Envelope == nil {
		value, err := r.Get(tableHanded, place.append(nil))
		if err != nil || value == nil {
			return Reading{}, nil, err
		}
		return Reading{}, bytes.Clone(value[min(placeSize, len(value)):]), nil
	}
	reading, ok := readAs(handed)
	if !ok || reading.Fault != "" {
		return Reading{}, nil, nil
	}
	return reading, b.partsKeyOf(reading.Statement, place, handed.Hash[:]), nil
}

// partsKeyOf returns how the keys of the parts of a statement's case begin; nil
// if it belongs to none.
func (b *Book) partsKeyOf(s *spsv1.Statement, place Place, hash []byte) []byte {
	if s.GetNotification() != nil {
		return partsKey(place, hash)
	}
	if whole, hash, ok := original(s, b.o.Federation); ok {
		return partsKey(whole, hash)
	}
	return nil
}

// join files the readdresses of a statement that are here as parts of its case,
// now that it can be read, but for the one in whose row the statement itself
// stands. They are not late: what made it readable is new in the case itself,
// and is noted.
func (b *Book) join(tx store.Tx, statement Place, hash, parts []byte) error {
	return b.eachReaddress(tx, statement, hash, func(r row, n uint64) error {
		key := append(bytes.Clone(parts), numberKey(n)...)
		if before, err := tx.Get(tableParts, key); before != nil || err != nil {
			return err
		}
		return cmp.Or(b.mark(tx, parts[:placeSize], n), tx.Put(tableParts, key, r.value))
	})
}

// leave undoes [Book.join] for a statement that turned out faulty.
func (b *Book) leave(tx store.Tx, statement Place, hash, parts []byte) error {
	return b.eachReaddress(tx, statement, hash, func(_ row, n uint64) error {
		return tx.Delete(tableParts, append(bytes.Clone(parts), numberKey(n)...))
	})
}

// eachReaddress hands the rows of the readdresses of a statement to f, with
// their positions.
func (b *Book) eachReaddress(tx store.Tx, statement Place, hash []byte, f func(r row, n uint64) error) error {
	prefix := partsKey(statement, hash)
	var rows []row
	for item, err := range tx.Scan(tableReaddresses, prefix, store.PrefixEnd(prefix), false) {
		if err != nil {
			return err
		}
		if len(item.Key) != len(prefix)+8 {
			return fmt.Errorf("%w: readdress by its subject, %x", ledger.ErrCorrupt, item.Key)
		}
		rows = append(rows, row{tableReaddresses, bytes.Clone(item.Key), bytes.Clone(item.Value)})
	}
	for _, r := range rows {
		if err := f(r, binary.BigEndian.Uint64(r.key[len(prefix):])); err != nil {
			return err
		}
	}
	return nil
}

// takeBack takes a readdress out of the case that it joined when it came ahead
// of its turn, for it is faulty.
func (b *Book) takeBack(tx store.Tx, e ledger.Entry, bySubject row) error {
	if err := tx.Delete(bySubject.table, bySubject.key); err != nil {
		return err
	}
	e.Fault = ""
	handed, ok, err := ledger.Handed(tx, e)
	if err != nil || !ok {
		return err
	}
	_, parts, err := b.partsOf(tx, handed)
	if err != nil || parts == nil {
		return err
	}
	part := partOf(parts, e)
	if before, err := tx.Get(part.table, part.key); err != nil || !bytes.Equal(before, part.value) {
		return err
	}
	if err := cmp.Or(b.noteLate(tx, part, true), tx.Delete(part.table, part.key)); err != nil {
		return err
	}
	return b.mark(tx, parts[:placeSize], e.Position.N)
}

// partOf is the row of an entry among the parts of a case.
func partOf(parts []byte, e ledger.Entry) row {
	return row{tableParts, append(bytes.Clone(parts), numberKey(e.Position.N)...), placeOf(e).append(nil)}
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
	if by, ok = parsePlace(value[:min(placeSize, len(value))]); !ok {
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
