package proxy

import (
	"errors"
	"net"
	"sync"
	"time"
)

// Proxy listens, and carries what is dialled to its target. Its methods are safe
// for concurrent use.
type Proxy struct {
	listener net.Listener
	target   string
	busy     sync.WaitGroup

	mu      sync.Mutex
	line    Line
	cut     bool
	closed  bool
	links   map[*link]bool
	dialled int
	carried int64
}

// Listen begins a proxy before target, on a free port of loopback.
func Listen(target string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, target: target, links: map[*link]bool{}}
	p.busy.Go(p.accept)
	return p, nil
}

// Addr returns where it listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Shape says what the line is like from now on, for connections that are there
// as well.
func (p *Proxy) Shape(line Line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line = line
}

// Silence makes all connections half-open: neither end is told, and whatever
// either still says is lost. Those that are dialled later work.
func (p *Proxy) Silence() {
	for _, l := range p.all() {
		l.silence()
	}
}

// Reset ends all connections at once, with a reset to both ends. Those that are
// dialled later work.
func (p *Proxy) Reset() {
	for _, l := range p.all() {
		l.end(true)
	}
}

// Cut ends all connections, and every later one at once, until Heal.
func (p *Proxy) Cut() {
	p.mu.Lock()
	p.cut = true
	p.mu.Unlock()
	p.Reset()
}

// Heal lets connections be dialled again.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = false
}

// Dialled returns how many connections there have been.
func (p *Proxy) Dialled() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dialled
}

// Carried returns how many bytes have come out, both ways together.
func (p *Proxy) Carried() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.carried
}

// Close ends everything, and waits until it has ended.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	err := p.listener.Close()
	p.Reset()
	p.busy.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		near, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // that connection ended before it was accepted
		}
		p.busy.Go(func() { p.carry(near.(*net.TCPConn)) })
	}
}

// carry serves one connection.
func (p *Proxy) carry(near *net.TCPConn) {
	far, err := net.DialTimeout("tcp", p.target, 5*time.Second)
	if err != nil {
		reset(near)
		return
	}
	l := newLink(p, near, far.(*net.TCPConn))
	if !p.add(l) {
		l.end(true)
		return
	}
	defer p.remove(l)
	l.run()
}

func (p *Proxy) add(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut || p.closed {
		return false
	}
	p.links[l] = true
	p.dialled++
	return true
}

func (p *Proxy) remove(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

func (p *Proxy) all() []*link {
	p.mu.Lock()
	defer p.mu.Unlock()
	links := make([]*link, 0, len(p.links))
	for l := range p.links {
		links = append(links, l)
	}
	return links
}

func (p *Proxy) now() Line {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.line
}

func (p *Proxy) count(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.carried += int64(n)
}
