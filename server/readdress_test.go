package server_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

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
