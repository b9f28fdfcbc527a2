package trader

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/client/brief"
	listed "github.com/spsalert/spsalert/client/codes"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// sentences is the key under which the catalogue has what notices say.
const sentences = "NOTICE"

// writer writes what a notice says, in the language of its exporter. What is not
// there in it is in the next of the exporter's languages, see [languagesOf].
type writer struct {
	lang  string
	langs []string
	zone  *time.Location
	lines []*spsv1.NoticeLine
}

// lines returns what a notice says, for people. text is what the office added to
// what was told.
func (s *Service) lines(e *spsv1.Exporter, n *spsv1.ConsignmentNotice, text []*spsv1.LocalizedText) []*spsv1.NoticeLine {
	w := &writer{lang: n.GetLang(), langs: languagesOf(e), zone: s.o.Roster.Own().Zone()}
	c := n.GetContent()
	w.head(n, c)
	w.goods(c.GetNotification())
	w.found(c.GetNotification())
	w.done(c)
	w.texts("Your office writes", text)
	w.tail(n, c)
	return w.lines
}

// say returns a sentence in the language.
func (w *writer) say(english string) string {
	text, _ := access.WordedIn(w.lang, sentences, english)
	return text
}

// value returns the value of an enum in the language.
func (w *writer) value(v protoreflect.Enum) string {
	if english := brief.Words(v); english != "" {
		return w.say(english)
	}
	return ""
}

// add adds a line, if it says something.
func (w *writer) add(label string, parts ...string) {
	if text := joined("; ", parts...); text != "" {
		w.lines = append(w.lines, &spsv1.NoticeLine{Label: w.say(label), Text: text})
	}
}

// joined joins the texts that are not empty.
func joined(between string, texts ...string) string {
	var all []string
	for _, t := range texts {
		if t != "" {
			all = append(all, t)
		}
	}
	return strings.Join(all, between)
}

// texts adds what somebody wrote: in the first of the exporter's languages that is
// there, else in each that is.
func (w *writer) texts(label string, all []*spsv1.LocalizedText) {
	for _, want := range append([]string{w.lang}, w.langs...) {
		for _, t := range all {
			switch in := access.LanguageOf(t.GetLang()); {
			case in == w.lang && want == w.lang:
				w.add(label, t.GetText())
				return
			case in != "" && in == access.LanguageOf(want):
				w.lines = append(w.lines, &spsv1.NoticeLine{Label: w.say(label), Text: t.GetText(), Lang: t.GetLang()})
				return
			}
		}
	}
	for _, t := range all {
		w.lines = append(w.lines, &spsv1.NoticeLine{Label: w.say(label), Text: t.GetText(), Lang: t.GetLang()})
	}
}

func (w *writer) head(n *spsv1.ConsignmentNotice, c *spsv1.NoticeContent) {
	if n.GetState() == spsv1.NoticeState_NOTICE_STATE_WITHDRAWN {
		w.add("Notice", w.say("your office took this notice back: you need do nothing"))
	}
	if c.GetStatus() != spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL {
		w.add("Notice", w.say("this is an exercise: nothing has happened to your goods"))
	}
	if len(n.GetVersions()) > 0 {
		var all []string
		for _, what := range n.GetVersions()[len(n.GetVersions())-1].GetNews() {
			all = append(all, w.value(what))
		}
		w.add("News", all...)
	}
	w.add("Reference", n.GetReference())
	w.add("Kind", w.value(c.GetNotification().GetClassification()))
	w.add("From", w.area(&spsv1.Area{Code: c.GetIssuer()}))
	if c.GetNotification().GetPreliminary() {
		w.add("Notice", w.say("it is preliminary: what was found is not confirmed yet"))
	}
	switch c.GetCaseStatus() {
	case spsv1.CaseStatus_CASE_STATUS_WITHDRAWN:
		w.add("Case", w.say("case withdrawn"), w.value(c.GetWithdrawalReason()))
	case spsv1.CaseStatus_CASE_STATUS_CLOSED:
		w.add("Case", w.say("case closed"), w.value(c.GetOutcome()))
	}
	if c.GetNotification() == nil {
		w.add("Case", w.say("the case does not name your goods any more: you need do nothing"))
	}
	for _, code := range c.GetCodes() {
		w.add("Your code", code.GetCode())
	}
	if n := c.GetNotification(); n != nil && len(n.GetProducts())+len(n.GetMeasures())+len(c.GetCodes()) == 0 {
		w.add("Case", w.say("you are named in the case, which does not say of which goods: ask your office"))
	}
}

func (w *writer) goods(n *spsv1.Notification) {
	for _, p := range n.GetProducts() {
		w.add("Product", brief.Product(p, w.langs...), w.quantity(p.GetQuantity()))
		for _, l := range p.GetLots() {
			w.add("Lot", l.GetNumber(), w.quantity(l.GetQuantity()))
		}
	}
	c := n.GetConsignment()
	for _, place := range []*spsv1.Place{c.GetPresentPlace(), c.GetPointOfEntry()} {
		if text := w.place(place); text != "" {
			w.add("Place", text)
			break
		}
	}
	for _, t := range c.GetTransports() {
		w.add("Vehicle", append([]string{t.GetVehicle()}, t.GetTrailers()...)...)
		for _, box := range t.GetContainers() {
			w.add("Container", joined(" ", box.GetNumber(), box.GetAsWritten()))
		}
	}
}

func (w *writer) found(n *spsv1.Notification) {
	for _, f := range n.GetFindings() {
		var faults, how []string
		for _, k := range f.GetDocumentFault().GetKinds() {
			faults = append(faults, w.listed("document-fault", k))
		}
		for _, q := range f.GetHazard().GetQualifiers() {
			how = append(how, w.value(q))
		}
		if len(faults) > 0 {
			w.add("Document", faults...)
		} else if f.GetHazard() != nil || f.GetOrganism() != nil || f.GetReason() != nil {
			w.add("Found", joined(": ", brief.Finding(f, w.langs...), joined(", ", how...)))
		} else {
			w.add("Found", w.listed("plant-reason", f.GetPlantReason()))
		}
		for _, x := range f.GetMismatches() {
			w.add("Found", joined(": ", brief.Concept(x.GetWhat(), w.langs...), joined(" ≠ ", x.GetDeclared(), x.GetFound())))
		}
		for _, r := range f.GetRequirements() {
			w.add("Requirement", r.GetCitation(), r.GetWtoSymbol())
		}
		w.texts("Found", f.GetText())
	}
	for _, s := range n.GetSamples() {
		for _, r := range s.GetResults() {
			w.result(r)
		}
	}
}

// signs are how comparators are written.
var signs = map[spsv1.Comparator]string{
	spsv1.Comparator_COMPARATOR_LESS: "< ", spsv1.Comparator_COMPARATOR_LESS_OR_EQUAL: "≤ ",
	spsv1.Comparator_COMPARATOR_GREATER: "> ", spsv1.Comparator_COMPARATOR_GREATER_OR_EQUAL: "≥ ",
}

func (w *writer) result(r *spsv1.LabResult) {
	value := w.value(r.GetDetection())
	if r.GetValue() != nil {
		value = signs[r.GetComparator()] + w.quantity(r.GetValue())
	}
	w.add("Result", joined(": ", brief.Concept(r.GetAnalyte(), w.langs...), value))
	for _, l := range r.GetLimits() {
		w.add("Limit", signs[l.GetComparator()]+w.quantity(l.GetValue()), l.GetRequirement().GetCitation())
	}
}

func (w *writer) done(c *spsv1.NoticeContent) {
	n := c.GetNotification()
	for _, d := range n.GetDecisions() {
		w.add("Decision", w.value(d.GetKind()), day(d.GetDecisionDate()))
		w.texts("Decision", d.GetReason())
		w.texts("Conditions", d.GetConditions())
		w.add("Appeal until", day(d.GetAppealDate()))
	}
	for _, m := range n.GetMeasures() {
		if change := m.GetCodeStatus(); change != nil {
			w.codeStatus(change, sayerOf(c, m.GetId()))
		} else {
			w.add("Measure", brief.Concept(m.GetAction(), w.langs...), w.value(m.GetState()), day(m.GetCompletionDate()), w.area(m.GetDestination()))
		}
		w.add("Held at", w.place(m.GetPlace()))
		w.texts("Measure", m.GetText())
	}
	for _, b := range n.GetBalances() {
		for _, i := range b.GetItems() {
			w.add("Where the goods are", joined(": ", w.value(i.GetState()), w.quantity(i.GetQuantity())))
		}
	}
}

func (w *writer) tail(n *spsv1.ConsignmentNotice, c *spsv1.NoticeContent) {
	switch {
	case n.GetState() == spsv1.NoticeState_NOTICE_STATE_WITHDRAWN || c.GetNotification() == nil:
		return
	case c.GetCaseStatus() == spsv1.CaseStatus_CASE_STATUS_OPEN:
		w.add("What you can do", w.say("say that you have read this; then say whether the goods are yours or your code was misused, what you have done about it, or what you dispute or ask; you can add files"))
		w.add("Answer by", w.time(n.GetDueTime()))
	default:
		w.add("What you can do", w.say("nothing more is asked of you; you can still write to your office"))
	}
}

// listed returns a value that a code list has under the words of its enum.
func (w *writer) listed(system string, v protoreflect.Enum) string {
	words := brief.Words(v)
	if words == "" {
		return ""
	}
	return listed.Builtin().Name(system, strings.ReplaceAll(words, " ", "-"), w.langs...)
}

// quantity returns an amount with its unit.
func (w *writer) quantity(q *spsv1.Quantity) string {
	if q.GetValue() == "" {
		return q.GetAsWritten()
	}
	unit := q.GetUcum()
	if code := q.GetRec20(); code != "" {
		if unit = listed.Builtin().Name("unece-rec20", code, w.langs...); unit == "" {
			unit = code
		}
	}
	return joined(" ", q.GetValue(), unit, brief.Concept(q.GetOtherUnit(), w.langs...))
}

// place returns what a place is called.
func (w *writer) place(p *spsv1.Place) string {
	return joined(", ", brief.Text(p.GetName(), w.langs...), joined(" ", p.GetLocode(), p.GetCustomsCode()), w.area(p.GetArea()))
}

// area returns what an area is called.
func (w *writer) area(a *spsv1.Area) string {
	if name := listed.Builtin().Name("area", a.GetCode(), w.langs...); name != "" {
		return name
	}
	return joined(" ", a.GetCode(), a.GetAsWritten())
}

func (w *writer) date(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().In(w.zone).Format(time.DateOnly)
}

// time returns an instant on the wall clock of the office.
func (w *writer) time(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().In(w.zone).Format("2006-01-02 15:04 MST")
}

// day returns a civil date as far as it is known.
func day(d *spsv1.Date) string {
	switch {
	case d.GetYear() == 0:
		return ""
	case d.GetMonth() == 0:
		return fmt.Sprintf("%04d", d.GetYear())
	case d.GetDay() == 0:
		return fmt.Sprintf("%04d-%02d", d.GetYear(), d.GetMonth())
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.GetYear(), d.GetMonth(), d.GetDay())
}
