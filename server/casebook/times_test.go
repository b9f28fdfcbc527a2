package casebook_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/store"
)

// TestRecordTimeInEveryOrder tests times that lie close together and far apart,
// with positions between that have none, against what the clock said.
func TestRecordTimeInEveryOrder(t *testing.T) {
	s := newStore(t)
	now := day
	b, err := casebook.Open(t.Context(), casebook.Options{Store: s, Federation: federation, Office: "VN", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	recorded := make(map[uint64]time.Time)
	var all []uint64
	n := uint64(0)
	for i := range 500 {
		n += uint64(1 + i%3)
		if i%50 == 0 {
			n += 300 // far from the one before
		}
		e := entry(t, certs.Office([]string{"CN", "TH", "MM"}[i%3]), uint64(i), notification())
		e.Position.N, e.Leaf.Time = n, timestamppb.New(day.Add(time.Duration(i*7919%500)*time.Hour))
		now = day.Add(time.Duration(i*101%500) * time.Minute) // a clock that is set back at times
		if err := s.Update(t.Context(), func(tx store.Tx) error { return b.Entry(tx, e) }); err != nil {
			t.Fatal(err)
		}
		recorded[n], all = now, append(all, n)
	}
	middle := day.Add(250 * time.Minute)
	var want []uint64
	for _, n := range all {
		if recorded[n].Before(middle) {
			want = append(want, n)
		}
	}
	for _, order := range casebook.Orders() {
		q, _ := casebook.DefaultLimits().ParseQuery(fmt.Sprintf("record_time < %q", middle.Format(time.RFC3339)), "", order)
		items, _, err := b.Statements(t.Context(), "", q, casebook.Page{UpTo: n, Limit: 1000, Budget: 10_000})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(numbers(items)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", order, diff)
		}
	}
}
