package server_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"google.golang.org/genproto/googleapis/api/httpbody"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

const (
	csvFile   = spsv1.ExportFormat_EXPORT_FORMAT_CSV
	xlsxFile  = spsv1.ExportFormat_EXPORT_FORMAT_XLSX
	jsonlFile = spsv1.ExportFormat_EXPORT_FORMAT_JSONL
)

// exported is a file that came.
type exported struct {
	content []byte
	rows    uint64
	header  metadata.MD
}

func (n *node) export(begin func(spsv1.ExportServiceClient) (grpc.ServerStreamingClient[httpbody.HttpBody], error)) exported {
	n.w.t.Helper()
	stream, err := begin(spsv1.NewExportServiceClient(n.as(certs.RoleOfficer, "lan")))
	if err != nil {
		n.w.t.Fatal(err)
	}
	var out bytes.Buffer
	var e exported
	if err := client.WriteFile(&out, stream, func(rows uint64) { e.rows = rows }); err != nil {
		n.w.t.Fatal(err)
	}
	e.content = out.Bytes()
	e.header, err = stream.Header()
	if err != nil {
		n.w.t.Fatal(err)
	}
	return e
}

func (n *node) exportCases(req *spsv1.ExportCasesRequest) exported {
	n.w.t.Helper()
	return n.export(func(c spsv1.ExportServiceClient) (grpc.ServerStreamingClient[httpbody.HttpBody], error) {
		return c.ExportCases(n.w.t.Context(), req)
	})
}

// cellsOf returns the named cells of each row of CSV.
func cellsOf(t *testing.T, content []byte, names ...string) [][]string {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for _, row := range all[1:] {
		var some []string
		for _, name := range names {
			some = append(some, row[slices.Index(all[0], name)])
		}
		rows = append(rows, some)
	}
	return rows
}

func TestExport(t *testing.T) {
	w := newWorld(t, "TH", "VN")
	th, vn := w.start("TH"), w.start("VN")
	toVN := notification("ทุเรียน: แคดเมียม", "VN")
	toVN.GetNotification().Products[0].Name[0].Text = "=cmd|' /C calc'!A0"
	original := issue(t, th, toVN)
	arrived(original, th, vn)
	arrived(issue(t, vn, in(original, &spsv1.Statement{Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{}}}, "TH")), vn, th)
	toAll := issue(t, th, notification("Sầu riêng 榴莲"))
	arrived(toAll, th, vn)

	got := vn.exportCases(&spsv1.ExportCasesRequest{Format: csvFile, OrderBy: "reference"})
	want := [][]string{
		{original.GetReference(), "OPEN", "BORDER_REJECTION", "ทุเรียน: แคดเมียม", "'=cmd|' /C calc'!A0", "Bactrocera dorsalis", "VN", "VN", "2"},
		{toAll.GetReference(), "OPEN", "BORDER_REJECTION", "Sầu riêng 榴莲", "mango", "Bactrocera dorsalis", "all offices", "", "1"},
	}
	columns := []string{"reference", "case_status", "classification", "subject", "products", "hazards", "addressees", "acknowledged_by", "statements"}
	if diff := cmp.Diff(want, cellsOf(t, got.content, columns...)); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
	if got.rows != 2 || !strings.HasPrefix(got.header.Get("content-disposition")[0], `attachment; filename="cases-VN-`) {
		t.Errorf("%d rows in %q, want 2 in a file of cases", got.rows, got.header.Get("content-disposition"))
	}
	got = vn.exportCases(&spsv1.ExportCasesRequest{Format: xlsxFile, Filter: "addressee = VN"})
	book, err := excelize.OpenReader(bytes.NewReader(got.content))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows("Sheet1")
	if err != nil || len(rows) != 2 || rows[1][slices.Index(rows[0], "products")] != "=cmd|' /C calc'!A0" ||
		rows[1][slices.Index(rows[0], "issue_time")] != original.GetIssueTime().AsTime().UTC().Format("2006-01-02 15:04:05") {
		t.Errorf("workbook: %v, %q; want the case addressed to VN", err, rows)
	}
	got = vn.exportCases(&spsv1.ExportCasesRequest{Format: jsonlFile, Query: "榴莲"})
	var line struct{ Reference string }
	if err := json.Unmarshal(got.content, &line); err != nil || line.Reference != toAll.GetReference() {
		t.Errorf("lines %q: %v, want one of %s", got.content, err, toAll.GetReference())
	}
	statements := vn.export(func(c spsv1.ExportServiceClient) (grpc.ServerStreamingClient[httpbody.HttpBody], error) {
		return c.ExportStatements(t.Context(), &spsv1.ExportStatementsRequest{Parent: "offices/-", Format: csvFile, OrderBy: "issue_time"})
	})
	if diff := cmp.Diff([][]string{
		{"notification", original.GetReference(), "TH"}, {"acknowledgement", original.GetReference(), "VN"}, {"notification", toAll.GetReference(), "TH"},
	}, cellsOf(t, statements.content, "kind", "case", "office")); diff != "" {
		t.Errorf("statements (-want +got):\n%s", diff)
	}
	figures := vn.export(func(c spsv1.ExportServiceClient) (grpc.ServerStreamingClient[httpbody.HttpBody], error) {
		return c.ExportStatistics(t.Context(), &spsv1.ExportStatisticsRequest{Format: csvFile, GroupBy: []spsv1.Dimension{spsv1.Dimension_DIMENSION_CLASSIFICATION}})
	})
	if diff := cmp.Diff([][]string{{"group", "BORDER_REJECTION", "2", "1"}, {"total", "", "2", "1"}},
		cellsOf(t, figures.content, "row", "classification", "cases", "acknowledgement_count")); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
	vn.stop() // which writes what the log still has in memory
	exportIsAudited(t, w.start("VN"), original)
}

// exportIsAudited holds that the log names the restricted statements of an
// export, and no other.
func exportIsAudited(t *testing.T, n *node, restricted *spsv1.IssuedStatement) {
	t.Helper()
	log := spsv1.NewNodeServiceClient(n.as(certs.RoleAuditor, "auditor"))
	page, err := log.ListAuditRecords(t.Context(), &spsv1.ListAuditRecordsRequest{MethodPrefix: "sps.v1.ExportService/ExportCases"})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.GetAuditRecords()) != 2 { // the third named nothing restricted
		t.Errorf("%d records of exports, want 2: %v", len(page.GetAuditRecords()), page.GetAuditRecords())
	}
	for _, r := range page.GetAuditRecords() {
		if len(r.GetResources()) != 2 || r.GetResources()[0] != restricted.GetName() { // and its acknowledgement
			t.Errorf("a record names %q, want %s and what was said in its case", r.GetResources(), restricted.GetName())
		}
	}
}

func TestExportIsRefused(t *testing.T) {
	w := newWorld(t, "VN")
	vn := w.start("VN")
	for name, test := range map[string]struct {
		role certs.Role
		req  *spsv1.ExportCasesRequest
		want string
	}{
		"no format":    {certs.RoleOfficer, &spsv1.ExportCasesRequest{}, "INVALID, format ENUM_NOT_IN"},
		"a bad filter": {certs.RoleOfficer, &spsv1.ExportCasesRequest{Format: xlsxFile, Filter: "klass = 1", OrderBy: "x"}, "INVALID, filter FILTER, order_by ORDER_BY"},
		"not for labs": {certs.RoleLab, &spsv1.ExportCasesRequest{Format: csvFile}, "PERMISSION_DENIED"},
	} {
		stream, err := spsv1.NewExportServiceClient(vn.as(test.role, "x")).ExportCases(t.Context(), test.req)
		if err == nil {
			_, err = stream.Recv()
		}
		if got := told(err); got != test.want || status.Code(err) == codes.Internal {
			t.Errorf("%s: %q (%v), want %q", name, got, err, test.want)
		}
	}
}

// TestExportDocs holds the columns of docs/reference/export.md to the files.
func TestExportDocs(t *testing.T) {
	w := newWorld(t, "VN")
	vn := w.start("VN")
	text := readDoc(t, "../docs/reference/export.md")
	for what, content := range map[string][]byte{
		"cases": vn.exportCases(&spsv1.ExportCasesRequest{Format: csvFile}).content,
		"statements": vn.export(func(c spsv1.ExportServiceClient) (grpc.ServerStreamingClient[httpbody.HttpBody], error) {
			return c.ExportStatements(t.Context(), &spsv1.ExportStatementsRequest{Parent: "offices/-", Format: csvFile})
		}).content,
		"statistics": vn.export(func(c spsv1.ExportServiceClient) (grpc.ServerStreamingClient[httpbody.HttpBody], error) {
			return c.ExportStatistics(t.Context(), &spsv1.ExportStatisticsRequest{Format: csvFile})
		}).content,
		"codes": vn.export(func(c spsv1.ExportServiceClient) (grpc.ServerStreamingClient[httpbody.HttpBody], error) {
			return c.ExportCodeStatus(t.Context(), &spsv1.ExportCodeStatusRequest{Format: csvFile})
		}).content,
	} {
		_, rest, _ := strings.Cut(text, fmt.Sprintf("<!-- begin %s -->\n", what))
		table, _, _ := strings.Cut(rest, "<!-- end -->")
		var documented []string
		for line := range strings.Lines(table) {
			if _, after, ok := strings.Cut(line, "| `"); ok {
				name, _, _ := strings.Cut(after, "`")
				documented = append(documented, name)
			}
		}
		header, _, _ := strings.Cut(string(content), "\r\n")
		if diff := cmp.Diff(strings.Split(header, ","), documented); diff != "" {
			t.Errorf("columns of %s (-file +page):\n%s", what, diff)
		}
	}
}

func readDoc(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
