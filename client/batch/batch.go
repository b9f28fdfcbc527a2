// Package batch issues many statements at once, each exactly once, and reports
// those that cannot be issued without letting them hold up the rest.
package batch

import (
	"context"
	"errors"
	"fmt"
	"iter"
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

// patience is how long an item waits for a node that is away or busy.
const patience = time.Minute

// Issue issues the items in their order, at most inFlight at a time, and calls
// report for each when it is known what became of it; never two calls at once,
// in any order. An item that the node refuses for its content, or for its
// request ID, is reported and the rest goes on. Issue returns early, with the
// error, when going on makes no sense: the node stays away, or the caller may
// not issue. Whatever was not reported then is safe to issue again.
func Issue(ctx context.Context, nodes map[certs.Office]*client.Client, items iter.Seq[Item], inFlight int, report func(Result)) error {
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(max(inFlight, 1))
	var one sync.Mutex
	for item := range items {
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
	if err := all.Wait(); err != nil {
		return err
	}
	return ctx.Err()
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
