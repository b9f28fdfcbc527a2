package exchange

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/test/bufconn"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// listen serves n over gRPC and mutual TLS, and lets it dial others in the same
// way, if it is to.
func (n *node) listen(dials bool) {
	n.t.Helper()
	lis := n.w.line(n.code)
	options := Options{Ledger: n.ledger, Roster: n.office.Roster, Software: "grpc"}
	if dials {
		options.Dial = GRPC(n.office.TLS(), grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			return n.w.reach(ctx, certs.Office(strings.ToUpper(address[:2]))) // "vn.test:7443"
		}))
	}
	n.x = New(options)
	guard := &access.Guard{Roster: n.office.Roster, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}
	settings := append(ServerOptions(), grpc.Creds(credentials.NewTLS(n.office.TLS().Peers())))
	server := grpc.NewServer(append(settings, guard.ServerOptions()...)...)
	spsv1.RegisterExchangeServiceServer(server, n.x)
	served := make(chan error, 1)
	go func() { served <- server.Serve(lis) }()
	ctx, cancel := context.WithCancel(context.Background())
	n.done = make(chan error, 1)
	go func() { n.done <- n.x.Run(ctx) }()
	n.cancel = func() {
		cancel()
		synctest.Wait()
		server.Stop()
		if err := <-served; err != nil {
			n.t.Errorf("serve %s: %v", n.code, err)
		}
	}
	synctest.Wait()
}

// line begins to listen for an office.
func (w *world) line(office certs.Office) *bufconn.Listener {
	lis := bufconn.Listen(64 << 10)
	w.lines.Store(office, lis)
	return lis
}

func (w *world) reach(ctx context.Context, office certs.Office) (net.Conn, error) {
	lis, ok := w.lines.Load(office)
	if !ok {
		return nil, fmt.Errorf("%s does not listen", office)
	}
	return lis.(*bufconn.Listener).DialContext(ctx)
}

func TestSessionsOverGRPC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "TH", "VN")
		for _, n := range w.nodes {
			n.issue(200<<10, "CN", "TH", "VN")
			n.listen(true)
		}
		time.Sleep(time.Minute)
		w.nodes["VN"].issue(1000, "CN")
		synctest.Wait()
		for _, n := range w.nodes {
			for _, of := range w.nodes {
				if n != of {
					n.wantHolds(of)
				}
			}
		}
		if got := w.nodes["TH"].status("CN"); !got.Connected || got.Software != "grpc" {
			t.Errorf("status of CN at TH = %+v, want connected", got)
		}

		// CN stops: both sides of its sessions know why, whoever dialled.
		w.nodes["CN"].stop()
		for _, office := range []certs.Office{"TH", "VN"} {
			if got := w.nodes[office].status("CN"); got.Connected || got.Last == nil || got.Last.Reason != access.ReasonDraining {
				t.Errorf("status of CN at %s = %+v, last %+v; want DRAINING", office, got, got.Last)
			}
		}
		w.nodes["TH"].stop()
		w.nodes["VN"].stop()
	})
}

// The Bye reaches the other side, whoever dialled.
func TestByeOverGRPC(t *testing.T) {
	for _, dialler := range []certs.Office{"CN", "VN"} {
		t.Run("dialled by "+string(dialler), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "VN")
				cn, vn := w.nodes["CN"], w.nodes["VN"]
				cn.listen(dialler == "CN")
				vn.listen(dialler == "VN")
				time.Sleep(time.Minute)
				vn.stop()
				got := cn.status("VN")
				if got.Last == nil || got.Last.Reason != access.ReasonDraining || got.Dialled != (dialler == "CN") {
					t.Errorf("status of VN at CN = %+v, last %+v; want DRAINING", got, got.Last)
				}
				cn.stop()
			})
		})
	}
}

// A message above the limit of gRPC is refused by name, like a frame above
// that of the protocol.
func TestOversizeMessageOverGRPC(t *testing.T) {
	for name, size := range map[string]int{"above the limit of a frame": MaxFrame + 1, "above the limit of gRPC": maxMessage + 1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "VN")
				cn, vn := w.nodes["CN"], w.nodes["VN"]
				cn.listen(true)
				link, err := GRPC(vn.office.TLS(), grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
					return w.reach(ctx, "CN")
				}))(t.Context(), w.fed.Office("CN").Card)
				if err != nil {
					t.Fatal(err)
				}
				s := &script{t: t, self: vn}
				for _, f := range []*spsv1.Frame{s.hello(), {Kind: &spsv1.Frame_Urgent{Urgent: &spsv1.Urgent{Envelope: make([]byte, size)}}}} {
					if err := link.Send(f); err != nil {
						t.Fatal(err)
					}
				}
				var last *spsv1.Frame
				for err == nil {
					var f *spsv1.Frame
					if f, err = link.Recv(); err == nil {
						last = f
					}
				}
				if got := broken(err).reason; got != access.ReasonTooLarge {
					t.Errorf("the stream ended with %v, want TOO_LARGE", err)
				}
				// gRPC ends the stream itself above its own limit.
				if size <= maxMessage && last.GetBye().GetReason() != "TOO_LARGE" {
					t.Errorf("the last frame was %v, want a Bye TOO_LARGE", last)
				}
				if err := link.Close(); err != nil {
					t.Error(err)
				}
				synctest.Wait()
				if got := cn.status("VN").Last; got == nil || got.Reason != access.ReasonTooLarge {
					t.Errorf("last fault at CN = %+v, want TOO_LARGE", got)
				}
				cn.stop()
			})
		})
	}
}

// Peers that cannot be reached, or do not let this node in, are shown so.
func TestPeersThatCannotBeReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "TH", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		if err := cn.office.Roster.Remove("VN"); err != nil { // CN has no card of VN
			t.Fatal(err)
		}
		lis := w.line("TH") // TH accepts connections and says nothing
		held := make(chan net.Conn, 100)
		go func() {
			for {
				c, err := lis.Accept()
				if err != nil {
					return
				}
				held <- c
			}
		}()
		cn.listen(true)
		vn.listen(true)
		time.Sleep(time.Minute)
		if got := vn.status("CN"); got.Connected || got.Last == nil || got.Last.Reason != ReasonUnreachable {
			t.Errorf("status of CN at VN = %+v, last %+v; want UNREACHABLE", got, got.Last)
		}
		if got := vn.status("TH"); got.Connected || got.Last == nil || got.Last.Reason != ReasonUnreachable {
			t.Errorf("status of TH at VN = %+v, last %+v; want UNREACHABLE", got, got.Last)
		}
		lis.Close()
		vn.stop()
		cn.stop()
		close(held)
		for c := range held {
			c.Close()
		}
	})
}

// fakeServerStream is a call whose connection says what a test wants.
type fakeServerStream struct {
	spsv1.ExchangeService_ExchangeServer
	ctx context.Context
}

func (s fakeServerStream) Context() context.Context     { return s.ctx }
func (s fakeServerStream) SendHeader(metadata.MD) error { return context.Canceled }

// Who calls is decided by the verified certificate alone, here too.
func TestWhoMayCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn := w.nodes["CN"]
		cn.start()
		defer cn.stop()
		for _, tc := range []struct {
			name string
			ctx  context.Context
			want access.Reason
		}{
			{"no connection", t.Context(), access.ReasonDenied},
			{"no TLS", peer.NewContext(t.Context(), &peer.Peer{}), access.ReasonDenied},
			{"no handshake", peer.NewContext(t.Context(), &peer.Peer{AuthInfo: credentials.TLSInfo{}}), access.ReasonDenied},
		} {
			if err := cn.x.Exchange(fakeServerStream{ctx: tc.ctx}); !isRefusal(err, tc.want) {
				t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
			}
		}
	})
}
