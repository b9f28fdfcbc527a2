package access

import (
	"context"
	"fmt"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/store"
)

// Holders returns who may call in a role by a token in effect or an account that
// is not disabled. It knows nothing of client certificates.
func (r *Register) Holders(ctx context.Context, role certs.Role) (all []Caller, err error) {
	now := r.o.Now()
	err = r.o.Store.View(ctx, func(tx store.Reader) error {
		all = nil
		for t, err := range tokensInEffect(tx, now) {
			if err != nil {
				return err
			}
			if certs.Role(t.GetRole()) == role {
				all = append(all, Caller{Identity: r.identity(t.GetRole(), t.GetId()), Unit: t.GetUnit()})
			}
		}
		for item, err := range tx.Scan(tableAccounts, nil, nil, false) {
			if err != nil {
				return err
			}
			a, err := decodeAccount(item.Value)
			if err != nil {
				return fmt.Errorf("%s: %w", item.Key, err)
			}
			if certs.Role(a.GetRole()) == role && a.GetDisableTime() == nil {
				all = append(all, Caller{Identity: r.identity(a.GetRole(), accountID(a)), Unit: a.GetUnit()})
			}
		}
		return nil
	})
	return all, err
}
