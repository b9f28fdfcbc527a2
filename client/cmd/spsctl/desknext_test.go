package main

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestEachListOfTheDeskShowsWhatIsItsOwn looks at one case that stands in all
// lists.
func TestEachListOfTheDeskShowsWhatIsItsOwn(t *testing.T) {
	at := func(hour int) *timestamppb.Timestamp {
		return timestamppb.New(time.Date(2026, 3, 2, hour, 0, 0, 0, time.UTC))
	}
	const acknowledgement, answer = spsv1.Clock_CLOCK_ACKNOWLEDGEMENT, spsv1.Clock_CLOCK_ANSWER
	const overdue, running = spsv1.DeadlineState_DEADLINE_STATE_OVERDUE, spsv1.DeadlineState_DEADLINE_STATE_RUNNING
	own := &spsv1.Deadline{Clock: answer, Office: "VN"}
	awaited := &spsv1.Deadline{Clock: answer, Office: "TH", DueTime: at(3), State: running}
	s := &spsv1.CaseSummary{
		Deadlines: []*spsv1.Deadline{
			{Clock: answer, Office: "KH", DueTime: at(1), State: overdue},
			{Clock: acknowledgement, Office: "CN", DueTime: at(2), State: overdue},
			awaited,
			{Clock: acknowledgement, Office: "LA", State: spsv1.DeadlineState_DEADLINE_STATE_UNDELIVERED},
		},
		NextOwn: own, NextAwaited: awaited, ToCall: []string{"CN"}, Undelivered: []string{"LA", "MM"},
		ToTell: []string{"BN", "ID", "MY", "PH", "SG"},
	}
	type row struct {
		due       *timestamppb.Timestamp
		who, what string
	}
	want := map[string]row{
		"to-call":     {at(2), "CN", "acknowledgement, overdue"},
		"overdue":     {at(1), "KH", "answer, overdue"},
		"needs-me":    {nil, "VN", "answer, no due time"},
		"waiting":     {at(3), "TH", "answer"},
		"undelivered": {nil, "LA, MM", "receipt"},
		"by-hand":     {nil, "BN, ID, MY and 2 more", "to be told"},
	}
	for _, l := range deskLists {
		due, who, what := l.next(s)
		got := row{due, who, what}
		if w := want[l.flag]; got.who != w.who || got.what != w.what || !got.due.AsTime().Equal(w.due.AsTime()) {
			t.Errorf("%s shows %v, want %v", l.flag, got, w)
		}
		if due, who, what := l.next(&spsv1.CaseSummary{}); due != nil || who != "" {
			t.Errorf("%s shows %v, %q, %q of a case that has not been summarized, want nothing", l.flag, due, who, what)
		}
	}
}
