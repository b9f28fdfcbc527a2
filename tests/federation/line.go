package federation

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Line says what a connection is like.
type Line struct {
	Rate  int           // bytes a second, each way; 0: without a limit
	Delay time.Duration // one way
	// Loss is how many of a hundred packets are lost on the way. Each is sent
	// again when the sender misses its acknowledgement, and what follows waits
	// for it, as over TCP.
	Loss int
}

// resend is how much later than a round trip a lost packet is sent again.
const resend = 200 * time.Millisecond

// lineRoom is how many bytes a connection takes before Write waits, as the
// buffers of a socket do.
const lineRoom = 32 << 10

// segment is the most that goes over a line at once, as a packet does.
const segment = 1400

// conn is one end of a connection over a Line.
type conn struct {
	in, out *way
	local   net.Addr
	remote  net.Addr
}

// way is one direction of a connection.
type way struct {
	mu      sync.Mutex
	line    Line
	busy    time.Time // until when the line is sending what was written
	packets []packet  // on their way, or arrived and not read
	bytes   int       // in packets
	closed  error     // what Read returns after the packets
	shut    bool      // Write fails at once
	dead    bool      // what is written now is lost
	change  chan struct{}
	carried int       // bytes in all that arrived or will
	sent    int       // packets
	late    time.Time // of the last packet that was lost: nothing arrives before

	// spend, if set, reports whether one more packet may go; when it may not,
	// broken ends the connection.
	spend  func() bool
	broken func()

	readBy, writeBy time.Time
}

type packet struct {
	at   time.Time // of arrival
	data []byte
}

func newConns(line Line, dialler, listener net.Addr) (a, b *conn) {
	there, back := newWay(line), newWay(line)
	return &conn{in: back, out: there, local: dialler, remote: listener},
		&conn{in: there, out: back, local: listener, remote: dialler}
}

func newWay(line Line) *way { return &way{line: line, change: make(chan struct{})} }

// wake tells everyone who waits; w.mu is held.
func (w *way) wake() {
	close(w.change)
	w.change = make(chan struct{})
}

// wait unlocks, waits for a change or an instant (zero: none), and locks.
func (w *way) wait(until time.Time) {
	change := w.change
	w.mu.Unlock()
	defer w.mu.Lock()
	if until.IsZero() {
		<-change
		return
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-change:
	case <-timer.C:
	}
}

func passed(t time.Time) bool { return !t.IsZero() && !time.Now().Before(t) }

// sooner returns the earlier of two instants, of which zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func (w *way) write(b []byte) (n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n < len(b) {
		switch {
		case w.shut:
			return n, net.ErrClosed
		case passed(w.writeBy):
			return n, os.ErrDeadlineExceeded
		case w.bytes >= lineRoom:
			w.wait(w.writeBy)
			continue
		}
		if w.spend != nil && !w.spend() {
			w.mu.Unlock()
			w.broken()
			w.mu.Lock()
			return n, errReset
		}
		part := b[n:min(len(b), n+segment)]
		n += len(part)
		if w.busy.Before(time.Now()) {
			w.busy = time.Now()
		}
		if w.line.Rate > 0 {
			w.busy = w.busy.Add(time.Duration(len(part)) * time.Second / time.Duration(w.line.Rate))
		}
		w.bytes += len(part)
		if w.dead {
			continue // the sender does not know, until its buffers are full
		}
		w.carried += len(part)
		w.packets = append(w.packets, packet{at: w.arrival(), data: append([]byte(nil), part...)})
		w.wake()
	}
	return n, nil
}

// arrival returns when the packet arrives that was written last; w.mu is held.
// Losses come at the same places in every run.
func (w *way) arrival() time.Time {
	at := w.busy.Add(w.line.Delay)
	if w.sent++; w.line.Loss > 0 && (w.sent*7919)%100 < w.line.Loss {
		w.late = at.Add(2*w.line.Delay + resend)
	}
	if at.Before(w.late) {
		at = w.late
	}
	return at
}

func (w *way) read(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		switch {
		case passed(w.readBy):
			return 0, os.ErrDeadlineExceeded
		case len(w.packets) > 0 && passed(w.packets[0].at):
			p := &w.packets[0]
			n := copy(b, p.data)
			p.data = p.data[n:]
			if len(p.data) == 0 {
				w.packets = w.packets[1:]
			}
			w.bytes -= n
			w.wake()
			return n, nil
		case len(w.packets) > 0:
			w.wait(sooner(w.packets[0].at, w.readBy))
		case w.closed != nil:
			return 0, w.closed
		default:
			w.wait(w.readBy)
		}
	}
}

// end makes Read return err when it has read what arrived before, and Write fail.
func (w *way) end(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shut = true
	if w.closed == nil {
		w.closed = err
	}
	w.wake()
}

// leave makes Read fail at once. What is written is lost, and the writer is told by
// the end of the other way, behind all that is on it: word of a closed connection is
// not faster than the line.
func (w *way) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.packets, w.dead = nil, true
	w.closed = errReset
	w.wake()
}

// reset makes everything fail at once.
func (w *way) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.packets, w.bytes = nil, 0
	w.closed, w.shut = errReset, true
	w.wake()
}

var errReset = errors.New("connection reset")

// kill loses everything from now on, and tells nobody.
func (w *way) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.packets, w.dead = nil, true
	w.wake()
}

func (c *conn) Read(b []byte) (int, error)  { return c.in.read(b) }
func (c *conn) Write(b []byte) (int, error) { return c.out.write(b) }

// Close lets the other side read what was written, and then the end.
func (c *conn) Close() error {
	c.out.end(io.EOF)
	c.in.leave()
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	c.in.readBy = t
	c.in.wake()
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	c.out.writeBy = t
	c.out.wake()
	return nil
}
