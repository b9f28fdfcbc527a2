package intake_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/intake"
)

const (
	committed  = spsv1.ImportCommit_IMPORT_COMMIT_IF_GOOD
	goodRows   = spsv1.ImportCommit_IMPORT_COMMIT_GOOD_ROWS
	withErrors = "key,number\na,1\nb,zwei\nc,0\nd,4000\n"
)

// sheetOf returns a sheet of so many things.
func sheetOf(n int) string {
	var b strings.Builder
	b.WriteString("key,number\n")
	for i := range n {
		fmt.Fprintf(&b, "k%d,%d\n", i, i%900+1)
	}
	return b.String()
}

// TestCheckThenCommit looks at a sheet first, commits what is good of it, and
// mends the rest.
func TestCheckThenCommit(t *testing.T) {
	d := newDesk(t)
	ctx := d.as("hanoi-lab")
	m := d.mustUpload(ctx, withErrors, &spsv1.ImportHeader{Filename: `C:\tables\x.csv`})
	if got, want := counted(m), "CHECKED rows 4/4: 2 good, 0 unchanged, 2 refused, 0 kept, 2 errors, 1 notes"; got != want {
		t.Fatalf("after the check %s, want %s", got, want)
	}
	if m.GetFilename() != "x.csv" || m.GetSizeBytes() != uint64(len(withErrors)) || m.GetCreator().GetId() != "hanoi-lab" {
		t.Errorf("the import is %v", m)
	}
	errs := []string{`B3 number  NUMBER "zwei"`, `B5 number number TOO_MUCH "4000"`}
	if diff := cmp.Diff(errs, d.errors(ctx, &spsv1.ListRowErrorsRequest{Parent: m.GetName(), PageSize: 1})); diff != "" {
		t.Errorf("row errors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{`B4 number  ZERO "0"`}, d.errors(ctx, &spsv1.ListRowErrorsRequest{Parent: m.GetName(), Notes: true})); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	if _, err := d.CommitImport(ctx, &spsv1.CommitImportRequest{Name: m.GetName()}); told(err) != "INVALID good_rows ROWS_REFUSED" {
		t.Errorf("committed with rows refused: %q", told(err))
	}
	if _, err := d.CommitImport(ctx, &spsv1.CommitImportRequest{Name: m.GetName(), GoodRows: true}); err != nil {
		t.Fatal(err)
	}
	done := "DONE rows 4/4: 2 good, 0 unchanged, 2 refused, 2 kept, 2 errors, 1 notes"
	if m = d.settled(ctx, m.GetName()); counted(m) != done || m.GetCommitter().GetId() != "hanoi-lab" {
		t.Errorf("after the commit %s of %s, want %s", counted(m), m.GetCommitter(), done)
	}
	if diff := cmp.Diff(errs, d.errors(ctx, &spsv1.ListRowErrorsRequest{Parent: m.GetName()})); diff != "" {
		t.Errorf("row errors of the commit (-want +got):\n%s", diff)
	}
	if again, err := d.CommitImport(ctx, &spsv1.CommitImportRequest{Name: m.GetName()}); err != nil || counted(again) != done {
		t.Errorf("committed again: %s, %v, want it as it is", counted(again), err)
	}
	mended := d.mustUpload(ctx, "key,number\na,1\nb,2\nc,0\nd,4\n", &spsv1.ImportHeader{Commit: committed})
	if got, want := counted(mended), "DONE rows 4/4: 2 good, 2 unchanged, 0 refused, 2 kept, 0 errors, 1 notes"; got != want {
		t.Errorf("mended, in one call: %s, want %s", got, want)
	}
	if m := d.mustUpload(ctx, withErrors, &spsv1.ImportHeader{Commit: committed}); m.GetState() != spsv1.ImportState_IMPORT_STATE_CHECKED {
		t.Errorf("with errors, if it is good: %s, want it to wait", counted(m))
	}
	if m := d.mustUpload(ctx, withErrors, &spsv1.ImportHeader{Commit: goodRows}); m.GetState() != spsv1.ImportState_IMPORT_STATE_DONE {
		t.Errorf("the good rows, in one call: %s, want it done", counted(m))
	}
	page, err := d.ListImports(ctx, &spsv1.ListImportsRequest{PageSize: 3})
	if err != nil || len(page.GetImports()) != 3 || page.GetNextPageToken() == "" {
		t.Fatalf("the first page: %v, %v", page, err)
	}
	page, err = d.ListImports(ctx, &spsv1.ListImportsRequest{PageSize: 3, PageToken: page.GetNextPageToken()})
	if err != nil || len(page.GetImports()) != 1 || page.GetImports()[0].GetName() != m.GetName() || page.GetNextPageToken() != "" {
		t.Errorf("the last page: %v, %v, want the first import", page, err)
	}
}

// told returns what the caller is told of an error: reason, and the field and
// reason of the first violation.
func told(err error) string {
	if err == nil {
		return ""
	}
	reason, _ := access.Told(err)
	text := string(reason)
	for _, v := range violations(err) {
		text += " " + v
	}
	return text
}

// TestOthersSeeNothing tries every method at the import and the mapping of
// another laboratory.
func TestOthersSeeNothing(t *testing.T) {
	d := newDesk(t)
	m := d.mustUpload(d.as("hanoi-lab"), withErrors, nil)
	if _, err := d.SetImportMapping(d.as("hanoi-lab"), &spsv1.SetImportMappingRequest{Name: "importKinds/things/mapping", Text: "key"}); err != nil {
		t.Fatal(err)
	}
	ctx := d.as("hue-lab")
	for what, try := range map[string]func() error{
		"get": func() error { _, err := d.GetImport(ctx, &spsv1.GetImportRequest{Name: m.GetName()}); return err },
		"errors": func() error {
			_, err := d.ListRowErrors(ctx, &spsv1.ListRowErrorsRequest{Parent: m.GetName()})
			return err
		},
		"commit": func() error {
			_, err := d.CommitImport(ctx, &spsv1.CommitImportRequest{Name: m.GetName(), GoodRows: true})
			return err
		},
		"cancel": func() error { _, err := d.CancelImport(ctx, &spsv1.CancelImportRequest{Name: m.GetName()}); return err },
		"delete": func() error { _, err := d.DeleteImport(ctx, &spsv1.DeleteImportRequest{Name: m.GetName()}); return err },
		"mapping": func() error {
			_, err := d.GetImportMapping(ctx, &spsv1.GetImportMappingRequest{Name: "importKinds/things/mapping"})
			return err
		},
		"watch": func() error {
			watch, err := d.WatchImport(ctx, &spsv1.WatchImportRequest{Name: m.GetName()})
			if err == nil {
				_, err = watch.Recv()
			}
			return err
		},
	} {
		if err := try(); told(err) != "NOT_FOUND" {
			t.Errorf("%s: %q, want NOT_FOUND", what, told(err))
		}
	}
	if page, err := d.ListImports(ctx, &spsv1.ListImportsRequest{}); err != nil || len(page.GetImports()) > 0 {
		t.Errorf("the list of another laboratory: %v, %v", page, err)
	}
	if now, err := d.GetImport(d.as("hanoi-lab"), &spsv1.GetImportRequest{Name: m.GetName()}); err != nil || counted(now) != counted(m) {
		t.Errorf("afterwards it is %s, %v, want %s", counted(now), err, counted(m))
	}
}

// TestSheetsThatCannotBeTaken are refused when they are uploaded, or fail as a
// whole.
func TestSheetsThatCannotBeTaken(t *testing.T) {
	d := newDesk(t)
	d.limits.Open = 100
	d.stop()
	d.start()
	ctx := d.as("hanoi-lab")
	for _, tc := range []struct {
		name, sheet string
		header      *spsv1.ImportHeader
		want        string
	}{
		{"nothing", "", nil, "INVALID data FILE_EMPTY"},
		{"a PDF", "%PDF-1.4 a report", nil, "INVALID data FILE_KIND"},
		{"an archive", "PK\x03\x04 but no workbook", nil, "INVALID data TYPE_MISMATCH"},
		{"bytes", "a\x00b", nil, "INVALID data FILE_KIND"},
		{"another size", "key,number\n", &spsv1.ImportHeader{SizeBytes: 5}, "INVALID data MISMATCH"},
		{"too large", strings.Repeat("x", 1<<20+1), nil, "TOO_LARGE"},
		{"said to be too large", "key,number\n", &spsv1.ImportHeader{SizeBytes: 1<<20 + 1}, "TOO_LARGE"},
		{"another kind", "key,number\n", &spsv1.ImportHeader{Kind: "codes"}, "NOT_FOUND"},
		{"a bad mapping", "key,number\n", &spsv1.ImportHeader{Mapping: "{\n}"}, "INVALID header.mapping:1 MAPPING header.mapping:2 MAPPING"},
		{"no column", "name,number\na,1\n", nil, "FAILED COLUMN_MISSING"},
		{"neither column", "name,size\na,1\n", nil, "FAILED COLUMN_MISSING COLUMN_MISSING"},
		{"its own column", "Chìa khóa,number\na,1\n", &spsv1.ImportHeader{Mapping: "chìa khóa"}, "CHECKED"},
		{"no rows", "key,number\n", nil, "FAILED SHEET_EMPTY"},
		{"too many rows", sheetOf(5001), nil, "FAILED SHEET_ROWS"},
		{"a fault in its reading", "key,number\na,boom\n", nil, "FAILED INTERNAL"},
	} {
		m, err := d.upload(ctx, tc.sheet, tc.header)
		got := told(err)
		if err == nil {
			m = d.settled(ctx, m.GetName())
			got = strings.TrimPrefix(m.GetState().String(), "IMPORT_STATE_")
			for _, p := range m.GetProblems() {
				got += " " + p.GetReason()
			}
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// TestMappingOfALaboratory sets a mapping, whose sheets are read by it from then
// on, and takes it back.
func TestMappingOfALaboratory(t *testing.T) {
	d := newDesk(t)
	ctx := d.as("hanoi-lab")
	const name, sheet = "importKinds/things/mapping", "code,number\na,1\n"
	if _, err := d.SetImportMapping(ctx, &spsv1.SetImportMappingRequest{Name: name, Text: "{\nx"}); told(err) != "INVALID text:1 MAPPING text:2 MAPPING" {
		t.Errorf("a bad mapping: %q", told(err))
	}
	if _, err := d.SetImportMapping(ctx, &spsv1.SetImportMappingRequest{Name: name, Text: "code", ValidateOnly: true}); err != nil {
		t.Error(err)
	}
	if _, err := d.GetImportMapping(ctx, &spsv1.GetImportMappingRequest{Name: name}); told(err) != "NOT_FOUND" {
		t.Errorf("after a trial: %q, want no mapping", told(err))
	}
	if m, err := d.SetImportMapping(ctx, &spsv1.SetImportMappingRequest{Name: name, Text: "code"}); err != nil || m.GetSetter().GetId() != "hanoi-lab" {
		t.Errorf("set: %v, %v", m, err)
	}
	if m := d.mustUpload(ctx, sheet, nil); m.GetMappingSource() != spsv1.ImportMappingSource_IMPORT_MAPPING_SOURCE_SET || m.GetCounts().GetGood() != 1 {
		t.Errorf("read by the mapping that is set: %s", counted(m))
	}
	if _, err := d.DeleteImportMapping(ctx, &spsv1.DeleteImportMappingRequest{Name: name}); err != nil {
		t.Error(err)
	}
	if m := d.mustUpload(ctx, sheet, nil); m.GetState() != spsv1.ImportState_IMPORT_STATE_FAILED {
		t.Errorf("after the mapping was taken back: %s, want the column missed", counted(m))
	}
	stream, err := d.DownloadTemplate(ctx, &spsv1.DownloadTemplateRequest{Name: "importKinds/things/template", Format: spsv1.TemplateFormat_TEMPLATE_FORMAT_CSV})
	if err != nil {
		t.Fatal(err)
	}
	piece, err := stream.Recv()
	if want := "key,number\r\nTEMPLATE_FORMAT_CSV []\r\n"; err != nil || string(piece.GetData()) != want {
		t.Errorf("template %q, %v, want %q", piece.GetData(), err, want)
	}
	if header, err := stream.Header(); err != nil || header.Get("content-disposition")[0] != `attachment; filename="things.csv"` {
		t.Errorf("header %v, %v", header, err)
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("behind the template: %v, want its end", err)
	}
}

// TestLimitsOfAnOwner holds a laboratory to so many imports, and lets old ones go.
func TestLimitsOfAnOwner(t *testing.T) {
	d := newDesk(t)
	ctx := d.as("hanoi-lab")
	var names []string
	for range d.limits.Open {
		names = append(names, d.mustUpload(ctx, sheetOf(1), nil).GetName())
	}
	if _, err := d.upload(ctx, sheetOf(1), nil); told(err) != "LIMIT" {
		t.Errorf("one more than may be open: %q, want LIMIT", told(err))
	}
	if m := d.mustUpload(d.as("hue-lab"), sheetOf(1), nil); m.GetState() != spsv1.ImportState_IMPORT_STATE_CHECKED {
		t.Errorf("another laboratory: %s", counted(m))
	}
	for _, name := range names {
		if m, err := d.CancelImport(ctx, &spsv1.CancelImportRequest{Name: name}); err != nil || m.GetEndTime() == nil {
			t.Fatalf("cancel: %v, %v", m, err)
		}
	}
	if _, err := d.CommitImport(ctx, &spsv1.CommitImportRequest{Name: names[0]}); told(err) != "IMPORT_STATE" {
		t.Errorf("committed after it was cancelled: %q, want IMPORT_STATE", told(err))
	}
	for range d.limits.Kept - len(names) + 1 {
		names = append(names, d.mustUpload(ctx, sheetOf(1), nil).GetName())
	}
	d.gone(ctx, names[0])
	if _, err := d.DeleteImport(ctx, &spsv1.DeleteImportRequest{Name: names[1]}); err != nil {
		t.Error(err)
	}
	d.gone(ctx, names[1])
	d.ahead.Store(int64(d.limits.Keep + time.Minute))
	d.gone(ctx, names[2])
	d.gone(ctx, names[len(names)-1])
}

// gone sweeps, and looks whether an import is not there any more.
func (d *desk) gone(ctx context.Context, name string) {
	d.t.Helper()
	if err := d.service.Sweep(d.t.Context()); err != nil {
		d.t.Error(err)
	}
	if m, err := d.GetImport(ctx, &spsv1.GetImportRequest{Name: name}); told(err) != "NOT_FOUND" {
		d.t.Errorf("%s: %s, %v, want it gone", name, counted(m), err)
	}
}

var _ intake.Kind = (*things)(nil)

// TestPagesOfImportsAreBounded lists imports that are as long as a message may be,
// page by page.
func TestPagesOfImportsAreBounded(t *testing.T) {
	d := newDesk(t)
	d.limits.Open, d.limits.Kept = 10, 10
	d.stop()
	d.start()
	ctx := d.as("hanoi-lab")
	for range 5 {
		d.mustUpload(ctx, "key,number,long\na,1,1\n", nil)
	}
	req, seen, pages := &spsv1.ListImportsRequest{}, map[string]bool{}, 0
	for {
		page, err := d.ListImports(ctx, req)
		if err != nil {
			t.Fatal(err)
		}
		pages++
		for _, m := range page.GetImports() {
			seen[m.GetName()] = true
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	if len(seen) != 5 || pages != 3 {
		t.Errorf("%d imports on %d pages, want 5 on 3", len(seen), pages)
	}
}

// TestProgressIsOfAll says while a sheet is checked how many rows there are, and
// commits it once, however often that is asked for.
func TestProgressIsOfAll(t *testing.T) {
	d := newDesk(t)
	ctx := d.as("hanoi-lab")
	reached := make(chan bool)
	commits := 0
	d.things.hook = func(commit bool, first int) {
		if commit {
			commits++
		}
		if first > 2 && first < 300 {
			reached <- true
			<-reached
		}
	}
	m, err := d.upload(ctx, sheetOf(1000), nil)
	if err != nil {
		t.Fatal(err)
	}
	<-reached
	if m, err = d.GetImport(ctx, &spsv1.GetImportRequest{Name: m.GetName()}); err != nil || m.GetCounts().GetRows() != 200 || m.GetCounts().GetRowsTotal() != 1000 {
		t.Errorf("in the second batch: %s, %v, want 200 rows of 1000", counted(m), err)
	}
	reached <- true
	d.settled(ctx, m.GetName())
	for range 3 {
		if _, err := d.CommitImport(ctx, &spsv1.CommitImportRequest{Name: m.GetName()}); err != nil {
			t.Fatal(err)
		}
	}
	<-reached
	for range 100 {
		if _, err := d.CommitImport(ctx, &spsv1.CommitImportRequest{Name: m.GetName()}); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.service.Waiting(); got > 1 {
		t.Errorf("%d imports wait, want none but the one under way", got)
	}
	reached <- true
	if m = d.settled(ctx, m.GetName()); m.GetCounts().GetKept() != 1000 || commits != 5 {
		t.Errorf("%s in %d batches, want 1000 kept in 5", counted(m), commits)
	}
}
