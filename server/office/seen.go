package office

import (
	"context"
	"errors"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/routing"
	"github.com/spsalert/spsalert/server/store"
)

// What is not shown to a caller is as if it were not here, over every method. The
// focal point sees everything; whoever belongs to a unit sees the cases that go to
// it or to a unit below it, those in which one of these is named, and those of
// which the person was told as being on duty.

// tree returns the units of the office.
func (s *Service) tree() routing.Tree {
	if s.o.Units == nil {
		return routing.NewTree(nil)
	}
	return s.o.Units.Tree()
}

// seers returns as whom a caller sees cases, for the casebook; nil sees everything.
func (s *Service) seers(c access.Caller) []string {
	if c.Focal() {
		return nil
	}
	who := []string{casebook.Person(c.ID)}
	if c.ActingFor != "" { // whose duty it has, too
		who = append(who, casebook.Person(c.ActingFor))
	}
	if c.Unit != "" {
		who = append(who, s.tree().Below(c.Unit)...)
	}
	return who
}

// Seers returns as whom the caller of ctx sees cases, for the casebook; nil sees
// everything.
func (s *Service) Seers(ctx context.Context) ([]string, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	return s.seers(caller), nil
}

// visibleTo returns a query with only what the caller of ctx sees.
func (s *Service) visibleTo(ctx context.Context, q casebook.Query) (casebook.Query, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return q, err
	}
	who := s.seers(caller)
	if who == nil {
		return q, nil
	}
	seen, err := s.o.Book.SeenBy(ctx, who)
	return q.Within(seen), err
}

// sees reports whether the caller of ctx sees a statement.
func (s *Service) sees(ctx context.Context, shown *spsv1.IssuedStatement) (bool, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return false, err
	}
	who := s.seers(caller)
	if who == nil {
		return true, nil // what is faulty, too
	}
	origin, sequence, err := parseName(shown.GetName(), s.o.Roster.Federation())
	if err != nil || shown.GetFault() != "" {
		return false, err
	}
	return s.o.Book.Sees(ctx, who, placeAt(origin, sequence), shown.GetStatement())
}

func placeAt(o certs.Origin, sequence uint64) casebook.Place {
	return casebook.Place{Office: o.Office, Epoch: o.Epoch, Sequence: sequence}
}

// shown returns the original of a case by its reference. One that is not shown to
// the caller of ctx is refused as if it were not here.
func (s *Service) shown(ctx context.Context, reference string) (casebook.Item, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return casebook.Item{}, err
	}
	whole, _, err := s.o.Book.Case(ctx, reference, 0, s.o.Ledger.Released().N, 0)
	sees := false
	if err == nil {
		sees, err = s.o.Book.SeesCase(ctx, s.seers(caller), whole.Place)
	}
	if errors.Is(err, casebook.ErrNotFound) || err == nil && !sees {
		err = access.NotFound("there is no case %s here, or it was not addressed to this office", reference)
	}
	return whole, err
}

// Sees reports whether a case, by its reference, is here and shown to a caller.
func (s *Service) Sees(r store.Reader, c access.Caller, reference string) (bool, error) {
	return s.o.Book.SeesReference(r, s.seers(c), reference, s.o.Ledger.Released().N)
}

// Case returns the place of the original of a case, by its name, if the caller of
// ctx is shown it.
func (s *Service) Case(ctx context.Context, name string) (casebook.Place, error) {
	whole, err := s.shown(ctx, name[len(casePrefix):]) // the field rules have seen it
	return whole.Place, err
}

// mustSee refuses a case by its reference as if it were not here, if the caller of
// ctx is not shown it.
func (s *Service) mustSee(ctx context.Context, reference string) error {
	_, err := s.shown(ctx, reference)
	return err
}

// mustSeeCaseOf is mustSee for the case in which a statement is to be said; one in
// no case is nothing to be seen. A post may draft in a case that it is only told of
// on the telephone: what is checked of its drafts tells it nothing of a case.
func (s *Service) mustSeeCaseOf(ctx context.Context, st *spsv1.Statement) error {
	caller, err := access.CallerOf(ctx)
	if err != nil || caller.Role == certs.RolePost {
		return err
	}
	sees, err := s.seesCaseOf(ctx, caller, st)
	if err == nil && !sees {
		err = access.NotFound("there is no case %s here, or it was not addressed to this office", st.GetCaseRef().GetReference())
	}
	return err
}

// seesCaseOf reports whether a caller is shown the case in which a statement is to
// be said, by its reference and by its original; one in no case is nothing to be
// seen.
func (s *Service) seesCaseOf(ctx context.Context, c access.Caller, st *spsv1.Statement) (sees bool, err error) {
	who := s.seers(c)
	if who == nil || st.GetCaseRef() == nil {
		return true, nil
	}
	if reference := st.GetCaseRef().GetReference(); reference != "" {
		err := s.o.Store.View(ctx, func(r store.Reader) error {
			sees, err = s.Sees(r, c, reference)
			return err
		})
		if err != nil || !sees {
			return false, err
		}
	}
	return s.o.Book.Sees(ctx, who, casebook.Place{}, &spsv1.Statement{CaseRef: st.GetCaseRef()})
}
