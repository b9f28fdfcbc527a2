package casebook_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// announcing makes an announcement of an office, one by its sequence an hour.
func announcing(t *testing.T, office string, seq uint64, a *spsv1.Announcement, ends ...ledger.Entry) ledger.Entry {
	t.Helper()
	s := &spsv1.Statement{Status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL, Body: &spsv1.Statement_Announcement{Announcement: a}}
	how := spsv1.RelationKind_RELATION_KIND_SUPERSEDES
	if a.GetAction() == spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_WITHDRAW {
		how = spsv1.RelationKind_RELATION_KIND_WITHDRAWS
	}
	for _, e := range ends {
		s.RelatesTo = append(s.RelatesTo, &spsv1.Relation{
			Kind: how, Entry: &spsv1.EntryRef{Origin: e.Origin.String(), Sequence: e.Sequence, RecordHash: e.Hash[:]},
		})
	}
	e := entry(t, certs.Office(office), seq, s)
	e.Leaf.Time = timestamppb.New(day.Add(time.Duration(seq) * time.Hour))
	return e
}

// gate announces the status of the gate VNLSN, opposite CNPIX, from and until days
// after the first; 0 is no bound.
func gate(status spsv1.GateStatus, action spsv1.AnnouncementAction, from, until int, codes ...string) *spsv1.Announcement {
	g := &spsv1.BorderGateStatus{Gate: &spsv1.Place{Locode: "VNLSN"}, OppositeGate: &spsv1.Place{Locode: "CNPIX"}, Status: status}
	if from != 0 {
		g.StartTime = timestamppb.New(day.AddDate(0, 0, from))
	}
	if until != 0 {
		g.EndTime = timestamppb.New(day.AddDate(0, 0, until))
	}
	for _, c := range codes {
		g.CommodityCodes = append(g.CommodityCodes, &spsv1.Coding{System: "hs", Code: c})
	}
	return &spsv1.Announcement{Action: action, Body: &spsv1.Announcement_BorderGateStatus{BorderGateStatus: g}}
}

const (
	open      = spsv1.GateStatus_GATE_STATUS_OPEN
	limited   = spsv1.GateStatus_GATE_STATUS_LIMITED
	shut      = spsv1.GateStatus_GATE_STATUS_SUSPENDED
	anew      = spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_UNSPECIFIED
	replacing = spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_REPLACE
	takesBack = spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_WITHDRAW
)

// gateOn says how VNLSN stands on a day for all goods, and for durian.
func gateOn(t *testing.T, b *casebook.Book, days int) string {
	t.Helper()
	at := day.AddDate(0, 0, days).Add(12 * time.Hour)
	var all []string
	for _, goods := range []string{"", "081060"} {
		g, err := b.Gate(t.Context(), "VNLSN", statement.GoodsOf(goods), at, at)
		if err != nil && !errors.Is(err, casebook.ErrNotFound) {
			t.Fatal(err)
		}
		all = append(all, strings.ToLower(strings.TrimPrefix(g.GetStatus().String(), "GATE_STATUS_")))
	}
	return strings.Join(all, " ")
}

// TestGatesInAnyOrderOfArrival announces the status of a gate, and records it in
// every order.
func TestGatesInAnyOrderOfArrival(t *testing.T) {
	first := announcing(t, "VN", 1, gate(limited, anew, 0, 0))
	flood := announcing(t, "VN", 2, gate(shut, anew, 3, 6))
	fruit := announcing(t, "VN", 3, gate(shut, anew, 8, 0, "0810"))
	better := announcing(t, "VN", 4, gate(open, replacing, 10, 0), first)
	wrong := announcing(t, "VN", 5, gate(shut, anew, 0, 0))
	sorry := announcing(t, "VN", 6, gate(shut, takesBack, 0, 0), wrong)
	foreign := announcing(t, "CN", 1, gate(shut, anew, 0, 0))
	thief := announcing(t, "CN", 2, gate(open, takesBack, 0, 0), first)
	want := map[int]string{1: "limited limited", 4: "suspended suspended", 6: "limited limited", 9: "limited suspended", 11: "open open"}
	entries := []ledger.Entry{first, flood, fruit, better, wrong, sorry, foreign, thief}
	for turn := range len(entries) {
		for _, back := range []bool{false, true} {
			order := slices.Concat(entries[turn:], entries[:turn])
			if back {
				slices.Reverse(order)
			}
			s := newStore(t)
			b := openBook(t, s, "VN")
			record(t, s, b, order...)
			for days, status := range want {
				if got := gateOn(t, b, days); got != status {
					t.Errorf("from %d, backwards %t: on day %d %q, want %q", turn, back, days, got, status)
				}
			}
		}
	}
}

// TestAnnouncementsAreFollowed records announcements, and watches them with a
// clock: what ends them, reminders, and what begins.
func TestAnnouncementsAreFollowed(t *testing.T) {
	now := day.Add(time.Minute)
	s := newStore(t)
	b, err := casebook.Open(t.Context(), casebook.Options{Store: s, Federation: federation, Office: "VN", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	recordAt := func(n uint64, e ledger.Entry) {
		t.Helper()
		e.Position.N = n
		if err := s.Update(t.Context(), func(tx store.Tx) error { return b.Entry(tx, e) }); err != nil {
			t.Fatal(err)
		}
	}
	var cursor casebook.ChangeCursor
	follow := func(want string) {
		t.Helper()
		events, after, _, err := b.AnnouncementsAfter(t.Context(), casebook.AnnouncementQuery{}, cursor, []uint32{7, 1}, 10)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range events {
			state := strings.ToLower(strings.TrimPrefix(e.Announcement.GetState().String(), "ANNOUNCEMENT_STATE_"))
			got = append(got, fmt.Sprintf("%s %s %d", e.Announcement.GetReference()[:2]+e.Announcement.GetReference()[13:], state, e.Reminder))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("at %v: %q, want %q", now, got, want)
		}
		cursor = after
	}
	effective := day.AddDate(0, 0, 20)
	rule := &spsv1.Announcement{Body: &spsv1.Announcement_RuleChange{RuleChange: &spsv1.RuleChange{
		EffectiveDate:  &spsv1.Date{Year: uint32(effective.Year()), Month: uint32(effective.Month()), Day: uint32(effective.Day())},
		CommodityCodes: []*spsv1.Coding{{System: "hs", Code: "0810"}}, Origins: []*spsv1.Area{{Code: "VN"}},
	}}}
	change := announcing(t, "CN", 1, rule)
	recordAt(1, change)
	follow("CN1 upcoming 0")
	touching := func(goods string, origins ...string) int {
		t.Helper()
		q := casebook.AnnouncementsThat(func(h *spsv1.HeldAnnouncement) bool {
			live := h.GetState() == spsv1.AnnouncementState_ANNOUNCEMENT_STATE_IN_FORCE || h.GetState() == spsv1.AnnouncementState_ANNOUNCEMENT_STATE_UPCOMING
			return live && statement.Touches(h, []*spsv1.Concept{statement.GoodsOf(goods)}, origins, []string{"VNLSN"})
		})
		found, _, err := b.Announcements(t.Context(), q, 0, 10, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	if durian, mango, thai := touching("081060", "VN"), touching("0804"), touching("081060", "TH"); durian != 1 || mango != 0 || thai != 0 {
		t.Errorf("it touches %d of durian, %d of mango, %d of Thai durian, want 1, 0, 0", durian, mango, thai)
	}
	soon := func(want string) {
		t.Helper()
		if within, err := b.Upcoming(t.Context(), 1, 7, 30); err != nil || fmt.Sprint(within) != want {
			t.Errorf("at %v take effect within days %v, %v, want %s", now, within, err, want)
		}
	}
	soon("map[30:1]")
	now = effective.AddDate(0, 0, -7).Add(time.Second)
	soon("map[7:1 30:1]")
	follow("CN1 upcoming 7")
	follow("")
	flood := announcing(t, "VN", 1, gate(shut, anew, 0, 14))
	recordAt(2, flood)
	follow("VN1 in_force 0")
	now = effective.AddDate(0, 0, -1).Add(time.Second)
	follow("VN1 ended 0, CN1 upcoming 1")
	sorry := announcing(t, "CN", 2, &spsv1.Announcement{Action: takesBack, Body: rule.GetBody()}, change)
	recordAt(3, sorry)
	follow("CN2 withdrawal 0, CN1 withdrawn 0")
	if found, err := b.Announcement(t.Context(), "CN-2026-000001"); err != nil || !slices.Equal(found.GetEndedBy(), []string{"CN-2026-000002"}) {
		t.Errorf("the withdrawn announcement: %v, %v", found, err)
	}
	soon("map[]")
	if got := touching("081060", "VN"); got != 0 {
		t.Errorf("what was withdrawn touches %d, want none", got)
	}
	now = effective.AddDate(0, 1, 0)
	follow("") // the date of a rule that was withdrawn
	for filter, want := range map[string]int{
		"kind = RULE_CHANGE": 2, "kind != RULE_CHANGE": 1, "state = WITHDRAWN": 1, "in_force": 0, `gate = "CNPIX"`: 1, `touches = "08106000"`: 3,
		`hs:"08"`: 2, "origin = VN": 2, "office = VN": 1, `effect_time >= "` + effective.Format(time.DateOnly) + `"`: 2, "gate_status = SUSPENDED": 1,
	} {
		q, problems := casebook.DefaultLimits().ParseAnnouncementQuery(filter, "")
		listed := 0
		for below, more := uint64(0), true; more; more = below != 0 {
			var page []*spsv1.HeldAnnouncement
			page, below, err = b.Announcements(t.Context(), q, below, 1, 2)
			if err != nil {
				t.Fatal(err)
			}
			listed += len(page)
		}
		if len(problems) > 0 || listed != want {
			t.Errorf("%s: %d, %v, want %d", filter, listed, problems, want)
		}
	}
	gates, next, err := b.Gates(t.Context(), "", nil, now, now, "", 10)
	if err != nil || next != "" || len(gates) != 1 || gates[0].GetName() != "gates/VNLSN" {
		t.Errorf("gates %v, %q, %v, want VNLSN", gates, next, err)
	}
}
