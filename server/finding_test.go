package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// labReport is a report of a number on a sample, above its limit, with more put
// in.
func labReport(t *testing.T, number string, more ...string) *spsv1.LabFinding {
	t.Helper()
	f := &spsv1.LabFinding{}
	base := `stage: RESULT_STAGE_FINAL report_number: "` + number + `" product { name { lang: "en" text: "durian, fresh" } lots { number: "DR-17" } }
		sample { role: SAMPLE_ROLE_OFFICIAL number: "S-9001" results {
			analyte { as_written: "carbendazim" } value { value: "0.31" ucum: "mg/kg" } verdict: VERDICT_NON_COMPLIANT
			limits { value { value: "0.1" ucum: "mg/kg" } requirement { citation: "GB 2763-2021" } } } }`
	for _, text := range append([]string{base}, more...) {
		part := &spsv1.LabFinding{}
		if err := prototext.Unmarshal([]byte(text), part); err != nil {
			t.Fatal(err)
		}
		proto.Merge(f, part)
	}
	return f
}

// lab is a laboratory at a node.
type lab struct {
	spsv1.FindingServiceClient
	t testing.TB
}

func (n *node) lab(id string) lab {
	return lab{spsv1.NewFindingServiceClient(n.as(certs.RoleLab, id)), n.w.t}
}

// findings is who reads findings for the office.
func (n *node) findings(role certs.Role) spsv1.FindingServiceClient {
	return spsv1.NewFindingServiceClient(n.as(role, "lan"))
}

func (l lab) post(f *spsv1.LabFinding) (*spsv1.LabFinding, error) {
	l.t.Helper()
	return l.PostFinding(l.t.Context(), &spsv1.PostFindingRequest{Finding: f})
}

func (l lab) mustPost(f *spsv1.LabFinding) *spsv1.LabFinding {
	l.t.Helper()
	kept, err := l.post(f)
	if err != nil {
		l.t.Fatal(err)
	}
	return kept
}

// standing lists what somebody sees: report numbers with their state.
func standing(t *testing.T, c spsv1.FindingServiceClient, req *spsv1.ListFindingsRequest) string {
	t.Helper()
	var all []string
	for {
		page, err := c.ListFindings(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range page.GetFindings() {
			all = append(all, f.GetReportNumber()+" "+strings.TrimPrefix(f.GetState().String(), "FINDING_STATE_"))
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			return strings.Join(all, ", ")
		}
	}
}

// TestReportsSupersede posts, repeats, supersedes and withdraws reports by their
// numbers, and finds them after a restart.
func TestReportsSupersede(t *testing.T) {
	w := newWorld(t, "VN")
	vn := w.start("VN")
	hanoi := vn.lab("hanoi-lab")
	preliminary := labReport(t, "L-1", "stage: RESULT_STAGE_PRELIMINARY")
	first := hanoi.mustPost(preliminary)
	if again := hanoi.mustPost(preliminary); again.GetName() != first.GetName() || again.GetState() != first.GetState() {
		t.Errorf("posted again: %v, want %v", again, first)
	}
	final := hanoi.mustPost(labReport(t, "L-1"))
	if diff := cmp.Diff([]string{first.GetName()}, final.GetSupersedes()); diff != "" {
		t.Errorf("the final report supersedes (-want +got):\n%s", diff)
	}
	if again := hanoi.mustPost(preliminary); again.GetName() != first.GetName() || again.GetSupersededBy() != final.GetName() {
		t.Errorf("the preliminary report again: %v, want it as superseded", again)
	}
	hanoi.mustPost(labReport(t, "L-2", `supersedes_reports: "L-1"`))
	hanoi.mustPost(labReport(t, "L-3"))
	if _, err := hanoi.WithdrawFinding(t.Context(), withdrawal("L-3")); err != nil {
		t.Error(err)
	}
	if again, err := hanoi.WithdrawFinding(t.Context(), withdrawal("L-3")); err != nil || again.GetWithdrawalReason()[0].GetText() != "mixed up" {
		t.Errorf("withdrawn again: %v, %v, want it as it was", again, err)
	}
	for _, tc := range []struct{ name, told string }{
		{`"L-2"`, "INVALID, finding.report_number REPORT_NUMBER_USED"},
		{`"L-3"`, "INVALID, finding.report_number REPORT_NUMBER_WITHDRAWN"},
		{`"L-4" supersedes_reports: ["L-1", "L-3", "L-9"]`, "INVALID, finding.supersedes_reports[0] REPORT_SUPERSEDED, " +
			"finding.supersedes_reports[1] REPORT_WITHDRAWN, finding.supersedes_reports[2] REPORT_UNKNOWN"},
		{
			`"L-4" attachments { sha256: "0123456789abcdef0123456789abcdef" media_type: "application/pdf" size_bytes: 1 filename: "r.pdf" }`,
			"INVALID, finding.attachments[0].sha256 NOT_HELD",
		},
	} {
		if _, err := hanoi.post(labReport(t, "L-0", `text { lang: "en" text: "other" } report_number: `+tc.name)); told(err) != tc.told {
			t.Errorf("%s: told %q, want %q", tc.name, told(err), tc.told)
		}
	}
	for number, want := range map[string]string{"L-1": "INVALID, report_number REPORT_SUPERSEDED", "L-9": "NOT_FOUND"} {
		if _, err := hanoi.WithdrawFinding(t.Context(), withdrawal(number)); told(err) != want {
			t.Errorf("withdraw %s: told %q, want %q", number, told(err), want)
		}
	}
	vn.stop()
	vn = w.start("VN")
	const want = "L-3 WITHDRAWN, L-2 CURRENT, L-1 SUPERSEDED, L-1 SUPERSEDED"
	if got := standing(t, vn.lab("hanoi-lab"), &spsv1.ListFindingsRequest{PageSize: 1}); got != want {
		t.Errorf("after a restart %q, want %q", got, want)
	}
	current := &spsv1.ListFindingsRequest{States: []spsv1.FindingState{spsv1.FindingState_FINDING_STATE_CURRENT}, Proposed: true}
	if got := standing(t, vn.findings(certs.RoleOfficer), current); got != "L-2 CURRENT" {
		t.Errorf("what proposes a notification: %q, want L-2", got)
	}
}

func withdrawal(number string) *spsv1.WithdrawFindingRequest {
	return &spsv1.WithdrawFindingRequest{ReportNumber: number, Reason: []*spsv1.LocalizedText{{Lang: "en", Text: "mixed up"}}}
}

// TestBatchKeepsTheGoodOnes posts a list of which some are wrong, checks it
// before, and sends it again when it is mended.
func TestBatchKeepsTheGoodOnes(t *testing.T) {
	vn := newWorld(t, "VN").start("VN")
	hanoi := vn.lab("hanoi-lab")
	all := []*spsv1.LabFinding{
		labReport(t, "B-1"), labReport(t, "B-2", `sample { results { analyte { as_written: "x" } value { value: "1" } } }`),
		labReport(t, "B-3", `supersedes_reports: "B-1"`), labReport(t, "B-4", `supersedes_reports: "B-2"`), labReport(t, "B-1"),
	}
	send := func(only bool) string {
		resp, err := hanoi.BatchPostFindings(t.Context(), &spsv1.BatchPostFindingsRequest{Findings: all, ValidateOnly: only})
		if err != nil {
			t.Fatal(err)
		}
		rows := []string{fmt.Sprintf("%d posted, %d unchanged, %d refused", resp.GetPosted(), resp.GetUnchanged(), resp.GetRefused())}
		for _, r := range resp.GetResults() {
			row := fmt.Sprintf("%s named %t unchanged %t", r.GetReportNumber(), r.GetName() != "", r.GetUnchanged())
			for _, v := range r.GetRefusal().GetViolations() {
				row += " " + v.GetField() + " " + v.GetReason()
				if !strings.HasPrefix(r.GetRefusal().GetSentence(), v.GetField()+": ") {
					t.Errorf("%s: %q does not say of which field it is", r.GetReportNumber(), r.GetRefusal().GetSentence())
				}
			}
			rows = append(rows, row)
		}
		return strings.Join(rows, "\n")
	}
	const problems = "B-2 named false unchanged false sample.results[1].value.ucum UNIT_UCUM\n"
	if got := send(true); !strings.HasPrefix(got, "0 posted, 1 unchanged, 2 refused\n") || !strings.Contains(got, problems) {
		t.Errorf("checked:\n%s", got)
	}
	if got := standing(t, hanoi, &spsv1.ListFindingsRequest{}); got != "" {
		t.Errorf("after a check there is %q, want nothing", got)
	}
	want := "2 posted, 1 unchanged, 2 refused\nB-1 named true unchanged false\n" + problems + "B-3 named true unchanged false\n" +
		"B-4 named false unchanged false supersedes_reports[0] REPORT_UNKNOWN\nB-1 named true unchanged true"
	if diff := cmp.Diff(want, send(false)); diff != "" {
		t.Errorf("posted (-want +got):\n%s", diff)
	}
	all[1] = labReport(t, "B-2")
	want = "2 posted, 3 unchanged, 0 refused\nB-1 named true unchanged true\nB-2 named true unchanged false\nB-3 named true unchanged true\n" +
		"B-4 named true unchanged false\nB-1 named true unchanged true"
	if diff := cmp.Diff(want, send(false)); diff != "" {
		t.Errorf("mended and sent again (-want +got):\n%s", diff)
	}
}

// TestLaboratoriesSeeTheirOwn lets two laboratories, two tokens of one of them,
// and the office look.
func TestLaboratoriesSeeTheirOwn(t *testing.T) {
	vn := newWorld(t, "VN").start("VN")
	hanoi, hue := vn.lab("hanoi-lab"), vn.lab("hue-lab")
	mine, theirs := hanoi.mustPost(labReport(t, "L-1")), hue.mustPost(labReport(t, "L-1"))
	if mine.GetName() == theirs.GetName() || mine.GetProposal() != nil {
		t.Errorf("the same number of two laboratories: %v and %v, want two findings, and no proposal shown", mine, theirs)
	}
	get := func(c spsv1.FindingServiceClient, name string) (*spsv1.LabFinding, error) {
		return c.GetFinding(t.Context(), &spsv1.GetFindingRequest{Name: name})
	}
	if _, err := get(hanoi, theirs.GetName()); told(err) != "NOT_FOUND" {
		t.Errorf("another's finding: %v, want NOT_FOUND", err)
	}
	if got, err := get(hanoi, mine.GetName()); err != nil || cmp.Diff(mine, got, protocmp.Transform()) != "" {
		t.Errorf("the own finding: %v, %v, want %v", got, err, mine)
	}
	if got := standing(t, hanoi, &spsv1.ListFindingsRequest{Laboratory: "hue-lab"}); got != "" {
		t.Errorf("a list of another laboratory has %q, want nothing", got)
	}
	got, err := get(vn.findings(certs.RoleOfficer), theirs.GetName())
	if err != nil || got.GetLaboratory().GetId() != "hue-lab" || got.GetPostedBy().GetId() != "hue-lab" ||
		got.GetProposal().GetClassification() != spsv1.Classification_CLASSIFICATION_ALERT {
		t.Errorf("the office sees %v, %v, want the laboratory and a proposal", got, err)
	}
	if got := standing(t, vn.findings(certs.RoleAuditor), &spsv1.ListFindingsRequest{Laboratory: "hue-lab"}); got != "L-1 CURRENT" {
		t.Errorf("the auditor sees %q of a laboratory, want L-1", got)
	}
}

// TestWatchFindings resumes from a list and from a cursor, and is told of nothing
// that is another's.
func TestWatchFindings(t *testing.T) {
	vn := newWorld(t, "VN").start("VN")
	hanoi, hue := vn.lab("hanoi-lab"), vn.lab("hue-lab")
	hanoi.mustPost(labReport(t, "L-1", "stage: RESULT_STAGE_PRELIMINARY"))
	list, err := hanoi.ListFindings(t.Context(), &spsv1.ListFindingsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	next := func(cursor string) func() string {
		stream, err := hanoi.WatchFindings(ctx, &spsv1.WatchFindingsRequest{Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		return func() string {
			for {
				event, err := stream.Recv()
				if err != nil {
					return told(err)
				}
				if cursor = event.GetCursor(); event.GetFinding() != nil {
					return event.GetFinding().GetReportNumber() + " " + event.GetFinding().GetState().String()
				}
			}
		}
	}
	all, later := next(""), next(list.GetCursor())
	if got := all(); got != "L-1 FINDING_STATE_CURRENT" {
		t.Errorf("from the beginning %q", got)
	}
	hue.mustPost(labReport(t, "H-1"))
	hanoi.mustPost(labReport(t, "L-1"))
	for name, watch := range map[string]func() string{"from the beginning": all, "from the list": later} {
		for _, want := range []string{"L-1 FINDING_STATE_SUPERSEDED", "L-1 FINDING_STATE_CURRENT"} {
			if got := watch(); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	}
	theirs, err := hue.ListFindings(t.Context(), &spsv1.ListFindingsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	store, _, _ := strings.Cut(list.GetCursor(), "-")
	for cursor, want := range map[string]string{
		"x": "INVALID, cursor CURSOR", theirs.GetCursor(): "INVALID, cursor CURSOR", store + "-x": "INVALID, cursor CURSOR",
		strings.Repeat("0", 32) + "-1": "CURSOR_AHEAD", strings.Repeat("0", 32) + strings.TrimPrefix(list.GetCursor(), store): "CURSOR_AHEAD",
		store + "-1": "CURSOR_AHEAD", // which no laboratory is given, and would count what others did
	} {
		if got := next(cursor)(); got != want {
			t.Errorf("from %q: %q, want %q", cursor, got, want)
		}
	}
	again, err := hanoi.ListFindings(t.Context(), &spsv1.ListFindingsRequest{})
	if err != nil || again.GetCursor() == list.GetCursor() || len(again.GetCursor()) != len(list.GetCursor()) {
		t.Errorf("cursors %q and %q, %v, want two of one length that say nothing", list.GetCursor(), again.GetCursor(), err)
	}
}
