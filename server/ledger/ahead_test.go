package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/store"
)

// issueUrgent appends an urgent statement.
func issueUrgent(t testing.TB, n *ledgertest.Node, requestID, content string, audience ...certs.Office) ledger.Entry {
	t.Helper()
	d := ledgertest.Statement(requestID, content, audience...)
	d.Urgent = true
	e, err := n.Append(t.Context(), ledgertest.Prepared(d))
	if err != nil {
		t.Fatalf("%s: append %s: %v", n.Office.Code(), requestID, err)
	}
	return e
}

func urgentOf(t testing.TB, n *ledgertest.Node, seq uint64, reader certs.Office, start uint64) ledger.Urgent {
	t.Helper()
	u, err := n.Urgent(t.Context(), n.Origin(), seq, reader, start)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// backlog starts VN and CN: CN holds held entries of VN's log, which then has
// ten more and an urgent one.
func backlog(t testing.TB, fold ledger.Fold, held int) (vn, cn *ledgertest.Node, urgent ledger.Entry) {
	t.Helper()
	fed := authority.ForTest(t, "VN", "CN", "TH")
	vn = ledgertest.Start(t, fed.Office("VN"), nil)
	cn = ledgertest.Start(t, fed.Office("CN"), func(o *ledger.Options) {
		if fold != nil {
			o.Fold = fold
		}
	})
	if held > 0 {
		for i := range held - 1 {
			vn.Issue(t, fmt.Sprintf("held%d", i), "old", "CN")
		}
		cn.Follow(t, vn, vn.Origin(), 1<<20)
	}
	for i := range 10 {
		vn.Issue(t, fmt.Sprintf("r%d", i), fmt.Sprintf("statement %d", i), "CN")
	}
	return vn, cn, issueUrgent(t, vn, "u", "aflatoxin", "CN")
}

func TestAnUrgentEntryComesAhead(t *testing.T) {
	for _, held := range []int{0, 1, 6} {
		t.Run(fmt.Sprintf("of %d entries held", held), func(t *testing.T) {
			vn, cn, want := backlog(t, diary{}, held)
			o, start := vn.Origin(), uint64(held)
			u := urgentOf(t, vn, want.Sequence, "CN", start)
			for range 2 { // it may come twice
				if err := cn.RecordAhead(t.Context(), "VN", u); err != nil {
					t.Fatal(err)
				}
			}
			cn.Restart(t)
			first, err := cn.Entry(t.Context(), o, want.Sequence)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first.LeafBytes, want.LeafBytes) || !bytes.Equal(first.Envelope, want.Envelope) || first.Gap != want.Sequence-start {
				t.Errorf("entry ahead = %+v, want that of VN with a gap of %d", first, want.Sequence-start)
			}
			s, err := cn.Seal(t.Context(), o, want.Sequence)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := seal.Verify(s, cn.Office.Roster.Keys(o)); err != nil {
				t.Errorf("seal of the entry ahead: %v", err)
			}
			if held > 0 {
				note := mustReceipt(t, cn, o)
				said, err := seal.ParseReceipt(note)
				if err != nil {
					t.Fatal(err)
				}
				ahead := []seal.Ahead{{Sequence: want.Sequence, RecordHash: want.Hash}}
				if diff := cmp.Diff(ahead, said.Ahead); diff != "" || said.Size != start {
					t.Errorf("receipt of size %d, want %d; ahead differs (-want +got):\n%s", said.Size, start, diff)
				}
				if err := vn.AddReceipt(t.Context(), "CN", note); err != nil {
					t.Fatal(err)
				}
				if r, err := vn.Covering(t.Context(), "CN", o, want.Sequence); err != nil || r == nil {
					t.Errorf("receipt that covers the entry ahead = %v, %v; want one", r, err)
				}
			}
			cn.Follow(t, vn, o, 2000)
			last, err := cn.Entry(t.Context(), o, want.Sequence)
			if err != nil {
				t.Fatal(err)
			}
			inTurn := first
			inTurn.Gap = 0
			if diff := cmp.Diff(inTurn, last, cmp.Comparer(func(a, b *spsv1.Leaf) bool { return a.String() == b.String() })); diff != "" {
				t.Errorf("entry in its turn differs from that ahead (-ahead +turn):\n%s", diff)
			}
			told := 0
			for _, line := range readDiary(t, cn) {
				if strings.Contains(line, "aflatoxin") {
					told++
				}
			}
			if told != 1 {
				t.Errorf("the fold has the urgent entry %d times, want once:\n%s", told, strings.Join(readDiary(t, cn), "\n"))
			}
			said, err := seal.ParseReceipt(mustReceipt(t, cn, o))
			if err != nil || said.Size != want.Sequence+1 || len(said.Ahead)+len(said.Missing) != 0 {
				t.Errorf("receipt after the backlog = %+v, %v; want size %d and nothing else", said, err, want.Sequence+1)
			}
			cn.Restart(t)
			if sum, err := cn.Verify(t.Context()); err != nil || sum.Ahead != 0 || sum.Missing != 0 {
				t.Errorf("verify = %+v, %v; want nothing ahead or missing", sum, err)
			}
		})
	}
}

// The gap is told as it is filled, and two that are ahead do not count as
// missing for each other.
func TestTheGapShrinks(t *testing.T) {
	vn, cn, first := backlog(t, nil, 1)
	vn.Issue(t, "between", "between", "CN")
	second := issueUrgent(t, vn, "u2", "salmonella", "CN")
	for _, e := range []ledger.Entry{second, first} {
		if err := cn.RecordAhead(t.Context(), "VN", urgentOf(t, vn, e.Sequence, "CN", 1)); err != nil {
			t.Fatal(err)
		}
	}
	wantGaps := func(want ...uint64) {
		t.Helper()
		for i, e := range []ledger.Entry{first, second} {
			got, err := cn.Entry(t.Context(), vn.Origin(), e.Sequence)
			if err != nil || got.Gap != want[i] {
				t.Errorf("entry %d has a gap of %d (%v), want %d", e.Sequence, got.Gap, err, want[i])
			}
		}
	}
	wantGaps(10, 11)
	p, err := vn.Page(t.Context(), vn.Origin(), 1, "CN", 600)
	if err != nil || len(p.Leaves) == 0 || len(p.Leaves) > 8 {
		t.Fatalf("page of %d leaves, %v", len(p.Leaves), err)
	}
	if _, err := cn.Record(t.Context(), "VN", p); err != nil {
		t.Fatal(err)
	}
	n := uint64(len(p.Leaves))
	wantGaps(10-n, 11-n)
	cn.Follow(t, vn, vn.Origin(), 1<<20)
	wantGaps(0, 0)
}

func TestWhatMayNotComeAhead(t *testing.T) {
	vn, cn, e := backlog(t, nil, 2)
	foreign := issueUrgent(t, vn, "uTH", "for Thailand", "TH")
	calm := vn.Issue(t, "calm", "not urgent", "CN")
	forCN := func(t *testing.T) ledger.Urgent { return urgentOf(t, vn, e.Sequence, "CN", 2) }
	for _, c := range []struct {
		name string
		from certs.Office
		make func(t *testing.T) ledger.Urgent
		want error
	}{
		{"a proof of another leaf", "VN", func(t *testing.T) ledger.Urgent {
			u := forCN(t)
			u.Inclusion = bytesChanged(u.Inclusion)
			return u
		}, ledger.ErrWrongRoot},
		{"a proof from another tree", "VN", func(t *testing.T) ledger.Urgent {
			u := forCN(t)
			u.Consistency = bytesChanged(u.Consistency)
			return u
		}, ledger.ErrWrongRoot},
		{"a proof from a size that is not held", "VN", func(t *testing.T) ledger.Urgent {
			return urgentOf(t, vn, e.Sequence, "CN", 3)
		}, ledger.ErrGap},
		{"another sequence", "VN", func(t *testing.T) ledger.Urgent {
			u := forCN(t)
			u.Sequence--
			return u
		}, ledger.ErrWrongRoot},
		{"a signature that does not verify", "VN", func(t *testing.T) ledger.Urgent {
			u := forCN(t)
			f := forger{office: cn.Office}
			f.addCard(t)
			u.Checkpoint = bytes.ReplaceAll(f.checkpoint(t, 1), []byte("/CN/"), []byte("/VN/"))
			return u
		}, seal.ErrUnknownKey},
		{"a body of a relay that is not the leaf's", "TH", func(t *testing.T) ledger.Urgent {
			u := forCN(t)
			u.Envelope = []byte("something else")
			return u
		}, ledger.ErrBody},
		{"a body of its issuer that is not the leaf's", "VN", func(t *testing.T) ledger.Urgent {
			u := forCN(t)
			u.Envelope = []byte("something else")
			return u
		}, ledger.ErrNotAhead},
		{"no body", "VN", func(t *testing.T) ledger.Urgent {
			u := forCN(t)
			u.Envelope = nil
			return u
		}, ledger.ErrNotAhead},
		{"somebody else's", "VN", func(t *testing.T) ledger.Urgent {
			return urgentOf(t, vn, foreign.Sequence, "TH", 2)
		}, ledger.ErrNotAudience},
		{"what is not urgent", "VN", func(t *testing.T) ledger.Urgent {
			u := urgentOf(t, vn, e.Sequence, "CN", 2)
			u.Sequence, u.Leaf, u.Envelope = calm.Sequence, calm.LeafBytes, calm.Envelope
			return u
		}, ledger.ErrGap},
		{"the own log", "VN", func(t *testing.T) ledger.Urgent {
			own := issueUrgent(t, cn, "own", "x", "VN")
			return urgentOf(t, cn, own.Sequence, "VN", 0)
		}, ledger.ErrOwnLog},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, err := cn.Verify(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			u := c.make(t)
			if u.Origin == cn.Origin() {
				before.Entries, before.Bodies = before.Entries+1, before.Bodies+1
			}
			if err := cn.RecordAhead(t.Context(), c.from, u); !errors.Is(err, c.want) {
				t.Errorf("RecordAhead = %v, want %v", err, c.want)
			}
			if after, err := cn.Verify(t.Context()); err != nil || after != before {
				t.Errorf("verify = %+v, %v; want %+v as before", after, err, before)
			}
		})
	}
	if _, err := vn.Urgent(t.Context(), vn.Origin(), calm.Sequence, "CN", 0); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("Urgent of a calm entry: %v, want %v", err, ledger.ErrNotFound)
	}
	if _, err := vn.Urgent(t.Context(), vn.Origin(), foreign.Sequence, "CN", 0); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("Urgent for an office outside the audience: %v, want %v", err, ledger.ErrNotFound)
	}
}

func bytesChanged(proof []tlog.Hash) []tlog.Hash {
	proof = append([]tlog.Hash(nil), proof...)
	proof[0][7] ^= 1
	return proof
}

// No more are held ahead than a receipt can list.
func TestAsManyComeAheadAsAReceiptLists(t *testing.T) {
	vn, cn, first := backlog(t, nil, 1)
	last := first.Sequence
	for i := range seal.MaxReceiptLines {
		last = issueUrgent(t, vn, fmt.Sprintf("u%d", i), "urgent", "CN").Sequence
	}
	for seq := last; seq > first.Sequence; seq-- {
		if err := cn.RecordAhead(t.Context(), "VN", urgentOf(t, vn, seq, "CN", 1)); err != nil {
			t.Fatalf("entry %d: %v", seq, err)
		}
	}
	if err := cn.RecordAhead(t.Context(), "VN", urgentOf(t, vn, first.Sequence, "CN", 1)); !errors.Is(err, ledger.ErrNotAhead) {
		t.Errorf("one more: %v, want %v", err, ledger.ErrNotAhead)
	}
	said, err := seal.ParseReceipt(mustReceipt(t, cn, vn.Origin()))
	if err != nil || len(said.Ahead) != seal.MaxReceiptLines {
		t.Errorf("receipt lists %d ahead (%v), want %d", len(said.Ahead), err, seal.MaxReceiptLines)
	}
	cn.Follow(t, vn, vn.Origin(), 3000)
	if sum, err := cn.Verify(t.Context()); err != nil || sum.Ahead != 0 {
		t.Errorf("verify = %+v, %v; want nothing ahead", sum, err)
	}
}

func TestUrgentFromFindsTheNewest(t *testing.T) {
	vn, cn, first := backlog(t, nil, 1)
	issueUrgent(t, vn, "uTH", "for Thailand", "TH")
	second := issueUrgent(t, vn, "u2", "second", "CN")
	for _, c := range []struct {
		name string
		from uint64
		most int
		want []uint64
	}{
		{"all", 0, 10, []uint64{first.Sequence, second.Sequence}},
		{"the newest", 0, 1, []uint64{second.Sequence}},
		{"behind the first", first.Sequence + 1, 10, []uint64{second.Sequence}},
		{"none", second.Sequence + 1, 10, nil},
	} {
		got, next, err := vn.UrgentFrom(t.Context(), vn.Origin(), c.from, "CN", c.most)
		if err != nil || cmp.Diff(c.want, got) != "" || next != second.Sequence+1 {
			t.Errorf("%s: UrgentFrom(%d) = %v, next %d, %v; want %v, next %d", c.name, c.from, got, next, err, c.want, second.Sequence+1)
		}
	}
	if got, _, err := cn.UrgentFrom(t.Context(), certs.Origin{Federation: vn.Origin().Federation, Office: "TH", Epoch: 1}, 0, "VN", 10); err != nil || got != nil {
		t.Errorf("of a log that is not held: %v, %v; want none", got, err)
	}
}

// twoLogs are two logs that VN's key signed, which differ from entry 2 on; the
// last entry of both is urgent.
func twoLogs(t testing.TB, fed *authority.Federation) (a, b *forger) {
	t.Helper()
	a, b = &forger{office: fed.Office("VN")}, &forger{office: fed.Office("VN")}
	for i, f := range []*forger{a, b} {
		f.addCard(t)
		f.add(t, "the same", nil)
		f.add(t, fmt.Sprintf("other %d", i), nil)
		f.add(t, fmt.Sprintf("urgent %d", i), func(l *spsv1.Leaf) { l.Urgent = true })
	}
	return a, b
}

// urgent returns the last entry of a forged log, proved from nothing.
func (f *forger) urgent(t testing.TB) ledger.Urgent {
	t.Helper()
	n := len(f.leaves)
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (out []tlog.Hash, err error) {
		for _, i := range indexes {
			out = append(out, hashes[i])
		}
		return out, nil
	})
	for i, leaf := range f.leaves {
		more, err := tlog.StoredHashes(int64(i), leaf, reader)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, more...)
	}
	proof, err := tlog.ProveRecord(int64(n), int64(n-1), reader)
	if err != nil {
		t.Fatal(err)
	}
	return ledger.Urgent{
		Origin: f.office.Origin(), Sequence: uint64(n - 1), Leaf: f.leaves[n-1], Envelope: f.bodies[n-1].Envelope,
		Inclusion: proof, Checkpoint: f.checkpoint(t, n),
	}
}

// An office that signs one entry ahead and another in its turn is found out,
// whichever of the two comes first.
func TestAnOfficeThatSaysOneThingAheadAndAnotherInTurn(t *testing.T) {
	t.Run("ahead first", func(t *testing.T) {
		fed := authority.ForTest(t, "VN", "CN")
		a, b := twoLogs(t, fed)
		cn := ledgertest.Start(t, fed.Office("CN"), nil)
		if err := cn.RecordAhead(t.Context(), "VN", a.urgent(t)); err != nil {
			t.Fatal(err)
		}
		if _, err := cn.Record(t.Context(), "VN", b.all(t)); !errors.Is(err, ledger.ErrInconsistent) {
			t.Errorf("Record of the other log: %v, want %v", err, ledger.ErrInconsistent)
		}
		if err := cn.RecordAhead(t.Context(), "VN", b.urgent(t)); !errors.Is(err, ledger.ErrInconsistent) {
			t.Errorf("RecordAhead of the other log: %v, want %v", err, ledger.ErrInconsistent)
		}
		if e, err := cn.Entry(t.Context(), a.office.Origin(), 3); err != nil || string(e.Envelope) != "urgent 0" {
			t.Errorf("entry ahead = %q, %v; want the first one", e.Envelope, err)
		}
		if _, err := cn.Record(t.Context(), "VN", a.all(t)); err != nil {
			t.Errorf("Record of the log that the entry is of: %v", err)
		}
	})
	t.Run("in turn first", func(t *testing.T) {
		fed := authority.ForTest(t, "VN", "CN")
		a, b := twoLogs(t, fed)
		cn := ledgertest.Start(t, fed.Office("CN"), nil)
		if _, err := cn.Record(t.Context(), "VN", a.all(t)); err != nil {
			t.Fatal(err)
		}
		if err := cn.RecordAhead(t.Context(), "VN", b.urgent(t)); !errors.Is(err, ledger.ErrInconsistent) {
			t.Errorf("RecordAhead of the other log: %v, want %v", err, ledger.ErrInconsistent)
		}
	})
}

// What only its turn shows to be faulty is folded again, as faulty.
func TestAnEntryAheadTurnsOutFaulty(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	f := &forger{office: fed.Office("VN")}
	f.addCard(t)
	f.add(t, "later", func(l *spsv1.Leaf) { l.Time = &timestamppb.Timestamp{Seconds: 1777777777} })
	f.add(t, "urgent", func(l *spsv1.Leaf) { l.Urgent = true })
	folded := &faultDiary{}
	cn := ledgertest.Start(t, fed.Office("CN"), func(o *ledger.Options) { o.Fold = folded })
	if err := cn.RecordAhead(t.Context(), "VN", f.urgent(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := cn.Record(t.Context(), "VN", f.all(t)); err != nil {
		t.Fatal(err)
	}
	e, err := cn.Entry(t.Context(), f.office.Origin(), 2)
	if err != nil || e.Fault == "" || e.Position.N != 2 {
		t.Errorf("entry = fault %q at %d, %v; want one at position 2", e.Fault, e.Position.N, err)
	}
	want := []string{"2 urgent ", "2 urgent its time is before that of an earlier entry"}
	if diff := cmp.Diff(want, folded.of(2)); diff != "" {
		t.Errorf("the fold was told (-want +got):\n%s", diff)
	}
	// Known to be so at once, it waits.
	f.add(t, "urgent too", func(l *spsv1.Leaf) { l.Urgent = true })
	if err := cn.RecordAhead(t.Context(), "VN", f.urgent(t)); !errors.Is(err, ledger.ErrNotAhead) {
		t.Errorf("RecordAhead of a leaf whose time falls: %v, want %v", err, ledger.ErrNotAhead)
	}
}

// faultDiary is a fold that writes down each entry with its fault; no transaction
// of its test runs twice.
type faultDiary struct{ told []ledger.Entry }

func (f *faultDiary) Entry(_ store.Tx, e ledger.Entry) error { f.told = append(f.told, e); return nil }

func (f *faultDiary) Receipt(store.Tx, ledger.Receipt) error { return nil }

// of returns what was told of one sequence of VN's log.
func (f *faultDiary) of(seq uint64) (lines []string) {
	for _, e := range f.told {
		if e.Origin.Office == "VN" && e.Sequence == seq {
			lines = append(lines, fmt.Sprintf("%d %s %s", e.Position.N, e.Envelope, e.Fault))
		}
	}
	return lines
}
