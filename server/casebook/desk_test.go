package casebook_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// settle summarizes every marked case as one says that gets its sequence.
func settle(t testing.TB, b *casebook.Book, one func(seq uint64) *spsv1.CaseSummary, awaits ...func(seq uint64) []casebook.Awaiting) {
	t.Helper()
	for {
		marks, err := b.Marked(t.Context(), 1<<40, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(marks) == 0 {
			return
		}
		var done []casebook.Summarized
		for _, m := range marks {
			whole, err := b.MarkedOriginal(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			c := casebook.Summarized{Mark: m, Whole: whole, Summary: one(whole.Sequence)}
			for _, of := range awaits {
				c.Awaits = append(c.Awaits, of(whole.Sequence)...)
			}
			done = append(done, c)
		}
		if err := b.Summarize(t.Context(), done); err != nil {
			t.Fatal(err)
		}
	}
}

func due(office string, clock spsv1.Clock, at time.Time) *spsv1.Deadline {
	return &spsv1.Deadline{
		Clock: clock, Office: office, Statement: "offices/CN/statements/1-1",
		StartTime: timestamppb.New(at.Add(-time.Hour)), DueTime: timestamppb.New(at),
		State: spsv1.DeadlineState_DEADLINE_STATE_RUNNING,
	}
}

// sequences lists what a query selects, through pages of two.
func sequences(t *testing.T, b *casebook.Book, filter, order string) []uint64 {
	t.Helper()
	q, problems := casebook.DefaultLimits().ParseQuery(filter, "", order)
	if len(problems) > 0 {
		t.Fatalf("%s: %v", filter, problems)
	}
	found := []uint64{}
	for p := (casebook.Page{UpTo: 1 << 40, Limit: 2, Budget: 100}); ; {
		items, next, err := b.Cases(t.Context(), q, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			found = append(found, i.Sequence)
		}
		if p.From = next; next == nil {
			break
		}
	}
	if n, more, err := b.CountCases(t.Context(), q, 1<<40, 1000); err != nil || more || n != len(found) {
		t.Errorf("CountCases(%q) = %d, %t, %v, want %d", filter, n, more, err, len(found))
	}
	return found
}

func TestListsOfTheDesk(t *testing.T) {
	s := newStore(t)
	now := day
	b, err := casebook.Open(t.Context(), casebook.Options{
		Store: s, Federation: federation, Office: "CN", Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	var entries []ledger.Entry
	for i := range 8 {
		entries = append(entries, entry(t, "CN", uint64(i), notification()))
	}
	record(t, s, b, entries...)
	const alert = spsv1.Classification_CLASSIFICATION_ALERT
	const ack = spsv1.Clock_CLOCK_ACKNOWLEDGEMENT
	mine, theirs := due("CN", ack, day.Add(time.Hour)), due("VN", ack, day.Add(40*time.Minute))
	of := func(seq uint64) *spsv1.CaseSummary {
		return map[uint64]*spsv1.CaseSummary{
			0: {},
			1: {NeedsMe: true, DueTime: mine.GetDueTime(), OwnDueTime: mine.GetDueTime(), Deadlines: []*spsv1.Deadline{mine}},
			2: {
				Waiting: true, Classification: alert, DueTime: theirs.GetDueTime(), Deadlines: []*spsv1.Deadline{theirs}, NextAwaited: theirs,
				CallsDue: []*spsv1.CallDue{{Office: "VN", CallTime: timestamppb.New(day.Add(10 * time.Minute))}},
			},
			3: {Waiting: true, Undelivered: []string{"VN"}, Status: spsv1.CaseStatus_CASE_STATUS_OPEN},
			4: {ByHand: 2, Status: spsv1.CaseStatus_CASE_STATUS_CLOSED, Units: []string{"plant", "Lào-Cai"}},
			5: {NeedsMe: true},
			6: {NeedsMe: true},
			7: {NeedsMe: true, OwnDueTime: theirs.GetDueTime()},
		}[seq]
	}
	settle(t, b, of)
	for _, tc := range []struct {
		after         time.Duration
		filter, order string
		want          []uint64
	}{
		{0, "needs_me", "", []uint64{7, 6, 5, 1}},
		{0, "needs_me", "record_time", []uint64{1, 5, 6, 7}},
		{0, "needs_me AND NOT reference = \"CN-2026-000006\"", "reference", []uint64{1, 5, 7}},
		{0, "needs_me = false", "record_time", []uint64{0, 2, 3, 4}},
		{0, "waiting", "", []uint64{3, 2}},
		{0, "waiting OR by_hand", "", []uint64{4, 3, 2}},
		{0, "undelivered", "issue_time", []uint64{3}},
		{0, "by_hand", "", []uint64{4}},
		{0, "overdue", "", []uint64{}},
		{0, "", "due_time", []uint64{2, 1}},
		{0, "", "due_time desc", []uint64{1, 2}},
		{0, "needs_me", "own_due_time", []uint64{7, 1, 5, 6}},
		{0, "NOT reference = \"CN-2026-000001\"", "own_due_time desc", []uint64{6, 5, 7}},
		{0, "", "awaited_due_time", []uint64{2, 3}},
		{0, "due_time < \"" + day.Add(50*time.Minute).Format(time.RFC3339) + "\"", "", []uint64{2}},
		{0, "case_status = OPEN", "", []uint64{3}},
		{0, "unit = plant OR unit = \"lao-cai\"", "", []uint64{4}},
		{0, "to_call", "", []uint64{}},
		{11 * time.Minute, "to_call", "", []uint64{2}},
		{11 * time.Minute, "overdue", "", []uint64{}},
		{41 * time.Minute, "overdue", "", []uint64{2}},
		{41 * time.Minute, "overdue_by_me", "", []uint64{}},
		{41 * time.Minute, "overdue_by_others AND to_call", "due_time", []uint64{2}},
		{61 * time.Minute, "overdue", "due_time", []uint64{2, 1}},
		{61 * time.Minute, "overdue_by_me", "", []uint64{1}},
	} {
		now = day.Add(tc.after)
		if diff := cmp.Diff(tc.want, sequences(t, b, tc.filter, tc.order)); diff != "" {
			t.Errorf("%s by %q after %s (-want +got):\n%s", tc.filter, tc.order, tc.after, diff)
		}
	}
	now = day
	again := entries[1]
	again.Position.N = 2
	if err := s.Update(t.Context(), func(tx store.Tx) error { return b.Entry(tx, again) }); err != nil {
		t.Fatal(err)
	}
	settle(t, b, func(uint64) *spsv1.CaseSummary { return &spsv1.CaseSummary{Waiting: true} })
	if got, want := sequences(t, b, "waiting", "record_time"), []uint64{1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("waiting = %d after a case moved, want %d", got, want)
	}
	if got, want := sequences(t, b, "needs_me", "record_time"), []uint64{5, 6, 7}; !slices.Equal(got, want) {
		t.Errorf("needs_me = %d after a case moved, want %d", got, want)
	}
	for order, want := range map[string][]uint64{"due_time": {2}, "own_due_time": {7, 5, 6}, "awaited_due_time": {2, 1, 3}} {
		if got := sequences(t, b, "", order); !slices.Equal(got, want) {
			t.Errorf("by %s = %d after a case moved, want %d", order, got, want)
		}
	}
}

func TestAMarkThatIsSetMeanwhileStays(t *testing.T) {
	s := newStore(t)
	b := openBook(t, s, "CN")
	original := entry(t, "CN", 1, notification())
	record(t, s, b, original)
	marks, err := b.Marked(t.Context(), 1, 10)
	if err != nil || len(marks) != 1 {
		t.Fatalf("Marked = %v, %v, want one", marks, err)
	}
	whole, err := b.MarkedOriginal(t.Context(), marks[0])
	if err != nil {
		t.Fatal(err)
	}
	record(t, s, b, original) // the same position, as of a body that came late
	done := []casebook.Summarized{{Mark: marks[0], Whole: whole, Summary: &spsv1.CaseSummary{}}}
	for _, want := range []int{1, 0} {
		if err := b.Summarize(t.Context(), done); err != nil {
			t.Fatal(err)
		}
		if marks, err = b.Marked(t.Context(), 1, 10); err != nil || len(marks) != want {
			t.Fatalf("Marked = %v, %v after a summary, want %d", marks, err, want)
		}
		if want > 0 {
			done[0].Mark = marks[0]
		}
	}
	later := entry(t, "VN", 1, followUp(original, original.Hash[:]))
	later.Position.N = 9
	if err := s.Update(t.Context(), func(tx store.Tx) error { return b.Entry(tx, later) }); err != nil {
		t.Fatal(err)
	}
	for upTo, want := range map[uint64]int{8: 0, 9: 1} {
		if marks, err := b.Marked(t.Context(), upTo, 10); err != nil || len(marks) != want {
			t.Errorf("Marked up to %d = %v, %v, want %d: what is not released waits", upTo, marks, err, want)
		}
	}
}

func TestReceiptsMarkTheCasesThatAwaitThem(t *testing.T) {
	s := newStore(t)
	b := openBook(t, s, "CN")
	var entries []ledger.Entry
	for i := range 4 {
		entries = append(entries, entry(t, "CN", uint64(i), notification()))
	}
	record(t, s, b, entries...)
	marked := func() (all []uint64) {
		t.Helper()
		for more := true; more; {
			var err error
			if more, err = b.Stir(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		marks, err := b.Marked(t.Context(), 1<<40, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range marks {
			all = append(all, m.Place.Sequence)
		}
		return all
	}
	receipt := func(size uint64) {
		t.Helper()
		r := ledger.Receipt{From: "VN"}
		r.Origin, r.Size = entries[0].Origin, size
		if err := s.Update(t.Context(), func(tx store.Tx) error { return b.Receipt(tx, r) }); err != nil {
			t.Fatal(err)
		}
	}
	live := func(uint64) *spsv1.CaseSummary { return &spsv1.CaseSummary{Undelivered: []string{"VN"}} }
	awaited := func(seq uint64) []casebook.Awaiting {
		return []casebook.Awaiting{{From: "VN", Over: casebook.Place{Office: "CN", Epoch: 1, Sequence: seq}}}
	}
	settle(t, b, live, awaited)
	receipt(2)
	if got, want := marked(), []uint64{0, 1}; !slices.Equal(got, want) {
		t.Errorf("a receipt of size 2 marks %d, want %d", got, want)
	}
	settle(t, b, live, func(uint64) []casebook.Awaiting { return nil })
	receipt(2)
	if got := marked(); len(got) > 0 {
		t.Errorf("the receipt once more marks %d, want none", got)
	}
	if err := b.StirAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := marked(), []uint64{0, 1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("a new card marks %d, want %d", got, want)
	}
}

// BenchmarkDesk lists what is on the desk of an office with 100,000 cases, of
// which a tenth is in the list, by a page of a hundred, with the number of all.
func BenchmarkDesk(b *testing.B) {
	const cases = 100_000
	s := newStore(b)
	book := openBook(b, s, "VN")
	many(b, s, book, cases)
	settle(b, book, func(seq uint64) *spsv1.CaseSummary {
		sum := &spsv1.CaseSummary{Status: spsv1.CaseStatus_CASE_STATUS_OPEN}
		if seq%10 == 0 {
			d := due("VN", spsv1.Clock_CLOCK_ACKNOWLEDGEMENT, day.Add(time.Duration(seq)*time.Second))
			sum.NeedsMe, sum.DueTime, sum.OwnDueTime, sum.Deadlines = true, d.GetDueTime(), d.GetDueTime(), []*spsv1.Deadline{d}
		}
		return sum
	})
	for _, bc := range []struct{ filter, order string }{
		{"needs_me", ""},
		{"overdue", "due_time"},
		{"overdue AND hazard = cadmium", ""},
		{"needs_me OR waiting", ""},
		{"case_status = OPEN", ""},
		{"", ""},
	} {
		q, problems := casebook.DefaultLimits().ParseQuery(bc.filter, "", bc.order)
		if len(problems) > 0 {
			b.Fatal(problems)
		}
		b.Run(fmt.Sprintf("%s by %s", bc.filter, bc.order), func(b *testing.B) {
			begun := processor(b)
			for b.Loop() {
				if _, _, err := book.Cases(b.Context(), q, casebook.Page{UpTo: cases, Limit: 100, Budget: cases}); err != nil {
					b.Fatal(err)
				}
				if _, _, err := book.CountCases(b.Context(), q, cases, cases); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((processor(b)-begun).Microseconds())/1000/float64(b.N), "cpu-ms/page")
		})
	}
}

func TestANewCardMarksManyCasesInParts(t *testing.T) {
	const cases, part = 1100, 1024
	s := newStore(t)
	b := openBook(t, s, "VN")
	many(t, s, b, cases)
	settle(t, b, func(uint64) *spsv1.CaseSummary { return &spsv1.CaseSummary{NeedsMe: true} })
	if err := b.StirAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{part, cases} {
		more, err := b.Stir(t.Context())
		if err != nil || !more {
			t.Fatalf("Stir %d = %t, %v, want that there may be more", i+1, more, err)
		}
		if got, err := b.CountMarked(t.Context(), 2*cases); err != nil || got != want {
			t.Errorf("marked after %d transactions = %d, %v, want %d", i+1, got, err, want)
		}
	}
	if more, err := b.Stir(t.Context()); err != nil || more {
		t.Errorf("Stir at the end = %t, %v, want nothing more", more, err)
	}
}
