package statement_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// TestWhatIsToBeToldByHand tells an office without a node what goes to everyone,
// and nothing that went to others only, until the own office has noted it.
func TestWhatIsToBeToldByHand(t *testing.T) {
	d := newDossier()
	d.original.Statement.Addressees = append(d.original.Statement.Addressees, &spsv1.Addressee{Office: "LA", ByHand: true})
	want := func(step, want string) {
		t.Helper()
		var got []string
		for _, p := range statement.ToTell("TH", d.original, d.entries, d.fold()) {
			got = append(got, p.GetOffice()+":")
			for _, name := range p.GetStatements() {
				got = append(got, short(name))
			}
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step, diff)
		}
		if others := statement.ToTell("VN", d.original, d.entries, d.fold()); len(others) > 0 {
			t.Errorf("%s: VN is to tell %v, want nobody: TH addressed them", step, others)
		}
	}
	told := func(h *spsv1.HandDelivery) {
		h.Office = "LA"
		d.say("TH", &spsv1.Statement{HandDeliveries: []*spsv1.HandDelivery{h}, Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{}}})
	}
	want("at first", "LA: TH/0")
	told(&spsv1.HandDelivery{})
	want("told of all so far", "")
	d.say("TH", follow(&spsv1.FollowUp{Text: en("more")}))
	want("a follow-up goes to those addressed", "")
	withdrawn := d.say("TH", withdraw(relates(spsv1.RelationKind_RELATION_KIND_WITHDRAWS, d.original)...))
	closed := d.say("TH", closure())
	want("withdrawn and closed", "LA: "+short(withdrawn.Name())+" "+short(closed.Name()))
	told(&spsv1.HandDelivery{Statement: ref(closed)})
	want("told of the closure only", "LA: "+short(withdrawn.Name()))
	told(&spsv1.HandDelivery{})
	want("told of the withdrawal", "")
}
