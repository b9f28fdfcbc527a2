package federation

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/exchange"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
	"github.com/spsalert/spsalert/server/store/storetest"
	"github.com/spsalert/spsalert/tests/oracle"
)

// Node is the node of one office: a ledger in real files, and while it runs an
// exchange over gRPC and mutual TLS.
type Node struct {
	Office *authority.Office
	// Ledger and Exchange are of the last start.
	Ledger   *ledger.Ledger
	store    *bolt.Store
	faulty   *storetest.Faulty // what the ledger sees of store
	book     *casebook.Book
	Exchange *exchange.Exchange
	// Files are the attachments that the node holds.
	Files *blob.Store
	// Log, if set before Start, gets what the node logs.
	Log io.Writer

	tb     testing.TB
	f      *Federation
	skew   atomic.Int64
	full   atomic.Bool
	dir    string
	issued int
	asked  map[[sha256.Size]byte]string // request ID of each body that was issued
	stop   func()
	// anchored is the anchor as it was before the last request, nil since the
	// ledger was opened; killed says that the store is meant to be broken.
	anchored []byte
	killed   bool
}

func newNode(tb testing.TB, f *Federation, office certs.Office) *Node {
	tb.Helper()
	n := &Node{tb: tb, f: f, Office: f.Minted.Office(office), dir: tb.TempDir(), asked: make(map[[sha256.Size]byte]string)}
	s, err := bolt.Create(n.file(), storeOptions())
	if err != nil {
		tb.Fatal(err)
	}
	if err := ledger.Init(context.Background(), n.options(s)); err != nil {
		tb.Fatal(err)
	}
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	n.open()
	tb.Cleanup(func() {
		if n.running() {
			n.Stop()
		}
		if _, err := n.Ledger.Verify(context.Background()); err != nil {
			tb.Errorf("ledger of %s: %v", office, err)
		}
		n.close()
		if open := oracle.OpenBelow(n.dir); len(open) > 0 {
			tb.Errorf("P5: %s has left open %q", office, open)
		}
	})
	return n
}

func (n *Node) file() string   { return filepath.Join(n.dir, "ledger.db") }
func (n *Node) anchor() string { return filepath.Join(n.dir, "anchor") }

func storeOptions() bolt.Options {
	return bolt.Options{
		Tables:   slices.Concat(ledger.Tables(), casebook.Tables()),
		Appended: slices.Concat(ledger.AppendedTables(), casebook.Appended()), InitialMmapSize: 64 << 20,
	}
}

func (n *Node) options(s store.Store) ledger.Options {
	n.tb.Helper()
	var err error
	n.book, err = casebook.Open(context.Background(), casebook.Options{
		Store: s, Federation: n.Office.Authority.Federation(), Office: n.Office.Code(), Now: n.Now,
	})
	if err != nil {
		n.tb.Fatal(err)
	}
	return ledger.Options{
		Store: filling{s, &n.full}, Fold: n.book, Roster: n.Office.Roster, Signer: n.Office.LogKey, Receipts: n.Office.ReceiptKey,
		Now: n.Now, Anchor: n.anchor(), Request: n.request,
	}
}

// Now is the node's clock.
func (n *Node) Now() time.Time { return time.Now().Add(time.Duration(n.skew.Load())) }

// SetClock sets the node's clock to be ahead of all others by so much. It is
// what its entries, receipts and Hellos say; certificates are judged by the
// clock with which they were minted.
func (n *Node) SetClock(ahead time.Duration) { n.skew.Store(int64(ahead)) }

// SetFull makes the node's store full but for its reserve, or gives it room.
func (n *Node) SetFull(full bool) { n.full.Store(full) }

// filling is a store that is full when it is told so.
type filling struct {
	store.Store
	full *atomic.Bool
}

// Update implements store.Store.
func (s filling) Update(ctx context.Context, fn func(store.Tx) error) error {
	if s.full.Load() && !store.MayUseReserve(ctx) {
		return store.ErrFull
	}
	return s.Store.Update(ctx, fn)
}

// request is what the service that issues says of an entry's body.
func (n *Node) request(e ledger.Entry) (string, [sha256.Size]byte, bool) {
	sum := sha256.Sum256(e.Envelope)
	id, ok := n.asked[sum]
	return id, sum, ok
}

func (n *Node) open() {
	n.tb.Helper()
	s, err := bolt.Open(n.file(), storeOptions())
	if err != nil {
		n.tb.Fatal(err)
	}
	n.store, n.faulty, n.anchored = s, storetest.NewFaulty(s), nil
	n.Files, err = blob.Open(blob.Options{Dir: filepath.Join(n.dir, "blobs"), Quota: 1 << 30, Keep: time.Hour})
	if err != nil {
		n.tb.Fatal(err)
	}
	if n.Ledger, err = ledger.Open(context.Background(), n.options(n.faulty)); err != nil {
		n.tb.Fatal(err)
	}
}

func (n *Node) close() {
	n.tb.Helper()
	if err := n.Ledger.Close(); err != nil {
		n.tb.Errorf("close ledger of %s: %v", n.Office.Code(), err)
	}
	if err := n.store.Close(); err != nil {
		n.tb.Errorf("close store of %s: %v", n.Office.Code(), err)
	}
}

// Start serves peers and dials them, until Stop.
func (n *Node) Start() {
	n.tb.Helper()
	if n.running() {
		n.tb.Fatalf("%s runs already", n.Office.Code())
	}
	logger := slog.New(slog.DiscardHandler)
	if n.Log != nil {
		logger = slog.New(slog.NewTextHandler(n.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	tls := n.Office.TLS()
	n.Exchange = exchange.New(exchange.Options{
		Ledger: n.Ledger, Roster: n.Office.Roster, Now: n.Now, Logger: logger, Software: "federation",
		Blobs: n.Files, Book: n.book,
		Dial: n.f.tapped(exchange.GRPC(tls, grpc.WithContextDialer(n.f.Network.Dialer(n.Office.Code())))),
	})
	guard := &access.Guard{Roster: n.Office.Roster, Now: time.Now, Logger: logger}
	options := append(exchange.ServerOptions(), grpc.Creds(credentials.NewTLS(tls.Peers())))
	server := grpc.NewServer(append(options, guard.ServerOptions()...)...)
	spsv1.RegisterExchangeServiceServer(server, n.Exchange)

	ctx, cancel := context.WithCancel(context.Background())
	ran, served := make(chan error, 1), make(chan error, 1)
	go func() { ran <- n.Exchange.Run(ctx) }()
	synctest.Wait() // Run lets sessions begin
	lis := n.f.Network.Listen(n.Office.Code())
	go func() { served <- server.Serve(lis) }()
	n.stop = func() {
		cancel()
		if err := <-ran; err != nil && (!n.killed || !errors.Is(err, store.ErrUnknown)) {
			n.tb.Errorf("exchange of %s: %v", n.Office.Code(), err)
		}
		server.Stop()
		if err := <-served; err != nil {
			n.tb.Errorf("server of %s: %v", n.Office.Code(), err)
		}
	}
}

// Stop ends the node as SIGTERM would.
func (n *Node) Stop() {
	n.tb.Helper()
	n.stop()
	n.stop = nil
	synctest.Wait()
}

// Restart stops the node, closes its files, opens them, and starts it again.
func (n *Node) Restart() {
	n.tb.Helper()
	n.Stop()
	n.close()
	n.open()
	n.Start()
}

func (n *Node) running() bool { return n.stop != nil }

// Issue enters a statement of so many random bytes for some offices, or for
// the network if none are named. The node need not run.
func (n *Node) Issue(size int, audience ...certs.Office) ledger.Entry {
	n.tb.Helper()
	return n.issue(size, false, audience)
}

// IssueUrgent is Issue of an urgent statement.
func (n *Node) IssueUrgent(size int, audience ...certs.Office) ledger.Entry {
	n.tb.Helper()
	return n.issue(size, true, audience)
}

func (n *Node) issue(size int, urgent bool, audience []certs.Office) ledger.Entry {
	n.tb.Helper()
	r := n.NewRequest(size, audience...)
	r.Urgent = urgent
	e, err := n.enter(r)
	if err != nil {
		n.tb.Fatalf("issue at %s: %v", n.Office.Code(), err)
	}
	n.f.Oracle.Entry(e)
	return e
}

// Ask enters an envelope that Issue made, under the request ID that it had: a
// second time, it returns the entry that is there.
func (n *Node) Ask(envelope []byte, audience ...certs.Office) (ledger.Entry, error) {
	return n.enter(Request{ID: n.asked[sha256.Sum256(envelope)], Envelope: envelope, Audience: audience})
}

// Peer returns what the node knows about a peer.
func (n *Node) Peer(office certs.Office) exchange.Status {
	n.tb.Helper()
	all, err := n.Exchange.Peers(context.Background())
	if err != nil {
		n.tb.Fatal(err)
	}
	for _, st := range all {
		if st.Office == office {
			return st
		}
	}
	n.tb.Fatalf("%s has no peer %s", n.Office.Code(), office)
	return exchange.Status{}
}

// Holds returns how many entries of another office's log the node holds.
func (n *Node) Holds(of certs.Office) uint64 {
	n.tb.Helper()
	h, err := n.Ledger.Head(context.Background(), n.f.Node(of).Ledger.Origin())
	if err != nil {
		return 0 // none yet
	}
	return h.Size
}

// WantHolds fails the test unless the node holds another office's log to its
// end, the same tree, without a missing body, and its receipt for all of it is
// there.
func (n *Node) WantHolds(of certs.Office) {
	n.tb.Helper()
	ctx, self, issuer := context.Background(), n.Office.Code(), n.f.Node(of)
	want, err := issuer.Ledger.Head(ctx, issuer.Ledger.Origin())
	if err != nil {
		n.tb.Fatal(err)
	}
	got, err := n.Ledger.Head(ctx, issuer.Ledger.Origin())
	if err != nil {
		n.tb.Errorf("%s holds nothing of %s, want %d entries: %v", self, of, want.Size, err)
		return
	}
	if got.Size != want.Size || got.Root != want.Root || got.Missing != 0 {
		n.tb.Errorf("%s holds %d entries of %s (root %s, %d bodies missing), want %d (root %s)",
			self, got.Size, of, got.Root, got.Missing, want.Size, want.Root)
	}
	receipt, err := issuer.Ledger.ReceiptOf(ctx, self, issuer.Ledger.Origin())
	if err != nil {
		n.tb.Fatal(err)
	}
	if receipt == nil || receipt.Size != want.Size || len(receipt.Missing) != 0 {
		n.tb.Errorf("%s has receipt %+v of %s, want one over %d", of, receipt, self, want.Size)
	}
}
