package proxy

import (
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Line says what a connection is like. The zero Line is perfect.
type Line struct {
	Rate  int           // bytes a second, each way; 0: without a limit
	Delay time.Duration // one way
	// Loss is how many of a hundred packets are lost. What follows waits until
	// the packet has been sent again, as over TCP.
	Loss int
}

const (
	packet  = 1400                   // bytes that go at once
	onLine  = 16                     // packets on their way; then the sender waits, and its window fills
	resend  = 200 * time.Millisecond // after a round trip
	trickle = 64                     // bytes that go at once over a line slower than a packet a second
)

// link is one connection, from the one who dialled to the target.
type link struct {
	proxy     *Proxy
	near, far *net.TCPConn
	ended     chan struct{}
	once      sync.Once
	mute      chan struct{}
	muteOnce  sync.Once
}

func newLink(p *Proxy, near, far *net.TCPConn) *link {
	return &link{proxy: p, near: near, far: far, ended: make(chan struct{}), mute: make(chan struct{})}
}

// silence lets nothing through any more, not even an end.
func (l *link) silence() { l.muteOnce.Do(func() { close(l.mute) }) }

// end ends both connections.
func (l *link) end(hard bool) {
	l.once.Do(func() {
		close(l.ended)
		for _, c := range []*net.TCPConn{l.near, l.far} {
			if hard {
				reset(c)
			} else {
				_ = c.Close() // the other end sees it, whatever comes of it
			}
		}
	})
}

// reset closes a connection so that the other end gets a reset.
func reset(c *net.TCPConn) {
	_ = c.SetLinger(0) // a connection that is gone already needs none
	_ = c.Close()
}

// run carries both ways until one end has closed.
func (l *link) run() {
	var ways sync.WaitGroup
	for _, way := range [][2]*net.TCPConn{{l.near, l.far}, {l.far, l.near}} {
		line := make(chan parcel, onLine)
		ways.Go(func() { l.take(way[0], line) })
		ways.Go(func() { l.give(way[1], line) })
	}
	ways.Wait()
}

// parcel is a packet on its way.
type parcel struct {
	bytes []byte
	at    time.Time // when it arrives
}

// take puts what comes from one end on the line.
func (l *link) take(from *net.TCPConn, line chan<- parcel) {
	defer close(line)
	var busy, last time.Time
	for {
		shape := l.proxy.now()
		size := packet
		if shape.Rate > 0 && shape.Rate < packet {
			size = trickle
		}
		b := make([]byte, size)
		n, err := from.Read(b)
		if n == 0 && err != nil {
			return
		}
		if busy = later(busy, time.Now()); shape.Rate > 0 {
			busy = busy.Add(time.Duration(n) * time.Second / time.Duration(shape.Rate))
		}
		at := busy.Add(shape.Delay)
		for shape.Loss > 0 && rand.IntN(100) < shape.Loss {
			at = at.Add(2*shape.Delay + resend)
		}
		last = later(last, at)
		select {
		case line <- parcel{b[:n], last}:
		case <-l.ended:
			return
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// give hands what is on the line to the other end, when it has arrived. When no
// more comes it ends the link, unless nobody is to be told.
func (l *link) give(to *net.TCPConn, line <-chan parcel) {
	defer func() {
		select {
		case <-l.mute:
			<-l.ended
		default:
			l.end(false)
		}
	}()
	for p := range line {
		wait := time.NewTimer(time.Until(p.at))
		select {
		case <-wait.C:
		case <-l.ended:
			wait.Stop()
			return
		}
		select {
		case <-l.mute:
			continue
		default:
		}
		l.proxy.count(len(p.bytes)) // before the other end can have them, so that whoever has read them finds them counted
		n, err := to.Write(p.bytes)
		if err != nil {
			l.proxy.count(n - len(p.bytes))
			return
		}
	}
}
