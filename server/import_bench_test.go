package server_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// BenchmarkImportFindings imports workbooks of findings at a real node, check and
// commit, and says how much higher the heap got than it was before.
//
//	go test ./server -run - -bench ImportFindings -benchtime 1x
func BenchmarkImportFindings(b *testing.B) {
	for _, size := range []int{5000, 20_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			hanoi := newWorld(b, "VN").start("VN").importer("hanoi-lab")
			round := 0
			for b.Loop() {
				b.StopTimer()
				rows := make([][]string, size)
				for n := range rows {
					rows[n] = sheetRow(fmt.Sprintf("B-%d-%d", round, n))
				}
				round++
				sheet := workbook(b, rows...)
				b.StartTimer()
				highest := highestHeap(func() {
					m := hanoi.upload(b.Context(), sheet, &spsv1.ImportHeader{Commit: spsv1.ImportCommit_IMPORT_COMMIT_IF_GOOD})
					if m.GetCounts().GetKept() != int32(size) {
						b.Fatal(reported(m))
					}
				})
				b.ReportMetric(float64(highest)/(1<<20), "MiB-above")
			}
		})
	}
}

// highestHeap returns how many bytes the heap had at most while fn ran, beside
// those that it had before.
func highestHeap(fn func()) uint64 {
	now := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	before, stop, highest := now(), make(chan struct{}), make(chan uint64)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for most := before; ; {
			select {
			case <-tick.C:
				most = max(most, now())
			case <-stop:
				highest <- most - before
				return
			}
		}
	}()
	fn()
	close(stop)
	return <-highest
}
