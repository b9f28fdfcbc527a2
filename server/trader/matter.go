package trader

import (
	"fmt"
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

	// whole is the notification as it stands, and behind that what follow-ups and
	// answers added, with local ids given anew where they are not the
	// notification's.
	whole     *spsv1.Notification
	parties   []*spsv1.Party // of the notification and of what was added
	codes     []string       // every code of goods and parties in it, as written
	sightings []sighting
}

// newMatter makes a matter of a case; nil if there is none. The entries are those
// of the fold, the original first.
func newMatter(state *spsv1.CaseState, entries []statement.CaseEntry) *matter {
	if state.GetNotification() == nil || len(entries) == 0 {
		return nil
	}
	original := entries[0]
	m := &matter{
		reference: original.Reference, issuer: string(original.Origin.Office), issued: original.Time,
		status: original.Statement.GetStatus(), state: state, whole: proto.CloneOf(state.GetNotification()),
	}
	m.look("", m.whole.GetProducts(), m.whole.GetParties(), m.whole.GetMeasures(), nil)
	holds := make(map[string]bool)
	for _, e := range state.GetEntries() {
		holds[e.GetStatement()] = e.GetStanding() == spsv1.EntryStanding_ENTRY_STANDING_EFFECTIVE
	}
	for _, e := range entries[1:] {
		if !holds[e.Name()] {
			continue
		}
		switch body := e.Statement.GetBody().(type) {
		case *spsv1.Statement_FollowUp:
			m.add(e.Name(), body.FollowUp.GetFacts())
		case *spsv1.Statement_Response:
			m.add(e.Name(), body.Response.GetFacts())
		case *spsv1.Statement_Request: // leads to exporters, who are not shown what offices ask
			m.look(e.Name(), body.Request.GetFacts().GetProducts(), body.Request.GetFacts().GetParties(), body.Request.GetFacts().GetMeasures(), ids{})
		}
	}
	m.balances()
	return m
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

// ids are the local ids that things of one statement were given anew.
type ids map[string]string

// about returns ids as the whole has them. It reports false if there were some
// and none of them is in the whole: then it is about something else.
func (anew ids) about(old []string) (all []string, ok bool) {
	for _, id := range old {
		if of, found := strings.CutPrefix(id, "n:"); found {
			all = append(all, of)
		} else if given, found := anew[id]; found {
			all = append(all, given)
		}
	}
	return all, len(old) == 0 || len(all) > 0
}

// add adds what a statement adds to the notification, but for balances.
func (m *matter) add(name string, f *spsv1.Facts) {
	if f == nil {
		return
	}
	f = proto.CloneOf(f)
	anew := make(ids)
	for _, p := range f.GetProducts() {
		m.addProduct(p, anew)
	}
	for _, s := range f.GetSamples() {
		m.addSample(s, anew)
	}
	m.addFound(f, anew)
	m.look(name, f.GetProducts(), f.GetParties(), f.GetMeasures(), anew)
}

// beyond is above the number of any product, finding or measure of a
// notification, so that what is added has ids of its own.
const beyond = 1000

// addProduct adds goods.
func (m *matter) addProduct(p *spsv1.Product, anew ids) {
	old := p.GetId()
	p.Id = fmt.Sprintf("p%d", beyond+len(m.whole.GetProducts()))
	anew[old] = p.GetId()
	for _, l := range p.GetLots() {
		id := p.GetId() + strings.TrimPrefix(l.GetId(), old)
		anew[l.GetId()], l.Id = id, id
	}
	p.Accompanies, p.MadeFrom = nil, nil
	m.whole.Products = append(m.whole.Products, p)
}

// addSample adds a sample with its results.
func (m *matter) addSample(s *spsv1.Sample, anew ids) {
	about, ok := anew.about(s.GetAbout())
	if !ok {
		return
	}
	old := s.GetId()
	s.Id, s.About = fmt.Sprintf("s%d", beyond+len(m.whole.GetSamples())), about
	anew[old] = s.GetId()
	for _, r := range s.GetResults() {
		id := s.GetId() + strings.TrimPrefix(r.GetId(), old)
		anew[r.GetId()], r.Id = id, id
	}
	m.whole.Samples = append(m.whole.Samples, s)
}

// addFound adds what was found, decided and done.
func (m *matter) addFound(f *spsv1.Facts, anew ids) {
	ok := false
	for _, found := range f.GetFindings() {
		id := fmt.Sprintf("f%d", beyond+len(m.whole.GetFindings()))
		anew[found.GetId()], found.Id = id, id
		found.Evidence, _ = anew.about(found.GetEvidence())
		if found.About, ok = anew.about(found.GetAbout()); ok {
			m.whole.Findings = append(m.whole.Findings, found)
		}
	}
	for _, d := range f.GetDecisions() {
		d.Id = fmt.Sprintf("j%d", beyond+len(m.whole.GetDecisions()))
		d.Findings, _ = anew.about(d.GetFindings())
		if d.About, ok = anew.about(d.GetAbout()); ok {
			m.whole.Decisions = append(m.whole.Decisions, d)
		}
	}
	for _, done := range f.GetMeasures() {
		done.Id = fmt.Sprintf("m%d", beyond+len(m.whole.GetMeasures()))
		if done.About, ok = anew.about(done.GetAbout()); ok || done.GetCodeStatus() != nil {
			m.whole.Measures = append(m.whole.Measures, done)
		}
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
