//go:build !race

package sheet_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/server/sheet"
)

// TestRowsAreNotKept writes five thousand rows of twelve kilobytes, and holds the
// memory that it takes to a fraction of what they are. One goroutine writes, so
// that the race detector, with which it takes half a minute, has nothing to find.
func TestRowsAreNotKept(t *testing.T) {
	for name, begin := range map[string]func(io.Writer) (sheet.Writer, error){
		"csv":  func(w io.Writer) (sheet.Writer, error) { return sheet.NewCSV(w, columns...), nil },
		"xlsx": func(w io.Writer) (sheet.Writer, error) { return sheet.NewXLSX(w, columns...) },
	} {
		t.Run(name, func(t *testing.T) {
			w, err := begin(io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Repeat("Sầu riêng đông lạnh. ", 400)
			var before, now runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			var most uint64
			for i := range 5_000 {
				if err := w.Row(fmt.Sprintf("VN-2026-%06d", i), text, at, uint64(i), "000123"); err != nil {
					t.Fatal(err)
				}
				if i%1_000 == 999 {
					runtime.GC()
					runtime.ReadMemStats(&now)
					most = max(most, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc))
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			const limit = 40 << 20 // the texts alone are 58 MB
			if most > limit {
				t.Errorf("%d bytes are held while rows are written, want at most %d", most, limit)
			}
			t.Logf("held at most %d KiB", most>>10)
		})
	}
}
