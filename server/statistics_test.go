package server_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// statistics asks a node for its figures.
func (n *node) statistics(req *spsv1.GetStatisticsRequest) *spsv1.Statistics {
	n.w.t.Helper()
	got, err := n.validator().GetStatistics(n.w.t.Context(), req)
	if err != nil {
		n.w.t.Fatalf("statistics at %s: %v", n.office.Code(), err)
	}
	return got
}

// TestStatistics plays what counts and what does not, and asks both offices.
func TestStatistics(t *testing.T) {
	w := newWorld(t, "TH", "VN")
	th, vn := w.start("TH"), w.start("VN")

	original := issue(t, th, notification("fruit fly in mango", "VN"))
	arrived(original, th, vn)
	ack := issue(t, vn, in(original, &spsv1.Statement{Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{}}}, "TH"))
	arrived(ack, vn, th)
	arrived(issue(t, vn, followUp(original, "we look into it", "TH")), vn, th)
	exercise := notification("an exercise", "VN")
	exercise.Status = spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE
	arrived(issue(t, th, exercise), th, vn)
	mistaken := issue(t, th, notification("sent in error", "VN"))
	arrived(mistaken, th, vn)
	arrived(issue(t, th, in(mistaken, &spsv1.Statement{Body: &spsv1.Statement_Withdrawal{Withdrawal: &spsv1.Withdrawal{
		Reason: spsv1.WithdrawalReason_WITHDRAWAL_REASON_SENT_IN_ERROR, Text: []*spsv1.LocalizedText{{Lang: "en", Text: "another lot"}},
	}}}, "VN")), th, vn)
	arrived(issue(t, th, notification("fruit fly in mango again")), th, vn)

	for _, n := range []*node{th, vn} {
		got := n.statistics(&spsv1.GetStatisticsRequest{GroupBy: []spsv1.Dimension{spsv1.Dimension_DIMENSION_HAZARD}})
		if total := got.GetTotal(); total.GetCases() != 2 || total.GetWithdrawn() != 1 ||
			total.GetAcknowledgement().GetCount() != 1 || total.GetAcknowledgement().GetOverdue() != 0 || total.GetFirstAnswer().GetCount() != 1 {
			t.Errorf("at %s: %v, want 2 cases, 1 withdrawn, 1 acknowledged in time, 1 answered", n.office.Code(), total)
		}
		if len(got.GetGroups()) != 1 || got.GetGroups()[0].GetValues()[0].GetValue() != "bactrocera dorsalis" || got.GetGroups()[0].GetCases() != 2 {
			t.Errorf("groups at %s: %v, want one of fruit flies", n.office.Code(), got.GetGroups())
		}
	}
	if got := th.statistics(&spsv1.GetStatisticsRequest{}).GetTotal().GetRejected(); got != 2 {
		t.Errorf("TH rejected %d, want its 2", got)
	}
	if got := vn.statistics(&spsv1.GetStatisticsRequest{}).GetTotal().GetRejected(); got != 0 {
		t.Errorf("VN rejected %d, want none: they are of TH", got)
	}
	for name, test := range map[string]struct {
		req  *spsv1.GetStatisticsRequest
		want uint64
	}{
		"words":            {&spsv1.GetStatisticsRequest{Query: "again"}, 1},
		"filter":           {&spsv1.GetStatisticsRequest{Filter: `addressee = VN`}, 1},
		"from then on":     {&spsv1.GetStatisticsRequest{StartTime: mistaken.GetIssueTime()}, 1},
		"before":           {&spsv1.GetStatisticsRequest{EndTime: original.GetIssueTime()}, 0},
		"all of this year": {&spsv1.GetStatisticsRequest{StartTime: timestamppb.New(original.GetIssueTime().AsTime().Add(-time.Hour))}, 2},
	} {
		if got := vn.statistics(test.req).GetTotal().GetCases(); got != test.want {
			t.Errorf("%s: %d cases, want %d", name, got, test.want)
		}
	}
	_, err := vn.validator().GetStatistics(t.Context(), &spsv1.GetStatisticsRequest{
		StartTime: mistaken.GetIssueTime(), EndTime: original.GetIssueTime(), GroupBy: []spsv1.Dimension{1, 2, 3},
	})
	if got := told(err); got != "INVALID, group_by REPEATED_MAX_ITEMS" {
		t.Errorf("three dimensions: %q", got)
	}
	_, err = vn.validator().GetStatistics(t.Context(), &spsv1.GetStatisticsRequest{StartTime: mistaken.GetIssueTime(), EndTime: original.GetIssueTime()})
	if got := told(err); got != "INVALID, end_time TIME_RANGE" {
		t.Errorf("an end before the start: %q", got)
	}
}
