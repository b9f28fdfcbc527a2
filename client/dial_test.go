package client_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/test/bufconn"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// node is the office listener of a node that answers one method.
type node struct {
	spsv1.UnimplementedNodeServiceServer
}

func (node) GetNode(context.Context, *spsv1.GetNodeRequest) (*spsv1.Node, error) {
	return &spsv1.Node{Office: "VN"}, nil
}

// serve runs the office listener of an office's node, and returns how to reach
// it.
func serve(t *testing.T, office *authority.Office) func(context.Context, string) (net.Conn, error) {
	t.Helper()
	return serveAt(t, office, nil)
}

// serveAt is serve with another clock.
func serveAt(t *testing.T, office *authority.Office, now func() time.Time) func(context.Context, string) (net.Conn, error) {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	secure := office.TLS()
	secure.Now = now
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(secure.Office())))
	spsv1.RegisterNodeServiceServer(server, node{})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Errorf("serve: %v", err)
		}
	})
	return func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }
}

func person(t *testing.T, office *authority.Office, role certs.Role) *certs.Credentials {
	t.Helper()
	c, err := office.Person(role, "lan")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDial(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn, cn := fed.Office("VN"), fed.Office("CN")
	for _, test := range []struct {
		name        string
		opts        client.Options
		serverClock int // years ahead
		untrusted   bool
		ok          bool
	}{
		{name: "an officer of the office", opts: client.Options{Card: vn.Card, Credentials: person(t, vn, certs.RoleOfficer)}, ok: true},
		{name: "the node is of another office", opts: client.Options{Card: cn.Card, Credentials: person(t, cn, certs.RoleOfficer)}, untrusted: true},
		{name: "the caller is of another office", opts: client.Options{Card: vn.Card, Credentials: person(t, cn, certs.RoleOfficer)}, untrusted: true},
		{name: "the caller's clock is years late", opts: client.Options{
			Card: vn.Card, Credentials: person(t, vn, certs.RoleOfficer),
			Now: func() time.Time { return time.Now().AddDate(-3, 0, 0) },
		}, untrusted: true},
		{name: "the node does not believe the caller", opts: client.Options{Card: vn.Card, Credentials: person(t, vn, certs.RoleOfficer)}, serverClock: 3, untrusted: true},
		{name: "without a card", opts: client.Options{Credentials: person(t, vn, certs.RoleOfficer)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.opts.Address, test.opts.DialContext = "vn.test:7444", serveAt(t, vn, func() time.Time { return time.Now().AddDate(test.serverClock, 0, 0) })
			c, err := client.Dial(t.Context(), test.opts)
			if !test.ok {
				if err == nil {
					t.Fatal("dialled, want an error")
				}
				var e *client.Error
				if errors.As(err, &e) && e.Untrusted() != test.untrusted || e == nil && test.untrusted {
					t.Errorf("error %v, want untrusted %t", err, test.untrusted)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			n, err := c.Node(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got, want := n.GetOffice(), string(c.Office()); got != want {
				t.Errorf("node of %s, want %s", got, want)
			}
		})
	}
}

func TestDialNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vn := authority.ForTest(t, "VN").Office("VN")
		_, err := client.Dial(t.Context(), client.Options{
			Address: "vn.test:7444", Card: vn.Card, Credentials: person(t, vn, certs.RoleOfficer),
			DialContext: func(context.Context, string) (net.Conn, error) { return nil, errors.New("connection refused") },
		})
		var e *client.Error
		if !errors.As(err, &e) || e.Code != codes.Unavailable || e.Untrusted() {
			t.Errorf("error %v, want UNAVAILABLE and no question of trust", err)
		}
		if want := "vn.test:7444"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	})
}

func TestContextOptions(t *testing.T) {
	vn := authority.ForTest(t, "VN").Office("VN")
	dir := t.TempDir()
	if err := vn.Save(dir); err != nil {
		t.Fatal(err)
	}
	issued, err := vn.Authority.IssuePerson(certs.RoleOfficer, "lan", 0)
	if err != nil {
		t.Fatal(err)
	}
	c := client.Context{
		Address: "vn.test:7444", Federation: "asean-cn", Office: "VN", Card: filepath.Join(dir, "VN.card"),
		Certificate: filepath.Join(dir, "lan.pem"), Key: filepath.Join(dir, "lan.key"),
	}
	if err := issued.Save(c.Certificate, c.Key); err != nil {
		t.Fatal(err)
	}
	opts, err := c.Options()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := opts.Credentials.Identity().URI(), "sps://asean-cn/VN/officer/lan"; got != want {
		t.Errorf("identity %s, want %s", got, want)
	}
	for _, wrong := range []func(*client.Context){
		func(c *client.Context) { c.Office = "CN" },
		func(c *client.Context) { c.Federation = "elsewhere" },
		func(c *client.Context) { c.Card = c.Key },
		func(c *client.Context) { c.Key = filepath.Join(dir, "node.key") },
	} {
		other := c
		wrong(&other)
		if _, err := other.Options(); err == nil {
			t.Errorf("context %+v was taken, want an error", other)
		}
	}
}

func ExampleClient_Watch() {
	// follow prints what comes, and keeps the cursor of what it has dealt with:
	// nothing is missed, and after a crash only what was not kept comes again.
	follow := func(ctx context.Context, node *client.Client, kept string, keep func(cursor string)) error {
		for event, err := range node.Watch(ctx, client.WatchOptions{Cursor: kept}) {
			if err != nil {
				return err
			}
			if event.Statement != nil {
				fmt.Println(event.Statement.GetReference())
			}
			keep(event.Cursor)
		}
		return nil
	}
	_ = follow // it takes a node
}
