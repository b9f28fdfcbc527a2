package web_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server"
	"github.com/spsalert/spsalert/server/access"
)

// keys knows tokens by their secrets, which are the names of roles.
type keys struct {
	until time.Time
	lasts time.Duration // from each call on, if it is set; until does not count then
}

// end returns when a token that is shown now expires.
func (k keys) end() time.Time {
	if k.lasts > 0 {
		return time.Now().Add(k.lasts)
	}
	return k.until
}

func (k keys) Token(_ context.Context, secret string) (access.Caller, error) {
	if secret == "broken" {
		return access.Caller{}, errors.New("the disk is on fire")
	}
	role := certs.Role(secret)
	if !role.Valid() || role == certs.RoleNode {
		return access.Caller{}, &access.Refusal{
			Code: codes.Unauthenticated, Reason: access.ReasonUnauthenticated, Sentence: "the token is not known here",
		}
	}
	return access.Caller{
		Identity: certs.Identity{Federation: "asean-cn", Office: "VN", Role: role, ID: "plant-portal"}, Until: k.end(),
		Scope: access.Scope{Classifications: []spsv1.Classification{spsv1.Classification_CLASSIFICATION_BORDER_REJECTION}},
	}, nil
}

// node is a real node of Vietnam with a web listener on loopback.
type node struct {
	t       *testing.T
	office  *authority.Office
	dir     string
	address string // of the web listener; the same after a restart
	web     string // more of its configuration
	until   time.Time
	lasts   time.Duration // of a token from the call on; 0: until
	running *server.Server

	mu sync.Mutex
	up chan struct{} // closed while the node runs
}

// newNode mints an office and starts its node. It is stopped, and its ledger
// verified whole, when the test ends.
func newNode(t *testing.T) *node {
	t.Helper()
	leaked := goleak.IgnoreCurrent()
	fed := authority.ForTest(t, "VN", "CN")
	n := &node{t: t, office: fed.Office("VN"), dir: t.TempDir(), until: time.Now().Add(time.Hour), address: "127.0.0.1:0", up: make(chan struct{})}
	if err := fed.Save(n.dir); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Init(t.Context(), n.config(), time.Now); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.stop()
		if _, err := server.Verify(context.WithoutCancel(t.Context()), n.config()); err != nil {
			t.Errorf("verify: %v", err)
		}
		if err := goleak.Find(leaked); err != nil {
			t.Errorf("after the node has stopped: %v", err)
		}
	})
	n.start()
	return n
}

func (n *node) config() server.Config {
	n.t.Helper()
	file := filepath.Join(n.dir, "VN", "spsd.yaml")
	text := "federation: asean-cn\noffice: VN\nlisten: {office: 127.0.0.1:0, web: " + n.address + ", ops: off}\n" +
		"limits: {heartbeat: 1s, reload: 100ms}\nfour_eyes: {alone: all}\n" + n.web
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		n.t.Fatal(err)
	}
	c, err := server.LoadConfig(file, nil, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	return c
}

func (n *node) start() {
	n.t.Helper()
	var err error
	n.running, err = server.New(n.t.Context(), server.Options{
		Config: n.config(), Version: "test", Tokens: keys{n.until, n.lasts},
		Logger: slog.New(slog.NewTextHandler(n.t.Output(), nil)),
	})
	if err == nil {
		err = n.running.Start(n.t.Context())
	}
	if err != nil {
		n.t.Fatal(err)
	}
	if n.address == "127.0.0.1:0" {
		n.address = n.running.Addrs().Web.String()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.up)
}

// waitUp waits until the node runs.
func (n *node) waitUp() {
	n.mu.Lock()
	up := n.up
	n.mu.Unlock()
	select {
	case <-up:
	case <-n.t.Context().Done():
	}
}

func (n *node) stop() {
	n.t.Helper()
	if n.running == nil {
		return
	}
	n.mu.Lock()
	n.up = make(chan struct{})
	n.mu.Unlock()
	if err := n.running.Stop(context.WithoutCancel(n.t.Context())); err != nil {
		n.t.Errorf("stop: %v", err)
	}
	n.running = nil
}

// client is an HTTP client that knows the node by the office's card; with a
// role it has a certificate too.
func (n *node) client(role certs.Role) *http.Client {
	n.t.Helper()
	person, err := n.office.Person(certs.RoleOfficer, "nobody")
	if role != "" {
		person, err = n.office.Person(role, "lan.nguyen")
	}
	if err != nil {
		n.t.Fatal(err)
	}
	config := certs.ClientTLS(person, n.office.Card, nil)
	if role == "" {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &tls.Certificate{}, nil }
	}
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
	n.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// request makes a request to the node; header lines are "Name: value".
func (n *node) request(method, path, token, body string, header ...string) *http.Request {
	n.t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(n.t.Context(), method, "https://"+n.address+path, content)
	if err != nil {
		n.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ":")
		r.Header.Set(name, strings.TrimSpace(value))
	}
	return r
}

// answer is a response read whole.
type answer struct {
	*http.Response
	body []byte
}

func (n *node) do(c *http.Client, r *http.Request) answer {
	n.t.Helper()
	resp, err := c.Do(r)
	if err != nil {
		n.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		n.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return answer{resp, body}
}

// dialRaw connects to the web listener without HTTP.
func (n *node) dialRaw() net.Conn {
	n.t.Helper()
	config := n.client("").Transport.(*http.Transport).TLSClientConfig.Clone()
	config.NextProtos = []string{"http/1.1"}
	conn, err := (&tls.Dialer{Config: config}).DialContext(n.t.Context(), "tcp", n.address)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// contractPaths returns the methods of each path of an OpenAPI file.
func contractPaths(t *testing.T, text []byte) map[string][]string {
	t.Helper()
	var contract struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(text, &contract); err != nil {
		t.Fatal(err)
	}
	paths := make(map[string][]string)
	for path, methods := range contract.Paths {
		for method := range methods {
			paths[path] = append(paths[path], strings.ToUpper(method))
		}
	}
	return paths
}
