package statement

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Announced returns an announcement as it is by itself; [HoldAnnouncement] says how
// it stands. Nil if the entry is none.
func Announced(e CaseEntry) *spsv1.HeldAnnouncement {
	a := e.Statement.GetAnnouncement()
	if a == nil {
		return nil
	}
	h := &spsv1.HeldAnnouncement{
		Name: "announcements/" + e.Reference, Reference: e.Reference, Said: e.mark(), Office: e.office(),
		Status: e.Statement.GetStatus(), Announcement: a, Restricted: !e.Audience.GetNetwork(),
	}
	for _, r := range ended(e.Statement) {
		if r.GetReference() != "" {
			h.Ends = append(h.Ends, r.GetReference())
		}
	}
	switch body := a.GetBody().(type) {
	case *spsv1.Announcement_RuleChange:
		if d := body.RuleChange.GetEffectiveDate(); d.GetDay() != 0 {
			h.EffectTime = timestamppb.New(time.Date(int(d.GetYear()), time.Month(d.GetMonth()), int(d.GetDay()), 0, 0, 0, 0, time.UTC))
		}
	case *spsv1.Announcement_BorderGateStatus:
		if h.EffectTime = body.BorderGateStatus.GetStartTime(); h.EffectTime == nil {
			h.EffectTime = timestamppb.New(e.Time)
		}
		country := gateCountry(body.BorderGateStatus.GetGate())
		h.WithoutEffect = country != "" && !speaksFor(e.office(), country)
	}
	return h
}

// ended returns the relations to what an announcement replaces or takes back.
func ended(s *spsv1.Statement) []*spsv1.Relation {
	how := map[spsv1.AnnouncementAction]spsv1.RelationKind{
		spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_REPLACE:  spsv1.RelationKind_RELATION_KIND_SUPERSEDES,
		spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_WITHDRAW: spsv1.RelationKind_RELATION_KIND_WITHDRAWS,
	}[s.GetAnnouncement().GetAction()]
	var all []*spsv1.Relation
	for _, r := range s.GetRelatesTo() {
		if how != 0 && r.GetKind() == how && r.GetEntry() != nil {
			all = append(all, r)
		}
	}
	return all
}

// AnnouncementEnds returns the entries that an announcement replaces or takes
// back: those before it in its own log.
func AnnouncementEnds(e CaseEntry) []*spsv1.EntryRef {
	var all []*spsv1.EntryRef
	for _, r := range ended(e.Statement) {
		if issuer(r.GetEntry()) == e.office() {
			all = append(all, r.GetEntry())
		}
	}
	return all
}

// HoldAnnouncement says how an announcement stands in a span of time. enders are
// the announcements that replace it or take it back, and are not taken back
// themselves. An exercise ends nothing that is real, nor the other way round.
func HoldAnnouncement(h *spsv1.HeldAnnouncement, enders []*spsv1.HeldAnnouncement, from, to time.Time) {
	h.State, h.DaysLeft, h.EndedBy = 0, 0, nil
	effect := h.GetEffectTime()
	if left := effect.AsTime().Sub(from); effect != nil && left > 0 {
		h.DaysLeft = uint32((left + 24*time.Hour - 1) / (24 * time.Hour)) //nolint:gosec // G115: dates end in 2200
	}
	gate := h.GetAnnouncement().GetBorderGateStatus()
	switch {
	case h.GetAnnouncement().GetAction() == spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_WITHDRAW:
		h.State = spsv1.AnnouncementState_ANNOUNCEMENT_STATE_WITHDRAWAL
	case h.GetAnnouncement().GetRuleChange().GetProposed():
		h.State = spsv1.AnnouncementState_ANNOUNCEMENT_STATE_PROPOSED
	case effect != nil && effect.AsTime().After(to):
		h.State = spsv1.AnnouncementState_ANNOUNCEMENT_STATE_UPCOMING
	case gate.GetEndTime() != nil && !gate.GetEndTime().AsTime().After(from):
		h.State = spsv1.AnnouncementState_ANNOUNCEMENT_STATE_ENDED
	default:
		h.State = spsv1.AnnouncementState_ANNOUNCEMENT_STATE_IN_FORCE
	}
	for _, by := range enders {
		h.EndedBy = append(h.EndedBy, by.GetReference())
		if withdrawing(by) {
			h.State = spsv1.AnnouncementState_ANNOUNCEMENT_STATE_WITHDRAWN
		} else if h.GetState() != spsv1.AnnouncementState_ANNOUNCEMENT_STATE_WITHDRAWN {
			h.State = spsv1.AnnouncementState_ANNOUNCEMENT_STATE_REPLACED
		}
	}
	slices.Sort(h.EndedBy)
}

func withdrawing(h *spsv1.HeldAnnouncement) bool {
	return h.GetAnnouncement().GetAction() == spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_WITHDRAW
}

// GateName returns the name of a gate as gates are compared: its UN/LOCODE;
// without one, its country or area, else the office that speaks of it, a hyphen,
// and its customs code or name, folded. It is "" for a place without any.
func GateName(gate *spsv1.Place, office string) string {
	if gate.GetLocode() != "" {
		return gate.GetLocode()
	}
	country := cmp.Or(gateCountry(gate), office)
	if code := FoldCode(gate.GetCustomsCode(), ""); code != "" {
		return country + "-" + code
	}
	name := ""
	for _, n := range gate.GetName() {
		if name == "" || n.GetLang() == "en" {
			name = FoldCode(n.GetText(), "")
		}
	}
	if name == "" {
		return ""
	}
	return country + "-" + name
}

// GateAsked returns the name of the gate that somebody asks for: a UN/LOCODE in
// any case, or country, hyphen, and customs code or name.
func GateAsked(asked string) string {
	country, rest, named := strings.Cut(asked, "-")
	if !named {
		return strings.ToUpper(asked)
	}
	return strings.ToUpper(country) + "-" + FoldCode(rest, "")
}

// gateCountry returns in which country or area a gate lies; "" if it does not say.
func gateCountry(gate *spsv1.Place) string {
	if locode := gate.GetLocode(); len(locode) > 2 {
		return locode[:2]
	}
	return countryOf(gate.GetArea())
}

// A GateWord is what one announcement says of a gate, with what ends it.
type GateWord struct {
	Said   *spsv1.HeldAnnouncement
	Enders []*spsv1.HeldAnnouncement // see [HoldAnnouncement]
}

// GateOf returns how a gate stands in a span of time, for some goods; nil goods
// for all. words are all that were announced of it, in any order.
//
// It is what the office whose gate it is said last, by epoch and sequence, of
// what has begun and not ended: a status with an end gives way after it to what was
// said before, unless it replaced that. What is withdrawn was never said. In a
// span the worst counts. What holds for some goods only decides for these.
func GateOf(words []GateWord, goods *spsv1.Concept, from, to time.Time) *spsv1.Gate {
	words = slices.DeleteFunc(slices.Clone(words), func(w GateWord) bool {
		return w.Said.GetWithoutEffect() || withdrawing(w.Said) || slices.ContainsFunc(w.Enders, withdrawing) ||
			w.Said.GetStatus() != spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL
	})
	slices.SortFunc(words, func(a, b GateWord) int { return compareMarks(b.Said.GetSaid(), a.Said.GetSaid()) })
	g := &spsv1.Gate{}
	if len(words) == 0 {
		return g
	}
	g.Place, g.Office = words[0].Said.GetAnnouncement().GetBorderGateStatus().GetGate(), words[0].Said.GetOffice()
	g.Status, g.Said = gateAt(words, goods, from)
	last := g.GetStatus()
	for _, t := range gateTurns(words) {
		if !t.After(from) {
			continue
		}
		status, said := gateAt(words, goods, t)
		if t.After(to) {
			if status != last {
				g.ChangeTime, g.ChangeStatus = timestamppb.New(t), status
				break
			}
			continue
		}
		if last = status; status > g.GetStatus() {
			g.Status, g.Said = status, said
		}
	}
	for _, w := range words {
		if goods == nil && len(w.Said.GetAnnouncement().GetBorderGateStatus().GetCommodityCodes()) > 0 && holdsAt(w, from) {
			g.LimitedToGoods = append(g.LimitedToGoods, w.Said)
		}
	}
	return g
}

// gateAt returns the status of a gate at an instant, and what decides it.
func gateAt(words []GateWord, goods *spsv1.Concept, t time.Time) (spsv1.GateStatus, *spsv1.HeldAnnouncement) {
	for _, w := range words {
		status := w.Said.GetAnnouncement().GetBorderGateStatus()
		codes := status.GetCommodityCodes()
		if holdsAt(w, t) && (len(codes) == 0 || goods != nil && coversGoods(&spsv1.Concept{Codings: codes}, goods)) {
			return status.GetStatus(), w.Said
		}
	}
	return spsv1.GateStatus_GATE_STATUS_UNSPECIFIED, nil
}

// holdsAt reports whether a word has begun, has not ended, and was not replaced
// by one that has begun.
func holdsAt(w GateWord, t time.Time) bool {
	end := w.Said.GetAnnouncement().GetBorderGateStatus().GetEndTime()
	if w.Said.GetEffectTime().AsTime().After(t) || end != nil && !end.AsTime().After(t) {
		return false
	}
	return !slices.ContainsFunc(w.Enders, func(by *spsv1.HeldAnnouncement) bool { return !by.GetEffectTime().AsTime().After(t) })
}

// gateTurns returns the instants at which words begin or end, in their order.
func gateTurns(words []GateWord) []time.Time {
	var turns []time.Time
	for _, w := range words {
		turns = append(turns, AnnouncementTurns(w.Said)...)
		for _, by := range w.Enders {
			turns = append(turns, AnnouncementTurns(by)...)
		}
	}
	slices.SortFunc(turns, time.Time.Compare)
	return slices.CompactFunc(turns, time.Time.Equal)
}

// AnnouncementTurns returns when an announcement takes effect and ends, as far as
// it says so.
func AnnouncementTurns(h *spsv1.HeldAnnouncement) []time.Time {
	var turns []time.Time
	for _, t := range []*timestamppb.Timestamp{h.GetEffectTime(), h.GetAnnouncement().GetBorderGateStatus().GetEndTime()} {
		if t != nil {
			turns = append(turns, t.AsTime())
		}
	}
	return turns
}

// Touches reports whether an announcement concerns any of some goods, of some
// origins or gates; an empty list is no matter which. Gates are named as by
// [GateName]. A rule for all goods or all origins touches each.
func Touches(h *spsv1.HeldAnnouncement, goods []*spsv1.Concept, origins, gates []string) bool {
	rule, gate := h.GetAnnouncement().GetRuleChange(), h.GetAnnouncement().GetBorderGateStatus()
	if gate != nil && len(gates) > 0 && !slices.ContainsFunc(gates, func(name string) bool {
		return name == GateName(gate.GetGate(), h.GetOffice()) || name == GateName(gate.GetOppositeGate(), h.GetOffice())
	}) {
		return false
	}
	if rule != nil && len(origins) > 0 && len(rule.GetOrigins()) > 0 && !slices.ContainsFunc(origins, func(code string) bool {
		return slices.ContainsFunc(rule.GetOrigins(), func(o *spsv1.Area) bool {
			return coversMarket(o, &spsv1.Area{Code: code}) || coversMarket(&spsv1.Area{Code: code}, o)
		})
	}) {
		return false
	}
	concerned := slices.Clone(rule.GetProducts())
	for _, c := range append(slices.Clone(rule.GetCommodityCodes()), gate.GetCommodityCodes()...) {
		concerned = append(concerned, &spsv1.Concept{Codings: []*spsv1.Coding{c}})
	}
	return len(goods) == 0 || len(concerned) == 0 || slices.ContainsFunc(goods, func(g *spsv1.Concept) bool {
		return slices.ContainsFunc(concerned, func(c *spsv1.Concept) bool { return coversGoods(c, g) || coversGoods(g, c) })
	})
}

// compareMarks orders marks by office, epoch and sequence.
func compareMarks(a, b *spsv1.Mark) int {
	officeA, epochA, sequenceA := placed(a.GetStatement())
	officeB, epochB, sequenceB := placed(b.GetStatement())
	return cmp.Or(strings.Compare(officeA, officeB), cmp.Compare(epochA, epochB), cmp.Compare(sequenceA, sequenceB))
}
