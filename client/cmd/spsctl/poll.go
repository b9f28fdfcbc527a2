package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"
)

// polling are the flags of a command that can show again what has changed.
type polling struct {
	watch bool
	every time.Duration
}

func (p *polling) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&p.watch, "watch", "w", false, "show it again whenever it changes; table or jsonl only")
	p.every = 2 * time.Second
	cmd.Flags().Var(span{&p.every, time.Millisecond}, "every", "with --watch, how often to look")
}

// poll shows what there is and, if it is to watch, again each item that has
// changed, until ctx ends. It goes on when the node was away.
func poll[M proto.Message](ctx context.Context, a *app, p polling, as format, fetch func() ([]M, error), show func(format, []M) error) error {
	if p.watch {
		if err := asItComes(as); err != nil {
			return err
		}
	}
	var before []M
	for {
		var now []M
		get := func() (err error) {
			now, err = fetch()
			return err
		}
		if !p.watch {
			if err := get(); err != nil {
				return err
			}
			return show(as, now)
		}
		if err := a.persist(ctx, get); err != nil {
			return err
		}
		if news := changed(before, now); len(news) > 0 {
			if err := show(as, news); err != nil {
				return err
			}
		}
		before = now
		if err := pause(ctx, p.every); err != nil {
			return err
		}
	}
}

// changed returns those of the items of now that are not in before.
func changed[M proto.Message](before, now []M) (news []M) {
	for _, item := range now {
		same := false
		for _, b := range before {
			same = same || proto.Equal(item, b)
		}
		if !same {
			news = append(news, item)
		}
	}
	return news
}

// retryEvery is how long persist waits between two tries.
const retryEvery = 2 * time.Second

// persist calls something of a node until the node answers, for as long as ctx
// lives. Answers that waiting does not change are returned.
func (a *app) persist(ctx context.Context, call func() error) error {
	for {
		err := call()
		if e, ok := answer(err); err == nil || !ok || !e.Passing() {
			a.back()
			return err
		}
		if ctx.Err() == nil {
			a.away(err, retryEvery)
		}
		if err := pause(ctx, retryEvery); err != nil {
			return err
		}
	}
}

// pause waits; the error is that of ctx if it ends first.
func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
