// Package batch issues many statements at once, each exactly once, and reports
// those that cannot be issued without letting them hold up the rest.
package batch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Item is one statement to issue.
type Item struct {
	// Label is how people find it where it came from, such as "line 17, 2024.0012".
	Label string
	// Office is whose node issues it; it may be empty when there is only one.
	Office    certs.Office
	Statement *spsv1.Statement
	// RequestID makes it one act of issuing, however often it is tried; see
	// [client.NameRequest].
	RequestID string
	// Err, if set, says why there is no statement. It is reported as it is.
	Err error
}

// Result is what became of an item.
type Result struct {
	Item
	// Issued is the statement as it was issued, now or at an earlier try; nil if
	// Err is set.
	Issued *spsv1.IssuedStatement
	Err    error
	Began  time.Time // when the first call began
}

// Source is where items come from, in rounds: what a later round holds may
// depend on what became of an earlier one. Its methods are called by one
// goroutine at a time.
type Source interface {
	// Rows returns how many rows there are to deal with, in all rounds together.
	Rows() int
	// Round returns the next items, which do not depend on each other; none at
	// the end.
	Round() []Item
	// Done is told what became of each item.
	Done(Result)
}

// Items returns a source of one round.
func Items(items ...Item) Source { return &once{items: items, rows: len(items)} }

type once struct {
	items []Item
	rows  int
}

func (o *once) Rows() int   { return o.rows }
func (o *once) Done(Result) {}
func (o *once) Round() []Item {
	round := o.items
	o.items = nil
	return round
}

// patience is how long an item waits for a node that is away or busy.
const patience = time.Minute

// Issue issues all items of the source, at most inFlight at a time and in
// about their order, and calls report for each when it is known what became of
// it; never two calls at once. An item that the node refuses for its content,
// or for its request ID, is reported and the rest goes on. Issue returns early,
// with the error, when going on makes no sense: the node stays away, or the
// caller may not issue. Whatever was not reported then is safe to issue again.
func Issue(ctx context.Context, nodes map[certs.Office]*client.Client, from Source, inFlight int, report func(Result)) error {
	for round := from.Round(); len(round) > 0; round = from.Round() {
		err := issueRound(ctx, nodes, round, inFlight, func(r Result) {
			from.Done(r)
			report(r)
		})
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

func issueRound(ctx context.Context, nodes map[certs.Office]*client.Client, items []Item, inFlight int, report func(Result)) error {
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(max(inFlight, 1))
	var one sync.Mutex
	for _, item := range items {
		if ctx.Err() != nil {
			break
		}
		all.Go(func() error {
			r := Result{Item: item, Err: item.Err, Began: time.Now()}
			if item.Err == nil {
				if r.Issued, r.Err = issue(ctx, nodes, item); r.Err != nil && !refused(r.Err) {
					return fmt.Errorf("%s: %w", item.Label, r.Err)
				}
			}
			one.Lock()
			defer one.Unlock()
			report(r)
			return nil
		})
	}
	return all.Wait()
}

func issue(ctx context.Context, nodes map[certs.Office]*client.Client, item Item) (issued *spsv1.IssuedStatement, err error) {
	node, err := nodeOf(nodes, item.Office)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = client.Retry(ctx, func() error {
		issued, err = node.Issue(ctx, item.Statement, item.RequestID)
		return err
	})
	return issued, err
}

func nodeOf(nodes map[certs.Office]*client.Client, office certs.Office) (*client.Client, error) {
	if node, ok := nodes[office]; ok {
		return node, nil
	}
	if office == "" && len(nodes) == 1 {
		for _, node := range nodes {
			return node, nil
		}
	}
	return nil, fmt.Errorf("no node of office %q here", office)
}

// refused reports whether an error is about this item alone.
func refused(err error) bool {
	var e *client.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case codes.InvalidArgument, codes.AlreadyExists, codes.OutOfRange:
		return true
	default:
		return e.Reason == "ID_CONFLICT" || e.Reason == "TOO_LARGE" || e.Reason == "INVALID"
	}
}
