package exchange

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// world is some offices whose nodes reach each other in memory. It lives in a
// synctest bubble, so its clock stands still while anybody works.
type world struct {
	t     testing.TB
	fed   *authority.Federation
	nodes map[certs.Office]*node
	// paired, if set, is told of every connection before a frame goes.
	paired func(dialler, listener certs.Office, p *pair)
	// lines are the listeners of nodes that are served over gRPC, by office.
	lines sync.Map
	// down says who cannot be reached.
	down map[certs.Office]bool
}

func newWorld(t testing.TB, offices ...certs.Office) *world {
	t.Helper()
	w := &world{t: t, fed: authority.ForTest(t, offices...), nodes: map[certs.Office]*node{}, down: map[certs.Office]bool{}}
	for _, code := range offices {
		w.nodes[code] = newNode(t, w, code)
	}
	return w
}

// node is one office: a real ledger, and an exchange once it is started.
type node struct {
	w       *world
	t       testing.TB
	code    certs.Office
	office  *authority.Office
	store   *switchStore
	bolt    *bolt.Store
	ledger  *ledger.Ledger
	signer  *countingSigner // of the log
	receipt *countingSigner
	issued  int

	x      *Exchange
	cancel context.CancelFunc
	done   chan error
}

func newNode(t testing.TB, w *world, code certs.Office) *node {
	t.Helper()
	dir := t.TempDir()
	n := &node{w: w, t: t, code: code, office: w.fed.Office(code)}
	var err error
	n.bolt, err = bolt.Create(filepath.Join(dir, "ledger.db"), bolt.Options{
		Tables: ledger.Tables(), Appended: ledger.AppendedTables(), InitialMmapSize: 64 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	n.store = &switchStore{Store: n.bolt}
	n.signer = &countingSigner{Signer: n.office.LogKey}
	n.receipt = &countingSigner{Signer: n.office.ReceiptKey}
	options := ledger.Options{
		Store: n.store, Fold: nothing{}, Roster: n.office.Roster, Signer: n.signer, Receipts: n.receipt,
		Now: time.Now, Anchor: filepath.Join(dir, "anchor"),
	}
	if err := ledger.Init(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	if n.ledger, err = ledger.Open(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := n.ledger.Verify(context.Background()); err != nil {
			t.Errorf("ledger of %s: %v", code, err)
		}
		if err := n.ledger.Close(); err != nil {
			t.Errorf("close ledger of %s: %v", code, err)
		}
		if err := n.bolt.Close(); err != nil {
			t.Errorf("close store of %s: %v", code, err)
		}
	})
	return n
}

// start runs an exchange that dials the world, until stop.
func (n *node) start() {
	n.t.Helper()
	n.x = New(Options{Ledger: n.ledger, Roster: n.office.Roster, Dial: n.dial, Software: "test"})
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel, n.done = cancel, make(chan error, 1)
	go func() { n.done <- n.x.Run(ctx) }()
	synctest.Wait()
}

// stop ends the exchange and waits for everything that it ran.
func (n *node) stop() {
	n.t.Helper()
	n.cancel()
	if err := <-n.done; err != nil {
		n.t.Errorf("Run of %s: %v", n.code, err)
	}
	synctest.Wait()
}

// dial connects to another node of the world, as GRPC would over a network.
func (n *node) dial(_ context.Context, card *certs.Card) (Link, error) {
	other := n.w.nodes[card.Office()]
	if other == nil || other.x == nil || n.w.down[n.code] || n.w.down[other.code] {
		return nil, fmt.Errorf("%s is out of reach", card.Office())
	}
	p := newPair()
	if n.w.paired != nil {
		n.w.paired(n.code, other.code, p)
	}
	go func() {
		err := other.x.Session(p.listener.Context(), p.listener, n.as(other), false)
		p.listener.finish(err)
	}()
	return &memoryLink{end: p.dialler, peer: other.as(n)}, nil
}

// as returns how n is seen by another node.
func (n *node) as(by *node) certs.Peer {
	card, _ := by.office.Roster.Card(n.code)
	return certs.Peer{
		Identity: certs.NodeIdentity(n.office.Authority.Federation(), n.code),
		NotAfter: n.office.Node.NotAfter(), Card: card,
	}
}

// issue appends an entry for some offices, for the network if there are none.
func (n *node) issue(size int, audience ...certs.Office) ledger.Entry {
	n.t.Helper()
	e, err := n.append(n.draft(size, audience))
	if err != nil {
		n.t.Fatalf("issue at %s: %v", n.code, err)
	}
	return e
}

// issueGroup appends entries at the same time.
func (n *node) issueGroup(count, size int, audience ...certs.Office) {
	n.t.Helper()
	var all sync.WaitGroup
	for range count {
		d := n.draft(size, audience)
		all.Go(func() {
			if _, err := n.append(d); err != nil {
				n.t.Errorf("issue at %s: %v", n.code, err)
			}
		})
	}
	all.Wait()
}

func (n *node) append(d ledger.Draft) (ledger.Entry, error) {
	return n.ledger.Append(context.Background(), func(store.Tx) (ledger.Draft, error) { return d, nil })
}

func (n *node) draft(size int, audience []certs.Office) ledger.Draft {
	n.t.Helper()
	n.issued++
	payload := make([]byte, size)
	if _, err := rand.Read(payload); err != nil {
		n.t.Fatal(err)
	}
	envelope, err := proto.Marshal(&spsv1.Envelope{PayloadType: "application/vnd.sps.statement.v1", Payload: payload})
	if err != nil {
		n.t.Fatal(err)
	}
	return ledger.Draft{
		RequestID: fmt.Sprintf("%s-%d", n.code, n.issued), Fingerprint: sha256.Sum256(payload),
		Type: spsv1.LeafType_LEAF_TYPE_STATEMENT, Network: len(audience) == 0, Audience: audience, Envelope: envelope,
	}
}

// status returns what n knows about a peer.
func (n *node) status(office certs.Office) Status {
	n.t.Helper()
	all, err := n.x.Peers(context.Background())
	if err != nil {
		n.t.Fatal(err)
	}
	for _, st := range all {
		if st.Office == office {
			return st
		}
	}
	n.t.Fatalf("%s has no peer %s", n.code, office)
	return Status{}
}

// size returns how many entries of another's log n holds.
func (n *node) size(of *node) uint64 {
	n.t.Helper()
	size, err := n.x.held(context.Background(), of.ledger.Origin())
	if err != nil {
		n.t.Fatal(err)
	}
	return size
}

// wantHolds fails unless n holds the log of another node to its end, byte for
// byte, each body that is for it, and the other has n's receipt for all of it.
func (n *node) wantHolds(of *node) {
	n.t.Helper()
	ctx, o := context.Background(), of.ledger.Origin()
	theirs, err := of.ledger.Head(ctx, o)
	if err != nil {
		n.t.Fatal(err)
	}
	ours, err := n.ledger.Head(ctx, o)
	if err != nil {
		n.t.Fatalf("%s of %s: %v", n.code, of.code, err)
	}
	if ours.Size != theirs.Size || ours.Root != theirs.Root || ours.Missing != 0 {
		n.t.Errorf("%s holds %s up to %d (missing %d, root %s), want %d (root %s)",
			n.code, of.code, ours.Size, ours.Missing, ours.Root, theirs.Size, theirs.Root)
	}
	receipt, err := of.ledger.ReceiptOf(ctx, n.code, o)
	if err != nil {
		n.t.Fatal(err)
	}
	if receipt == nil || receipt.Size != theirs.Size {
		n.t.Errorf("%s has receipt %+v of %s, want one over %d", of.code, receipt, n.code, theirs.Size)
	}
}

// nothing is a fold without effect.
type nothing struct{}

func (nothing) Entry(store.Tx, ledger.Entry) error     { return nil }
func (nothing) Receipt(store.Tx, ledger.Receipt) error { return nil }

// countingSigner counts signatures.
type countingSigner struct {
	crypto.Signer
	n atomic.Int64
}

func (s *countingSigner) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	s.n.Add(1)
	return s.Signer.Sign(r, digest, opts)
}

// switchStore is a store whose Updates can be made to fail, or to be slow.
type switchStore struct {
	store.Store
	mu   sync.Mutex
	err  error
	gate chan struct{} // Updates return when it is closed; nil: at once
}

func (s *switchStore) hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gate = make(chan struct{})
}

func (s *switchStore) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gate != nil {
		close(s.gate)
		s.gate = nil
	}
}

func (s *switchStore) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *switchStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	s.mu.Lock()
	err, gate := s.err, s.gate
	s.mu.Unlock()
	if err == nil {
		err = s.Store.Update(ctx, fn)
	}
	if gate != nil {
		<-gate
	}
	return err
}
