package access

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/server/store"
)

// keyRestored is there as long as what proves callers is that of a backup, and
// nobody has confirmed it. Its value is when the backup was unpacked.
var keyRestored = []byte("restored")

// keyLife is what sign-in sessions of this store are bound to. It is drawn anew
// by each restore, so that no session from before one outlives it, whatever the
// clocks say; a store that was never restored has none.
var keyLife = []byte("life")

// MarkRestored says in a store that it was unpacked from a backup. Tokens that
// were revoked since the backup was made are good in it again, and so are old
// passwords: no token and no sign-in is good until an administrator has
// confirmed them, and sessions that were signed in before never are again. It is
// durable on return, and may be repeated.
func MarkRestored(ctx context.Context, s store.Store, now time.Time) error {
	life := []byte(rand.Text())
	err := s.Update(store.WithReserve(ctx), func(tx store.Tx) error {
		if err := tx.Put(tableMeta, keyLife, life); err != nil {
			return err
		}
		return tx.Put(tableMeta, keyRestored, []byte(now.UTC().Format(time.RFC3339)))
	})
	if err != nil {
		return fmt.Errorf("mark the tokens as restored: %w", err)
	}
	return nil
}

// restoredAt returns when the store was restored, if nobody has confirmed since
// what proves callers in it; the zero time otherwise.
func restoredAt(r store.Reader) (time.Time, error) {
	b, err := r.Get(tableMeta, keyRestored)
	if err != nil || b == nil {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339, string(b))
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: when it was restored: %w", errCorrupt, err)
	}
	return at, nil
}

// refuseRestored refuses tokens and sign-ins of a store that was restored.
func refuseRestored(r store.Reader) error {
	at, err := restoredAt(r)
	if err != nil || at.IsZero() {
		return err
	}
	return &Refusal{
		Code: codes.Unauthenticated, Reason: ReasonUnconfirmed,
		Sentence: fmt.Sprintf("the node was restored from a backup on %s, and no token or account is good until its administrator has confirmed the list: ask the administrator",
			at.Format(time.DateOnly)),
	}
}

// confirmed refuses as long as the store was restored and nobody has confirmed
// what proves callers in it.
func (r *Register) confirmed(ctx context.Context) error {
	return r.o.Store.View(ctx, refuseRestored)
}

// Restored returns when the store was restored from a backup, if nobody has
// confirmed its tokens and accounts since; the zero time otherwise.
func (r *Register) Restored(ctx context.Context) (at time.Time, err error) {
	err = r.o.Store.View(ctx, func(tx store.Reader) error {
		at, err = restoredAt(tx)
		return err
	})
	return at, err
}

// Confirm makes the tokens and accounts of a store that was restored good again.
// names are all that will be, as somebody has just looked through them: those
// tokens that are neither revoked nor expired, and those accounts that are not
// disabled. If others are in effect it refuses, and changes nothing; what should
// not be good has to be revoked or disabled first. It is durable on return.
func (r *Register) Confirm(ctx context.Context, names []string) error {
	given := slices.Sorted(slices.Values(names))
	return r.o.Store.Update(store.WithReserve(ctx), func(tx store.Tx) error {
		at, err := restoredAt(tx)
		if err != nil {
			return err
		}
		if at.IsZero() {
			return &Refusal{
				Code: codes.FailedPrecondition, Reason: ReasonInvalid,
				Sentence: "there is nothing to confirm: tokens and accounts are good as they are listed",
			}
		}
		inEffect, err := r.inEffect(tx)
		if err != nil {
			return err
		}
		if !slices.Equal(given, inEffect) {
			return &Refusal{
				Code: codes.FailedPrecondition, Reason: ReasonInvalid,
				Sentence: "these are not the tokens and accounts that would be good: list them again, revoke or disable what should not be, and confirm the rest",
			}
		}
		if err := tx.Delete(tableMeta, keyRestored); err != nil {
			return err
		}
		return Record(ctx, tx, inEffect...)
	})
}

// inEffect returns the names of what proves callers when it is confirmed,
// sorted.
func (r *Register) inEffect(tx store.Reader) (names []string, err error) {
	now := r.o.Now()
	for item, err := range tx.Scan(tableAccounts, nil, nil, false) {
		if err != nil {
			return nil, err
		}
		a, err := decodeAccount(item.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", item.Key, err)
		}
		if a.GetDisableTime() == nil {
			names = append(names, a.GetName())
		}
	}
	for item, err := range tx.Scan(tableTokens, nil, nil, false) {
		if err != nil {
			return nil, err
		}
		row, err := decodeTokenRow(item.Value)
		if err != nil {
			return nil, err
		}
		if row.token.GetRevokeTime() == nil && now.Before(row.token.GetExpireTime().AsTime()) {
			names = append(names, row.token.GetName())
		}
	}
	slices.Sort(names)
	return names, nil
}
