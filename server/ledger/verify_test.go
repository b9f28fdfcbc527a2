package ledger_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/store"
)

func TestVerifyCounts(t *testing.T) {
	vn, cn := startTwo(t, ledgertest.Discard{})
	talk(t, vn, cn)
	got, err := vn.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := ledger.Summary{Logs: 2, Entries: 8, Bodies: 8, Receipts: 3}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("summary differs (-want +got):\n%s", diff)
	}
}

// Whatever is changed behind the ledger's back is found.
func TestVerifyFindsWhatWasChanged(t *testing.T) {
	flip := func(i int) func([]byte) []byte {
		return func(b []byte) []byte {
			b = bytes.Clone(b)
			if i < 0 {
				i += len(b)
			}
			b[i] ^= 1
			return b
		}
	}
	gone := func([]byte) []byte { return nil }
	for _, tc := range []struct {
		name   string
		table  store.Table
		nth    int // row of the table, from 0
		change func([]byte) []byte
	}{
		{"a byte of a leaf", "ledger.leaves", 2, flip(-1)},
		{"a byte of a tree hash", "ledger.leaves", 1, flip(13)},
		{"the position of an entry", "ledger.leaves", 2, flip(7)},
		{"a leaf", "ledger.leaves", 2, gone},
		{"the last leaf", "ledger.leaves", 7, gone},
		{"a row of three bytes", "ledger.leaves", 3, func([]byte) []byte { return []byte("abc") }},
		{"a row that ends early", "ledger.leaves", 3, func(b []byte) []byte { return b[:13] }},
		{"a fingerprint that ends early", "ledger.leaves", 3, func(b []byte) []byte { b = bytes.Clone(b); b[11] = 200; return b }},
		{"a byte of a request ID", "ledger.leaves", 2, flip(12)},
		{"a row without its request ID", "ledger.leaves", 2, func(b []byte) []byte { b = bytes.Clone(b); b[11] = 0; return b }},
		{"a byte of a body", "ledger.envelopes", 3, flip(0)},
		{"a body", "ledger.envelopes", 3, gone},
		{"the size of a log", "ledger.logs", 0, flip(11)},
		{"the last time of a log", "ledger.logs", 0, flip(19)},
		{"a log", "ledger.logs", 0, gone},
		{"a log of ten bytes", "ledger.logs", 0, func(b []byte) []byte { return b[:10] }},
		{"a byte of a checkpoint", "ledger.logs", 0, flip(24 + 20)},
		{"a position", "ledger.positions", 4, gone},
		{"the last position", "ledger.positions", 10, gone},
		{"what is at a position", "ledger.positions", 4, flip(11)},
		{"a position of three bytes", "ledger.positions", 4, func([]byte) []byte { return []byte("abc") }},
		{"a receipt", "ledger.receipts", 1, gone},
		{"a byte of a receipt", "ledger.receipts", 1, flip(20)},
		{"a request ID", "ledger.requests", 1, gone},
		{"the entry of a request ID", "ledger.requests", 1, flip(11)},
		{"the log of a request ID", "ledger.requests", 1, flip(3)},
		{"a request ID of three bytes", "ledger.requests", 1, func([]byte) []byte { return []byte("abc") }},
		{"the last reference", "ledger.references", 0, func([]byte) []byte { return binary.BigEndian.AppendUint64(nil, 1) }},
		{"a reference of one byte", "ledger.references", 0, func([]byte) []byte { return []byte("1") }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			vn, cn := startTwo(t, ledgertest.Discard{})
			talk(t, vn, cn)
			key, was := row(t, vn, tc.table, tc.nth)
			put(t, vn, tc.table, key, tc.change(was))
			if sum, err := vn.Verify(t.Context()); err == nil {
				t.Errorf("Verify = %+v, nil; want an error", sum)
			}
			put(t, vn, tc.table, key, was) // so that the end of the test finds it clean
		})
	}
}

func TestVerifyFindsWhatWasAdded(t *testing.T) {
	vn, cn := startTwo(t, ledgertest.Discard{})
	talk(t, vn, cn)
	key, _ := row(t, vn, "ledger.leaves", 1)
	stray := bytes.Clone(key)
	stray[len(stray)-1] = 99
	for table, key := range map[store.Table][]byte{
		"ledger.envelopes": append(bytes.Clone(stray), 0),
		"ledger.missing":   key,
		"ledger.positions": binary.BigEndian.AppendUint64(nil, 12),
		"ledger.requests":  []byte("another"),
	} {
		value := []byte("0123456789ab")
		if table == "ledger.requests" {
			_, value = row(t, vn, table, 1)
		}
		put(t, vn, table, key, value)
		if sum, err := vn.Verify(t.Context()); !errors.Is(err, ledger.ErrCorrupt) {
			t.Errorf("%s: Verify = %+v, %v; want %v", table, sum, err, ledger.ErrCorrupt)
		}
		put(t, vn, table, key, nil)
	}
}

func TestVerifyOfAStoreWithoutALedger(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn := ledgertest.Start(t, fed.Office("VN"), nil)
	key, was := row(t, vn, "ledger.logs", 0)
	put(t, vn, "ledger.logs", key, nil)
	if _, err := vn.Verify(t.Context()); !errors.Is(err, ledger.ErrNotInitialised) {
		t.Errorf("Verify: %v, want %v", err, ledger.ErrNotInitialised)
	}
	put(t, vn, "ledger.logs", key, was)
}

// Reading a damaged store says so; it never shows what is not there.
func TestReadersOfADamagedStore(t *testing.T) {
	vn, cn := startTwo(t, ledgertest.Discard{})
	talk(t, vn, cn)
	read := map[string]func() error{
		"After": func() error { _, err := vn.After(t.Context(), ledger.Position{}, 100); return err },
		"Page":  func() error { _, err := vn.Page(t.Context(), vn.Origin(), 0, "CN", 1<<20); return err },
		"Entry": func() error { _, err := vn.Entry(t.Context(), vn.Origin(), 2); return err },
		"Seal":  func() error { _, err := vn.Seal(t.Context(), vn.Origin(), 2); return err },
		"Heads": func() error { _, err := vn.Heads(t.Context()); return err },
		"Head":  func() error { _, err := vn.Head(t.Context(), vn.Origin()); return err },
		"Receipt": func() error {
			_, err := vn.ReceiptOf(t.Context(), "CN", vn.Origin())
			return err
		},
		"Covering": func() error {
			_, err := vn.Covering(t.Context(), "CN", vn.Origin(), 1)
			return err
		},
		"Standings": func() error {
			_, err := vn.Standings(t.Context(), vn.Origin(), 1, []certs.Office{"CN"})
			return err
		},
	}
	for _, tc := range []struct {
		table   store.Table
		nth     int
		readers string
	}{
		{"ledger.leaves", 2, "After Page Entry Seal"},
		{"ledger.positions", 3, "After"},
		{"ledger.logs", 1, "After Page Entry Seal Heads Head Receipt Covering Standings"},
		{"ledger.receipts", 0, "After Covering Standings"},
		{"ledger.receipts", 2, "After Receipt"},
	} {
		key, was := row(t, vn, tc.table, tc.nth)
		put(t, vn, tc.table, key, []byte("abc"))
		for name := range strings.FieldsSeq(tc.readers) {
			if err := read[name](); !errors.Is(err, ledger.ErrCorrupt) {
				t.Errorf("%s row %d: %s: %v, want %v", tc.table, tc.nth, name, err, ledger.ErrCorrupt)
			}
		}
		put(t, vn, tc.table, key, was)
	}
}

// row returns a copy of the nth item of a table.
func row(t testing.TB, n *ledgertest.Node, table store.Table, nth int) (key, value []byte) {
	t.Helper()
	err := n.Bolt.View(t.Context(), func(r store.Reader) error {
		i := 0
		for item, err := range r.Scan(table, nil, nil, false) {
			if err != nil {
				return err
			}
			if i == nth {
				key, value = bytes.Clone(item.Key), bytes.Clone(item.Value)
			}
			i++
		}
		return nil
	})
	if err != nil || key == nil {
		t.Fatalf("%s has no row %d: %v", table, nth, err)
	}
	return key, value
}

// put writes a row behind the ledger's back; nil removes it.
func put(t testing.TB, n *ledgertest.Node, table store.Table, key, value []byte) {
	t.Helper()
	err := n.Bolt.Update(t.Context(), func(tx store.Tx) error {
		if value == nil {
			return tx.Delete(table, key)
		}
		return tx.Put(table, key, value)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What an office may say is no damage of the store of whoever records it: the
// verification at the end of each test finds nothing.
func TestNothingThatAPeerSaysIsDamage(t *testing.T) {
	nextCard := func(t *testing.T, vn *ledgertest.Node, o *authority.Office, change func(*spsv1.Card)) {
		t.Helper()
		signed, err := o.NextCard(change)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := vn.Office.Roster.Apply(signed); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("times before 1970", func(t *testing.T) {
		fed := authority.ForTest(t, "VN", "CN")
		f := &forger{office: fed.Office("VN")}
		for range 2 {
			f.add(t, "old", func(l *spsv1.Leaf) { l.Time.Seconds = -1000 })
		}
		cn := ledgertest.Start(t, fed.Office("CN"), nil)
		if _, err := cn.Record(t.Context(), "VN", f.all(t)); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("another receipt key", func(t *testing.T) {
		vn, cn, _ := federation(t)
		cn.Follow(t, vn, vn.Origin(), 1<<20)
		if err := vn.AddReceipt(t.Context(), "CN", mustReceipt(t, cn, vn.Origin())); err != nil {
			t.Fatal(err)
		}
		other := authority.ForTest(t, "CN").Office("CN").Card.Message()
		nextCard(t, vn, cn.Office, func(c *spsv1.Card) { c.ReceiptKeys = append(other.GetReceiptKeys(), c.ReceiptKeys...) })
	})
	t.Run("a receipt key that is revoked", func(t *testing.T) {
		vn, cn, _ := federation(t)
		cn.Follow(t, vn, vn.Origin(), 1<<20)
		if err := vn.AddReceipt(t.Context(), "CN", mustReceipt(t, cn, vn.Origin())); err != nil {
			t.Fatal(err)
		}
		nextCard(t, vn, cn.Office, func(c *spsv1.Card) { c.ReceiptKeys[0].Revoked = true })
	})
	t.Run("a log key that is retired", func(t *testing.T) {
		vn, cn, _ := federation(t)
		cn.Issue(t, "r1", "x")
		cn.Issue(t, "r2", "x")
		vn.Follow(t, cn, cn.Origin(), 1<<20)
		nextCard(t, vn, cn.Office, func(c *spsv1.Card) { c.LogKeys[0].LastSize = 2 })
	})
}
