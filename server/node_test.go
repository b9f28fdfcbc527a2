package server_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/test/bufconn"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server"
	"github.com/spsalert/spsalert/server/exchange"
)

// world is a federation whose nodes run in this process and reach each other
// through memory.
type world struct {
	t   testing.TB
	fed *authority.Federation
	dir string
	max int64 // size of a store; 0: the default

	more string // further lines of the configuration
	eyes string // rule about the second person, as in the configuration; empty: one is enough

	clocks map[certs.Office]func() time.Time // where they are not time.Now
	logs   io.Writer                         // of all nodes; nil: the output of the test

	codes string // folder of files of code lists; empty: none

	collector string // URL to which traces go; empty: none
	backups   string // folder of backups; empty: none are made
	web       bool   // whether nodes speak HTTPS

	mu        sync.Mutex
	listeners map[string]*bufconn.Listener // by the address on the card
}

// newWorld mints the offices, writes their folders, and begins their logs. At
// the end of the test it looks for goroutines that were left behind.
func newWorld(t testing.TB, offices ...certs.Office) *world {
	t.Helper()
	leaked := goleak.IgnoreCurrent()
	w := &world{t: t, fed: authority.ForTest(t, offices...), dir: t.TempDir(), listeners: make(map[string]*bufconn.Listener)}
	t.Cleanup(func() {
		if err := goleak.Find(leaked); err != nil {
			t.Errorf("after all nodes have stopped: %v", err)
		}
	})
	if err := w.fed.Save(w.dir); err != nil {
		t.Fatal(err)
	}
	for _, office := range offices {
		if _, err := server.Init(t.Context(), w.config(office), time.Now); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *world) config(office certs.Office) server.Config {
	w.t.Helper()
	file := filepath.Join(w.dir, string(office), "spsd.yaml")
	text := "federation: asean-cn\noffice: " + string(office) + "\nlimits: {heartbeat: 1s, reload: 100ms}\n" + cmp.Or(w.eyes, "four_eyes: {alone: all}") + "\n" +
		"systems: plant-portal=border_rejection,alert,follow_up; food-portal=border_rejection,alert\n" + w.more
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	c, err := server.LoadConfig(file, nil, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	c.Telemetry.Endpoint, c.Backup.Folder, c.Codes = w.collector, w.backups, w.codes
	if w.max > 0 {
		c.Limits.Store = w.max
	}
	if w.web {
		c.Listen.Web = "127.0.0.1:0"
	}
	return c
}

func (w *world) log() io.Writer {
	if w.logs != nil {
		return w.logs
	}
	return w.t.Output()
}

// dial connects to where a card says that a node is.
func (w *world) dial(ctx context.Context, address string) (net.Conn, error) {
	w.mu.Lock()
	l := w.listeners[address]
	w.mu.Unlock()
	if l == nil {
		return nil, errors.New("nobody listens at " + address)
	}
	return l.DialContext(ctx)
}

// node is one node of a world that runs.
type node struct {
	*server.Server
	w       *world
	office  *authority.Office
	people  *bufconn.Listener
	stopped bool
}

// start starts the node of an office. It is stopped, and its ledger verified
// whole, at the latest when the test ends.
func (w *world) start(office certs.Office) *node {
	w.t.Helper()
	n := &node{w: w, office: w.fed.Office(office), people: bufconn.Listen(1 << 20)}
	peers := bufconn.Listen(1 << 20)
	w.mu.Lock()
	w.listeners[n.office.Card.Addresses()[0]] = peers
	w.mu.Unlock()
	ops, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	n.Server, err = server.New(w.t.Context(), server.Options{
		Config: w.config(office), Version: "test",
		Logger:    slog.New(slog.NewTextHandler(w.log(), nil)).With("node", office),
		Now:       w.clocks[office],
		Listeners: server.Listeners{Peers: peers, Office: n.people, Ops: ops},
		Connect:   w.dial,
		Dial:      exchange.GRPC(n.office.TLS(), grpc.WithContextDialer(w.dial)),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(n.stop)
	if err := n.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// stop stops the node and verifies what it leaves behind.
func (n *node) stop() {
	n.w.t.Helper()
	if n.stopped {
		return
	}
	n.stopped = true
	ctx := context.WithoutCancel(n.w.t.Context())
	if err := n.Stop(ctx); err != nil {
		n.w.t.Errorf("stop %s: %v", n.office.Code(), err)
	}
	if _, err := server.Verify(ctx, n.w.config(n.office.Code())); err != nil {
		n.w.t.Errorf("verify %s: %v", n.office.Code(), err)
	}
}

// as connects as a person of the node's office.
func (n *node) as(role certs.Role, id string) *grpc.ClientConn {
	n.w.t.Helper()
	return n.dialAs(n.office, role, id)
}

// dialAs connects as a person of any office.
func (n *node) dialAs(office *authority.Office, role certs.Role, id string) *grpc.ClientConn {
	n.w.t.Helper()
	person, err := office.Person(role, id)
	if err != nil {
		n.w.t.Fatal(err)
	}
	conn, err := grpc.NewClient("passthrough:node",
		grpc.WithTransportCredentials(credentials.NewTLS(certs.ClientTLS(person, n.office.Card, nil))),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return n.people.DialContext(ctx) }))
	if err != nil {
		n.w.t.Fatal(err)
	}
	n.w.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (n *node) validator() spsv1.CaseServiceClient {
	n.w.t.Helper()
	return spsv1.NewCaseServiceClient(n.as(certs.RoleValidator, "lan.nguyen"))
}

// watch watches from a cursor until the test ends.
func (n *node) watch(parent, cursor string) *watching {
	n.w.t.Helper()
	ctx, cancel := context.WithTimeout(n.w.t.Context(), 30*time.Second)
	n.w.t.Cleanup(cancel)
	stream, err := n.validator().WatchStatements(ctx, &spsv1.WatchStatementsRequest{Parent: parent, Cursor: cursor})
	if err != nil {
		n.w.t.Fatal(err)
	}
	return &watching{t: n.w.t, stream: stream}
}

// watching is a watch that is read one event at a time.
type watching struct {
	t      testing.TB
	stream grpc.ServerStreamingClient[spsv1.WatchStatementsResponse]
}

// next returns the next event of a watch that says something; others say that the
// watch stands.
func next[E any](t testing.TB, watch grpc.ServerStreamingClient[E], says func(*E) bool) *E {
	t.Helper()
	for {
		event, err := watch.Recv()
		if err != nil {
			t.Fatalf("watch: %v", told(err))
		}
		if says(event) {
			return event
		}
	}
}

// next returns the next statement or receipt.
func (w *watching) next() *spsv1.WatchStatementsResponse {
	w.t.Helper()
	return next(w.t, w.stream, func(e *spsv1.WatchStatementsResponse) bool { return e.GetEvent() != nil })
}

// until returns the next event that is as wanted.
func (w *watching) until(wanted func(*spsv1.WatchStatementsResponse) bool) *spsv1.WatchStatementsResponse {
	w.t.Helper()
	for {
		if event := w.next(); wanted(event) {
			return event
		}
	}
}

// statement waits for a statement of that name.
func (w *watching) statement(name string) *spsv1.WatchStatementsResponse {
	w.t.Helper()
	return w.until(func(e *spsv1.WatchStatementsResponse) bool { return e.GetStatement().GetName() == name })
}

// receipt waits for a receipt of an office that covers a sequence.
func (w *watching) receipt(office string, seq uint64) *spsv1.WatchStatementsResponse {
	w.t.Helper()
	return w.until(func(e *spsv1.WatchStatementsResponse) bool {
		return e.GetReceipt().GetOffice() == office && e.GetReceipt().GetSize() > seq
	})
}
