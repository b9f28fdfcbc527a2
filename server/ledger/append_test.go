package ledger_test

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/store"
)

// countingKey counts signatures.
type countingKey struct {
	crypto.Signer
	made *atomic.Int64
}

func (k countingKey) Sign(r io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	k.made.Add(1)
	return k.Signer.Sign(r, message, opts)
}

func startVN(t testing.TB, change func(*ledger.Options)) *ledgertest.Node {
	t.Helper()
	return ledgertest.Start(t, authority.ForTest(t, "VN", "CN", "TH").Office("VN"), change)
}

func TestTheFirstEntryIsTheCard(t *testing.T) {
	vn := startVN(t, nil)
	e, err := vn.Entry(t.Context(), vn.Origin(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if e.Leaf.GetType() != spsv1.LeafType_LEAF_TYPE_CARD || !e.Leaf.GetAudience().GetNetwork() || e.Fault != "" {
		t.Errorf("entry 0 = %v, fault %q; want a card for the network", e.Leaf, e.Fault)
	}
	if got := e.Position.N; got != 1 {
		t.Errorf("entry 0 is at position %d, want 1", got)
	}
}

func TestAppendedEntriesAreSealed(t *testing.T) {
	vn := startVN(t, nil)
	for i := range 5 {
		e := vn.Issue(t, fmt.Sprintf("r%d", i), fmt.Sprintf("statement %d", i), "CN")
		if want := fmt.Sprintf("VN-%d-%06d", time.Now().UTC().Year(), i+1); e.Leaf.GetReference() != want {
			t.Errorf("reference = %s, want %s", e.Leaf.GetReference(), want)
		}
		s, err := vn.Seal(t.Context(), vn.Origin(), e.Sequence)
		if err != nil {
			t.Fatalf("Seal: %v", err)
		}
		leaf, _, err := seal.Verify(s, vn.Office.Roster.Keys(vn.Origin()))
		if err != nil {
			t.Fatalf("entry %d: seal.Verify: %v", e.Sequence, err)
		}
		if diff := cmp.Diff(e.Leaf, leaf, protocmp.Transform()); diff != "" {
			t.Errorf("entry %d: sealed leaf differs (-appended +sealed):\n%s", e.Sequence, diff)
		}
		if err := seal.CheckEnvelope(leaf, e.Envelope); err != nil {
			t.Errorf("entry %d: %v", e.Sequence, err)
		}
		got, err := vn.Entry(t.Context(), vn.Origin(), e.Sequence)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, got, protocmp.Transform()); diff != "" {
			t.Errorf("entry %d read again differs (-want +got):\n%s", e.Sequence, diff)
		}
	}
}

func TestReferencesOfExercisesAreARowOfTheirOwn(t *testing.T) {
	now := time.Date(2026, 12, 31, 23, 59, 0, 0, time.UTC)
	vn := startVN(t, func(o *ledger.Options) { o.Now = func() time.Time { return now } })
	issue := func(id string, exercise bool) string {
		d := ledgertest.Statement(id, id)
		d.Exercise = exercise
		e, err := vn.Append(t.Context(), ledgertest.Prepared(d))
		if err != nil {
			t.Fatal(err)
		}
		return e.Leaf.GetReference()
	}
	got := []string{issue("a", false), issue("b", true), issue("c", false), issue("d", true)}
	now = now.Add(time.Hour)
	got = append(got, issue("e", false), issue("f", true))
	want := []string{"VN-2026-000001", "VN-EX-2026-000001", "VN-2026-000002", "VN-EX-2026-000002", "VN-2027-000001", "VN-EX-2027-000001"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("references differ (-want +got):\n%s", diff)
	}
}

func TestTimeNeverFalls(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	vn := startVN(t, func(o *ledger.Options) { o.Now = func() time.Time { return now } })
	first := vn.Issue(t, "a", "a")
	now = now.Add(-time.Hour)
	second := vn.Issue(t, "b", "b")
	if got, want := second.Leaf.GetTime().AsTime(), first.Leaf.GetTime().AsTime(); !got.Equal(want) {
		t.Errorf("with the clock put back, time = %v, want %v", got, want)
	}
}

func TestTheSameRequestIsEnteredOnce(t *testing.T) {
	vn := startVN(t, nil)
	want := vn.Issue(t, "r1", "mango", "CN")
	vn.Issue(t, "r2", "durian", "CN")
	for _, restart := range []bool{false, true} {
		if restart {
			vn.Restart(t)
		}
		got := vn.Issue(t, "r1", "mango", "CN")
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("restarted %t: second try differs (-first +second):\n%s", restart, diff)
		}
	}
	_, err := vn.Append(t.Context(), ledgertest.Prepared(ledgertest.Statement("r1", "another mango")))
	if !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("other content: %v, want %v", err, ledger.ErrConflict)
	}
}

func TestARequestIsFoundWhateverHasChanged(t *testing.T) {
	vn := startVN(t, nil)
	asked := ledgertest.Statement("r1", "mango", "CN")
	if _, found, err := vn.Requested(t.Context(), "r1", asked.Fingerprint); err != nil || found {
		t.Errorf("before it was entered: found %t, %v; want false, nil", found, err)
	}
	want := vn.Issue(t, "r1", "mango", "CN")
	vn.Issue(t, "r2", "durian", "CN")
	for _, shut := range []bool{false, true} {
		if shut {
			whileStopped(t, vn, func(_, anchor string) {
				if err := os.Remove(anchor); err != nil {
					t.Fatal(err)
				}
			})
		}
		got, found, err := vn.Requested(t.Context(), "r1", asked.Fingerprint)
		if err != nil || !found {
			t.Fatalf("read-only %t: found %t, %v; want true, nil", shut, found, err)
		}
		if diff := cmp.Diff(want.LeafBytes, got.LeafBytes); diff != "" || !bytes.Equal(want.Envelope, got.Envelope) {
			t.Errorf("read-only %t: another entry (-first +found):\n%s", shut, diff)
		}
		if _, _, err := vn.Requested(t.Context(), "r1", [32]byte{1}); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("read-only %t, other content: %v, want %v", shut, err, ledger.ErrConflict)
		}
	}
}

func TestTheSameRequestAtOnce(t *testing.T) {
	vn := startVN(t, nil)
	var wg sync.WaitGroup
	var sequences [20]uint64
	for i := range sequences {
		wg.Go(func() { sequences[i] = vn.Issue(t, "r1", "mango").Sequence })
	}
	wg.Wait()
	for i, seq := range sequences {
		if seq != 1 {
			t.Errorf("try %d got entry %d, want 1", i, seq)
		}
	}
}

func TestWhatPrepareWroteGoesWithTheEntry(t *testing.T) {
	vn := startVN(t, nil)
	table := ledger.Tables()[0]
	write := func(key string, d ledger.Draft, err error) error {
		_, err = vn.Append(t.Context(), func(tx store.Tx) (ledger.Draft, error) {
			if err := tx.Put(table, []byte(key), []byte("x")); err != nil {
				return ledger.Draft{}, err
			}
			return d, err
		})
		return err
	}
	refused := errors.New("not ready")
	for _, tc := range []struct {
		name  string
		draft ledger.Draft
		err   error
		want  error
		kept  bool
	}{
		{"entered", ledgertest.Statement("r1", "mango"), nil, nil, true},
		{"entered before", ledgertest.Statement("r1", "mango"), nil, nil, false},
		{"conflict", ledgertest.Statement("r1", "durian"), nil, ledger.ErrConflict, false},
		{"refused", ledgertest.Statement("r2", "durian"), refused, refused, false},
		{"no draft", ledger.Draft{RequestID: "r3"}, nil, ledger.ErrDraft, false},
	} {
		if err := write("test "+tc.name, tc.draft, tc.err); !errors.Is(err, tc.want) {
			t.Errorf("%s: Append: %v, want %v", tc.name, err, tc.want)
		}
		var got bool
		err := vn.Bolt.View(t.Context(), func(r store.Reader) error {
			b, err := r.Get(table, []byte("test "+tc.name))
			got = b != nil
			return err
		})
		if err != nil || got != tc.kept {
			t.Errorf("%s: what prepare wrote is kept: %t, %v; want %t", tc.name, got, err, tc.kept)
		}
	}
}

func TestDraftsThatCannotBeEntered(t *testing.T) {
	vn := startVN(t, nil)
	vn.Issue(t, "r1", "mango", "CN")
	with := func(f func(*ledger.Draft)) ledger.Draft {
		d := ledgertest.Statement("r2", "durian", "CN")
		f(&d)
		return d
	}
	readdress := func(seq uint64, hash []byte) ledger.Draft {
		return with(func(d *ledger.Draft) {
			d.Type, d.Envelope = spsv1.LeafType_LEAF_TYPE_READDRESS, nil
			d.Subject = &spsv1.EntryRef{Origin: vn.Origin().String(), Sequence: seq, RecordHash: hash}
		})
	}
	for name, d := range map[string]ledger.Draft{
		"no request ID":           with(func(d *ledger.Draft) { d.RequestID = "" }),
		"long request ID":         with(func(d *ledger.Draft) { d.RequestID = string(make([]byte, 65)) }),
		"no envelope":             with(func(d *ledger.Draft) { d.Envelope = nil }),
		"large envelope":          with(func(d *ledger.Draft) { d.Envelope = make([]byte, seal.MaxEnvelope+1) }),
		"no type":                 with(func(d *ledger.Draft) { d.Type = 0 }),
		"no office":               with(func(d *ledger.Draft) { d.Audience = []certs.Office{"vn"} }),
		"card for some":           with(func(d *ledger.Draft) { d.Type = spsv1.LeafType_LEAF_TYPE_CARD }),
		"readdress with envelope": with(func(d *ledger.Draft) { d.Type = spsv1.LeafType_LEAF_TYPE_READDRESS }),
		"readdress of nothing":    readdress(7, nil),
		"readdress of a card":     readdress(0, nil),
		"readdress of other hash": readdress(1, make([]byte, 32)),
		"readdress without one":   with(func(d *ledger.Draft) { d.Type, d.Envelope = spsv1.LeafType_LEAF_TYPE_READDRESS, nil }),
		"erasure without subject": with(func(d *ledger.Draft) { d.Type = spsv1.LeafType_LEAF_TYPE_ERASURE }),
	} {
		if e, err := vn.Append(t.Context(), ledgertest.Prepared(d)); !errors.Is(err, ledger.ErrDraft) {
			t.Errorf("%s: Append = entry %d, %v; want %v", name, e.Sequence, err, ledger.ErrDraft)
		}
	}
	if e := vn.Issue(t, "r2", "durian"); e.Sequence != 2 || e.Leaf.GetReference()[len("VN-2026-"):] != "000002" {
		t.Errorf("entry %d got reference %s, want entry 2 with the second", e.Sequence, e.Leaf.GetReference())
	}
}

func TestAReaddressHasTheBodyOfItsSubject(t *testing.T) {
	vn := startVN(t, nil)
	first := vn.Issue(t, "r1", "mango", "CN")
	d := ledger.Draft{
		RequestID: "r2",
		Type:      spsv1.LeafType_LEAF_TYPE_READDRESS,
		Audience:  []certs.Office{"TH", "TH"},
		Subject:   &spsv1.EntryRef{Origin: vn.Origin().String(), Sequence: first.Sequence},
	}
	e, err := vn.Append(t.Context(), ledgertest.Prepared(d))
	if err != nil {
		t.Fatal(err)
	}
	again, err := vn.Entry(t.Context(), vn.Origin(), e.Sequence)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []ledger.Entry{e, again} {
		if string(e.Envelope) != "mango" || e.Leaf.GetReference() != first.Leaf.GetReference() {
			t.Errorf("readdress has body %q and reference %s, want those of its subject, %q and %s",
				e.Envelope, e.Leaf.GetReference(), "mango", first.Leaf.GetReference())
		}
	}
	if diff := cmp.Diff([]string{"TH", "VN"}, e.Leaf.GetAudience().GetOffices()); diff != "" {
		t.Errorf("audience differs (-want +got):\n%s", diff)
	}
}

// gatedKey signs once for each value that it is sent.
type gatedKey struct {
	crypto.Signer
	open chan struct{}
}

func (k gatedKey) Sign(r io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	<-k.open
	return k.Signer.Sign(r, message, opts)
}

// groupStore commits Updates in groups of n, as a store does under load.
type groupStore struct {
	store.Store
	n int

	mu    sync.Mutex
	group []func(store.Tx) error
	done  chan struct{} // closed when the group is durable
	err   error         // of the group that was durable last
}

func (s *groupStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	s.mu.Lock()
	if s.done == nil {
		s.done = make(chan struct{})
	}
	s.group = append(s.group, fn)
	done := s.done
	if len(s.group) == s.n {
		group := s.group
		s.group, s.done = nil, nil
		s.err = s.Store.Update(ctx, func(tx store.Tx) error {
			for _, fn := range group {
				if err := fn(tx); err != nil {
					return err
				}
			}
			return nil
		})
		close(done)
	}
	s.mu.Unlock()
	<-done
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func TestOneSignatureAndOneCommitForAGroup(t *testing.T) {
	const callers = 64
	var made atomic.Int64
	var groups *groupStore
	vn := startVN(t, func(o *ledger.Options) {
		groups = &groupStore{Store: o.Store, n: 1}
		o.Store, o.Signer = groups, countingKey{o.Signer, &made}
	})
	groups.n = callers
	for round := range 3 {
		before, signed := vn.Bolt.Stats().Commits, made.Load()
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() { vn.Issue(t, fmt.Sprintf("r%d-%d", round, i), "x", "CN") })
		}
		wg.Wait()
		commits, signatures := vn.Bolt.Stats().Commits-before, made.Load()-signed
		if commits != 1 || signatures != 1 {
			t.Errorf("round %d: %d commits and %d signatures for %d callers, want 1 and 1", round, commits, signatures, callers)
		}
		if h := head(t, vn, vn.Origin()); h.Checkpoint.Size != uint64(1+(round+1)*callers) {
			t.Errorf("round %d: checkpoint of size %d, want %d", round, h.Checkpoint.Size, 1+(round+1)*callers)
		}
	}
}

func TestNothingIsShownBeforeItIsSealed(t *testing.T) {
	open := make(chan struct{}, 100)
	open <- struct{}{} // for Open
	vn := startVN(t, func(o *ledger.Options) { o.Signer = gatedKey{o.Signer, open} })
	changed := vn.Changed()
	done := make(chan ledger.Entry)
	go func() { done <- vn.Issue(t, "r1", "mango") }()

	// Wait until it is durable: the store shows it, the ledger does not.
	for durable := false; !durable; {
		err := vn.Bolt.View(t.Context(), func(r store.Reader) error {
			b, err := r.Get("ledger.positions", []byte{7: 2})
			durable = b != nil
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got, err := vn.Entry(t.Context(), vn.Origin(), 1); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("Entry before the signature = %+v, %v; want %v", got, err, ledger.ErrNotFound)
	}
	if got, err := vn.After(t.Context(), ledger.Position{}, 10); err != nil || len(got) != 1 {
		t.Errorf("After before the signature = %d records, %v; want the card only", len(got), err)
	}
	if p, err := vn.Page(t.Context(), vn.Origin(), 1, "CN", 1000); err != nil || len(p.Leaves) != 0 {
		t.Errorf("Page before the signature = %d leaves, %v; want none", len(p.Leaves), err)
	}
	if _, err := vn.Seal(t.Context(), vn.Origin(), 1); !errors.Is(err, ledger.ErrUnsealed) {
		t.Errorf("Seal before the signature: %v, want %v", err, ledger.ErrUnsealed)
	}
	if h, err := vn.Head(t.Context(), vn.Origin()); err != nil || h.Size != 1 {
		t.Errorf("Head before the signature = %d, %v; want 1", h.Size, err)
	}
	open <- struct{}{}
	<-changed
	<-done
	if got, err := vn.After(t.Context(), ledger.Position{}, 10); err != nil || len(got) != 2 {
		t.Errorf("After = %d records, %v; want 2", len(got), err)
	}
}

func TestASignerThatFailsLeavesTheEntryToBeAskedForAgain(t *testing.T) {
	fail := errors.New("no token in the slot")
	var key *failingKey
	vn := startVN(t, func(o *ledger.Options) {
		key = &failingKey{Signer: o.Signer}
		o.Signer = key
	})
	key.fail(fail)
	e, err := vn.Append(t.Context(), ledgertest.Prepared(ledgertest.Statement("r1", "mango")))
	if !errors.Is(err, ledger.ErrUnsealed) || !errors.Is(err, fail) {
		t.Errorf("Append = %+v, %v; want %v and %v", e, err, ledger.ErrUnsealed, fail)
	}
	key.fail(nil)
	if e := vn.Issue(t, "r1", "mango"); e.Sequence != 1 {
		t.Errorf("asked again, got entry %d, want 1", e.Sequence)
	}
}

// What was durable when the key failed is released without anybody asking.
func TestASignerThatComesBackSealsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var key *failingKey
		vn := startVN(t, func(o *ledger.Options) {
			key = &failingKey{Signer: o.Signer}
			o.Signer = key
		})
		key.fail(errors.New("no token in the slot"))
		if _, err := vn.Append(t.Context(), ledgertest.Prepared(ledgertest.Statement("r1", "mango"))); !errors.Is(err, ledger.ErrUnsealed) {
			t.Errorf("Append: %v, want %v", err, ledger.ErrUnsealed)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if h, err := vn.Head(t.Context(), vn.Origin()); err != nil || h.Size != 1 {
			t.Errorf("Head while the key is away = %d, %v; want 1", h.Size, err)
		}
		key.fail(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if h, err := vn.Head(t.Context(), vn.Origin()); err != nil || h.Size != 2 {
			t.Errorf("Head when it is back = %d, %v; want 2", h.Size, err)
		}
		vn.Stop(t)
	})
}

func TestAppendWithAContextThatHasEnded(t *testing.T) {
	vn := startVN(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := vn.Append(ctx, ledgertest.Prepared(ledgertest.Statement("r1", "mango"))); !errors.Is(err, context.Canceled) {
		t.Errorf("Append: %v, want %v", err, context.Canceled)
	}
	if h, err := vn.Head(t.Context(), vn.Origin()); err != nil || h.Size != 1 {
		t.Errorf("Head = %d, %v; want 1", h.Size, err)
	}
}

// failingKey is a key that fails while it is told to.
type failingKey struct {
	crypto.Signer
	mu  sync.Mutex
	err error
}

func (k *failingKey) fail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.err = err
}

func (k *failingKey) Sign(r io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		return nil, k.err
	}
	return k.Signer.Sign(r, message, opts)
}
