package access

import (
	"context"
	"errors"
	"maps"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// useGrain is how exactly the last use of a token is kept. Uses are written
// together, by nobody's call, at most once per token and grain.
const useGrain = time.Minute

// used notes that a token was used, in memory.
func (r *Register) used(name string, now time.Time) {
	now = now.UTC().Truncate(useGrain)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !now.After(r.shown[name]) {
		return
	}
	r.uses[name] = now
	if r.timer == nil {
		r.timer = time.AfterFunc(useGrain, func() {
			select {
			case r.due <- struct{}{}:
			default:
			}
		})
	}
}

// withUse completes a token by a use that is not in the store yet.
func (r *Register) withUse(t *spsv1.Token) *spsv1.Token {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, ok := r.uses[t.GetName()]; ok && t != nil && at.After(t.GetLastUseTime().AsTime()) {
		t.LastUseTime = timestamppb.New(at)
	}
	return t
}

// writeUses writes the uses that are not in the store yet.
func (r *Register) writeUses(ctx context.Context) error {
	r.mu.Lock()
	uses := maps.Clone(r.uses)
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
	r.mu.Unlock()
	if len(uses) == 0 {
		return nil
	}
	err := r.o.Store.Update(ctx, func(tx store.Tx) error {
		for name, at := range uses {
			row, err := getToken(tx, name)
			var gone *Refusal
			if errors.As(err, &gone) {
				continue // taken away meanwhile
			}
			if err != nil {
				return err
			}
			row.token.LastUseTime = timestamppb.New(at)
			if err := putToken(tx, row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err // they stay in memory, until the next use
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, at := range uses {
		r.shown[name] = at
		if r.uses[name].Equal(at) {
			delete(r.uses, name)
		}
	}
	return nil
}
