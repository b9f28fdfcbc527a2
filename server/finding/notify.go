package finding

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// notify returns the beginning of a notification with what findings say: their
// products with lots, samples, results, files and texts, what breaks a limit or does
// not comply, and the gravest of what they propose. What only a person knows, such as whom it
// concerns, is left out. The findings are not changed.
func notify(findings []*spsv1.LabFinding) *spsv1.Statement {
	w := &notice{
		statement: &spsv1.Statement{Status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL},
		content:   &spsv1.Notification{},
	}
	for _, f := range findings {
		w.add(proto.CloneOf(f))
	}
	if len(w.subjects) > 0 {
		w.content.Subject = []*spsv1.LocalizedText{{Lang: w.lang, Text: clip(strings.Join(w.subjects, "; "))}}
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
	lang      string // of the subjects
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
	s.Text = append(s.GetText(), f.GetText()...)
	for i, r := range s.GetResults() {
		r.Id = fmt.Sprintf("%s.r%d", s.GetId(), i+1)
		r.Attachments = renamed(r.GetAttachments(), ids)
		r.Stage, r.ReportNumber, r.ReportDate, r.SupersedesReports = f.GetStage(), f.GetReportNumber(), f.GetReportDate(), f.GetSupersedesReports()
		r.Laboratory = abroad(r.GetLaboratory(), f.GetLaboratory())
		j := &judge{}
		j.result("", r)
		w.weigh(j.worst, s)
		if j.worst > unclear { // what only needs a look is nobody's finding yet
			w.finding(f, r, s.GetAbout(), j)
		}
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

// finding adds what a result found, with the requirements that it breaks.
func (w *notice) finding(f *spsv1.LabFinding, r *spsv1.LabResult, about []string, j *judge) {
	found := &spsv1.Finding{
		Id: fmt.Sprintf("f%d", len(w.content.GetFindings())+1), About: about,
		Hazard:   &spsv1.Hazard{Agent: r.GetAnalyte(), Qualifiers: qualifiers(r, j)},
		Evidence: []string{r.GetId()}, Status: spsv1.IdentificationStatus_IDENTIFICATION_STATUS_CONFIRMED, FindDate: f.GetReportDate(),
	}
	if f.GetStage() == spsv1.ResultStage_RESULT_STAGE_PRELIMINARY {
		found.Status = spsv1.IdentificationStatus_IDENTIFICATION_STATUS_PRELIMINARY
	}
	for _, l := range slices.Concat(j.over, j.under) {
		if l.GetRequirement() != nil {
			found.Requirements = append(found.Requirements, l.GetRequirement())
		}
	}
	w.content.Findings = append(w.content.GetFindings(), found)
	w.subject(r.GetAnalyte(), f.GetProduct().GetName())
}

// qualifiers returns what is wrong with the agent of a result, none where the result
// does not say it: a number that does not comply, and is above no limit, may be too
// much or too little.
func qualifiers(r *spsv1.LabResult, j *judge) []spsv1.HazardQualifier {
	counted := slices.ContainsFunc(r.GetSamplingPlan().GetUnitResults(), func(u *spsv1.UnitResult) bool { return u.GetValue() != nil })
	detected := r.GetDetection() == spsv1.Detection_DETECTION_DETECTED || r.GetDetection() == spsv1.Detection_DETECTION_TRACES
	switch {
	case len(j.over) > 0 && r.GetValue() != nil:
		return []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_HIGH}
	case len(j.under) > 0:
		return []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_LOW}
	case detected && r.GetValue() == nil:
		return []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_PRESENT}
	case j.failed && counted:
		return []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_HIGH}
	case j.failed:
		return []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_PRESENT}
	case r.GetDetection() == spsv1.Detection_DETECTION_NOT_DETECTED:
		return []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_ABSENT}
	}
	return nil
}

// subject adds what was found in which goods, in the language in which the goods are
// named: if that is not English, with a colon in place of words.
func (w *notice) subject(agent *spsv1.Concept, goods []*spsv1.LocalizedText) {
	text, lang := agent.GetAsWritten(), agent.GetLang()
	for _, c := range agent.GetCodings() {
		if text == "" {
			text = c.GetCode()
		}
	}
	if len(goods) > 0 {
		base, _, _ := strings.Cut(goods[0].GetLang(), "-")
		joined := goods[0].GetText() + ": " + text
		if strings.EqualFold(base, "en") {
			joined = text + " in " + goods[0].GetText()
		}
		lang = mixed(lang, goods[0].GetLang())
		text = joined
	}
	w.subjects = append(w.subjects, text)
	if w.lang = mixed(w.lang, lang); w.lang == "" {
		w.lang = "und"
	}
}

// mixed returns the language of two texts together; empty is that of a text of which
// it is not said, as of the name of a substance.
func mixed(a, b string) string {
	switch {
	case a == "" || a == "und" || strings.EqualFold(a, b):
		return b
	case b == "" || b == "und":
		return a
	}
	return "mul"
}

// abroad returns the laboratory of a result as other offices are shown it: that of
// the result, or who posted it. The id of a laboratory without a name is a word of
// this office only and is left out; nil if nothing is left.
func abroad(of, posted *spsv1.Laboratory) *spsv1.Laboratory {
	switch {
	case of == nil:
		of = proto.CloneOf(posted)
	case of.GetName() == "" && of.GetId() == posted.GetId():
		of.Name = posted.GetName()
	}
	if of.GetName() == "" && of != nil {
		of.Id = ""
	}
	if of.GetName() == "" && of.GetArea() == nil && of.GetAccreditationNumber() == "" {
		return nil
	}
	return of
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
