package server_test

import (
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// TestNothingIsEnteredByAClockOfAnotherDay wants every way into the own log shut
// while the clock is a day off, and open when it is right again: a draft, a
// readdress, the own card.
func TestNothingIsEnteredByAClockOfAnotherDay(t *testing.T) {
	var ahead atomic.Int64
	w := newWorld(t, "VN", "CN", "TH")
	w.clocks = map[certs.Office]func() time.Time{"VN": func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }}
	vn := w.start("VN")
	w.start("CN")
	w.start("TH")
	eventually(t, "two peers are heard", func() bool {
		n, err := vn.admin().GetNode(t.Context(), &spsv1.GetNodeRequest{})
		return err == nil && n.GetClockPeers() == 2
	})
	original := issue(t, vn, notification("fruit fly in mango", "CN"))
	officer, validator := vn.drafts(certs.RoleOfficer, "an"), vn.drafts(certs.RoleValidator, "binh")
	d := submit(t, officer, begin(t, officer, notification("moth in longan", "CN")))
	issueDraft := func() error {
		return second(validator.IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()}))
	}
	readdress := func() error {
		return second(vn.validator().ReaddressCase(t.Context(), &spsv1.ReaddressCaseRequest{
			Name: "cases/" + original.GetReference(), Offices: []string{"TH"},
		}))
	}
	next, err := vn.office.NextCard(func(c *spsv1.Card) { c.Languages = []string{"vi"} })
	if err != nil {
		t.Fatal(err)
	}

	before := vn.size()
	ahead.Store(int64(25 * time.Hour))
	wantReason(t, "issue a draft", issueDraft(), "CLOCK")
	wantReason(t, "readdress a case", readdress(), "CLOCK")
	if err := os.WriteFile(w.config("VN").Identity.Card, next, 0o600); err != nil {
		t.Fatal(err)
	}
	var refused *access.Refusal
	if err := vn.Reload(t.Context()); !errors.As(err, &refused) || refused.Reason != access.ReasonClock {
		t.Errorf("publish the own card: %v, want CLOCK", err)
	}
	if got := vn.size(); got != before {
		t.Errorf("%d entries were made by a clock of tomorrow", got-before)
	}
	if got, err := officer.GetDraft(t.Context(), &spsv1.GetDraftRequest{Name: d.GetName()}); err != nil || got.GetState() != spsv1.DraftState_DRAFT_STATE_SUBMITTED {
		t.Errorf("the draft is %v, %v, want it still submitted", got.GetState(), err)
	}

	ahead.Store(0)
	if err := vn.Reload(t.Context()); err != nil {
		t.Errorf("publish the own card by a clock that is right: %v", err)
	}
	if err := issueDraft(); err != nil {
		t.Errorf("issue the draft by a clock that is right: %v", err)
	}
	if err := readdress(); err != nil {
		t.Errorf("readdress by a clock that is right: %v", err)
	}
	if got := vn.size(); got != before+3 {
		t.Errorf("%d entries were made, want the card, the statement and the readdress", got-before)
	}
}
