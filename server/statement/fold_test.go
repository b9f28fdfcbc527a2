package statement_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// dossier collects the entries of one case: TH has issued the original, for VN
// and CN.
type dossier struct {
	next     map[string]uint64
	original statement.CaseEntry
	entries  []statement.CaseEntry
}

func newDossier() *dossier {
	d := &dossier{next: make(map[string]uint64)}
	d.original = d.entry("TH", &spsv1.Statement{
		Status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL,
		Addressees: []*spsv1.Addressee{
			{Office: "VN", CardNumber: 3, Roles: []spsv1.AddresseeRole{spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN}},
			{Office: "CN", CardNumber: 1, Roles: []spsv1.AddresseeRole{spsv1.AddresseeRole_ADDRESSEE_ROLE_TRANSIT}},
		},
		Flags: followUp(office("VN")),
		Allowances: &spsv1.Allowances{
			Acknowledgement: hours(24), Outcome: hours(240), Answer: hours(48), Dispute: hours(72), Confirmation: hours(96),
		},
		Body: &spsv1.Statement_Notification{Notification: content(spsv1.Classification_CLASSIFICATION_ALERT, true)},
	}, "CN", "TH", "VN")
	return d
}

func hours(n uint32) *spsv1.Allowance {
	return &spsv1.Allowance{Amount: n, Unit: spsv1.AllowanceUnit_ALLOWANCE_UNIT_HOURS}
}

func content(c spsv1.Classification, preliminary bool) *spsv1.Notification {
	return &spsv1.Notification{Classification: c, Preliminary: preliminary, Subject: en("durian")}
}

// entry makes the next entry of an office; each comes an hour after the one
// before.
func (d *dossier) entry(code string, s *spsv1.Statement, audience ...string) statement.CaseEntry {
	sequence := d.next[code]
	d.next[code]++
	return statement.CaseEntry{
		Origin:    certs.Origin{Federation: federation, Office: certs.Office(code), Epoch: 1},
		Sequence:  sequence,
		Hash:      sha256.Sum256(fmt.Appendf(nil, "%s/%d", code, sequence)),
		Time:      time.Date(2026, 3, 2, len(d.entries), 0, 0, 0, time.UTC),
		Audience:  &spsv1.Audience{Offices: audience, Network: len(audience) == 0},
		Statement: s,
	}
}

// say adds an entry to the case, for all three unless an audience is given.
func (d *dossier) say(code string, s *spsv1.Statement, audience ...string) statement.CaseEntry {
	if s.Status == 0 {
		s.Status = spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL
	}
	if audience == nil {
		audience = []string{"CN", "TH", "VN"}
	}
	e := d.entry(code, s, audience...)
	d.entries = append(d.entries, e)
	return e
}

func (d *dossier) fold() *spsv1.CaseState { return statement.Fold(d.original, d.entries) }

func ref(e statement.CaseEntry) *spsv1.EntryRef {
	return &spsv1.EntryRef{Origin: e.Origin.String(), Sequence: e.Sequence, RecordHash: e.Hash[:]}
}

func relates(kind spsv1.RelationKind, e statement.CaseEntry) []*spsv1.Relation {
	return []*spsv1.Relation{{Kind: kind, Entry: ref(e)}}
}

const (
	amends     = spsv1.RelationKind_RELATION_KIND_AMENDS
	withdraws  = spsv1.RelationKind_RELATION_KIND_WITHDRAWS
	replies    = spsv1.RelationKind_RELATION_KIND_REPLIES
	supersedes = spsv1.RelationKind_RELATION_KIND_SUPERSEDES
)

func acknowledge(position spsv1.StancePosition) *spsv1.Statement {
	a := &spsv1.Acknowledgement{}
	if position != 0 {
		a.Stance = &spsv1.Stance{Position: position, Reason: en("because")}
	}
	return &spsv1.Statement{Body: &spsv1.Statement_Acknowledgement{Acknowledgement: a}}
}

func amend(version statement.CaseEntry, n *spsv1.Notification) *spsv1.Statement {
	return &spsv1.Statement{
		RelatesTo: relates(amends, version),
		Body:      &spsv1.Statement_Amendment{Amendment: &spsv1.Amendment{Notification: n, Reason: en("new result")}},
	}
}

func withdraw(relations ...*spsv1.Relation) *spsv1.Statement {
	return &spsv1.Statement{RelatesTo: relations, Body: &spsv1.Statement_Withdrawal{Withdrawal: &spsv1.Withdrawal{
		Reason: spsv1.WithdrawalReason_WITHDRAWAL_REASON_UNFOUNDED, Text: en("unfounded"),
	}}}
}

func closure() *spsv1.Statement {
	return &spsv1.Statement{Body: &spsv1.Statement_Closure{Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED}}}
}

func reopening() *spsv1.Statement {
	return &spsv1.Statement{Body: &spsv1.Statement_Reopening{Reopening: &spsv1.Reopening{Reason: en("again")}}}
}

func follow(f *spsv1.FollowUp) *spsv1.Statement {
	return &spsv1.Statement{Body: &spsv1.Statement_FollowUp{FollowUp: f}}
}

func request(kind spsv1.RequestKind, offices ...string) *spsv1.Statement {
	s := &spsv1.Statement{
		Allowances: &spsv1.Allowances{Answer: hours(48)},
		Body:       &spsv1.Statement_Request{Request: &spsv1.Request{Kind: kind, Offices: offices}},
	}
	for _, o := range offices {
		s.Addressees = append(s.Addressees, &spsv1.Addressee{Office: o, CardNumber: 7})
	}
	return s
}

func respond(to statement.CaseEntry, r *spsv1.Response) *spsv1.Statement {
	return &spsv1.Statement{RelatesTo: relates(replies, to), Body: &spsv1.Statement_Response{Response: r}}
}

const (
	accepted = spsv1.StancePosition_STANCE_POSITION_ACCEPTED
	disputed = spsv1.StancePosition_STANCE_POSITION_DISPUTED

	granted  = spsv1.ResponseResult_RESPONSE_RESULT_GRANTED
	declined = spsv1.ResponseResult_RESPONSE_RESULT_DECLINED
	interim  = spsv1.ResponseResult_RESPONSE_RESULT_INTERIM

	alert = spsv1.Classification_CLASSIFICATION_ALERT
	info  = spsv1.Classification_CLASSIFICATION_INFORMATION_FOR_FOLLOW_UP
)

// outline writes what matters of a state, a line a thing, so that a table can
// say what it wants.
func outline(c *spsv1.CaseState) []string {
	lines := []string{trim("CASE_STATUS_", c.GetStatus()) + " " + short(c.GetCurrent()) + " " +
		trim("CLASSIFICATION_", c.GetNotification().GetClassification())}
	for _, p := range c.GetParticipants() {
		line := p.GetOffice() + p.GetBody()
		if p.GetAcknowledged() != nil {
			line += " read " + short(p.GetAcknowledged().GetStatement())
		}
		if p.GetStance() != nil {
			line += " " + trim("STANCE_POSITION_", p.GetStance().GetPosition()) + " " + short(p.GetStanceSaid().GetStatement())
		}
		if p.GetOutcome() != nil {
			line += " " + trim("OUTCOME_CONCLUSION_", p.GetOutcome().GetConclusion())
		}
		if p.GetPart() != 0 {
			line += " " + trim("", p.GetPart())
		}
		if n := len(p.GetTold()); n > 0 {
			line += fmt.Sprintf(" told %d", n) + counting(p.GetTold())
		}
		if n := len(p.GetHandDeliveries()); n > 0 {
			line += fmt.Sprintf(" by hand %d", n)
		}
		lines = append(lines, line)
	}
	for _, r := range c.GetRequests() {
		line := asking(r)
		for _, a := range r.GetAnswers() {
			line += " " + a.GetOffice() + " " + trim("RESPONSE_RESULT_", a.GetResult())
		}
		lines = append(lines, line)
	}
	for _, d := range c.GetDisputes() {
		lines = append(lines, fmt.Sprintf("%s disputes %s lifted %t", short(d.GetSaid().GetStatement()), trim("DISPUTE_RESULT_", d.GetResult()), d.GetLifted()))
	}
	for _, x := range c.GetExtensions() {
		lines = append(lines, fmt.Sprintf("%s %s until %s", x.GetOffice(), trim("CLOCK_", x.GetClock()), x.GetDueTime().AsTime().Format(time.DateOnly)))
	}
	for _, e := range c.GetEntries() {
		if e.GetStanding() == spsv1.EntryStanding_ENTRY_STANDING_EFFECTIVE {
			continue
		}
		line := short(e.GetStatement()) + " " + trim("ENTRY_STANDING_", e.GetStanding())
		if e.GetReason() != 0 {
			line += " " + trim("NO_EFFECT_REASON_", e.GetReason())
		}
		if e.GetBy() != "" {
			line += " by " + short(e.GetBy())
		}
		lines = append(lines, line)
	}
	return lines
}

// asking says where something was asked, and by whom if that is not who wrote it.
func asking(r *spsv1.CaseRequest) string {
	said := short(r.GetSaid().GetStatement())
	switch by := r.GetOffice(); {
	case by == "":
		return "nobody asks by " + said
	case !strings.HasPrefix(said, by):
		return by + " asks by " + said
	}
	return said + " asks"
}

// counting says how many of what was told count, nothing for none.
func counting(told []*spsv1.Told) string {
	n := 0
	for _, one := range told {
		if one.GetCounts() {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case len(told):
		return " counts"
	}
	return fmt.Sprintf(" counts %d", n)
}

func short(name string) string {
	return strings.NewReplacer("offices/", "", "statements/1-", "").Replace(name)
}

func trim(prefix string, value fmt.Stringer) string {
	return strings.ToLower(strings.TrimPrefix(value.String(), prefix))
}

func TestFold(t *testing.T) {
	for _, c := range []struct {
		name string
		tell func(d *dossier)
		want []string
	}{
		{"nothing but the original", func(*dossier) {}, []string{"open TH/0 alert", "VN", "CN"}},
		{"each addressee has its own registers", func(d *dossier) {
			d.say("VN", acknowledge(accepted))
			d.say("CN", acknowledge(0))
			d.say("VN", follow(&spsv1.FollowUp{
				Outcome: &spsv1.Outcome{Conclusion: spsv1.OutcomeConclusion_OUTCOME_CONCLUSION_CONFIRMED}, Part: spsv1.Part_PART_DONE,
			}))
		}, []string{"open TH/0 alert", "VN read VN/0 accepted VN/0 confirmed part_done", "CN read CN/0"}},
		{"an office's last word stands", func(d *dossier) {
			d.say("VN", acknowledge(disputed))
			d.say("VN", follow(&spsv1.FollowUp{Stance: &spsv1.Stance{Position: accepted}}))
		}, []string{"open TH/0 alert", "VN read VN/0 accepted VN/1", "CN", "VN/0 disputes unspecified lifted true"}},
		{"the issuer amends and confirms", func(d *dossier) {
			first := d.say("TH", amend(d.original, content(alert, false)))
			d.say("TH", amend(first, content(info, false)))
		}, []string{"open TH/2 information_for_follow_up", "VN", "CN"}},
		{"an amendment taken back leaves the version before", func(d *dossier) {
			first := d.say("TH", amend(d.original, content(info, false)))
			d.say("TH", withdraw(relates(withdraws, first)...))
		}, []string{"open TH/0 alert", "VN", "CN", "TH/1 taken_back by TH/2"}},
		{"a withdrawal taken back restores", func(d *dossier) {
			first := d.say("TH", amend(d.original, content(info, false)))
			second := d.say("TH", withdraw(relates(withdraws, first)...))
			d.say("TH", withdraw(relates(withdraws, second)...))
		}, []string{"open TH/1 information_for_follow_up", "VN", "CN", "TH/2 taken_back by TH/3"}},
		{"a withdrawal of two takes back the first", func(d *dossier) {
			narrow := d.say("VN", follow(&spsv1.FollowUp{Text: en("more")}), "TH", "VN")
			wide := d.say("VN", follow(&spsv1.FollowUp{Part: spsv1.Part_PART_DONE}))
			d.say("VN", withdraw(append(relates(withdraws, narrow), relates(withdraws, wide)...)...), "TH", "VN")
		}, []string{"open TH/0 alert", "VN part_done", "CN", "VN/0 taken_back by VN/2"}},
		{"an acknowledgement is superseded", func(d *dossier) {
			first := d.say("VN", acknowledge(disputed))
			second := acknowledge(accepted)
			second.RelatesTo = relates(supersedes, first)
			d.say("VN", second)
		}, []string{"open TH/0 alert", "VN read VN/1 accepted VN/1", "CN", "VN/0 taken_back by VN/1"}},
		{"nobody takes back what another said", func(d *dossier) {
			first := d.say("VN", acknowledge(accepted))
			d.say("CN", withdraw(relates(withdraws, first)...))
		}, []string{"open TH/0 alert", "VN read VN/0 accepted VN/0", "CN", "CN/0 without_effect not_its_register"}},
		{"withdrawn, amended in vain, reopened, amended", func(d *dossier) {
			d.say("TH", withdraw())
			d.say("TH", amend(d.original, content(info, false)))
			d.say("TH", reopening())
			d.say("TH", amend(d.original, content(alert, false)))
		}, []string{"open TH/4 alert", "VN", "CN", "TH/2 without_effect case_withdrawn"}},
		{"withdrawn by naming the original", func(d *dossier) {
			d.say("TH", withdraw(relates(withdraws, d.original)...))
		}, []string{"withdrawn TH/0 alert", "VN", "CN"}},
		{"closed", func(d *dossier) { d.say("TH", closure()) }, []string{"closed TH/0 alert", "VN", "CN"}},
		{"only the issuer closes, reopens, withdraws, amends", func(d *dossier) {
			d.say("VN", closure())
			d.say("VN", reopening())
			d.say("VN", withdraw())
			d.say("VN", amend(d.original, content(info, false)))
		}, []string{
			"open TH/0 alert", "VN", "CN", "VN/0 without_effect not_its_register", "VN/1 without_effect not_its_register",
			"VN/2 without_effect not_its_register", "VN/3 without_effect not_its_register",
		}},
		{"the issuer does not acknowledge its own", func(d *dossier) {
			d.say("TH", acknowledge(accepted))
		}, []string{"open TH/0 alert", "VN", "CN", "TH/1 without_effect not_its_register"}},
		{"an office outside the audience", func(d *dossier) {
			d.say("LA", acknowledge(accepted))
		}, []string{"open TH/0 alert", "VN", "CN", "LA/0 without_effect outside_audience"}},
		{"an office that a readdress brought in", func(d *dossier) {
			e := d.entry("TH", nil, "LA", "TH")
			e.Readdress = ref(d.original)
			d.entries = append(d.entries, e)
			d.say("LA", acknowledge(accepted))
		}, []string{"open TH/0 alert", "VN", "CN", "LA read LA/0 accepted LA/0"}},
		{"an exercise in what is real", func(d *dossier) {
			s := acknowledge(accepted)
			s.Status = spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE
			d.say("VN", s)
		}, []string{"open TH/0 alert", "VN", "CN", "VN/0 without_effect status_mixed"}},
		{"a notification inside a case", func(d *dossier) {
			d.say("TH", &spsv1.Statement{Body: &spsv1.Statement_Notification{Notification: content(alert, false)}})
		}, []string{"open TH/0 alert", "VN", "CN", "TH/1 without_effect not_of_a_case"}},
		{"amends what is no version", func(d *dossier) {
			first := d.say("TH", follow(&spsv1.FollowUp{Text: en("more")}))
			d.say("TH", amend(first, content(info, false)))
		}, []string{"open TH/0 alert", "VN", "CN", "TH/2 without_effect not_a_version"}},
		{"amends another entry in the same place", func(d *dossier) {
			forged := d.original
			forged.Hash[0]++
			d.say("TH", amend(forged, content(info, false)))
		}, []string{"open TH/0 alert", "VN", "CN", "TH/1 without_effect other_entry"}},
		{"amends what is not here", func(d *dossier) {
			missing := d.entry("TH", nil)
			d.say("TH", amend(missing, content(info, false)))
		}, []string{"open TH/0 alert", "VN", "CN", "TH/2 waiting by TH/1"}},
		{"asked, answered in the meantime, answered", func(d *dossier) {
			asked := d.say("TH", request(spsv1.RequestKind_REQUEST_KIND_DOCUMENTS, "VN", "CN"))
			d.say("VN", respond(asked, &spsv1.Response{Result: interim}))
			d.say("VN", respond(asked, &spsv1.Response{Result: granted}))
		}, []string{"open TH/0 alert", "VN", "CN", "TH/1 asks VN granted CN unspecified"}},
		{"answered by who was not asked", func(d *dossier) {
			asked := d.say("TH", request(spsv1.RequestKind_REQUEST_KIND_DOCUMENTS, "VN"))
			d.say("CN", respond(asked, &spsv1.Response{Result: declined}))
		}, []string{"open TH/0 alert", "VN", "CN", "TH/1 asks VN unspecified", "CN/0 without_effect not_asked"}},
		{"answers what asks nothing", func(d *dossier) {
			read := d.say("VN", acknowledge(accepted))
			d.say("TH", respond(read, &spsv1.Response{DisputeResult: spsv1.DisputeResult_DISPUTE_RESULT_UPHOLD}))
			d.say("CN", respond(d.original, &spsv1.Response{Result: granted}))
		}, []string{
			"open TH/0 alert", "VN read VN/0 accepted VN/0", "CN",
			"CN/0 without_effect nothing_to_answer", "TH/1 without_effect nothing_to_answer",
		}},
		{"a request taken back", func(d *dossier) {
			asked := d.say("TH", request(spsv1.RequestKind_REQUEST_KIND_DOCUMENTS, "VN"))
			d.say("TH", withdraw(relates(withdraws, asked)...))
		}, []string{"open TH/0 alert", "VN", "CN", "TH/1 taken_back by TH/2"}},
		{"disputed and upheld", func(d *dossier) {
			objection := d.say("VN", acknowledge(disputed))
			d.say("TH", respond(objection, &spsv1.Response{DisputeResult: spsv1.DisputeResult_DISPUTE_RESULT_UPHOLD}))
		}, []string{"open TH/0 alert", "VN read VN/0 disputed VN/0", "CN", "VN/0 disputes uphold lifted false"}},
		{"only the issuer answers a dispute", func(d *dossier) {
			objection := d.say("VN", acknowledge(disputed))
			d.say("CN", respond(objection, &spsv1.Response{DisputeResult: spsv1.DisputeResult_DISPUTE_RESULT_UPHOLD}))
		}, []string{
			"open TH/0 alert", "VN read VN/0 disputed VN/0", "CN", "VN/0 disputes unspecified lifted false",
			"CN/0 without_effect not_its_register",
		}},
		{"the issuer grants an extension", func(d *dossier) {
			d.say("TH", respond(d.say("VN", extend(spsv1.Clock_CLOCK_OUTCOME, nil)), &spsv1.Response{Result: granted}))
		}, []string{"open TH/0 alert", "VN", "CN", "VN/0 asks TH granted", "VN outcome until 2026-04-01"}},
		{"who asked grants more time for the answer", func(d *dossier) {
			asked := d.say("CN", request(spsv1.RequestKind_REQUEST_KIND_DOCUMENTS, "VN"))
			more := d.say("VN", extend(spsv1.Clock_CLOCK_ANSWER, ref(asked)))
			d.say("TH", respond(more, &spsv1.Response{Result: granted}))
		}, []string{
			"open TH/0 alert", "VN", "CN", "CN/0 asks VN unspecified", "VN/0 asks TH granted",
		}},
		{"told by telephone is kept apart", func(d *dossier) {
			s := acknowledge(accepted)
			s.Source = &spsv1.Source{Teller: &spsv1.Authority{Name: "INFOSAN"}}
			d.say("TH", s)
			s = acknowledge(disputed)
			s.Source = &spsv1.Source{Teller: &spsv1.Authority{Office: "VN"}}
			d.say("TH", s)
		}, []string{"open TH/0 alert", "VN told 1", "CN", "INFOSAN told 1"}},
		{"told by hand", func(d *dossier) {
			s := follow(&spsv1.FollowUp{})
			s.HandDeliveries = []*spsv1.HandDelivery{{Body: "INFOSAN"}}
			d.say("TH", s)
		}, []string{"open TH/0 alert", "VN", "CN", "INFOSAN by hand 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDossier()
			c.tell(d)
			if diff := cmp.Diff(c.want, outline(d.fold())); diff != "" {
				t.Errorf("case (-want +got):\n%s", diff)
			}
			slices.Reverse(d.entries)
			again := append(slices.Clone(d.entries), d.entries...)
			if diff := cmp.Diff(d.fold(), statement.Fold(d.original, again), protocmp.Transform()); diff != "" {
				t.Errorf("the same entries, backwards and twice (-once +twice):\n%s", diff)
			}
		})
	}
}

// extend asks TH for more time.
func extend(clock spsv1.Clock, from *spsv1.EntryRef) *spsv1.Statement {
	s := request(spsv1.RequestKind_REQUEST_KIND_EXTENSION, "TH")
	s.GetRequest().Extension = &spsv1.Extension{
		Clock: clock, Statement: from, DueTime: timestamppb.New(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)),
	}
	return s
}
