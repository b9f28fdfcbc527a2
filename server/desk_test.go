package server_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// listed returns the references of the cases that a filter selects, and what
// the node counts.
func (n *node) listed(filter string) (references []string, total int) {
	n.w.t.Helper()
	resp, err := n.validator().ListCases(n.w.t.Context(), &spsv1.ListCasesRequest{Filter: filter, WithTotal: true})
	if err != nil {
		n.w.t.Fatalf("cases %q at %s: %v", filter, n.office.Code(), err)
	}
	for _, c := range resp.GetCases() {
		references = append(references, c.GetReference())
	}
	return references, int(resp.GetTotalSize())
}

// settles waits until a list is what it is to be.
func (n *node) settles(filter string, want ...string) {
	n.w.t.Helper()
	var got []string
	var total int
	for range 3000 {
		if got, total = n.listed(filter); slices.Equal(got, want) && total == len(want) {
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-n.w.t.Context().Done():
		}
	}
	n.w.t.Errorf("%s at %s = %q of %d, want %q", filter, n.office.Code(), got, total, want)
}

func TestDeskListsFollowTheCase(t *testing.T) {
	w := newWorld(t, "TH", "VN", "CN")
	later := time.Duration(0)
	w.clocks = map[certs.Office]func() time.Time{"TH": func() time.Time { return time.Now().Add(later) }}
	th := w.start("TH")

	alert := notification("salmonella in pepper", "VN")
	alert.GetNotification().Classification = spsv1.Classification_CLASSIFICATION_ALERT
	alert.GetNotification().Risk = &spsv1.Risk{Decision: spsv1.RiskDecision_RISK_DECISION_SERIOUS}
	alert.Addressees = append(alert.Addressees, &spsv1.Addressee{Office: "LA", ByHand: true, Roles: alert.GetAddressees()[0].GetRoles()})
	original := issue(t, th, alert)
	reference := original.GetReference()
	th.settles("undelivered", reference) // VN is not there
	th.settles("by_hand", reference)
	th.settles("waiting", reference)
	th.settles("needs_me")
	th.settles("due_time > \"2020-01-01\"")

	vn := w.start("VN")
	arrived(original, th, vn)
	th.settles("undelivered")
	th.settles("waiting AND case_status = OPEN", reference)
	vn.settles("needs_me", reference)
	vn.settles("waiting")
	th.settles("overdue")
	th.stop()
	later = 30 * 24 * time.Hour
	th = w.start("TH")
	th.settles("overdue", reference)
	th.settles("to_call", reference)
	th.settles("overdue_by_others AND NOT overdue_by_me", reference)
	th.stop()
	later = 0
	th = w.start("TH")

	read := issue(t, vn, in(original, &spsv1.Statement{Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{}}}, "TH"))
	arrived(read, vn, th)
	vn.settles("needs_me")
	th.settles("waiting")
	th.settles("to_call OR overdue")
	c, err := th.validator().ListCases(t.Context(), &spsv1.ListCasesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	got := c.GetCases()[0].GetSummary()
	if diff := cmp.Diff([]string(nil), got.GetToCall()); diff != "" || got.GetByHand() != 1 || len(got.GetDeadlines()) != 0 {
		t.Errorf("summary = %v, want one to tell by hand and nothing else", got)
	}
}
