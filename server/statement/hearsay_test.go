package statement_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// heard makes a statement what an office was heard to say.
func heard(teller string, s *spsv1.Statement) *spsv1.Statement {
	s.Source = &spsv1.Source{Teller: &spsv1.Authority{Office: teller}}
	return s
}

// byHand tells a dossier that an addressee of its original has no node.
func byHand(d *dossier, office string) {
	for _, a := range d.original.Statement.GetAddressees() {
		if a.GetOffice() == office {
			a.ByHand, a.CardNumber = true, 0
		}
	}
}

// askByHand asks an office that has no node.
func askByHand(office string) *spsv1.Statement {
	s := request(spsv1.RequestKind_REQUEST_KIND_DOCUMENTS, office)
	s.Addressees[0].ByHand, s.Addressees[0].CardNumber = true, 0
	return s
}

// naming adds an addressee with a node to a statement.
func naming(office string, s *spsv1.Statement) *spsv1.Statement {
	s.Addressees = append(s.Addressees, &spsv1.Addressee{Office: office, CardNumber: 1})
	return s
}

// TestHearsay has who may say what for an office without a node: whoever waits
// for its word, and nobody else; and for an office with a node only itself.
func TestHearsay(t *testing.T) {
	answer := func() *spsv1.Response { return &spsv1.Response{Result: granted} }
	for _, c := range []struct {
		name string
		tell func(d *dossier)
		want []string
	}{
		{"the issuer heard one without a node", func(d *dossier) {
			byHand(d, "VN")
			d.say("TH", heard("VN", acknowledge(accepted)))
		}, []string{"open TH/0 alert", "VN told 1 counts", "CN"}},
		{"a bystander heard it", func(d *dossier) {
			byHand(d, "VN")
			d.say("CN", heard("VN", acknowledge(accepted)))
		}, []string{"open TH/0 alert", "VN told 1", "CN"}},
		{"the issuer heard one with a node", func(d *dossier) {
			d.say("TH", heard("VN", acknowledge(accepted)))
		}, []string{"open TH/0 alert", "VN told 1", "CN"}},
		{"what was heard before it had a node still counts", func(d *dossier) {
			byHand(d, "VN")
			d.say("TH", heard("VN", acknowledge(accepted)))
			d.say("TH", naming("VN", follow(&spsv1.FollowUp{Text: en("welcome")})))
			d.say("TH", heard("VN", follow(&spsv1.FollowUp{Part: spsv1.Part_PART_DONE})))
		}, []string{"open TH/0 alert", "VN told 2 counts 1", "CN"}},
		{"the issuer heard one without a node dispute", func(d *dossier) {
			byHand(d, "VN")
			d.say("TH", heard("VN", acknowledge(disputed)))
		}, []string{"open TH/0 alert", "VN told 1 counts", "CN", "TH/1 disputes unspecified lifted false"}},
		{"and lift its dispute", func(d *dossier) {
			byHand(d, "VN")
			d.say("TH", heard("VN", acknowledge(disputed)))
			d.say("TH", heard("VN", acknowledge(accepted)))
		}, []string{"open TH/0 alert", "VN told 2 counts", "CN", "TH/1 disputes unspecified lifted true"}},
		{"what it says itself comes after what was heard", func(d *dossier) {
			byHand(d, "VN")
			d.say("TH", heard("VN", acknowledge(accepted)))
			d.say("TH", naming("VN", follow(&spsv1.FollowUp{Text: en("welcome")})))
			d.say("VN", acknowledge(disputed))
		}, []string{"open TH/0 alert", "VN read VN/0 disputed VN/0 told 1 counts", "CN", "VN/0 disputes unspecified lifted false"}},
		{"the asker heard the answer of one without a node", func(d *dossier) {
			d.say("CN", heard("LA", respond(d.say("CN", askByHand("LA")), answer())))
		}, []string{"open TH/0 alert", "VN", "CN", "LA told 1 counts", "CN/0 asks LA granted"}},
		{"the issuer heard what another asked", func(d *dossier) {
			d.say("TH", heard("LA", respond(d.say("CN", askByHand("LA")), answer())))
		}, []string{"open TH/0 alert", "VN", "CN", "CN/0 asks LA unspecified", "TH/1 without_effect hearsay"}},
		{"the asker heard the answer of one with a node", func(d *dossier) {
			d.say("CN", heard("VN", respond(d.say("CN", request(spsv1.RequestKind_REQUEST_KIND_DOCUMENTS, "VN")), answer())))
		}, []string{"open TH/0 alert", "VN", "CN", "CN/0 asks VN unspecified", "CN/1 without_effect hearsay"}},
		{"the issuer heard one without a node ask for more time, and grants it", func(d *dossier) {
			byHand(d, "VN")
			asked := d.say("TH", heard("VN", extend(spsv1.Clock_CLOCK_OUTCOME, nil)))
			d.say("TH", respond(asked, answer()))
		}, []string{"open TH/0 alert", "VN told 1 counts", "CN", "VN asks by TH/1 TH granted", "VN outcome until 2026-04-01"}},
		{"the issuer heard one with a node ask for more time", func(d *dossier) {
			asked := d.say("TH", heard("VN", extend(spsv1.Clock_CLOCK_OUTCOME, nil)))
			d.say("TH", respond(asked, answer()))
		}, []string{"open TH/0 alert", "VN told 1", "CN", "nobody asks by TH/1 TH granted"}},
		{"an addressee heard one ask for more time", func(d *dossier) {
			asked := d.say("CN", heard("LA", extend(spsv1.Clock_CLOCK_OUTCOME, nil)))
			d.say("TH", respond(asked, answer()))
		}, []string{"open TH/0 alert", "VN", "CN", "LA told 1", "nobody asks by CN/0 TH granted"}},
		{"an office grants more time to itself", func(d *dossier) {
			s := extend(spsv1.Clock_CLOCK_CONFIRMATION, nil)
			d.say("TH", respond(d.say("TH", s), answer()))
		}, []string{"open TH/0 alert", "VN", "CN", "TH/1 asks TH granted"}},
		{"the asker heard one that was not asked", func(d *dossier) {
			d.say("CN", heard("MM", respond(d.say("CN", askByHand("LA")), answer())))
		}, []string{"open TH/0 alert", "VN", "CN", "CN/0 asks LA unspecified", "CN/1 without_effect not_asked"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDossier()
			c.tell(d)
			if diff := cmp.Diff(c.want, outline(d.fold())); diff != "" {
				t.Errorf("case (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWithoutEffectReachesNobody has entries that change nothing: whom they name
// is told of nothing, may say nothing, and is no participant.
func TestWithoutEffectReachesNobody(t *testing.T) {
	for _, c := range []struct {
		name string
		tell func(d *dossier)
	}{
		{"an office outside the audience names another", func(d *dossier) {
			d.say("MM", naming("LA", follow(&spsv1.FollowUp{Text: en("look")})), "LA", "MM", "TH")
		}},
		{"an office outside the audience hands on what it says", func(d *dossier) {
			said := d.say("MM", follow(&spsv1.FollowUp{Text: en("look")}), "MM", "TH")
			handOn(d, "MM", said, "LA")
		}},
		{"an addressee names another where it has no say", func(d *dossier) {
			d.say("VN", naming("LA", closure()), "LA", "TH", "VN")
		}},
		{"an addressee hands on what another said", func(d *dossier) { handOn(d, "VN", d.original, "LA") }},
		{"an addressee hands on what has no effect", func(d *dossier) { handOn(d, "VN", d.say("VN", closure()), "LA") }},
		{"the issuer exercises in a real case", func(d *dossier) {
			s := naming("LA", follow(&spsv1.FollowUp{Text: en("what if")}))
			s.Status = spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE
			d.say("TH", s, "LA", "TH")
		}},
		{"the issuer amends what it withdrew", func(d *dossier) {
			d.say("TH", withdraw())
			d.say("TH", naming("LA", amend(d.original, content(info, false))), "CN", "LA", "TH", "VN")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDossier()
			c.tell(d)
			d.say("LA", follow(&spsv1.FollowUp{Text: en("and we?")}), "LA", "TH")
			state := d.fold()
			for _, p := range state.GetParticipants() {
				if p.GetOffice() == "LA" {
					t.Errorf("LA is a participant: %v", p)
				}
			}
			for _, e := range state.GetEntries() {
				if short(e.GetStatement()) == "LA/0" && e.GetReason() != spsv1.NoEffectReason_NO_EFFECT_REASON_OUTSIDE_AUDIENCE {
					t.Errorf("LA spoke, and is %v, want outside the audience", e)
				}
			}
			next := reopening()
			next.Office = "TH"
			if problems := statement.NewCase(d.original, d.entries).Complete(next, statement.Act{}); len(problems) > 0 {
				t.Fatal(problems)
			}
			for _, a := range next.GetAddressees() {
				if a.GetOffice() == "LA" {
					t.Errorf("what goes to all goes to LA")
				}
			}
		})
	}
}

// handOn adds a readdress.
func handOn(d *dossier, by string, what statement.CaseEntry, to string) {
	e := d.entry(by, nil, to, by)
	e.Readdress = ref(what)
	d.entries = append(d.entries, e)
}

// TestWithoutEffectTakesNothingBack has an entry that changes nothing put itself
// in the place of another.
func TestWithoutEffectTakesNothingBack(t *testing.T) {
	d := newDossier()
	first := d.say("VN", acknowledge(accepted))
	s := instead(acknowledge(disputed), first)
	s.Status = spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE
	d.say("VN", s)
	want := []string{"open TH/0 alert", "VN read VN/0 accepted VN/0", "CN", "VN/1 without_effect status_mixed"}
	if diff := cmp.Diff(want, outline(d.fold())); diff != "" {
		t.Errorf("case (-want +got):\n%s", diff)
	}
}
