package statement_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// instead makes a statement take the place of an entry.
func instead(s *spsv1.Statement, of statement.CaseEntry) *spsv1.Statement {
	s.RelatesTo = append(s.RelatesTo, relates(supersedes, of)...)
	return s
}

// TestSupersedes has an office put a statement in the place of one that it said
// before: one of the same kind, which one person may issue, and no other.
func TestSupersedes(t *testing.T) {
	more := func(*dossier) *spsv1.Statement { return follow(&spsv1.FollowUp{Text: en("instead")}) }
	uphold := &spsv1.Response{DisputeResult: spsv1.DisputeResult_DISPUTE_RESULT_UPHOLD}
	void := []string{"relates_to[0].entry RELATION_VOID"}
	for _, c := range []struct {
		name string
		by   string
		said func(*dossier) statement.CaseEntry // what stood before
		next func(*dossier) *spsv1.Statement
		want []string // what is wrong with it
		fold []string // what the case is with it all the same
	}{
		{
			"a follow-up in the place of a follow-up", "VN",
			func(d *dossier) statement.CaseEntry {
				return d.say("VN", follow(&spsv1.FollowUp{Part: spsv1.Part_PART_DONE}))
			},
			more, nil,
			[]string{"open TH/0 alert", "VN", "CN", "VN/0 taken_back by VN/1"},
		},
		{
			"a request in the place of a request", "TH",
			func(d *dossier) statement.CaseEntry {
				return d.say("TH", request(spsv1.RequestKind_REQUEST_KIND_DOCUMENTS, "VN"))
			},
			func(*dossier) *spsv1.Statement { return request(spsv1.RequestKind_REQUEST_KIND_INFORMATION, "VN") },
			nil,
			[]string{"open TH/0 alert", "VN", "CN", "TH/2 asks VN unspecified", "TH/1 taken_back by TH/2"},
		},
		{
			"a follow-up in the place of an acknowledgement", "VN",
			func(d *dossier) statement.CaseEntry { return d.say("VN", acknowledge(disputed)) },
			more, void,
			[]string{"open TH/0 alert", "VN read VN/0 disputed VN/0", "CN", "VN/0 disputes unspecified lifted false"},
		},
		{
			"a follow-up in the place of a closure", "TH",
			func(d *dossier) statement.CaseEntry { return d.say("TH", closure()) },
			more, void,
			[]string{"closed TH/0 alert", "VN", "CN"},
		},
		{
			"a follow-up in the place of an amendment", "TH",
			func(d *dossier) statement.CaseEntry { return d.say("TH", amend(d.original, content(info, false))) },
			more, void,
			[]string{"open TH/1 information_for_follow_up", "VN", "CN"},
		},
		{
			"a follow-up in the place of a withdrawal", "TH",
			func(d *dossier) statement.CaseEntry { return d.say("TH", withdraw()) },
			more, void,
			[]string{"withdrawn TH/0 alert", "VN", "CN"},
		},
		{
			"a follow-up in the place of a reopening", "TH",
			func(d *dossier) statement.CaseEntry {
				d.say("TH", closure())
				return d.say("TH", reopening())
			},
			more, void,
			[]string{"open TH/0 alert", "VN", "CN"},
		},
		{
			"a follow-up in the place of the notification", "TH",
			func(d *dossier) statement.CaseEntry { return d.original },
			more, void,
			[]string{"open TH/0 alert", "VN", "CN"},
		},
		{
			"an answer in the place of one to a dispute", "TH",
			func(d *dossier) statement.CaseEntry {
				return d.say("TH", respond(d.say("VN", acknowledge(disputed)), uphold))
			},
			func(d *dossier) *spsv1.Statement {
				asked := d.say("VN", request(spsv1.RequestKind_REQUEST_KIND_DOCUMENTS, "TH"))
				return respond(asked, &spsv1.Response{Result: granted})
			},
			void,
			[]string{
				"open TH/0 alert", "VN read VN/0 disputed VN/0", "CN", "VN/1 asks TH granted", "VN/0 disputes uphold lifted false",
			},
		},
		{
			"an amendment in the place of an amendment", "TH",
			func(d *dossier) statement.CaseEntry { return d.say("TH", amend(d.original, content(info, true))) },
			func(d *dossier) *spsv1.Statement { return amend(d.entries[0], content(info, true)) },
			void,
			[]string{"open TH/2 information_for_follow_up", "VN", "CN"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDossier()
			d.original.Statement.Handling = spsv1.Handling_HANDLING_NETWORK
			before := c.said(d)
			next := toAll(c.by, c.next(d))
			next.RelatesTo = append(relates(supersedes, before), next.GetRelatesTo()...)
			if diff := cmp.Diff(c.want, reasons(statement.NewCase(d.original, d.entries).Check(next))); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			d.say(c.by, next)
			if diff := cmp.Diff(c.fold, outline(d.fold())); diff != "" {
				t.Errorf("case (-want +got):\n%s", diff)
			}
		})
	}
}

// reasons writes the field and the reason of each problem.
func reasons(problems statement.Problems) []string {
	var list []string
	for _, p := range problems {
		list = append(list, p.Field+" "+p.Reason)
	}
	return list
}

// TestSupersedesForAllWhoWereTold has an office put a statement in the place of
// one that more had than are to get it.
func TestSupersedesForAllWhoWereTold(t *testing.T) {
	for _, c := range []struct {
		name string
		tell func(*dossier) statement.CaseEntry
		want []string
	}{
		{"three offices", func(d *dossier) statement.CaseEntry {
			return d.say("VN", follow(&spsv1.FollowUp{Text: en("first")}))
		}, []string{"addressees REACH"}},
		{"one to whom it was handed on", func(d *dossier) statement.CaseEntry {
			e := d.say("VN", follow(&spsv1.FollowUp{Text: en("first")}), "TH", "VN")
			handOn(d, "VN", e, "CN")
			return e
		}, []string{"addressees REACH"}},
		{"one by hand", func(d *dossier) statement.CaseEntry {
			s := follow(&spsv1.FollowUp{Text: en("first")})
			s.Addressees = []*spsv1.Addressee{to("TH"), {Body: "INFOSAN", ByHand: true}}
			return d.say("VN", s, "TH", "VN")
		}, []string{"addressees REACH"}},
		{"the network", func(d *dossier) statement.CaseEntry {
			e := d.say("VN", follow(&spsv1.FollowUp{Text: en("first")}), "TH", "VN")
			e.Audience.Offices, e.Audience.Network = nil, true
			return e
		}, []string{"network REACH_NETWORK"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDossier()
			d.original.Statement.Handling = spsv1.Handling_HANDLING_NETWORK
			first := c.tell(d)
			next := instead(without(toAll("VN", follow(&spsv1.FollowUp{Text: en("second")})), "CN"), first)
			known := statement.NewCase(d.original, d.entries)
			if diff := cmp.Diff(c.want, reasons(known.Check(next))); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if problems := known.Complete(next, statement.Act{}); len(problems) > 0 {
				t.Fatal(problems)
			}
			if got := reasons(known.Check(next)); got != nil {
				t.Errorf("completed, it has the problems %q, want none", got)
			}
		})
	}
}
