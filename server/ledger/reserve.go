package ledger

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/store"
)

// PeerReserve is how much of the space that the store keeps for urgent work the
// entries of one peer may take in a day, in bytes, unless Options says
// otherwise. What one office marks as urgent must not take the room for what
// others and this office have to say.
const PeerReserve = 4 << 20

const (
	// peersShare is how many peers' worth of the reserve all peers together may
	// take in a day: with the default half of the 64 MiB that the store keeps.
	peersShare = 8
	// commitCost is what an Update takes besides its bytes, and writeCost how
	// many times each byte is written, rather too much.
	commitCost = 64 << 10
	writeCost  = 2
)

// prefixTaken begins the keys of tableMeta that hold what was taken of the
// reserve: by a peer, behind its office, and by all together, behind nothing.
const prefixTaken = "taken/"

// taken is what was taken of a share, and up to when that has run out. It runs
// out evenly, a whole share in a day.
type taken struct {
	bytes float64
	at    time.Time
}

// takeReserve adds to what a peer, and all together, have taken of the reserve,
// or returns [store.ErrFull] if it is more than their share. It is part of the
// transaction that takes it: what a restart leaves of a day is what there was.
func takeReserve(tx store.Tx, from certs.Office, cost, each int64, now time.Time) error {
	for name, most := range map[certs.Office]int64{from: each, "": peersShare * each} {
		t, err := getTaken(tx, name)
		if err != nil {
			return err
		}
		// A clock that was set back gives nothing for what it gave for already,
		// but it may have been far ahead: a day is as long as that can last.
		if latest := now.Add(24 * time.Hour); t.at.After(latest) {
			t.at = latest
		}
		days := max(0, now.Sub(t.at).Hours()/24)
		t.bytes = max(0, t.bytes-days*float64(most)) + float64(cost)
		if t.bytes > float64(most) {
			return store.ErrFull
		}
		if now.After(t.at) {
			t.at = now
		}
		if err := putTaken(tx, name, t); err != nil {
			return err
		}
	}
	return nil
}

// getTaken returns what was taken under a name, nothing if nobody ever did.
func getTaken(r store.Reader, name certs.Office) (taken, error) {
	row, err := r.Get(tableMeta, []byte(prefixTaken+string(name)))
	if err != nil || row == nil {
		return taken{}, err
	}
	if len(row) != 16 {
		return taken{}, fmt.Errorf("%w: %s%s of %d bytes", ErrCorrupt, prefixTaken, name, len(row))
	}
	return taken{
		bytes: math.Float64frombits(binary.BigEndian.Uint64(row)), at: time.Unix(0, int64(binary.BigEndian.Uint64(row[8:]))),
	}, nil
}

func putTaken(tx store.Tx, name certs.Office, t taken) error {
	row := binary.BigEndian.AppendUint64(nil, math.Float64bits(t.bytes))
	row = binary.BigEndian.AppendUint64(row, uint64(t.at.UnixNano()))
	return tx.Put(tableMeta, []byte(prefixTaken+string(name)), row)
}

// updateUrgent makes urgent entries of a peer durable. If the store is full it
// takes from the reserve, as long as the peer has not taken its share.
func (l *Ledger) updateUrgent(ctx context.Context, from certs.Office, size int, fn func(store.Tx) error) error {
	err := l.o.Store.Update(ctx, fn)
	if !errors.Is(err, store.ErrFull) {
		return err
	}
	each := l.o.PeerReserve
	if each == 0 {
		each = PeerReserve
	}
	return l.o.Store.Update(store.WithReserve(ctx), func(tx store.Tx) error {
		if err := takeReserve(tx, from, commitCost+writeCost*int64(size), each, l.o.Now()); err != nil {
			return err
		}
		return fn(tx)
	})
}
