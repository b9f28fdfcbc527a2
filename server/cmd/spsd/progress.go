package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/spsalert/spsalert/server/backup"
)

// say writes a line to whoever waits.
func (p *program) say(format string, args ...any) { fmt.Fprintf(p.err, format+"\n", args...) }

// progress shows how far long work has come: on a terminal in one line that
// changes, elsewhere in a line now and then.
type progress struct {
	w     io.Writer
	line  bool // of a terminal
	every time.Duration

	mu   sync.Mutex
	step string
	last time.Time
}

func (p *program) progress() *progress {
	show := &progress{w: p.err, every: 10 * time.Second}
	if f, ok := p.err.(interface{ Fd() uintptr }); ok && term.IsTerminal(int(f.Fd())) {
		show.line, show.every = true, 200*time.Millisecond
	}
	return show
}

// tell takes a report.
func (s *progress) tell(r backup.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if r.Step == s.step && now.Sub(s.last) < s.every {
		return
	}
	begin, end := "", "\n"
	if s.line {
		begin, end = "\r\x1b[K", ""
	}
	s.step, s.last = r.Step, now
	switch {
	case r.Of > 0:
		fmt.Fprintf(s.w, "%s%s: %d %% of %s%s", begin, r.Step, 100*r.Bytes/r.Of, amount(r.Of), end)
	case r.Bytes > 0:
		fmt.Fprintf(s.w, "%s%s: %s%s", begin, r.Step, amount(r.Bytes), end)
	default:
		fmt.Fprintf(s.w, "%s%s%s", begin, r.Step, end)
	}
}

// amount says in words how many bytes there are.
func amount(n int64) string {
	if n < 10<<20 {
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d MB", n>>20)
}

// end leaves the line.
func (s *progress) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.line && s.step != "" {
		fmt.Fprint(s.w, "\r\x1b[K")
	}
}
