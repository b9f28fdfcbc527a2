package casebook

import (
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// Entry files an entry that the ledger records, in the transaction that does. An
// entry whose body came late is filed anew: it was recorded when its leaf was.
func (b *Book) Entry(tx store.Tx, e ledger.Entry) error {
	filed, err := b.file(tx, e, true)
	if err != nil || !filed {
		return err
	}
	return b.stamp(tx, e.Position.N)
}

// Receipt notes when a receipt over the own log was recorded, and that any
// starts clocks. The rest of what it says is the ledger's to tell.
func (b *Book) Receipt(tx store.Tx, r ledger.Receipt) error {
	if r.From == b.o.Office { // recalled after a restore: clocks of any case may have begun earlier
		return stirLive(tx)
	}
	if err := b.stirReceipted(tx, r); err != nil || r.Origin.Office != b.o.Office {
		return err
	}
	return b.stamp(tx, r.Position.N)
}

// stamp notes when something was recorded, the first time.
func (b *Book) stamp(tx store.Tx, n uint64) error {
	if at, err := tx.Get(tableTimes, numberKey(n)); at != nil || err != nil {
		return err
	}
	return tx.Put(tableTimes, numberKey(n), numberKey(uint64(b.o.Now().UnixMilli())))
}

// refold files again what was recorded before, whose times are noted already.
type refold struct{ b *Book }

func (f refold) Entry(tx store.Tx, e ledger.Entry) error {
	_, err := f.b.file(tx, e, false)
	return err
}

func (f refold) Receipt(store.Tx, ledger.Receipt) error { return nil }

// file puts an entry into the derived tables, or returns false if it says
// nothing to this office. What it writes depends on the entry alone. An entry
// that was filed when it came ahead of its turn, and is faulty now, loses the
// effects that it had. fresh says that it is recorded now, and not again.
func (b *Book) file(tx store.Tx, e ledger.Entry, fresh bool) (bool, error) {
	switch e.Leaf.GetType() {
	case spsv1.LeafType_LEAF_TYPE_READDRESS:
		return b.handOn(tx, e, fresh)
	case spsv1.LeafType_LEAF_TYPE_CARD:
		return false, stirLive(tx)
	}
	reading, ok := Read(e, b.o.Office)
	if !ok {
		return false, nil
	}
	place := placeOf(e)
	rows := b.rows(e, reading, place)
	effects := b.effects(e, reading.Statement, place)
	if reading.Fault == "" {
		rows = append(rows, effects...)
		effects = nil
	}
	for _, r := range effects {
		if err := b.noteLate(tx, r, true); err != nil {
			return false, err
		}
		if err := tx.Delete(r.table, r.key); err != nil {
			return false, err
		}
	}
	if err := b.put(tx, rows); err != nil {
		return false, err
	}
	if err := noteAnnounced(tx, b.announced(e, reading.Statement, place)); err != nil {
		return false, err
	}
	if reading.Fault == "" {
		if err := b.toUnits(tx, e, reading.Statement, place, fresh); err != nil {
			return false, err
		}
	}
	parts := b.partsKeyOf(reading.Statement, place, e.Hash[:])
	if parts == nil {
		return true, nil
	}
	joins := b.join
	if reading.Fault != "" {
		joins = b.leave
	}
	if err := joins(tx, place, e.Hash[:], parts); err != nil {
		return false, err
	}
	return true, b.mark(tx, parts[:placeSize], e.Position.N)
}

// rows are the rows that every statement has.
func (b *Book) rows(e ledger.Entry, reading Reading, place Place) []row {
	n := e.Position.N
	return []row{
		{tableStatements, numberKey(n), summarize(e, reading, place, b.o.Federation)},
		{tableOffices, officeKey(place.Office, n), nil},
		{tableIssued, issuedKey(issued(e.Leaf), n), nil},
		{tableReferences, referenceKey(e.Leaf.GetReference(), place), numberKey(n)},
	}
}

func (b *Book) put(tx store.Tx, rows []row) error {
	for _, r := range rows {
		if err := b.noteLate(tx, r, false); err != nil {
			return err
		}
		if err := tx.Put(r.table, r.key, r.value); err != nil {
			return err
		}
	}
	return nil
}

// row is what one Put writes.
type row struct {
	table      store.Table
	key, value []byte
}

// effects are the rows that only a sound statement has.
func (b *Book) effects(e ledger.Entry, s *spsv1.Statement, place Place) []row {
	n, at := e.Position.N, place.append(nil)
	rows := append(b.attachments(e, s, place), b.announced(e, s, place)...)
	if s.GetNotification() != nil {
		return append(rows,
			row{tableCases, numberKey(n), nil},
			row{tableOriginals, at, append(e.Hash[:], e.Leaf.GetReference()...)},
		)
	}
	if whole, hash, ok := original(s, b.o.Federation); ok {
		return append(rows, row{tableParts, append(partsKey(whole, hash), numberKey(n)...), at})
	}
	return rows
}
