package statement_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// toAll addresses a statement of an office to the two others of the dossier.
func toAll(from string, s *spsv1.Statement) *spsv1.Statement {
	s.Office, s.Federation, s.Handling = from, federation, spsv1.Handling_HANDLING_NETWORK
	s.Status = spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL
	s.Addressees = nil
	for _, office := range []string{"CN", "TH", "VN"} {
		if office != from {
			s.Addressees = append(s.Addressees, to(office))
		}
	}
	return s
}

func without(s *spsv1.Statement, office string) *spsv1.Statement {
	var rest []*spsv1.Addressee
	for _, a := range s.GetAddressees() {
		if a.GetOffice() != office {
			rest = append(rest, a)
		}
	}
	s.Addressees = rest
	return s
}

func changing(s *spsv1.Statement, kinds ...spsv1.ChangeKind) *spsv1.Statement {
	for _, k := range kinds {
		s.GetAmendment().Changes = append(s.GetAmendment().Changes, &spsv1.Change{Kind: k})
	}
	return s
}

// move asks offices for an extension.
func move(clock spsv1.Clock, from *spsv1.EntryRef, offices ...string) *spsv1.Statement {
	s := extend(clock, from)
	s.GetRequest().Offices = offices
	return s
}

// withLot gives the notification of a dossier a lot.
func withLot(d *dossier) {
	d.original.Statement.GetNotification().Products = []*spsv1.Product{{Id: "p1", Lots: []*spsv1.Lot{{Id: "p1.l1"}}}}
}

// TestIssuerBalancesAndLinks has what the issuer says of its lots and of other
// cases: its follow-ups since the version that stands.
func TestIssuerBalancesAndLinks(t *testing.T) {
	balance := func(about, total string) *spsv1.LotBalance {
		return &spsv1.LotBalance{About: about, Total: &spsv1.Quantity{Value: total}}
	}
	d := newDossier()
	d.say("TH", follow(&spsv1.FollowUp{Facts: &spsv1.Facts{Balances: []*spsv1.LotBalance{balance("n:p1.l3", "9")}}})) // before the version that stands
	amended := content(alert, false)
	amended.Balances = []*spsv1.LotBalance{balance("p1.l1", "1"), balance("p1.l2", "2")}
	d.say("TH", amend(d.original, amended))
	linked := follow(&spsv1.FollowUp{Facts: &spsv1.Facts{Balances: []*spsv1.LotBalance{balance("n:p1.l1", "5")}}})
	linked.RelatesTo = []*spsv1.Relation{{Kind: spsv1.RelationKind_RELATION_KIND_SAME_EVENT, Reference: "VN-2026-000001"}}
	d.say("TH", linked)
	d.say("VN", follow(&spsv1.FollowUp{Facts: &spsv1.Facts{Balances: []*spsv1.LotBalance{balance("n:p1.l2", "7")}}})) // its own register
	state := d.fold()
	if diff := cmp.Diff([]*spsv1.LotBalance{balance("p1.l2", "2"), balance("p1.l1", "5")}, state.GetBalances(), protocmp.Transform()); diff != "" {
		t.Errorf("balances (-want +got):\n%s", diff)
	}
	if got := state.GetLinks(); len(got) != 1 || got[0].GetRelation().GetReference() != "VN-2026-000001" || short(got[0].GetSaid().GetStatement()) != "TH/3" {
		t.Errorf("links = %v, want the one that TH3 says", got)
	}
}

const (
	reclassification = spsv1.ChangeKind_CHANGE_KIND_RECLASSIFICATION
	confirmation     = spsv1.ChangeKind_CHANGE_KIND_CONFIRMATION
	correction       = spsv1.ChangeKind_CHANGE_KIND_CORRECTION
)

// TestCheckCase has each rule about the next statement of a case broken once; the
// dossier's notification is preliminary, by TH for VN and CN.
func TestCheckCase(t *testing.T) {
	for _, tc := range []struct {
		name string
		next func(*dossier) *spsv1.Statement
		want []string
	}{
		{"acknowledgement", func(*dossier) *spsv1.Statement { return toAll("VN", acknowledge(accepted)) }, nil},
		{"of one who was not told", func(*dossier) *spsv1.Statement { return toAll("LA", acknowledge(accepted)) }, []string{"case_ref.original OUTSIDE_AUDIENCE"}},
		{"of the own case", func(*dossier) *spsv1.Statement { return toAll("TH", acknowledge(accepted)) }, []string{"case_ref.original NOT_ITS_REGISTER"}},
		{"closure", func(*dossier) *spsv1.Statement { return toAll("TH", closure()) }, nil},
		{"closure of another's case", func(*dossier) *spsv1.Statement { return toAll("VN", closure()) }, []string{"case_ref.original NOT_ITS_REGISTER"}},
		{"closure that leaves one out", func(*dossier) *spsv1.Statement { return without(toAll("TH", closure()), "CN") }, []string{"addressees REACH"}},
		{"closure that leaves out whom a readdress brought in", func(d *dossier) *spsv1.Statement {
			handed := d.entry("TH", nil, "LA")
			handed.Readdress = ref(d.original)
			d.entries = append(d.entries, handed)
			return toAll("TH", closure())
		}, []string{"addressees REACH"}},
		{"closure that leaves out whom an addressee brought in", func(d *dossier) *spsv1.Statement {
			d.say("VN", acknowledge(accepted), "TH", "VN", "LA")
			return toAll("TH", closure())
		}, []string{"addressees REACH"}},
		{"closure that leaves out who is told by hand", func(d *dossier) *spsv1.Statement {
			d.original.Statement.Addressees = append(d.original.Statement.Addressees, &spsv1.Addressee{Body: "INFOSAN", ByHand: true})
			return toAll("TH", closure())
		}, []string{"addressees REACH"}},
		{"closure of what all were told", func(d *dossier) *spsv1.Statement {
			d.say("TH", follow(&spsv1.FollowUp{Text: en("more")})).Audience.Network = true
			return toAll("TH", closure())
		}, []string{"network REACH_NETWORK"}},
		{"closure of what is closed", func(d *dossier) *spsv1.Statement {
			d.say("TH", closure())
			return toAll("TH", closure())
		}, []string{"closure CASE_CLOSED"}},
		{"closure of what is withdrawn", func(d *dossier) *spsv1.Statement {
			d.say("TH", withdraw())
			return toAll("TH", closure())
		}, []string{"closure CASE_WITHDRAWN"}},
		{"reopening of what is closed", func(d *dossier) *spsv1.Statement {
			d.say("TH", closure())
			return toAll("TH", reopening())
		}, nil},
		{"reopening of what is open", func(*dossier) *spsv1.Statement { return toAll("TH", reopening()) }, []string{"reopening CASE_OPEN"}},
		{"second withdrawal", func(d *dossier) *spsv1.Statement {
			d.say("TH", withdraw())
			return toAll("TH", withdraw())
		}, []string{"withdrawal CASE_WITHDRAWN"}},
		{"withdrawal as not confirmed", func(*dossier) *spsv1.Statement {
			s := toAll("TH", withdraw())
			s.GetWithdrawal().Reason = spsv1.WithdrawalReason_WITHDRAWAL_REASON_NOT_CONFIRMED
			return s
		}, nil},
		{"withdrawal as not confirmed of what was", func(d *dossier) *spsv1.Statement {
			d.say("TH", amend(d.original, content(alert, false)))
			s := toAll("TH", withdraw())
			s.GetWithdrawal().Reason = spsv1.WithdrawalReason_WITHDRAWAL_REASON_NOT_CONFIRMED
			return s
		}, []string{"withdrawal.reason NOT_PRELIMINARY"}},
		{"withdrawal of an own answer, told to one", func(d *dossier) *spsv1.Statement {
			said := d.say("VN", follow(&spsv1.FollowUp{Text: en("more")}), "TH", "VN")
			return without(toAll("VN", withdraw(relates(withdraws, said)...)), "CN")
		}, nil},
		{"withdrawal of what is not here", func(d *dossier) *spsv1.Statement {
			return toAll("TH", withdraw(relates(withdraws, d.entry("TH", closure()))...))
		}, []string{"relates_to RELATION_UNKNOWN"}},
		{"amendment", func(d *dossier) *spsv1.Statement {
			return changing(toAll("TH", amend(d.original, content(info, false))), reclassification, confirmation)
		}, nil},
		{"amendment that does not say what it does", func(d *dossier) *spsv1.Statement {
			return changing(toAll("TH", amend(d.original, content(info, false))), correction)
		}, []string{"amendment.changes CHANGE_UNNAMED", "amendment.changes CHANGE_UNNAMED"}},
		{"amendment that says what it does not do", func(d *dossier) *spsv1.Statement {
			d.say("TH", amend(d.original, content(alert, false)))
			return changing(toAll("TH", amend(d.entries[0], content(alert, false))), reclassification, confirmation)
		}, []string{"amendment.changes[0].kind CHANGE_UNTRUE", "amendment.changes[1].kind CHANGE_UNTRUE"}},
		{"amendment that is preliminary again", func(d *dossier) *spsv1.Statement {
			d.say("TH", amend(d.original, content(alert, false)))
			return changing(toAll("TH", amend(d.entries[0], content(alert, true))), correction)
		}, []string{"amendment.notification.preliminary PRELIMINARY_AGAIN"}},
		{"amendment of an older version", func(d *dossier) *spsv1.Statement {
			d.say("TH", amend(d.original, content(alert, true)))
			return changing(toAll("TH", amend(d.original, content(alert, true))), correction)
		}, []string{"relates_to VERSION_OLD"}},
		{"amendment of no version", func(d *dossier) *spsv1.Statement {
			return toAll("TH", amend(d.say("TH", closure()), content(alert, true)))
		}, []string{"relates_to NOT_A_VERSION"}},
		{"amendment of what is withdrawn", func(d *dossier) *spsv1.Statement {
			d.say("TH", withdraw())
			return toAll("TH", amend(d.original, content(alert, true)))
		}, []string{"case_ref.original CASE_WITHDRAWN"}},
		{"amendment of another digest", func(d *dossier) *spsv1.Statement {
			s := toAll("TH", amend(d.original, content(alert, true)))
			s.RelatesTo[0].Entry.RecordHash = make([]byte, 32)
			return s
		}, []string{"relates_to OTHER_ENTRY"}},
		{"answer to who asked", func(d *dossier) *spsv1.Statement {
			return toAll("VN", respond(d.say("TH", request(spsv1.RequestKind_REQUEST_KIND_RETEST, "VN")), &spsv1.Response{Result: granted}))
		}, nil},
		{"answer that does not reach who asked", func(d *dossier) *spsv1.Statement {
			asked := d.say("TH", request(spsv1.RequestKind_REQUEST_KIND_RETEST, "VN"))
			return without(toAll("VN", respond(asked, &spsv1.Response{Result: granted})), "TH")
		}, []string{"addressees REACH_ASKER"}},
		{"answer of one who was not asked", func(d *dossier) *spsv1.Statement {
			return toAll("CN", respond(d.say("TH", request(spsv1.RequestKind_REQUEST_KIND_RETEST, "VN")), &spsv1.Response{Result: granted}))
		}, []string{"relates_to NOT_ASKED"}},
		{"answer to what is no question", func(d *dossier) *spsv1.Statement {
			return toAll("CN", respond(d.say("VN", acknowledge(accepted)), &spsv1.Response{Result: granted}))
		}, []string{"relates_to NOTHING_TO_ANSWER"}},
		{"answer to a dispute", func(d *dossier) *spsv1.Statement {
			return toAll("TH", respond(d.say("VN", acknowledge(disputed)), &spsv1.Response{DisputeResult: spsv1.DisputeResult_DISPUTE_RESULT_UPHOLD}))
		}, nil},
		{"answer to a dispute that was lifted", func(d *dossier) *spsv1.Statement {
			raised := d.say("VN", acknowledge(disputed))
			d.say("VN", acknowledge(accepted))
			return toAll("TH", respond(raised, &spsv1.Response{DisputeResult: spsv1.DisputeResult_DISPUTE_RESULT_UPHOLD}))
		}, []string{"relates_to DISPUTE_LIFTED"}},
		{"request of one who does not know of the case", func(*dossier) *spsv1.Statement {
			s := toAll("TH", request(spsv1.RequestKind_REQUEST_KIND_RETEST, "LA"))
			s.Addressees = append(s.Addressees, to("LA"))
			return s
		}, []string{"request.offices[0] REQUEST_OUTSIDE"}},
		{"extension", func(*dossier) *spsv1.Statement {
			return toAll("VN", move(spsv1.Clock_CLOCK_OUTCOME, nil, "TH"))
		}, nil},
		{"extension asked of who may not grant it", func(*dossier) *spsv1.Statement {
			return toAll("VN", move(spsv1.Clock_CLOCK_OUTCOME, nil, "CN"))
		}, []string{"request.offices EXTENSION_GRANTOR"}},
		{"extension of what is not here", func(d *dossier) *spsv1.Statement {
			return toAll("VN", move(spsv1.Clock_CLOCK_ANSWER, ref(d.entry("TH", closure())), "TH"))
		}, []string{"request.extension.statement RELATION_UNKNOWN"}},
		{"registers of addressees", func(*dossier) *spsv1.Statement {
			return toAll("TH", follow(&spsv1.FollowUp{
				Stance:  &spsv1.Stance{Position: accepted},
				Outcome: &spsv1.Outcome{Conclusion: spsv1.OutcomeConclusion_OUTCOME_CONCLUSION_CONFIRMED},
				Part:    spsv1.Part_PART_DONE,
			}))
		}, []string{"follow_up.stance REGISTER_OF_ADDRESSEE", "follow_up.outcome REGISTER_OF_ADDRESSEE", "follow_up.part REGISTER_OF_ADDRESSEE"}},
		{"registers of who told it", func(*dossier) *spsv1.Statement {
			s := toAll("TH", follow(&spsv1.FollowUp{Part: spsv1.Part_PART_DONE}))
			s.Source = &spsv1.Source{Teller: &spsv1.Authority{Name: "LA plant protection"}}
			return s
		}, nil},
		{"wider handling", func(d *dossier) *spsv1.Statement {
			d.original.Statement.Handling = spsv1.Handling_HANDLING_ADDRESSEES_ONLY
			return toAll("VN", acknowledge(accepted))
		}, []string{"handling HANDLING_WIDER"}},
		{"an addressee brings another in", func(d *dossier) *spsv1.Statement {
			d.original.Statement.Handling = spsv1.Handling_HANDLING_ADDRESSEES_ONLY
			s := toAll("VN", acknowledge(accepted))
			s.Handling = spsv1.Handling_HANDLING_ADDRESSEES_ONLY
			s.Addressees = append(s.Addressees, to("LA"), &spsv1.Addressee{Area: area("KH"), ByHand: true})
			return s
		}, []string{"addressees[2] AUDIENCE_BEYOND", "addressees[3] AUDIENCE_BEYOND"}},
		{"what the notification has not", func(d *dossier) *spsv1.Statement {
			withLot(d)
			return toAll("VN", follow(&spsv1.FollowUp{Facts: &spsv1.Facts{Balances: []*spsv1.LotBalance{{About: "n:p1.l1"}, {About: "n:p1.l9"}}}}))
		}, []string{"follow_up.facts.balances[1].about REFERENCE_UNKNOWN"}},
		{"what an earlier version had", func(d *dossier) *spsv1.Statement {
			withLot(d)
			d.say("TH", amend(d.original, content(alert, true)))
			return toAll("VN", follow(&spsv1.FollowUp{Facts: &spsv1.Facts{Balances: []*spsv1.LotBalance{{About: "n:p1.l1"}}}}))
		}, nil},
		{"corrections", func(d *dossier) *spsv1.Statement {
			withLot(d)
			s := toAll("VN", acknowledge(disputed))
			for _, path := range []string{
				"products[p1].lots[p1.l1].number", "products[0].lots", "risk.decision", "classification", "products[p1]", // there
				"products[p2].lots", "nothing", "classification[0]", "products.lots", "products[p1].lots[p1.l1].number.x", "risk.", "[p1]", "products[p1", // not
			} {
				s.GetAcknowledgement().Stance.Corrections = append(s.GetAcknowledgement().GetStance().GetCorrections(), &spsv1.Correction{Path: path, Proposed: "x"})
			}
			return s
		}, []string{
			"acknowledgement.stance.corrections[5].path PATH_UNKNOWN", "acknowledgement.stance.corrections[6].path PATH_UNKNOWN",
			"acknowledgement.stance.corrections[7].path PATH_UNKNOWN", "acknowledgement.stance.corrections[8].path PATH_UNKNOWN",
			"acknowledgement.stance.corrections[9].path PATH_UNKNOWN", "acknowledgement.stance.corrections[10].path PATH_UNKNOWN",
			"acknowledgement.stance.corrections[11].path PATH_UNKNOWN", "acknowledgement.stance.corrections[12].path PATH_UNKNOWN",
		}},
		{"real one of a case that was entered by hand", func(d *dossier) *spsv1.Statement {
			d.original.Statement.Source = &spsv1.Source{Teller: &spsv1.Authority{Name: "LA plant protection"}}
			s := toAll("TH", follow(&spsv1.FollowUp{}))
			s.RelatesTo = []*spsv1.Relation{{Kind: spsv1.RelationKind_RELATION_KIND_TRANSCRIBES, Reference: "LA-2026-000007"}}
			return s
		}, nil},
		{"real one of a case that was not", func(*dossier) *spsv1.Statement {
			s := toAll("TH", follow(&spsv1.FollowUp{}))
			s.RelatesTo = []*spsv1.Relation{{Kind: spsv1.RelationKind_RELATION_KIND_TRANSCRIBES, Reference: "LA-2026-000007"}}
			return s
		}, []string{"relates_to[0].kind TRANSCRIPT"}},
		{"several at once", func(d *dossier) *spsv1.Statement {
			d.say("TH", closure())
			return without(toAll("TH", closure()), "CN")
		}, []string{"addressees REACH", "closure CASE_CLOSED"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDossier()
			d.original.Statement.Handling = spsv1.Handling_HANDLING_NETWORK
			next := tc.next(d)
			before := proto.CloneOf(next)
			var got []string
			for _, p := range statement.NewCase(d.original, d.entries).Check(next) {
				got = append(got, p.Field+" "+p.Reason)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if !proto.Equal(before, next) {
				t.Error("the statement was changed by the check of it")
			}
		})
	}
}

func TestReaddressOfWhatIsForItsAddresseesOnly(t *testing.T) {
	const only, network = spsv1.Handling_HANDLING_ADDRESSEES_ONLY, spsv1.Handling_HANDLING_NETWORK
	for _, c := range []struct {
		name           string
		original, said spsv1.Handling // of the case, and of what VN says in it
		told           bool           // TH told LA, too
		by             string
		want           []string
	}{
		{"an addressee of what all may read", network, network, false, "VN", nil},
		{"an addressee", only, only, false, "VN", []string{"offices[1] AUDIENCE_BEYOND"}},
		{"an addressee, to who was told", only, only, true, "VN", nil},
		{"who issued it", only, only, false, "TH", nil},
		{"a statement for its addressees in a case for all", network, only, false, "VN", []string{"offices[1] AUDIENCE_BEYOND"}},
		{"another's statement for its addressees", network, only, false, "CN", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDossier()
			d.original.Statement.Handling = c.original
			s := follow(&spsv1.FollowUp{Text: en("what we found")})
			s.Handling = c.said
			d.say("VN", s)
			if c.told {
				d.say("TH", follow(&spsv1.FollowUp{Text: en("Laos, too")}), "CN", "LA", "TH", "VN")
			}
			var got []string
			for _, p := range statement.NewCase(d.original, d.entries).CheckReaddress(c.by, []string{"TH", "LA"}) {
				got = append(got, p.Field+" "+p.Reason)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}
