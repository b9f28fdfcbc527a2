package casebook_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// many fills a book with as many cases, written in three scripts, and returns
// the bytes of all rows of the book and of all envelopes.
func many(tb testing.TB, s store.Store, b *casebook.Book, cases int) (rows, envelopes int) {
	tb.Helper()
	products := [][]string{
		{"vi", "Sầu riêng đông lạnh", "en", "Frozen durian"},
		{"th", "มะม่วงน้ำดอกไม้", "en", "Nam Dok Mai mango"},
		{"zh-Hans", "大白菜", "en", "Chinese cabbage"},
	}
	hazards := []string{"cadmium", "chlorpyrifos", "Salmonella enterica"}
	for from := 0; from < cases; from += 1000 {
		err := s.Update(tb.Context(), func(tx store.Tx) error {
			for i := from; i < min(from+1000, cases); i++ {
				goods, hazard := products[i%3], hazards[i/3%3]
				st := &spsv1.Statement{
					Status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL, Handling: spsv1.Handling_HANDLING_NETWORK, Network: true,
					Addressees:         []*spsv1.Addressee{{Office: "VN", CardNumber: 1}},
					Flags:              []*spsv1.Flag{{Office: "VN", Kind: spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP}},
					ExternalReferences: []*spsv1.ExternalReference{{System: "RASFF", Number: fmt.Sprintf("2026.%05d", i)}},
					Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{
						Classification: spsv1.Classification(1 + i%7),
						Subject:        texts("en", hazard+" in "+goods[3]+" from Viet Nam", goods[0], goods[1]+": "+hazard),
						Products: []*spsv1.Product{{
							Id: "p1", Name: texts(goods...), CommodityCodes: []*spsv1.Coding{{System: "hs", Code: "081060"}},
							Origins: stated("VN"), Codes: []*spsv1.SiteCode{{Kind: 1, Code: fmt.Sprintf("VN-DLOR-%04d", i%5000)}},
						}},
						Parties:  []*spsv1.Party{{Id: "o1", Name: fmt.Sprintf("Công ty Trái cây %d", i%977)}},
						Findings: []*spsv1.Finding{agent("7440-43-9", hazard)},
					}},
				}
				e := entry(tb, certs.Office([]string{"CN", "TH", "VN"}[i%3]), uint64(i), st)
				e.Position.N = uint64(i + 1)
				e.Leaf.Time = timestamppb.New(day.AddDate(0, 0, i/300))
				envelopes += len(e.Envelope)
				if err := b.Entry(tx, e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	for _, table := range casebook.Tables() {
		err := s.View(tb.Context(), func(r store.Reader) error {
			for item, err := range r.Scan(table, nil, nil, false) {
				if err != nil {
					return err
				}
				rows += len(item.Key) + len(item.Value)
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return rows, envelopes
}

// processor returns the time for which the process has been computing, which
// others on the machine do not change as they do the time on the wall.
func processor(tb testing.TB) time.Duration {
	tb.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkCases searches 100,000 cases to the end, or for a page.
func BenchmarkCases(b *testing.B) {
	const cases = 100_000
	s := newStore(b)
	book := openBook(b, s, "VN")
	rows, envelopes := many(b, s, book, cases)
	b.Logf("a case has %d bytes in the book, %d in its envelope", rows/cases, envelopes/cases)
	for _, bc := range []struct {
		name, filter, query, order string
		found                      int // of a page of 100
	}{
		{"first page", "", "", "", 100},
		{"words of none", "", "sau rieng mercury", "", 0},
		{"words of one", "", "rasff 2026.00042", "", 1},
		{"Thai words of none", "", "น้ำดอกไม้ mercury", "", 0},
		{"filter of none", `classification = ALERT AND hazard:"mercury" AND origin = VN`, "", "", 0},
		{"filter of one", `external_reference = "RASFF 2026.00042"`, "", "", 1},
		{"code of none", `code = "VN-DLOR-9999"`, "", "", 0},
		{"one case", `case = "CN-2026-000003"`, "", "", 1},
		{"recorded before", `record_time < "2000-01-01"`, "", "", 0},
		{"words of one by time of issue", "", "rasff 2026.00042", "issue_time desc", 1},
		{"words of one by reference", "", "rasff 2026.00042", "reference", 1},
		{"recorded before by time of issue", `record_time < "2000-01-01"`, "", "issue_time", 0},
		{"all kinds of none", `(hazard:"mercury" OR product:"mercury") AND record_time > "2000-01-01" AND NOT origin = TH AND office != MM`, "sau rieng", "reference desc", 0},
		{"issued before by time of issue", `issue_time < "2000-01-01"`, "", "issue_time desc", 0},
	} {
		b.Run(bc.name, func(b *testing.B) {
			q, problems := casebook.DefaultLimits().ParseQuery(bc.filter, bc.query, bc.order)
			if err := problems.Err(); err != nil {
				b.Fatal(err)
			}
			used := processor(b)
			for b.Loop() {
				items, _, err := book.Cases(b.Context(), q, casebook.Page{UpTo: cases, Limit: 100, Budget: 2 * cases})
				if err != nil || len(items) != bc.found {
					b.Fatalf("%d found, %v, want %d", len(items), err, bc.found)
				}
			}
			b.ReportMetric(float64((processor(b)-used).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// BenchmarkSimilar looks for what resembles a statement among 100,000 cases of
// one year: every ninth has its product, hazard and origin.
func BenchmarkSimilar(b *testing.B) {
	const cases, most = 100_000, 20
	s := newStore(b)
	book := openBook(b, s, "VN")
	many(b, s, book, cases)
	for _, bc := range []struct {
		name, hazard string
		found        int
	}{
		{"to none", "mercury", 0},
		{"to many", "cadmium", most},
	} {
		b.Run(bc.name, func(b *testing.B) {
			st := &spsv1.Statement{Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{
				Subject:  texts("en", "what nobody has written yet"),
				Products: []*spsv1.Product{{Name: texts("en", "Frozen durian"), Origins: stated("VN")}},
				Parties:  []*spsv1.Party{{Name: "An operator that nobody has named"}},
				Findings: []*spsv1.Finding{agent("0-0-0", bc.hazard)},
			}}}
			used := processor(b)
			for b.Loop() {
				found, err := book.Similar(b.Context(), st, day.AddDate(-1, 0, 0), cases, most)
				if err != nil || len(found) != bc.found {
					b.Fatalf("%d found, %v, want %d", len(found), err, bc.found)
				}
			}
			b.ReportMetric(float64((processor(b)-used).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// BenchmarkEntry files a notification, without making it durable.
func BenchmarkEntry(b *testing.B) {
	s := newStore(b)
	book := openBook(b, s, "VN")
	e := small(b)[0]
	if _, err := statement.Decode(e.Envelope, federation, "CN"); err != nil {
		b.Fatal(err)
	}
	err := s.Update(b.Context(), func(tx store.Tx) error {
		for b.Loop() {
			e.Position.N++
			if err := book.Entry(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
