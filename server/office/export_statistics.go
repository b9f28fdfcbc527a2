package office

import (
	"strings"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// statisticsColumns returns those of docs/reference/export.md, the dimensions
// first.
func statisticsColumns(by []spsv1.Dimension) []column[*spsv1.StatisticsGroup] {
	type group = *spsv1.StatisticsGroup
	columns := []column[group]{{"row", func(g group) any {
		if len(g.GetValues()) == 0 {
			return "total"
		}
		return "group"
	}}}
	value := func(i int, of func(*spsv1.GroupValue) string) func(group) any {
		return func(g group) any {
			if len(g.GetValues()) == 0 {
				return ""
			}
			return of(g.GetValues()[i])
		}
	}
	for i, d := range by {
		name := strings.ToLower(short(d))
		columns = append(columns,
			column[group]{name, value(i, (*spsv1.GroupValue).GetValue)}, column[group]{name + "_label", value(i, (*spsv1.GroupValue).GetLabel)})
	}
	columns = append(columns,
		column[group]{"cases", func(g group) any { return g.GetCases() }},
		column[group]{"withdrawn", func(g group) any { return g.GetWithdrawn() }})
	for _, f := range []struct {
		name  string
		of    func(group) *spsv1.TimeFigure
		clock bool
	}{
		{"acknowledgement", group.GetAcknowledgement, true},
		{"first_answer", group.GetFirstAnswer, false},
		{"outcome", group.GetOutcome, true},
		{"request", group.GetRequest, true},
		{"sampling_to_notice", group.GetSamplingToNotice, false},
	} {
		columns = append(columns,
			column[group]{f.name + "_count", func(g group) any { return f.of(g).GetCount() }},
			column[group]{f.name + "_median_seconds", func(g group) any { return seconds(f.of(g).GetMedian().AsDuration(), f.of(g)) }},
			column[group]{f.name + "_p90_seconds", func(g group) any { return seconds(f.of(g).GetP90().AsDuration(), f.of(g)) }})
		if f.clock {
			columns = append(columns,
				column[group]{f.name + "_due", func(g group) any { return f.of(g).GetDue() }},
				column[group]{f.name + "_overdue", func(g group) any { return f.of(g).GetOverdue() }})
		}
	}
	return append(columns,
		column[group]{"rejected", func(g group) any { return g.GetRejected() }},
		column[group]{"inspected", func(g group) any {
			if g.Inspected == nil {
				return nil
			}
			return g.GetInspected()
		}})
}

// seconds returns a time of a figure; nil if it was never taken.
func seconds(d time.Duration, f *spsv1.TimeFigure) any {
	if f.GetCount() == 0 {
		return nil
	}
	return int64(d / time.Second)
}
