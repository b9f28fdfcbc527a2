package office

import (
	"context"
	"strings"

	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
)

// caseRow is a case that goes into a file.
type caseRow struct {
	message *spsv1.Case
	folded  *folded // nil: more was said in it than is folded
	facts   casebook.Facts
}

func (x *Exports) caseRow(ctx context.Context, item casebook.Item, upTo uint64) (*caseRow, error) {
	original, err := x.s.item(ctx, item, basic)
	if err != nil {
		return nil, err
	}
	row := &caseRow{message: &spsv1.Case{
		Name: casePrefix + original.GetReference(), Reference: original.GetReference(), Original: original,
	}}
	row.folded, err = x.s.fold(ctx, item, upTo)
	if f := row.folded; err == nil && f != nil {
		row.message.State, row.message.Deadlines = f.State(), f.deadlines
		row.facts = casebook.FactsOf(f.original, f.others, f.State(), f.deadlines)
	}
	return row, err
}

// restricted returns the names of the statements that the row tells of and that
// are not for the whole network.
func (r *caseRow) restricted() []string {
	var all []string
	if !r.message.GetOriginal().GetAudience().GetNetwork() {
		all = append(all, r.message.GetOriginal().GetName())
	}
	if r.folded == nil {
		return all
	}
	for _, e := range r.folded.others {
		if e.Statement != nil && !e.Audience.GetNetwork() {
			all = append(all, e.Name())
		}
	}
	return all
}

func (r *caseRow) content() *spsv1.Notification {
	if n := r.message.GetState().GetNotification(); n != nil {
		return n
	}
	return r.message.GetOriginal().GetStatement().GetNotification()
}

// labels returns the values of a dimension as they were written.
func (r *caseRow) labels(d spsv1.Dimension) string {
	var all []string
	for _, t := range r.facts.Values[d] {
		all = append(all, t.Label)
	}
	return joined(all)
}

// caseColumns are those of docs/reference/export.md.
var caseColumns = []column[*caseRow]{
	{"reference", func(r *caseRow) any { return r.message.GetReference() }},
	{"status", func(r *caseRow) any { return short(r.message.GetOriginal().GetStatement().GetStatus()) }},
	{"case_status", func(r *caseRow) any { return short(r.message.GetState().GetStatus()) }},
	{"issue_time", func(r *caseRow) any { return instant(r.message.GetOriginal().GetIssueTime()) }},
	{"record_time", func(r *caseRow) any { return instant(r.message.GetOriginal().GetRecordTime()) }},
	{"office", func(r *caseRow) any { return r.message.GetOriginal().GetStatement().GetOffice() }},
	{"on_behalf_of", func(r *caseRow) any { return r.message.GetOriginal().GetStatement().GetOnBehalfOf() }},
	{"classification", func(r *caseRow) any { return short(r.content().GetClassification()) }},
	{"type", func(r *caseRow) any { return short(r.content().GetType()) }},
	{"preliminary", func(r *caseRow) any { return yes(r.content().GetPreliminary()) }},
	{"handling", func(r *caseRow) any { return short(r.message.GetOriginal().GetStatement().GetHandling()) }},
	{"subject", func(r *caseRow) any { return brief.Text(r.content().GetSubject()) }},
	{"products", func(r *caseRow) any { return r.brief().Product }},
	{"product_categories", func(r *caseRow) any { return r.labels(spsv1.Dimension_DIMENSION_PRODUCT_CATEGORY) }},
	{"commodity_codes", func(r *caseRow) any { return commodityCodes(r.content()) }},
	{"origins", func(r *caseRow) any { return r.labels(spsv1.Dimension_DIMENSION_ORIGIN) }},
	{"hazards", func(r *caseRow) any { return r.brief().Hazard }},
	{"hazard_categories", func(r *caseRow) any { return r.labels(spsv1.Dimension_DIMENSION_HAZARD_CATEGORY) }},
	{"addressees", func(r *caseRow) any { return addressees(r.message.GetOriginal().GetStatement()) }},
	{"flagged_for_follow_up", func(r *caseRow) any {
		return flagged(r.message.GetOriginal().GetStatement(), spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP)
	}},
	{"flagged_for_attention", func(r *caseRow) any {
		return flagged(r.message.GetOriginal().GetStatement(), spsv1.FlagKind_FLAG_KIND_FOR_ATTENTION)
	}},
	{"acknowledged_by", func(r *caseRow) any {
		return r.participants(func(p *spsv1.Participant) string {
			if p.GetAcknowledged() == nil {
				return ""
			}
			return p.GetOffice()
		})
	}},
	{"overdue", func(r *caseRow) any { return r.overdue() }},
	{"outcomes", func(r *caseRow) any {
		return r.participants(func(p *spsv1.Participant) string {
			if p.GetOutcome() == nil {
				return ""
			}
			return p.GetOffice() + " " + short(p.GetOutcome().GetConclusion())
		})
	}},
	{"closure_outcome", func(r *caseRow) any { return short(r.message.GetState().GetOutcome()) }},
	{"versions", func(r *caseRow) any { return uint64(len(r.message.GetState().GetVersions())) }},
	{"statements", func(r *caseRow) any { return uint64(1 + len(r.message.GetState().GetEntries())) }},
	{"external_references", func(r *caseRow) any { return externals(r.references()) }},
	{"name", func(r *caseRow) any { return r.message.GetOriginal().GetName() }},
}

func (r *caseRow) brief() brief.Brief {
	return brief.Of(&spsv1.Statement{Body: &spsv1.Statement_Notification{Notification: r.content()}})
}

func (r *caseRow) references() []*spsv1.ExternalReference {
	if state := r.message.GetState(); state != nil {
		return state.GetExternalReferences()
	}
	return r.message.GetOriginal().GetStatement().GetExternalReferences()
}

// participants returns what is said of each that it is said of.
func (r *caseRow) participants(say func(*spsv1.Participant) string) string {
	var all []string
	for _, p := range r.message.GetState().GetParticipants() {
		all = append(all, say(p))
	}
	return joined(all)
}

// overdue returns which offices are late with what.
func (r *caseRow) overdue() string {
	var all []string
	for _, d := range r.message.GetDeadlines() {
		if d.GetState() == spsv1.DeadlineState_DEADLINE_STATE_OVERDUE {
			all = append(all, d.GetOffice()+" "+short(d.GetClock()))
		}
	}
	return joined(all)
}

// statementColumns are those of docs/reference/export.md.
var statementColumns = []column[*spsv1.IssuedStatement]{
	{"reference", func(s *spsv1.IssuedStatement) any { return s.GetReference() }},
	{"kind", func(s *spsv1.IssuedStatement) any { return brief.Kind(s.GetStatement()) }},
	{"case", func(s *spsv1.IssuedStatement) any { return strings.TrimPrefix(s.GetCase(), casePrefix) }},
	{"status", func(s *spsv1.IssuedStatement) any { return short(s.GetStatement().GetStatus()) }},
	{"issue_time", func(s *spsv1.IssuedStatement) any { return instant(s.GetIssueTime()) }},
	{"record_time", func(s *spsv1.IssuedStatement) any { return instant(s.GetRecordTime()) }},
	{"office", func(s *spsv1.IssuedStatement) any { return s.GetStatement().GetOffice() }},
	{"unit", func(s *spsv1.IssuedStatement) any { return s.GetStatement().GetUnit() }},
	{"on_behalf_of", func(s *spsv1.IssuedStatement) any { return s.GetStatement().GetOnBehalfOf() }},
	{"classification", func(s *spsv1.IssuedStatement) any { return short(content(s).GetClassification()) }},
	{"handling", func(s *spsv1.IssuedStatement) any { return short(s.GetStatement().GetHandling()) }},
	{"text", func(s *spsv1.IssuedStatement) any { return brief.Of(s.GetStatement()).Subject }},
	{"products", func(s *spsv1.IssuedStatement) any { return brief.Of(s.GetStatement()).Product }},
	{"commodity_codes", func(s *spsv1.IssuedStatement) any { return commodityCodes(content(s)) }},
	{"origins", func(s *spsv1.IssuedStatement) any { return brief.Of(s.GetStatement()).Origin }},
	{"hazards", func(s *spsv1.IssuedStatement) any { return brief.Of(s.GetStatement()).Hazard }},
	{"addressees", func(s *spsv1.IssuedStatement) any { return addressees(s.GetStatement()) }},
	{"flagged_for_follow_up", func(s *spsv1.IssuedStatement) any {
		return flagged(s.GetStatement(), spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP)
	}},
	{"flagged_for_attention", func(s *spsv1.IssuedStatement) any {
		return flagged(s.GetStatement(), spsv1.FlagKind_FLAG_KIND_FOR_ATTENTION)
	}},
	{"external_references", func(s *spsv1.IssuedStatement) any { return externals(s.GetStatement().GetExternalReferences()) }},
	{"fault", func(s *spsv1.IssuedStatement) any { return s.GetFault() }},
	{"name", func(s *spsv1.IssuedStatement) any { return s.GetName() }},
}
