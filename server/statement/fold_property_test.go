package statement_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
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
		if diff := cmp.Diff(want, statement.Fold(d.original, twice), protocmp.Transform()); diff != "" {
			t.Fatalf("in another order (-first +second):\n%s", diff)
		}
	})
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
			if diff := cmp.Diff(want, without[office], protocmp.Transform()); diff != "" {
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
		}
	}
	return all
}

// sayAnything adds a statement of any office, of any kind, about any entry.
func sayAnything(t *rapid.T, d *dossier) {
	about := d.original
	if n := len(d.entries); n > 0 && rapid.Bool().Draw(t, "about an entry") {
		about = d.entries[rapid.IntRange(0, n-1).Draw(t, "which")]
	}
	kinds := []func() *spsv1.Statement{
		func() *spsv1.Statement { return acknowledge(accepted) },
		func() *spsv1.Statement { return acknowledge(disputed) },
		func() *spsv1.Statement { return follow(&spsv1.FollowUp{Part: spsv1.Part_PART_DONE}) },
		func() *spsv1.Statement { return amend(about, content(info, rapid.Bool().Draw(t, "preliminary"))) },
		func() *spsv1.Statement { return withdraw() },
		func() *spsv1.Statement { return withdraw(relates(withdraws, about)...) },
		closure,
		reopening,
		func() *spsv1.Statement { return request(spsv1.RequestKind_REQUEST_KIND_INFORMATION, "VN", "TH") },
		func() *spsv1.Statement { return extend(spsv1.Clock_CLOCK_ANSWER, ref(about)) },
		func() *spsv1.Statement { return respond(about, &spsv1.Response{Result: granted}) },
		func() *spsv1.Statement {
			return respond(about, &spsv1.Response{DisputeResult: spsv1.DisputeResult_DISPUTE_RESULT_UPHOLD})
		},
		func() *spsv1.Statement {
			s := follow(&spsv1.FollowUp{Text: en("instead")})
			s.RelatesTo = relates(supersedes, about)
			return s
		},
	}
	office := rapid.SampledFrom([]string{"TH", "VN", "CN", "LA"}).Draw(t, "office")
	kind := rapid.IntRange(0, len(kinds)-1).Draw(t, "kind")
	d.say(office, kinds[kind]())
}
