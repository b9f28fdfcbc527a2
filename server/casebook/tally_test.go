package casebook_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/statement"
)

// hanoi is the zone in which the tests count.
var hanoi = func() *time.Location {
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		panic(err)
	}
	return zone
}()

var counted = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)

func newTally(by ...spsv1.Dimension) *casebook.Tally {
	return casebook.NewTally(casebook.TallyOptions{GroupBy: by, Office: "VN", Zone: hanoi, Now: counted})
}

// tallied counts cases; the error of the tally fails the test.
func tallied(t interface{ Fatal(...any) }, all []casebook.Facts, by ...spsv1.Dimension) *spsv1.Statistics {
	tally := newTally(by...)
	for _, f := range all {
		if err := tally.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return tally.Statistics()
}

// delivered is a [statement.Delivery] at which everything arrives a minute after
// it was issued at noon on the day of issue, to offices that never close.
type delivered struct{ at time.Time }

func (d delivered) Receipt(string, string) (time.Time, bool) { return d.at, true }

func (delivered) Hours(string, uint64, string) *spsv1.OfficeHours { return nil }

// said is an entry of a case that TH issued to VN and CN.
func said(office certs.Office, seq uint64, at time.Time, s *spsv1.Statement) statement.CaseEntry {
	if s.GetNotification() == nil {
		s.Status = spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL
	}
	return statement.CaseEntry{
		Origin: certs.Origin{Federation: federation, Office: office, Epoch: 1}, Sequence: seq,
		Hash: sha256.Sum256(fmt.Appendf(nil, "%s %d", office, seq)), Time: at,
		Audience: &spsv1.Audience{Offices: []string{"CN", "TH", "VN"}}, Statement: s,
	}
}

// fold returns what a case of some entries counts for.
func factsOf(original statement.CaseEntry, others ...statement.CaseEntry) casebook.Facts {
	state := statement.Fold(original, others)
	due := statement.Deadlines(state, delivered{original.Time.Add(time.Minute)}, counted)
	return casebook.FactsOf(original, others, state, due)
}

func alert(at time.Time, content *spsv1.Notification) statement.CaseEntry {
	hours := func(n uint32) *spsv1.Allowance {
		return &spsv1.Allowance{Amount: n, Unit: spsv1.AllowanceUnit_ALLOWANCE_UNIT_HOURS}
	}
	return said("TH", 0, at, &spsv1.Statement{
		Status:     spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL,
		Addressees: []*spsv1.Addressee{{Office: "VN"}, {Office: "CN"}},
		Flags:      []*spsv1.Flag{{Office: "VN", Kind: spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP}},
		Allowances: &spsv1.Allowances{Acknowledgement: hours(24), Outcome: hours(240)},
		Body:       &spsv1.Statement_Notification{Notification: content},
	})
}

func TestFactsOfACase(t *testing.T) {
	at := time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC) // a Tuesday in Hanoi
	content := &spsv1.Notification{
		Classification: spsv1.Classification_CLASSIFICATION_ALERT,
		Products: []*spsv1.Product{{
			Category:       &spsv1.Concept{AsWritten: "Trái Cây"},
			CommodityCodes: []*spsv1.Coding{{System: "ahtn", Code: "0810.60.00"}, {System: "foodex2", Code: "A01"}},
			Origins:        stated("VN-83", "TH"),
		}},
		Findings: []*spsv1.Finding{agent("7440-43-9", "cadmium"), {
			Organism: &spsv1.Organism{Taxon: &spsv1.Taxon{ScientificName: "Bactrocera  Dorsalis"}},
		}},
		Samples: []*spsv1.Sample{
			{SamplingDate: &spsv1.Date{Year: 2026, Month: 2}}, // which day, nobody knows
			{SamplingDate: &spsv1.Date{Year: 2026, Month: 2, Day: 27}},
		},
	}
	others := []statement.CaseEntry{
		said("VN", 0, at.Add(2*time.Hour), &spsv1.Statement{
			CaseRef: &spsv1.CaseRef{}, Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{}},
		}),
		said("VN", 1, at.Add(30*time.Hour), &spsv1.Statement{
			Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Outcome: &spsv1.Outcome{
				Conclusion: spsv1.OutcomeConclusion_OUTCOME_CONCLUSION_CONFIRMED,
			}}},
		}),
	}
	got := tallied(t, []casebook.Facts{factsOf(alert(at, content), others...)},
		spsv1.Dimension_DIMENSION_WEEK, spsv1.Dimension_DIMENSION_HAZARD)
	var values [][2]string
	for _, g := range got.GetGroups() {
		values = append(values, [2]string{g.GetValues()[0].GetValue(), g.GetValues()[1].GetValue()})
	}
	if diff := cmp.Diff([][2]string{{"2026-W10", "bactrocera dorsalis"}, {"2026-W10", "cas:7440-43-9"}}, values); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	for name, test := range map[string]struct {
		got    *spsv1.TimeFigure
		count  uint64
		median time.Duration
		due    uint64
		late   uint64
	}{
		"acknowledgement": {got.GetTotal().GetAcknowledgement(), 1, 119 * time.Minute, 2, 1}, // CN has not
		"first answer":    {got.GetTotal().GetFirstAnswer(), 1, 29*time.Hour + 59*time.Minute, 0, 0},
		"outcome":         {got.GetTotal().GetOutcome(), 1, 29*time.Hour + 59*time.Minute, 1, 0},
		"request":         {got.GetTotal().GetRequest(), 0, 0, 0, 0},
		"sampling":        {got.GetTotal().GetSamplingToNotice(), 1, 4 * 24 * time.Hour, 0, 0}, // from Friday to Tuesday
	} {
		if test.got.GetCount() != test.count || test.got.GetMedian().AsDuration() != test.median ||
			test.got.GetDue() != test.due || test.got.GetOverdue() != test.late {
			t.Errorf("%s: %v, want %d in %v, %d of %d overdue", name, test.got, test.count, test.median, test.late, test.due)
		}
	}
	for d, want := range map[spsv1.Dimension][]string{
		spsv1.Dimension_DIMENSION_ORIGIN:           {"TH", "VN"},
		spsv1.Dimension_DIMENSION_HS_CHAPTER:       {"08"},
		spsv1.Dimension_DIMENSION_PRODUCT_CATEGORY: {"trai cay"},
		spsv1.Dimension_DIMENSION_HAZARD_CATEGORY:  {""},
		spsv1.Dimension_DIMENSION_CLASSIFICATION:   {"ALERT"},
		spsv1.Dimension_DIMENSION_NOTIFIER:         {"TH"},
	} {
		var groups []string
		for _, g := range tallied(t, []casebook.Facts{factsOf(alert(at, content), others...)}, d).GetGroups() {
			groups = append(groups, g.GetValues()[0].GetValue())
		}
		if diff := cmp.Diff(want, groups); diff != "" {
			t.Errorf("%v (-want +got):\n%s", d, diff)
		}
	}
}

// TestWhatDoesNotCount holds exercises, tests and what was withdrawn out of the
// figures.
func TestWhatDoesNotCount(t *testing.T) {
	at := counted.AddDate(0, 0, -20)
	content := &spsv1.Notification{Classification: spsv1.Classification_CLASSIFICATION_BORDER_REJECTION}
	exercise := alert(at, content)
	exercise.Statement.Status = spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE
	machines := alert(at, content)
	machines.Statement.Status = spsv1.StatementStatus_STATEMENT_STATUS_TEST
	withdrawn := factsOf(alert(at, content), said("TH", 1, at.Add(time.Hour), &spsv1.Statement{
		Body: &spsv1.Statement_Withdrawal{Withdrawal: &spsv1.Withdrawal{}},
	}))
	got := tallied(t, []casebook.Facts{factsOf(exercise), factsOf(machines), withdrawn}).GetTotal()
	want := tallied(t, nil).GetTotal()
	want.Withdrawn = 1
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("an exercise, a test and a withdrawn case (-want +got):\n%s", diff)
	}
	own := factsOf(alert(at, content))
	own.Office = "VN"
	if got := tallied(t, []casebook.Facts{own, factsOf(alert(at, content))}).GetTotal(); got.GetRejected() != 1 || got.GetCases() != 2 {
		t.Errorf("rejected %d of %d, want 1 of 2: the other is of TH", got.GetRejected(), got.GetCases())
	}
}

// TestPercentilesAreOfTheNearestRank holds the figures to their definition.
func TestPercentilesAreOfTheNearestRank(t *testing.T) {
	for _, test := range []struct {
		name        string
		took        []time.Duration
		median, p90 time.Duration
	}{
		{"one", []time.Duration{7 * time.Second}, 7 * time.Second, 7 * time.Second},
		{"two", []time.Duration{time.Minute, time.Second}, time.Second, time.Minute},
		{"before delivery", []time.Duration{-time.Hour}, 0, 0},
		{"seconds below an hour", []time.Duration{59*time.Minute + 59*time.Second + time.Millisecond}, 59*time.Minute + 59*time.Second, 59*time.Minute + 59*time.Second},
		{"minutes below ten days", []time.Duration{time.Hour + 59*time.Second}, time.Hour, time.Hour},
		{"then hours", []time.Duration{240*time.Hour + 59*time.Minute}, 240 * time.Hour, 240 * time.Hour},
		{"ten", []time.Duration{10, 9 * time.Second, 8 * time.Second, 7 * time.Second, 6 * time.Second, 5 * time.Second, 4 * time.Second, 3 * time.Second, 2 * time.Second, time.Hour}, 5 * time.Second, 9 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			var f casebook.Facts
			for _, d := range test.took {
				f.Turns = append(f.Turns, casebook.Turn{Wait: casebook.Outcome, Start: counted, Done: counted.Add(d)})
			}
			got := tallied(t, []casebook.Facts{f}).GetTotal().GetOutcome()
			if got.GetMedian().AsDuration() != test.median || got.GetP90().AsDuration() != test.p90 {
				t.Errorf("median %v, nine of ten %v; want %v, %v", got.GetMedian().AsDuration(), got.GetP90().AsDuration(), test.median, test.p90)
			}
		})
	}
}

func TestTooManyGroups(t *testing.T) {
	tally := newTally(spsv1.Dimension_DIMENSION_HAZARD)
	var err error
	for i := 0; err == nil && i < 20_000; i++ {
		var f casebook.Facts
		f.Values[spsv1.Dimension_DIMENSION_HAZARD] = []casebook.Term{{Value: fmt.Sprint(i)}}
		err = tally.Add(f)
	}
	if !errors.Is(err, casebook.ErrGroups) {
		t.Errorf("twenty thousand hazards: %v, want ErrGroups", err)
	}
}

// TestOneCaseHasFewGroups holds that no case by itself makes more groups than a
// tally takes, however many hazards and origins it names.
func TestOneCaseHasFewGroups(t *testing.T) {
	product, content := &spsv1.Product{}, &spsv1.Notification{}
	for i := range 101 {
		product.Origins = append(product.Origins, stated(fmt.Sprintf("X%03d", i))...)
		content.Findings = append(content.Findings, agent(fmt.Sprintf("%03d", i), "agent"))
	}
	content.Products = []*spsv1.Product{product}
	all := []casebook.Facts{factsOf(alert(counted, content))}
	both := tallied(t, all, spsv1.Dimension_DIMENSION_HAZARD, spsv1.Dimension_DIMENSION_ORIGIN).GetGroups()
	if len(both) != 51*51 {
		t.Errorf("%d groups of 101 hazards and 101 origins, want 51 of each", len(both))
	}
	origins := tallied(t, all, spsv1.Dimension_DIMENSION_ORIGIN).GetGroups()
	for i, want := range map[int]string{0: "OTHERS", 1: "X000", 50: "X049"} {
		if got := origins[i].GetValues()[0].GetValue(); got != want || origins[i].GetCases() != 1 {
			t.Errorf("group %d is %s of %d cases, want %s of 1", i, got, origins[i].GetCases(), want)
		}
	}
}

// TestStatisticsAreTheSameInAnyOrder adds cases in any order, each folded from
// entries that came in any order: nothing changes, and groups add up.
func TestStatisticsAreTheSameInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type dossier struct {
			original statement.CaseEntry
			others   []statement.CaseEntry
		}
		var dossiers []dossier
		for range rapid.IntRange(0, 12).Draw(t, "cases") {
			d := dossier{original: anyCase(t)}
			for i := range rapid.IntRange(0, 6).Draw(t, "said") {
				d.others = append(d.others, anyEntry(t, uint64(i), d.original))
			}
			dossiers = append(dossiers, d)
		}
		by := rapid.Permutation([]spsv1.Dimension{1, 2, 3, 4, 5, 6, 7, 8}).Draw(t, "dimensions")[:rapid.IntRange(0, 2).Draw(t, "how many")]
		all := make([]casebook.Facts, len(dossiers))
		for i, d := range dossiers {
			all[i] = factsOf(d.original, d.others...)
		}
		first := tallied(t, all, by...)
		for i, d := range dossiers {
			all[i] = factsOf(d.original, rapid.Permutation(d.others).Draw(t, "entries")...)
		}
		second := tallied(t, rapid.Permutation(all).Draw(t, "order"), by...)
		if diff := cmp.Diff(first, second, protocmp.Transform()); diff != "" {
			t.Fatalf("in another order (-first +second):\n%s", diff)
		}
		addUp(t, all, by, first)
	})
}

// addUp holds that each case is in as many groups as it has combinations of
// values, and so once if it has one.
func addUp(t *rapid.T, all []casebook.Facts, by []spsv1.Dimension, got *spsv1.Statistics) {
	if len(by) == 0 {
		return
	}
	var cases, withdrawn, groups, taken uint64
	for _, f := range all {
		in := uint64(1)
		for _, d := range by {
			in *= uint64(max(1, len(f.Values[d])))
		}
		switch {
		case f.Exercise:
		case f.Withdrawn:
			withdrawn += in
		default:
			cases += in
		}
	}
	for _, g := range got.GetGroups() {
		groups, taken = groups+g.GetCases(), taken+g.GetWithdrawn()
	}
	if groups != cases || taken != withdrawn {
		t.Fatalf("groups add up to %d cases and %d withdrawn, want %d and %d", groups, taken, cases, withdrawn)
	}
	single := !slices.ContainsFunc(by, func(d spsv1.Dimension) bool {
		return d != spsv1.Dimension_DIMENSION_WEEK && d != spsv1.Dimension_DIMENSION_CLASSIFICATION && d != spsv1.Dimension_DIMENSION_NOTIFIER
	})
	if single && groups != got.GetTotal().GetCases() {
		t.Fatalf("groups add up to %d cases, want the %d of the total", groups, got.GetTotal().GetCases())
	}
}

func anyCase(t *rapid.T) statement.CaseEntry {
	content := &spsv1.Notification{
		Classification: spsv1.Classification(rapid.IntRange(1, 3).Draw(t, "classification")),
		Products: []*spsv1.Product{{
			Category: &spsv1.Concept{AsWritten: rapid.SampledFrom([]string{"", "fruit", "Fruit", "FRUIT", "fish"}).Draw(t, "category")},
			Origins:  stated(rapid.SliceOfN(rapid.SampledFrom([]string{"VN", "TH", "LA"}), 0, 3).Draw(t, "origins")...),
		}},
	}
	for _, name := range rapid.SliceOfN(rapid.SampledFrom([]string{"cadmium", "Cadmium", "lead"}), 0, 3).Draw(t, "hazards") {
		content.Findings = append(content.Findings, &spsv1.Finding{Hazard: &spsv1.Hazard{Agent: &spsv1.Concept{AsWritten: name}}})
	}
	e := alert(counted.Add(-time.Duration(rapid.IntRange(0, 60*24).Draw(t, "hours ago"))*time.Hour), content)
	e.Statement.Status = rapid.SampledFrom([]spsv1.StatementStatus{1, 1, 1, 2, 3}).Draw(t, "status")
	e.Statement.OnBehalfOf = rapid.SampledFrom([]string{"", "north", "south"}).Draw(t, "unit")
	return e
}

func anyEntry(t *rapid.T, seq uint64, original statement.CaseEntry) statement.CaseEntry {
	bodies := []*spsv1.Statement{
		{Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{}}},
		{Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Outcome: &spsv1.Outcome{Conclusion: spsv1.OutcomeConclusion_OUTCOME_CONCLUSION_CONFIRMED}}}},
		{Body: &spsv1.Statement_Withdrawal{Withdrawal: &spsv1.Withdrawal{}}},
		{Body: &spsv1.Statement_Reopening{Reopening: &spsv1.Reopening{}}},
		{Body: &spsv1.Statement_Amendment{Amendment: &spsv1.Amendment{Notification: &spsv1.Notification{
			Classification: spsv1.Classification_CLASSIFICATION_ALERT,
		}}}, RelatesTo: []*spsv1.Relation{{
			Kind:  spsv1.RelationKind_RELATION_KIND_AMENDS,
			Entry: &spsv1.EntryRef{Origin: original.Origin.String(), Sequence: original.Sequence, RecordHash: original.Hash[:]},
		}}},
	}
	office := rapid.SampledFrom([]certs.Office{"TH", "VN", "CN"}).Draw(t, "office")
	at := original.Time.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "hours later")) * time.Hour)
	return said(office, seq+1, at, bodies[rapid.IntRange(0, len(bodies)-1).Draw(t, "kind")])
}
