package trader

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// errTripped is what a store says that fails.
var errTripped = errors.New("no room")

// tripped is a store of which a write fails: the one after so many others of an
// Update, while it is above 0.
type tripped struct {
	store.Store
	after int // writes that succeed; below 0: all
	armed bool
}

func (s *tripped) Update(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.Update(ctx, func(tx store.Tx) error {
		if !s.armed {
			return fn(tx)
		}
		return fn(&trippedTx{Tx: tx, left: s.after})
	})
}

// trippedTx fails when no writes are left.
type trippedTx struct {
	store.Tx
	left int
}

func (tx *trippedTx) Put(t store.Table, key, value []byte) error {
	if tx.left--; tx.left < 0 {
		return errTripped
	}
	return tx.Tx.Put(t, key, value)
}

func (tx *trippedTx) Delete(t store.Table, key []byte) error {
	if tx.left--; tx.left < 0 {
		return errTripped
	}
	return tx.Tx.Delete(t, key)
}

// dump writes all that is in the store of a desk.
func (d *desk) dump() string {
	d.t.Helper()
	var text strings.Builder
	err := d.db.View(d.t.Context(), func(r store.Reader) error {
		for _, t := range append(Tables(), testTable) {
			for row, err := range r.Scan(t, nil, nil, false) {
				if err != nil {
					return err
				}
				fmt.Fprintf(&text, "%s %x %x\n", t, row.Key, row.Value)
			}
		}
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return text.String()
}

// TestNothingIsHalfDone does everything that writes on a store that fails at each of
// its writes: nothing is kept and nobody is told, until it succeeds.
func TestNothingIsHalfDone(t *testing.T) {
	name := func(d *desk) string { return d.notice("grower").GetName() }
	lan := func(d *desk) context.Context { return d.as(certs.RoleOfficer, "lan") }
	grower := func(d *desk) context.Context { return d.as(certs.RoleExporter, "grower") }
	sent := func(d *desk) { d.tell(alert + oneLot) }
	held := func(d *desk) { d.tell(alert + fraud + oneLot) }
	request := uuid.NewString()
	for _, tc := range []struct {
		name   string
		before func(*desk)
		do     func(*desk) error
	}{
		{"a case leads to an exporter", func(d *desk) { d.cases[testCase] = &written{notification: alert + oneLot, status: 1} }, func(d *desk) error { return d.settle(d.t.Context(), testCase) }},
		{"news", func(d *desk) { sent(d); d.cases[testCase].follows(d, "CN", network, suspends) }, func(d *desk) error { return d.settle(d.t.Context(), testCase) }},
		{"what a page of the ledger found", sent, func(d *desk) error {
			f, _ := d.follower()
			p := newPage()
			p.cases[testCase], p.sought["sought"], p.here = true, true, []uint64{7}
			return f.finish(d.t.Context(), p, func(tx store.Tx) error { return tx.Put(tableFollowed, followedKey, nil) })
		}},
		{"by hand", func(d *desk) {
			d.register("other", `codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-009" }`)
			sent(d)
		}, func(d *desk) error {
			return second(d.officers.CreateConsignmentNotice(lan(d), &spsv1.CreateConsignmentNoticeRequest{Case: "cases/" + testCase, Exporter: "exporters/other", Reason: "x"}))
		}},
		{"release", held, func(d *desk) error {
			return second(d.officers.ReleaseConsignmentNotice(lan(d), &spsv1.ReleaseConsignmentNoticeRequest{Name: name(d)}))
		}},
		{"hold", sent, func(d *desk) error {
			return second(d.officers.HoldConsignmentNotice(lan(d), &spsv1.HoldConsignmentNoticeRequest{Name: name(d), Reason: "x"}))
		}},
		{"reject", held, func(d *desk) error {
			return second(d.officers.RejectConsignmentNotice(lan(d), &spsv1.RejectConsignmentNoticeRequest{Name: name(d), Reason: "x"}))
		}},
		{"withdraw", sent, func(d *desk) error {
			return second(d.officers.WithdrawConsignmentNotice(lan(d), &spsv1.WithdrawConsignmentNoticeRequest{Name: name(d), Reason: []*spsv1.LocalizedText{{Lang: "vi", Text: "x"}}}))
		}},
		{"acknowledge", sent, func(d *desk) error {
			return second(d.readers.AcknowledgeConsignmentNotice(grower(d), &spsv1.AcknowledgeConsignmentNoticeRequest{Name: name(d), Version: 1}))
		}},
		{"answer", sent, func(d *desk) error {
			return second(d.readers.AnswerConsignmentNotice(grower(d), &spsv1.AnswerConsignmentNoticeRequest{
				Name: name(d), RequestId: request, Kinds: []spsv1.AnswerKind{spsv1.AnswerKind_ANSWER_KIND_OUR_GOODS},
			}))
		}},
		{"record a sending", sent, func(d *desk) error {
			return second(d.officers.RecordSending(lan(d), &spsv1.RecordSendingRequest{Name: name(d), Version: 1, Channel: spsv1.ChannelKind_CHANNEL_KIND_EMAIL, Address: "a@b.example"}))
		}},
		{"forward", func(d *desk) {
			sent(d)
			if err := d.answered("when"); err != nil {
				d.t.Fatal(err)
			}
		}, func(d *desk) error {
			return second(d.officers.ForwardAnswer(lan(d), &spsv1.ForwardAnswerRequest{Name: name(d), Answer: 1}))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDesk(t)
			d.register("grower", aCode)
			tc.before(d)
			d.db.failing(t, d, func() error { return tc.do(d) })
		})
	}
}

// failing does something with each number of writes that succeed, from none, until it
// succeeds.
func (s *tripped) failing(t *testing.T, d *desk, do func() error) {
	t.Helper()
	for s.after = 0; ; s.after++ {
		before, changed := d.dump(), d.changed()
		s.armed = true
		err := do()
		s.armed = false
		if err == nil {
			break
		}
		if after := d.dump(); after != before {
			t.Fatalf("after %d writes and an error there is\n%s\nbefore was\n%s", s.after, after, before)
		}
		select {
		case <-changed:
			t.Errorf("after %d writes and an error watches are told of a change", s.after)
		default:
		}
	}
	if s.after < 2 {
		t.Errorf("it failed %d times: it writes more than that", s.after)
	}
}
