package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
)

// federation starts the ledgers of VN, CN and TH.
func federation(t testing.TB) (vn, cn, th *ledgertest.Node) {
	t.Helper()
	fed := authority.ForTest(t, "VN", "CN", "TH")
	return ledgertest.Start(t, fed.Office("VN"), nil),
		ledgertest.Start(t, fed.Office("CN"), nil),
		ledgertest.Start(t, fed.Office("TH"), nil)
}

// held returns the entries of a log that a node holds, as leaf and body.
func held(t testing.TB, n *ledgertest.Node, o certs.Origin) (entries []ledger.Entry) {
	t.Helper()
	h, err := n.Head(t.Context(), o)
	if err != nil {
		t.Fatalf("%s: head of %s: %v", n.Office.Code(), o, err)
	}
	for seq := range h.Size {
		e, err := n.Entry(t.Context(), o, seq)
		if err != nil {
			t.Fatalf("%s: entry %d of %s: %v", n.Office.Code(), seq, o, err)
		}
		entries = append(entries, e)
	}
	return entries
}

func TestAPeerHoldsWhatWasIssued(t *testing.T) {
	vn, cn, th := federation(t)
	for i := range 40 {
		audience := [][]certs.Office{{"CN"}, {"TH"}, {"CN", "TH"}, nil}[i%4]
		vn.Issue(t, fmt.Sprintf("r%d", i), fmt.Sprintf("statement %d", i), audience...)
	}
	for _, peer := range []*ledgertest.Node{cn, th} {
		if got := peer.Follow(t, vn, vn.Origin(), 2000); got != 41 {
			t.Fatalf("%s holds %d entries, want 41", peer.Office.Code(), got)
		}
		for seq, e := range held(t, peer, vn.Origin()) {
			want, err := vn.Entry(t.Context(), vn.Origin(), uint64(seq))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(e.LeafBytes, want.LeafBytes) || e.Fault != "" {
				t.Errorf("%s: entry %d is %x with fault %q, want %x", peer.Office.Code(), seq, e.LeafBytes, e.Fault, want.LeafBytes)
			}
			if seal.MayRead(want.Leaf, peer.Office.Code()) != (e.Envelope != nil) || e.Envelope != nil && !bytes.Equal(e.Envelope, want.Envelope) {
				t.Errorf("%s: entry %d has body %q, audience %v", peer.Office.Code(), seq, e.Envelope, want.Leaf.GetAudience())
			}
		}
		h, err := peer.Head(t.Context(), vn.Origin())
		if err != nil || h.Checkpoint.Size != 41 || h.Missing != 0 || h.Root != h.Checkpoint.Root {
			t.Errorf("%s: head = %+v, %v; want size 41, nothing missing", peer.Office.Code(), h, err)
		}
		s, err := peer.Seal(t.Context(), vn.Origin(), 17)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := seal.Verify(s, peer.Office.Roster.Keys(vn.Origin())); err != nil {
			t.Errorf("%s: seal of entry 17: %v", peer.Office.Code(), err)
		}
	}
}

func TestALogIsRelayedByAnyoneWhoHoldsIt(t *testing.T) {
	vn, cn, th := federation(t)
	vn.Issue(t, "r1", "for Thailand only", "TH")
	vn.Issue(t, "r2", "for both", "CN", "TH")
	vn.Issue(t, "r3", "for all")
	cn.Follow(t, vn, vn.Origin(), 1<<20)
	th.Follow(t, cn, vn.Origin(), 1<<20)
	var got []string
	for _, e := range held(t, th, vn.Origin())[1:] {
		got = append(got, string(e.Envelope))
	}
	if diff := cmp.Diff([]string{"", "for both", "for all"}, got); diff != "" {
		t.Errorf("bodies at TH through CN differ (-want +got):\n%s", diff)
	}
	h, err := th.Head(t.Context(), vn.Origin())
	if err != nil || h.Missing != 1 {
		t.Errorf("missing at TH = %d, %v; want 1, which CN may not hold", h.Missing, err)
	}
	note, err := th.Receipt(t.Context(), vn.Origin())
	if err != nil {
		t.Fatal(err)
	}
	r, err := seal.ParseReceipt(note)
	if err != nil || !slices.Equal(r.Missing, []uint64{1}) {
		t.Errorf("receipt lists missing %v, %v; want 1", r.Missing, err)
	}
}

func TestAReaddressBringsTheBodyToANewcomer(t *testing.T) {
	vn, cn, th := federation(t)
	first := vn.Issue(t, "r1", "mango", "CN")
	_, err := vn.Append(t.Context(), ledgertest.Prepared(ledger.Draft{
		RequestID: "r2",
		Type:      spsv1.LeafType_LEAF_TYPE_READDRESS,
		Audience:  []certs.Office{"CN", "TH"},
		Subject:   &spsv1.EntryRef{Origin: vn.Origin().String(), Sequence: first.Sequence},
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, peer := range []*ledgertest.Node{cn, th} {
		for _, budget := range []int{1, 1 << 20} { // in one package, and one each
			peer := peer
			if budget == 1 {
				peer = ledgertest.Start(t, peer.Office, nil)
			}
			peer.Follow(t, vn, vn.Origin(), budget)
			got := held(t, peer, vn.Origin())
			if string(got[2].Envelope) != "mango" || got[2].Fault != "" {
				t.Errorf("%s: readdress has body %q, fault %q; want mango", peer.Office.Code(), got[2].Envelope, got[2].Fault)
			}
			if held := got[1].Envelope != nil; held != (peer.Office.Code() == "CN") {
				t.Errorf("%s: holds the body of the first entry: %t", peer.Office.Code(), held)
			}
		}
	}
}

func TestWhatIsHeldAlreadyIsPassedOver(t *testing.T) {
	vn, cn, _ := federation(t)
	for i := range 6 {
		vn.Issue(t, fmt.Sprintf("r%d", i), "x", "CN")
	}
	cn.Follow(t, vn, vn.Origin(), 1)
	commits := cn.Bolt.Stats().Commits
	whole, err := vn.Page(t.Context(), vn.Origin(), 0, "CN", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if size, err := cn.Record(t.Context(), "VN", whole); err != nil || size != 7 {
		t.Errorf("the whole again: %d, %v; want 7", size, err)
	}
	if got := cn.Bolt.Stats().Commits; got != commits {
		t.Errorf("it took %d commits, want none", got-commits)
	}
	vn.Issue(t, "r6", "x", "CN")
	if whole, err = vn.Page(t.Context(), vn.Origin(), 3, "CN", 1<<20); err != nil {
		t.Fatal(err)
	}
	if size, err := cn.Record(t.Context(), "VN", whole); err != nil || size != 8 {
		t.Errorf("with one more: %d, %v; want 8", size, err)
	}
	other := whole
	other.Leaves = slices.Clone(whole.Leaves)
	other.Leaves[0] = []byte("other bytes")
	if _, err := cn.Record(t.Context(), "VN", other); !errors.Is(err, ledger.ErrWrongRoot) {
		t.Errorf("other bytes in the place of held ones: %v, want %v", err, ledger.ErrWrongRoot)
	}
}

func TestTheSamePackageFromManyAtOnce(t *testing.T) {
	vn, cn, _ := federation(t)
	for i := range 20 {
		vn.Issue(t, fmt.Sprintf("r%d", i), "x", "CN")
	}
	p, err := vn.Page(t.Context(), vn.Origin(), 0, "CN", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if size, err := cn.Record(t.Context(), "VN", p); err != nil || size != 21 {
				t.Errorf("Record = %d, %v; want 21", size, err)
			}
		})
	}
	wg.Wait()
	if h, err := cn.Head(t.Context(), vn.Origin()); err != nil || h.Size != 21 {
		t.Errorf("held: %d, %v; want 21", h.Size, err)
	}
}

func TestPackagesThatAreRefused(t *testing.T) {
	vn, cn, th := federation(t)
	for i := range 4 {
		vn.Issue(t, fmt.Sprintf("c%d", i), fmt.Sprintf("for CN %d", i), "CN")
		vn.Issue(t, fmt.Sprintf("t%d", i), fmt.Sprintf("for TH %d", i), "TH")
	}
	stranger := ledgertest.Start(t, authority.ForTest(t, "LA").Office("LA"), nil)
	page := func(o certs.Origin, from uint64, reader certs.Office) ledger.Package {
		p, err := vn.Page(t.Context(), o, from, reader, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	toCN, toTH := page(vn.Origin(), 0, "CN"), page(vn.Origin(), 0, "TH")
	th.Follow(t, vn, vn.Origin(), 1<<20)
	foreign, err := stranger.Page(t.Context(), stranger.Origin(), 0, "CN", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	with := func(f func(*ledger.Package)) ledger.Package {
		p := toCN
		p.Leaves, p.Bodies, p.Proof = slices.Clone(p.Leaves), slices.Clone(p.Bodies), slices.Clone(p.Proof)
		f(&p)
		return p
	}
	for _, tc := range []struct {
		name string
		from certs.Office
		p    ledger.Package
		want error
	}{
		{"a gap", "VN", page(vn.Origin(), 1, "CN"), ledger.ErrGap},
		{"a leaf left out", "VN", with(func(p *ledger.Package) { p.Leaves = slices.Delete(p.Leaves, 2, 3) }), ledger.ErrWrongRoot},
		{"two leaves swapped", "VN", with(func(p *ledger.Package) { p.Leaves[2], p.Leaves[3] = p.Leaves[3], p.Leaves[2] }), ledger.ErrWrongRoot},
		{"a leaf twice", "VN", with(func(p *ledger.Package) { p.Leaves = append(p.Leaves, p.Leaves[8]) }), ledger.ErrWrongRoot},
		{"a byte of a leaf changed", "VN", with(func(p *ledger.Package) { p.Leaves[4] = append([]byte{1}, p.Leaves[4][1:]...) }), ledger.ErrWrongRoot},
		{"a hash too many", "VN", with(func(p *ledger.Package) { p.Proof = []tlog.Hash{{}} }), ledger.ErrWrongRoot},
		{"cut without a proof", "VN", with(func(p *ledger.Package) { p.Leaves = p.Leaves[:5] }), ledger.ErrWrongRoot},
		{"another log's checkpoint", "VN", with(func(p *ledger.Package) { p.Origin = th.Origin() }), ledger.ErrWrongRoot},
		{"a start beyond all sizes", "VN", with(func(p *ledger.Package) { p.Start = 1 << 63 }), ledger.ErrWrongRoot},
		{"another federation", "VN", with(func(p *ledger.Package) { p.Origin.Federation = "mercosur" }), certs.ErrNoCard},
		{"an office without a card", "LA", foreign, certs.ErrNoCard},
		{"no checkpoint", "VN", with(func(p *ledger.Package) { p.Checkpoint = nil }), seal.ErrFormat},
		{"a checkpoint with a byte changed", "VN", with(func(p *ledger.Package) {
			p.Checkpoint = bytes.Replace(p.Checkpoint, []byte("\n9\n"), []byte("\n8\n"), 1)
		}), seal.ErrBadSignature},
		{"a leaf of 5 KiB", "VN", with(func(p *ledger.Package) { p.Leaves[3] = make([]byte, 5<<10) }), seal.ErrLeafTooLarge},
		{"bodies for TH", "VN", with(func(p *ledger.Package) { p.Bodies = toTH.Bodies }), ledger.ErrNotAudience},
		{"bodies not ascending", "VN", with(func(p *ledger.Package) { slices.Reverse(p.Bodies) }), ledger.ErrBody},
		{"a body of no leaf", "VN", with(func(p *ledger.Package) { p.Bodies[len(p.Bodies)-1].Sequence = 99 }), ledger.ErrBody},
		{"a relay's body with a byte changed", "TH", with(func(p *ledger.Package) { p.Bodies[1].Envelope = []byte("for CN x") }), ledger.ErrBody},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if size, err := cn.Record(t.Context(), tc.from, tc.p); !errors.Is(err, tc.want) {
				t.Errorf("Record = %d, %v; want %v", size, err, tc.want)
			}
			if h, err := cn.Head(t.Context(), vn.Origin()); !errors.Is(err, ledger.ErrNotFound) {
				t.Errorf("stored all the same: %+v, %v", h, err)
			}
		})
	}
	if _, err := vn.Record(t.Context(), "CN", toCN); !errors.Is(err, ledger.ErrOwnLog) {
		t.Errorf("its own log: %v, want %v", err, ledger.ErrOwnLog)
	}
	if size, err := cn.Record(t.Context(), "VN", toCN); err != nil || size != 9 {
		t.Errorf("the package itself, at last: %d, %v; want 9", size, err)
	}
}

func TestABodyThatTheIssuerWithholdsIsMissing(t *testing.T) {
	vn, cn, _ := federation(t)
	for i := range 3 {
		vn.Issue(t, fmt.Sprintf("r%d", i), fmt.Sprintf("statement %d", i), "CN")
	}
	p, err := vn.Page(t.Context(), vn.Origin(), 0, "CN", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	p.Bodies = []ledger.Body{p.Bodies[0], p.Bodies[1], {Sequence: 3, Envelope: []byte("something else")}}
	if size, err := cn.Record(t.Context(), "VN", p); err != nil || size != 4 {
		t.Fatalf("Record = %d, %v; want 4", size, err)
	}
	r := receiptOf(t, cn, vn.Origin())
	if r.Size != 4 || !slices.Equal(r.Missing, []uint64{2, 3}) {
		t.Errorf("receipt of size %d, missing %v; want 4, missing 2 and 3", r.Size, r.Missing)
	}
	p, err = cn.Page(t.Context(), vn.Origin(), 0, "CN", 1<<20)
	if err != nil || len(p.Bodies) != 2 {
		t.Errorf("relayed with %d bodies, %v; want 2", len(p.Bodies), err)
	}
}

func TestAReceiptStopsWhenItCannotListWhatIsMissing(t *testing.T) {
	vn, cn, _ := federation(t)
	for i := range 70 {
		vn.Issue(t, fmt.Sprintf("r%d", i), "x", "CN")
	}
	p, err := vn.Page(t.Context(), vn.Origin(), 0, "CN", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	p.Bodies = p.Bodies[:1]
	if _, err := cn.Record(t.Context(), "VN", p); err != nil {
		t.Fatal(err)
	}
	r := receiptOf(t, cn, vn.Origin())
	if r.Size != 65 || len(r.Missing) != 64 || r.Missing[63] != 64 {
		t.Errorf("receipt of size %d with %d missing, want size 65 with 1 to 64", r.Size, len(r.Missing))
	}
	if err := vn.AddReceipt(t.Context(), "CN", mustReceipt(t, cn, vn.Origin())); err != nil {
		t.Errorf("AddReceipt: %v", err)
	}
}

func mustReceipt(t testing.TB, n *ledgertest.Node, o certs.Origin) []byte {
	t.Helper()
	note, err := n.Receipt(t.Context(), o)
	if err != nil {
		t.Fatalf("%s: receipt of %s: %v", n.Office.Code(), o, err)
	}
	return note
}

func receiptOf(t testing.TB, n *ledgertest.Node, o certs.Origin) seal.Receipt {
	t.Helper()
	r, err := seal.ParseReceipt(mustReceipt(t, n, o))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReceiversNeedNoClock(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	now := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	vn := ledgertest.Start(t, fed.Office("VN"), func(o *ledger.Options) { o.Now = func() time.Time { return now } })
	cn := ledgertest.Start(t, fed.Office("CN"), func(o *ledger.Options) { o.Now = func() time.Time { return now.AddDate(-5, 0, 0) } })
	vn.Issue(t, "r1", "from the future", "CN")
	if got := cn.Follow(t, vn, vn.Origin(), 1<<20); got != 2 {
		t.Errorf("holds %d entries, want 2", got)
	}
}
