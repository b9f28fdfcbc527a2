package statement

import (
	"cmp"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// What a case says of site codes. The halves of a code's status are registers
// like those of the case: the office whose market it is writes what is refused,
// that of the area which gave the code what is withheld. What any other office
// says of them is kept, marked, and changes nothing. What they add up to,
// [CodeStatusOf] says, of all cases together.

// saying is one measure about a code, and where it was said.
type saying struct {
	in       CaseEntry
	measure  *spsv1.Measure
	standing spsv1.EntryStanding
	reason   spsv1.NoEffectReason
	by       string
}

// codes gathers what is said of site codes.
func (f *folder) codes() {
	given := GiversOf(f.state.GetNotification())
	for _, said := range f.sayings() {
		goods := said.measure.GetCodeStatus().GetProducts()
		if len(goods) == 0 {
			goods = []*spsv1.Concept{nil}
		}
		for _, product := range goods {
			f.state.CodeStatements = append(f.state.CodeStatements, f.codeStatement(said, product, given))
		}
	}
}

// sayings returns all measures about codes: those of the notification, then those
// of the other entries in their order.
func (f *folder) sayings() []saying {
	all := f.versionSayings()
	for i := range f.entries {
		e := &f.entries[i]
		if e.Statement == nil || e.Statement.GetAmendment() != nil {
			continue
		}
		for _, m := range codeMeasures(e.Statement) {
			if e.standing == spsv1.EntryStanding_ENTRY_STANDING_TAKEN_BACK && f.saidAgain(e, m) {
				continue
			}
			all = append(all, saying{f.saidFirst(e, m), m, e.standing, e.reason, e.by})
		}
	}
	return all
}

// versionSayings returns the measures of all versions of the notification. One
// that a version keeps as it was counts from the first that has it.
func (f *folder) versionSayings() []saying {
	var all []saying
	var held []saying // by the last version that stands
	next := func(e CaseEntry) {
		var now []saying
		for _, m := range codeMeasures(e.Statement) {
			said := saying{in: e, measure: m, standing: spsv1.EntryStanding_ENTRY_STANDING_EFFECTIVE}
			for i, before := range held {
				if before.measure.GetId() == m.GetId() && sameChange(before.measure, m) {
					said.in = before.in
					held = append(held[:i:i], held[i+1:]...)
					break
				}
			}
			now = append(now, said)
		}
		for _, dropped := range held {
			dropped.standing, dropped.by = spsv1.EntryStanding_ENTRY_STANDING_TAKEN_BACK, e.Name()
			all = append(all, dropped)
		}
		held = now
	}
	next(f.original)
	for i := range f.entries {
		e := &f.entries[i]
		switch {
		case e.Statement.GetAmendment() == nil:
		case e.holds():
			next(e.CaseEntry)
		default:
			for _, m := range codeMeasures(e.Statement) {
				all = append(all, saying{e.CaseEntry, m, e.standing, e.reason, e.by})
			}
		}
	}
	if f.state.GetStatus() == spsv1.CaseStatus_CASE_STATUS_WITHDRAWN {
		for i := range held {
			held[i].standing, held[i].by = spsv1.EntryStanding_ENTRY_STANDING_TAKEN_BACK, f.state.GetStatusSaid().GetStatement()
		}
	}
	return append(all, held...)
}

// saidFirst returns where a measure of e counts from: the entry itself, or the
// first of those whose place it took one after the other that said the same.
func (f *folder) saidFirst(e *folded, m *spsv1.Measure) CaseEntry {
	for _, r := range e.Statement.GetRelatesTo() {
		at := f.find(r.GetEntry()).entry
		if at != nil && r.GetKind() == spsv1.RelationKind_RELATION_KIND_SUPERSEDES && at.by == e.Name() && hasChange(at.Statement, m) {
			return f.saidFirst(at, m)
		}
	}
	return e.CaseEntry
}

// saidAgain reports whether what took the place of e says the same.
func (f *folder) saidAgain(e *folded, m *spsv1.Measure) bool {
	for i := range f.entries {
		at := &f.entries[i]
		if at.Name() == e.by && at.Statement.GetWithdrawal() == nil && hasChange(at.Statement, m) {
			return true
		}
	}
	return false
}

func hasChange(s *spsv1.Statement, m *spsv1.Measure) bool {
	for _, other := range codeMeasures(s) {
		if other.GetId() == m.GetId() && sameChange(other, m) {
			return true
		}
	}
	return false
}

// sameChange reports whether two measures do the same to a code.
func sameChange(a, b *spsv1.Measure) bool {
	return a.GetState() == b.GetState() && proto.Equal(a.GetCodeStatus(), b.GetCodeStatus())
}

// codeMeasures returns the measures of a statement that are about a code.
func codeMeasures(s *spsv1.Statement) []*spsv1.Measure {
	var all []*spsv1.Measure
	for _, list := range [][]*spsv1.Measure{
		Content(s).GetMeasures(), s.GetFollowUp().GetFacts().GetMeasures(), s.GetRequest().GetFacts().GetMeasures(), s.GetResponse().GetFacts().GetMeasures(),
	} {
		for _, m := range list {
			if m.GetCodeStatus() != nil {
				all = append(all, m)
			}
		}
	}
	return all
}

// codeStatement says who set which half, and with what effect.
func (f *folder) codeStatement(said saying, product *spsv1.Concept, given Givers) *spsv1.CodeStatement {
	change, e := said.measure.GetCodeStatus(), said.in
	c := &spsv1.CodeStatement{
		Said: e.mark(), Reference: e.Reference, Case: "cases/" + f.original.Reference, Office: f.voice(e), Code: proto.CloneOf(change.GetCode()),
		Action: change.GetAction(), Market: change.GetMarket(), Product: product, StartTime: change.GetStartTime(), EndTime: change.GetEndTime(),
		Measure: said.measure.GetId(), Conditions: change.GetConditions(), Reason: said.measure.GetText(),
		Standing: said.standing, NoEffectReason: said.reason, By: said.by, Restricted: !e.Audience.GetNetwork(),
	}
	c.Code.Party = "" // a local id, which means nothing elsewhere
	if c.StartTime == nil {
		c.StartTime = timestamppb.New(e.Time)
	}
	if e.Statement.GetSource() != nil {
		c.EnteredBy = e.office()
	}
	switch market := countryOf(change.GetMarket()); {
	case market == "": // words alone do not say whose half it is
	case speaksFor(teller(e), market):
		c.Half = spsv1.CodeHalf_CODE_HALF_REFUSED
	default:
		c.Half = spsv1.CodeHalf_CODE_HALF_WITHHELD
	}
	c.Origin = cmp.Or(given.Of(change.GetCode()), given.Goods())
	if reason := f.codeVoid(c, said); reason != 0 && c.GetStanding() == spsv1.EntryStanding_ENTRY_STANDING_EFFECTIVE {
		c.Standing, c.NoEffectReason = spsv1.EntryStanding_ENTRY_STANDING_WITHOUT_EFFECT, reason
	}
	return c
}

// codeVoid returns why what is said of a code changes nothing, though its
// statement counts in the case; 0 if it does.
func (f *folder) codeVoid(c *spsv1.CodeStatement, said saying) spsv1.NoEffectReason {
	state := said.measure.GetState()
	switch {
	case exercise(f.original.Statement):
		return spsv1.NoEffectReason_NO_EFFECT_REASON_EXERCISE
	case c.GetOffice() == "":
		return spsv1.NoEffectReason_NO_EFFECT_REASON_HEARSAY
	case c.GetHalf() == spsv1.CodeHalf_CODE_HALF_UNSPECIFIED:
		return spsv1.NoEffectReason_NO_EFFECT_REASON_MARKET_UNKNOWN
	case c.GetHalf() == spsv1.CodeHalf_CODE_HALF_WITHHELD && c.GetOrigin() == "":
		return spsv1.NoEffectReason_NO_EFFECT_REASON_ORIGIN_UNKNOWN
	case c.GetHalf() == spsv1.CodeHalf_CODE_HALF_WITHHELD && !speaksFor(c.GetOffice(), c.GetOrigin()):
		return spsv1.NoEffectReason_NO_EFFECT_REASON_NOT_ITS_REGISTER
	case state == spsv1.MeasureState_MEASURE_STATE_PLANNED, state == spsv1.MeasureState_MEASURE_STATE_CANCELLED:
		return spsv1.NoEffectReason_NO_EFFECT_REASON_NOT_ORDERED
	}
	return 0
}

// Givers says who gave the codes of a notification, as far as it says so in one
// way.
type Givers struct {
	codes map[string]string // folded, see [FoldCode] → country or area; "" if it is said in two ways
	goods map[string]bool
}

// GiversOf returns the givers of the codes of a notification; it may be nil.
func GiversOf(n *spsv1.Notification) Givers {
	g := Givers{codes: make(map[string]string), goods: make(map[string]bool)}
	for _, p := range n.GetParties() {
		g.note(p.GetCodes(), nil)
	}
	for _, p := range n.GetProducts() {
		g.note(p.GetCodes(), p.GetOrigins())
		for _, l := range p.GetLots() {
			g.note(l.GetCodes(), l.GetOrigins())
		}
	}
	return g
}

func (g Givers) note(codes []*spsv1.SiteCode, origins []*spsv1.Origin) {
	for _, c := range codes {
		giver, folded := countryOf(c.GetArea()), FoldCode(c.GetCode(), "")
		if giver == "" {
			continue
		}
		if before, ok := g.codes[folded]; ok && before != giver {
			giver = ""
		}
		g.codes[folded] = giver
	}
	for _, o := range origins {
		if country := countryOf(o.GetArea()); country != "" {
			g.goods[country] = true
		}
	}
}

// Of returns the country or area that gave a code: that of its own area, else that
// of the same code elsewhere in the notification; "" if neither is said.
func (g Givers) Of(c *spsv1.SiteCode) string {
	return cmp.Or(countryOf(c.GetArea()), g.codes[FoldCode(c.GetCode(), "")])
}

// Goods returns the one country or area that all goods come from; "" if it is not
// said, or there are several.
func (g Givers) Goods() string {
	if len(g.goods) != 1 {
		return ""
	}
	return slices.Collect(maps.Keys(g.goods))[0]
}
