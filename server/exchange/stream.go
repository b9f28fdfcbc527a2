package exchange

import (
	"context"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Stream carries the frames of one session, in order, both ways. One goroutine
// sends while another receives. When its context is done, or the other side has
// ended it, Recv returns an error; after Send has returned an error Recv does
// too, and its error says why.
type Stream interface {
	Context() context.Context
	// Send hands a frame over. It may wait for room, and may return before the
	// frame has gone; it does not keep the frame.
	Send(*spsv1.Frame) error
	// Recv returns the next frame; nil if the message held none.
	Recv() (*spsv1.Frame, error)
}

// Link is a stream to a peer that this node dialled.
type Link interface {
	Stream
	// Peer returns whom the handshake verified at the other end.
	Peer() certs.Peer
	// Close ends the stream at once and releases the connection. What was sent
	// and has not gone may be lost.
	Close() error
}

// Dialer connects to the node of the office whose card it is given, at one of
// the addresses on it. It tries each for a bounded time, and gives up when ctx
// is done. The link lives until it is closed. [GRPC] returns the dialer that
// nodes use.
type Dialer func(ctx context.Context, card *certs.Card) (Link, error)
