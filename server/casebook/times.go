package casebook

import (
	"cmp"
	"encoding/binary"
	"errors"
	"time"

	"github.com/spsalert/spsalert/server/store"
)

// nearby is how many positions of one block are read at once.
const nearby = 64

// times are those of a block of positions. Lists go over positions that lie
// close together, and to scan a few is faster than to look up each; the first
// of a block is looked up all the same, since it may be the only one.
type times struct {
	block  uint64 // the one asked for last, and one; 0 for none
	loaded bool
	of     [nearby]int64 // milliseconds since 1970, 0 for none
}

// at returns the time of a position, or 0 if there is none.
func (t *times) at(r store.Reader, n uint64) (int64, error) {
	block := n/nearby + 1
	if t.block != block {
		t.block, t.loaded = block, false
		v, err := r.Get(tableTimes, numberKey(n))
		return timeOf(v), err
	}
	if !t.loaded {
		clear(t.of[:])
		first := n - n%nearby
		for row, err := range r.Scan(tableTimes, numberKey(first), numberKey(first+nearby), false) {
			if err != nil {
				return 0, err
			}
			t.of[binary.BigEndian.Uint64(row.Key)-first] = timeOf(row.Value)
		}
		t.loaded = true
	}
	return t.of[n%nearby], nil
}

// timeOf reads the value of a row of tableTimes; 0 if there is none.
func timeOf(value []byte) int64 {
	if len(value) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(value))
}

// recorded returns when the node recorded the statement, in milliseconds since
// 1970, or false if it has no note of it.
func (l *line) recorded() (int64, bool) {
	t, err := l.times.at(l.r, l.n)
	l.err = cmp.Or(l.err, err)
	return t, t != 0
}

// timeTest makes the test of a field of times. A day stands for all its
// instants, by UTC. What has no time is neither before nor after another.
func timeTest(c cost, of func(*line) (int64, bool)) func(operator, value string) (test, error) {
	return func(operator, value string) (test, error) {
		from, to, err := span(value)
		within := func(t int64) bool { return from <= t && t <= to }
		switch operator {
		case "<":
			within = func(t int64) bool { return t < from }
		case "<=":
			within = func(t int64) bool { return t <= to }
		case ">":
			within = func(t int64) bool { return t > to }
		case ">=":
			within = func(t int64) bool { return t >= from }
		}
		return not(operator == "!=", test{holds: func(l *line) bool {
			t, ok := of(l)
			return ok && within(t)
		}, cost: c}), err
	}
}

// span returns the first and the last millisecond of a day or an instant.
func span(value string) (from, to int64, err error) {
	if day, err := time.Parse(time.DateOnly, value); err == nil {
		return day.UnixMilli(), day.AddDate(0, 0, 1).UnixMilli() - 1, nil
	}
	instant, err := time.Parse(time.RFC3339, value)
	if err != nil {
		err = errors.New(`give a time such as "2026-03-31T08:00:00Z" or a day such as "2026-03-31"`)
	}
	return instant.UnixMilli(), instant.UnixMilli(), err
}
