package casebook

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/codes"
	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// Facts is what one case counts for in statistics: its content as it is now, and
// what was done when.
type Facts struct {
	Exercise       bool // or a test: it counts for nothing
	Withdrawn      bool
	Office         certs.Office // who issued it
	Classification spsv1.Classification
	Issued         time.Time               // of the original
	Sampled        time.Time               // first day on which a sample was taken, at midnight UTC; zero if not known
	Values         [len(dimensions)][]Term // by [spsv1.Dimension], each once; none for the week
	Turns          []Turn
}

// dimensions is as long as the list of dimensions of the contract.
var dimensions [spsv1.Dimension_DIMENSION_NOTIFIER + 1]struct{}

// Term is a value of a dimension: as it is compared, and as it was written.
type Term struct {
	Value, Label string
}

// Wait is something for which the time is taken.
type Wait int

// The waits. Each but [FirstAnswer] has a clock.
const (
	Acknowledgement Wait = iota
	FirstAnswer
	Outcome
	Answer // to a request
	waits
)

// Turn is one time at which it was an office's turn.
type Turn struct {
	Wait       Wait
	Start, Due time.Time // Due is zero if it has no clock
	Done       time.Time // zero if it is not done
}

// FactsOf returns what a case counts for: its original, all that refers to it,
// what that adds up to and what is due. It is a pure function.
func FactsOf(original statement.CaseEntry, others []statement.CaseEntry, state *spsv1.CaseState, deadlines []*spsv1.Deadline) Facts {
	content := state.GetNotification()
	f := Facts{
		Exercise:       original.Statement.GetStatus() != spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL,
		Withdrawn:      state.GetStatus() == spsv1.CaseStatus_CASE_STATUS_WITHDRAWN,
		Office:         original.Origin.Office,
		Classification: content.GetClassification(),
		Issued:         original.Time.Truncate(time.Millisecond),
		Sampled:        firstSample(content),
	}
	f.add(spsv1.Dimension_DIMENSION_CLASSIFICATION, enumTerm(content.GetClassification()))
	notifier := string(original.Origin.Office)
	if unit := original.Statement.GetOnBehalfOf(); unit != "" {
		notifier += "/" + unit
	}
	f.add(spsv1.Dimension_DIMENSION_NOTIFIER, Term{notifier, notifier})
	f.products(content)
	f.findings(content)
	f.turns(others, state, deadlines)
	return f
}

// maxValues is how many values of a dimension one case counts under; the rest of
// them counts as [others]. Without it one case would make more groups than a
// [Tally] takes.
const maxValues = 50

// others is no text as it is compared, for that has no capitals.
var others = Term{Value: strings.ToUpper("others"), Label: "others"}

// add adds a value of a dimension, once; an empty one is none.
func (f *Facts) add(d spsv1.Dimension, t Term) {
	had := f.Values[d]
	switch {
	case t.Value == "" || len(had) > maxValues: // the last is others
	case slices.ContainsFunc(had, func(other Term) bool { return other.Value == t.Value }):
	case len(had) == maxValues:
		f.Values[d] = append(had, others)
	default:
		f.Values[d] = append(had, t)
	}
}

func (f *Facts) products(content *spsv1.Notification) {
	for _, p := range content.GetProducts() {
		f.add(spsv1.Dimension_DIMENSION_PRODUCT_CATEGORY, conceptTerm(p.GetCategory()))
		for _, c := range p.GetCommodityCodes() {
			if code := plain.Digits(c.GetCode()); codes.IsTariff(c.GetSystem()) && len(code) >= 2 {
				f.add(spsv1.Dimension_DIMENSION_HS_CHAPTER, Term{code[:2], code[:2]})
			}
		}
		f.origins(p.GetOrigins())
		for _, l := range p.GetLots() {
			f.origins(l.GetOrigins())
		}
	}
}

func (f *Facts) origins(origins []*spsv1.Origin) {
	for _, o := range origins {
		// A province counts as its country.
		code, _, _ := strings.Cut(o.GetArea().GetCode(), "-")
		if code != "" {
			f.add(spsv1.Dimension_DIMENSION_ORIGIN, Term{code, code})
			continue
		}
		f.add(spsv1.Dimension_DIMENSION_ORIGIN, written(o.GetArea().GetAsWritten()))
	}
}

func (f *Facts) findings(content *spsv1.Notification) {
	for _, found := range content.GetFindings() {
		f.add(spsv1.Dimension_DIMENSION_HAZARD_CATEGORY, conceptTerm(found.GetHazard().GetCategory()))
		f.add(spsv1.Dimension_DIMENSION_HAZARD, conceptTerm(found.GetHazard().GetAgent()))
		taxon := found.GetOrganism().GetTaxon()
		f.add(spsv1.Dimension_DIMENSION_HAZARD, termOf(taxon.GetCodings(), taxon.GetScientificName(), taxon.GetAsWritten()))
	}
}

func conceptTerm(c *spsv1.Concept) Term { return termOf(c.GetCodings(), c.GetAsWritten()) }

// termOf returns the first code with its list before it; without one, the first
// text that is not empty, folded.
func termOf(codings []*spsv1.Coding, texts ...string) Term {
	if len(codings) > 0 {
		c := codings[0]
		return Term{c.GetSystem() + ":" + c.GetCode(), cmp.Or(append([]string{c.GetDisplay()}, append(texts, c.GetCode())...)...)}
	}
	for _, text := range texts {
		if t := written(text); t.Value != "" {
			return t
		}
	}
	return Term{}
}

// written is a value that has no code.
func written(text string) Term { return Term{plain.Text(text), strings.TrimSpace(text)} }

func enumTerm(c spsv1.Classification) Term {
	name := strings.TrimPrefix(c.String(), "CLASSIFICATION_")
	return Term{name, strings.ToLower(strings.ReplaceAll(name, "_", " "))}
}

// firstSample returns the first day on which a sample was taken, among those
// that are known to the day.
func firstSample(content *spsv1.Notification) time.Time {
	var first time.Time
	for _, s := range content.GetSamples() {
		d := s.GetSamplingDate()
		if d.GetMonth() == 0 || d.GetDay() == 0 {
			continue
		}
		day := time.Date(int(d.GetYear()), time.Month(d.GetMonth()), int(d.GetDay()), 0, 0, 0, 0, time.UTC)
		if first.IsZero() || day.Before(first) {
			first = day
		}
	}
	return first
}

// turns takes the times from the deadlines, whose clocks begin at delivery. What
// was told by hand has none.
func (f *Facts) turns(others []statement.CaseEntry, state *spsv1.CaseState, deadlines []*spsv1.Deadline) {
	answers := firstAnswers(others, state)
	for _, d := range deadlines {
		if d.GetStartTime() == nil || d.GetDueTime() == nil {
			continue
		}
		t := Turn{Start: moment(d.GetStartTime()), Due: moment(d.GetDueTime())}
		switch d.GetState() {
		case spsv1.DeadlineState_DEADLINE_STATE_MET:
			t.Done = moment(d.GetDone().GetTime())
		case spsv1.DeadlineState_DEADLINE_STATE_RUNNING, spsv1.DeadlineState_DEADLINE_STATE_OVERDUE:
		default: // nobody waits for it
			t.Due = time.Time{}
		}
		switch d.GetClock() {
		case spsv1.Clock_CLOCK_ACKNOWLEDGEMENT:
			t.Wait = Acknowledgement
			if done, ok := answers[d.GetOffice()]; ok {
				f.Turns = append(f.Turns, Turn{Wait: FirstAnswer, Start: t.Start, Done: done})
			}
		case spsv1.Clock_CLOCK_OUTCOME:
			t.Wait = Outcome
		case spsv1.Clock_CLOCK_ANSWER:
			t.Wait = Answer
		default: // the issuer's own
			continue
		}
		if !t.Done.IsZero() || !t.Due.IsZero() {
			f.Turns = append(f.Turns, t)
		}
	}
}

// moment returns a time as the rows of the book have it.
func moment(t *timestamppb.Timestamp) time.Time { return t.AsTime().Truncate(time.Millisecond) }

// firstAnswers returns when each office first followed up or responded, of what
// stands and is its own.
func firstAnswers(others []statement.CaseEntry, state *spsv1.CaseState) map[string]time.Time {
	holds := make(map[string]bool)
	for _, e := range state.GetEntries() {
		holds[e.GetStatement()] = e.GetStanding() == spsv1.EntryStanding_ENTRY_STANDING_EFFECTIVE
	}
	first := make(map[string]time.Time)
	for _, e := range others {
		answer := e.Statement.GetFollowUp() != nil || e.Statement.GetResponse() != nil
		if !answer || e.Statement.GetSource() != nil || !holds[e.Name()] {
			continue
		}
		office, said := string(e.Origin.Office), e.Time.Truncate(time.Millisecond)
		if at, ok := first[office]; !ok || said.Before(at) {
			first[office] = said
		}
	}
	return first
}
