package casebook_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/statement"
)

// word is what China says of a code for its own market and durian, by a sequence
// of its log.
func word(seq int, code string, action spsv1.CodeAction, until time.Time) *spsv1.CodeStatement {
	said := &spsv1.CodeStatement{
		Said:   &spsv1.Mark{Statement: fmt.Sprintf("offices/CN/statements/1-%d", seq), Time: timestamppb.New(day.Add(time.Duration(seq) * time.Minute))},
		Office: "CN", Half: spsv1.CodeHalf_CODE_HALF_REFUSED, Origin: "VN", Action: action, Measure: "m1", Case: fmt.Sprintf("cases/CN-2026-%06d", seq),
		Code:   &spsv1.SiteCode{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_PACKING_HOUSE, Code: code},
		Market: &spsv1.Area{Code: "CN"}, Product: statement.GoodsOf("081060"), Standing: spsv1.EntryStanding_ENTRY_STANDING_EFFECTIVE,
	}
	said.StartTime = said.GetSaid().GetTime()
	if !until.IsZero() {
		said.EndTime = timestamppb.New(until)
	}
	return said
}

const (
	suspended  = spsv1.CodeAction_CODE_ACTION_SUSPENDED
	reinstated = spsv1.CodeAction_CODE_ACTION_REINSTATED
)

// keepCodes summarizes a case that says something of codes.
func keepCodes(t testing.TB, b *casebook.Book, n int, said ...*spsv1.CodeStatement) {
	t.Helper()
	at := casebook.Place{Office: "CN", Epoch: 1, Sequence: uint64(n)}
	err := b.Summarize(t.Context(), []casebook.Summarized{{
		Mark: casebook.Mark{Place: at}, Whole: casebook.Item{Place: at, N: uint64(n)}, Summary: &spsv1.CaseSummary{}, Codes: said,
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func goodOn(t testing.TB, b *casebook.Book, code string, at time.Time) spsv1.CodeAnswer {
	t.Helper()
	good, err := b.Good(t.Context(), casebook.CodeQuestion{
		Code: code, Market: &spsv1.Area{Code: "CN"}, Product: statement.GoodsOf("08106000"), From: at, To: at,
	})
	if err != nil {
		t.Fatal(err)
	}
	return good.Answer
}

// TestCodesFollowTheirCases keeps what cases say of codes in any order, changes
// and drops it, and follows it with a clock.
func TestCodesFollowTheirCases(t *testing.T) {
	const (
		good    = spsv1.CodeAnswer_CODE_ANSWER_GOOD
		refused = spsv1.CodeAnswer_CODE_ANSWER_REFUSED
		unknown = spsv1.CodeAnswer_CODE_ANSWER_UNKNOWN
	)
	now := day.AddDate(0, 0, 1)
	b, err := casebook.Open(t.Context(), casebook.Options{
		Store: newStore(t), Federation: federation, Office: "VN", Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	var cursor casebook.ChangeCursor
	follow := func(want string, wantNext time.Time) {
		t.Helper()
		var got []string
		events, after, next, err := b.CodesAfter(t.Context(), casebook.CodeQuery{}, cursor, 10)
		if err != nil || !next.Equal(wantNext) {
			t.Errorf("next change at %v, %v, want %v", next, err, wantNext)
		}
		for _, e := range events {
			one := "nothing"
			for _, s := range e.Statuses {
				one = s.GetCode().GetCode() + " " + strings.TrimPrefix(s.GetAnswer().String(), "CODE_ANSWER_")
			}
			got = append(got, one)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("changes %q, want %q", got, want)
		}
		cursor = after
	}
	follow("", time.Time{})
	end := now.AddDate(0, 0, 3)
	keepCodes(t, b, 2, word(9, "DL 2", reinstated, time.Time{}))
	keepCodes(t, b, 1, word(5, "VN-DL-2", suspended, time.Time{}), word(6, "VN-DL-7", suspended, end))
	for code, want := range map[string]spsv1.CodeAnswer{"dl2": good, "VNDL7": refused, "DL 8": unknown} {
		if got := goodOn(t, b, code, now); got != want {
			t.Errorf("%s is %v, want %v", code, got, want)
		}
	}
	follow("DL 2 GOOD, VN-DL-7 REFUSED", end)
	keepCodes(t, b, 1, word(5, "VN-DL-2", suspended, time.Time{}), word(6, "VN-DL-7", suspended, end))
	follow("", end) // nothing changed
	now = end
	follow("VN-DL-7 GOOD", time.Time{})
	follow("", time.Time{})
	exercise := word(10, "DL 9", suspended, time.Time{})
	exercise.Standing, exercise.NoEffectReason = spsv1.EntryStanding_ENTRY_STANDING_WITHOUT_EFFECT, spsv1.NoEffectReason_NO_EFFECT_REASON_EXERCISE
	keepCodes(t, b, 3, exercise)
	follow("", time.Time{})
	keepCodes(t, b, 2)
	keepCodes(t, b, 1, word(5, "VN-DL-2", suspended, time.Time{}))
	follow("VN-DL-2 REFUSED, nothing", time.Time{})
	if got := goodOn(t, b, "VN-DL-7", now); got != unknown {
		t.Errorf("a code that nobody speaks of any more is %v, want unknown", got)
	}
	if _, _, _, err := b.CodesAfter(t.Context(), casebook.CodeQuery{}, casebook.ChangeCursor{N: cursor.N + 1}, 1); err == nil {
		t.Error("a cursor ahead of the book is taken")
	}
}

// TestCodesAreListedInPages lists many sites with several goods each, however
// small the page.
func TestCodesAreListedInPages(t *testing.T) {
	b := openBook(t, newStore(t), "VN")
	want := 0
	for n := range 7 {
		var said []*spsv1.CodeStatement
		for i := range n {
			one := word(n, fmt.Sprintf("VN-DL-%d", n), suspended, time.Time{})
			one.Product = statement.GoodsOf(fmt.Sprintf("08%02d", i+1))
			said, want = append(said, one), want+1
		}
		keepCodes(t, b, n, said...)
	}
	for _, size := range []int{1, 2, 3, 100} {
		for _, budget := range []int{1, 5, 1000} {
			seen := make(map[string]bool)
			listed := 0
			for mark := []byte(nil); ; {
				page, next, err := b.CodeStatuses(t.Context(), casebook.CodeQuery{}, mark, size, budget)
				if err != nil || len(page) > size {
					t.Fatalf("a page of %d has %d, %v", size, len(page), err)
				}
				for _, s := range page {
					seen[s.GetCode().GetCode()+" "+s.GetProduct().GetCodings()[0].GetCode()] = true
					listed++
				}
				if mark = next; mark == nil {
					break
				}
			}
			if listed != want || len(seen) != want {
				t.Errorf("in pages of %d, %d rows each: %d, %d of them different, want %d", size, budget, listed, len(seen), want)
			}
		}
	}
}

// BenchmarkGood asks for one code among 20,000 of which 100,000 things were said,
// in 20,000 cases.
func BenchmarkGood(b *testing.B) {
	book := openBook(b, newStore(b), "VN")
	for n := 0; n < 20_000; n += 500 {
		var some []casebook.Summarized
		for i := n; i < n+500; i++ {
			at := casebook.Place{Office: "CN", Epoch: 1, Sequence: uint64(i)}
			c := casebook.Summarized{Mark: casebook.Mark{Place: at}, Whole: casebook.Item{Place: at, N: uint64(i)}, Summary: &spsv1.CaseSummary{}}
			for k := range 5 {
				c.Codes = append(c.Codes, word(5*i+k, fmt.Sprintf("VN-DL-%05d", (i*7+k*4001)%20_000), spsv1.CodeAction(1+(i+k)%2), time.Time{}))
			}
			some = append(some, c)
		}
		if err := book.Summarize(b.Context(), some); err != nil {
			b.Fatal(err)
		}
	}
	for i := 0; b.Loop(); i++ {
		if got := goodOn(b, book, fmt.Sprintf("vn dl %05d", i%20_000), day.AddDate(0, 1, 0)); got == spsv1.CodeAnswer_CODE_ANSWER_UNKNOWN {
			b.Fatal("a code of which something was said is unknown")
		}
	}
}
