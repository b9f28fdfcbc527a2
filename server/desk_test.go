package server_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

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
	if got := th.caseOf(original).GetToTell(); len(got) != 1 || got[0].GetOffice() != "LA" || !slices.Equal(got[0].GetStatements(), []string{original.GetName()}) {
		t.Errorf("to be told by hand: %v, want LA of %s", got, original.GetName())
	}
	th.settles("waiting", reference)
	th.settles("needs_me")
	th.settles("due_time > \"2020-01-01\"")
	done(t)(th.validator().FollowUpCase(t.Context(), &spsv1.FollowUpCaseRequest{Name: original.GetCase(), RequestId: newID(), Statement: &spsv1.Statement{
		HandDeliveries: []*spsv1.HandDelivery{{
			Office: "LA", Means: spsv1.Means_MEANS_TELEPHONE, TellTime: original.GetIssueTime(), ToldBy: &spsv1.Person{Id: "lan.nguyen"},
			ToldTo: &spsv1.Person{Name: "Bounmy S."},
		}},
	}}))
	th.settles("by_hand")
	if got := th.caseOf(original).GetToTell(); len(got) > 0 {
		t.Errorf("to be told by hand after it was: %v, want nobody", got)
	}

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
	if diff := cmp.Diff([]string(nil), got.GetToCall()); diff != "" || got.GetByHand() != 0 || len(got.GetDeadlines()) != 0 {
		t.Errorf("summary = %v, want nothing to do", got)
	}
}

// TestCallsAboutAnAlert follows the desk from an alert that nobody reads to the
// calls that were made about it.
func TestCallsAboutAnAlert(t *testing.T) {
	w := newWorld(t, "TH", "VN")
	later := time.Duration(0)
	w.clocks = map[certs.Office]func() time.Time{"TH": func() time.Time { return time.Now().Add(later) }}
	th := w.start("TH")
	alert := notification("salmonella in pepper", "VN")
	alert.GetNotification().Classification = spsv1.Classification_CLASSIFICATION_ALERT
	alert.GetNotification().Risk = &spsv1.Risk{Decision: spsv1.RiskDecision_RISK_DECISION_SERIOUS}
	original := issue(t, th, alert)
	prompted := func(due bool) {
		t.Helper()
		got := th.caseOf(original).GetToCall()
		if len(got) != 1 || got[0].GetOffice() != "VN" || (got[0].GetDueTime() != nil) != due {
			t.Errorf("to call = %v, want VN, with a due time: %t", got, due)
		}
	}
	prompted(false) // it has not arrived
	vn := w.start("VN")
	arrived(original, th, vn)
	if got := th.caseOf(original).GetToCall(); len(got) > 0 {
		t.Errorf("to call = %v while there is time, want nobody", got)
	}
	th.stop()
	later = 72 * time.Hour
	th = w.start("TH")
	prompted(true)

	req := &spsv1.RecordCallRequest{
		Name: "cases/" + original.GetReference(), RequestId: "0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11",
		Call: &spsv1.Call{Office: "VN", Result: spsv1.CallResult_CALL_RESULT_NO_ANSWER, Phone: "+84241234567", Note: "rang for a minute"},
	}
	first, err := th.validator().RecordCall(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	again, err := th.validator().RecordCall(t.Context(), req)
	if diff := cmp.Diff(first, again, protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("the same call once more: %v\n%s", err, diff)
	}
	req.Call.Result = spsv1.CallResult_CALL_RESULT_REACHED
	if _, err := th.validator().RecordCall(t.Context(), req); status.Code(err) != codes.AlreadyExists {
		t.Errorf("another call under the same request_id: %v, want %v", err, codes.AlreadyExists)
	}
	for name, bad := range map[string]*spsv1.Call{
		"tomorrow":  {Office: "VN", Result: spsv1.CallResult_CALL_RESULT_REACHED, CallTime: timestamppb.New(time.Now().Add(96 * time.Hour))},
		"no result": {Office: "VN"},
	} {
		if _, err := th.validator().RecordCall(t.Context(), &spsv1.RecordCallRequest{Name: req.GetName(), Call: bad}); status.Code(err) != codes.InvalidArgument {
			t.Errorf("a call with %s: %v, want %v", name, err, codes.InvalidArgument)
		}
	}
	th.stop()
	th = w.start("TH")
	if diff := cmp.Diff([]*spsv1.Call{first}, th.caseOf(original).GetCalls(), protocmp.Transform()); diff != "" {
		t.Errorf("calls after a restart (-want +got):\n%s", diff)
	}
	if got := vn.caseOf(original).GetCalls(); len(got) > 0 {
		t.Errorf("calls at VN = %v, want none", got)
	}
	if got := audited(t, th); !slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, "RecordCall") }) {
		t.Errorf("the audit log does not end with the call: %v", got)
	}
}

// TestNamedAddresseesOfTheNetworkAreAwaited names an office in what goes to the
// network: the desk tells that it has no receipt, as long as it has a node.
func TestNamedAddresseesOfTheNetworkAreAwaited(t *testing.T) {
	w := newWorld(t, "TH", "VN", "CN")
	th := w.start("TH")
	named := notification("salmonella in pepper", "VN")
	named.Network, named.Handling = true, spsv1.Handling_HANDLING_NETWORK
	original := issue(t, th, named)
	issue(t, th, notification("for everybody, and nobody by name"))
	th.settles("undelivered", original.GetReference())
	vn := w.start("VN")
	arrived(original, th, vn)
	th.settles("undelivered")
}

// TestTheDeskSeesCardsThatChangedBeforeTheStart takes the card of an office away
// while the node is off: no receipt of it is awaited any more.
func TestTheDeskSeesCardsThatChangedBeforeTheStart(t *testing.T) {
	w := newWorld(t, "TH", "VN", "CN")
	th := w.start("TH")
	original := issue(t, th, notification("salmonella in pepper", "VN"))
	th.settles("undelivered", original.GetReference())
	th.stop()
	if err := os.Remove(filepath.Join(w.config("TH").Peers, "VN.card")); err != nil {
		t.Fatal(err)
	}
	th = w.start("TH")
	th.settles("undelivered")
}
