package office_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// deskTables are what the desk keeps of cases, and what says who belongs to them.
var deskTables = []store.Table{
	"casebook.desk", "casebook.facts", "casebook.lists", "casebook.due", "casebook.awaiting", "casebook.dirty",
	"casebook.parts", "casebook.handed", "casebook.readdresses", "casebook.late", "casebook.times",
}

// rows returns what the desk of an office has, by table and key.
func (d *desk) rows(t fatal) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := d.store.View(t.Context(), func(r store.Reader) error {
		clear(all)
		for _, table := range deskTables {
			for row, err := range r.Scan(table, nil, nil, false) {
				if err != nil {
					return err
				}
				all[fmt.Sprintf("%s %x", table, row.Key)] = fmt.Sprintf("%x", row.Value)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestTheDeskIsThatOfARebuild lets three offices say anything in a case, hand it
// on, receive, give receipts and change their hours, in any order. What the desk
// of one keeps step by step is what it makes of the ledger from the beginning.
func TestTheDeskIsThatOfARebuild(t *testing.T) {
	o := newOffices(t, "CN", "TH", "VN")
	o.passAll(t)
	rapid.Check(t, func(rt *rapid.T) {
		codes := []certs.Office{"CN", "TH", "VN"}
		self := o.of["VN"]
		var entries []ledger.Entry
		addressee := rapid.SampledFrom([]string{"VN", "CN"}).Draw(rt, "addressee") // else VN is brought in, or never told
		entries = append(entries, o.say(rt, "TH", &spsv1.Statement{
			Addressees: toOffices(addressee), Flags: []*spsv1.Flag{{Office: "VN", Kind: spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP}},
			Allowances: &spsv1.Allowances{Acknowledgement: oneDay, Outcome: oneDay, Dispute: oneDay},
			Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{
				Classification: spsv1.Classification_CLASSIFICATION_ALERT,
			}},
		}))
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			by := rapid.SampledFrom(codes).Draw(rt, "by")
			other := rapid.SampledFrom(codes).Draw(rt, "other")
			about := rapid.SampledFrom(entries).Draw(rt, "about")
			switch step := rapid.IntRange(0, 9).Draw(rt, "step"); {
			case step < 4:
				s := anything(rt, about)
				s.Addressees = toOffices(string(other), addressee)
				entries = append(entries, o.say(rt, by, inCaseOf(entries[0], s)))
			case step == 4 && other != about.Origin.Office:
				o.handOn(rt, about.Origin.Office, about, other)
			case step == 5 && rapid.IntRange(0, 5).Draw(rt, "hours") == 0:
				o.publish(rt, by, closedFor(o.of[by].now, rapid.IntRange(0, 5).Draw(rt, "days")))
			case step == 6:
				o.later(time.Duration(rapid.IntRange(1, 3000).Draw(rt, "minutes")) * time.Minute)
			case by != other:
				o.pass(rt, by, other, rapid.Bool().Draw(rt, "receipt"))
			}
			if rapid.Bool().Draw(rt, "keep") {
				o.keep(rt, self)
			}
		}
		o.keep(rt, self)
		kept := self.rows(rt)
		if err := self.book.Rebuild(rt.Context(), self.ledger); err != nil {
			rt.Fatal(err)
		}
		o.keep(rt, self)
		if diff := cmp.Diff(kept, self.rows(rt)); diff != "" {
			rt.Fatalf("the desk (-kept step by step +made again):\n%s", diff)
		}
	})
}

var oneDay = &spsv1.Allowance{Amount: 1, Unit: spsv1.AllowanceUnit_ALLOWANCE_UNIT_WORKING_DAYS}

func (o *offices) keep(t fatal, d *desk) {
	t.Helper()
	if err := d.KeepDeskNow(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// anything returns a statement of some kind, about an entry.
func anything(t *rapid.T, about ledger.Entry) *spsv1.Statement {
	to := func(kind spsv1.RelationKind, s *spsv1.Statement) *spsv1.Statement {
		s.RelatesTo = []*spsv1.Relation{{Kind: kind, Entry: refTo(about)}}
		return s
	}
	follow := func(f *spsv1.FollowUp) *spsv1.Statement {
		return &spsv1.Statement{Body: &spsv1.Statement_FollowUp{FollowUp: f}}
	}
	respond := func(r *spsv1.Response) *spsv1.Statement {
		return to(spsv1.RelationKind_RELATION_KIND_REPLIES, &spsv1.Statement{Body: &spsv1.Statement_Response{Response: r}})
	}
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		return &spsv1.Statement{Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{}}}
	case 1:
		return disputing()
	case 2:
		return follow(&spsv1.FollowUp{Outcome: &spsv1.Outcome{Conclusion: spsv1.OutcomeConclusion_OUTCOME_CONCLUSION_CONFIRMED}})
	case 3:
		return &spsv1.Statement{
			Allowances: &spsv1.Allowances{Answer: oneDay},
			Body:       &spsv1.Statement_Request{Request: &spsv1.Request{Kind: spsv1.RequestKind_REQUEST_KIND_DOCUMENTS, Offices: []string{"VN", "TH"}}},
		}
	case 4:
		return respond(&spsv1.Response{Result: spsv1.ResponseResult_RESPONSE_RESULT_GRANTED})
	case 5:
		return respond(&spsv1.Response{DisputeResult: spsv1.DisputeResult_DISPUTE_RESULT_UPHOLD})
	case 6:
		return &spsv1.Statement{Body: &spsv1.Statement_Closure{Closure: &spsv1.Closure{}}}
	case 7:
		return &spsv1.Statement{Body: &spsv1.Statement_Reopening{Reopening: &spsv1.Reopening{}}}
	case 8:
		return to(spsv1.RelationKind_RELATION_KIND_WITHDRAWS, &spsv1.Statement{Body: &spsv1.Statement_Withdrawal{Withdrawal: &spsv1.Withdrawal{}}})
	}
	s := to(spsv1.RelationKind_RELATION_KIND_AMENDS, &spsv1.Statement{
		Allowances: &spsv1.Allowances{Acknowledgement: oneDay},
		Body: &spsv1.Statement_Amendment{Amendment: &spsv1.Amendment{
			Notification: &spsv1.Notification{Preliminary: rapid.Bool().Draw(t, "preliminary")},
		}},
	})
	s.Flags = []*spsv1.Flag{{Office: "VN", Kind: spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP, DueTime: timestamppb.New(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))}}
	return s
}
