package upload

import (
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/server/access"
)

// stall is how long an upload may send nothing, and how long it may be slower
// than its pace.
const stall = time.Minute

// Message is a message of an upload. The header has no data, the others have
// some.
type Message interface{ GetData() []byte }

// Stream is the receiving side of a call, such as a grpc.ClientStreamingServer.
type Stream[M Message] interface{ Recv() (M, error) }

// Content is a file that is being received. It implements io.Reader for the
// bytes behind the header. It is for one goroutine.
type Content[M Message] struct {
	parts  chan part[M]
	closed chan struct{}
	stall  *time.Timer
	pace   int64 // bytes in a second, at least, since it began
	begun  time.Time
	came   int64 // bytes behind the header
	rest   []byte
	err    error // that ended it
}

type part[M Message] struct {
	message M
	err     error
}

// Receive begins to receive a file that has to bring pace bytes a second, from
// its second minute on. The goroutine that it starts ends when the call does,
// since nothing else ends a Recv that waits.
func Receive[M Message](stream Stream[M], pace int64) *Content[M] {
	c := &Content[M]{
		parts: make(chan part[M]), closed: make(chan struct{}), stall: time.NewTimer(stall), pace: pace, begun: time.Now(),
	}
	go func() {
		for {
			var p part[M]
			p.message, p.err = stream.Recv()
			select {
			case c.parts <- p:
			case <-c.closed:
				return
			}
			if p.err != nil {
				return
			}
		}
	}()
	return c
}

// Close ends the receiving; the caller then returns from the call.
func (c *Content[M]) Close() {
	c.stall.Stop()
	close(c.closed)
}

// next returns the next message, unless it does not come, or all that came is
// too little for the time.
func (c *Content[M]) next() (message M, err error) {
	behind := stall + time.Duration(float64(c.came)/float64(c.pace)*float64(time.Second)) - time.Since(c.begun)
	c.stall.Reset(min(stall, behind))
	select {
	case p := <-c.parts:
		if p.err == nil {
			c.came += int64(len(p.message.GetData()))
		}
		return p.message, p.err
	case <-c.stall.C:
	}
	if behind < stall {
		return message, &access.Refusal{
			Code: codes.InvalidArgument, Reason: access.ReasonInvalid,
			Sentence: fmt.Sprintf("%d bytes came in %s, fewer than limits.upload_pace asks for: send the file over a faster line, or in parts",
				c.came, time.Since(c.begun).Round(time.Second)),
		}
	}
	return message, &access.Refusal{
		Code: codes.InvalidArgument, Reason: access.ReasonInvalid, Sentence: fmt.Sprintf("nothing came for %s: send the file again", stall),
	}
}

// First returns the first message, which is the header. It is called before
// Read, once.
func (c *Content[M]) First() (M, error) {
	first, err := c.next()
	if errors.Is(err, io.EOF) || err == nil && len(first.GetData()) > 0 {
		return first, access.Invalid(access.Violation{Field: "header", Reason: "HEADER", Sentence: "send it first, before the bytes"})
	}
	return first, err
}

// Read implements io.Reader. Behind an error, io.EOF at the end, there is nothing
// but that error.
func (c *Content[M]) Read(p []byte) (int, error) {
	for len(c.rest) == 0 && c.err == nil {
		var message M
		if message, c.err = c.next(); c.err != nil {
			break
		}
		if c.rest = message.GetData(); len(c.rest) == 0 {
			c.err = access.Invalid(access.Violation{Field: "header", Reason: "HEADER", Sentence: "send it once, before the bytes"})
		}
	}
	if c.err != nil {
		return 0, c.err
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}
