package main

import (
	"fmt"
	"io"
	"time"

	"github.com/mattn/go-runewidth"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// facts writes names and values in two columns.
type facts struct {
	w     io.Writer
	pairs [][2]string
}

func newFacts(w io.Writer) *facts { return &facts{w: w} }

// add adds a fact; one without a value is left out.
func (f *facts) add(name, value string) {
	if value != "" {
		f.pairs = append(f.pairs, [2]string{name, value})
	}
}

func (f *facts) close() error {
	width := 0
	for _, p := range f.pairs {
		width = max(width, runewidth.StringWidth(p[0]))
	}
	for _, p := range f.pairs {
		if _, err := fmt.Fprintf(f.w, "%s  %s\n", runewidth.FillRight(p[0], width), printable(p[1])); err != nil {
			return err
		}
	}
	return nil
}

// instant writes a time for people, in their own zone; empty if there is none.
func instant(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().Local().Format("2006-01-02 15:04:05 MST")
}

// ago writes how long ago a time was, roughly.
func ago(t *timestamppb.Timestamp, now time.Time) string {
	if t == nil {
		return "never"
	}
	d := now.Sub(t.AsTime())
	switch {
	case d < 0:
		return "just now"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days ago", int(d.Hours()/24))
	}
}
