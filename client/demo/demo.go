// Package demo issues notifications at the nodes of a running federation and
// follows each one to its addressees and their receipts back to the issuer.
package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/batch"
)

// Options say what to issue, and who is told what happens.
type Options struct {
	// Nodes are connections to the nodes of all offices, as persons who may issue
	// and read.
	Nodes    map[certs.Office]*client.Client
	Source   batch.Source
	InFlight int // how many are being issued at a time
	// Show, if set, is called for each statement that has reached everybody.
	// Skipped, if set, is called for each item that was not issued. Neither is
	// called twice at once with itself; both must be quick.
	Show    func(*Delivery)
	Skipped func(batch.Result)
}

// patience is how long nothing may move before a run is given up.
const patience = 90 * time.Second

// errStuck ends a run in which nothing moves any more.
var errStuck = fmt.Errorf("nothing has moved for %s", patience)

// Run issues everything, waits until everybody has received and receipted it,
// and then reads each statement at each of its addressees to compare it with
// what was issued. The error is nil only if Summary.Complete is true. The
// summary says how far it came in either case.
func Run(ctx context.Context, opts Options) (Summary, error) {
	s := Summary{Rows: opts.Source.Rows()}
	for office := range opts.Nodes {
		s.Offices = append(s.Offices, office)
	}
	slices.Sort(s.Offices)
	show := opts.Show
	if show == nil {
		show = func(*Delivery) {}
	}
	t := newTracker(s.Offices, show)
	began := time.Now()
	err := issueAndWait(ctx, opts, t, &s)
	s.Seconds = float64(time.Since(began).Milliseconds()) / 1000
	for _, d := range t.all {
		s.add(d)
	}
	s.times(t.all)
	if ctx.Err() != nil {
		return s, context.Cause(ctx)
	}
	err = errors.Join(err, verify(ctx, opts.Nodes, t.all, &s))
	s.Complete = err == nil && len(s.Faults) == 0 && s.Delivered == s.Expected && s.Receipted == s.Expected
	if err == nil && !s.Complete {
		err = fmt.Errorf("%d of %d deliveries are held and %d receipted", s.Delivered, s.Expected, s.Receipted)
	}
	return s, err
}

// issueAndWait issues everything and follows it until nothing is open.
func issueAndWait(ctx context.Context, opts Options, t *tracker, s *Summary) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watchers, watching := errgroup.WithContext(ctx)
	for office, node := range opts.Nodes {
		watchers.Go(func() error { return watch(watching, office, node, t) })
	}
	err := batch.Issue(watching, opts.Nodes, opts.Source, opts.InFlight, func(r batch.Result) {
		if r.Err != nil {
			s.Skipped++
			if opts.Skipped != nil {
				opts.Skipped(r)
			}
			return
		}
		office := r.Office
		if office == "" {
			office = s.Offices[0]
		}
		t.issued(office, r.Issued, r.Began)
	})
	if err == nil {
		err = t.wait(watching)
	}
	cancel()
	if failed := watchers.Wait(); failed != nil && !errors.Is(failed, context.Canceled) {
		return failed
	}
	return err
}

// watch follows one node.
func watch(ctx context.Context, office certs.Office, node *client.Client, t *tracker) error {
	for event, err := range node.Watch(ctx, client.WatchOptions{}) {
		seen := time.Now()
		switch {
		case err != nil:
			return fmt.Errorf("watch the node of %s: %w", office, err)
		case event.Receipt != nil:
			t.receipted(event.Receipt, seen)
		case event.Statement.GetEntry().GetOrigin() != "" && issuer(event.Statement) != office:
			t.arrived(office, event.Statement, seen)
		}
	}
	return nil
}

// wait returns when nothing is open, or nothing moves any more.
func (t *tracker) wait(ctx context.Context) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for t.waiting() > 0 {
		select {
		case <-t.moved:
			timer.Reset(patience)
		case <-timer.C:
			return errStuck
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
