package casebook_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
)

func TestLateness(t *testing.T) {
	const alert = spsv1.Classification_CLASSIFICATION_ALERT
	const ack, answer = spsv1.Clock_CLOCK_ACKNOWLEDGEMENT, spsv1.Clock_CLOCK_ANSWER
	s := newStore(t)
	now := day
	b, err := casebook.Open(t.Context(), casebook.Options{Store: s, Federation: federation, Office: "CN", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	var entries []ledger.Entry
	for i := range 6 {
		n := notification()
		n.Status = spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL
		if i < 2 {
			n.Status = spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE
		}
		e := entry(t, "CN", uint64(i), n)
		e.Leaf.Time = timestamppb.New(day.AddDate(0, 0, i))
		entries = append(entries, e)
	}
	record(t, s, b, entries...)
	own, others := due("CN", ack, day.Add(time.Hour)), due("VN", ack, day.Add(2*time.Hour))
	others.Statement = "offices/CN/statements/1-3"
	of := func(deadlines ...*spsv1.Deadline) *spsv1.CaseSummary {
		sum := &spsv1.CaseSummary{Classification: alert, Deadlines: deadlines}
		if len(deadlines) > 0 {
			sum.DueTime = deadlines[0].GetDueTime()
		}
		for _, d := range deadlines {
			if d.GetOffice() == "CN" {
				sum.NeedsMe, sum.NextOwn, sum.OwnDueTime = true, d, d.GetDueTime()
			} else if d.GetClock() == ack {
				sum.CallsDue = append(sum.CallsDue, &spsv1.CallDue{Office: d.GetOffice(), CallTime: d.GetDueTime()})
			}
		}
		return sum
	}
	summaries := []*spsv1.CaseSummary{
		of(own, others), // an exercise
		of(others),      // another
		of(),
		of(due("CN", answer, day.Add(time.Hour)), others),
		of(own, others, due("TH", answer, day.Add(3*time.Hour))),
		of(own),
	}
	for _, at := range []int{1, 2, 3, 4} { // the first is an exercise
		summaries[at].UnitsOpen = []string{"north"}
	}
	summaries[3].UnitDueTime, summaries[4].UnitDueTime = timestamppb.New(day.Add(time.Hour)), timestamppb.New(day.Add(2*time.Hour))
	settle(t, b, func(seq uint64) *spsv1.CaseSummary { return summaries[seq] })
	type counts = map[spsv1.Clock]int
	for _, tc := range []struct {
		after       time.Duration
		own, others counts
		units       int // overdue, of three
	}{
		{0, counts{}, counts{}, 0},
		{time.Hour, counts{}, counts{}, 0}, // to the second
		{time.Hour + time.Millisecond, counts{ack: 2, answer: 1}, counts{}, 1},
		{3*time.Hour + time.Millisecond, counts{ack: 2, answer: 1}, counts{ack: 2, answer: 1}, 2},
	} {
		now = day.Add(tc.after)
		want := casebook.Lateness{
			Own: tc.own, Others: tc.others, OldestOwn: entries[4].Leaf.GetTime().AsTime(), OldestOthers: entries[3].Leaf.GetTime().AsTime(),
			UnitsOpen: 3 - tc.units, UnitsOverdue: tc.units,
		}
		got, err := b.Lateness(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Lateness after %s (-want +got):\n%s", tc.after, diff)
		}
	}
}
