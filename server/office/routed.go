package office

import (
	"context"
	"strings"

	"github.com/spsalert/spsalert/client/brief"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/routing"
)

// RoutedCases returns cases that the caller of ctx is shown, as they are now: those
// of some names, or the last ones.
func (s *Service) RoutedCases(ctx context.Context, names []string, last int) ([]routing.Case, error) {
	items, err := s.casesOf(ctx, names, last)
	if err != nil {
		return nil, err
	}
	routings, err := s.o.Book.Routings(ctx, items)
	if err != nil {
		return nil, err
	}
	var all []routing.Case
	for i, whole := range items {
		f, err := s.gather(ctx, whole, s.o.Ledger.Released().N)
		if err != nil {
			return nil, err
		}
		if f == nil {
			continue
		}
		n := f.State().GetNotification()
		all = append(all, routing.Case{
			Name: casePrefix + f.original.Reference, Subject: brief.Text(n.GetSubject()), Matter: routing.OfCase(n, f.added()...), Routes: routings[i].GetRoutes(),
		})
	}
	return all, nil
}

// casesOf returns the cases of some names, or the last ones.
func (s *Service) casesOf(ctx context.Context, names []string, last int) ([]casebook.Item, error) {
	upTo := s.o.Ledger.Released().N
	if len(names) == 0 {
		q, err := s.selected(ctx, "", "", "")
		if err != nil {
			return nil, err
		}
		items, _, err := s.o.Book.Cases(ctx, q, casebook.Page{UpTo: upTo, Limit: last, Budget: s.o.Queries.Rows})
		return items, err
	}
	var items []casebook.Item
	for _, name := range names {
		whole, err := s.shown(ctx, strings.TrimPrefix(name, casePrefix))
		if err != nil {
			return nil, err
		}
		items = append(items, whole)
	}
	return items, nil
}
