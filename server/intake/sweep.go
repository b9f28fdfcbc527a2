package intake

import (
	"context"
	"errors"
	"fmt"

	"github.com/spsalert/spsalert/server/store"
)

// maxSwept is how many row errors one transaction removes, so that no call waits
// long for it.
const maxSwept = 2000

// sweepSoon has [Service.Run] look for imports whose time is over.
func (s *Service) sweepSoon() {
	select {
	case s.tidy <- struct{}{}:
	default:
	}
}

// Sweep removes the imports whose time is over and that are not under way. What
// they kept stays. It is durable on return.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.o.Now()
	var over []*job
	err := s.each(ctx, func(j *job) {
		if !underWay(j.shown.GetState()) && !j.shown.GetExpireTime().AsTime().After(now) {
			over = append(over, j)
		}
	})
	for _, j := range over {
		if err == nil {
			err = s.remove(ctx, j, func(store.Tx) error { return nil })
		}
	}
	if err != nil {
		return fmt.Errorf("remove old imports: %w", err)
	}
	return nil
}

// remove removes an import that is not under way, its row errors first; also
// writes more into the last transaction.
func (s *Service) remove(ctx context.Context, j *job, also func(store.Tx) error) error {
	ctx = store.WithReserve(ctx)
	for {
		more := false
		err := s.o.Store.Update(ctx, func(tx store.Tx) error {
			more = false
			now, err := get(tx, j.shown.GetName())
			if err != nil || now == nil {
				return err
			}
			if underWay(now.shown.GetState()) {
				return state("cancel the import first: it is under way")
			}
			removed := 0
			for row, err := range tx.Scan(tableErrors, j.id(), store.PrefixEnd(j.id()), false) {
				if err != nil {
					return err
				}
				if removed++; removed > maxSwept {
					more = true
					return nil
				}
				if err := tx.Delete(tableErrors, row.Key); err != nil {
					return err
				}
			}
			if err := errors.Join(tx.Delete(tableImports, j.id()), tx.Delete(tableOwners, j.listKey())); err != nil {
				return err
			}
			return also(tx)
		})
		if err != nil || !more {
			s.wake()
			return err
		}
	}
}
