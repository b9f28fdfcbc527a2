package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// cursors runs a watch until it has so many events, and returns their cursors.
func cursors(ctx context.Context, c *Client, opts WatchOptions, n int) (got []string, err error) {
	for event, err := range c.Watch(ctx, opts) {
		if err != nil {
			return got, err
		}
		if (event.Statement == nil) == (event.Receipt == nil) {
			return got, errors.New("an event is a statement or a receipt")
		}
		if got = append(got, event.Cursor); len(got) == n {
			break
		}
	}
	return got, nil
}

func numbers(from, to int) (all []string) {
	for i := from; i <= to; i++ {
		all = append(all, strconv.Itoa(i))
	}
	return all
}

func TestWatchResumesExactly(t *testing.T) {
	ways := []error{
		nil, // the node stopped in order
		status.Error(codes.Unavailable, "connection reset"),
		status.Error(codes.Internal, "stream cut"),
		status.Error(codes.ResourceExhausted, "too many watches"),
		status.Error(codes.Aborted, "draining"),
	}
	for seed := range uint64(20) {
		t.Run("seed "+strconv.FormatUint(seed, 10), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 0))
				const total = 200
				f := &fakeNode{}
				f.record(total)
				for range 30 {
					f.breaks = append(f.breaks, cut{after: random.IntN(12), err: ways[random.IntN(len(ways))]})
				}
				interrupted, resumed := 0, 0
				got, err := cursors(t.Context(), dialFake(t, f), WatchOptions{
					Cursor:      "7",
					Interrupted: func(error, time.Duration) { interrupted++ },
					Resumed:     func() { resumed++ },
				}, total-7)
				if err != nil {
					t.Fatalf("watch: %v", err)
				}
				if diff := cmp.Diff(numbers(8, total), got); diff != "" {
					t.Errorf("cursors (-want +got):\n%s", diff)
				}
				if resumed != interrupted {
					t.Errorf("told %d times that it was resumed, want %d", resumed, interrupted)
				}
				if interrupted == 0 {
					t.Error("told of no interruption, want some")
				}
			})
		})
	}
}

func TestWatchEndsForGood(t *testing.T) {
	for _, test := range []struct {
		name string
		code codes.Code
	}{
		{"a cursor of another store", codes.OutOfRange},
		{"not allowed", codes.PermissionDenied},
		{"not known", codes.Unimplemented},
		{"not sound", codes.InvalidArgument},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakeNode{breaks: []cut{{err: status.Error(test.code, "no")}}}
				_, err := cursors(t.Context(), dialFake(t, f), WatchOptions{}, 1)
				var e *Error
				if !errors.As(err, &e) || e.Code != test.code {
					t.Errorf("error %v, want code %s", err, test.code)
				}
				if got, want := len(f.opened), 1; got != want {
					t.Errorf("opened %d times, want %d", got, want)
				}
			})
		})
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		f := &fakeNode{}
		f.record(3)
		got, err := cursors(ctx, dialFake(t, f), WatchOptions{}, 4)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want %v", err, context.DeadlineExceeded)
		}
		if want := 3; len(got) != want {
			t.Errorf("got %d events, want %d", len(got), want)
		}
	})
}

func TestWatchTwiceStartsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeNode{}
		f.record(3)
		watch := dialFake(t, f).Watch(t.Context(), WatchOptions{Cursor: "1"})
		for range 2 {
			for event, err := range watch {
				if err != nil {
					t.Fatal(err)
				}
				if want := "2"; event.Cursor != want {
					t.Errorf("first cursor %q, want %q", event.Cursor, want)
				}
				break
			}
		}
	})
}
