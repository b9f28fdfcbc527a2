package ledger_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
)

func BenchmarkAppend(b *testing.B) {
	for _, inFlight := range []int{1, 512} {
		b.Run(fmt.Sprintf("inflight=%d", inFlight), func(b *testing.B) {
			var made atomic.Int64
			vn := ledgertest.Start(b, authority.ForTest(b, "VN", "CN").Office("VN"), func(o *ledger.Options) {
				o.Signer = countingKey{o.Signer, &made}
			})
			envelope := string(make([]byte, 2<<10))
			before, signed := vn.Bolt.Stats().Commits, made.Load()
			var next atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for range inFlight {
				wg.Go(func() {
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						vn.Issue(b, fmt.Sprintf("0199c0de-0000-7000-8000-%012d", i), envelope, "CN")
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(float64(vn.Bolt.Stats().Commits-before)/float64(b.N), "commits/op")
			b.ReportMetric(float64(made.Load()-signed)/float64(b.N), "signatures/op")
		})
	}
}

// BenchmarkRecord catches up with a log in pages of 256 entries; an operation
// is one entry.
func BenchmarkRecord(b *testing.B) {
	const page = 256
	fed := authority.ForTest(b, "VN", "CN")
	vn := ledgertest.Start(b, fed.Office("VN"), nil)
	envelope := string(make([]byte, 2<<10))
	var wg sync.WaitGroup
	var next atomic.Int64
	for range 256 {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				vn.Issue(b, fmt.Sprintf("r%d", i), envelope, "CN")
			}
		})
	}
	wg.Wait()
	cn := ledgertest.Start(b, fed.Office("CN"), nil)
	b.ResetTimer()
	cn.Follow(b, vn, vn.Origin(), page*(2<<10+300))
	b.StopTimer()
}
