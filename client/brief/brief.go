// Package brief says in a few words what a statement is about, for lists and
// lines on a terminal.
package brief

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/client/codes"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Brief is what a line about a statement may show. Every field is for people,
// and empty when the statement does not say.
type Brief struct {
	// Kind is such as "notification", and Classification, of a notification
	// only, such as "border rejection". EXERCISE or TEST stands in front of both
	// if the statement is one, so that no table shows it like a real one.
	Kind           string
	Classification string
	Subject        string
	Product        string
	Hazard         string // hazards, organisms, and what else was found
	Origin         string // areas, as codes
}

// Of returns the brief of a statement. Of texts in several languages it takes
// the first of the languages that is there, then English, then whatever was
// written first.
func Of(s *spsv1.Statement, languages ...string) Brief {
	b := Brief{Kind: Kind(s)}
	if n := Content(s); n != nil {
		b.notification(n, languages)
	}
	switch body := s.GetBody().(type) {
	case *spsv1.Statement_Announcement:
		b.Subject = Text(body.Announcement.GetSubject(), languages...)
	case *spsv1.Statement_FollowUp:
		b.Subject = Text(body.FollowUp.GetText(), languages...)
	case *spsv1.Statement_Request:
		b.Subject = Text(body.Request.GetText(), languages...)
	case *spsv1.Statement_Response:
		b.Subject = Text(body.Response.GetText(), languages...)
	case *spsv1.Statement_Acknowledgement:
		b.Subject = Text(body.Acknowledgement.GetText(), languages...)
	case *spsv1.Statement_Withdrawal:
		b.Subject = Text(body.Withdrawal.GetText(), languages...)
	case *spsv1.Statement_Closure:
		b.Subject = Text(body.Closure.GetText(), languages...)
	case *spsv1.Statement_Reopening:
		b.Subject = Text(body.Reopening.GetReason(), languages...)
	}
	switch s.GetStatus() {
	case spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE:
		b.mark("EXERCISE ")
	case spsv1.StatementStatus_STATEMENT_STATUS_TEST:
		b.mark("TEST ")
	}
	return b
}

// Content returns the content of a notification that a statement gives: its own,
// or that of an amendment; nil for any other.
func Content(s *spsv1.Statement) *spsv1.Notification {
	if s.GetAmendment() != nil {
		return s.GetAmendment().GetNotification()
	}
	return s.GetNotification()
}

// mark puts a word in front of what says what kind of statement it is.
func (b *Brief) mark(word string) {
	for _, text := range []*string{&b.Kind, &b.Classification} {
		if *text != "" {
			*text = word + *text
		}
	}
}

func (b *Brief) notification(n *spsv1.Notification, languages []string) {
	b.Classification = Words(n.GetClassification())
	b.Subject = Text(n.GetSubject(), languages...)
	b.Product = joined(n.GetProducts(), func(p *spsv1.Product) string { return product(p, languages) })
	b.Hazard = joined(n.GetFindings(), func(f *spsv1.Finding) string { return finding(f, languages) })
	var origins []string
	for _, p := range n.GetProducts() {
		for _, o := range p.GetOrigins() {
			origins = append(origins, area(o.GetArea()))
		}
	}
	b.Origin = joined(origins, func(s string) string { return s })
}

// Kind returns the kind of a statement in the words of the trade, such as
// "follow-up"; empty for one that this version does not know.
func Kind(s *spsv1.Statement) string {
	switch s.GetBody().(type) {
	case *spsv1.Statement_Notification:
		return "notification"
	case *spsv1.Statement_FollowUp:
		return "follow-up"
	case *spsv1.Statement_Request:
		return "request"
	case *spsv1.Statement_Response:
		return "response"
	case *spsv1.Statement_Acknowledgement:
		return "acknowledgement"
	case *spsv1.Statement_Amendment:
		return "amendment"
	case *spsv1.Statement_Withdrawal:
		return "withdrawal"
	case *spsv1.Statement_Closure:
		return "closure"
	case *spsv1.Statement_Reopening:
		return "reopening"
	case *spsv1.Statement_Announcement:
		return "announcement"
	default:
		return ""
	}
}

// Text returns one of the texts: in the first of the languages that is there,
// then in English, then the first.
func Text(texts []*spsv1.LocalizedText, languages ...string) string {
	if len(texts) == 0 {
		return ""
	}
	for _, want := range append(slices.Clone(languages), "en") {
		for _, t := range texts {
			if sameLanguage(t.GetLang(), want) {
				return t.GetText()
			}
		}
	}
	return texts[0].GetText()
}

// sameLanguage reports whether two BCP 47 tags name one language, whatever
// their regions and scripts.
func sameLanguage(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	one, err := language.Parse(a)
	if err != nil {
		return false
	}
	other, err := language.Parse(b)
	if err != nil {
		return false
	}
	x, _ := one.Base()
	y, _ := other.Base()
	return x == y
}

// Product returns what goods are called, in words.
func Product(p *spsv1.Product, languages ...string) string { return product(p, languages) }

// Finding returns what was found, in words.
func Finding(f *spsv1.Finding, languages ...string) string { return finding(f, languages) }

// Concept returns the name that a code list has in one of the languages, else the
// words of the source, else what the first code means.
func Concept(c *spsv1.Concept, languages ...string) string { return concept(c, languages) }

func product(p *spsv1.Product, languages []string) string {
	if name := Text(p.GetName(), languages...); name != "" {
		return name
	}
	for _, s := range p.GetSpecies() {
		if name := taxon(s, languages); name != "" {
			return name
		}
	}
	if name := concept(p.GetItem(), languages); name != "" {
		return name
	}
	if name := concept(p.GetCategory(), languages); name != "" {
		return name
	}
	if name := concept(p.GetCommodityClass(), languages); name != "" {
		return name
	}
	for _, c := range p.GetCommodityCodes() {
		return coding(c, languages)
	}
	return Words(p.GetArticleKind())
}

func finding(f *spsv1.Finding, languages []string) string {
	if name := hazard(f.GetHazard(), languages); name != "" {
		return name
	}
	if o := f.GetOrganism(); o != nil {
		return organism(o, languages)
	}
	if faults := f.GetDocumentFault().GetKinds(); len(faults) > 0 {
		return "document " + Words(faults[0])
	}
	for _, m := range f.GetMismatches() {
		if name := concept(m.GetWhat(), languages); name != "" {
			return name + " not as declared"
		}
	}
	if name := concept(f.GetReason(), languages); name != "" {
		return name
	}
	return Text(f.GetText(), languages...)
}

func hazard(h *spsv1.Hazard, languages []string) string {
	if name := concept(h.GetAgent(), languages); name != "" {
		return name
	}
	if name := concept(h.GetCategory(), languages); name != "" {
		return name
	}
	return Words(h.GetNature())
}

func organism(o *spsv1.Organism, languages []string) string {
	switch name := taxon(o.GetTaxon(), languages); {
	case name != "":
		return name
	case o.GetDiseaseComplex():
		return "disease complex"
	default:
		return "unknown organism"
	}
}

func taxon(t *spsv1.Taxon, languages []string) string {
	for _, name := range []string{t.GetScientificName(), Text(t.GetCommonName(), languages...), t.GetAsWritten()} {
		if name != "" {
			return name
		}
	}
	for _, c := range t.GetCodings() {
		return coding(c, languages)
	}
	return ""
}

// concept returns the name that a code list has in one of the languages, else
// the words of the source, else what the first code means.
func concept(c *spsv1.Concept, languages []string) string {
	for _, code := range c.GetCodings() {
		if name := inList(code).NameIn(languages...); name != "" {
			return name
		}
	}
	if c.GetAsWritten() != "" {
		return c.GetAsWritten()
	}
	for _, code := range c.GetCodings() {
		return coding(code, languages)
	}
	return ""
}

// coding returns what a code means: as its list has it in one of the languages,
// else as its writer saw it, else in English, else the code.
func coding(c *spsv1.Coding, languages []string) string {
	e := inList(c)
	for _, name := range []string{e.NameIn(languages...), c.GetDisplay(), e.NameIn("en")} {
		if name != "" {
			return name
		}
	}
	return c.GetSystem() + " " + c.GetCode()
}

// inList returns the entry of a code in the built-in lists; the zero Entry if
// none has it.
func inList(c *spsv1.Coding) codes.Entry {
	list, ok := codes.Builtin().List(c.GetSystem())
	if !ok {
		return codes.Entry{}
	}
	e, _ := list.Entry(c.GetCode())
	return e
}

func area(a *spsv1.Area) string {
	if a.GetCode() != "" {
		return a.GetCode()
	}
	return a.GetAsWritten()
}

// Words returns the value of an enum in words, such as "border rejection" for
// CLASSIFICATION_BORDER_REJECTION; empty for the one that says nothing, and for
// a number that this version does not know.
func Words(value protoreflect.Enum) string { return wordsOf(value.Descriptor(), value.Number()) }

func wordsOf(e protoreflect.EnumDescriptor, n protoreflect.EnumNumber) string {
	all := e.Values()
	known := all.ByNumber(n)
	if known == nil || n == 0 {
		return ""
	}
	prefix := strings.TrimSuffix(string(all.ByNumber(0).Name()), "UNSPECIFIED")
	w := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(string(known.Name()), prefix), "_", " "))
	return strings.ReplaceAll(w, "follow up", "follow-up")
}

// joined returns the words for the items, each once, with commas between.
func joined[T any](items []T, name func(T) string) string {
	var names []string
	for _, item := range items {
		if n := name(item); n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}
