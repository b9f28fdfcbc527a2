package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Options say what federation to run.
type Options struct {
	Offices []certs.Office // at least one
	// DialOnly are those of the offices that listen to no peer: their cards have
	// no address, and their nodes only dial out.
	DialOnly []certs.Office
	// Binary is the node's program; empty: spsd beside the running program, else
	// in PATH.
	Binary string
	// Dir is where everything lies: a folder that is empty or not there yet. It
	// is kept. Empty: a temporary folder, removed by Close unless Keep is set.
	Dir  string
	Keep bool
	// Name is the federation's; empty: "drill".
	Name string
	// LogLevel is that of the nodes; empty: "info".
	LogLevel string
	// Card, if set, may change each office's card before it is signed: names,
	// units, hours.
	Card func(*spsv1.Card)
	// Units says, by office and id, to which unit of the card a person belongs.
	// Whoever is not named belongs to the focal point.
	Units map[certs.Office]map[string]string

	pick func() (string, error) // returns an address to listen on; nil: freeAddress
}

// Federation is a federation of running nodes. Its methods are safe for
// concurrent use.
type Federation struct {
	dir    string
	remove bool
	nodes  []*Node
	cancel context.CancelFunc
}

// portTries is how often a federation is minted anew because another program
// took a port between its being picked and its being listened on.
const portTries = 3

// Start mints a federation and starts its nodes. It returns when every node is
// ready; they may still be dialling each other. The processes end when ctx
// does, when Close is called, or (on Linux) when this program dies.
//
// On an error nothing is left running, and Dir is left as it was at the time,
// to be looked at.
func Start(ctx context.Context, opts Options) (*Federation, error) {
	if len(opts.Offices) == 0 {
		return nil, errors.New("a federation needs at least one office")
	}
	var err error
	if opts.Binary, err = findBinary(opts.Binary); err != nil {
		return nil, err
	}
	if opts.pick == nil {
		opts.pick = freeAddress
	}
	for try := 1; ; try++ {
		f, err := start(ctx, opts)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, errPortTaken) || try == portTries {
			return nil, err
		}
		if opts.Dir != "" {
			if err := emptyDir(opts.Dir); err != nil {
				return nil, err
			}
		}
	}
}

func start(ctx context.Context, opts Options) (_ *Federation, err error) {
	f := &Federation{dir: opts.Dir, remove: opts.Dir == "" && !opts.Keep}
	if opts.Dir == "" {
		f.dir, err = os.MkdirTemp("", "sps-drill-")
	} else {
		err = makeEmpty(opts.Dir)
	}
	if err != nil {
		return nil, err
	}
	if f.dir, err = filepath.Abs(f.dir); err != nil {
		return nil, err
	}
	life, cancel := context.WithCancel(ctx)
	f.cancel = cancel
	if err := f.mint(life, opts); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	all, everyone := errgroup.WithContext(ctx)
	for _, n := range f.nodes {
		all.Go(func() error {
			if err := n.initialise(everyone); err != nil {
				return err
			}
			return n.Start(everyone)
		})
	}
	if err := all.Wait(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// mint makes the folders of all offices.
func (f *Federation) mint(life context.Context, opts Options) error {
	name := opts.Name
	if name == "" {
		name = "drill"
	}
	var members []authority.Options
	for _, office := range opts.Offices {
		n := &Node{federation: name, office: office, dir: filepath.Join(f.dir, string(office)), binary: opts.Binary, life: life}
		if err := n.pickAddresses(opts.pick, slices.Contains(opts.DialOnly, office)); err != nil {
			return err
		}
		f.nodes = append(f.nodes, n)
		member := authority.Options{Office: office, Card: opts.Card}
		if n.listen.Peers != "" {
			member.Addresses = []string{n.listen.Peers}
		}
		members = append(members, member)
	}
	minted, err := authority.NewFederation(name, nil, members...)
	if err != nil {
		return err
	}
	if err := minted.Save(f.dir); err != nil {
		return err
	}
	for _, n := range f.nodes {
		if err := n.prepare(minted.Office(n.office), opts); err != nil {
			return fmt.Errorf("prepare the node of %s: %w", n.office, err)
		}
	}
	return nil
}

// Dir returns the folder below which everything lies.
func (f *Federation) Dir() string { return f.dir }

// Nodes returns the nodes in the order in which their offices were named. The
// slice is the caller's.
func (f *Federation) Nodes() []*Node { return slices.Clone(f.nodes) }

// Node returns the node of an office, nil if it is no member.
func (f *Federation) Node(office certs.Office) *Node {
	for _, n := range f.nodes {
		if n.office == office {
			return n
		}
	}
	return nil
}

// Close stops all nodes in order and, if the folder is a temporary one, removes
// it. The error names the nodes that did not end well.
func (f *Federation) Close() error {
	var all errgroup.Group
	failed := make([]error, len(f.nodes))
	for i, n := range f.nodes {
		all.Go(func() error {
			failed[i] = n.Stop()
			return nil
		})
	}
	_ = all.Wait() // always nil
	f.cancel()
	if f.remove {
		failed = append(failed, os.RemoveAll(f.dir))
	}
	return errors.Join(failed...)
}

// makeEmpty makes a folder, and refuses one that holds anything.
func makeEmpty(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("folder %s is not empty, name one that is", dir)
	}
	return nil
}

// emptyDir removes what an earlier try of this package put into a folder.
func emptyDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
