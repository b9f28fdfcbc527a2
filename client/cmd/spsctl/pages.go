package main

import (
	"fmt"
	"iter"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// pages returns the items of a list that comes in pages, at most so many; a
// limit of 0 is none. After an error there is no more.
func pages[T any](limit int, fetch func(size int32, token string) (items []T, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		shown, token := 0, ""
		for {
			items, next, err := fetch(int32(min(max(limit, 0), 1000)), token)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
				if shown++; shown == limit {
					return
				}
			}
			if token = next; token == "" {
				return
			}
		}
	}
}

func limitFlag(cmd *cobra.Command, limit *int) {
	cmd.Flags().IntVar(limit, "limit", *limit, "at most so many; 0: all")
}

// timeFlag is a time on the command line: an instant, a day in the local zone,
// or how long ago.
type timeFlag struct {
	at    *timestamppb.Timestamp
	ahead bool // a duration is from now on, not back
}

// String, Set and Type make it the value of a flag.
func (t *timeFlag) String() string { return "" }

// Set implements pflag.Value.
func (t *timeFlag) Set(s string) error {
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		t.at = timestamppb.New(at)
		return nil
	}
	if at, err := time.ParseInLocation(time.DateOnly, s, time.Local); err == nil {
		t.at = timestamppb.New(at)
		return nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return fmt.Errorf("want a time such as 2026-01-31, 2026-01-31T08:00:00+07:00 or 24h")
	}
	if !t.ahead {
		d = -d
	}
	t.at = timestamppb.New(time.Now().Add(d))
	return nil
}

// Type implements pflag.Value.
func (t *timeFlag) Type() string { return "time" }
