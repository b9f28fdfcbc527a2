package office_test

import (
	"context"
	"testing"

	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/store"
)

// fullStore has nothing left but the reserve.
type fullStore struct {
	store.Store
	reserved int // Updates that took of it
}

func (s *fullStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	if !store.MayUseReserve(ctx) {
		return store.ErrFull
	}
	s.reserved++
	return s.Store.Update(ctx, fn)
}

// TestStatisticsLeaveTheReserve asks a full node for figures while cases are to
// be marked.
func TestStatisticsLeaveTheReserve(t *testing.T) {
	d := newDesk(t, authority.ForTest(t, "VN", "CN").Office("VN"), casebook.DefaultLimits())
	if err := d.book.StirAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	full := &fullStore{Store: d.store.Store}
	d.store.Store = full
	service, an := d.cases(t.Context())
	if _, err := service.GetStatistics(an, &spsv1.GetStatisticsRequest{}); err != nil || full.reserved > 0 {
		t.Errorf("GetStatistics = %v, %d times from the reserve; want figures, and none", err, full.reserved)
	}
	d.store.Store = full.Store
}
