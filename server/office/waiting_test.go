package office_test

import (
	"fmt"
	"testing"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
)

// TestWhatWaitsIsShown has an answer arrive before its question, and an answer
// whose question this office is never told.
func TestWhatWaitsIsShown(t *testing.T) {
	o := newOffices(t, "CN", "TH", "VN")
	o.passAll(t)
	original := o.say(t, "TH", &spsv1.Statement{
		Addressees: toOffices("CN", "VN"), Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{}},
	})
	o.passAll(t)
	ask := func(offices ...string) *spsv1.Statement {
		return inCaseOf(original, &spsv1.Statement{
			Addressees: toOffices(offices...),
			Body:       &spsv1.Statement_Request{Request: &spsv1.Request{Kind: spsv1.RequestKind_REQUEST_KIND_DOCUMENTS, Offices: []string{"VN"}}},
		})
	}
	answer := func(question ledger.Entry) ledger.Entry {
		return o.say(t, "VN", inCaseOf(original, &spsv1.Statement{
			Addressees: toOffices("CN", "TH"),
			RelatesTo:  []*spsv1.Relation{{Kind: spsv1.RelationKind_RELATION_KIND_REPLIES, Entry: refTo(question)}},
			Body:       &spsv1.Statement_Response{Response: &spsv1.Response{Result: spsv1.ResponseResult_RESPONSE_RESULT_GRANTED}},
		}))
	}
	// standing returns how an entry stands in the case at China.
	standing := func(e ledger.Entry) string {
		t.Helper()
		service, an := o.of["CN"].cases(t.Context())
		c, err := service.GetCase(an, &spsv1.GetCaseRequest{Name: "cases/" + original.Leaf.GetReference()})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range c.GetState().GetEntries() {
			if s.GetStatement() == nameOf(e) {
				return s.GetStanding().String() + " " + s.GetBy()
			}
		}
		return "is not here"
	}
	late, hidden := o.say(t, "TH", ask("CN", "VN")), o.say(t, "TH", ask("VN"))
	o.pass(t, "TH", "VN", true)
	first, second := answer(late), answer(hidden)
	o.pass(t, "VN", "CN", true)
	if got, want := standing(first), "ENTRY_STANDING_WAITING "+nameOf(late); got != want {
		t.Errorf("an answer before its question: %s, want %s", got, want)
	}
	o.pass(t, "TH", "CN", true)
	if got, want := standing(first), "ENTRY_STANDING_EFFECTIVE "; got != want {
		t.Errorf("after the question came: %s, want %s", got, want)
	}
	if got, want := standing(second), "ENTRY_STANDING_WAITING "+nameOf(hidden); got != want {
		t.Errorf("an answer to what China is never told: %s, want %s", got, want)
	}
}

func nameOf(e ledger.Entry) string {
	return fmt.Sprintf("offices/%s/statements/%d-%d", e.Origin.Office, e.Origin.Epoch, e.Sequence)
}
