package server

import (
	"log/slog"
	"net"
	"sync"
	"time"
)

const (
	// refusedEvery is how often refused handshakes of one address are logged:
	// the first at once, then one line for all since.
	refusedEvery = time.Minute
	// refusedAddresses is how many addresses are told apart.
	refusedAddresses = 1024
)

// crowded is a listener that takes so many connections of one address. Those
// beyond are closed at once, before anything is read of them.
type crowded struct {
	net.Listener
	most int

	mu   sync.Mutex
	open map[string]int
}

func newCrowded(l net.Listener, most int) *crowded {
	return &crowded{Listener: l, most: most, open: make(map[string]int)}
}

// Accept implements net.Listener.
func (l *crowded) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		host := hostOf(conn)
		l.mu.Lock()
		room := l.open[host] < l.most
		if room {
			l.open[host]++
		}
		l.mu.Unlock()
		if room {
			return &counted{Conn: conn, gone: sync.OnceFunc(func() { l.leave(host) })}, nil
		}
		_ = conn.Close() // whoever dialled sees it closed
	}
}

func (l *crowded) leave(host string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[host]--; l.open[host] <= 0 {
		delete(l.open, host)
	}
}

// counted is a connection that makes room when it is closed.
type counted struct {
	net.Conn
	gone func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.gone()
	return c.Conn.Close()
}

func hostOf(conn net.Conn) string {
	address := conn.RemoteAddr().String()
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}

// refusals logs refused handshakes, each address once a minute.
type refusals struct {
	logger *slog.Logger
	now    func() time.Time // of package time, so that a clock that jumps changes nothing

	mu sync.Mutex
	by map[string]*refusal
}

type refusal struct {
	logged time.Time
	since  int // refused and not logged
}

// log logs a refused handshake, with how many of the address were not logged
// since the last line. A stranger who keeps dialling does not fill the log.
func (r *refusals) log(conn net.Conn, err error) {
	r.mu.Lock()
	now, host := r.now(), hostOf(conn)
	one := r.by[host]
	if one == nil {
		if r.by == nil || len(r.by) >= refusedAddresses {
			r.by = make(map[string]*refusal)
		}
		one = new(refusal)
		r.by[host] = one
	}
	if !one.logged.IsZero() && now.Sub(one.logged) < refusedEvery {
		one.since++
		r.mu.Unlock()
		return
	}
	more := one.since
	one.logged, one.since = now, 0
	r.mu.Unlock()
	r.logger.Warn("handshake refused", "remote", conn.RemoteAddr(), "err", err, "more", more)
}
