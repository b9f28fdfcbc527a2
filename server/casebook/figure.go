package casebook

import (
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// figure is how long something took. It counts coarse times, so that its size
// is bounded by how many of those there are, about a hundred thousand in ten
// years, and not by how many cases there are.
type figure struct {
	times        map[time.Duration]uint64
	count        uint64
	due, overdue uint64
}

// took adds a time.
func (f *figure) took(d time.Duration) {
	if f.times == nil {
		f.times = make(map[time.Duration]uint64)
	}
	f.times[coarse(d)]++
	f.count++
}

// turn adds one time at which it was an office's turn.
func (f *figure) turn(t Turn, now time.Time) {
	if !t.Done.IsZero() {
		f.took(t.Done.Sub(t.Start))
	}
	if t.Due.IsZero() {
		return
	}
	f.due++
	end := t.Done
	if end.IsZero() {
		end = now
	}
	if end.After(t.Due) {
		f.overdue++
	}
}

// coarse cuts a time to whole seconds below an hour, to whole minutes below ten
// days, to whole hours above. What was done before it was delivered, by way of a
// telephone, took no time.
func coarse(d time.Duration) time.Duration {
	switch {
	case d < 0:
		return 0
	case d < time.Hour:
		return d.Truncate(time.Second)
	case d < 10*24*time.Hour:
		return d.Truncate(time.Minute)
	}
	return d.Truncate(time.Hour)
}

// within returns the shortest time within which so many of a hundred were done.
func (f *figure) within(percent uint64) time.Duration {
	want := (f.count*percent + 99) / 100
	var done uint64
	for _, d := range slices.Sorted(maps.Keys(f.times)) {
		if done += f.times[d]; done >= want {
			return d
		}
	}
	return 0
}

func (f *figure) message() *spsv1.TimeFigure {
	m := &spsv1.TimeFigure{Count: f.count, Due: f.due, Overdue: f.overdue}
	if f.count > 0 {
		m.Median, m.P90 = durationpb.New(f.within(50)), durationpb.New(f.within(90))
	}
	return m
}
