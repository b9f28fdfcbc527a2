package server_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestReaddressOfWhatIsForItsAddresseesOnly has an addressee hand on a case that
// its issuer keeps to whom it told.
func TestReaddressOfWhatIsForItsAddresseesOnly(t *testing.T) {
	w := newWorld(t, "TH", "VN", "CN")
	th, vn, cn := w.start("TH"), w.start("VN"), w.start("CN")
	alert := alertTo("VN")
	alert.Handling = spsv1.Handling_HANDLING_ADDRESSEES_ONLY
	original := issue(t, th, alert)
	arrived(original, th, vn)
	told := done(t)(vn.validator().FollowUpCase(t.Context(), &spsv1.FollowUpCaseRequest{
		Name: original.GetCase(), RequestId: newID(), FollowUp: &spsv1.FollowUp{Text: in1("en", "whose pepper it is")},
	}))
	arrived(told, vn, th)
	toCN := &spsv1.ReaddressCaseRequest{Name: original.GetCase(), Offices: []string{"CN"}}
	_, err := vn.validator().ReaddressCase(t.Context(), toCN)
	wantReason(t, "readdress by an addressee", err, "INVALID, offices[0] AUDIENCE_BEYOND")

	// Once the issuer has brought it in, what others said may follow.
	handed, err := th.validator().ReaddressCase(t.Context(), toCN)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"VN"}, handed.GetMissing()); diff != "" {
		t.Errorf("whose part is missing after the issuer's readdress (-want +got):\n%s", diff)
	}
	more := done(t)(th.validator().FollowUpCase(t.Context(), &spsv1.FollowUpCaseRequest{
		Name: original.GetCase(), RequestId: newID(), FollowUp: &spsv1.FollowUp{Text: in1("en", "China is asked, too")},
	}))
	arrived(more, th, vn)
	if handed, err = vn.validator().ReaddressCase(t.Context(), toCN); err != nil {
		t.Fatal(err)
	}
	if len(handed.GetMissing()) > 0 {
		t.Errorf("after both readdresses the part of %q is missing", handed.GetMissing())
	}
	cn.watch("offices/VN", "").statement(told.GetName())
}

// TestTwoNewcomersLearnOfEachOther brings two offices in, one after the other:
// neither has the notification but by what brought it in, and both are told of
// the other.
func TestTwoNewcomersLearnOfEachOther(t *testing.T) {
	w := newWorld(t, "TH", "VN", "CN", "KH")
	th, vn, cn, kh := w.start("TH"), w.start("VN"), w.start("CN"), w.start("KH")
	alert := notification("fruit fly in durian", "VN")
	alert.Handling = spsv1.Handling_HANDLING_NETWORK
	original := issue(t, th, alert)
	for _, newcomer := range []*node{cn, kh} {
		_, err := th.validator().ReaddressCase(t.Context(), &spsv1.ReaddressCaseRequest{
			Name: original.GetCase(), Offices: []string{string(newcomer.office.Code())},
		})
		if err != nil {
			t.Fatal(err)
		}
		newcomer.watch("offices/-", "").statement(original.GetName())
	}
	read := issue(t, kh, in(original, &spsv1.Statement{
		Handling: spsv1.Handling_HANDLING_NETWORK, Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{}},
	}, "TH", "VN", "CN"))
	later := issue(t, th, in(original, &spsv1.Statement{
		Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Text: in1("en", "all four are told")}},
	}, "VN", "CN", "KH"))
	arrived(read, kh, th, vn, cn)
	arrived(later, th, vn, cn, kh)
	for _, n := range []*node{th, vn, cn, kh} {
		var got []string
		for _, p := range n.caseOf(original).GetState().GetParticipants() {
			got = append(got, p.GetOffice())
		}
		if diff := cmp.Diff([]string{"VN", "CN", "KH"}, got); diff != "" {
			t.Errorf("participants at %s (-want +got):\n%s", n.office.Code(), diff)
		}
		if diff := cmp.Diff(th.caseOf(original).GetState(), n.caseOf(original).GetState(), protocmp.Transform()); diff != "" {
			t.Errorf("the case (-at TH +at %s):\n%s", n.office.Code(), diff)
		}
	}
}

// TestWhoseEntriesAreMissing has three offices in a case of which one says
// nothing: a fourth that is brought in is told whose entries it has not got, and
// not to wait for who has said none.
func TestWhoseEntriesAreMissing(t *testing.T) {
	w := newWorld(t, "TH", "VN", "CN", "KH")
	th, vn, cn, kh := w.start("TH"), w.start("VN"), w.start("CN"), w.start("KH")
	alert := notification("fruit fly in durian", "VN")
	alert.Handling = spsv1.Handling_HANDLING_NETWORK
	original := issue(t, th, alert)
	arrived(original, th, vn)
	bringIn := func(by, newcomer *node, shown *spsv1.IssuedStatement, want ...string) {
		t.Helper()
		_, err := by.validator().ReaddressCase(t.Context(), &spsv1.ReaddressCaseRequest{
			Name: original.GetCase(), Offices: []string{string(newcomer.office.Code())},
		})
		if err != nil {
			t.Fatal(err)
		}
		newcomer.watch("offices/-", "").statement(shown.GetName())
		if diff := cmp.Diff(want, newcomer.caseOf(original).GetIncomplete()); diff != "" {
			t.Errorf("whose entries are missing at %s (-want +got):\n%s", newcomer.office.Code(), diff)
		}
	}
	bringIn(th, cn, original)
	read := issue(t, cn, in(original, &spsv1.Statement{
		Handling: spsv1.Handling_HANDLING_NETWORK, Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{}},
	}, "TH"))
	arrived(read, cn, th)
	arrived(issue(t, cn, notification("fruit fly in mango", "KH")), cn, kh) // and what CN said before it
	bringIn(th, kh, original, "CN")
	bringIn(cn, kh, read)
}
