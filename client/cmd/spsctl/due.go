package main

import (
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
)

// dueFlag is a time on the command line until which something is to be done or holds: as
// a timeFlag is, but a day lasts to its end by the clocks of the office.
type dueFlag struct {
	timeFlag
	day string // 2026-12-01, if no time of it was given
}

// Set implements pflag.Value.
func (d *dueFlag) Set(s string) error {
	d.day = ""
	if _, err := time.Parse(time.DateOnly, s); err == nil {
		d.day = s
	}
	return d.timeFlag.Set(s)
}

// in returns the time, of a day its last second in a zone; nil if none was given.
func (d *dueFlag) in(zone *time.Location) *timestamppb.Timestamp {
	day, err := time.ParseInLocation(time.DateOnly, d.day, zone)
	if err != nil {
		return d.at
	}
	return timestamppb.New(day.AddDate(0, 0, 1).Add(-time.Second))
}

// dueUntil flags a time until which something is to be done or holds.
func dueUntil(cmd *cobra.Command, name, usage string) *dueFlag {
	d := &dueFlag{timeFlag: timeFlag{ahead: true}}
	cmd.Flags().Var(d, name, usage+"; a day lasts to its end, by the clocks of your office")
	return d
}

// zoneOf returns the zone of the hours on the card of an office, of this machine
// if the card has no hours.
func zoneOf(card *certs.Card) *time.Location {
	if card.Message().GetHours() == nil {
		return time.Local
	}
	return card.Zone()
}
