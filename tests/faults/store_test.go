package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
	"github.com/spsalert/spsalert/tests/federation"
	"github.com/spsalert/spsalert/tests/oracle"
)

// TestFault09_ReaderHeldOpen keeps a reader open, and a backup that takes as
// long as it likes, while the store grows. Writers do not wait for them.
func TestFault09_ReaderHeldOpen(t *testing.T) {
	s, err := bolt.Create(filepath.Join(t.TempDir(), "ledger.db"), bolt.Options{Tables: []store.Table{"t"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var busy sync.WaitGroup
	release, reading, backing := make(chan struct{}), make(chan struct{}), make(chan struct{}, 1)
	busy.Go(func() {
		if err := s.View(t.Context(), func(store.Reader) error {
			close(reading)
			<-release
			return nil
		}); err != nil {
			t.Errorf("view: %v", err)
		}
	})
	var copied bytes.Buffer
	busy.Go(func() {
		if err := s.Backup(t.Context(), writerFunc(func(b []byte) (int, error) {
			select {
			case backing <- struct{}{}:
			default:
			}
			<-release
			return copied.Write(b)
		})); err != nil {
			t.Errorf("backup: %v", err)
		}
	})
	<-reading
	<-backing
	// An update that waits for the reader would wait for ever.
	const forEver = 2 * time.Minute
	rescue := time.AfterFunc(forEver, func() { close(release) })
	var took []time.Duration
	value := make([]byte, 64<<10)
	for i := range 500 { // 32 MB
		began := time.Now()
		err := s.Update(t.Context(), func(tx store.Tx) error { return tx.Put("t", fmt.Appendf(nil, "%06d", i), value) })
		if err != nil {
			t.Error(err)
			break
		}
		took = append(took, time.Since(began))
	}
	if rescue.Stop() {
		close(release)
	} else {
		t.Errorf("%d updates in %s, want 500: they wait for the reader", len(took), forEver)
	}
	busy.Wait()
	slices.Sort(took)
	p99 := took[len(took)*99/100]
	t.Logf("an update took %s (median), %s (99 of 100), %s (longest)", took[len(took)/2], p99, took[len(took)-1])
	if p99 >= time.Second {
		t.Errorf("p99 of updates is %s, want less than 1 s", p99)
	}
	if copied.Len() == 0 {
		t.Error("the backup is empty")
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// TestFault05_FlippedBit turns one bit over on the disk of VN, or of CN that
// follows it: in a leaf, a body, a hash of the tree, a checkpoint. Whoever reads
// it, to send it or to sign over it, is told that the ledger is damaged. Then the
// other gives back what it holds, and everything is right again.
func TestFault05_FlippedBit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		at   certs.Office
		what func(t *testing.T, n *ledgertest.Node, e ledger.Entry) []byte
		read func(ctx context.Context, l *ledger.Ledger, e ledger.Entry) error
	}{
		{"own leaf, to send it", "VN", leafOf, sendPage},
		{"own leaf, to prove it", "VN", leafOf, sendSeal},
		{"own body, to send it", "VN", bodyOf, sendPage},
		{"own body, to show it", "VN", bodyOf, show},
		{"own hash, to send a proof", "VN", hashOf, sendFirstSeal},
		{"own hash, to sign a checkpoint", "VN", hashOf, issue},
		{"a peer's leaf, to send it", "CN", leafOf, sendPage},
		{"a peer's body, to send it", "CN", bodyOf, sendPage},
		{"a peer's body, to show it", "CN", bodyOf, show},
		{"a peer's hash, to sign a receipt", "CN", hashOf, signReceipt},
		{"the text of a peer's checkpoint, to send it", "CN", textOf, sendHead},
		{"the signature of a peer's checkpoint, to send it", "CN", signatureOf, sendHead},
	} {
		t.Run(test.name, func(t *testing.T) {
			fed := authority.ForTest(t, "VN", "CN")
			vn, cn := ledgertest.Start(t, fed.Office("VN"), nil), ledgertest.Start(t, fed.Office("CN"), nil)
			for i := range 6 {
				vn.Issue(t, fmt.Sprint(i), fmt.Sprintf("statement number %d", i), "CN")
			}
			cn.Follow(t, vn, vn.Origin(), ledger.MaxPage)
			e, err := vn.Entry(t.Context(), vn.Origin(), 4) // the leaf stands alone in the tree of 7
			if err != nil {
				t.Fatal(err)
			}
			at, other := vn, cn
			if test.at == "CN" {
				at, other = cn, vn
			}
			what := test.what(t, at, e)
			at.Stop(t)
			file := filepath.Join(at.Folder, "ledger.db")

			ctx := context.WithoutCancel(t.Context())
			l, err := oracle.Open(ctx, at.Office, file, filepath.Join(at.Folder, "anchor"))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			federation.FlipBit(t, file, what) // it runs, and finds it where it reads
			if _, err := l.Verify(ctx); err == nil {
				t.Error("verify finds nothing")
			}
			if err := test.read(ctx, l.Ledger, e); !errors.Is(err, ledger.ErrCorrupt) {
				t.Errorf("read: %v, want %v", err, ledger.ErrCorrupt)
			}
			giveBack(t, l.Ledger, other, e.Origin)
			if err := test.read(ctx, l.Ledger, e); err != nil {
				t.Errorf("read again: %v", err)
			}
			if _, err := l.Verify(ctx); err != nil {
				t.Errorf("afterwards: %v", err)
			}
			if got := l.Damage(); got != 1 {
				t.Errorf("Damage = %d, want 1", got)
			}
		})
	}
}

// giveBack does what a session does for what is missing of a log.
func giveBack(t *testing.T, l *ledger.Ledger, from *ledgertest.Node, o certs.Origin) {
	t.Helper()
	missing, err := l.Missing(t.Context(), nil, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range missing {
		e, err := from.Entry(t.Context(), m.Origin, m.Sequence)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.AddBody(t.Context(), m.Origin, m.Sequence, e.Envelope); err != nil {
			t.Fatal(err)
		}
	}
	if start, damaged := l.DamagedFrom(o); damaged {
		p, err := from.Page(t.Context(), o, start, l.Office(), ledger.MaxPage)
		if err != nil {
			t.Fatal(err)
		}
		take := l.Record
		if o == l.Origin() {
			take = l.Refill
		}
		if _, err := take(t.Context(), from.Office.Code(), p); err != nil {
			t.Fatal(err)
		}
	}
	h, err := from.Head(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.CheckHead(t.Context(), from.Office.Code(), h.Note); err != nil {
		t.Fatal(err)
	}
}

func leafOf(_ *testing.T, _ *ledgertest.Node, e ledger.Entry) []byte { return e.LeafBytes }
func bodyOf(_ *testing.T, _ *ledgertest.Node, e ledger.Entry) []byte { return e.Envelope }

// hashOf returns the hash over the entries 4 and 5, which lies with entry 5.
func hashOf(t *testing.T, n *ledgertest.Node, e ledger.Entry) []byte {
	t.Helper()
	next, err := n.Entry(t.Context(), e.Origin, e.Sequence+1)
	if err != nil {
		t.Fatal(err)
	}
	pair := tlog.NodeHash(e.Hash, next.Hash)
	return pair[:]
}

func textOf(t *testing.T, n *ledgertest.Node, e ledger.Entry) []byte {
	t.Helper()
	h, err := n.Head(t.Context(), e.Origin)
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := bytes.Cut(h.Note, []byte("\n\n"))
	return text
}

func signatureOf(t *testing.T, n *ledgertest.Node, e ledger.Entry) []byte {
	t.Helper()
	h, err := n.Head(t.Context(), e.Origin)
	if err != nil {
		t.Fatal(err)
	}
	return h.Note[len(h.Note)-44 : len(h.Note)-4]
}

func sendPage(ctx context.Context, l *ledger.Ledger, e ledger.Entry) error {
	_, err := l.Page(ctx, e.Origin, e.Sequence, "CN", ledger.MaxPage)
	return err
}

func sendSeal(ctx context.Context, l *ledger.Ledger, e ledger.Entry) error {
	_, err := l.Seal(ctx, e.Origin, e.Sequence)
	return err
}

func sendFirstSeal(ctx context.Context, l *ledger.Ledger, e ledger.Entry) error {
	_, err := l.Seal(ctx, e.Origin, 0)
	return err
}

func show(ctx context.Context, l *ledger.Ledger, e ledger.Entry) error {
	_, err := l.Entry(ctx, e.Origin, e.Sequence)
	return err
}

func signReceipt(ctx context.Context, l *ledger.Ledger, e ledger.Entry) error {
	_, err := l.Receipt(ctx, e.Origin)
	return err
}

func sendHead(ctx context.Context, l *ledger.Ledger, e ledger.Entry) error {
	_, err := l.Head(ctx, e.Origin)
	return err
}

func issue(ctx context.Context, l *ledger.Ledger, _ ledger.Entry) error {
	_, err := l.Append(ctx, ledgertest.Prepared(ledgertest.Statement("next", "the next", "CN")))
	return err
}
