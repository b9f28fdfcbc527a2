package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"
	"golang.org/x/term"

	"github.com/spsalert/spsalert/client/batch"
	"github.com/spsalert/spsalert/client/brief"
	"github.com/spsalert/spsalert/client/demo"
)

// manyStatements is how many are too many to show each of on a terminal.
const manyStatements = 200

// stage shows statements as they arrive. On a terminal a long run is a progress
// bar, with a statement now and then; else every statement is a line.
type stage struct {
	a      *app
	lines  bool // statements are shown, not only counted
	every  int  // one of so many is shown
	seen   int
	bar    bar
	header bool
	// product and hazard are the widths of those columns.
	product, hazard int

	last *demo.Delivery // the newest that went to named offices, else the newest
}

func newStage(a *app, total, offices int, lines bool) *stage {
	s := &stage{a: a, lines: lines, every: 1, product: 30, hazard: 40}
	if f, ok := a.out.(*os.File); ok && isTerminal(f) {
		if total > manyStatements {
			s.every = total / 30
		}
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			rest := width - referenceWidth - classWidth - 8 - receiverWidth*(offices-1)
			s.product = max(rest*2/5, 12)
			s.hazard = max(rest-s.product, 12)
		}
	}
	if s.every > 1 || !lines {
		s.bar = newBar(a.err, total, "delivered")
	}
	return s
}

// The columns of a line that do not depend on the terminal's width.
const (
	referenceWidth = 14
	classWidth     = 25
	receiverWidth  = 12 // of each office
)

// show takes a statement that has reached everybody.
func (s *stage) show(d *demo.Delivery) {
	s.bar.add()
	if s.last == nil || !d.Issued.GetAudience().GetNetwork() || s.last.Issued.GetAudience().GetNetwork() {
		s.last = d
	}
	if s.seen++; !s.lines || (s.seen-1)%s.every != 0 {
		return
	}
	s.bar.clear()
	if !s.header {
		s.header = true
		s.line("REFERENCE", "CLASSIFICATION", "PRODUCT", "HAZARD", "RECEIVED BY, AFTER")
	}
	b := brief.Of(d.Issued.GetStatement())
	s.line(d.Issued.GetReference(), first(b.Classification, b.Kind), first(b.Product, b.Subject), first(b.Hazard, b.Subject), receivers(d))
}

func (s *stage) line(reference, class, product, hazard, receivers string) {
	cell := func(text string, width int) string {
		return runewidth.FillRight(shorten(text, width), width)
	}
	fmt.Fprintf(s.a.out, "%s  %s  %s  %s  %s\n", cell(reference, referenceWidth), cell(class, classWidth),
		cell(product, s.product), cell(hazard, s.hazard), receivers)
}

// receivers says who has a statement, and after how long.
func receivers(d *demo.Delivery) string {
	var all []string
	for _, office := range d.Expected {
		all = append(all, fmt.Sprintf("%s %d ms", office, d.Arrived[office].Round(time.Millisecond).Milliseconds()))
	}
	return strings.Join(all, ", ")
}

// skipped takes an item that was not issued.
func (s *stage) skipped(r batch.Result) {
	s.bar.clear()
	s.a.reportSkipped(r)
	s.bar.add()
}

func (s *stage) close() { s.bar.close() }

// printSummary writes for people what a run came to.
func (a *app) printSummary(s demo.Summary) {
	fmt.Fprintf(a.out, "\n%d statements issued in %.1f s: %d to named offices, %d to everyone\n", s.Issued, s.Seconds, s.Addressed, s.Network)
	fmt.Fprintln(a.out, "each by one person: these offices let one person issue everything (four_eyes: alone: all), and the waiver is signed with it")
	if same := s.Rows - s.Issued - s.Skipped; same > 0 {
		fmt.Fprintf(a.out, "%d of %d rows say nothing that an earlier one had not said\n", same, s.Rows)
	}
	if s.Skipped > 0 {
		fmt.Fprintf(a.out, "%d of %d rows could not be taken, the reasons are above\n", s.Skipped, s.Rows)
	}
	fmt.Fprintf(a.out, "%d of %d deliveries held, byte for byte; %d receipted\n", s.Delivered, s.Expected, s.Receipted)
	fmt.Fprintf(a.out, "arrival after %.1f ms (median), %.1f ms (99 of 100); receipt back after %.1f ms, %.1f ms\n",
		s.ArrivalP50, s.ArrivalP99, s.ReceiptP50, s.ReceiptP99)
	for _, fault := range s.Faults {
		fmt.Fprintln(a.out, "wrong: "+fault)
	}
}
