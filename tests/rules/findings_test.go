package rules

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// validFinding is a report that keeps every rule, and second begins another result
// of it.
const (
	validFinding = `finding{report_number:"R-9" stage:RESULT_STAGE_FINAL product{name{lang:"en" text:"durian"}}
		report_date{year:2026 month:3 day:9} sample{number:"S-9" sampling_date{year:2026 month:3 day:2}
		results{analyte{as_written:"cadmium"} value{value:"0.2" ucum:"mg/kg"}}}}`
	second = `finding{sample{results{analyte{as_written:"x"} verdict:VERDICT_COMPLIANT `
	at     = "finding.sample.results[1]."
)

// findingRequests are one of each method that laboratories and their offices call.
var findingRequests = map[string]string{
	"PostFinding":       validFinding,
	"BatchPostFindings": `findings{}`,
	"WithdrawFinding":   `report_number:"R-1" reason{lang:"en" text:"x"}`,
	"ListFindings":      ``,
	"OrderTest":         `order{sample_number:"S-2" laboratory:"$laboratory" analytes{as_written:"lead"}}`,
	"CancelTestOrder":   `name:"$order"`,
	"ListTestOrders":    ``,
	"DraftFromFindings": `names:"$ended"`,
	"SetAsideFinding":   `name:"$ended" reason{lang:"en" text:"x"}`,
}

// findingRows are every way to break what is said of findings, by a laboratory.
var findingRows = []breach{
	{"PostFinding", "finding", ``, "finding REQUIRED"},
	{
		"PostFinding", "finding.report_number finding.stage finding.product finding.sample.number finding.sample.results", ``,
		"finding.report_number STRING_MIN_LEN, finding.stage FINDING_STAGE, finding.product PRODUCT_REQUIRED, finding.sample.number SAMPLE_NUMBER, finding.sample.results RESULTS_REQUIRED",
	},
	{"PostFinding", "finding.sample", ``, "finding.sample REQUIRED"},
	{"PostFinding", "", `finding{supersedes_reports:"R-9"}`, "finding.supersedes_reports SUPERSEDES_SELF"},
	{"PostFinding", "", `finding{report_date{year:2199}}`, "finding.report_date DATE_FUTURE"},
	{"PostFinding", "", `finding{report_date{day:1}}`, "finding.report_date DATE_ORDER"},
	{"PostFinding", "", second + `value{value:"1"}}}}`, at + "value.ucum UNIT_UCUM"},
	{"PostFinding", "", second + `value{value:"1" ucum:"MG/KG"}}}}`, at + "value.ucum UNIT_UCUM"},
	{"PostFinding", "", second + `value{value:"1" ucum:"mg/kg"} uncertainty{value:"1" ucum:"ug/kg"}}}}`, at + "uncertainty.ucum UNIT_DIFFERS"},
	{"PostFinding", "", second + `uncertainty{value:"1" ucum:"ug/kg"}}}}`, at + "uncertainty UNCERTAINTY_ALONE"},
	{"PostFinding", "", second + `coverage_factor:"2"}}}`, at + "coverage_factor COVERAGE_FACTOR_ALONE"},
	{"PostFinding", "", second + `detection_limit{value:"-1" ucum:"ug/kg"}}}}`, at + "detection_limit.value QUANTITY_NEGATIVE"},
	{
		"PostFinding", "", second + `detection_limit{value:"11" ucum:"ug/kg"} quantification_limit{value:"0.01" ucum:"mg/kg"}}}}`,
		at + "detection_limit LIMITS_OF_METHOD",
	},
	{"PostFinding", "", second + `limits{value{value:"1" ucum:"mg/kg"}}}}}`, at + "limits[0].requirement LIMIT_CITATION"},
	{"PostFinding", "", second + `detection:DETECTION_NOT_DETECTED value{value:"1" ucum:"mg/kg"}}}}`, at + "value DETECTION_VALUE"},
	{"PostFinding", "", second + `detected_in{value:"25" ucum:"g"}}}}`, at + "detection DETECTION_REQUIRED"},
	{"PostFinding", "", second + `report_number:"L-1"}}}`, at + "report_number SAID_ONCE"},
	{
		"PostFinding", "", second + `sampling_plan{n:5 lower_limit{value:"9" ucum:"[CFU]/g"} upper_limit{value:"8" ucum:"[CFU]/g"}}}}}`,
		at + "sampling_plan.lower_limit PLAN_ORDER",
	},
	{
		"PostFinding", "", second + `sampling_plan{n:1 unit_results{detection:DETECTION_DETECTED} unit_results{detection:DETECTION_DETECTED}}}}}`,
		at + "sampling_plan.unit_results PLAN_UNITS",
	},
	{"PostFinding", "finding.report_number", `finding{report_number:"R-1"}`, "finding.report_number REPORT_NUMBER_USED"},
	{"PostFinding", "finding.report_number", `finding{report_number:"R-2"}`, "finding.report_number REPORT_NUMBER_WITHDRAWN"},
	{
		"PostFinding", "", `finding{supersedes_reports:"R-0" supersedes_reports:"R-2" supersedes_reports:"R-3"}`,
		"finding.supersedes_reports[0] REPORT_UNKNOWN, finding.supersedes_reports[1] REPORT_WITHDRAWN, finding.supersedes_reports[2] REPORT_SUPERSEDED",
	},
	{
		"PostFinding", "", `finding{attachments{sha256:"0123456789abcdef0123456789abcdef" media_type:"application/pdf" size_bytes:1 filename:"a.pdf"}}`,
		"finding.attachments[0].sha256 NOT_HELD",
	},
	{"BatchPostFindings", "findings", ``, "findings FINDINGS_COUNT"},
	{"WithdrawFinding", "report_number", `report_number:"R-3"`, "report_number REPORT_SUPERSEDED"},
	{"ListFindings", "", `proposed:true`, "proposed OFFICE_ONLY"},
	{"ListFindings", "", `page_token:"x"`, "page_token PAGE_TOKEN"},
	{"ListTestOrders", "", `page_token:"x"`, "page_token PAGE_TOKEN"},
}

// orderRows are those of the office.
var orderRows = []breach{
	{"OrderTest", "order", ``, "order.sample_number STRING_MIN_LEN, order.laboratory STRING_PATTERN, order.analytes REPEATED_MIN_ITEMS"},
	{"OrderTest", "order.sample_number", `order{sample_number:"S-1"}`, "order.sample_number SAMPLE_ORDERED"},
	{"OrderTest", "", `order{case:"VN-2026-999999"}`, "order.case CASE_UNKNOWN"},
	{"CancelTestOrder", "", ``, "name ORDER_REPORTED"},
	{"DraftFromFindings", "", ``, "names[0] FINDING_ENDED"},
	{"SetAsideFinding", "", ``, "name FINDING_ENDED"},
	{"SetAsideFinding", "name", `name:"$drafted"`, "name FINDING_DRAFTED"},
	{"SetAsideFinding", "reason", ``, "reason REPEATED_MIN_ITEMS"},
}

// findingTested are what server/finding finds wrong that no row shows, and why.
var findingTested = map[string]string{
	"LABORATORY_UNKNOWN": "in tests of the server: with laboratories on the card it names them",
	"REPORT_NUMBER_USED": "of other files, which these rows do not upload: server.TestFilesOfFindings",
	"CURSOR":             "is of watches: server.TestWatchFindings",
	"FINDING_SIZE":       "is larger than these rows: finding.TestEveryRuleOfAFinding",
}

// TestEveryRuleOfFindings breaks each rule of findings and orders by itself.
func TestEveryRuleOfFindings(t *testing.T) {
	fed := drilltest.Start(t, drill.Options{Offices: []certs.Office{"VN"}})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	node := fed.Node("VN")
	lab := &desk{client: drilltest.Client(t, node, certs.RoleLab), web: newWebAs(ctx, t, node, certs.RoleLab), cases: strings.NewReplacer()}
	office := &desk{client: drilltest.Client(t, node, certs.RoleOfficer), web: newWebAs(ctx, t, node, certs.RoleOfficer)}
	office.cases = reported(ctx, t, lab.client.FindingService(), office.client.FindingService())
	listed := func() int {
		page, err := lab.client.FindingService().ListFindings(ctx, &spsv1.ListFindingsRequest{PageSize: 1000})
		if err != nil {
			t.Fatal(err)
		}
		return len(page.GetFindings())
	}
	before, said := listed(), make(map[violation]bool)
	for d, rows := range map[*desk][]breach{lab: findingRows, office: orderRows} {
		service := reflect.ValueOf(d.client.FindingService())
		methods := spsv1.File_sps_v1_finding_service_proto.Services().Get(0).Methods()
		for _, b := range rows {
			m := method{methods.ByName(protoreflect.Name(b.method)), service.MethodByName(b.method)}
			t.Run(b.method+" "+b.want, func(t *testing.T) {
				for _, v := range d.broken(t, m, d.request(t, m, b.clear, b.put), b.want, "vi", "th", "zh-Hans") {
					said[violation{reason: v.reason, sentence: v.sentence}] = true
				}
			})
		}
	}
	if after := listed(); after != before {
		t.Errorf("after all refusals there are %d findings, want %d as before", after, before)
	}
	for rule := range sentences(t, "finding", 25) {
		if !breaks(said, rule) && findingTested[rule.reason] == "" {
			t.Errorf("no row breaks %s, %q: add one", rule.reason, rule.sentence)
		}
	}
}

// reported posts what the rows refer to: a report that stands, one withdrawn, one
// superseded, one that is in a draft, and orders, one answered.
func reported(ctx context.Context, t *testing.T, lab, office spsv1.FindingServiceClient) *strings.Replacer {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	post := func(number, sample, more string) *spsv1.LabFinding {
		t.Helper()
		req := new(spsv1.PostFindingRequest)
		must(prototext.Unmarshal([]byte(validFinding), req))
		req.Finding.ReportNumber, req.Finding.Sample.Number = number, sample
		if more != "" {
			req.Finding.SupersedesReports = []string{more}
		}
		kept, err := lab.PostFinding(ctx, req)
		must(err)
		return kept
	}
	first := post("R-3", "S-3", "")
	laboratory := first.GetLaboratory().GetId()
	order := func(sample, laboratory string) *spsv1.TestOrder {
		made, err := office.OrderTest(ctx, &spsv1.OrderTestRequest{Order: &spsv1.TestOrder{
			SampleNumber: sample, Laboratory: laboratory, Analytes: []*spsv1.Concept{{AsWritten: "cadmium"}},
		}})
		must(err)
		return made
	}
	order("S-1", laboratory)
	answered := order("S-4", laboratory)
	post("R-1", "S-4", "R-3")
	drafted := post("R-4", "S-6", "")
	_, err := office.DraftFromFindings(ctx, &spsv1.DraftFromFindingsRequest{Names: []string{drafted.GetName()}})
	must(err)
	post("R-2", "S-5", "")
	_, err = lab.WithdrawFinding(ctx, &spsv1.WithdrawFindingRequest{ReportNumber: "R-2", Reason: []*spsv1.LocalizedText{{Lang: "en", Text: "x"}}})
	must(err)
	return strings.NewReplacer("$laboratory", laboratory, "$order", answered.GetName(), "$ended", first.GetName(), "$drafted", drafted.GetName())
}
