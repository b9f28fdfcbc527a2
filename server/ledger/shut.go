package ledger

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/store"
)

// shutKind says what may open a gate that is shut.
type shutKind string

const (
	shutRestored shutKind = "restored" // peers may hold more: their answers open it
	shutBehind   shutKind = "behind"   // the anchor or a peer says that the store is not the newest: as above
	shutForked   shutKind = "forked"   // the store contradicts what was signed: only a new epoch
	shutEpoch    shutKind = "epoch"    // a new epoch is entered, and its anchor not written yet: Open goes on
)

// shutRow is what the store keeps of a gate that is shut, so that it stays shut
// over a restart.
type shutRow struct {
	kind  shutKind
	cause string // one line, for people
	note  []byte // the checkpoint that contradicts the store, if one does
}

var keyShut = []byte("shut")

func putShut(tx store.Tx, row shutRow) error {
	cause := strings.ReplaceAll(row.cause, "\n", " ")
	value := append([]byte(string(row.kind)+"\n"+cause+"\n"), row.note...)
	return tx.Put(tableMeta, keyShut, value)
}

// getShut returns the row, and whether there is one.
func getShut(r store.Reader) (shutRow, bool, error) {
	b, err := r.Get(tableMeta, keyShut)
	if err != nil || b == nil {
		return shutRow{}, false, err
	}
	parts := bytes.SplitN(b, []byte("\n"), 3)
	if len(parts) != 3 {
		return shutRow{}, false, fmt.Errorf("%w: gate of %d bytes", ErrCorrupt, len(b))
	}
	row := shutRow{kind: shutKind(parts[0]), cause: string(parts[1]), note: bytes.Clone(parts[2])}
	switch row.kind {
	case shutRestored, shutBehind, shutForked, shutEpoch:
		return row, true, nil
	}
	return shutRow{}, false, errors.Join(ErrCorrupt, fmt.Errorf("the gate is %q", row.kind))
}

// stayShut lets the gate stay shut over a restart once entries have come back to
// the current log: then the store may agree with the anchor again, which lags by
// up to one group, and a peer that has not answered may hold that group;
// recovery.mu is held.
func (l *Ledger) stayShut(tx store.Tx, o certs.Origin) error {
	if o != l.own || l.recovery.row.kind != "" {
		return nil
	}
	return putShut(tx, shutRow{kind: shutBehind, cause: l.recovery.row.cause})
}

// joinCauses makes one line of them.
func joinCauses(causes []string) string { return strings.Join(causes, "; ") }

// renewIncarnation makes the cursors of all readers those of another store.
func renewIncarnation(tx store.Tx) (incarnation [16]byte, err error) {
	rand.Read(incarnation[:])
	return incarnation, tx.Put(tableMeta, keyIncarnation, incarnation[:])
}
