package federation

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store/bolt"
	"github.com/spsalert/spsalert/tests/oracle"
)

// Saved is a copy of a node's store at one moment.
type Saved []byte

// Backup copies the store while the node may run. The anchor is never part of a
// backup.
func (n *Node) Backup() Saved {
	n.tb.Helper()
	var b bytes.Buffer
	if err := n.store.Backup(context.Background(), &b); err != nil {
		n.tb.Fatal(err)
	}
	return b.Bytes()
}

// Restore puts a backup in place of the store of a node that does not run, as
// the command does.
func (n *Node) Restore(saved Saved) {
	n.tb.Helper()
	n.whileClosed(func(s *bolt.Store) {
		if err := ledger.MarkRestored(context.Background(), s); err != nil {
			n.tb.Fatal(err)
		}
	}, saved)
}

// PutBack puts a copy in place of the store of a node that does not run, as cp
// does: nothing in the store says so.
func (n *Node) PutBack(saved Saved) {
	n.tb.Helper()
	n.whileClosed(func(*bolt.Store) {}, saved)
}

// RollBack puts a backup and a copy of the anchor of its time in place, as going
// back to a snapshot of a machine does: nothing in the files says so.
func (n *Node) RollBack(saved Saved, anchor []byte) {
	n.tb.Helper()
	n.close()
	if err := errors.Join(os.WriteFile(n.file(), saved, 0o600), os.WriteFile(n.anchor(), anchor, 0o600)); err != nil {
		n.tb.Fatal(err)
	}
	n.open()
}

// Anchor returns the bytes of the anchor file.
func (n *Node) Anchor() []byte {
	n.tb.Helper()
	b, err := os.ReadFile(n.anchor())
	if err != nil {
		n.tb.Fatal(err)
	}
	return b
}

// LoseAnchor removes the anchor of a node that does not run.
func (n *Node) LoseAnchor() {
	n.tb.Helper()
	n.close()
	if err := os.Remove(n.anchor()); err != nil {
		n.tb.Fatal(err)
	}
	n.open()
}

// NextEpoch makes the card that names the next epoch.
func (n *Node) NextEpoch() {
	n.tb.Helper()
	if _, err := n.Office.NextEpoch(nil); err != nil {
		n.tb.Fatal(err)
	}
}

// OpenEpoch opens the epoch that the card names, at a node that does not run.
func (n *Node) OpenEpoch(without ...certs.Office) (begun ledger.Epoch, err error) {
	n.tb.Helper()
	n.whileClosed(func(s *bolt.Store) {
		begun, err = ledger.NewEpoch(context.Background(), n.options(s), without, "the store was lost")
	}, nil)
	return begun, err
}

// whileClosed works on the store of a node that does not run, replaced first if
// saved is not nil.
func (n *Node) whileClosed(do func(*bolt.Store), saved Saved) {
	n.tb.Helper()
	n.close()
	if saved != nil {
		if err := os.WriteFile(n.file(), saved, 0o600); err != nil {
			n.tb.Fatal(err)
		}
	}
	s, err := bolt.Open(n.file(), storeOptions())
	if err != nil {
		n.tb.Fatal(err)
	}
	do(s)
	if err := s.Close(); err != nil {
		n.tb.Fatal(err)
	}
	if open := oracle.OpenBelow(n.dir); len(open) > 0 { // before the runtime collects what nobody closed
		n.tb.Errorf("P5: what was done to %s has left open %q", n.Office.Code(), open)
	}
	n.open()
}

// Damage turns over one bit of some bytes wherever they lie on the disk of a
// node, which may run.
func (n *Node) Damage(what []byte) {
	n.tb.Helper()
	FlipBit(n.tb, n.file(), what)
}

// FlipBit turns over one bit in each copy of some bytes in a file.
func FlipBit(tb testing.TB, file string, what []byte) {
	tb.Helper()
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	b, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	count := 0
	for at := 0; ; count++ {
		i := bytes.Index(b[at:], what)
		if i < 0 {
			break
		}
		at += i + len(what)/2
		if _, err := f.WriteAt([]byte{b[at] ^ 1}, int64(at)); err != nil {
			tb.Fatal(err)
		}
	}
	if count == 0 {
		tb.Fatalf("%d bytes are not in the file", len(what))
	}
}
