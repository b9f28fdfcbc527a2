package exchange

import (
	"fmt"
	"time"
)

const (
	// firstWindow is the window that a session starts with. A line of
	// 9.6 kbit/s carries it both ways, and Credit behind it, within deafLimit.
	firstWindow = 32 << 10
	// minWindow is the window that a session never goes below: 2 s of a line of
	// 64 kbit/s, 14 s of one of 9.6 kbit/s. An urgent entry waits no longer than
	// that for what is on the line.
	minWindow = 16 << 10
	// maxWindow is the largest window, and so the most bytes of one peer that
	// ever wait here.
	maxWindow = 16 << 20
	// MaxFrame is the largest frame, serialised, in bytes.
	MaxFrame = 1 << 20

	// Credit that comes back within fast lets the window double; Credit that
	// takes longer than slow halves it.
	fast = 2 * time.Second
	slow = 4 * time.Second

	// creditEvery is how many bytes are taken off the stream before Credit is
	// sent at the latest. The rule of a quarter of the window is the sender's,
	// whose window the receiver does not know: this is a quarter of one of
	// 64 KiB. Larger windows get Credit more often than they need, at some
	// 50 bytes for 16 KiB. Credit is sent for less when nothing is left to
	// take, so that a slow line, which is always empty between two frames, is
	// credited frame by frame.
	creditEvery = 16 << 10
)

// outflow bounds the bytes that are on their way to the peer. Sizes are those
// of serialised frames, Credit frames left out.
//
// The window grows only in rounds that used it: a session of small live frames
// that are credited at once says nothing about what the line carries, and must
// not open a thin line to 16 MiB before the first backlog.
type outflow struct {
	window   int
	sent     uint64 // in all
	credited uint64 // of them, by the largest Credit

	marks []mark // frames without Credit, oldest first
	full  bool   // more than half of the window was out during this round
	round uint64 // a round ends, and the window may change, with Credit beyond this

	since time.Time // since when bytes are out and no new Credit has come
}

// mark says when the bytes up to an offset were sent.
type mark struct {
	end uint64
	at  time.Time
}

// markStep is the time within which frames share a mark, which bounds their
// number.
const markStep = 50 * time.Millisecond

func newOutflow() outflow { return outflow{window: firstWindow} }

// out returns how many bytes are without Credit.
func (f *outflow) out() int { return int(f.sent - f.credited) }

// fits reports whether a frame may be sent now. Any frame may be sent when
// nothing is out: one entry may be larger than half of a small window, or than
// all of it.
func (f *outflow) fits(size int) bool {
	return f.out() == 0 || f.out()+size <= f.window
}

// frame returns the size up to which a frame of entries is filled.
func (f *outflow) frame() int { return min(MaxFrame, f.window/2) }

// send counts a frame that is handed to the stream now.
func (f *outflow) send(size int, now time.Time) {
	if size == 0 {
		return
	}
	if f.out() == 0 {
		f.since = now
	}
	f.sent += uint64(size)
	if f.out() > f.window/2 {
		f.full = true
	}
	if n := len(f.marks); n > 0 && now.Sub(f.marks[n-1].at) < markStep {
		f.marks[n-1].end = f.sent
		return
	}
	f.marks = append(f.marks, mark{end: f.sent, at: now})
}

// credit counts the peer's Credit. It is an error to be credited for what was
// never sent; what was said before changes nothing.
func (f *outflow) credit(total uint64, now time.Time) error {
	if total > f.sent {
		return fmt.Errorf("credit for %d bytes of %d sent", total, f.sent)
	}
	if total <= f.credited {
		return nil
	}
	f.credited, f.since = total, now
	covered, at := 0, time.Time{}
	for _, m := range f.marks {
		if m.end > total {
			break
		}
		covered, at = covered+1, m.at
	}
	f.marks = f.marks[covered:]
	if covered == 0 || total <= f.round {
		return nil
	}
	switch took := now.Sub(at); {
	case took > slow:
		f.resize(f.window / 2)
	case took <= fast && f.full:
		f.resize(f.window * 2)
	}
	return nil
}

// resize begins a round: what is out now was sent under the old window and
// says nothing about the new one.
func (f *outflow) resize(window int) {
	f.window = max(minWindow, min(window, maxWindow))
	f.round = f.sent
	f.full = false
}

// inflow counts the bytes that come from the peer.
type inflow struct {
	held  int    // received and not yet taken
	taken uint64 // in all
	told  uint64 // taken, when Credit was last sent
}

// receive counts a frame that has come. The peer is at fault if more than the
// largest window is here: no honest sender has that much without Credit.
func (f *inflow) receive(size int) error {
	f.held += size
	if f.held > maxWindow {
		return fmt.Errorf("%d bytes sent without credit, want at most %d", f.held, maxWindow)
	}
	return nil
}

// take counts a frame that is done with.
func (f *inflow) take(size int) {
	f.held -= size
	f.taken += uint64(size)
}

// due reports whether Credit is to be sent.
func (f *inflow) due() bool {
	return f.taken-f.told >= creditEvery || f.held == 0 && f.taken != f.told
}
