package casebook

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// maxGroups is how many groups a [Tally] has at most.
const maxGroups = 10_000

// ErrGroups says that a tally would have more groups than is of use to anybody:
// count fewer cases, or by fewer dimensions.
var ErrGroups = errors.New("more than 10,000 groups")

// A Tally counts cases. What it holds grows with the groups and not with the
// cases, and does not depend on the order in which these are added.
type Tally struct {
	o      TallyOptions
	total  *group
	groups map[string]*group

	categories map[string]Term // made by Inspected
}

// TallyOptions says what is counted.
type TallyOptions struct {
	GroupBy []spsv1.Dimension
	Office  certs.Office   // whose rejections are counted
	Zone    *time.Location // whose days and weeks count
	Now     time.Time      // what is due before and not done is overdue
}

// NewTally returns a tally of nothing yet.
func NewTally(o TallyOptions) *Tally {
	return &Tally{o: o, total: &group{}, groups: make(map[string]*group)}
}

// group is what the cases of one group add up to.
type group struct {
	terms     []Term
	cases     uint64
	withdrawn uint64
	rejected  uint64
	inspected uint64
	counted   bool // inspections were
	waits     [waits]figure
	sampling  figure
}

// Add counts one case. The error is [ErrGroups]; the tally is then of no use.
func (t *Tally) Add(f Facts) error {
	if f.Exercise {
		return nil
	}
	t.count(t.total, f)
	if len(t.o.GroupBy) == 0 {
		return nil
	}
	return t.each(t.terms(f), func(g *group) { t.count(g, f) })
}

// terms returns the values of a case for each dimension; an empty one if it has
// none.
func (t *Tally) terms(f Facts) [][]Term {
	all := make([][]Term, len(t.o.GroupBy))
	for i, d := range t.o.GroupBy {
		if d == spsv1.Dimension_DIMENSION_WEEK {
			week := Week(f.Issued.In(t.o.Zone))
			all[i] = []Term{{week, week}}
		} else if all[i] = f.Values[d]; len(all[i]) == 0 {
			all[i] = []Term{{}}
		}
	}
	return all
}

// Week returns the ISO week of a day, such as 2026-W09, on the calendar of its zone.
func Week(day time.Time) string {
	year, week := day.ISOWeek()
	return fmt.Sprintf("%04d-W%02d", year, week)
}

// each calls do for the group of each combination of values.
func (t *Tally) each(values [][]Term, do func(*group)) error {
	combinations := [][]Term{nil}
	for _, some := range values {
		var longer [][]Term
		for _, begun := range combinations {
			for _, term := range some {
				longer = append(longer, append(slices.Clone(begun), term))
			}
		}
		combinations = longer
	}
	for _, terms := range combinations {
		g, err := t.group(terms)
		if err != nil {
			return err
		}
		do(g)
	}
	return nil
}

// group returns the group of some values. Of several ways in which a value was
// written it shows the first in the order of the alphabet, whatever came first.
func (t *Tally) group(terms []Term) (*group, error) {
	var key strings.Builder
	for _, term := range terms {
		key.WriteString(term.Value + "\x00")
	}
	g := t.groups[key.String()]
	if g == nil {
		if len(t.groups) == maxGroups {
			return nil, ErrGroups
		}
		g = &group{terms: slices.Clone(terms)}
		t.groups[key.String()] = g
	}
	for i, term := range terms {
		g.terms[i].Label = min(g.terms[i].Label, term.Label)
	}
	return g, nil
}

// count adds a case to a group.
func (t *Tally) count(g *group, f Facts) {
	if f.Withdrawn {
		g.withdrawn++
		return
	}
	g.cases++
	if f.Office == t.o.Office && f.Classification == spsv1.Classification_CLASSIFICATION_BORDER_REJECTION {
		g.rejected++
	}
	for _, turn := range f.Turns {
		g.waits[turn.Wait].turn(turn, t.o.Now)
	}
	if days, ok := f.days(t.o.Zone); ok {
		g.sampling.took(time.Duration(days) * 24 * time.Hour)
	}
}

// days returns how many days lie between the first sample and the issue; false
// if no sample is known that was taken before.
func (f Facts) days(zone *time.Location) (int, bool) {
	if f.Sampled.IsZero() {
		return 0, false
	}
	year, month, day := f.Issued.In(zone).Date()
	days := int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Sub(f.Sampled) / (24 * time.Hour))
	return days, days >= 0
}

// Statistics returns what was counted, groups in the order of their values.
func (t *Tally) Statistics() *spsv1.Statistics {
	s := &spsv1.Statistics{
		CountTime: timestamppb.New(t.o.Now), TimeZone: t.o.Zone.String(), GroupBy: t.o.GroupBy, Total: t.total.message(nil),
	}
	for _, key := range slices.Sorted(maps.Keys(t.groups)) {
		s.Groups = append(s.Groups, t.groups[key].message(t.o.GroupBy))
	}
	return s
}

func (g *group) message(by []spsv1.Dimension) *spsv1.StatisticsGroup {
	m := &spsv1.StatisticsGroup{
		Cases: g.cases, Withdrawn: g.withdrawn, Rejected: g.rejected,
		Acknowledgement:  g.waits[Acknowledgement].message(),
		FirstAnswer:      g.waits[FirstAnswer].message(),
		Outcome:          g.waits[Outcome].message(),
		Request:          g.waits[Answer].message(),
		SamplingToNotice: g.sampling.message(),
	}
	if g.counted {
		m.Inspected = &g.inspected
	}
	for i, d := range by {
		m.Values = append(m.Values, &spsv1.GroupValue{Dimension: d, Value: g.terms[i].Value, Label: g.terms[i].Label})
	}
	return m
}
