package casebook

import (
	"fmt"
	"strings"
	"time"

	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Monday returns the first moment of an ISO week such as 2026-W12, on the
// calendar of a zone; false if no year has that week.
func Monday(week string, zone *time.Location) (time.Time, bool) {
	var year, number int
	if n, err := fmt.Sscanf(week, "%4d-W%2d", &year, &number); n != 2 || err != nil {
		return time.Time{}, false
	}
	// The fourth of January is in the first week.
	fourth := time.Date(year, 1, 4, 0, 0, 0, 0, zone)
	monday := time.Date(year, 1, 4-(int(fourth.Weekday())+6)%7+7*(number-1), 0, 0, 0, 0, zone)
	return monday, Week(monday) == week
}

// Inspected adds consignments that were inspected to the total, and to their
// group if the tally groups by nothing that they do not have: week, origin,
// product category or HS chapter. It is called after all cases were added, since
// a category that was entered in words is the one that they have by that name.
// The error is [ErrGroups].
func (t *Tally) Inspected(i *spsv1.Inspection) error {
	t.total.inspect(i)
	terms := make([]Term, len(t.o.GroupBy))
	for n, d := range t.o.GroupBy {
		value := ""
		switch d {
		case spsv1.Dimension_DIMENSION_WEEK:
			value = i.GetWeek()
		case spsv1.Dimension_DIMENSION_ORIGIN:
			value = i.GetOrigin()
		case spsv1.Dimension_DIMENSION_HS_CHAPTER:
			value = i.GetHsChapter()
		case spsv1.Dimension_DIMENSION_PRODUCT_CATEGORY:
			terms[n] = t.category(i.GetProductCategory())
			value = terms[n].Value
		default:
		}
		if value == "" {
			return nil
		}
		if terms[n].Value == "" {
			terms[n] = Term{value, value}
		}
	}
	if len(terms) == 0 {
		return nil
	}
	g, err := t.group(terms)
	if err == nil {
		g.inspect(i)
	}
	return err
}

func (g *group) inspect(i *spsv1.Inspection) {
	g.inspected += uint64(i.GetConsignments())
	g.counted = true
}

// category returns the category of cases that words or a code name, or a value
// of its own if they have none of that name.
func (t *Tally) category(text string) Term {
	if t.categories == nil {
		t.categories = t.categoriesOf()
	}
	folded := plain.Text(text)
	if known, ok := t.categories[folded]; ok {
		return known
	}
	return Term{folded, strings.TrimSpace(text)}
}

// categoriesOf returns the categories of all groups by what they may be called:
// value, code without its list, label. Of several the first in the order of the
// alphabet is meant, whatever came first.
func (t *Tally) categoriesOf() map[string]Term {
	all := make(map[string]Term)
	for n, d := range t.o.GroupBy {
		if d != spsv1.Dimension_DIMENSION_PRODUCT_CATEGORY {
			continue
		}
		for _, g := range t.groups {
			term := g.terms[n]
			_, code, _ := strings.Cut(term.Value, ":")
			for _, name := range []string{term.Value, code, term.Label} {
				name = plain.Text(name)
				if other, ok := all[name]; name != "" && (!ok || term.Value < other.Value) {
					all[name] = term
				}
			}
		}
	}
	return all
}
