package casebook

import (
	"slices"

	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Field is something that a filter asks for.
type Field struct {
	Name      string
	Type      string // in words, as the documents have it
	Operators []string
	About     string // what it is, in a sentence without a full stop

	// test returns the test of an operator of Operators with a value, or says
	// what is wrong with the value.
	test func(operator, value string) (test, error)
	// bare is the test of the field alone; none if it does not stand alone.
	bare test
	// unit says that its values name units of this office.
	unit bool
}

// Fields returns what filters can ask for, in the order of the documents; the
// slice is the caller's.
func Fields() []Field { return slices.Clone(fields) }

var (
	same    = []string{"=", "!="}
	text    = []string{"=", "!=", ":"}
	ordered = []string{"=", "!=", "<", "<=", ">", ">="}
)

var fields = []Field{
	{
		Name: "office", Type: "text", Operators: text, About: "the office that issued it, by its code",
		test: matching(ofColumn, plain.Text, func(l *line, p pattern) bool {
			return p.matches([]byte{l.summary[0] | 0x20, l.summary[1] | 0x20}) // a code is two capitals
		}),
	},
	value("kind", "what it is, such as `notification` or `follow_up`", kindNames(), atKind),
	value("classification", "of a notification or an amendment",
		namesOf(spsv1.Classification_CLASSIFICATION_UNSPECIFIED), atClassification),
	value("status", "whether it is real", namesOf(spsv1.StatementStatus_STATEMENT_STATUS_UNSPECIFIED), atStatus),
	value("handling", "how far it may be shown", namesOf(spsv1.Handling_HANDLING_UNSPECIFIED), atHandling),
	{
		Name: "urgent", Type: "yes or no", Operators: same, About: "whether it must not wait: an alert, or a serious risk",
		test: yesOrNo(urgent), bare: urgent,
	},
	list("reference", "its own reference", plain.Text, markReference),
	{
		Name: "case", Type: "reference", Operators: same, About: "the case that it belongs to, as `cases/VN-2026-000123` or without `cases/`",
		test: caseTest,
	},
	{
		Name: "issue_time", Type: "time", Operators: ordered, About: "when its office issued it, to the millisecond",
		test: timeTest(ofColumn, func(l *line) (int64, bool) { return l.issued(), true }),
	},
	{
		Name: "record_time", Type: "time", Operators: ordered, About: "when this node recorded it, to the millisecond",
		test: timeTest(ofStore, (*line).recorded),
	},
	{
		Name: "origin", Type: "area", Operators: text, About: "where goods come from, by code or words; `VN` is every province of it too",
		test: matching(ofWords, plain.Text, func(l *line, p pattern) bool { return l.any(markOrigin, p.matchesArea) }),
	},
	list("product", "names, brand and species of goods, in any language", plain.Text, markProduct),
	list("product_category", "category, item or commodity class of goods, by code or words", plain.Text, markCategory),
	{
		Name: "hs", Type: "digits", Operators: text, About: "customs tariff codes (hs, ahtn, ciq, cn); `hs:\"0804\"` is all that begin so",
		test: matching(ofWords, plain.Digits, func(l *line, p pattern) bool { return l.any(markTariff, p.beginning().matches) }),
	},
	list("hazard", "agents, their categories and organisms, by code or words", plain.Text, markHazard),
	list("party", "names of operators and others", plain.Text, markParty),
	list("code", "codes of growing areas, packing houses, establishments; approval and registration numbers; blanks do not count", plain.Joined, markCode),
	list("addressee", "whom it names as addressee: an office by its code, an area, a body", plain.Text, markAddressee),
	list("flagged", "whom it asks for follow-up or attention", plain.Text, markFollowUp, markAttention),
	list("flagged_for_follow_up", "whom it asks for follow-up", plain.Text, markFollowUp),
	list("flagged_for_attention", "whom it asks for attention", plain.Text, markAttention),
	reference("external_reference", "system and number of another system, with a blank between, as `RASFF 2024.9650`; "+
		"of a case, also what was added later", paired),
	reference("external_reference.system", "the other system", alone(markSystem)),
	reference("external_reference.number", "the number there", alone(markNumber)),

	deskField("needs_me", "of a case: this office has something to do", listNeedsMe, always),
	deskField("overdue", "of a case: something is not done, and its due time has passed", listRunning, overdue(atDue)),
	deskField("overdue_by_me", "of a case: this office is late", listRunning, overdue(atOwnDue)),
	deskField("overdue_by_others", "of a case: another office is late", listRunning, overdue(atTheirDue)),
	deskField("waiting", "of a case: others have something to do for this office", listWaiting, always),
	deskField("undelivered", "of a case: an office has no receipt yet over what this office told it", listUndelivered, always),
	deskField("by_hand", "of a case: this office has to tell an addressee something by hand", listByHand, always),
	deskField("to_call", "of a case: an alert of this office is not acknowledged, and it is time to telephone", listToCall,
		overdue(atCall)),
	deskField("with_units", "of a case: a unit of this office has not done its part", listUnits, always),
	deskField("overdue_by_unit", "of a case: a unit of this office has not done its part, and its due time has passed", listUnits, overdue(atUnitDue)),
	{
		Name: "due_time", Type: "time", Operators: ordered, About: "of a case: the earliest due time of what is not done, whoever has to do it",
		test: timeTest(ofStore, deskTime),
	},
	{
		Name: "case_status", Type: "value", Operators: same, About: "of a case: how far it is, such as `OPEN`",
		test: statusTest(namesOf(spsv1.CaseStatus_CASE_STATUS_UNSPECIFIED)),
	},
	{
		Name: "unit", Type: "text", Operators: text, About: "of a case: a unit of this office that it was addressed or goes to, or that deals with it, by its id",
		test: matching(4*ofStore, plain.Text, unitTest((*spsv1.CaseSummary).GetUnits)),
		unit: true,
	},
	{
		Name: "part_open", Type: "text", Operators: text, About: "of a case: a unit of this office that has not done its part, by its id",
		test: matching(4*ofStore, plain.Text, unitTest((*spsv1.CaseSummary).GetUnitsOpen)),
		unit: true,
	},
}

// list is a field of words, of which one is enough.
func list(name, about string, form func(string) string, of ...mark) Field {
	return Field{
		Name: name, Type: "text", Operators: text, About: about,
		test: matching(ofWords, form, func(l *line, p pattern) bool {
			return slices.ContainsFunc(of, func(m mark) bool { return l.any(m, p.matches) })
		}),
	}
}

// value is a field of one value of a list of the contract.
func value(name, about string, names names, at int) Field {
	return Field{
		Name: name, Type: "value", Operators: same, About: about,
		test: func(operator, value string) (test, error) {
			n, err := names.number(value)
			return not(operator == "!=", test{holds: func(l *line) bool { return l.summary[at] == n }, cost: ofColumn}), err
		},
	}
}
