package exchange

import (
	"testing"
	"time"
)

// at is an instant of the tests, in seconds since an arbitrary one.
func at(seconds float64) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(seconds * float64(time.Second)))
}

func TestWindowFollowsTheLine(t *testing.T) {
	type step struct {
		at     float64
		send   int    // bytes sent at that time, or
		credit uint64 // the Credit that comes
		want   int    // the window afterwards
	}
	for _, tc := range []struct {
		name  string
		steps []step
	}{
		{"doubles when a used window is credited in time", []step{
			{at: 0, send: 32 << 10, want: 64 << 10},
			{at: 0.1, send: 32 << 10, want: 64 << 10},
			{at: 1, credit: 64 << 10, want: 128 << 10},
		}},
		{"small frames open nothing", []step{
			{at: 0, send: 1000, want: 64 << 10},
			{at: 0.1, credit: 1000, want: 64 << 10},
			{at: 1, send: 1000, want: 64 << 10},
			{at: 1.1, credit: 2000, want: 64 << 10},
		}},
		{"doubles once for what was out", []step{
			{at: 0, send: 32 << 10, want: 64 << 10},
			{at: 0.1, send: 32 << 10, want: 64 << 10},
			{at: 1, credit: 32 << 10, want: 128 << 10},
			{at: 1, credit: 64 << 10, want: 128 << 10},
		}},
		{"between two and four seconds it stays", []step{
			{at: 0, send: 64 << 10, want: 64 << 10},
			{at: 3, credit: 64 << 10, want: 64 << 10},
		}},
		{"halves once for what was out, and not below the least", []step{
			{at: 0, send: 64 << 10, want: 64 << 10},
			{at: 1, credit: 64 << 10, want: 128 << 10},
			{at: 1, send: 64 << 10, want: 128 << 10},
			{at: 2, send: 64 << 10, want: 128 << 10},
			{at: 3, credit: 192 << 10, want: 256 << 10},
			{at: 4, send: 128 << 10, want: 256 << 10},
			{at: 5, send: 128 << 10, want: 256 << 10},
			{at: 9, credit: 320 << 10, want: 128 << 10},
			{at: 12, credit: 448 << 10, want: 128 << 10},
			{at: 12, send: 64 << 10, want: 128 << 10},
			{at: 20, credit: 512 << 10, want: 64 << 10},
			{at: 20, send: 64 << 10, want: 64 << 10},
			{at: 30, credit: 576 << 10, want: 32 << 10},
			{at: 30, send: 16 << 10, want: 32 << 10},
			{at: 40, credit: 592 << 10, want: 16 << 10},
			{at: 40, send: 16 << 10, want: 16 << 10},
			{at: 50, credit: 608 << 10, want: 16 << 10},
		}},
		{"what was credited before changes nothing", []step{
			{at: 0, send: 64 << 10, want: 64 << 10},
			{at: 1, credit: 64 << 10, want: 128 << 10},
			{at: 9, credit: 64 << 10, want: 128 << 10},
			{at: 9, credit: 10, want: 128 << 10},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newOutflow()
			f.window = 64 << 10
			for i, s := range tc.steps {
				if s.send > 0 {
					f.send(s.send, at(s.at))
				} else if err := f.credit(s.credit, at(s.at)); err != nil {
					t.Fatalf("step %d: %v", i, err)
				}
				if f.window != s.want {
					t.Fatalf("step %d: window = %d, want %d", i, f.window, s.want)
				}
			}
		})
	}
}

func TestWindowHasAnUpperEnd(t *testing.T) {
	f := newOutflow()
	for i := range 20 {
		f.send(f.window, at(float64(i)))
		if err := f.credit(f.sent, at(float64(i)+0.5)); err != nil {
			t.Fatal(err)
		}
	}
	if f.window != maxWindow {
		t.Errorf("window = %d, want %d", f.window, maxWindow)
	}
	if got := f.frame(); got != MaxFrame {
		t.Errorf("frame() = %d, want %d", got, MaxFrame)
	}
}

func TestOneFrameMayExceedTheWindow(t *testing.T) {
	f := newOutflow()
	if !f.fits(300 << 10) {
		t.Error("fits(300 KiB) with nothing out = false, want true")
	}
	f.send(300<<10, at(0))
	if f.fits(1) {
		t.Error("fits(1) beyond the window = true, want false")
	}
	if err := f.credit(300<<10-1, at(1)); err != nil {
		t.Fatal(err)
	}
	if f.fits(300 << 10) {
		t.Error("fits(300 KiB) with a byte out = true, want false")
	}
}

func TestCreditForWhatWasNeverSent(t *testing.T) {
	f := newOutflow()
	f.send(10, at(0))
	if err := f.credit(11, at(1)); err == nil {
		t.Error("credit(11) of 10 sent: no error")
	}
}

func TestMarksAreBounded(t *testing.T) {
	f := newOutflow()
	for i := range 60_000 { // a frame a millisecond, for a minute, without Credit
		f.send(1, at(float64(i)/1000))
	}
	if got, want := len(f.marks), 60*20+1; got > want {
		t.Errorf("%d marks, want at most %d", got, want)
	}
}

func TestCreditIsDue(t *testing.T) {
	var f inflow
	for i, step := range []struct {
		receive, take int
		want          bool
	}{
		{receive: 20 << 10, want: false}, // nothing taken yet
		{take: 10 << 10, want: false},    // 10 KiB taken, as much is waiting
		{take: 8 << 10, want: true},      // 18 KiB taken
		{take: 2 << 10, want: true},
	} {
		if err := f.receive(step.receive); err != nil {
			t.Fatal(err)
		}
		f.take(step.take)
		if got := f.due(); got != step.want {
			t.Errorf("step %d: due() = %v, want %v", i, got, step.want)
		}
	}
	f.told = f.taken
	if f.due() {
		t.Error("due() after Credit was sent = true, want false")
	}
	if err := f.receive(10); err != nil {
		t.Fatal(err)
	}
	f.take(10)
	if !f.due() {
		t.Error("due() with nothing left to take = false, want true")
	}
}

func TestReceiverHoldsOneWindow(t *testing.T) {
	var f inflow
	if err := f.receive(maxWindow); err != nil {
		t.Errorf("receive(%d): %v", maxWindow, err)
	}
	if err := f.receive(1); err == nil {
		t.Error("receive of more than the largest window: no error")
	}
}
