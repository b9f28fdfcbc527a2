package ledger

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/spsalert/spsalert/server/store"
)

// MarkRestored says in a store that it was unpacked from a backup, which MUST
// be done before a node opens it: the gate then stays shut until the peers have
// answered, whatever the anchor says, and cursors of readers begin anew. It
// returns [ErrNotInitialised] for a store without a log. It is durable on
// return, and may be repeated.
func MarkRestored(ctx context.Context, s store.Store) error {
	err := s.Update(store.WithReserve(ctx), func(tx store.Tx) error {
		state, err := tx.Get(tableMeta, keyState)
		if err != nil {
			return err
		}
		if !bytes.Equal(state, stateComplete) {
			return ErrNotInitialised
		}
		if _, err := renewIncarnation(tx); err != nil {
			return err
		}
		if was, ok, err := getShut(tx); err != nil || ok && was.kind == shutForked {
			return err // worse than restored, and so it was in the backup
		}
		return putShut(tx, shutRow{kind: shutRestored, cause: "the store was restored from a backup"})
	})
	if err != nil {
		return fmt.Errorf("mark the store as restored: %w", err)
	}
	return nil
}

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

// renewIncarnation makes the cursors of all readers those of another store.
func renewIncarnation(tx store.Tx) (incarnation [16]byte, err error) {
	rand.Read(incarnation[:])
	return incarnation, tx.Put(tableMeta, keyIncarnation, incarnation[:])
}
