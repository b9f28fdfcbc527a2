package server_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// BenchmarkNotice measures at a real node how long it takes from a case of two lots
// being in the casebook, durably, until the notices of its two exporters are: the case
// is read from the ledger, folded, compared with the code register, and what each is
// told is committed and watched. The register has 200 codes and then 20,000; times
// says how much longer it takes with the latter. Under 50 ms is wanted.
//
//	go test ./server -run - -bench BenchmarkNotice -benchtime 100x
func BenchmarkNotice(b *testing.B) {
	var few time.Duration
	for _, codes := range []int{200, 20_000} {
		b.Run(fmt.Sprintf("codes=%d", codes), func(b *testing.B) {
			w := newWorld(b, "VN")
			w.eyes = "four_eyes: {alone: all}\nexporters: {at_once: alert}\nrates: {read: off, write: off}"
			vn := w.start("VN")
			rows := [][]string{codeColumns}
			for n := range codes {
				rows = append(rows, codeRow(fmt.Sprintf("VN-DT-%05d", n), fmt.Sprintf("Hợp tác xã %d", n)))
			}
			if m := vn.registrar().upload(b.Context(), workbookOf(b, rows), codesHeader(spsv1.ImportCommit_IMPORT_COMMIT_IF_GOOD)); m.GetCounts().GetKept() != int32(codes) {
				b.Fatal(previewed(m))
			}
			watch, err := spsv1.NewConsignmentServiceClient(vn.as(certs.RoleOfficer, "lan")).
				WatchConsignmentNotices(b.Context(), &spsv1.WatchConsignmentNoticesRequest{})
			if err != nil {
				b.Fatal(err)
			}
			validator, n, total := vn.validator(), 0, time.Duration(0)
			for b.Loop() {
				s := dragonfruit(spsv1.Classification_CLASSIFICATION_ALERT)
				s.Addressees, s.Network = nil, true
				for i, l := range s.GetNotification().GetProducts()[0].GetLots() {
					l.Codes[0].Code = fmt.Sprintf("VN DT %05d", (n*7+i)%codes)
				}
				n++
				issued, err := validator.IssueStatement(b.Context(), request(vn, s))
				if err != nil {
					b.Fatal(told(err))
				}
				begun := time.Now()
				for there := 0; there < 2; {
					event, err := watch.Recv()
					if err != nil {
						b.Fatal(told(err))
					}
					if n := event.GetNotice(); n.GetReference() == issued.GetReference() && n.GetState() == spsv1.NoticeState_NOTICE_STATE_SENT {
						there++
					}
				}
				total += time.Since(begun)
			}
			each := total / time.Duration(n)
			b.ReportMetric(float64(each.Microseconds())/1000, "ms/case")
			if few == 0 {
				few = each
			} else {
				b.ReportMetric(float64(each)/float64(few), "times")
			}
		})
	}
}
