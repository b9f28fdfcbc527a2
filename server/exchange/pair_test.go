package exchange

import (
	"context"
	"errors"
	"io"
	"sync"

	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// pipeRoom is how many bytes a direction of a pair takes before Send waits, as
// the buffers of a connection would.
const pipeRoom = 256 << 10

// errCut is what both ends of a pair see when it is cut.
var errCut = errors.New("the line was cut")

// pair is a stream in memory with its two ends. Frames go through it as bytes.
type pair struct {
	dialler, listener *end

	mu     sync.Mutex
	cut    error
	frames int // that went, both ways
	// cutAfter cuts the pair when so many frames have gone; negative: never.
	cutAfter int
	// seen, if set, is told of every frame that goes.
	seen func(from *end, f *spsv1.Frame)
	wake chan struct{} // closed and replaced at every change
}

// end is one end of a pair.
type end struct {
	p      *pair
	other  *end
	ctx    context.Context
	cancel context.CancelFunc
	queue  [][]byte // that came and were not received
	bytes  int      // in queue
	over   error    // what Recv returns after the queue
}

func newPair() *pair {
	p := &pair{cutAfter: -1, wake: make(chan struct{})}
	p.dialler, p.listener = &end{p: p}, &end{p: p}
	p.dialler.other, p.listener.other = p.listener, p.dialler
	for _, e := range []*end{p.dialler, p.listener} {
		e.ctx, e.cancel = context.WithCancel(context.Background())
	}
	return p
}

// change wakes everybody; p.mu is held.
func (p *pair) change() {
	close(p.wake)
	p.wake = make(chan struct{})
}

func (p *pair) sever(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut == nil {
		p.cut = err
		p.dialler.cancel()
		p.listener.cancel()
		p.change()
	}
}

func (e *end) Context() context.Context { return e.ctx }

func (e *end) Send(f *spsv1.Frame) error {
	b, err := proto.Marshal(f)
	if err != nil {
		return err
	}
	return e.sendBytes(b, f)
}

// sendBytes sends what may be no frame; f is what seen is told.
func (e *end) sendBytes(b []byte, f *spsv1.Frame) error {
	p := e.p
	p.mu.Lock()
	for p.cut == nil && e.over == nil && e.other.over == nil && e.other.bytes > 0 && e.other.bytes+len(b) > pipeRoom {
		wake := p.wake
		p.mu.Unlock()
		<-wake
		p.mu.Lock()
	}
	defer p.mu.Unlock()
	switch {
	case p.cut != nil:
		return p.cut
	case e.over != nil, e.other.over != nil:
		return io.EOF
	case p.cutAfter >= 0 && p.frames >= p.cutAfter:
		p.cut = errCut
		p.dialler.cancel()
		p.listener.cancel()
		p.change()
		return errCut
	}
	p.frames++
	if p.seen != nil {
		p.seen(e, f)
	}
	e.other.queue = append(e.other.queue, b)
	e.other.bytes += len(b)
	p.change()
	return nil
}

func (e *end) Recv() (*spsv1.Frame, error) {
	p := e.p
	p.mu.Lock()
	for p.cut == nil && len(e.queue) == 0 && e.over == nil {
		wake := p.wake
		p.mu.Unlock()
		<-wake
		p.mu.Lock()
	}
	defer p.mu.Unlock()
	switch {
	case p.cut != nil:
		return nil, p.cut
	case len(e.queue) == 0:
		return nil, e.over
	}
	b := e.queue[0]
	e.queue = e.queue[1:]
	e.bytes -= len(b)
	p.change()
	f := new(spsv1.Frame)
	if err := proto.Unmarshal(b, f); err != nil {
		return nil, err
	}
	return f, nil
}

// finish ends the stream from this end, as the return of a gRPC handler does:
// the other end still gets what was sent, and then the status.
func (e *end) finish(err error) {
	p := e.p
	p.mu.Lock()
	defer p.mu.Unlock()
	over := io.EOF
	if err != nil {
		over = access.Status(err).Err()
	}
	if e.other.over == nil {
		e.other.over = over
	}
	if e.over == nil {
		e.over = status.FromContextError(context.Canceled).Err()
	}
	e.cancel()
	p.change()
}

// memoryLink is the dialler's end as a link.
type memoryLink struct {
	*end
	peer certs.Peer
}

func (l *memoryLink) Peer() certs.Peer { return l.peer }

func (l *memoryLink) Close() error {
	l.p.sever(status.FromContextError(context.Canceled).Err())
	return nil
}
