package client

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"google.golang.org/grpc/codes"
)

// WatchOptions says what to watch, and from where.
type WatchOptions struct {
	// Cursor is the last one that the caller has dealt with; empty: from the
	// node's very first record.
	Cursor string
	// Office narrows the statements to those that one office issued; empty: all
	// offices. Receipts for the own office's statements come in either case.
	Office certs.Office
	// Selection narrows them further; then no receipts come.
	Selection
	// View says how much of each statement comes; BASIC by default.
	View spsv1.StatementView
	// Interrupted, if set, is called before each wait for a node that is away,
	// from the goroutine that iterates.
	Interrupted func(err error, wait time.Duration)
	// Resumed, if set, is called in the same way when the node has taken up the
	// watch again, before what it shows next.
	Resumed func()
}

// Event is one record of the node: exactly one of Statement and Receipt is set.
type Event struct {
	// Cursor stands after this record. Kept and given to a later Watch, nothing
	// is missed and nothing comes twice.
	Cursor    string
	Statement *spsv1.IssuedStatement
	Receipt   *spsv1.RecordedReceipt
}

// The waits after a break: they double from the shortest to the longest, and
// start over when a record has come.
const (
	shortestWait = 200 * time.Millisecond
	longestWait  = 15 * time.Second
)

// Watch returns what the node has recorded since the cursor and then what it
// records next, for as long as ctx lives. After a break it goes on by itself:
// each record comes exactly once, in the node's order.
//
// The iteration ends with one error: the context's, or an [*Error] that waiting
// does not cure, such as CURSOR_AHEAD (the cursor is of another store: list
// again, and watch from the list's cursor).
func (c *Client) Watch(ctx context.Context, opts WatchOptions) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		opts, wait, interrupted := opts, shortestWait, false
		began := func() {
			if interrupted && opts.Resumed != nil {
				opts.Resumed()
			}
			interrupted = false
		}
		for {
			moved, err := c.watchOnce(ctx, &opts, began, func(e Event) bool { return yield(e, nil) })
			if errors.Is(err, errEnough) {
				return
			}
			if ctx.Err() != nil {
				yield(Event{}, context.Cause(ctx))
				return
			}
			var e *Error
			if errors.As(err, &e) && !resumable(e) {
				yield(Event{}, err)
				return
			}
			if moved {
				wait = shortestWait
			}
			now := jitter(wait)
			interrupted = true
			if opts.Interrupted != nil {
				opts.Interrupted(err, now)
			}
			if !pause(ctx, now) {
				yield(Event{}, context.Cause(ctx))
				return
			}
			wait = min(2*wait, longestWait)
		}
	}
}

// errEnough says that the caller has left the iteration.
var errEnough = errors.New("the caller has enough")

// watchOnce runs one stream to its end. It moves opts.Cursor over what the
// caller has taken, and only over that. It calls began when the node has taken
// it up, and reports whether anything came.
func (c *Client) watchOnce(ctx context.Context, opts *WatchOptions, began func(), take func(Event) bool) (moved bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.CaseService().WatchStatements(ctx, &spsv1.WatchStatementsRequest{
		Parent: parent(opts.Office), Cursor: opts.Cursor, View: opts.View, Filter: opts.Filter, Query: opts.Query,
	})
	if err != nil {
		return false, err
	}
	// The node says at once that the watch stands; what it shows may be long in
	// coming. If there is none, the stream has ended, and Recv knows how.
	if header, err := stream.Header(); err == nil && header != nil {
		began()
	}
	for {
		r, err := stream.Recv()
		if err != nil {
			return moved, err // io.EOF too: a watch has no end of its own
		}
		moved = true
		event := Event{Cursor: r.GetCursor(), Statement: r.GetStatement(), Receipt: r.GetReceipt()}
		if (event.Statement != nil || event.Receipt != nil) && !take(event) {
			return moved, errEnough
		}
		if r.GetCursor() != "" {
			opts.Cursor = r.GetCursor()
		}
	}
}

// resumable reports whether a watch that ended with e goes on by itself. Wider
// than Passing: a stream that is cut in the middle may end in any of these.
func resumable(e *Error) bool {
	if e.Passing() {
		return true
	}
	switch e.Code {
	case codes.Internal, codes.Unknown, codes.DeadlineExceeded, codes.Canceled:
		return true
	default:
		return false
	}
}

// pause waits, and reports whether ctx is still alive.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// jitter takes off up to half, so that all that lost one node do not come back
// to it at one instant.
func jitter(d time.Duration) time.Duration {
	return d - time.Duration(rand.Int64N(int64(d)/2))
}
