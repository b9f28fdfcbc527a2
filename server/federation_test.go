package server_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// states returns how a statement stands with each office.
func states(s *spsv1.IssuedStatement) map[string]spsv1.DeliveryState {
	m := make(map[string]spsv1.DeliveryState)
	for _, d := range s.GetDeliveries() {
		m[d.GetOffice()] = d.GetState()
	}
	return m
}

const (
	undelivered = spsv1.DeliveryState_DELIVERY_STATE_UNDELIVERED
	delivered   = spsv1.DeliveryState_DELIVERY_STATE_DELIVERED
	byHand      = spsv1.DeliveryState_DELIVERY_STATE_BY_HAND
)

func TestStatementCrossesAndReceiptReturns(t *testing.T) {
	w := newWorld(t, "VN", "CN", "TH")
	cn := w.start("CN")
	toVN := issue(t, cn, notification("fruit fly in mango", "VN"))
	if diff := cmp.Diff(map[string]spsv1.DeliveryState{"VN": undelivered}, states(toVN)); diff != "" {
		t.Errorf("deliveries at issue (-want +got):\n%s", diff)
	}
	vn, th := w.start("VN"), w.start("TH")

	here := vn.watch("offices/CN", "").statement(toVN.GetName()).GetStatement()
	if diff := cmp.Diff(toVN.GetStatement(), here.GetStatement(), protocmp.Transform()); diff != "" {
		t.Errorf("at VN (-issued +arrived):\n%s", diff)
	}
	if len(here.GetDeliveries()) != 0 {
		t.Errorf("deliveries shown at VN = %v, want none", here.GetDeliveries())
	}
	proved, err := vn.validator().GetStatement(t.Context(), &spsv1.GetStatementRequest{Name: toVN.GetName()})
	if err != nil || string(proved.GetEnvelope()) != string(toVN.GetEnvelope()) || proved.GetSeal() == nil {
		t.Errorf("envelope or seal at VN = %v, %v, want the issued bytes with a seal", proved, err)
	}

	event := cn.watch("offices/-", "").receipt("VN", toVN.GetEntry().GetSequence())
	if event.GetReceipt().GetOrigin() != "asean-cn/CN/1" || event.GetReceipt().GetRecordTime() == nil {
		t.Errorf("receipt = %v, want one over asean-cn/CN/1 with a time", event.GetReceipt())
	}
	got, err := cn.validator().GetStatement(t.Context(), &spsv1.GetStatementRequest{Name: toVN.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]spsv1.DeliveryState{"VN": delivered}, states(got)); diff != "" {
		t.Errorf("deliveries after the receipt (-want +got):\n%s", diff)
	}
	if d := got.GetDeliveries()[0]; d.GetReceiptTime() == nil || d.GetRecordTime() == nil {
		t.Errorf("delivery = %v, want both times", d)
	}

	// Thailand holds the leaf and nothing that it could show.
	cn.watch("offices/-", "").receipt("TH", toVN.GetEntry().GetSequence())
	if _, err := th.validator().GetStatement(t.Context(), &spsv1.GetStatementRequest{Name: toVN.GetName()}); status.Code(err) != codes.NotFound {
		t.Errorf("get at TH = %v, want NOT_FOUND", err)
	}
	list, err := th.validator().ListStatements(t.Context(), &spsv1.ListStatementsRequest{Parent: "offices/-"})
	if err != nil || len(list.GetStatements()) != 0 {
		t.Errorf("list at TH = %v, %v, want nothing", list, err)
	}
	if _, err := th.validator().GetCase(t.Context(), &spsv1.GetCaseRequest{Name: toVN.GetCase()}); status.Code(err) != codes.NotFound {
		t.Errorf("case at TH = %v, want NOT_FOUND", err)
	}
}

func TestCaseOfTwoOffices(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	cn, vn := w.start("CN"), w.start("VN")
	original := issue(t, cn, notification("fruit fly in mango", "VN"))
	vn.watch("offices/CN", "").statement(original.GetName())
	answer := issue(t, vn, followUp(original, "the orchard was inspected", "CN"))
	cn.watch("offices/VN", "").statement(answer.GetName())

	var got [2]*spsv1.Case
	for i, n := range []*node{cn, vn} {
		var err error
		if got[i], err = n.validator().GetCase(t.Context(), &spsv1.GetCaseRequest{Name: original.GetCase()}); err != nil {
			t.Fatal(err)
		}
	}
	local := protocmp.IgnoreFields(&spsv1.IssuedStatement{}, "record_time", "deliveries")
	etag := protocmp.IgnoreFields(&spsv1.Case{}, "etag")
	if diff := cmp.Diff(got[0], got[1], protocmp.Transform(), local, etag); diff != "" {
		t.Errorf("the case at CN and at VN (-CN +VN):\n%s", diff)
	}
	if len(got[0].GetStatements()) != 1 || got[0].GetStatements()[0].GetName() != answer.GetName() {
		t.Errorf("case = %v, want the answer in it", got[0])
	}
}

func TestAddresseeThatWasAway(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	cn, vn := w.start("CN"), w.start("VN")
	first := issue(t, cn, notification("before"))
	watch := vn.watch("offices/CN", "")
	cursor := watch.statement(first.GetName()).GetCursor()
	vn.stop()
	var want []string
	for range 3 {
		want = append(want, issue(t, cn, notification("while it is away")).GetName())
	}
	vn = w.start("VN")
	watch = vn.watch("offices/CN", cursor)
	var got []string
	for range want {
		event := watch.until(func(e *spsv1.WatchStatementsResponse) bool { return e.GetStatement() != nil })
		got = append(got, event.GetStatement().GetName())
	}
	if !slices.Equal(got, want) {
		t.Errorf("arrived %q, want %q", got, want)
	}
	cn.watch("offices/CN", "").receipt("VN", 4)
}

func TestOfficeWithoutNodeIsToldByHand(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	st := notification("to one on the network and one that is not", "CN", "LA")
	st.Addressees[1].ByHand = true
	issued := issue(t, vn, st)
	if diff := cmp.Diff(map[string]spsv1.DeliveryState{"CN": undelivered, "LA": byHand}, states(issued)); diff != "" {
		t.Errorf("deliveries (-want +got):\n%s", diff)
	}
	if got, want := issued.GetAudience().GetOffices(), []string{"CN", "VN"}; !slices.Equal(got, want) {
		t.Errorf("audience = %q, want %q", got, want)
	}
}

// TestAddresseeByHandIsSaid holds that a mistyped office is noticed, and that one
// with a node is not told by hand.
func TestAddresseeByHandIsSaid(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	st := notification("mango", "CM", "CN")
	st.Addressees[1].ByHand = true
	_, err := vn.validator().IssueStatement(t.Context(), request(vn, st))
	want := []string{"statement.addressees[0].office NO_NODE", "statement.addressees[1].office HAS_NODE"}
	if diff := cmp.Diff(want, violated(err)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

func TestCheckGivesAdvice(t *testing.T) {
	w := newWorld(t, "VN", "CN", "TH")
	vn := w.start("VN")
	st := notification("mango", "CN")
	st.Flags = []*spsv1.Flag{{Office: "TH", Kind: spsv1.FlagKind_FLAG_KIND_FOR_ATTENTION}}
	st.GetNotification().Subject[0].Lang = "vi"
	req := request(vn, st)
	req.ValidateOnly = true
	officer := spsv1.NewCaseServiceClient(vn.as(certs.RoleOfficer, "an"))
	checked, err := officer.IssueStatement(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range checked.GetAdvice() {
		got = append(got, a.GetField()+" "+a.GetReason())
	}
	want := []string{"statement.flags[0].office FLAG_NOT_ADDRESSED", "statement.notification.subject TEXT_UNREAD"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("advice (-want +got):\n%s", diff)
	}
	req.ValidateOnly = false
	if issued, err := vn.validator().IssueStatement(t.Context(), req); err != nil || len(issued.GetAdvice()) != 0 {
		t.Errorf("issued = %v, %v, want no advice", issued, err)
	}
}

// TestIssuedStaysIssued repeats a request after the card of its addressee was
// removed, and as one that says since then that it is told by hand.
func TestIssuedStaysIssued(t *testing.T) {
	w := newWorld(t, "VN", "CN", "TH")
	vn := w.start("VN")
	req := request(vn, notification("mango", "TH"))
	first, err := vn.validator().IssueStatement(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	admin := spsv1.NewNodeServiceClient(vn.as(certs.RoleAdmin, "minh"))
	if _, err := admin.RevokePeer(t.Context(), &spsv1.RevokePeerRequest{Name: "peers/TH"}); err != nil {
		t.Fatal(err)
	}
	if _, err := vn.validator().IssueStatement(t.Context(), request(vn, req.GetStatement())); reason(err) != "INVALID" {
		t.Errorf("a new request to TH: %v, want INVALID", err)
	}
	again, err := vn.validator().IssueStatement(t.Context(), req)
	if err != nil || again.GetName() != first.GetName() {
		t.Errorf("again: %v, %v, want %s", again, err, first.GetName())
	}
}

func TestAdministratorSeesLinks(t *testing.T) {
	w := newWorld(t, "VN", "CN", "TH")
	cn, vn := w.start("CN"), w.start("VN")
	issued := issue(t, vn, notification("any"))
	vn.watch("offices/-", "").receipt("CN", issued.GetEntry().GetSequence())

	admin := spsv1.NewNodeServiceClient(vn.as(certs.RoleAdmin, "minh"))
	list, err := admin.ListPeers(t.Context(), &spsv1.ListPeersRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.GetPeers()) != 2 || list.GetPeers()[0].GetOffice() != "CN" || list.GetPeers()[1].GetOffice() != "TH" {
		t.Fatalf("peers = %v, want CN and TH", list.GetPeers())
	}
	up := list.GetPeers()[0]
	if !up.GetConnected() || up.GetOrigin() != "asean-cn/CN/1" || up.GetReceiptSize() != 2 || up.GetOwnSize() != 2 ||
		up.GetCardNumber() != 1 || up.GetFingerprint() != cn.office.Card.Fingerprint() || up.GetLastError() != "" {
		t.Errorf("CN = %v, want it connected, with a receipt over 2 of 2 entries and no error", up)
	}
	down, err := admin.GetPeer(t.Context(), &spsv1.GetPeerRequest{Name: "peers/TH"})
	if err != nil || down.GetConnected() || down.GetReceiptTime() != nil {
		t.Errorf("TH = %v, %v, want it not connected, without a receipt", down, err)
	}
	if _, err := admin.GetPeer(t.Context(), &spsv1.GetPeerRequest{Name: "peers/LA"}); status.Code(err) != codes.NotFound {
		t.Errorf("LA = %v, want NOT_FOUND", err)
	}
	node, err := admin.GetNode(t.Context(), &spsv1.GetNodeRequest{})
	if err != nil || node.GetOffice() != "VN" || node.GetVersion() != "test" || node.GetSize() != 2 || node.GetReadOnly() ||
		node.GetFingerprint() != vn.office.Card.Fingerprint() || node.GetCertificateExpireTime() == nil {
		t.Errorf("node = %v, %v, want VN with 2 entries", node, err)
	}
}
