package ledger

import (
	"bytes"
	"context"
	"fmt"

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
