package drill_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func TestMain(m *testing.M) { os.Exit(drilltest.Main(m)) }

// within bounds what a test waits for.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// arrives waits until a node shows a statement.
func arrives(ctx context.Context, t *testing.T, at *client.Client, name string) {
	t.Helper()
	for event, err := range at.Watch(ctx, client.WatchOptions{}) {
		if err != nil {
			t.Fatalf("waiting for %s at %s: %v", name, at.Office(), err)
		}
		if event.Statement.GetName() == name {
			return
		}
	}
}

func issue(ctx context.Context, t *testing.T, at *client.Client, s *spsv1.Statement) *spsv1.IssuedStatement {
	t.Helper()
	issued, err := at.Issue(ctx, s, client.NewRequestID())
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

// TestDialOnly is the story of an office behind a firewall: its node listens to
// no peer, and still takes full part.
func TestDialOnly(t *testing.T) {
	fed := drilltest.Start(t, drill.Options{Offices: []certs.Office{"CN", "LA"}, DialOnly: []certs.Office{"LA"}})
	if peers := fed.Node("LA").Addresses().Peers; peers != "" {
		t.Errorf("LA listens for peers at %s, want nowhere", peers)
	}
	ctx := within(t, 30*time.Second)
	cn := drilltest.Client(t, fed.Node("CN"), certs.RoleValidator)
	la := drilltest.Client(t, fed.Node("LA"), certs.RoleValidator)
	arrives(ctx, t, la, issue(ctx, t, cn, drilltest.Notification("to the one that dials", "LA")).GetName())
	arrives(ctx, t, cn, issue(ctx, t, la, drilltest.Notification("from the one that dials", "CN")).GetName())
}

// TestKillAndRestart is the story of a power cut at the addressee.
func TestKillAndRestart(t *testing.T) {
	fed := drilltest.Start(t, drill.Options{Offices: []certs.Office{"CN", "VN"}})
	ctx := within(t, time.Minute)
	vn := fed.Node("VN")
	issuer := drilltest.Client(t, fed.Node("CN"), certs.RoleValidator)
	reader := drilltest.Client(t, vn, certs.RoleOfficer)
	first := issue(ctx, t, issuer, drilltest.Notification("before"))
	arrives(ctx, t, reader, first.GetName())

	if err := vn.Kill(); err != nil {
		t.Fatal(err)
	}
	if vn.Running() {
		t.Error("VN runs after it was killed, want not")
	}
	second := issue(ctx, t, issuer, drilltest.Notification("while it is away", "VN"))
	if err := vn.Start(ctx); err != nil {
		t.Fatal(err)
	}
	arrives(ctx, t, reader, second.GetName())

	if err := vn.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	arrives(ctx, t, reader, second.GetName())
	if err := vn.Stop(); err != nil {
		t.Fatal(err)
	}
	if out, err := vn.Command(ctx, "store", "verify"); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
}

// TestSupervise kills a node from outside, as an operator would by mistake.
func TestSupervise(t *testing.T) {
	fed := drilltest.Start(t, drill.Options{Offices: []certs.Office{"VN"}})
	ctx, cancel := context.WithCancel(within(t, 30*time.Second))
	restarted := make(chan error, 1)
	supervised := make(chan struct{})
	go func() {
		defer close(supervised)
		fed.Supervise(ctx, func(_ *drill.Node, _, again error) { restarted <- again })
	}()
	ops := fed.Node("VN").Addresses().Ops
	if err := fed.Node("VN").Signal(os.Kill); err != nil {
		t.Fatal(err)
	}
	if err := <-restarted; err != nil {
		t.Fatalf("start again: %v", err)
	}
	resp, err := http.Get(fmt.Sprintf("http://%s/healthz", ops))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := resp.StatusCode, http.StatusOK; got != want {
		t.Errorf("status %d, want %d", got, want)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	cancel()
	<-supervised
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(full+"/x", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	vn := []certs.Office{"VN"}
	for _, test := range []struct {
		name string
		opts drill.Options
		want string
	}{
		{"no office", drill.Options{Binary: drilltest.Binary()}, "at least one office"},
		{"no program", drill.Options{Offices: vn, Binary: "/nowhere/spsd"}, "/nowhere/spsd"},
		{"a folder in use", drill.Options{Offices: vn, Binary: drilltest.Binary(), Dir: full}, "not empty"},
		{"no office's code", drill.Options{Offices: []certs.Office{"Vietnam"}, Binary: drilltest.Binary(), Dir: t.TempDir()}, "two upper case letters"},
		{"another program", drill.Options{Offices: vn, Binary: "/bin/false", Dir: t.TempDir()}, "store init"},
	} {
		t.Run(test.name, func(t *testing.T) {
			fed, err := drill.Start(t.Context(), test.opts)
			if err == nil {
				t.Fatal("started, want an error", fed.Close())
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q in it", err, test.want)
			}
		})
	}
}

// TestPortTaken lets another program take each port of a node in turn, between
// its being picked and its being listened on. The program says that it is
// ready, as the node of another federation would.
func TestPortTaken(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	defer other.Close()
	const ports = 4
	for taken := range ports {
		picked := 0
		opts := drill.Options{Offices: []certs.Office{"VN"}, Binary: drilltest.Binary(), Dir: t.TempDir()}
		fed, err := drill.Start(t.Context(), drill.WithPick(opts, func(free func() (string, error)) (string, error) {
			if picked++; picked == taken+1 {
				return other.Listener.Addr().String(), nil
			}
			return free()
		}))
		if err != nil {
			t.Errorf("port %d of %d taken: %v", taken+1, ports, err)
			continue
		}
		if err := fed.Close(); err != nil {
			t.Errorf("port %d of %d taken: %v", taken+1, ports, err)
		}
		if picked != 2*ports {
			t.Errorf("port %d of %d taken: %d addresses were picked, want %d: a node was minted anew", taken+1, ports, picked, 2*ports)
		}
	}
}

func TestPersonsOfEveryRole(t *testing.T) {
	fed := drilltest.Start(t, drill.Options{Offices: []certs.Office{"VN"}})
	for _, role := range []certs.Role{certs.RoleValidator, certs.RoleOfficer, certs.RoleAdmin} {
		n, err := drilltest.Client(t, fed.Node("VN"), role).Node(t.Context())
		if err != nil {
			t.Errorf("%s: %v", role, err)
		}
		if got, want := n.GetOffice(), "VN"; got != want {
			t.Errorf("%s: node of %q, want %q", role, got, want)
		}
	}
	if _, err := fed.Node("VN").Context(certs.RolePost); err == nil {
		t.Error("there is a person of a post, want an error")
	}
	further, err := fed.Node("VN").ClientAs(t.Context(), certs.RoleOfficer, "further")
	if err != nil {
		t.Fatal(err)
	}
	if caller, err := further.NodeService().GetCaller(t.Context(), &spsv1.GetCallerRequest{}); err != nil || caller.GetIdentity() != "sps://drill/VN/officer/further" {
		t.Errorf("the further person is %v, error %v", caller, err)
	}
	if err := further.Close(); err != nil {
		t.Error(err)
	}
	if fed.Node("CN") != nil {
		t.Error("there is a node of CN, want none")
	}
}
