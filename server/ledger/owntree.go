package ledger

import (
	"context"
	"fmt"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// OwnTree returns how far the newest log of the own office goes in a store,
// released or not. It needs no Ledger.
func OwnTree(ctx context.Context, s store.Store, roster *certs.Roster) (c seal.Checkpoint, err error) {
	err = s.View(ctx, func(r store.Reader) error {
		own, err := newestEpoch(r, roster)
		if err != nil {
			return err
		}
		newest, err := ownTree(r, own)
		c = newest.tree
		return err
	})
	if err != nil {
		return seal.Checkpoint{}, fmt.Errorf("own log: %w", err)
	}
	return c, nil
}
