package server_test

import (
	"fmt"
	"testing"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// BenchmarkImportCodes imports a workbook of the code register at a real node, check
// and commit, anew and once more unchanged, and says how much higher the heap got than
// it was before. Owners have about three codes each.
//
//	go test ./server -run - -bench ImportCodes -benchtime 1x
func BenchmarkImportCodes(b *testing.B) {
	const size = 20_000
	desk := newWorld(b, "VN").start("VN").registrar()
	rows := [][]string{codeColumns}
	for n := range size {
		rows = append(rows, codeRow(fmt.Sprintf("VN-DT-%05d", n), fmt.Sprintf("Hợp tác xã %d", n%7000),
			"products", "080450", "validFrom", "2025-03-01", "ownerEmail", fmt.Sprintf("htx%d@example.vn", n%7000)))
	}
	sheet := workbookOf(b, rows)
	for _, round := range []struct {
		name string
		kept int32
	}{{"new", size}, {"again", 0}} {
		b.Run(round.name, func(b *testing.B) {
			for b.Loop() {
				highest := highestHeap(func() {
					m := desk.upload(b.Context(), sheet, codesHeader(spsv1.ImportCommit_IMPORT_COMMIT_IF_GOOD))
					if m.GetCounts().GetKept() != round.kept || m.GetState() != spsv1.ImportState_IMPORT_STATE_DONE {
						b.Fatal(previewed(m))
					}
				})
				b.ReportMetric(float64(highest)/(1<<20), "MiB-above")
			}
		})
	}
}
