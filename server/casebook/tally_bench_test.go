package casebook_test

import (
	"testing"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
)

// BenchmarkStatistics counts 100,000 cases by two dimensions, from what the book
// keeps of them.
func BenchmarkStatistics(b *testing.B) {
	const cases = 100_000
	s := newStore(b)
	book := openBook(b, s, "VN")
	many(b, s, book, cases)
	all := casebook.Page{UpTo: cases, Limit: 500, Budget: cases}
	q, _ := casebook.DefaultLimits().ParseQuery("", "", "")
	keepFacts(b, book, cases)
	for b.Loop() {
		tally := newTally(spsv1.Dimension_DIMENSION_WEEK, spsv1.Dimension_DIMENSION_HAZARD)
		for p := all; ; {
			items, next, err := book.Cases(b.Context(), q, p)
			if err != nil {
				b.Fatal(err)
			}
			facts, err := book.Facts(b.Context(), items)
			if err != nil {
				b.Fatal(err)
			}
			for _, f := range facts {
				if err := tally.Add(*f); err != nil {
					b.Fatal(err)
				}
			}
			if p.From = next; next == nil {
				break
			}
		}
		if got := tally.Statistics().GetTotal().GetCases(); got != cases {
			b.Fatalf("%d cases, want %d", got, cases)
		}
	}
}

// keepFacts summarizes all cases.
func keepFacts(b *testing.B, book *casebook.Book, upTo uint64) {
	b.Helper()
	hazards := []casebook.Term{{Value: "cas:7440-43-9", Label: "cadmium"}, {Value: "salmonella", Label: "Salmonella"}, {Value: "lead", Label: "Lead"}}
	for i := 0; ; {
		marks, err := book.Marked(b.Context(), upTo, 1000)
		if err != nil {
			b.Fatal(err)
		}
		if len(marks) == 0 {
			return
		}
		var some []casebook.Summarized
		for _, m := range marks {
			whole, err := book.MarkedOriginal(b.Context(), m)
			if err != nil {
				b.Fatal(err)
			}
			at := day.Add(time.Duration(i) * 5 * time.Minute)
			f := casebook.Facts{Office: whole.Office, Classification: spsv1.Classification(1 + i%7), Issued: at, Sampled: day}
			f.Values[spsv1.Dimension_DIMENSION_HAZARD] = hazards[i%3 : i%3+1]
			f.Values[spsv1.Dimension_DIMENSION_ORIGIN] = []casebook.Term{{Value: "VN", Label: "VN"}}
			f.Values[spsv1.Dimension_DIMENSION_NOTIFIER] = []casebook.Term{{Value: "TH", Label: "TH"}}
			for wait := range casebook.Answer {
				f.Turns = append(f.Turns, casebook.Turn{Wait: wait, Start: at, Due: at.Add(24 * time.Hour), Done: at.Add(time.Duration(i%3000) * time.Minute)})
			}
			some = append(some, casebook.Summarized{Mark: m, Whole: whole, Summary: &spsv1.CaseSummary{}, Facts: f})
			i++
		}
		if err := book.Summarize(b.Context(), some); err != nil {
			b.Fatal(err)
		}
	}
}
