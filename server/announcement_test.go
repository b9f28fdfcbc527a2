package server_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (n *node) announcements() spsv1.AnnouncementServiceClient {
	return spsv1.NewAnnouncementServiceClient(n.as(certs.RolePost, "an"))
}

// announce announces something for the network.
func (n *node) announce(a *spsv1.Announcement, target string) *spsv1.IssuedStatement {
	n.w.t.Helper()
	a.Subject = []*spsv1.LocalizedText{{Lang: "en", Text: "for everybody"}}
	parent := "offices/" + string(n.office.Code())
	draft := done(n.w.t)(n.validator().Announce(n.w.t.Context(), &spsv1.AnnounceRequest{
		Parent: parent, RequestId: newID(), Announcement: a, Target: target, Draft: true,
	}))
	first, other := n.drafts(certs.RoleValidator, "lan.nguyen"), n.drafts(certs.RoleValidator, "binh.tran")
	d, err := first.GetDraft(n.w.t.Context(), &spsv1.GetDraftRequest{Name: draft.GetDraft()})
	if err == nil {
		d, err = first.SubmitDraft(n.w.t.Context(), &spsv1.SubmitDraftRequest{Name: d.GetName(), Etag: d.GetEtag()})
	}
	if err != nil {
		n.w.t.Fatal(err)
	}
	return done(n.w.t)(other.IssueDraft(n.w.t.Context(), &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()}))
}

func gateStatus(gate string, status spsv1.GateStatus, until *timestamppb.Timestamp) *spsv1.Announcement {
	return &spsv1.Announcement{Body: &spsv1.Announcement_BorderGateStatus{BorderGateStatus: &spsv1.BorderGateStatus{
		Gate: &spsv1.Place{Locode: gate}, OppositeGate: &spsv1.Place{Locode: map[string]string{"VNLSN": "CNPIX", "CNPIX": "VNLSN"}[gate]},
		Status: status, EndTime: until,
	}}}
}

// gate says how a gate and the other side stand at a node.
func (n *node) gate(name string) (here, there spsv1.GateStatus) {
	n.w.t.Helper()
	g, err := n.announcements().GetGate(n.w.t.Context(), &spsv1.GetGateRequest{Name: "gates/" + name})
	if err != nil {
		n.w.t.Fatal(err)
	}
	return g.GetStatus(), g.GetOpposite().GetStatus()
}

// TestAnnouncementsHoldAtEveryNode announces gates and a rule while one node is
// away; when it is back, both say the same.
func TestAnnouncementsHoldAtEveryNode(t *testing.T) {
	const (
		limited = spsv1.GateStatus_GATE_STATUS_LIMITED
		shut    = spsv1.GateStatus_GATE_STATUS_SUSPENDED
		open    = spsv1.GateStatus_GATE_STATUS_OPEN
	)
	w := newWorld(t, "VN", "CN")
	vn, cn := w.start("VN"), w.start("CN")
	first := vn.announce(gateStatus("VNLSN", limited, nil), "")
	arrived(first, vn, cn)
	watch, err := cn.announcements().WatchAnnouncements(t.Context(), &spsv1.WatchAnnouncementsRequest{Filter: "in_force"})
	if err != nil {
		t.Fatal(err)
	}
	says := func(e *spsv1.WatchAnnouncementsResponse) bool { return e.GetAnnouncement() != nil }
	event := next(t, watch, says)
	if event.GetAnnouncement().GetReference() != first.GetReference() {
		t.Fatalf("watch: %v, want %s", event, first.GetReference())
	}
	cn.stop()
	vn.announce(gateStatus("VNLSN", shut, timestamppb.New(time.Now().Add(time.Hour))), "")
	cn = w.start("CN")
	other := cn.announce(gateStatus("CNPIX", open, nil), "")
	effective := time.Now().UTC().AddDate(0, 0, 10)
	rule := cn.announce(&spsv1.Announcement{Body: &spsv1.Announcement_RuleChange{RuleChange: &spsv1.RuleChange{
		Text:           []*spsv1.LocalizedText{{Lang: "en", Text: "cold treatment"}},
		EffectiveDate:  &spsv1.Date{Year: uint32(effective.Year()), Month: uint32(effective.Month()), Day: uint32(effective.Day())},
		CommodityCodes: []*spsv1.Coding{{System: "hs", Code: "081060"}},
	}}}, "")
	arrived(other, cn, vn)
	arrived(rule, cn, vn)
	if watch, err = cn.announcements().WatchAnnouncements(t.Context(), &spsv1.WatchAnnouncementsRequest{Cursor: event.GetCursor()}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if event := next(t, watch, says); event.GetAnnouncement().GetReference() == first.GetReference() {
			t.Fatalf("watch after a restart: %v, want what is new", event)
		}
	}
	for _, n := range []*node{vn, cn} {
		if here, there := n.gate("vnlsn"); here != shut || there != open {
			t.Errorf("at %s VNLSN is %v and CNPIX %v, want shut and open", n.office.Code(), here, there)
		}
		g, err := n.announcements().GetGate(t.Context(), &spsv1.GetGateRequest{Name: "gates/VNLSN"})
		if err != nil || g.GetChangeStatus() != limited {
			t.Errorf("at %s it changes to %v, %v, want limited", n.office.Code(), g.GetChangeStatus(), err)
		}
		page, err := n.announcements().ListAnnouncements(t.Context(), &spsv1.ListAnnouncementsRequest{Filter: `state = UPCOMING AND touches = "081060"`, PageSize: 1})
		if err != nil || len(page.GetAnnouncements()) != 1 || page.GetAnnouncements()[0].GetDaysLeft() != 10 {
			t.Errorf("at %s upcoming: %v, %v, want the rule in 10 days", n.office.Code(), page, err)
		}
		gates, err := n.announcements().ListGates(t.Context(), &spsv1.ListGatesRequest{Office: "VN"})
		if err != nil || len(gates.GetGates()) != 1 {
			t.Errorf("at %s gates of VN: %v, %v, want one", n.office.Code(), gates, err)
		}
	}
	back := gateStatus("VNLSN", limited, nil)
	back.Action = spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_WITHDRAW
	withdrawal := vn.announce(back, first.GetReference())
	arrived(withdrawal, vn, cn)
	for _, n := range []*node{vn, cn} {
		got, err := n.announcements().GetAnnouncement(t.Context(), &spsv1.GetAnnouncementRequest{Name: "announcements/" + first.GetReference()})
		if err != nil || got.GetState() != spsv1.AnnouncementState_ANNOUNCEMENT_STATE_WITHDRAWN || got.GetEndedBy()[0] != withdrawal.GetReference() {
			t.Errorf("at %s the first is %v, %v, want withdrawn", n.office.Code(), got, err)
		}
	}
	for name, want := range map[string]string{"gates/VNXXX": "NOT_FOUND", "gates/": "INVALID, name STRING_PATTERN"} {
		if _, err := vn.announcements().GetGate(t.Context(), &spsv1.GetGateRequest{Name: name}); told(err) != want {
			t.Errorf("%s: told %q, want %q", name, told(err), want)
		}
	}
	if _, err := vn.announcements().GetAnnouncement(t.Context(), &spsv1.GetAnnouncementRequest{Name: "announcements/VN-2026-999999"}); told(err) != "NOT_FOUND" {
		t.Errorf("no announcement: told %q, want NOT_FOUND", told(err))
	}
}
