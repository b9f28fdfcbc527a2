package casebook

import (
	"time"

	"github.com/spsalert/spsalert/server/statement"
)

// dayQuery is what the queries of lists of what holds have in common: a filter, and
// a day.
type dayQuery struct {
	test     test
	from, to time.Time // see [Day]; zero: now
}

// parseDayQuery reads a filter over some fields and a day, and returns what is
// wrong with them, by the names of the fields of a list request.
func (l Limits) parseDayQuery(filter, day string, of []Field) (q dayQuery, problems statement.Problems) {
	var err error
	if q.test, _, err = l.parseFilter(filter, of); err != nil {
		problems = append(problems, statement.Problem{Field: "filter", Reason: "FILTER", Sentence: err.Error()})
	}
	if day != "" {
		var wrong *statement.Problem
		if q.from, q.to, wrong = Day(day, time.Time{}); wrong != nil {
			problems = append(problems, *wrong)
		}
	}
	return q, problems
}

// holds reports whether the filter lets a line through.
func (q dayQuery) holds(l *line) bool { return q.test.holds == nil || q.test.holds(l) }

// span returns the span of time that is asked about.
func (q dayQuery) span(now time.Time) (from, to time.Time) {
	if q.to.IsZero() {
		return now, now
	}
	return q.from, q.to
}
