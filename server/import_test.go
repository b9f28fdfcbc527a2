package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"google.golang.org/grpc/metadata"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// importer uploads sheets for a laboratory or the office.
type importer struct {
	spsv1.ImportServiceClient
	t testing.TB
}

func (n *node) importer(id string) importer {
	return importer{spsv1.NewImportServiceClient(n.as(certs.RoleLab, id)), n.w.t}
}

// upload uploads a sheet, of findings if the header does not say it, and waits until
// it is checked, or done.
func (i importer) upload(ctx context.Context, sheet []byte, header *spsv1.ImportHeader) *spsv1.Import {
	i.t.Helper()
	return i.await(ctx, i.begin(ctx, sheet, header))
}

// await waits until an import is checked, or done.
func (i importer) await(ctx context.Context, m *spsv1.Import) *spsv1.Import {
	i.t.Helper()
	watch, err := i.WatchImport(ctx, &spsv1.WatchImportRequest{Name: m.GetName()})
	for err == nil {
		var event *spsv1.WatchImportResponse
		if event, err = watch.Recv(); err == nil && event.GetImport() != nil { // nil: the watch only stands
			switch m = event.GetImport(); m.GetState() {
			case spsv1.ImportState_IMPORT_STATE_CHECKING, spsv1.ImportState_IMPORT_STATE_COMMITTING:
				continue
			}
			return m
		}
	}
	i.t.Fatal(err)
	return nil
}

// begin uploads a sheet.
func (i importer) begin(ctx context.Context, sheet []byte, header *spsv1.ImportHeader) *spsv1.Import {
	i.t.Helper()
	if header.GetKind() == "" {
		header.Kind = "findings"
	}
	stream, err := i.CreateImport(ctx)
	if err != nil {
		i.t.Fatal(err)
	}
	err = stream.Send(&spsv1.CreateImportRequest{Part: &spsv1.CreateImportRequest_Header{Header: header}})
	for len(sheet) > 0 && err == nil {
		n := min(len(sheet), 256<<10)
		err = stream.Send(&spsv1.CreateImportRequest{Part: &spsv1.CreateImportRequest_Data{Data: sheet[:n]}})
		sheet = sheet[n:]
	}
	if err != nil && !errors.Is(err, io.EOF) {
		i.t.Fatal(err)
	}
	m, err := stream.CloseAndRecv()
	if err != nil {
		i.t.Fatal(err)
	}
	return m
}

// rowErrors lists what is wrong with an import, a line each.
func (i importer) rowErrors(ctx context.Context, name string) (all []string) {
	i.t.Helper()
	page, err := i.ListRowErrors(ctx, &spsv1.ListRowErrorsRequest{Parent: name, PageSize: 1000})
	if err != nil {
		i.t.Fatal(err)
	}
	for _, e := range page.GetRowErrors() {
		all = append(all, fmt.Sprintf("%s%d %s=%s %s %s", e.GetColumn(), e.GetRow(), e.GetHeading(), e.GetWritten(), e.GetField(), e.GetReason()))
	}
	return all
}

// reported shows what an import counts.
func reported(m *spsv1.Import) string {
	c := m.GetCounts()
	return fmt.Sprintf("%s: %d good, %d unchanged, %d refused, %d kept", strings.TrimPrefix(m.GetState().String(), "IMPORT_STATE_"),
		c.GetGood(), c.GetUnchanged(), c.GetRefused(), c.GetKept())
}

// sheetColumns are those of the sheets of these tests.
var sheetColumns = []string{"reportId", "reportStage", "sampId", "sampRole", "sampMatText", "lotNo", "paramText", "resVal", "resUnit", "evalCode", "limitVal", "limitCitation", "supersedes"}

// sheetRow returns the cells of a report that is in order.
func sheetRow(number string) []string {
	return []string{number, "final", "S-" + number, "official", "durian, fresh", "DR-17", "carbendazim", "0.31", "mg/kg", "non-compliant", "0.1", "GB 2763-2021", ""}
}

// csvSheet joins rows below the header.
func csvSheet(rows ...[]string) []byte {
	var b strings.Builder
	for _, row := range append([][]string{sheetColumns}, rows...) {
		b.WriteString(`"` + strings.Join(row, `","`) + "\"\r\n")
	}
	return []byte(b.String())
}

// TestSheetOfFindings uploads sheets of a laboratory to a real node.
func TestSheetOfFindings(t *testing.T) {
	w := newWorld(t, "VN")
	vn := w.start("VN")
	hanoi := vn.importer("hanoi-lab")
	ctx := metadata.AppendToOutgoingContext(t.Context(), "accept-language", "vi")

	bad := sheetRow("L-2")
	bad[7], bad[8], bad[2] = "0,3,1", "mg/kgs", ""
	preview := hanoi.upload(ctx, csvSheet(sheetRow("L-1"), bad), &spsv1.ImportHeader{Filename: "t.csv"})
	if got, want := reported(preview), "CHECKED: 1 good, 0 unchanged, 1 refused, 0 kept"; got != want {
		t.Errorf("the preview: %s, want %s; %v", got, want, preview)
	}
	wrong := []string{"C3 sampId= sample.number SAMPLE_NUMBER", "H3 resVal=0,3,1  NUMBER", "I3 resUnit=mg/kgs  UNIT"}
	if diff := cmp.Diff(wrong, hanoi.rowErrors(ctx, preview.GetName())); diff != "" {
		t.Errorf("what is wrong (-want +got):\n%s", diff)
	}
	if got := standing(t, vn.findings(certs.RoleOfficer), &spsv1.ListFindingsRequest{}); got != "" {
		t.Errorf("a preview has kept %q", got)
	}
	done := hanoi.upload(ctx, csvSheet(sheetRow("L-1"), bad), &spsv1.ImportHeader{Commit: spsv1.ImportCommit_IMPORT_COMMIT_GOOD_ROWS})
	if got, want := reported(done), "DONE: 1 good, 0 unchanged, 1 refused, 1 kept"; got != want {
		t.Errorf("the good rows: %s, want %s", got, want)
	}

	// In two batches: a report replaces one of the batch before, and so does another.
	var rows [][]string
	for n := range 250 {
		rows = append(rows, sheetRow(fmt.Sprintf("M-%d", n)))
	}
	rows[240][12], rows[241][12], rows[242][12] = "M-3", "M-240", "M-3"
	many := hanoi.upload(ctx, workbook(t, rows...), &spsv1.ImportHeader{})
	if got, want := reported(many), "CHECKED: 249 good, 0 unchanged, 1 refused, 0 kept"; got != want {
		t.Errorf("a workbook: %s, want %s", got, want)
	}
	if diff := cmp.Diff([]string{"M244 supersedes=M-3 supersedes_reports[0] REPORT_SUPERSEDED"}, hanoi.rowErrors(ctx, many.GetName())); diff != "" {
		t.Errorf("what the preview finds (-want +got):\n%s", diff)
	}
	again := hanoi.upload(ctx, workbook(t, rows...), &spsv1.ImportHeader{Commit: spsv1.ImportCommit_IMPORT_COMMIT_GOOD_ROWS})
	if got, want := reported(again), "DONE: 249 good, 0 unchanged, 1 refused, 249 kept"; got != want {
		t.Errorf("the workbook: %s, want %s", got, want)
	}
	again = hanoi.upload(ctx, workbook(t, rows...), &spsv1.ImportHeader{Commit: spsv1.ImportCommit_IMPORT_COMMIT_GOOD_ROWS})
	if got, want := reported(again), "DONE: 0 good, 249 unchanged, 1 refused, 0 kept"; got != want {
		t.Errorf("the workbook again: %s, want %s", got, want)
	}
	if _, err := vn.importer("hue-lab").GetImport(ctx, &spsv1.GetImportRequest{Name: again.GetName()}); told(err) != "NOT_FOUND" {
		t.Errorf("of another laboratory: %q, want NOT_FOUND", told(err))
	}
}

// workbook writes rows of findings below the header into a workbook.
func workbook(t testing.TB, rows ...[]string) []byte {
	t.Helper()
	return workbookOf(t, append([][]string{sheetColumns}, rows...))
}

// workbookOf writes rows into a workbook.
func workbookOf(t testing.TB, rows [][]string) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	stream, err := f.NewStreamWriter("Sheet1")
	for i, row := range rows {
		cells := make([]any, len(row))
		for j, text := range row {
			cells[j] = text
		}
		if err == nil {
			err = stream.SetRow(fmt.Sprintf("A%d", i+1), cells)
		}
	}
	var file bytes.Buffer
	if err == nil {
		err = errors.Join(stream.Flush(), f.Write(&file))
	}
	if err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}
