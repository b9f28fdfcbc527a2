package drill

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/client"
)

// readyWithin is how long a node may take from its start until it is ready.
const readyWithin = 30 * time.Second

// people are the ids of the person whom each office has for a role. Who drafts is
// another than who issues.
var people = map[certs.Role]string{
	certs.RoleValidator: "drill", certs.RoleOfficer: "desk", certs.RoleAdmin: "drill", certs.RoleAuditor: "drill",
	certs.RoleLab: "lab", certs.RoleExporter: "trader",
}

// The files of what a node shows at its web listener.
const (
	webCertificate = "web.pem"
	webKey         = "web.key"
)

// errPortTaken says that another program listens on a port of a node.
var errPortTaken = errors.New("another program took the port")

// Node is the node of one office: a folder, and a process that may be running.
type Node struct {
	federation string
	office     certs.Office
	dir        string
	binary     string
	listen     configListen
	life       context.Context // of the federation; processes end with it

	mu      sync.Mutex
	running *process
}

// pickAddresses decides where the node listens.
func (n *Node) pickAddresses(pick func() (string, error), dialOnly bool) error {
	addresses := []*string{&n.listen.Office, &n.listen.Web, &n.listen.Ops}
	if !dialOnly {
		addresses = append(addresses, &n.listen.Peers)
	}
	for _, address := range addresses {
		var err error
		if *address, err = pick(); err != nil {
			return err
		}
	}
	return nil
}

// prepare writes the node's configuration, and certificates for its people.
func (n *Node) prepare(office *authority.Office, opts Options) error {
	level := opts.LogLevel
	if level == "" {
		level = "info"
	}
	_, err := config{
		Federation: office.Authority.Federation(), Office: string(n.office),
		Data: "data", Anchor: "anchor/anchor", Peers: authority.PeersFolder, Listen: n.listen,
		Identity: configIdentity{
			Certificate: authority.NodeCertificate, Key: authority.NodeKey, LogKey: authority.LogKey,
			ReceiptKey: authority.ReceiptKey, Card: authority.CardFile(n.office),
		},
		Web:      configWeb{Certificate: webCertificate, Key: webKey},
		Log:      configLog{Level: level, Format: "text"},
		FourEyes: configEyes{Alone: "all"},
		Units:    unitsOf(opts.Units[n.office]),
	}.save(n.dir)
	if err != nil {
		return err
	}
	for _, folder := range []string{"data", "anchor", "people"} {
		if err := os.MkdirAll(filepath.Join(n.dir, folder), 0o700); err != nil {
			return err
		}
	}
	shown, err := office.Authority.IssueWeb([]string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}, 0)
	if err != nil {
		return err
	}
	if err := shown.Save(filepath.Join(n.dir, webCertificate), filepath.Join(n.dir, webKey)); err != nil {
		return err
	}
	for role, id := range people {
		issued, err := office.Authority.IssuePerson(role, id, 0)
		if err != nil {
			return err
		}
		if err := issued.Save(n.person(role)); err != nil {
			return err
		}
	}
	return nil
}

// person returns the files of the person with a role.
func (n *Node) person(role certs.Role) (certificate, key string) {
	stem := filepath.Join(n.dir, "people", string(role))
	return stem + ".pem", stem + ".key"
}

// initialise makes the node's store.
func (n *Node) initialise(ctx context.Context) error {
	_, err := n.Command(ctx, "store", "init")
	return err
}

// Office returns whose node it is.
func (n *Node) Office() certs.Office { return n.office }

// Dir returns the office's folder.
func (n *Node) Dir() string { return n.dir }

// Log returns the file to which the node writes its log.
func (n *Node) Log() string { return filepath.Join(n.dir, "spsd.log") }

// Config returns the file that configures the node.
func (n *Node) Config() string { return filepath.Join(n.dir, "spsd.yaml") }

// Program returns the program that the node runs.
func (n *Node) Program() string { return n.binary }

// Addresses are where a node listens, each host:port.
type Addresses struct {
	Peers  string // empty if it only dials out
	Office string
	Web    string
	Ops    string
}

// Addresses returns where the node listens.
func (n *Node) Addresses() Addresses { return Addresses(n.listen) }

// Root returns the PEM file of the root of the office's authority, which
// vouches for what the node shows at its web listener.
func (n *Node) Root() string {
	return filepath.Join(n.dir, authority.CAFolder, authority.RootCertificate)
}

// Running reports whether the process is there.
func (n *Node) Running() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.running != nil && !n.running.ended()
}

// Context returns how a person with a role speaks to the node, for spsctl and
// for [client.Dial].
func (n *Node) Context(role certs.Role) (client.Context, error) {
	certificate, key := n.person(role)
	if _, err := os.Stat(certificate); err != nil {
		return client.Context{}, fmt.Errorf("a person of %s with role %s: %w", n.office, role, err)
	}
	return n.speaking(certificate, key), nil
}

// Client connects to the node as a person with a role.
func (n *Node) Client(ctx context.Context, role certs.Role) (*client.Client, error) {
	who, err := n.Context(role)
	if err != nil {
		return nil, err
	}
	return dial(ctx, who)
}

// Command runs the node's program with other arguments, such as "store",
// "verify", and returns what it wrote. The error holds that too.
func (n *Node) Command(ctx context.Context, args ...string) ([]byte, error) {
	cmd := n.command(ctx, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	p, err := launch(cmd)
	if err == nil {
		<-p.done
		err = p.err
	}
	if err != nil {
		return out.Bytes(), fmt.Errorf("spsd %s of %s: %w: %s", args, n.office, err, bytes.TrimSpace(out.Bytes()))
	}
	return out.Bytes(), nil
}

func (n *Node) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, n.binary, append(args, "-config", n.Config())...)
	cmd.Dir = n.dir
	// Settings in the environment stand above those of the file, and are meant
	// for another node.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "SPSD_") })
	return cmd
}

// Start starts the process, if it is not there, and waits until the node is
// ready. The error of a node that does not get there holds the end of its log.
func (n *Node) Start(ctx context.Context) error {
	if err := n.spawn(); err != nil {
		return fmt.Errorf("start the node of %s: %w", n.office, err)
	}
	if err := n.Ready(ctx); err != nil {
		if n.portTaken() {
			err = errors.Join(errPortTaken, err)
		}
		return fmt.Errorf("start the node of %s: %w\n%s", n.office, err, n.logEnd())
	}
	return nil
}

func (n *Node) spawn() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.running != nil && !n.running.ended() {
		return nil
	}
	log, err := os.OpenFile(n.Log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() // the process has its own
	cmd := n.command(n.life, "run")
	cmd.Stdout, cmd.Stderr = log, log
	n.running, err = launch(cmd)
	return err
}

// Pid returns the number of the process, 0 if it is not there.
func (n *Node) Pid() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.running == nil || n.running.ended() {
		return 0
	}
	return n.running.cmd.Process.Pid
}

// Ended waits until the process has ended by itself and returns its exit code,
// -1 if a signal ended it. The node counts as not running then.
func (n *Node) Ended(ctx context.Context) (code int, err error) {
	n.mu.Lock()
	p := n.running
	n.mu.Unlock()
	if p == nil {
		return 0, errors.New("not started")
	}
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode(), nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// Kill ends the process as a power cut would, and waits until it is gone. A
// node that is not running is left alone.
func (n *Node) Kill() error {
	if p := n.take(); p != nil {
		return p.kill()
	}
	return nil
}

// Signal sends the process a signal and does nothing else: a node that ends of
// it has ended by itself.
func (n *Node) Signal(signal os.Signal) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.running == nil {
		return os.ErrProcessDone
	}
	return n.running.cmd.Process.Signal(signal)
}

// Stop asks the process to end and waits until it has. A node that is not
// running is left alone.
func (n *Node) Stop() error {
	p := n.take()
	if p == nil {
		return nil
	}
	if err := p.stop(); err != nil {
		return fmt.Errorf("stop the node of %s: %w\n%s", n.office, err, n.logEnd())
	}
	return nil
}

// Restart stops the process, starts it, and waits until the node is ready.
func (n *Node) Restart(ctx context.Context) error {
	if err := n.Stop(); err != nil {
		return err
	}
	return n.Start(ctx)
}

func (n *Node) take() *process {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.running
	n.running = nil
	return p
}

// logEnd returns the last lines of the node's log.
func (n *Node) logEnd() []byte {
	const most = 2 << 10
	data, err := os.ReadFile(n.Log())
	if err != nil {
		return nil
	}
	return data[max(0, len(data)-most):]
}
