package exchange

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/certs"
)

// Why a peer cannot be reached is logged when it changes, not at every try, and
// is in its status at every try.
func TestDialFailuresAreLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn := w.nodes["CN"]
		var log bytes.Buffer
		tries := 0
		var why atomic.Value
		why.Store("connection refused")
		x := New(Options{
			Ledger: cn.ledger, Roster: cn.office.Roster,
			Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelInfo})),
			Dial: func(context.Context, *certs.Card) (Link, error) {
				tries++
				return nil, fmt.Errorf("read tcp 10.0.0.1:%d: %s", 40000+tries, why.Load())
			},
		})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- x.Run(ctx) }()
		time.Sleep(10 * time.Minute)
		why.Store("no route to host")
		time.Sleep(10 * time.Minute)
		why.Store("connection refused")
		time.Sleep(10 * time.Minute)
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		if got := strings.Count(log.String(), "peer not reached"); got != 3 || tries < 60 {
			t.Errorf("%d lines for %d tries, want one for each of 3 reasons:\n%s", got, tries, log.String())
		}
		all, err := x.Peers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		last := all[0].Last
		if last == nil || last.Reason != ReasonUnreachable || !strings.Contains(last.Words, "refused") || time.Since(last.Time) > redialMax {
			t.Errorf("last fault %+v, want the last try", last)
		}
	})
}
