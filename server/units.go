package server

import (
	"context"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/finding"
	"github.com/spsalert/spsalert/server/routing"
	"github.com/spsalert/spsalert/server/unit"
)

// newUnits returns the service of units. The casebook asks it where cases go, so
// it comes before the services that it asks itself.
func (s *Server) newUnits(guarded guardedStore) *unit.Service {
	return unit.New(unit.Options{
		Store: guarded, Roster: s.id.roster, Now: s.now, Matter: finding.Matter,
		Book: func() *casebook.Book { return s.book },
		Cases: func(ctx context.Context, names []string, last int) ([]routing.Case, error) {
			return s.office.RoutedCases(ctx, names, last)
		},
		Case: func(ctx context.Context, name string) (casebook.Place, error) { return s.office.Case(ctx, name) },
		Findings: func(ctx context.Context, names []string, last int) ([]*spsv1.LabFinding, error) {
			return s.findings.Recent(ctx, names, last)
		},
	})
}
