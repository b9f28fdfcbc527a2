package federation

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/spsalert/spsalert/certs"
)

// Network is the lines between offices. Its methods are safe for concurrent
// use. All lines are perfect at first.
type Network struct {
	mu        sync.Mutex
	listeners map[certs.Office]*listener
	lines     map[pair]Line
	cut       map[pair]bool
	conns     []link
	dialled   map[pair]int
	cutAfter  map[pair]int // packets that a new connection carries
}

// pair is two offices, in the order of their codes.
type pair [2]certs.Office

func pairOf(a, b certs.Office) pair {
	if b < a {
		a, b = b, a
	}
	return pair{a, b}
}

type link struct {
	pair pair
	a, b *conn
}

func newNetwork() *Network {
	return &Network{
		listeners: map[certs.Office]*listener{}, lines: map[pair]Line{}, cut: map[pair]bool{}, dialled: map[pair]int{},
		cutAfter: map[pair]int{},
	}
}

// Shape makes future connections between two offices go over a line like this.
func (n *Network) Shape(a, b certs.Office, line Line) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines[pairOf(a, b)] = line
}

// Cut ends the connections between two offices and lets no new one begin.
func (n *Network) Cut(a, b certs.Office) {
	n.each(a, b, func(l link) { l.a.in.reset(); l.b.in.reset() })
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut[pairOf(a, b)] = true
}

// Reset ends all connections of an office, as the end of its process does.
func (n *Network) Reset(office certs.Office) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.conns {
		if l.pair[0] == office || l.pair[1] == office {
			l.a.in.reset()
			l.b.in.reset()
		}
	}
}

// Slow makes the connections between two offices that are up go over a line
// like this from now on; Shape is for those to come.
func (n *Network) Slow(a, b certs.Office, line Line) {
	n.each(a, b, func(l link) {
		for _, w := range []*way{l.a.in, l.b.in} {
			w.mu.Lock()
			w.line = line
			w.mu.Unlock()
		}
	})
}

// CutAfter lets every new connection between two offices end when it has
// carried so many packets, both ways counted together; 0: none ends.
func (n *Network) CutAfter(a, b certs.Office, packets int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cutAfter[pairOf(a, b)] = packets
}

// Kill makes the connections between two offices half-open: nothing arrives any
// more, nobody is told, and new connections are possible.
func (n *Network) Kill(a, b certs.Office) {
	n.each(a, b, func(l link) { l.a.in.kill(); l.b.in.kill() })
}

// Heal lets connections begin again.
func (n *Network) Heal(a, b certs.Office) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.cut, pairOf(a, b))
}

// IsCut reports whether two offices are out of each other's reach.
func (n *Network) IsCut(a, b certs.Office) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cut[pairOf(a, b)]
}

// Dialled returns how many connections were made between two offices so far.
func (n *Network) Dialled(a, b certs.Office) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dialled[pairOf(a, b)]
}

// Carried returns how many bytes went between two offices, both ways.
func (n *Network) Carried(a, b certs.Office) int {
	bytes := 0
	n.each(a, b, func(l link) {
		for _, w := range []*way{l.a.in, l.b.in} {
			w.mu.Lock()
			bytes += w.carried
			w.mu.Unlock()
		}
	})
	return bytes
}

func (n *Network) each(a, b certs.Office, do func(link)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.conns {
		if l.pair == pairOf(a, b) {
			do(l)
		}
	}
}

// Dialer returns how an office connects to others, by addresses like
// vn.test:7443.
func (n *Network) Dialer(from certs.Office) func(context.Context, string) (net.Conn, error) {
	return func(ctx context.Context, address string) (net.Conn, error) {
		to := certs.Office(strings.ToUpper(address[:2]))
		n.mu.Lock()
		p := pairOf(from, to)
		lis := n.listeners[to]
		if lis == nil || n.cut[p] {
			n.mu.Unlock()
			return nil, fmt.Errorf("%s is out of reach of %s", to, from)
		}
		a, b := newConns(n.lines[p], officeAddr(from), officeAddr(to))
		if left := n.cutAfter[p]; left > 0 {
			limit(a, b, left)
		}
		n.conns = append(n.conns, link{pair: p, a: a, b: b})
		n.dialled[p]++
		n.mu.Unlock()
		select {
		case lis.accept <- b:
			return a, nil
		case <-lis.done:
			return nil, fmt.Errorf("%s refuses", to)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// limit ends a connection when it has carried so many packets.
func limit(a, b *conn, packets int) {
	var left atomic.Int64
	left.Store(int64(packets))
	for _, w := range []*way{a.in, b.in} {
		w.spend = func() bool { return left.Add(-1) >= 0 }
		w.broken = func() { a.in.reset(); b.in.reset() }
	}
}

// Listen lets an office be dialled until the listener is closed.
func (n *Network) Listen(office certs.Office) net.Listener {
	l := &listener{network: n, office: office, accept: make(chan net.Conn), done: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.listeners[office] = l
	return l
}

type listener struct {
	network *Network
	office  certs.Office
	accept  chan net.Conn
	done    chan struct{}
	once    sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accept:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.done)
		l.network.mu.Lock()
		defer l.network.mu.Unlock()
		if l.network.listeners[l.office] == l {
			delete(l.network.listeners, l.office)
		}
	})
	return nil
}

func (l *listener) Addr() net.Addr { return officeAddr(l.office) }

// officeAddr is an office as a network address.
type officeAddr certs.Office

func (officeAddr) Network() string  { return "federation" }
func (a officeAddr) String() string { return strings.ToLower(string(a)) + ".test:7443" }
