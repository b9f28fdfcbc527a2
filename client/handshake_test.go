package client_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/credentials"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/client"
)

func TestDialWithACertificateThatCannotBeBelieved(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn := fed.Office("VN")
	mine := person(t, vn, certs.RoleOfficer)
	at := func(when time.Time) func() time.Time { return func() time.Time { return when } }
	for _, test := range []struct {
		name string
		opts client.Options
		want string
	}{
		{
			"expired",
			client.Options{Credentials: mine, Now: at(mine.NotAfter().Add(time.Hour))},
			"expired " + mine.NotAfter().UTC().Format(time.DateOnly) + ": ask your administrator for a new one (spsctl ca issue)",
		},
		{"not valid yet", client.Options{Credentials: mine, Now: at(mine.NotAfter().AddDate(-9, 0, 0))}, "not yet valid"},
		{"of another office", client.Options{Credentials: person(t, fed.Office("CN"), certs.RoleOfficer)}, "it is of office CN, want VN"},
		{"of a node", client.Options{Credentials: vn.Node}, "it is node of VN"},
		{"of another authority", client.Options{Credentials: person(t, authority.ForTest(t, "VN").Office("VN"), certs.RoleOfficer)}, "no authority on card"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.opts.Address, test.opts.Card = "vn.test:7444", vn.Card
			test.opts.DialContext = func(context.Context, string) (net.Conn, error) {
				t.Error("dialled, want a refusal before")
				return nil, errors.New("unreachable")
			}
			_, err := client.Dial(t.Context(), test.opts)
			var e *client.Error
			if !errors.As(err, &e) || !e.Untrusted() || e.Passing() {
				t.Fatalf("error %v, want one of trust", err)
			}
			if text := err.Error(); !strings.Contains(text, "your certificate ") || !strings.Contains(text, test.want) {
				t.Errorf("error %q, want %q in it", text, test.want)
			}
		})
	}
}

// hangUpper is a way to a node of which the first connections end in the middle.
func hangUpper(t *testing.T, vn *authority.Office, times int32, end func(net.Conn)) (client.Options, *atomic.Int32) {
	t.Helper()
	reach := serve(t, vn)
	tries := new(atomic.Int32)
	return client.Options{
		Address: "vn.test:7444", Card: vn.Card, Credentials: person(t, vn, certs.RoleOfficer),
		DialContext: func(ctx context.Context, address string) (net.Conn, error) {
			if tries.Add(1) > times {
				return reach(ctx, address)
			}
			ours, theirs := net.Pipe()
			go end(theirs)
			return ours, nil
		},
	}, tries
}

func TestDialIsHungUpOn(t *testing.T) {
	vn := authority.ForTest(t, "VN").Office("VN")
	afterHandshake := func(conn net.Conn) {
		_, _, _ = credentials.NewTLS(vn.TLS().Office()).ServerHandshake(conn)
		_ = conn.Close()
	}
	beforeHandshake := func(conn net.Conn) { _ = conn.Close() }
	for _, test := range []struct {
		name          string
		times         int32
		end           func(net.Conn)
		ok, untrusted bool
	}{
		{name: "each time after the handshake", times: 1 << 20, end: afterHandshake, untrusted: true},
		{name: "once after the handshake: it was killed", times: 1, end: afterHandshake, ok: true},
		{name: "twice after the handshake", times: 2, end: afterHandshake, ok: true},
		{name: "each time in the handshake", times: 1 << 20, end: beforeHandshake},
	} {
		t.Run(test.name, func(t *testing.T) {
			opts, tries := hangUpper(t, vn, test.times, test.end)
			c, err := client.Dial(t.Context(), opts)
			if err == nil {
				defer c.Close()
			}
			var e *client.Error
			if (err == nil) != test.ok || errors.As(err, &e) && e.Untrusted() != test.untrusted {
				t.Errorf("error %v after %d tries, want none %t, untrusted %t", err, tries.Load(), test.ok, test.untrusted)
			}
		})
	}
}

func TestDialANodeThatHangs(t *testing.T) {
	for _, name := range []string{"in the handshake", "after the handshake"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				vn := authority.ForTest(t, "VN").Office("VN")
				opts, _ := hangUpper(t, vn, 1<<20, func(conn net.Conn) {
					if name == "after the handshake" {
						_, _, _ = credentials.NewTLS(vn.TLS().Office()).ServerHandshake(conn)
					}
					<-t.Context().Done()
					_ = conn.Close()
				})
				_, err := client.Dial(t.Context(), opts)
				var e *client.Error
				if !errors.As(err, &e) || e.Untrusted() || !e.Passing() {
					t.Errorf("error %v, want one that is no question of trust", err)
				}
			})
		})
	}
}
