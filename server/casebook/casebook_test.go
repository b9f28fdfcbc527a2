package casebook_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
)

const federation = "asean-cn"

// newStore opens an empty store with all tables of a node.
func newStore(t testing.TB) store.Store {
	t.Helper()
	s, err := bolt.Create(filepath.Join(t.TempDir(), "ledger.db"), bolt.Options{
		Tables: append(ledger.Tables(), casebook.Tables()...), Appended: casebook.Appended(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return s
}

func openBook(t testing.TB, s store.Store, office certs.Office) *casebook.Book {
	t.Helper()
	b, err := casebook.Open(t.Context(), casebook.Options{Store: s, Federation: federation, Office: office, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// entry is an entry of an office's log as the ledger would hand it over.
func entry(t testing.TB, office certs.Office, seq uint64, body *spsv1.Statement) ledger.Entry {
	t.Helper()
	body.Salt = bytes.Repeat([]byte{byte(seq)}, 32)
	body.Federation, body.Office = federation, string(office)
	envelope, err := statement.Encode(body)
	if err != nil {
		t.Fatal(err)
	}
	return ledger.Entry{
		Origin: certs.Origin{Federation: federation, Office: office, Epoch: 1}, Sequence: seq,
		Hash: sha256.Sum256(fmt.Appendf(nil, "%s %d", office, seq)),
		Leaf: &spsv1.Leaf{
			Type: spsv1.LeafType_LEAF_TYPE_STATEMENT, Audience: &spsv1.Audience{Network: true},
			Reference: fmt.Sprintf("%s-2026-%06d", office, seq),
		},
		Envelope: envelope,
	}
}

func notification() *spsv1.Statement {
	return &spsv1.Statement{Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{}}}
}

func followUp(original ledger.Entry, hash []byte) *spsv1.Statement {
	return &spsv1.Statement{
		CaseRef: &spsv1.CaseRef{Original: &spsv1.EntryRef{
			Origin: original.Origin.String(), Sequence: original.Sequence, RecordHash: hash,
		}},
		Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{}},
	}
}

// record folds entries in the order in which they arrive.
func record(t testing.TB, s store.Store, b *casebook.Book, entries ...ledger.Entry) {
	t.Helper()
	for i, e := range entries {
		e.Position.N = uint64(i + 1)
		if err := s.Update(t.Context(), func(tx store.Tx) error { return b.Entry(tx, e) }); err != nil {
			t.Fatal(err)
		}
	}
}

// names returns where items stand, sorted, since positions differ from node to
// node.
func names(items ...casebook.Item) []string {
	var all []string
	for _, i := range items {
		all = append(all, fmt.Sprintf("%s/%d", i.Origin, i.Sequence))
	}
	slices.Sort(all)
	return all
}

func TestAnyOrderOfArrivalGivesTheSameCase(t *testing.T) {
	original := entry(t, "CN", 5, notification())
	other := entry(t, "CN", 6, notification())
	entries := []ledger.Entry{
		original, other,
		entry(t, "VN", 1, followUp(original, original.Hash[:])),
		entry(t, "TH", 1, followUp(original, original.Hash[:])),
		entry(t, "TH", 2, followUp(original, other.Hash[:])), // of an entry that is not there
	}
	want := []string{"asean-cn/TH/1/1", "asean-cn/VN/1/1"}
	orders := 0
	permute(entries, func(order []ledger.Entry) {
		orders++
		s := newStore(t)
		b := openBook(t, s, "VN")
		record(t, s, b, order...)
		whole, parts, err := b.Case(t.Context(), "CN-2026-000005", 0, uint64(len(order)), 100)
		if err != nil {
			t.Fatal(err)
		}
		if got := names(whole); !slices.Equal(got, []string{"asean-cn/CN/1/5"}) {
			t.Errorf("original = %q", got)
		}
		if got := names(parts...); !slices.Equal(got, want) {
			t.Errorf("parts = %q, want %q", got, want)
		}
		for _, e := range order {
			reading, ok := casebook.Read(e, "VN")
			if !ok {
				t.Fatalf("%s/%d is not shown", e.Origin, e.Sequence)
			}
			note, err := b.Note(t.Context(), e, reading.Statement)
			wantCase := "CN-2026-000005"
			switch {
			case e.Hash == other.Hash:
				wantCase = "CN-2026-000006"
			case e.Origin.Office == "TH" && e.Sequence == 2:
				wantCase = ""
			}
			if err != nil || note.Case != wantCase {
				t.Errorf("case of %s/%d = %q, %v, want %q", e.Origin, e.Sequence, note.Case, err, wantCase)
			}
		}
	})
	if orders != 120 {
		t.Errorf("%d orders, want 120", orders)
	}
}

// permute calls f with every order of the entries.
func permute(entries []ledger.Entry, f func([]ledger.Entry)) {
	var step func(int)
	step = func(k int) {
		if k == len(entries) {
			f(entries)
			return
		}
		for i := k; i < len(entries); i++ {
			entries[k], entries[i] = entries[i], entries[k]
			step(k + 1)
			entries[k], entries[i] = entries[i], entries[k]
		}
	}
	step(0)
}

func TestReadSaysWhatIsWithoutEffect(t *testing.T) {
	sound := entry(t, "CN", 5, notification())
	for _, tc := range []struct {
		name  string
		spoil func(*ledger.Entry)
		shown bool
		fault string // "" if it has its effect
	}{
		{"sound", func(*ledger.Entry) {}, true, ""},
		{"card", func(e *ledger.Entry) { e.Leaf.Type = spsv1.LeafType_LEAF_TYPE_CARD }, false, ""},
		{"no leaf", func(e *ledger.Entry) { e.Leaf, e.Fault = nil, "not a leaf" }, false, ""},
		{"for somebody else", func(e *ledger.Entry) { e.Leaf.Audience = &spsv1.Audience{Offices: []string{"CN", "TH"}} }, false, ""},
		{"for this office", func(e *ledger.Entry) { e.Leaf.Audience = &spsv1.Audience{Offices: []string{"CN", "VN"}} }, true, ""},
		{"body missing", func(e *ledger.Entry) { e.Envelope = nil }, true, "its body has not arrived here"},
		{"body of noise", func(e *ledger.Entry) { e.Envelope = []byte("noise") }, true, "its body cannot be read: "},
		{"faulty leaf", func(e *ledger.Entry) { e.Fault = "its time falls" }, true, "its time falls"},
		{"reference of another", func(e *ledger.Entry) { e.Leaf.Reference = "AA-2026-000005" }, true, "its reference is not one of its office"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := entry(t, "CN", 5, notification())
			tc.spoil(&e)
			reading, shown := casebook.Read(e, "VN")
			if shown != tc.shown || len(reading.Fault) < len(tc.fault) || reading.Fault[:len(tc.fault)] != tc.fault || tc.fault == "" && reading.Fault != "" {
				t.Errorf("Read = %q, %t, want %q, %t", reading.Fault, shown, tc.fault, tc.shown)
			}
			s := newStore(t)
			b := openBook(t, s, "VN")
			record(t, s, b, e)
			list, _, err := b.Statements(t.Context(), "", casebook.Query{}, casebook.Page{UpTo: 1, Limit: 10, Budget: 10})
			if err != nil || (len(list) == 1) != tc.shown {
				t.Errorf("list = %v, %v, want it listed = %t", list, err, tc.shown)
			}
			_, _, err = b.Case(t.Context(), sound.Leaf.GetReference(), 0, 1, 100)
			if effect := tc.shown && tc.fault == ""; (err == nil) != effect || err != nil && !errors.Is(err, casebook.ErrNotFound) {
				t.Errorf("case = %v, want one = %t", err, effect)
			}
		})
	}
}

func TestReferenceGivenTwice(t *testing.T) {
	first, second := entry(t, "CN", 5, notification()), entry(t, "CN", 6, notification())
	second.Leaf.Reference = first.Leaf.GetReference()
	for _, order := range [][]ledger.Entry{{first, second}, {second, first}} {
		s := newStore(t)
		b := openBook(t, s, "VN")
		record(t, s, b, order...)
		whole, _, err := b.Case(t.Context(), first.Leaf.GetReference(), 0, 2, 100)
		if err != nil || whole.Sequence != 5 {
			t.Errorf("the reference belongs to %v, %v, want the entry that comes first in the log", whole, err)
		}
	}
}

func TestListsGoDownwards(t *testing.T) {
	s := newStore(t)
	b := openBook(t, s, "VN")
	record(t, s, b,
		entry(t, "CN", 1, notification()), entry(t, "TH", 1, notification()),
		entry(t, "CN", 2, notification()), entry(t, "VN", 1, notification()))
	for _, tc := range []struct {
		name   string
		office certs.Office
		upTo   uint64
		limit  int
		want   []uint64
	}{
		{"all", "", 4, 10, []uint64{4, 3, 2, 1}},
		{"first two", "", 4, 2, []uint64{4, 3}},
		{"the rest", "", 2, 10, []uint64{2, 1}},
		{"of one office", "CN", 4, 10, []uint64{3, 1}},
		{"of one office, from below", "CN", 2, 10, []uint64{1}},
		{"of none", "LA", 4, 10, nil},
		{"before all", "", 0, 10, nil},
	} {
		items, _, err := b.Statements(t.Context(), tc.office, casebook.Query{}, casebook.Page{UpTo: tc.upTo, Limit: tc.limit, Budget: 10})
		if err != nil {
			t.Fatal(err)
		}
		var got []uint64
		for _, i := range items {
			got = append(got, i.N)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
	if _, _, err := b.Case(t.Context(), "TH-2026-000001", 0, 1, 100); !errors.Is(err, casebook.ErrNotFound) {
		t.Errorf("a case above upTo = %v, want ErrNotFound", err)
	}
}

func TestRebuildGivesTheSameBook(t *testing.T) {
	vn := authority.ForTest(t, "VN", "CN").Office("VN")
	s := newStore(t)
	b := openBook(t, s, "VN")
	if !b.Stale() {
		t.Error("a book that was never begun is not stale")
	}
	if err := b.Begin(t.Context()); err != nil || b.Stale() {
		t.Fatalf("Begin = %v, stale = %t", err, b.Stale())
	}
	options := ledger.Options{
		Store: s, Fold: b, Roster: vn.Roster, Signer: vn.LogKey, Receipts: vn.ReceiptKey,
		Now: time.Now, Anchor: filepath.Join(t.TempDir(), "anchor"),
	}
	if err := ledger.Init(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("close the ledger: %v", err)
		}
		if _, err := ledger.Verify(context.WithoutCancel(t.Context()), s, vn.Roster); err != nil {
			t.Errorf("verify: %v", err)
		}
	})
	var original ledger.Entry
	for i := range 20 {
		body := notification()
		if i%2 == 1 {
			body = followUp(original, original.Hash[:])
		}
		e, err := l.Append(t.Context(), func(store.Tx) (ledger.Draft, error) {
			return ledger.Draft{
				RequestID: fmt.Sprint("request ", i), Network: true, Type: spsv1.LeafType_LEAF_TYPE_STATEMENT,
				Envelope: entry(t, "VN", uint64(i), body).Envelope,
			}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			original = e
		}
	}
	before := dump(t, s)
	if err := b.Rebuild(t.Context(), l); err != nil || b.Stale() {
		t.Fatalf("Rebuild = %v, stale = %t", err, b.Stale())
	}
	if diff := cmp.Diff(before, dump(t, s)); diff != "" {
		t.Errorf("after a rebuild (-before +after):\n%s", diff)
	}
	if openBook(t, s, "VN").Stale() {
		t.Error("the rebuilt book is stale when it is opened again")
	}
	if len(before) < 20*4 {
		t.Errorf("the book has %d rows, want some of each table", len(before))
	}
}

// What came ahead of its turn and turns out faulty is left with what a faulty
// entry has from the beginning, and with the time at which it came.
func TestAnEntryThatTurnsOutFaulty(t *testing.T) {
	original := entry(t, "CN", 1, notification())
	original.Position.N = 1
	for name, sound := range map[string]ledger.Entry{
		"a notification": original, "a follow-up": entry(t, "CN", 2, followUp(original, original.Hash[:])),
	} {
		t.Run(name, func(t *testing.T) {
			if sound.Position.N == 0 {
				sound.Position.N = 2
			}
			faulty := sound
			faulty.Fault = "its time is before that of an earlier entry"
			fold := func(entries ...ledger.Entry) map[string]string {
				s := newStore(t)
				b := openBook(t, s, "VN")
				for _, e := range entries {
					if err := s.Update(t.Context(), func(tx store.Tx) error { return b.Entry(tx, e) }); err != nil {
						t.Fatal(err)
					}
				}
				rows := dump(t, s)
				for key := range rows {
					if strings.HasPrefix(key, "casebook.times") {
						rows[key] = "a time"
					}
				}
				return rows
			}
			want := fold(faulty)
			if diff := cmp.Diff(want, fold(sound, faulty)); diff != "" {
				t.Errorf("the book differs from one that knew it as faulty only (-want +got):\n%s", diff)
			}
			if cmp.Equal(want, fold(sound)) {
				t.Error("a faulty entry is filed like a sound one")
			}
		})
	}
}

// dump returns every row of the book.
func dump(t *testing.T, s store.Store) map[string]string {
	t.Helper()
	rows := make(map[string]string)
	err := s.View(t.Context(), func(r store.Reader) error {
		for _, table := range casebook.Tables() {
			if table == "casebook.dirty" { // what was said of a case before is no part of what it is
				continue
			}
			for item, err := range r.Scan(table, nil, nil, false) {
				if err != nil {
					return err
				}
				rows[fmt.Sprintf("%s %x", table, item.Key)] = fmt.Sprintf("%x", item.Value)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
