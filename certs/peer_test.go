package certs_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/test/bufconn"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
)

// serve runs a gRPC server in memory that tells who called, and returns a
// client of it.
func serve(t *testing.T, server, client credentials.TransportCredentials, roster *certs.Roster, called func(certs.Peer, error)) healthv1.HealthClient {
	t.Helper()
	listener := bufconn.Listen(64 << 10)
	s := grpc.NewServer(grpc.Creds(server), grpc.UnaryInterceptor(
		func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			called(certs.PeerFromContext(ctx, roster))
			return handler(ctx, req)
		}))
	healthv1.RegisterHealthServer(s, health.NewServer())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:node", grpc.WithTransportCredentials(client),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		s.Stop()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return healthv1.NewHealthClient(conn)
}

func TestPeerFromContext(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn, cn := fed.Office("VN"), fed.Office("CN")
	var got certs.Peer
	var gotErr error
	client := serve(t, credentials.NewTLS(vn.TLS().Peers()), credentials.NewTLS(cn.TLS().Dial("VN")), vn.Roster,
		func(p certs.Peer, err error) { got, gotErr = p, err })

	var server peer.Peer
	if _, err := client.Check(t.Context(), &healthv1.HealthCheckRequest{}, grpc.Peer(&server)); err != nil {
		t.Fatalf("call: %v", err)
	}
	if gotErr != nil || got.Identity != cn.Node.Identity() || !got.NotAfter.Equal(cn.Node.NotAfter()) || !got.Card.Same(cn.Card) {
		t.Errorf("server sees %v, %v, want %v with its card", got, gotErr, cn.Node.Identity())
	}
	atClient, err := certs.PeerFromContext(peer.NewContext(t.Context(), &server), cn.Roster)
	if err != nil || atClient.Identity != vn.Node.Identity() || !atClient.Card.Same(vn.Card) {
		t.Errorf("client sees %v, %v, want %v with its card", atClient, err, vn.Node.Identity())
	}

	// The connection lives on, but the peer is not known any more.
	if err := vn.Roster.Remove("CN"); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Check(t.Context(), &healthv1.HealthCheckRequest{}); err != nil {
		t.Fatalf("call: %v", err)
	}
	if !errors.Is(gotErr, certs.ErrNoCard) {
		t.Errorf("server sees %v, %v, want ErrNoCard", got, gotErr)
	}
}

func TestPeerFromContextOfPeople(t *testing.T) {
	vn := authority.ForTest(t, "VN").Office("VN")
	lan := person(t, vn, certs.RoleOfficer, "lan")
	var got certs.Peer
	var gotErr error
	client := serve(t, credentials.NewTLS(vn.TLS().Office()), credentials.NewTLS(certs.ClientTLS(lan, vn.Card, nil)), vn.Roster,
		func(p certs.Peer, err error) { got, gotErr = p, err })
	if _, err := client.Check(t.Context(), &healthv1.HealthCheckRequest{}); err != nil {
		t.Fatalf("call: %v", err)
	}
	if gotErr != nil || got.Identity != lan.Identity() || got.Card != vn.Card {
		t.Errorf("server sees %v, %v, want %v with the own card", got, gotErr, lan.Identity())
	}
}

func TestNoIdentityWithoutTLS(t *testing.T) {
	vn := authority.ForTest(t, "VN").Office("VN")
	if p, err := certs.PeerFromContext(t.Context(), vn.Roster); !errors.Is(err, certs.ErrNoIdentity) {
		t.Errorf("no peer: %v, %v, want ErrNoIdentity", p, err)
	}
	var gotErr error
	client := serve(t, insecure.NewCredentials(), insecure.NewCredentials(), vn.Roster,
		func(_ certs.Peer, err error) { gotErr = err })
	if _, err := client.Check(t.Context(), &healthv1.HealthCheckRequest{}); err != nil {
		t.Fatalf("call: %v", err)
	}
	if !errors.Is(gotErr, certs.ErrNoIdentity) {
		t.Errorf("plain connection: %v, want ErrNoIdentity", gotErr)
	}
	incomplete := peer.NewContext(t.Context(), &peer.Peer{AuthInfo: credentials.TLSInfo{}})
	if _, err := certs.PeerFromContext(incomplete, vn.Roster); !errors.Is(err, certs.ErrNoIdentity) {
		t.Errorf("no handshake: %v, want ErrNoIdentity", err)
	}
}
