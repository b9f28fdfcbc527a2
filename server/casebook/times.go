package casebook

import (
	"errors"
	"time"
)

// recorded returns when the node recorded the statement, in milliseconds since
// 1970, or false if it has no note of it.
func (l *line) recorded() (int64, bool) {
	t, err := recorded(l.r, l.n)
	l.err = errOr(l.err, err)
	return t.UnixMilli(), !t.IsZero()
}

// timeTest makes the test of a field of times. A day stands for all its
// instants, by UTC. What has no time is neither before nor after another.
func timeTest(of func(*line) (int64, bool)) func(operator, value string) (test, error) {
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
		return not(operator == "!=", func(l *line) bool {
			t, ok := of(l)
			return ok && within(t)
		}), err
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
