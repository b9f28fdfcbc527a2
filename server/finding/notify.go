package finding

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Notify returns the beginning of a notification with what findings say: their
// products with lots, samples, results and files, what is above a limit, and the
// gravest of what they propose. What only a person knows, such as whom it
// concerns, is left out. The findings are not changed.
func Notify(findings []*spsv1.LabFinding) *spsv1.Statement {
	w := &notice{
		statement: &spsv1.Statement{Status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL},
		content:   &spsv1.Notification{},
	}
	for _, f := range findings {
		w.add(proto.CloneOf(f))
	}
	if len(w.subjects) > 0 {
		w.content.Subject = []*spsv1.LocalizedText{{Lang: "en", Text: clip(strings.Join(w.subjects, "; "))}}
	}
	w.statement.Body = &spsv1.Statement_Notification{Notification: w.content}
	return w.statement
}

// notice is a notification that is being written.
type notice struct {
	statement *spsv1.Statement
	content   *spsv1.Notification
	worst     gravity
	subjects  []string
}

// add adds one finding. Every local id in it is given anew, since each finding
// counts from 1.
func (w *notice) add(f *spsv1.LabFinding) {
	n := w.content
	n.Preliminary = n.GetPreliminary() || f.GetStage() == spsv1.ResultStage_RESULT_STAGE_PRELIMINARY
	if at := f.GetPostTime(); n.GetReportTime() == nil || at.AsTime().Before(n.GetReportTime().AsTime()) {
		n.ReportTime = at // the norm counts from the first
	}
	ids := make(map[string]string)
	product := w.product(f.GetProduct(), ids)
	for _, a := range f.GetAttachments() {
		ids[a.GetId()] = fmt.Sprintf("a%d", len(w.statement.GetAttachments())+1)
		a.Id = ids[a.GetId()]
		w.statement.Attachments = append(w.statement.Attachments, a)
	}
	w.sample(f, ids, product)
	w.statement.ExternalReferences = append(w.statement.GetExternalReferences(), f.GetExternalReferences()...)
}

// product adds the goods, unless the same are there, and returns their id.
func (w *notice) product(p *spsv1.Product, ids map[string]string) string {
	given := fmt.Sprintf("p%d", len(w.content.GetProducts())+1)
	number := func(id string) {
		ids[p.GetId()] = id
		p.Id, p.Accompanies, p.MadeFrom = id, nil, nil
		for i, lot := range p.GetLots() {
			was := lot.GetId()
			lot.Id = fmt.Sprintf("%s.l%d", id, i+1)
			ids[was] = lot.GetId()
		}
	}
	original := proto.CloneOf(p)
	for _, before := range w.content.GetProducts() {
		number(before.GetId())
		if proto.Equal(before, p) {
			return p.GetId()
		}
		p = proto.CloneOf(original)
	}
	clear(ids)
	number(given)
	w.content.Products = append(w.content.GetProducts(), p)
	return given
}

// sample adds the sample with its results, each with the report that it stands
// in, and a finding for each result that speaks for a notification.
func (w *notice) sample(f *spsv1.LabFinding, ids map[string]string, product string) {
	s := f.GetSample()
	s.Id = fmt.Sprintf("s%d", len(w.content.GetSamples())+1)
	if s.About = renamed(s.GetAbout(), ids); len(s.GetAbout()) == 0 {
		s.About = []string{product}
	}
	for i, r := range s.GetResults() {
		r.Id = fmt.Sprintf("%s.r%d", s.GetId(), i+1)
		r.Attachments = renamed(r.GetAttachments(), ids)
		r.Stage, r.ReportNumber, r.ReportDate, r.SupersedesReports = f.GetStage(), f.GetReportNumber(), f.GetReportDate(), f.GetSupersedesReports()
		if r.GetLaboratory() == nil {
			r.Laboratory = f.GetLaboratory()
		}
		j := &judge{}
		j.result("", r)
		if j.worst == unremarkable {
			continue
		}
		w.weigh(j.worst, s)
		w.finding(f, r, s.GetAbout(), j.worst)
	}
	w.content.Samples = append(w.content.GetSamples(), s)
}

// weigh makes the notification as grave as a result asks for.
func (w *notice) weigh(g gravity, s *spsv1.Sample) {
	if g <= w.worst {
		return
	}
	w.worst = g
	w.content.Classification = proposals[g].classification
	if atBorder(s) && g > deviating {
		w.content.Classification = spsv1.Classification_CLASSIFICATION_BORDER_REJECTION
	}
	w.content.Risk = &spsv1.Risk{Decision: proposals[g].risk}
}

// finding adds what a result found.
func (w *notice) finding(f *spsv1.LabFinding, r *spsv1.LabResult, about []string, g gravity) {
	found := &spsv1.Finding{
		Id: fmt.Sprintf("f%d", len(w.content.GetFindings())+1), About: about,
		Hazard:   &spsv1.Hazard{Agent: r.GetAnalyte(), Qualifiers: []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_HIGH}},
		Evidence: []string{r.GetId()}, Status: spsv1.IdentificationStatus_IDENTIFICATION_STATUS_CONFIRMED, FindDate: f.GetReportDate(),
	}
	switch {
	case g == deviating:
		found.Hazard.Qualifiers[0] = spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_LOW
	case len(r.GetLimits()) == 0:
		found.Hazard.Qualifiers[0] = spsv1.HazardQualifier_HAZARD_QUALIFIER_PRESENT
	}
	if f.GetStage() == spsv1.ResultStage_RESULT_STAGE_PRELIMINARY {
		found.Status = spsv1.IdentificationStatus_IDENTIFICATION_STATUS_PRELIMINARY
	}
	for _, l := range r.GetLimits() {
		found.Requirements = append(found.Requirements, l.GetRequirement())
	}
	w.content.Findings = append(w.content.GetFindings(), found)
	name := r.GetAnalyte().GetAsWritten()
	for _, c := range r.GetAnalyte().GetCodings() {
		if name == "" {
			name = c.GetCode()
		}
	}
	goods := ""
	if names := f.GetProduct().GetName(); len(names) > 0 {
		goods = " in " + names[0].GetText()
	}
	w.subjects = append(w.subjects, name+goods)
}

// renamed gives local ids anew, and leaves out those of nothing.
func renamed(old []string, ids map[string]string) []string {
	var all []string
	for _, id := range old {
		if given, ok := ids[id]; ok {
			all = append(all, given)
		}
	}
	return all
}

// clip keeps a subject within its limit.
func clip(text string) string {
	const most = 1000
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
