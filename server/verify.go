package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// ErrDamaged says that a store is not what a node writes: keep the file as it
// is, and do not start a node on it.
var ErrDamaged = errors.New("the store is damaged: keep the file as it is, start no node on it, and restore a backup elsewhere")

// ErrNotNewest says that a store is in order and that a node would start on it
// read-only, since its anchor does not say that it is the newest one.
var ErrNotNewest = errors.New("a node would start read-only on this store")

// ErrUnchecked says that a store is in order as far as it could be checked, and
// that signatures of some offices could not be.
var ErrUnchecked = errors.New("everything else is in order; what those offices signed was not checked, since their cards are not in force")

// Verified counts what was found in order in a store.
type Verified struct {
	Ledger   ledger.Summary
	Register access.Summary
}

// Verify checks a store that no node has open: every page of the file,
// everything in the ledger against everything else, the audit log and what
// proves callers, and the anchor. It is what `spsd store verify` does, and
// changes nothing. What is not in order is an [ErrDamaged] or an [ErrNotNewest]
// that says what; a card of a peer that cannot be read does not keep it from
// going on, and is an [ErrUnchecked] if nothing else is wrong.
func Verify(ctx context.Context, c Config) (v Verified, err error) {
	card, err := certs.LoadCard(c.Identity.Card)
	if err != nil {
		return Verified{}, err
	}
	roster, err := certs.OpenRoster(c.Peers, card)
	if err != nil {
		return Verified{}, err
	}
	s, err := openStore(c, nil)
	if err != nil {
		return Verified{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	v, err = verify(ctx, s, roster)
	if err == nil {
		err = compareAnchor(ctx, s, roster, c.Anchor)
	}
	switch skipped := roster.Skipped(); {
	case skipped == nil:
		return v, err
	case err == nil:
		return v, fmt.Errorf("%w\n%w", skipped, ErrUnchecked)
	}
	return v, fmt.Errorf("%w\n%w", roster.Skipped(), err)
}

func compareAnchor(ctx context.Context, s *bolt.Store, roster *certs.Roster, path string) error {
	why, err := ledger.CompareAnchor(ctx, s, roster, path)
	if err == nil && why != "" {
		err = fmt.Errorf("%w: %s", ErrNotNewest, why)
	}
	return err
}

// verify checks everything in a store; what is not in order is an [ErrDamaged].
func verify(ctx context.Context, s *bolt.Store, roster *certs.Roster) (Verified, error) {
	v, err := inspect(ctx, s, roster)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w\n%w", err, ErrDamaged)
	}
	return v, err
}

// inspect checks everything in a store.
func inspect(ctx context.Context, s *bolt.Store, roster *certs.Roster) (v Verified, err error) {
	if err := s.Check(ctx); err != nil {
		return v, err
	}
	var register error
	v.Ledger, err = ledger.Verify(ctx, s, roster)
	v.Register, register = access.Verify(ctx, s)
	return v, errors.Join(err, register)
}
