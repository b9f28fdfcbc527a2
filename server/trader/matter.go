package trader

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// matter is a case as exporters are looked for in it and told of it.
type matter struct {
	reference string
	issuer    string // code of its office
	issued    time.Time
	status    spsv1.StatementStatus
	state     *spsv1.CaseState
	entries   []statement.CaseEntry // the original first

	// whole is the notification as it stands, and behind that what follow-ups and
	// answers added, with local ids given anew where they are not the
	// notification's.
	whole     *spsv1.Notification
	parties   []*spsv1.Party // of the notification and of what was added
	codes     []string       // every code of goods and parties in it, as written
	sightings []sighting

	// takenBy names of each statement that was taken back the later one that did so.
	takenBy map[string]string

	// changes are whose word the measures of the whole about codes are.
	changes []*spsv1.NoticeCodeChange

	// restricted are the names of what refers to the case, counts, and is for its
	// addressees only.
	restricted []string

	// at and met are noted when exporters are looked for: for whom, and whom the case
	// or a text in it names of those that are registered.
	at  where
	met []*spsv1.Exporter
}

// newMatter makes a matter of a case; nil if there is none. The entries are those
// of the fold, the original first.
func newMatter(state *spsv1.CaseState, entries []statement.CaseEntry) *matter {
	if state.GetNotification() == nil || len(entries) == 0 {
		return nil
	}
	original := entries[0]
	m := &matter{
		takenBy: make(map[string]string), reference: original.Reference, issuer: string(original.Origin.Office), issued: original.Time,
		status: original.Statement.GetStatus(), state: state, entries: entries, whole: proto.CloneOf(state.GetNotification()),
	}
	m.look("", m.whole.GetProducts(), m.whole.GetParties(), m.whole.GetMeasures(), nil)
	m.whole.Measures = slices.DeleteFunc(m.whole.GetMeasures(), func(done *spsv1.Measure) bool {
		said, void := m.codeSaid("", done)
		m.note(done.GetId(), said)
		return void
	})
	holds := make(map[string]bool)
	for _, e := range state.GetEntries() {
		holds[e.GetStatement()] = e.GetStanding() == spsv1.EntryStanding_ENTRY_STANDING_EFFECTIVE
		if e.GetStanding() == spsv1.EntryStanding_ENTRY_STANDING_TAKEN_BACK {
			m.takenBy[e.GetStatement()] = e.GetBy()
		}
	}
	for _, e := range entries[1:] {
		if !holds[e.Name()] {
			continue
		}
		facts, adds := factsOf(e.Statement)
		if facts == nil {
			continue
		}
		if e.Statement.GetHandling() == spsv1.Handling_HANDLING_ADDRESSEES_ONLY {
			m.restricted = append(m.restricted, e.Name())
		}
		if adds {
			m.add(e, facts)
		} else { // leads to exporters, who are not shown what offices ask
			m.look(e.Name(), facts.GetProducts(), facts.GetParties(), facts.GetMeasures(), ids{})
		}
	}
	m.balances()
	return m
}

// codeSaid returns what counts of what a measure of a statement, or of the notification
// if its name is empty, says of a code; nil if nothing does. It reports true if the
// measure is about a code and sets no status. What an exercise says sets none either,
// and is told as what it would be.
func (m *matter) codeSaid(name string, done *spsv1.Measure) (counts *spsv1.CodeStatement, void bool) {
	change := done.GetCodeStatus()
	for _, said := range m.state.GetCodeStatements() {
		if change == nil || said.GetMeasure() != done.GetId() || !m.saidIn(name, said.GetSaid().GetStatement()) ||
			said.GetAction() != change.GetAction() || !proto.Equal(said.GetMarket(), change.GetMarket()) {
			continue
		}
		if statement.CodeHolds(said) || said.GetNoEffectReason() == spsv1.NoEffectReason_NO_EFFECT_REASON_EXERCISE {
			return said, false
		}
		void = void || said.GetStanding() == spsv1.EntryStanding_ENTRY_STANDING_WITHOUT_EFFECT
	}
	return nil, void
}

// note notes whose word the measure of the whole with an id is, if it counts.
func (m *matter) note(id string, said *spsv1.CodeStatement) {
	if said != nil {
		m.changes = append(m.changes, &spsv1.NoticeCodeChange{Measure: id, Office: said.GetOffice(), Half: said.GetHalf()})
	}
}

// saidIn reports whether a statement is that of a name or one whose place that took, since
// what is said again counts from the first; a version of the notification if the name is
// empty.
func (m *matter) saidIn(name, said string) bool {
	if name != "" {
		for said != "" && said != name {
			said = m.takenBy[said]
		}
		return said == name
	}
	return slices.ContainsFunc(m.entries, func(e statement.CaseEntry) bool { return e.Name() == said && statement.Content(e.Statement) != nil })
}

// factsOf returns what a statement says of the matter of its case, and whether that
// adds to the notification: what is asked does not.
func factsOf(s *spsv1.Statement) (facts *spsv1.Facts, adds bool) {
	switch body := s.GetBody().(type) {
	case *spsv1.Statement_FollowUp:
		return body.FollowUp.GetFacts(), true
	case *spsv1.Statement_Response:
		return body.Response.GetFacts(), true
	case *spsv1.Statement_Request:
		return body.Request.GetFacts(), false
	}
	return nil, false
}

// openly returns the matter as if what is for addressees only had never been said,
// but for the statements that an officer released. Whom it names is concealed all
// the same.
func (m *matter) openly(released []string) *matter {
	kept := slices.DeleteFunc(slices.Clone(m.entries), func(e statement.CaseEntry) bool {
		return slices.Contains(m.restricted, e.Name()) && !slices.Contains(released, e.Name())
	})
	if len(kept) == len(m.entries) {
		return m
	}
	open := newMatter(statement.Fold(kept[0], kept[1:]), kept)
	open.parties, open.codes, open.at, open.met = m.parties, m.codes, m.at, m.met
	return open
}

// balances puts where the goods went into the whole: what the issuing office
// says, and what others say of goods of which it says nothing.
func (m *matter) balances() {
	all := slices.Clone(m.state.GetBalances())
	said := make(map[string]bool)
	for _, b := range all {
		said[b.GetAbout()] = true
	}
	for _, p := range m.state.GetParticipants() {
		for _, b := range p.GetBalances() {
			if !said[b.GetAbout()] {
				all = append(all, b)
			}
		}
	}
	m.whole.Balances = nil
	for _, b := range all {
		b = proto.CloneOf(b)
		b.About = strings.TrimPrefix(b.GetAbout(), "n:")
		m.whole.Balances = append(m.whole.Balances, b)
	}
}

// concerns reports whether the case is one of an office: it issued it, was
// addressed, or the goods come from there.
func (m *matter) concerns(office string) bool {
	if m.issuer == office {
		return true
	}
	for _, p := range m.state.GetParticipants() {
		if p.GetOffice() == office && p.GetAddressed() != nil {
			return true
		}
	}
	for _, p := range m.whole.GetProducts() {
		for _, o := range p.GetOrigins() {
			if inArea(o.GetArea().GetCode(), office) {
				return true
			}
		}
	}
	return false
}

// open reports whether the case goes on.
func (m *matter) open() bool { return m.state.GetStatus() == spsv1.CaseStatus_CASE_STATUS_OPEN }

// real reports whether the case is neither an exercise nor a test.
func (m *matter) real() bool {
	return m.status == spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL
}

// reaches reports whether an exporter is told of the case: it is served, and takes
// part if the case is an exercise or a test.
func (m *matter) reaches(e *spsv1.Exporter) bool {
	return e.GetState() == spsv1.ExporterState_EXPORTER_STATE_ACTIVE && (m.real() || e.GetTakesPartInExercises())
}

// hold returns why no rule lets the case go to exporters by itself.
func (m *matter) hold() spsv1.HoldReason {
	fraud := m.whole.GetSuspectedFraud()
	switch {
	case fraud.GetOpenInvestigation():
		return spsv1.HoldReason_HOLD_REASON_OPEN_INVESTIGATION
	case fraud != nil || m.whole.GetClassification() == spsv1.Classification_CLASSIFICATION_FRAUD:
		return spsv1.HoldReason_HOLD_REASON_FRAUD
	case m.state.GetHandling() == spsv1.Handling_HANDLING_ADDRESSEES_ONLY:
		return spsv1.HoldReason_HOLD_REASON_ADDRESSEES_ONLY
	}
	return spsv1.HoldReason_HOLD_REASON_UNSPECIFIED
}

// inArea reports whether the code of an area is that of a country or of a part
// of it.
func inArea(code, country string) bool {
	return code == country || strings.HasPrefix(code, country+"-")
}
