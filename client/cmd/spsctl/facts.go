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
	pairs []fact
}

type fact struct {
	name  string
	value cell
}

func newFacts(w io.Writer) *facts { return &facts{w: w} }

// add adds a fact, whose value is a string or a [cell]; one without a value is
// left out.
func (f *facts) add(name string, value any) {
	if v := faces(value); v.people != "" {
		f.pairs = append(f.pairs, fact{name, v})
	}
}

func (f *facts) close() error {
	width := 0
	for _, p := range f.pairs {
		width = max(width, runewidth.StringWidth(p.name))
	}
	for _, p := range f.pairs {
		if _, err := fmt.Fprintf(f.w, "%s  %s\n", runewidth.FillRight(printable(p.name), width), printable(p.value.people)); err != nil {
			return err
		}
	}
	return nil
}

// write writes the facts for people; for programs it writes the whole, of which
// they are a part, and in CSV a line for each fact.
func (f *facts) write(as format, whole any) error {
	switch as {
	case tableFormat:
		return f.close()
	case csvFormat:
		list := newList(f.w, csvFormat, "name", "value")
		for _, p := range f.pairs {
			if err := list.add(nil, p.name, p.value); err != nil {
				return err
			}
		}
		return list.close()
	default:
		return write(f.w, as, whole)
	}
}

// stamp writes a time for programs; empty if there is none.
func stamp(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().UTC().Format(time.RFC3339)
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

// prefixed puts a word before a text that is not empty.
func prefixed(word, text string) string {
	if text == "" {
		return ""
	}
	return word + text
}
