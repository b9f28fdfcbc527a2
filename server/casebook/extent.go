package casebook

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/spsalert/spsalert/server/store"
)

// Extent names what is here of a case: two are equal as long as nothing came.
type Extent struct {
	Newest uint64 // position of the newest part, the original among them
	// Late is how often something came into the case, or left it, behind its newest
	// part: a body that was missing, what names a body that was. It survives a
	// rebuild.
	Late uint64
}

// Extent returns that of the case of a reference up to a position. The error is
// [ErrNotFound] if no notification has that reference.
func (b *Book) Extent(r store.Reader, reference string, upTo uint64) (Extent, error) {
	x, err := b.extent(r, reference, upTo)
	if err != nil {
		return Extent{}, fmt.Errorf("case %s: %w", reference, err)
	}
	return x, nil
}

func (b *Book) extent(r store.Reader, reference string, upTo uint64) (Extent, error) {
	whole, hash, err := b.original(r, reference)
	if err != nil {
		return Extent{}, err
	}
	prefix := partsKey(whole.Place, hash)
	value, err := r.Get(tableLate, prefix)
	if err != nil {
		return Extent{}, err
	}
	x := Extent{Newest: whole.N}
	if len(value) == 8 {
		x.Late = binary.BigEndian.Uint64(value)
	}
	to := binary.BigEndian.AppendUint64(bytes.Clone(prefix), min(upTo, math.MaxInt64)+1)
	for row, err := range r.Scan(tableParts, prefix, to, true) {
		if err != nil {
			return Extent{}, err
		}
		part, err := b.item(row.Key[len(prefix):], row.Value)
		x.Newest = max(whole.N, part.N)
		return x, err
	}
	return x, nil
}

// noteLate counts a row that is about to be written, or to be deleted, if it is
// a part of a case behind the newest one. A rebuild files in the order of
// positions, so it counts nothing again.
func (b *Book) noteLate(tx store.Tx, r row, gone bool) error {
	if r.table != tableParts {
		return nil
	}
	before, err := tx.Get(r.table, r.key)
	if err != nil || (before != nil) != gone {
		return err
	}
	prefix := r.key[:len(r.key)-8]
	for _, err := range tx.Scan(r.table, append(bytes.Clone(r.key), 0), store.PrefixEnd(prefix), false) {
		if err != nil {
			return err
		}
		value, err := tx.Get(tableLate, prefix)
		if err != nil {
			return err
		}
		late := uint64(1)
		if len(value) == 8 {
			late += binary.BigEndian.Uint64(value)
		}
		return tx.Put(tableLate, prefix, numberKey(late))
	}
	return nil
}
