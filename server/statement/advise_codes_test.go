package statement_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	lists "github.com/spsalert/spsalert/client/codes"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

func TestAdviseCodes(t *testing.T) {
	folder := t.TempDir()
	units := "Status,CommonCode,Name\n,KGM,kilogram\nX,05,lift\n"
	if err := os.WriteFile(filepath.Join(folder, "unece-rec20@17.csv"), []byte(units), 0o600); err != nil {
		t.Fatal(err)
	}
	known := lists.New(folder)
	if err := known.Reload(); err != nil {
		t.Fatal(err)
	}
	coded := func(system, code string) *spsv1.Concept {
		return &spsv1.Concept{Codings: []*spsv1.Coding{{System: system, Code: code}}}
	}
	in := func(unit string) *spsv1.Quantity {
		return &spsv1.Quantity{Value: "1", Unit: &spsv1.Quantity_Rec20{Rec20: unit}}
	}
	cases := []struct {
		name   string
		change func(*spsv1.Notification)
		want   string // field and reason; empty: nothing is said
	}{
		{"as it was", func(*spsv1.Notification) {}, ""},
		{"a wrong container", func(n *spsv1.Notification) { container(n, "CSQU3054384") }, "consignment.transports[0].containers[0].number CHECK_DIGIT"},
		{"a right container", func(n *spsv1.Notification) { container(n, "CSQU3054383") }, ""},
		{"a market in words", func(n *spsv1.Notification) {
			n.Measures = append(n.Measures, codeMeasure(suspend, "CN", func(m *spsv1.Measure) { m.CodeStatus.Market = &spsv1.Area{AsWritten: "China"} }))
		}, "measures[0].code_status.market.code MARKET_IN_WORDS"},
		{"a wrong GTIN", func(n *spsv1.Notification) { n.Products[0].Gtins = []string{"73513537", "4006381333932"} }, "products[0].gtins[1] CHECK_DIGIT"},
		{"a wrong GTIN of a lot", func(n *spsv1.Notification) { n.Products[0].Lots[0].Gtins = []string{"73513538"} }, "products[0].lots[0].gtins[0] CHECK_DIGIT"},
		{"a wrong CAS number", func(n *spsv1.Notification) { n.Products[0].Category = coded("cas", "2921-88-3") }, "products[0].category.codings[0].code CHECK_DIGIT"},
		{"no EPPO code", func(n *spsv1.Notification) { n.Products[0].Category = coded("eppo", "dacudo") }, "products[0].category.codings[0].code CODE_FORM"},
		{"an unknown reason", func(n *spsv1.Notification) { n.Findings[0].Reason = coded("cxg25-reason", "smell") }, "findings[0].reason.codings[0].code CODE_UNKNOWN"},
		{"a known reason", func(n *spsv1.Notification) { n.Findings[0].Reason = coded("cxg25-reason", "labelling") }, ""},
		{"a list of nobody", func(n *spsv1.Notification) { n.Products[0].Category = coded("HS", "080450") }, "products[0].category.codings[0].code CODE_LIST_UNKNOWN"},
		{"a list that is a URI", func(n *spsv1.Notification) { n.Products[0].Category = coded("urn:x", "1") }, ""},
		{"a unit that was taken out", func(n *spsv1.Notification) { n.Products[0].Quantity = in("05") }, "products[0].quantity.rec20 CODE_RETIRED"},
		{"an unknown unit", func(n *spsv1.Notification) { n.Products[0].Quantity = in("QQQ") }, "products[0].quantity.rec20 CODE_UNKNOWN"},
		{"a package", func(n *spsv1.Notification) { n.Products[0].Quantity = in("XAE") }, ""},
		{"an unknown area", func(n *spsv1.Notification) { n.Products[0].Origins[0].Area = &spsv1.Area{Code: "QQ-1"} }, "products[0].origins[0].area.code CODE_UNKNOWN"},
		{"a province", func(n *spsv1.Notification) { n.Products[0].Origins[0].Area = &spsv1.Area{Code: "VN-83"} }, ""},
		{"no mark of ISPM 15", func(n *spsv1.Notification) {
			n.Documents = []*spsv1.Document{{Id: "d1", Kind: spsv1.DocumentKind_DOCUMENT_KIND_ISPM15_MARK, Number: "x"}}
		}, "documents[0].number CODE_FORM"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := mango()
			n := s.GetNotification()
			n.Products[0].Lots = []*spsv1.Lot{{Id: "p1.l1", Number: "1"}}
			n.Products[0].Origins = []*spsv1.Origin{{State: spsv1.OriginState_ORIGIN_STATE_STATED, Area: &spsv1.Area{Code: "VN"}}}
			c.change(n)
			var got []string
			for _, p := range statement.AdviseCodes(s, known) {
				got = append(got, strings.TrimPrefix(p.Field, "notification.")+" "+p.Reason)
			}
			if diff := cmp.Diff(c.want, strings.Join(got, "; ")); diff != "" {
				t.Errorf("advice (-want +got):\n%s", diff)
			}
		})
	}
}
