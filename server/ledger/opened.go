package ledger

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/spsalert/spsalert/server/store"
)

// keyOpened is the row of the highest epoch of this office under whose log key a
// peer showed a checkpoint. A store from before that epoch knows of it in no
// other way, if its anchor is lost too.
var keyOpened = []byte("opened")

// openedEpoch returns the highest epoch that peers showed to have been opened, 0
// if none did.
func openedEpoch(r store.Reader) (uint64, error) {
	b, err := r.Get(tableMeta, keyOpened)
	if err != nil || b == nil {
		return 0, err
	}
	if len(b) != 8 {
		return 0, fmt.Errorf("%w: epoch of %d bytes", ErrCorrupt, len(b))
	}
	return binary.BigEndian.Uint64(b), nil
}

// keepOpened keeps that an epoch of this office was opened, for [NewEpoch],
// which runs while no peer is heard.
func (l *Ledger) keepOpened(ctx context.Context, epoch uint64) error {
	var known uint64
	err := l.o.Store.View(ctx, func(r store.Reader) (err error) {
		known, err = openedEpoch(r)
		return err
	})
	if err != nil || epoch <= known {
		return err
	}
	err = l.o.Store.Update(store.WithReserve(context.WithoutCancel(ctx)), func(tx store.Tx) error {
		known, err := openedEpoch(tx)
		if err != nil || epoch <= known {
			return err
		}
		return tx.Put(tableMeta, keyOpened, binary.BigEndian.AppendUint64(nil, epoch))
	})
	if err != nil {
		return fmt.Errorf("keep that epoch %d was opened: %w", epoch, err)
	}
	return nil
}
