package statement_test

import (
	"testing"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// TestWhoJoinedLaterIsAddressedOnce closes a case of which an office was told by
// hand first, and over the network since.
func TestWhoJoinedLaterIsAddressedOnce(t *testing.T) {
	d := newDossier()
	d.original.Statement.Addressees = append(d.original.Statement.Addressees, &spsv1.Addressee{Office: "LA", ByHand: true})
	joined := follow(&spsv1.FollowUp{Text: en("welcome")})
	joined.Addressees = []*spsv1.Addressee{to("LA")}
	d.say("TH", joined, "LA", "TH")
	s := closure()
	s.Office = "TH"
	if problems := statement.NewCase(d.original, d.entries).Complete(s, statement.Act{}); len(problems) > 0 {
		t.Fatal(problems)
	}
	var laos []*spsv1.Addressee
	for _, a := range s.GetAddressees() {
		if a.GetOffice() == "LA" {
			laos = append(laos, a)
		}
	}
	if len(laos) != 1 || laos[0].GetByHand() {
		t.Errorf("LA is addressed as %v, want once, over the network", laos)
	}
}
