package main

import (
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// number is a number on the command line that has a least value.
type number struct {
	n     *int
	least int
}

// String, Set and Type make it the value of a flag.
func (v number) String() string {
	if v.n == nil {
		return "0"
	}
	return strconv.Itoa(*v.n)
}

// Set implements pflag.Value.
func (v number) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < v.least {
		return fmt.Errorf("want a number, %d or more", v.least)
	}
	*v.n = n
	return nil
}

// Type implements pflag.Value.
func (v number) Type() string { return "int" }

// span is a length of time on the command line that has a least value.
type span struct {
	d     *time.Duration
	least time.Duration
}

// String, Set and Type make it the value of a flag.
func (v span) String() string {
	if v.d == nil {
		return "0s"
	}
	return v.d.String()
}

// Set implements pflag.Value.
func (v span) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil || d < v.least {
		return fmt.Errorf("want a time such as 90s, 15m or 4h, %s or more", v.least)
	}
	*v.d = d
	return nil
}

// Type implements pflag.Value.
func (v span) Type() string { return "duration" }

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
