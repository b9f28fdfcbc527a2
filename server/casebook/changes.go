package casebook

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// What changes by itself, and not with one statement, has a list of changes of
// its own, so that it can be followed: each key once, at the number of its last
// change. The list is kept through a rebuild, which finds that nothing changed.

// ChangeCursor is how far a watch of such a list has got: behind which change, and
// up to which instant it told what begins and ends.
type ChangeCursor struct {
	N     uint64
	Until time.Time
}

// Text writes a cursor for a watch whose places are of an incarnation.
func (c ChangeCursor) Text(incarnation [16]byte) string {
	return ledger.Position{Incarnation: incarnation, N: c.N}.String() + "@" + strconv.FormatInt(c.Until.UnixMilli(), 10)
}

// ParseChangeCursor reads what [ChangeCursor.Text] wrote, and of which incarnation it
// is.
func ParseChangeCursor(text string) (c ChangeCursor, incarnation [16]byte, err error) {
	first, second, ok := strings.Cut(text, "@")
	position, err := ledger.ParsePosition(first)
	ms, wrong := strconv.ParseInt(second, 10, 64)
	if err != nil || !ok || wrong != nil || first == "" {
		return c, incarnation, fmt.Errorf("%q is no cursor", text)
	}
	return ChangeCursor{N: position.N, Until: time.UnixMilli(ms)}, position.Incarnation, nil
}

// noteChange notes that what stands under a key has changed, if its digest has.
// list is number → key, and last is key → number, digest.
func noteChange(tx store.Tx, list, last store.Table, key []byte, digest [32]byte) error {
	before, err := tx.Get(last, key)
	if err != nil || len(before) == 8+32 && bytes.Equal(before[8:], digest[:]) {
		return err
	}
	n, err := lastChange(tx, list) // that of the key perhaps: no number is given again
	if err != nil {
		return err
	}
	if len(before) == 8+32 {
		if err := tx.Delete(list, bytes.Clone(before[:8])); err != nil {
			return err
		}
	}
	number := numberKey(n + 1)
	if err := tx.Put(list, number, key); err != nil {
		return err
	}
	return tx.Put(last, key, append(number, digest[:]...))
}

// lastChange returns the number of the last change of a list.
func lastChange(r store.Reader, list store.Table) (uint64, error) {
	for row, err := range r.Scan(list, nil, nil, true) {
		if err != nil {
			return 0, err
		}
		if len(row.Key) != 8 {
			return 0, ledger.ErrCorrupt
		}
		return binary.BigEndian.Uint64(row.Key), nil
	}
	return 0, nil
}
