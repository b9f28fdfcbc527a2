package statement_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// TestFoldIsTheSameInAnyOrder lets four offices say anything about anything, and
// folds what they said in another order, some of it twice.
func TestFoldIsTheSameInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDossier()
		for range rapid.IntRange(0, 25).Draw(t, "statements") {
			sayAnything(t, d)
		}
		want := d.fold()
		shuffled := rapid.Permutation(d.entries).Draw(t, "order")
		twice := append(shuffled, shuffled[:len(shuffled)/2]...)
		got := statement.Fold(d.original, twice)
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Fatalf("in another order (-first +second):\n%s", diff)
		}
		now := start.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "hours later")) * time.Hour)
		if diff := cmp.Diff(statement.Deadlines(want, anywhen{}, now), statement.Deadlines(got, anywhen{}, now), protocmp.Transform()); diff != "" {
			t.Fatalf("due in another order (-first +second):\n%s", diff)
		}
	})
}

// anywhen is a delivery in which an office has some statements, at times that
// follow from their names, and not others.
type anywhen struct{}

func (anywhen) Receipt(office, name string) (time.Time, bool) {
	sum := sha256.Sum256([]byte(office + name))
	return start.Add(time.Duration(sum[0]) * time.Hour), sum[1] > 60
}

func (anywhen) Hours(office string, card uint64, name string) *spsv1.OfficeHours {
	if card%2 == 0 {
		return nil
	}
	sum := sha256.Sum256([]byte(office + name))
	return &spsv1.OfficeHours{TimeZone: "Asia/Bangkok", Periods: []*spsv1.OpenPeriod{
		{Weekday: spsv1.Weekday(sum[0]%7 + 1), OpenMinute: 480, CloseMinute: 960},
	}}
}

// TestFoldRegistersHaveOneWriter removes all that one office said: the registers
// of the others must not move.
func TestFoldRegistersHaveOneWriter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDossier()
		for range rapid.IntRange(0, 25).Draw(t, "statements") {
			sayAnything(t, d)
		}
		whole := registers(d.fold())
		silent := rapid.SampledFrom([]string{"VN", "CN", "LA"}).Draw(t, "silent")
		var rest []statement.CaseEntry
		for _, e := range d.entries {
			if string(e.Origin.Office) != silent {
				rest = append(rest, e)
			}
		}
		without := registers(statement.Fold(d.original, rest))
		for office, want := range whole {
			if office == silent {
				continue
			}
			got := without[office]
			if got == nil {
				got = &spsv1.Participant{} // it was only heard of
			}
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
				t.Fatalf("%s without what %s said (-with +without):\n%s", office, silent, diff)
			}
		}
	})
}

// registers returns what each office itself said.
func registers(c *spsv1.CaseState) map[string]*spsv1.Participant {
	all := make(map[string]*spsv1.Participant)
	for _, p := range c.GetParticipants() {
		all[p.GetOffice()] = &spsv1.Participant{
			Acknowledged: p.GetAcknowledged(), Stance: p.GetStance(), StanceSaid: p.GetStanceSaid(),
			Outcome: p.GetOutcome(), OutcomeSaid: p.GetOutcomeSaid(), Part: p.GetPart(), PartSaid: p.GetPartSaid(),
			Balances: p.GetBalances(),
		}
	}
	return all
}

// sayAnything adds an entry of any office, of any kind, about any entry: its own
// words, or what it heard another say.
func sayAnything(t *rapid.T, d *dossier) {
	about := d.original
	if n := len(d.entries); n > 0 && rapid.Bool().Draw(t, "about an entry") {
		about = d.entries[rapid.IntRange(0, n-1).Draw(t, "which")]
	}
	anyOffice := rapid.SampledFrom([]string{"TH", "VN", "CN", "LA"})
	office := anyOffice.Draw(t, "office")
	if rapid.IntRange(0, 9).Draw(t, "hand on") == 0 {
		handOn(d, office, about, anyOffice.Draw(t, "to"))
		return
	}
	s := rapid.SampledFrom(anything).Draw(t, "kind")(t, about)
	for _, to := range rapid.SliceOfN(anyOffice, 0, 2).Draw(t, "addressees") {
		s.Addressees = append(s.Addressees, &spsv1.Addressee{Office: to, CardNumber: 4})
		if rapid.IntRange(0, 2).Draw(t, "by hand") == 0 {
			s.Addressees = append(s.Addressees, &spsv1.Addressee{Office: to, ByHand: true})
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "heard") == 0 {
		heard(anyOffice.Draw(t, "teller"), s)
	}
	if rapid.IntRange(0, 9).Draw(t, "exercise") == 0 {
		s.Status = spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE
	}
	audience := rapid.SampledFrom([][]string{nil, {"TH", "VN"}, {"LA", "TH"}}).Draw(t, "audience")
	d.say(office, s, audience...)
}

// anything are the kinds of statements, about an entry.
var anything = []func(*rapid.T, statement.CaseEntry) *spsv1.Statement{
	func(*rapid.T, statement.CaseEntry) *spsv1.Statement { return acknowledge(accepted) },
	func(*rapid.T, statement.CaseEntry) *spsv1.Statement { return acknowledge(disputed) },
	func(*rapid.T, statement.CaseEntry) *spsv1.Statement {
		return follow(&spsv1.FollowUp{Part: spsv1.Part_PART_DONE, Outcome: &spsv1.Outcome{Conclusion: spsv1.OutcomeConclusion_OUTCOME_CONCLUSION_CONFIRMED}})
	},
	func(t *rapid.T, _ statement.CaseEntry) *spsv1.Statement {
		return follow(&spsv1.FollowUp{Facts: &spsv1.Facts{Balances: anyBalances(t, "n:")}})
	},
	func(t *rapid.T, _ statement.CaseEntry) *spsv1.Statement { return doing(anyMeasure(t)) },
	func(t *rapid.T, about statement.CaseEntry) *spsv1.Statement {
		n := content(info, rapid.Bool().Draw(t, "preliminary"))
		n.Balances = anyBalances(t, "")
		n.Measures = []*spsv1.Measure{anyMeasure(t)}
		s := amend(about, n)
		s.Flags = followUp(anyFlag(t))
		s.Allowances = anyAllowances(t)
		return s
	},
	func(*rapid.T, statement.CaseEntry) *spsv1.Statement { return withdraw() },
	func(_ *rapid.T, about statement.CaseEntry) *spsv1.Statement {
		return withdraw(relates(withdraws, about)...)
	},
	func(*rapid.T, statement.CaseEntry) *spsv1.Statement { return closure() },
	func(*rapid.T, statement.CaseEntry) *spsv1.Statement { return reopening() },
	func(*rapid.T, statement.CaseEntry) *spsv1.Statement {
		return request(spsv1.RequestKind_REQUEST_KIND_INFORMATION, "VN", "TH")
	},
	func(*rapid.T, statement.CaseEntry) *spsv1.Statement { return askByHand("LA") },
	func(t *rapid.T, about statement.CaseEntry) *spsv1.Statement {
		clocks := []spsv1.Clock{
			spsv1.Clock_CLOCK_ANSWER, spsv1.Clock_CLOCK_OUTCOME, spsv1.Clock_CLOCK_DISPUTE, spsv1.Clock_CLOCK_CONFIRMATION,
		}
		return extend(rapid.SampledFrom(clocks).Draw(t, "clock"), ref(about))
	},
	func(_ *rapid.T, about statement.CaseEntry) *spsv1.Statement {
		return respond(about, &spsv1.Response{Result: granted})
	},
	func(t *rapid.T, about statement.CaseEntry) *spsv1.Statement {
		return respond(about, &spsv1.Response{Result: interim, DueTime: anyTime(t)})
	},
	func(_ *rapid.T, about statement.CaseEntry) *spsv1.Statement {
		return respond(about, &spsv1.Response{DisputeResult: spsv1.DisputeResult_DISPUTE_RESULT_UPHOLD})
	},
	func(_ *rapid.T, about statement.CaseEntry) *spsv1.Statement {
		s := doing(codeMeasure(suspend, "CN"))
		s.RelatesTo = relates(supersedes, about)
		return s
	},
}

// anyAllowances gives each clock some hours, or none.
func anyAllowances(t *rapid.T) *spsv1.Allowances {
	some := func(clock string) *spsv1.Allowance {
		if n := rapid.SampledFrom([]uint32{0, 6, 12, 24, 48, 90, 300}).Draw(t, clock); n > 0 {
			return hours(n)
		}
		return nil
	}
	return &spsv1.Allowances{
		Acknowledgement: some("acknowledgement"), Outcome: some("outcome"), Dispute: some("dispute"), Confirmation: some("confirmation"),
	}
}

// anyFlag flags VN or CN, sometimes with a due time.
func anyFlag(t *rapid.T) *spsv1.Flag {
	flag := office(rapid.SampledFrom([]string{"VN", "CN"}).Draw(t, "flag"))
	if rapid.Bool().Draw(t, "named") {
		flag.DueTime = anyTime(t)
	}
	return flag
}

func anyTime(t *rapid.T) *timestamppb.Timestamp {
	return timestamppb.New(start.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "hour")) * time.Hour))
}

// anyBalances are balances of some lots, whose ids begin in one way.
func anyBalances(t *rapid.T, prefix string) []*spsv1.LotBalance {
	var all []*spsv1.LotBalance
	for _, lot := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"p1.l1", "p1.l2"}), rapid.ID).Draw(t, "lots") {
		total := rapid.StringMatching("[1-9][0-9]").Draw(t, "total")
		all = append(all, &spsv1.LotBalance{About: prefix + lot, Total: &spsv1.Quantity{Value: total}})
	}
	return all
}
