// Package ledgertest opens real ledgers in temporary folders, and verifies each
// of them whole when its test ends.
package ledgertest

import (
	"context"
	"crypto/sha256"
	"path/filepath"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// Open opens a ledger. When the test ends it is closed and verified; the store
// MUST be open until then.
func Open(t testing.TB, o ledger.Options) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("ledger.Open: %v", err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("close ledger: %v", err)
		}
		Verify(t, o.Store, o.Roster)
	})
	return l
}

// Verify verifies the ledger in a store, and fails the test if it is not clean.
func Verify(t testing.TB, s store.Store, roster *certs.Roster) {
	t.Helper()
	if _, err := ledger.Verify(context.WithoutCancel(t.Context()), s, roster); err != nil {
		t.Errorf("ledger.Verify: %v", err)
	}
}

// Node is the ledger of an office over a bolt store, in a folder of its own.
// The embedded ledger and Store are replaced by Restart.
type Node struct {
	*ledger.Ledger

	Office  *authority.Office
	Folder  string // holds ledger.db and anchor
	Options ledger.Options
	Bolt    *bolt.Store
	stopped bool
}

// Start begins the ledger of an office in a temporary folder and opens it.
// change, if not nil, may replace options before; Store, Anchor and those that
// follow from the office are set already. When the test ends the node is
// stopped and its ledger verified.
func Start(t testing.TB, office *authority.Office, change func(*ledger.Options)) *Node {
	t.Helper()
	n := &Node{Office: office, Folder: t.TempDir()}
	db, err := bolt.Create(filepath.Join(n.Folder, "ledger.db"), boltOptions())
	if err != nil {
		t.Fatalf("bolt.Create: %v", err)
	}
	n.Bolt = db
	n.Options = OptionsOf(office, db, filepath.Join(n.Folder, "anchor"))
	if change != nil {
		change(&n.Options)
	}
	if err := ledger.Init(t.Context(), n.Options); err != nil {
		t.Fatalf("ledger.Init: %v", err)
	}
	if n.Ledger, err = ledger.Open(t.Context(), n.Options); err != nil {
		t.Fatalf("ledger.Open: %v", err)
	}
	t.Cleanup(func() { n.Stop(t) })
	return n
}

// OptionsOf returns the options of the ledger of an office, with a fold that
// does nothing and the real clock.
func OptionsOf(office *authority.Office, s store.Store, anchor string) ledger.Options {
	return ledger.Options{
		Store:    s,
		Fold:     Discard{},
		Roster:   office.Roster,
		Signer:   office.LogKey,
		Receipts: office.ReceiptKey,
		Now:      time.Now,
		Anchor:   anchor,
	}
}

func boltOptions() bolt.Options {
	return bolt.Options{Tables: ledger.Tables(), Appended: ledger.AppendedTables(), InitialMmapSize: 64 << 20}
}

// Stop closes the node's ledger, verifies it, and closes its store. A second
// call does nothing.
func (n *Node) Stop(t testing.TB) {
	t.Helper()
	if n.stopped {
		return
	}
	n.stopped = true
	if err := n.Close(); err != nil {
		t.Errorf("close ledger of %s: %v", n.Office.Code(), err)
	}
	Verify(t, n.Bolt, n.Office.Roster)
	if err := n.Bolt.Close(); err != nil {
		t.Errorf("close store of %s: %v", n.Office.Code(), err)
	}
}

// Restart stops the node, if it is not stopped, and opens it again from its
// files. The store is then the bolt store itself, whatever Start was given.
func (n *Node) Restart(t testing.TB) {
	t.Helper()
	n.Stop(t)
	db, err := bolt.Open(filepath.Join(n.Folder, "ledger.db"), boltOptions())
	if err != nil {
		t.Fatalf("bolt.Open: %v", err)
	}
	n.Bolt, n.Options.Store = db, db
	if n.Ledger, err = ledger.Open(t.Context(), n.Options); err != nil {
		t.Fatalf("ledger.Open: %v", err)
	}
	n.stopped = false
}

// Issue appends a statement and fails the test if that fails.
func (n *Node) Issue(t testing.TB, requestID, content string, audience ...certs.Office) ledger.Entry {
	t.Helper()
	e, err := n.Append(t.Context(), Prepared(Statement(requestID, content, audience...)))
	if err != nil {
		t.Fatalf("%s: append %s: %v", n.Office.Code(), requestID, err)
	}
	return e
}

// Follow records everything of a log that from has and n does not, page by
// page, and returns how much of it n then holds.
func (n *Node) Follow(t testing.TB, from *Node, o certs.Origin, budget int) uint64 {
	t.Helper()
	var size uint64
	if h, err := n.Head(t.Context(), o); err == nil {
		size = h.Size
	}
	for {
		p, err := from.Page(t.Context(), o, size, n.Office.Code(), budget)
		if err != nil {
			t.Fatalf("%s: page of %s from %d: %v", from.Office.Code(), o, size, err)
		}
		if len(p.Leaves) == 0 {
			return size
		}
		if size, err = n.Record(t.Context(), from.Office.Code(), p); err != nil {
			t.Fatalf("%s: record: %v", n.Office.Code(), err)
		}
	}
}

// Statement returns a draft of a statement whose envelope is content. With no
// audience it is for the network.
func Statement(requestID, content string, audience ...certs.Office) ledger.Draft {
	return ledger.Draft{
		RequestID:   requestID,
		Fingerprint: sha256.Sum256([]byte(content)),
		Type:        spsv1.LeafType_LEAF_TYPE_STATEMENT,
		Network:     len(audience) == 0,
		Audience:    audience,
		Envelope:    []byte(content),
	}
}

// Prepared returns a prepare function for Append that has only the draft.
func Prepared(d ledger.Draft) func(store.Tx) (ledger.Draft, error) {
	return func(store.Tx) (ledger.Draft, error) { return d, nil }
}

// Discard is a fold that makes nothing of what it is told.
type Discard struct{}

// Entry implements ledger.Fold.
func (Discard) Entry(store.Tx, ledger.Entry) error { return nil }

// Receipt implements ledger.Fold.
func (Discard) Receipt(store.Tx, ledger.Receipt) error { return nil }
