package trader

import (
	"testing"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestWhatTouchesAnExporter looks at announcements that an exporter is shown, and at
// what it is never shown.
func TestWhatTouchesAnExporter(t *testing.T) {
	s, _, _ := registering(t)
	grower := &spsv1.Exporter{Codes: []*spsv1.ExporterCode{
		{Code: "VN-1", HsCodes: []string{"080450"}, Markets: []*spsv1.Area{{Code: "CN"}, {Code: "FR"}}},
		{Code: "VN-2", HsCodes: []string{"0810"}, Markets: []*spsv1.Area{{Code: "CN"}}, UntilDate: &spsv1.Date{Year: 2001, Month: 1, Day: 1}},
	}}
	rule := &spsv1.HeldAnnouncement{
		Office: "CN", Status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL, State: spsv1.AnnouncementState_ANNOUNCEMENT_STATE_UPCOMING,
		Announcement: &spsv1.Announcement{Body: &spsv1.Announcement_RuleChange{RuleChange: &spsv1.RuleChange{
			CommodityCodes: []*spsv1.Coding{{System: "hs", Code: "0804"}}, Origins: []*spsv1.Area{{Code: "VN"}},
		}}},
	}
	changed := func(change func(h *spsv1.HeldAnnouncement, r *spsv1.RuleChange)) *spsv1.HeldAnnouncement {
		h := proto.CloneOf(rule)
		change(h, h.GetAnnouncement().GetRuleChange())
		return h
	}
	for _, tc := range []struct {
		name string
		e    *spsv1.Exporter
		h    *spsv1.HeldAnnouncement
		want bool
	}{
		{"goods of its market", grower, rule, true},
		{"a union of which a market is", grower, changed(func(h *spsv1.HeldAnnouncement, _ *spsv1.RuleChange) { h.Office = "EU" }), true},
		{"all goods", grower, changed(func(_ *spsv1.HeldAnnouncement, r *spsv1.RuleChange) { r.CommodityCodes = nil }), true},
		{"an exporter without codes", &spsv1.Exporter{}, rule, true},
		{"what was withdrawn", grower, changed(func(h *spsv1.HeldAnnouncement, _ *spsv1.RuleChange) {
			h.State = spsv1.AnnouncementState_ANNOUNCEMENT_STATE_WITHDRAWN
		}), true},
		{"another market", grower, changed(func(_ *spsv1.HeldAnnouncement, r *spsv1.RuleChange) { r.Market = &spsv1.Area{Code: "JP"} }), false},
		{"another origin", grower, changed(func(_ *spsv1.HeldAnnouncement, r *spsv1.RuleChange) { r.Origins[0].Code = "TH" }), false},
		{"goods of a code that has ended", grower, changed(func(_ *spsv1.HeldAnnouncement, r *spsv1.RuleChange) { r.CommodityCodes[0].Code = "0810" }), false},
		{"for its addressees only", grower, changed(func(h *spsv1.HeldAnnouncement, _ *spsv1.RuleChange) { h.Restricted = true }), false},
		{"an exercise", grower, changed(func(h *spsv1.HeldAnnouncement, _ *spsv1.RuleChange) {
			h.Status = spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE
		}), false},
		{"a gate that is another office's", grower, changed(func(h *spsv1.HeldAnnouncement, _ *spsv1.RuleChange) { h.WithoutEffect = true }), false},
		{"what takes another back", grower, changed(func(h *spsv1.HeldAnnouncement, _ *spsv1.RuleChange) {
			h.State = spsv1.AnnouncementState_ANNOUNCEMENT_STATE_WITHDRAWAL
		}), false},
	} {
		if got := s.touches(tc.e, tc.h) != nil; got != tc.want {
			t.Errorf("%s touches it: %t, want %t", tc.name, got, tc.want)
		}
	}
}
