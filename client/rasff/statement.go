package rasff

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Office is the office that states what RASFF notifies.
const Office certs.Office = "EU"

// System is the name of RASFF in external references.
const System = "RASFF"

// Options say how rows become statements.
type Options struct {
	// Members are the offices of the federation that have a node, named as their
	// areas are. Office may be among them.
	Members []certs.Office
}

// Limits of the model, in characters and items.
const (
	maxSubject      = 1000
	maxName         = 200
	maxHazard       = 1000
	maxHazards      = 500
	maxDistribution = 1000
	maxOperators    = 500
	maxOrigins      = 50
	maxFlags        = 250 // in each of the two columns
)

var (
	referenceForm = regexp.MustCompile(`^[0-9]{4}\.[0-9]{4}$`)
	brokenForm    = regexp.MustCompile(`^[0-9]{4}\.[0-9]{1,3}$`)
)

// dateForms are the layouts of the column date. The first takes fractions of a
// second as well, as the yearly files have them.
var dateForms = []string{"2006-01-02 15:04:05", "02-01-2006 15:04:05"}

// Statement returns the notification that a row is, as the office issues it. If
// the row cannot be taken, it returns every reason at once and no statement.
// What the node fills in at issue is left empty.
func (r Row) Statement(opts Options) (*spsv1.Statement, Problems) {
	return r.statement(opts, newNumbering())
}

// statement is Statement with the ids that earlier versions have used.
func (r Row) statement(opts Options, ids *numbering) (*spsv1.Statement, Problems) {
	p := parser{row: r}
	p.characters()
	s := &spsv1.Statement{
		Status:             spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL,
		Handling:           spsv1.Handling_HANDLING_PUBLIC_SUMMARY, // it is published
		OnBehalfOf:         p.notifier(),
		ExternalReferences: []*spsv1.ExternalReference{{System: System, Number: p.reference(), Date: p.date()}},
	}
	n := &spsv1.Notification{
		Classification: coded(&p, "classification", r.Classification, classifications),
		Type:           coded(&p, "type", r.Type, types),
		Subject:        p.subject(),
		Risk:           p.risk(),
	}
	n.Field = fieldOf[n.GetType()]
	s.Body = &spsv1.Statement_Notification{Notification: n}
	product := &spsv1.Product{Id: "p1", ArticleKind: articleKind(r.Category), Category: p.category(), Origins: p.origins()}
	n.Products = []*spsv1.Product{product}
	for _, name := range p.areas("operator", r.Operator, maxOperators) {
		a := toArea(name)
		n.Parties = append(n.Parties, &spsv1.Party{
			Id: ids.id("o", areaKey(a)), Roles: []spsv1.PartyRole{spsv1.PartyRole_PARTY_ROLE_OPERATOR}, Area: a,
		})
	}
	for _, name := range p.areas("distribution", r.Distribution, maxDistribution) {
		n.Distribution = append(n.Distribution, &spsv1.Distribution{Area: toArea(name)})
	}
	for _, text := range p.hazards() {
		n.Findings = append(n.Findings, &spsv1.Finding{Id: ids.id("f", fold(text)), Hazard: toHazard(text)})
	}
	s.Flags = append(
		p.flags(opts, "forFollowUp", r.ForFollowUp, spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP),
		p.flags(opts, "forAttention", r.ForAttention, spsv1.FlagKind_FLAG_KIND_FOR_ATTENTION)...)
	address(s, opts)
	if len(p.problems) > 0 {
		return nil, p.problems
	}
	if way := route(r.Subject); len(way) > 0 {
		n.Consignment = &spsv1.Consignment{Route: way}
	}
	return s, nil
}

// parser reads the columns of one row, and collects what is wrong with them.
type parser struct {
	row      Row
	problems Problems
}

func (p *parser) add(column, format string, args ...any) {
	p.problems = append(p.problems, Problem{Line: p.row.Line, Column: column, Sentence: fmt.Sprintf(format, args...)})
}

// characters checks what no column may hold.
func (p *parser) characters() {
	for _, f := range fields {
		value := *f.value(&p.row)
		if !utf8.ValidString(value) {
			p.add(f.column, "save the file as UTF-8, this is another encoding")
			continue
		}
		for _, c := range value {
			if unicode.IsControl(c) && !unicode.IsSpace(c) {
				p.add(f.column, "take out the control character U+%04X", c)
				break
			}
		}
	}
}

func (p *parser) reference() string {
	number := p.row.Reference
	switch {
	case brokenForm.MatchString(number):
		p.add("reference", "restore %s as %s, a program took it for a number and left out its last digits",
			number, number+strings.Repeat("0", len("2024.0012")-len(number)))
	case !referenceForm.MatchString(number):
		p.add("reference", "give four digits, a dot and four digits such as 2024.0012, not %.40q", number)
	}
	return number
}

func (p *parser) date() *spsv1.Date {
	for _, form := range dateForms {
		if t, err := time.Parse(form, p.row.Date); err == nil && t.Year() >= 1900 && t.Year() <= 2200 {
			return &spsv1.Date{Year: uint32(t.Year()), Month: uint32(t.Month()), Day: uint32(t.Day())}
		}
	}
	p.add("date", "write it as 2024-12-31 14:35:21, not %.40q", p.row.Date)
	return nil
}

func (p *parser) notifier() string {
	id := unit(p.row.NotifyingCountry)
	if id == "" {
		p.add("notifying_country", "name a member of the RASFF network or the European Commission, not %.100q", p.row.NotifyingCountry)
	}
	return id
}

// subject returns the subject as one line.
func (p *parser) subject() []*spsv1.LocalizedText {
	text := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, p.row.Subject)
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		p.add("subject", "say what the notification is about")
	case n > maxSubject:
		p.add("subject", "shorten it to %d characters, it has %d", maxSubject, n)
	}
	return []*spsv1.LocalizedText{{Lang: languageOf(text), Text: text}}
}

// risk returns the risk decision. The column may be empty, except that an alert
// needs a decision: it is then an open one.
func (p *parser) risk() *spsv1.Risk {
	if p.row.RiskDecision == "" {
		if classifications[fold(p.row.Classification)] == spsv1.Classification_CLASSIFICATION_ALERT {
			return &spsv1.Risk{Decision: spsv1.RiskDecision_RISK_DECISION_UNDECIDED}
		}
		return nil
	}
	return &spsv1.Risk{Decision: coded(p, "risk_decision", p.row.RiskDecision, riskDecisions)}
}

func (p *parser) category() *spsv1.Concept {
	words := squeeze(p.row.Category)
	switch n := utf8.RuneCountInString(words); {
	case n == 0:
		p.add("category", "give the category of the product")
	case n > maxName:
		p.add("category", "shorten it to %d characters, it has %d", maxName, n)
	}
	c := &spsv1.Concept{AsWritten: words, Lang: english}
	if productCategories()[fold(words)] {
		c.Codings = codings(productCategoryList, fold(words))
	}
	return c
}

func (p *parser) origins() []*spsv1.Origin {
	var origins []*spsv1.Origin
	for _, name := range p.areas("origin", p.row.Origin, maxOrigins) {
		if fold(name) == unknownOrigin {
			origins = append(origins, &spsv1.Origin{State: spsv1.OriginState_ORIGIN_STATE_UNKNOWN})
			continue
		}
		origins = append(origins, &spsv1.Origin{State: spsv1.OriginState_ORIGIN_STATE_STATED, Area: toArea(name)})
	}
	if len(origins) == 0 {
		origins = []*spsv1.Origin{{State: spsv1.OriginState_ORIGIN_STATE_NOT_STATED}}
	}
	return origins
}

// areas returns the names of areas, or of bodies, in a column.
func (p *parser) areas(column, value string, most int) []string {
	return p.sizes(column, splitAreas(value), most, maxName)
}

func (p *parser) hazards() []string {
	return p.sizes("hazards", splitHazards(p.row.Hazards), maxHazards, maxHazard)
}

// sizes checks a list, and returns it; none if it is too long to go on with.
func (p *parser) sizes(column string, names []string, most, longest int) []string {
	if len(names) > most {
		p.add(column, "give at most %d, there are %d", most, len(names))
		return nil
	}
	for _, name := range names {
		if n := utf8.RuneCountInString(name); n > longest {
			p.add(column, "shorten %.40q… to %d characters, it has %d", name, longest, n)
		}
	}
	return names
}

// flags returns the flags of one column, and whom each is for: a unit of the
// office, a body, another office, or an area.
func (p *parser) flags(opts Options, column, value string, kind spsv1.FlagKind) []*spsv1.Flag {
	var flags []*spsv1.Flag
	for _, name := range p.areas(column, value, maxFlags) {
		f := &spsv1.Flag{Kind: kind}
		area := toArea(name)
		switch office := opts.member(area); {
		case body(name) != "":
			f.Body = body(name)
		case network[area.GetCode()]:
			f.Office, f.Unit = string(Office), area.GetCode()
		case office != "":
			f.Office = string(office)
		default:
			f.Area = area
		}
		// Two names of one recipient are one flag.
		if !slices.ContainsFunc(flags, func(g *spsv1.Flag) bool { return flagKey(f) == flagKey(g) }) {
			flags = append(flags, f)
		}
	}
	return flags
}

// flagKey returns what two flags for one recipient have in common.
func flagKey(f *spsv1.Flag) string {
	switch {
	case f.GetOffice() != "":
		return f.GetOffice() + "/" + f.GetUnit()
	case f.GetBody() != "":
		return "body " + f.GetBody()
	}
	return "area " + areaKey(f.GetArea())
}
