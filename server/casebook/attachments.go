package casebook

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// maxAttachments is how many attachments of one statement the book looks at; by
// the contract there are no more.
const maxAttachments = 100

// maxAttachmentSize is the largest attachment, by the contract.
const maxAttachmentSize = 32 << 20

// Named is an attachment as a statement names it.
type Named struct {
	SHA256 [32]byte
	Size   int64
	Place  Place  // of the statement
	N      uint64 // its position
}

// Awaited is an attachment that a statement names and that may not be here yet.
type Awaited struct {
	Named
	// By is the entry by which it may be asked for: the statement, or, if a
	// readdress brought that here, the readdress, for this office is not in the
	// audience of the statement then.
	By Place

	key []byte
}

// namedKey sorts by digest; the value is size and position.
func namedKey(sum [32]byte, p Place) []byte { return p.append(sum[:]) }

func (n Named) value() []byte {
	return binary.BigEndian.AppendUint64(numberKey(uint64(n.Size)), n.N)
}

// awaitedKey sorts by position, so that what was recorded first is fetched
// first; the value is place and size.
func awaitedKey(n uint64, sum [32]byte) []byte { return append(numberKey(n), sum[:]...) }

func (n Named) awaited() []byte { return append(n.Place.append(nil), numberKey(uint64(n.Size))...) }

// attachments are the rows of what a sound statement names. Files of own
// statements were here before the statement was, so they are not awaited.
func (b *Book) attachments(e ledger.Entry, s *spsv1.Statement, place Place) []row {
	var rows []row
	for i, a := range s.GetAttachments() {
		if i == maxAttachments {
			break
		}
		if len(a.GetSha256()) != 32 || a.GetSizeBytes() < 1 || a.GetSizeBytes() > maxAttachmentSize {
			continue // nobody can send it
		}
		named := Named{SHA256: [32]byte(a.GetSha256()), Size: int64(a.GetSizeBytes()), Place: place, N: e.Position.N}
		rows = append(rows, row{tableAttachments, namedKey(named.SHA256, place), named.value()})
		if place.Office != b.o.Office {
			rows = append(rows, row{tableAwaited, awaitedKey(named.N, named.SHA256), named.awaited()})
		}
	}
	return rows
}

// Attachments returns every attachment that a statement in a store names, by
// digest; one that several name comes as often. It needs no Book, so that what
// a backup has to hold can be told from the copy of the store in it.
func Attachments(r store.Reader) iter.Seq2[Named, error] {
	return func(yield func(Named, error) bool) {
		for item, err := range r.Scan(tableAttachments, nil, nil, false) {
			var named Named
			if err == nil {
				named, err = parseNamed(item)
			}
			if !yield(named, err) || err != nil {
				return
			}
		}
	}
}

func parseNamed(item store.Item) (Named, error) {
	if len(item.Key) == 32+placeSize && len(item.Value) == 16 {
		if place, ok := parsePlace(item.Key[32:]); ok {
			return Named{
				SHA256: [32]byte(item.Key), Size: int64(binary.BigEndian.Uint64(item.Value)),
				Place: place, N: binary.BigEndian.Uint64(item.Value[8:]),
			}, nil
		}
	}
	return Named{}, fmt.Errorf("%w: attachment %x", ledger.ErrCorrupt, item.Key)
}

// Names reports whether a statement that some units, or a [Person], see names the
// attachment of a digest. nil sees everything.
func (b *Book) Names(ctx context.Context, sum [32]byte, who []string) (named bool, err error) {
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		named = false
		for row, err := range r.Scan(tableAttachments, sum[:], store.PrefixEnd(sum[:]), false) {
			if err != nil {
				return err
			}
			if named, err = seesNaming(r, who, row); named || err != nil {
				return err
			}
		}
		return nil
	})
	return named, err
}

// seesNaming reports whether some see the statement of a row of tableAttachments.
func seesNaming(r store.Reader, who []string, row store.Item) (bool, error) {
	if who == nil {
		return true, nil
	}
	named, err := parseNamed(row)
	if err != nil {
		return false, err
	}
	text, err := r.Get(tableStatements, numberKey(named.N))
	if err != nil {
		return false, err
	}
	s := summary(text)
	if !s.valid() {
		return false, ledger.ErrCorrupt
	}
	if s.announces() {
		return true, nil
	}
	return seesCase(r, who, s.whole())
}

// Awaited returns attachments that are not known to be here, in the order in
// which their statements were recorded, behind one that was returned before; nil
// is the beginning. At most limit; what the last page lacked comes again only
// from the beginning.
func (b *Book) Awaited(ctx context.Context, after *Awaited, limit int) (list []Awaited, err error) {
	var from []byte
	if after != nil {
		from = append(append(from, after.key...), 0)
	}
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		list = nil
		for item, err := range r.Scan(tableAwaited, from, nil, false) {
			if err != nil || len(list) == limit {
				return err
			}
			a, err := parseAwaited(item)
			if err != nil {
				return err
			}
			a.By = a.Place
			if by, ok, err := handedBy(r, a.Place); err != nil {
				return err
			} else if ok {
				a.By = by
			}
			list = append(list, a)
		}
		return nil
	})
	return list, err
}

func parseAwaited(item store.Item) (Awaited, error) {
	if len(item.Key) == 8+32 && len(item.Value) == placeSize+8 {
		if place, ok := parsePlace(item.Value[:placeSize]); ok {
			return Awaited{
				Named: Named{
					SHA256: [32]byte(item.Key[8:]), Size: int64(binary.BigEndian.Uint64(item.Value[placeSize:])),
					Place: place, N: binary.BigEndian.Uint64(item.Key),
				},
				key: append([]byte(nil), item.Key...),
			}, nil
		}
	}
	return Awaited{}, fmt.Errorf("%w: awaited attachment %x", ledger.ErrCorrupt, item.Key)
}

// Arrived takes an attachment off those that are awaited; it is durable here.
func (b *Book) Arrived(ctx context.Context, a Awaited) error {
	return b.o.Store.Update(store.WithReserve(ctx), func(tx store.Tx) error { return tx.Delete(tableAwaited, a.key) })
}

// Await puts all attachments that are named and not here among those that are
// awaited: after a restore files may be missing, of the own office's statements
// too, and one may have been found damaged. It is called at the start, and when
// own statements came back.
func (b *Book) Await(ctx context.Context, here func(sum [32]byte) bool) error {
	var gone []Named
	err := b.o.Store.View(ctx, func(r store.Reader) error {
		gone = nil
		for named, err := range Attachments(r) {
			if err != nil {
				return err
			}
			if !here(named.SHA256) {
				gone = append(gone, named)
			}
		}
		return nil
	})
	if err != nil || len(gone) == 0 {
		return err
	}
	return b.o.Store.Update(store.WithReserve(ctx), func(tx store.Tx) error {
		for _, named := range gone {
			if err := tx.Put(tableAwaited, awaitedKey(named.N, named.SHA256), named.awaited()); err != nil {
				return err
			}
		}
		return nil
	})
}
