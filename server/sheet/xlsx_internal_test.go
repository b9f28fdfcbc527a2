package sheet

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// TestAFullSheetIsFollowedByAnother lets three rows be a full sheet.
func TestAFullSheetIsFollowedByAnother(t *testing.T) {
	var out bytes.Buffer
	w, err := newXLSX(&out, 3, []string{"n"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if err := w.Row(fmt.Sprintf("%04d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for name, want := range map[string][][]string{
		"Sheet1": {{"n"}, {"0000"}, {"0001"}}, "Sheet2": {{"n"}, {"0002"}, {"0003"}}, "Sheet3": {{"n"}, {"0004"}},
	} {
		got, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
