package statement_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// TestMostSaid has an office say more than counts in a case: only what it says
// itself is without effect, whatever is here of it.
func TestMostSaid(t *testing.T) {
	d := newDossier()
	for range statement.MostSaid {
		d.say("VN", follow(&spsv1.FollowUp{Text: en("more")}))
	}
	full := d.fold()
	d.say("VN", acknowledge(accepted))
	over := d.fold()
	if diff := cmp.Diff([]string{"VN"}, over.GetTooMuch()); diff != "" || len(full.GetTooMuch()) > 0 {
		t.Errorf("too much before: %v, after (-want +got):\n%s", full.GetTooMuch(), diff)
	}
	full.TooMuch = over.GetTooMuch()
	if diff := cmp.Diff(full, over, protocmp.Transform()); diff != "" {
		t.Errorf("what is beyond changes the case (-before +after):\n%s", diff)
	}
	d.say("VN", acknowledge(disputed))
	if diff := cmp.Diff(over, d.fold(), protocmp.Transform()); diff != "" {
		t.Errorf("what is further beyond changes the case (-before +after):\n%s", diff)
	}

	c := statement.NewCase(d.original, d.entries)
	if got := c.Check(toAll("TH", closure())); len(got) > 0 {
		t.Errorf("the issuer closes: %v", got)
	}
	if got := c.Check(toAll("VN", acknowledge(accepted))); len(got) != 1 || got[0].Reason != "TOO_MUCH" {
		t.Errorf("one more: %v, want TOO_MUCH", got)
	}
}
