package watch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/watch"
)

// line is what a caller sees of a watch, each thing with its second.
type line struct {
	grpc.ServerStream
	ctx   context.Context
	began time.Time
	told  []string
}

func (l *line) Context() context.Context { return l.ctx }

func (l *line) tell(what string) {
	l.told = append(l.told, fmt.Sprintf("%d: %s", int(time.Since(l.began).Seconds()), what))
}

func (l *line) SendHeader(metadata.MD) error {
	l.tell("stands")
	return nil
}

func (l *line) Send(e *string) error {
	l.tell(*e)
	return nil
}

// desk is something that is watched: pages, and what wakes.
type desk struct {
	pages   [][]string
	turns   []watch.Turn // after each page
	err     error        // of the page after them
	read    int
	changed chan struct{}
	also    chan struct{}
}

func (d *desk) source() watch.Source[string] {
	return watch.Source[string]{
		Changed: func() <-chan struct{} { return d.changed },
		Also:    func() <-chan struct{} { return d.also },
		Read: func(_ context.Context, send func(*string) error) (watch.Turn, error) {
			if d.read == len(d.pages) {
				return watch.Turn{}, d.err
			}
			at := d.read
			d.read++
			for i := range d.pages[at] {
				if err := send(&d.pages[at][i]); err != nil {
					return watch.Turn{}, err
				}
			}
			return d.turns[at], nil
		},
		Beat: func() *string {
			beat := "beat"
			return &beat
		},
	}
}

func TestRun(t *testing.T) {
	errRead := errors.New("the disk is gone")
	errGone := errors.New("the caller hung up")
	for _, tc := range []struct {
		name string
		desk desk
		then func(d *desk, hangUp context.CancelCauseFunc, drain func())
		want string // what the caller sees, and how it ends
	}{
		{
			name: "an error before anything was sent",
			desk: desk{err: errRead},
			want: "0: ends: the disk is gone",
		},
		{
			name: "pages follow each other while there is more",
			desk: desk{pages: [][]string{{"a", "b"}, {"c"}}, turns: []watch.Turn{{More: true}, {Over: true}}},
			want: "0: a, 0: b, 0: c, 0: ends: <nil>",
		},
		{
			name: "what is over at once still stood",
			desk: desk{pages: [][]string{{}}, turns: []watch.Turn{{Over: true}}},
			want: "0: stands, 0: ends: <nil>",
		},
		{
			name: "quiet for long, then a change",
			desk: desk{pages: [][]string{{}, {}, {}, {"a"}}, turns: []watch.Turn{{}, {}, {}, {}}, err: errRead},
			then: func(d *desk, _ context.CancelCauseFunc, _ func()) {
				time.Sleep(25 * time.Second)
				close(d.changed)
			},
			want: "0: stands, 10: beat, 20: beat, 25: a, 25: ends: the disk is gone",
		},
		{
			name: "what is said elsewhere wakes too, and the next sign of life is counted from it",
			desk: desk{pages: [][]string{{}, {"a"}, {}}, turns: []watch.Turn{{}, {}, {Over: true}}},
			then: func(d *desk, _ context.CancelCauseFunc, _ func()) {
				time.Sleep(9 * time.Second)
				d.also <- struct{}{}
			},
			want: "0: stands, 9: a, 19: beat, 19: ends: <nil>",
		},
		{
			name: "the clock wakes",
			desk: desk{pages: [][]string{{"a"}, {"b"}}, turns: []watch.Turn{{At: time.Date(2000, 1, 1, 0, 0, 4, 0, time.UTC)}, {Over: true}}},
			want: "0: a, 4: b, 4: ends: <nil>",
		},
		{
			name: "the node stops",
			desk: desk{pages: [][]string{{}}, turns: []watch.Turn{{}}},
			then: func(_ *desk, _ context.CancelCauseFunc, drain func()) { drain() },
			want: "0: stands, 0: ends: " + access.Draining().Error(),
		},
		{
			name: "the caller hangs up, which is why a page fails",
			desk: desk{pages: [][]string{{}}, turns: []watch.Turn{{}}, err: errRead},
			then: func(d *desk, hangUp context.CancelCauseFunc, _ func()) {
				hangUp(errGone)
				close(d.changed)
			},
			want: "0: stands, 0: ends: the caller hung up",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, hangUp := context.WithCancelCause(t.Context())
				defer hangUp(nil)
				l := &line{ctx: ctx, began: time.Now()}
				draining, ended := make(chan struct{}), make(chan struct{})
				loop := watch.Loop{Heartbeat: 10 * time.Second, Draining: draining, Now: time.Now}
				d := tc.desk
				d.changed, d.also = make(chan struct{}), make(chan struct{}, 1)
				go func() {
					defer close(ended)
					err := watch.Run(loop, l, d.source())
					l.tell(fmt.Sprintf("ends: %v", err))
				}()
				synctest.Wait()
				if tc.then != nil {
					tc.then(&d, hangUp, func() { close(draining) })
				}
				<-ended
				if diff := cmp.Diff(tc.want, strings.Join(l.told, ", ")); diff != "" {
					t.Errorf("the caller sees (-want +got):\n%s", diff)
				}
			})
		})
	}
}
