package faults

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/tests/federation"
)

// TestFault05_NobodyIsAccusedOfDamage turns one bit over on the disk of a node,
// and compares what an honest peer signed with it before anybody reads it. No
// gate shuts and nobody is accused; a damaged leaf comes again first.
func TestFault05_NobodyIsAccusedOfDamage(t *testing.T) {
	for _, test := range []struct {
		name   string
		at, of certs.Office // the node, and who signed the head or receipt
		before int          // of how many entries issued the head or receipt is
		what   func(*federation.Node, ledger.Entry) []byte
		mended bool // at once
	}{
		{"own hash", "VN", "CN", 5, hashBytes, true},
		{"own leaf", "VN", "CN", 4, leafBytes, false},
		{"a peer's hash", "CN", "TH", 5, hashBytes, true},
		{"a peer's leaf", "CN", "TH", 4, leafBytes, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, shower := range map[string]func(*testing.T, *federation.Node, *federation.Node, certs.Origin) func() error{"head": showHead, "receipt": showReceipt} {
				t.Run(name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						f := federation.New(t, "VN", "CN", "TH")
						f.Start("VN", "CN", "TH")
						n, vn := f.Node(test.at), f.Node("VN").Ledger
						for range test.before {
							f.Node("VN").Issue(200, "CN")
						}
						f.Settle()
						show := shower(t, n, f.Node(test.of), vn.Origin())
						for range 6 - test.before {
							f.Node("VN").Issue(200, "CN")
						}
						f.Settle()
						e, err := vn.Entry(context.Background(), vn.Origin(), 4)
						if err != nil {
							t.Fatal(err)
						}
						n.Damage(test.what(n, e))
						if err := show(); test.mended && err != nil || !test.mended && !errors.Is(err, ledger.ErrCorrupt) {
							t.Errorf("%s = %v, mended %v", name, err, test.mended)
						}
						if why := n.Ledger.Why(); why != "" {
							t.Errorf("the gate shut: %s", why)
						}
						f.Settle()
						if err := show(); err != nil {
							t.Errorf("%s once more: %v", name, err)
						}
						f.Node("VN").Issue(200, "CN")
						f.Settle()
						f.WantSame()
						f.Judge()
					})
				})
			}
		})
	}
}

// showHead shows one node, whenever it is called, the head that another has now.
func showHead(t *testing.T, to, from *federation.Node, o certs.Origin) func() error {
	h, err := from.Ledger.Head(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return func() error {
		_, err := to.Ledger.CheckHead(context.Background(), from.Office.Code(), h.Note)
		return err
	}
}

// showReceipt is showHead with a receipt.
func showReceipt(t *testing.T, to, from *federation.Node, o certs.Origin) func() error {
	note, err := from.Ledger.Receipt(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return func() error { return to.Ledger.AddReceipt(context.Background(), from.Office.Code(), note) }
}
