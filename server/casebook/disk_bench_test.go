package casebook_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// written counts the bytes that are written to it.
type written int64

func (w *written) Write(p []byte) (int, error) { *w += written(len(p)); return len(p), nil }

// BenchmarkDisk issues notifications of several sizes, and reports how many
// bytes of the file one takes, with its leaf, all indexes and the summary, and
// how much that is beside its envelope.
func BenchmarkDisk(b *testing.B) {
	for _, size := range []int{1 << 10, 2 << 10, 4 << 10, 8 << 10} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			s, err := bolt.Create(filepath.Join(b.TempDir(), "ledger.db"), bolt.Options{
				Tables:   append(ledger.Tables(), casebook.Tables()...),
				Appended: append(ledger.AppendedTables(), casebook.Appended()...),
			})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = s.Close() }) // the figures are there already
			office := authority.ForTest(b, "VN", "CN").Office("VN")
			o := ledgertest.OptionsOf(office, s, filepath.Join(b.TempDir(), "anchor"))
			o.Fold = openBook(b, s, "VN")
			if err := ledger.Init(b.Context(), o); err != nil {
				b.Fatal(err)
			}
			l := ledgertest.Open(b, o)
			var envelopes atomic.Int64
			issue := func(i int) error {
				envelope, err := statement.Encode(sized(office.Roster.Federation(), i, size))
				if err != nil {
					return err
				}
				envelopes.Add(int64(len(envelope)))
				id := fmt.Sprintf("0199c0de-0000-7000-8000-%012d", i)
				_, err = l.Append(b.Context(), ledgertest.Prepared(ledgertest.Statement(id, string(envelope), "CN")))
				return err
			}
			var next atomic.Int64
			for b.Loop() {
				const others = 255 // that wait at the same time
				var wg sync.WaitGroup
				for range 1 + others {
					wg.Go(func() {
						if err := issue(int(next.Add(1))); err != nil {
							b.Error(err)
						}
					})
				}
				wg.Wait()
			}
			var file written
			if err := s.Backup(b.Context(), &file); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(file)/float64(next.Load()), "disk-B")
			b.ReportMetric(float64(file)/float64(envelopes.Load()), "disk/envelope")
		})
	}
}

// sized is a notification whose envelope has about as many bytes.
func sized(federation string, i, bytes int) *spsv1.Statement {
	st := &spsv1.Statement{
		Salt: make([]byte, 32), Federation: federation, Office: "VN", RequestId: fmt.Sprintf("0199c0de-0000-7000-8000-%012d", i),
		Status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL, Handling: spsv1.Handling_HANDLING_ADDRESSEES_ONLY,
		Addressees: []*spsv1.Addressee{{Office: "CN", CardNumber: 1}},
		Flags:      []*spsv1.Flag{{Office: "CN", Kind: spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP}},
		Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{
			Classification: spsv1.Classification_CLASSIFICATION_BORDER_REJECTION,
			Subject:        texts("en", "Cadmium in frozen durian from Viet Nam", "vi", "Sầu riêng đông lạnh: cadimi"),
			Products: []*spsv1.Product{{
				Id: "p1", Name: texts("vi", "Sầu riêng đông lạnh", "en", "Frozen durian"),
				CommodityCodes: []*spsv1.Coding{{System: "hs", Code: "081060"}},
				Origins:        stated("VN"), Codes: []*spsv1.SiteCode{{Kind: 1, Code: fmt.Sprintf("VN-DLOR-%04d", i%5000)}},
			}},
			Parties:  []*spsv1.Party{{Id: "o1", Name: fmt.Sprintf("Công ty Trái cây %d", i%977)}},
			Findings: []*spsv1.Finding{agent("7440-43-9", "cadmium")},
		}},
	}
	st.GetNotification().Description = texts("en", strings.Repeat("x", 1))
	if envelope, err := statement.Encode(st); err == nil && len(envelope) < bytes {
		st.GetNotification().Description = texts("en", strings.Repeat("x", bytes-len(envelope)))
	}
	return st
}
