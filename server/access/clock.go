package access

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spsalert/spsalert/server/store"
)

// keyClock is the name under which the offset lies that was confirmed last.
var keyClock = []byte("clock")

// ConfirmedClock is how far the clocks of the peers are ahead of that of this
// node, with the word of an administrator that theirs are wrong.
type ConfirmedClock struct {
	Offset time.Duration `json:"offset"`
	Until  time.Time     `json:"until"` // by the node's clock
}

// ConfirmClock keeps an offset that an administrator confirmed, in the place of
// the one before. It is durable on return.
func (r *Register) ConfirmClock(ctx context.Context, c ConfirmedClock) error {
	b, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("confirm the clock: %w", err)
	}
	return r.o.Store.Update(store.WithReserve(ctx), func(tx store.Tx) error {
		if err := tx.Put(tableMeta, keyClock, b); err != nil {
			return err
		}
		return Record(ctx, tx, "node/clock")
	})
}

// ConfirmedClock returns what was confirmed last, the zero value if nothing
// was. It is for the caller to say whether it still holds.
func (r *Register) ConfirmedClock(ctx context.Context) (c ConfirmedClock, err error) {
	err = r.o.Store.View(ctx, func(tx store.Reader) error {
		b, err := tx.Get(tableMeta, keyClock)
		if err != nil || b == nil {
			return err
		}
		if err := json.Unmarshal(b, &c); err != nil {
			return fmt.Errorf("%w: the confirmed clock: %w", errCorrupt, err)
		}
		return nil
	})
	return c, err
}
