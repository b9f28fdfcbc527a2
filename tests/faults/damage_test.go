package faults

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/tests/federation"
)

// TestFault05_RefilledFromAPeer turns one bit over on the disk of a node that
// runs, in a log of its own or of a peer, and lets it read everything. A moment
// later it is right again, out of what peers hold.
func TestFault05_RefilledFromAPeer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		at   certs.Office
		what func(*federation.Node, ledger.Entry) []byte
	}{
		{"own leaf", "VN", leafBytes},
		{"own body", "VN", bodyBytes},
		{"own hash", "VN", hashBytes},
		{"a peer's leaf", "CN", leafBytes},
		{"a peer's body", "CN", bodyBytes},
		{"a peer's hash", "CN", hashBytes},
		{"a peer's checkpoint", "CN", checkpointBytes},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := federation.New(t, "VN", "CN", "TH")
				f.Start("VN", "CN", "TH")
				for range 6 {
					f.Node("VN").Issue(200, "CN")
				}
				f.Settle()
				n, vn := f.Node(test.at), f.Node("VN").Ledger
				ctx := context.Background()
				e, err := vn.Entry(ctx, vn.Origin(), 4)
				if err != nil {
					t.Fatal(err)
				}
				was := place(t, n, e)
				time.Sleep(10 * time.Minute)
				n.Damage(test.what(n, e))
				if err := n.Ledger.Reread(ctx); err != nil {
					t.Fatal(err)
				}
				if got := n.Ledger.Damage(); got < 1 { // a session that reads meanwhile finds it too
					t.Errorf("Damage = %d, want at least 1", got)
				}
				f.Settle()
				if err := sendPage(ctx, n.Ledger, e); err != nil {
					t.Errorf("read again: %v", err)
				}
				if got, err := n.Ledger.Entry(ctx, e.Origin, e.Sequence); err != nil || got.Hash != e.Hash || string(got.Envelope) != string(e.Envelope) {
					t.Errorf("entry %d: %d bytes of body, %v; want what was issued", e.Sequence, len(got.Envelope), err)
				}
				if got := place(t, n, e); got != was {
					t.Errorf("the entry is %s, want %s as before", got, was)
				}
				f.Node("VN").Issue(200, "CN")
				f.Settle()
				f.WantSame()
				f.Judge() // P4: verify finds nothing
			})
		})
	}
}

// place says since when a node holds an entry, and where its readers find it.
func place(t *testing.T, n *federation.Node, e ledger.Entry) string {
	since, ok, err := n.Ledger.Held(t.Context(), e.Origin, e.Sequence)
	if err != nil {
		t.Fatal(err)
	}
	all, err := n.Ledger.After(t.Context(), ledger.Position{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var at []int
	for i, r := range all {
		if r.Entry != nil && r.Entry.Origin == e.Origin && r.Entry.Sequence == e.Sequence {
			at = append(at, i)
		}
	}
	return fmt.Sprintf("held since %d (%t), read at %v", since, ok, at)
}

func leafBytes(_ *federation.Node, e ledger.Entry) []byte { return e.LeafBytes }
func bodyBytes(_ *federation.Node, e ledger.Entry) []byte { return e.Envelope[len(e.Envelope)-100:] }

func hashBytes(n *federation.Node, e ledger.Entry) []byte {
	next, err := n.Ledger.Entry(context.Background(), e.Origin, e.Sequence+1)
	if err != nil {
		panic(err)
	}
	pair := tlog.NodeHash(e.Hash, next.Hash)
	return pair[:]
}

func checkpointBytes(n *federation.Node, e ledger.Entry) []byte {
	h, err := n.Ledger.Head(context.Background(), e.Origin)
	if err != nil {
		panic(err)
	}
	return h.Note[len(h.Note)-44 : len(h.Note)-4]
}
