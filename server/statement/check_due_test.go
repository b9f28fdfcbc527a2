package statement_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// TestCheckDue has what is due named as over, now, and still to come.
func TestCheckDue(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	flagged := func(s *spsv1.Statement, due *timestamppb.Timestamp) *spsv1.Statement {
		s.Flags = []*spsv1.Flag{{Office: "CN"}, {Office: "VN", DueTime: due}}
		return s
	}
	for _, c := range []struct {
		name string
		say  func(due *timestamppb.Timestamp) *spsv1.Statement
		want string // "" if it may be over
	}{
		{"request", func(due *timestamppb.Timestamp) *spsv1.Statement {
			s := request(spsv1.RequestKind_REQUEST_KIND_DOCUMENTS, "VN")
			s.GetRequest().DueTime = due
			return s
		}, "request.due_time"},
		{"extension", func(due *timestamppb.Timestamp) *spsv1.Statement {
			s := extend(spsv1.Clock_CLOCK_OUTCOME, nil)
			s.GetRequest().Extension.DueTime = due
			return s
		}, "request.extension.due_time"},
		{"response", func(due *timestamppb.Timestamp) *spsv1.Statement {
			return respond(statement.CaseEntry{}, &spsv1.Response{Result: interim, DueTime: due})
		}, "response.due_time"},
		{"flag", func(due *timestamppb.Timestamp) *spsv1.Statement {
			return flagged(&spsv1.Statement{Body: &spsv1.Statement_Notification{Notification: content(alert, false)}}, due)
		}, "flags[1].due_time"},
		{"flag that an amendment repeats", func(due *timestamppb.Timestamp) *spsv1.Statement {
			return flagged(amend(statement.CaseEntry{}, content(alert, false)), due)
		}, ""},
		{"heard outside the network", func(due *timestamppb.Timestamp) *spsv1.Statement {
			return heard("LA", respond(statement.CaseEntry{}, &spsv1.Response{Result: interim, DueTime: due}))
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, due := range []time.Duration{-time.Hour, 0, time.Second} {
				var want, got []string
				if c.want != "" && due <= 0 {
					want = []string{c.want + " DUE_PAST"}
				}
				for _, p := range statement.CheckDue(c.say(timestamppb.New(now.Add(due))), now) {
					got = append(got, p.Field+" "+p.Reason)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("due %s from now (-want +got):\n%s", due, diff)
				}
			}
			if got := statement.CheckDue(c.say(nil), now); len(got) > 0 {
				t.Errorf("without a time: %v", got)
			}
		})
	}
}
