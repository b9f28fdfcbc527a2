package realdata

import (
	"encoding/csv"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/client/rasff"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// foodex2File is where real notifications with codes of FoodEx2 may be, from
// this folder.
var foodex2File = filepath.Join("..", "..", "..", "shared", "data", "rasff-foodex2", "rasff-foodex2.csv")

// foodex2Rows are rows written by hand, with the columns of the real ones: a
// reference that lost its zeros, a code that a person corrected, none that was
// found, and two parameters of one notification.
const foodex2Rows = "\ufeff" + `reference,Category,NCSP Category (Search output),Parameter  (Search output),First,Second,Sub-category,reference,category,type,subject,date,notifying_country,classification,risk_decision,distribution,forAttention,forFollowUp,operator,origin,hazards,Food Search Output (Code),Food Search Output (Description),Number of alerts,COMMENT ON FOOD CLASSIFICATION,COMMENT ON PARAMETER CLASSIFICATION,Amended FoodEx2 Code,Amended FoodEx2 Description
2026.45,Contaminants,Aflatoxins,Aflatoxins,afla,,Mycotoxins,2026.45,"nuts, nut products and seeds",food,Aflatoxins in figs from Vietnam,05-01-2026 14:24:33,Spain,alert notification,serious,Spain,,Vietnam,Vietnam,Vietnam,aflatoxin B1,A0DAS,Hazelnuts and similar-,1,,,A01MG,Dried figs
2026.45,Contaminants,Ochratoxin A,Ochratoxin A,ochrat,,Mycotoxins,2026.45,"nuts, nut products and seeds",food,Aflatoxins in figs from Vietnam,05-01-2026 14:24:33,Spain,alert notification,serious,Spain,,Vietnam,Vietnam,Vietnam,aflatoxin B1,A0DAS,Hazelnuts and similar-,1,,,A01MG,Dried figs
2026.4501,Allergens,Allergens,Allergens,milk,,Allergens,2026.4501,confectionery,food,Undeclared milk in sweets from Thailand,06-01-2026 08:00:00,Italy,border rejection notification,serious,,,,Italy,Thailand,,#N/A,#N/A,1,,,,
`

// coded is one notification with what a person or a program found in its words.
type coded struct {
	row        rasff.Row
	items      []*spsv1.Concept // of FoodEx2
	parameters []*spsv1.Hazard
}

// readFoodex2 joins the rows of each notification.
func readFoodex2(t *testing.T, text string) (notifications []*coded, rows int) {
	t.Helper()
	read, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	columns, by := columnsOf(read[0]), make(map[string]*coded)
	for i, r := range read[1:] {
		get := func(column string) string { return strings.TrimSpace(r[columns[column]]) }
		number := get("reference")
		c := by[number]
		if c == nil {
			c = &coded{row: rasff.Row{
				Line: i + 2, Reference: number + strings.Repeat("0", max(0, len("2024.0012")-len(number))),
				Category: get("category"), Type: get("type"), Subject: get("subject"), Date: get("date"),
				NotifyingCountry: get("notifying_country"), Classification: get("classification"),
				RiskDecision: get("risk_decision"), Distribution: get("distribution"), ForAttention: get("forAttention"),
				ForFollowUp: get("forFollowUp"), Operator: get("operator"), Origin: get("origin"), Hazards: get("hazards"),
			}}
			by[number] = c
			notifications = append(notifications, c)
		}
		code, display := get("Food Search Output (Code)"), get("Food Search Output (Description)")
		if amended := get("Amended FoodEx2 Code"); amended != "" {
			code, display = amended, get("Amended FoodEx2 Description")
		}
		if code != "" && code != "#N/A" {
			c.item(code, display)
		}
		c.parameter(get("Parameter  (Search output)"), get("NCSP Category (Search output)"))
	}
	return notifications, len(read) - 1
}

// columnsOf returns where each column stands; the last of those with one name.
func columnsOf(header []string) map[string]int {
	at := make(map[string]int)
	for i, name := range header {
		at[name] = i
	}
	return at
}

func (c *coded) item(code, display string) {
	for _, item := range c.items {
		if item.GetCodings()[0].GetCode() == code {
			return
		}
	}
	c.items = append(c.items, &spsv1.Concept{Codings: []*spsv1.Coding{{System: "foodex2", Code: code, Display: display}}})
}

func (c *coded) parameter(name, group string) {
	for _, h := range c.parameters {
		if h.GetAgent().GetAsWritten() == name {
			return
		}
	}
	agent := &spsv1.Concept{AsWritten: name, Lang: "en"}
	if !damaged.MatchString(name) {
		agent.Codings = []*spsv1.Coding{{System: "ncsp-parameter", Code: name}}
	}
	c.parameters = append(c.parameters, &spsv1.Hazard{
		Agent: agent, Category: &spsv1.Concept{Codings: []*spsv1.Coding{{System: "ncsp-category", Code: group}}},
	})
}

// damaged matches names in which a program replaced " o" by a pattern.
var damaged = regexp.MustCompile(`\\b`)

// statement returns the notification with a product for each item, and a finding
// for each parameter.
func (c *coded) statement() (*spsv1.Statement, error) {
	s, problems := c.row.Statement(rasff.Options{Members: members})
	if len(problems) > 0 {
		return nil, problems
	}
	n := s.GetNotification()
	for i, item := range c.items {
		if i > 0 {
			n.Products = append(n.Products, &spsv1.Product{Id: fmt.Sprintf("p%d", i+1), Origins: n.GetProducts()[0].GetOrigins()})
		}
		n.Products[i].Item = item
	}
	for i, h := range c.parameters {
		n.Findings = append(n.Findings, &spsv1.Finding{Id: fmt.Sprintf("f%d", 1000+i), Hazard: h})
	}
	return s, nil
}

// foodex2Figures are what the real rows come to, as
// docs/decisions/0025-what-real-lists-could-not-say.md says.
var foodex2Figures = map[string]int{
	"rows": 1273, "notifications": 1144,
	"notifications with one code of FoodEx2":                        1111,
	"notifications with several codes of FoodEx2, a product each":   2,
	"notifications without a code of FoodEx2":                       31,
	"notifications without a hazard of RASFF, and with a parameter": 198,
	"products under a code that is wider than the words":            14,
	"findings whose agent is only words":                            124,
}

// TestFoodEx2 enters real notifications with their codes of foods and of
// parameters, where there are any, and those written by hand.
func TestFoodEx2(t *testing.T) {
	notifications, rows := readFoodex2(t, foodex2Rows)
	if len(notifications) != 2 || rows != 3 {
		t.Fatalf("%d notifications of %d rows, want 2 of 3", len(notifications), rows)
	}
	figs, err := notifications[0].statement()
	if err != nil {
		t.Fatal(err)
	}
	n := figs.GetNotification()
	if got := n.GetProducts()[0].GetItem().GetCodings()[0].GetCode(); got != "A01MG" || len(n.GetFindings()) != 3 ||
		figs.GetExternalReferences()[0].GetNumber() != "2026.4500" {
		t.Errorf("entered as item %s with %d findings under %s, want A01MG, 3, 2026.4500", got, len(n.GetFindings()), figs.GetExternalReferences()[0])
	}
	text, found := realText(t, foodex2File)
	if found {
		notifications, rows = readFoodex2(t, text)
	} else {
		t.Logf("no real notifications at %s", foodex2File)
	}
	counts := map[string]int{"rows": rows, "notifications": len(notifications)}
	for i, c := range notifications {
		enterCoded(t, c, i, counts)
	}
	if !found {
		return
	}
	if diff := cmp.Diff(foodex2Figures, counts); diff != "" {
		t.Errorf("what the rows come to (-want +got):\n%s", diff)
	}
}

func enterCoded(t *testing.T, c *coded, i int, counts map[string]int) {
	t.Helper()
	s, err := c.statement()
	if err != nil {
		t.Errorf("%s is refused: %v", c.row.Reference, err)
		return
	}
	s = complete(s, rasff.Office, fmt.Sprintf("00000000-0000-4000-9000-%012d", i))
	if problems := statement.Check(s); len(problems) > 0 {
		t.Errorf("%s is refused:\n%v", c.row.Reference, problems)
		return
	}
	envelope, err := statement.Encode(s)
	if err != nil {
		t.Fatalf("%s: %v", c.row.Reference, err)
	}
	back, err := statement.Decode(envelope, federation, rasff.Office)
	if err != nil {
		t.Fatalf("%s: %v", c.row.Reference, err)
	}
	if !proto.Equal(s, back) {
		t.Errorf("%s after a round trip is %v, want %v", c.row.Reference, back, s)
	}
	n := back.GetNotification()
	switch len(c.items) {
	case 0:
		counts["notifications without a code of FoodEx2"]++
	case 1:
		counts["notifications with one code of FoodEx2"]++
	default:
		counts["notifications with several codes of FoodEx2, a product each"]++
	}
	if len(c.row.Hazards) == 0 {
		counts["notifications without a hazard of RASFF, and with a parameter"]++
	}
	for _, p := range n.GetProducts() {
		for _, coding := range p.GetItem().GetCodings() {
			if strings.HasSuffix(coding.GetDisplay(), "similar-") {
				counts["products under a code that is wider than the words"]++
			}
		}
	}
	for _, f := range n.GetFindings() {
		if a := f.GetHazard().GetAgent(); a != nil && len(a.GetCodings()) == 0 {
			counts["findings whose agent is only words"]++
		}
	}
}
