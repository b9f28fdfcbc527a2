package ledger

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/spsalert/spsalert/certs"
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

// NextEpoch returns the log that [NewEpoch] would open with the own card, in a
// store that no Ledger has open. It changes nothing. Errors are [ErrEpochKey] and
// [ErrEpochOpened], and those of the store and the anchor.
func NextEpoch(ctx context.Context, s store.Store, roster *certs.Roster, path string) (next certs.Origin, err error) {
	a, anchorErr := openAnchor(path)
	if unusable(anchorErr) {
		return next, fmt.Errorf("open anchor: %w", anchorErr)
	}
	err = s.View(ctx, func(r store.Reader) error {
		own, err := newestEpoch(r, roster)
		if err != nil {
			return err
		}
		next, err = nextEpoch(r, own, lastOf(a), roster.Own())
		return err
	})
	if a != nil {
		err = errors.Join(err, a.close())
	}
	return next, err
}

// nextEpoch returns the log that a card opens, behind the one that the store or
// the anchor ends with.
func nextEpoch(r store.Reader, own certs.Origin, last anchored, card *certs.Card) (next certs.Origin, err error) {
	opened, err := openedEpoch(r)
	if err != nil {
		return next, err
	}
	next, known := own, max(own.Epoch, last.tree.Origin.Epoch)
	switch next.Epoch = newestOf(card); {
	case next.Epoch <= known:
		return next, ErrEpochKey
	case next.Epoch <= opened:
		return next, fmt.Errorf("%w: the card names epoch %d, and peers hold epoch %d", ErrEpochOpened, next.Epoch, opened)
	}
	return next, nil
}
