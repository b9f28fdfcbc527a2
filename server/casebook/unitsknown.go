package casebook

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spsalert/spsalert/client/plain"
	"github.com/spsalert/spsalert/server/statement"
)

// mostUnits is how many units are named to somebody who named another.
const mostUnits = 20

// UnitsKnown returns what is wrong with a query by a unit that is neither one of
// ids nor, taken off the card since, one that sees a case: it would find nothing, as
// if nothing were to be done.
func (b *Book) UnitsKnown(ctx context.Context, q Query, ids []string) (statement.Problems, error) {
	for _, id := range q.units {
		if slices.ContainsFunc(ids, func(known string) bool { return plain.Text(known) == plain.Text(id) }) {
			continue
		}
		seen, err := b.SeenBy(ctx, []string{id})
		if err != nil {
			return nil, err
		}
		if len(seen) == 0 {
			return statement.Problems{unitUnknown(id, ids)}, nil
		}
	}
	return nil, nil
}

// unitUnknown says that there is no unit of an id, and which there are.
func unitUnknown(id string, ids []string) statement.Problem {
	switch near := nearest(id, ids); {
	case near != "":
		return statement.Problem{Field: "filter", Reason: "UNIT_UNKNOWN", Sentence: fmt.Sprintf("there is no unit %q, did you mean %s", id, near)}
	case len(ids) == 0:
		return statement.Problem{Field: "filter", Reason: "UNIT_UNKNOWN", Sentence: fmt.Sprintf("there is no unit %q: the card of this office has no units", id)}
	case len(ids) > mostUnits:
		ids = append(slices.Clone(ids[:mostUnits]), "…")
	}
	return statement.Problem{Field: "filter", Reason: "UNIT_UNKNOWN", Sentence: fmt.Sprintf("there is no unit %q, only %s", id, strings.Join(ids, ", "))}
}
