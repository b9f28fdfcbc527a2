package ledger_test

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
)

// Whatever three offices do, in whatever order, and whenever they restart: each
// holds a prefix of the others' logs with their roots, bodies are where they
// belong, and receipts agree.
func TestThreeOfficesAtRandom(t *testing.T) {
	codes := []certs.Office{"CN", "TH", "VN"}
	fed := authority.ForTest(t, codes...)
	rapid.Check(t, func(rt *rapid.T) {
		nodes := make([]*ledgertest.Node, len(codes))
		for i, code := range codes {
			nodes[i] = ledgertest.Start(t, fed.Office(code), nil)
			defer nodes[i].Stop(t)
		}
		anyNode := rapid.SampledFrom(nodes)
		issued := 0
		rt.Repeat(map[string]func(*rapid.T){
			"issue": func(rt *rapid.T) {
				for range rapid.IntRange(1, 9).Draw(rt, "entries") {
					issued++
					audience := rapid.SliceOfNDistinct(rapid.SampledFrom(codes), 0, 3, rapid.ID[certs.Office]).Draw(rt, "audience")
					anyNode.Draw(rt, "node").Issue(t, fmt.Sprintf("r%d", issued), fmt.Sprintf("statement %d", issued), audience...)
				}
			},
			"record": func(rt *rapid.T) {
				from, to := anyNode.Draw(rt, "from"), anyNode.Draw(rt, "to")
				o := anyNode.Draw(rt, "log").Origin()
				budget := rapid.IntRange(1, 3000).Draw(rt, "budget")
				recordSome(rt, t, from, to, o, budget)
			},
			"receipt": func(rt *rapid.T) {
				from, to := anyNode.Draw(rt, "from"), anyNode.Draw(rt, "to")
				o := anyNode.Draw(rt, "log").Origin()
				giveReceipt(rt, t, from, to, o)
			},
			"restart": func(rt *rapid.T) { anyNode.Draw(rt, "node").Restart(t) },
		})
		for _, n := range nodes {
			for _, of := range nodes {
				compareLogs(rt, t, n, of)
			}
		}
	})
}

// recordSome sends one page of a log from one node to another.
func recordSome(rt *rapid.T, t *testing.T, from, to *ledgertest.Node, o certs.Origin, budget int) {
	var size uint64
	if h, err := to.Head(t.Context(), o); err == nil {
		size = h.Size
	}
	p, err := from.Page(t.Context(), o, size, to.Office.Code(), budget)
	if errors.Is(err, ledger.ErrNotFound) || errors.Is(err, ledger.ErrAhead) || err == nil && len(p.Leaves) == 0 {
		return // the sender has nothing for it
	}
	if err != nil {
		rt.Fatalf("page: %v", err)
	}
	got, err := to.Record(t.Context(), from.Office.Code(), p)
	if o == to.Origin() {
		if !errors.Is(err, ledger.ErrOwnLog) {
			rt.Fatalf("record of the own log: %v, want %v", err, ledger.ErrOwnLog)
		}
		return
	}
	if err != nil || got != p.End() {
		rt.Fatalf("record = %d, %v; want %d", got, err, p.End())
	}
}

func giveReceipt(rt *rapid.T, t *testing.T, from, to *ledgertest.Node, o certs.Origin) {
	note, err := from.Receipt(t.Context(), o)
	if errors.Is(err, ledger.ErrNotFound) || errors.Is(err, ledger.ErrOwnLog) {
		return
	}
	if err != nil {
		rt.Fatalf("receipt: %v", err)
	}
	err = to.AddReceipt(t.Context(), from.Office.Code(), note)
	switch {
	case err == nil:
	case from == to && errors.Is(err, ledger.ErrOwnLog):
	case o != to.Origin() && (errors.Is(err, ledger.ErrNotFound) || errors.Is(err, ledger.ErrReceiptBeyond)):
	default:
		rt.Fatalf("add receipt of %s over %s to %s: %v", from.Office.Code(), o, to.Office.Code(), err)
	}
}

// compareLogs compares what n holds of the log of another node with the log.
func compareLogs(rt *rapid.T, t *testing.T, n, of *ledgertest.Node) {
	h, err := n.Head(t.Context(), of.Origin())
	if errors.Is(err, ledger.ErrNotFound) {
		return
	}
	if err != nil {
		rt.Fatal(err)
	}
	for seq := range h.Size {
		got, err := n.Entry(t.Context(), of.Origin(), seq)
		if err != nil {
			rt.Fatal(err)
		}
		want, err := of.Entry(t.Context(), of.Origin(), seq)
		if err != nil {
			rt.Fatal(err)
		}
		if got.Hash != want.Hash || got.Fault != "" {
			rt.Fatalf("%s: entry %d of %s differs, fault %q", n.Office.Code(), seq, of.Origin(), got.Fault)
		}
		if got.Envelope != nil && !seal.MayRead(got.Leaf, n.Office.Code()) {
			rt.Fatalf("%s: holds the body of entry %d of %s", n.Office.Code(), seq, of.Origin())
		}
	}
	if h.Checkpoint.Size > 0 {
		if _, err := of.CheckHead(t.Context(), n.Office.Code(), h.Note); err != nil {
			rt.Fatalf("%s: head of %s: %v", n.Office.Code(), of.Origin(), err)
		}
	}
}
