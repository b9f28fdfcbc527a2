package office

import (
	"context"
	"errors"
	"strconv"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// addState sets what the entries of a case that are here add up to, what is to be
// done, and the version by which acts name it.
func (s *Service) addState(ctx context.Context, c *spsv1.Case, whole casebook.Item, upTo ledger.Position) error {
	err := s.o.Store.View(ctx, func(r store.Reader) (err error) {
		c.Etag, err = s.caseEtag(r, c.GetReference(), upTo.N)
		return err
	})
	if err != nil {
		return err
	}
	f, err := s.fold(ctx, whole, upTo.N)
	if err != nil || f == nil {
		return err
	}
	c.State, c.Deadlines = f.State(), f.deadlines
	if c.Incomplete, err = s.incomplete(ctx, f); err != nil {
		return err
	}
	c.ToCall, c.ToTell = s.toCall(f), statement.ToTell(s.self(), f.original, f.others, f.State())
	if c.Calls, err = s.calls(ctx, c.GetReference()); err != nil {
		return err
	}
	if c.Advice, err = s.endedIn(ctx, c.GetName()); err != nil {
		return err
	}
	if s.o.Notices == nil {
		return nil
	}
	caller, err := access.CallerOf(ctx)
	if err == nil && caller.Role != certs.RoleSystem {
		c.ConsignmentNotices, err = s.o.Notices.OfCase(ctx, c.GetReference())
	}
	return err
}

// folded is a case with what its entries add up to and what is due.
type folded struct {
	*statement.Case
	original  statement.CaseEntry
	others    []statement.CaseEntry
	deadlines []*spsv1.Deadline
}

// fold folds what is here of the case of an original, as far as it counts; nil
// if the original cannot be read.
func (s *Service) fold(ctx context.Context, whole casebook.Item, upTo uint64) (*folded, error) {
	f, err := s.gather(ctx, whole, upTo)
	if err != nil || f == nil {
		return nil, err
	}
	d := &delivery{ctx: ctx, s: s}
	f.deadlines = s.known(statement.Deadlines(f.State(), d, s.o.Now()))
	return f, d.err
}

// gather is fold without what is due.
func (s *Service) gather(ctx context.Context, whole casebook.Item, upTo uint64) (*folded, error) {
	parts, err := s.o.Book.First(ctx, whole, upTo, statement.MostSaid+1) // so that the fold sees who said more
	if err != nil {
		return nil, err
	}
	first, err := s.caseEntries(ctx, whole)
	if err != nil || len(first) == 0 {
		return nil, err
	}
	f := &folded{original: first[0], others: first[1:]}
	for _, part := range parts {
		some, err := s.caseEntries(ctx, part)
		if err != nil {
			return nil, err
		}
		f.others = append(f.others, some...)
	}
	f.Case = statement.NewCase(f.original, f.others)
	return f, nil
}

// heldCase returns the case of a reference as its next statement is checked
// against it; nil if its original cannot be read.
func (s *Service) heldCase(ctx context.Context, reference string) (*statement.Case, error) {
	upTo := s.o.Ledger.Released().N
	whole, _, err := s.o.Book.Case(ctx, reference, 0, upTo, 0)
	if errors.Is(err, casebook.ErrNotFound) {
		return nil, access.NotFound("there is no case %s here, or it was not addressed to this office", reference)
	}
	if err != nil {
		return nil, err
	}
	f, err := s.gather(ctx, whole, upTo)
	if err != nil || f == nil {
		return nil, err
	}
	return f.Case, nil
}

// caseIfHeld returns what heldCase does, and nil also of a case that is not here.
func (s *Service) caseIfHeld(ctx context.Context, reference string) (*statement.Case, error) {
	known, err := s.heldCase(ctx, reference)
	if refused, ok := errors.AsType[*access.Refusal](err); ok && refused.Code == codes.NotFound {
		return nil, nil
	}
	return known, err
}

// caseEtag names what has been said in a case up to a position, at this node.
func (s *Service) caseEtag(r store.Reader, reference string, upTo uint64) (string, error) {
	x, err := s.o.Book.Extent(r, reference, upTo)
	if err != nil {
		return "", err
	}
	newest := ledger.Position{Incarnation: s.o.Ledger.Released().Incarnation, N: x.Newest}
	return digest("case", reference, newest.String(), strconv.FormatUint(x.Late, 10)), nil
}

// known marks the deadlines of which this office cannot know how they stand: a
// receipt goes to the office whose statement it is over, and to nobody else.
func (s *Service) known(deadlines []*spsv1.Deadline) []*spsv1.Deadline {
	for _, d := range deadlines {
		from, _, err := parseName(d.GetStatement(), s.o.Roster.Federation())
		party := err == nil && from.Office == s.self() || d.GetOffice() == string(s.self())
		if !party && d.GetState() == spsv1.DeadlineState_DEADLINE_STATE_UNDELIVERED {
			d.State = spsv1.DeadlineState_DEADLINE_STATE_NOT_KNOWN
		}
	}
	return deadlines
}

// caseEntries returns a part of a case as it is folded: a readdress, or a
// statement, and behind it the readdress that brought it here if one did. There
// is none for what has no effect because it cannot be read.
func (s *Service) caseEntries(ctx context.Context, i casebook.Item) ([]statement.CaseEntry, error) {
	e, err := s.o.Ledger.Entry(ctx, i.Origin, i.Sequence)
	if err != nil {
		return nil, err
	}
	if e.Leaf.GetType() == spsv1.LeafType_LEAF_TYPE_READDRESS {
		return []statement.CaseEntry{folding(e, nil)}, nil
	}
	e, reading, ok, err := s.read(ctx, e)
	if err != nil || !ok || reading.Fault != "" {
		return nil, err
	}
	entries := []statement.CaseEntry{folding(e, reading.Statement)}
	by, ok, err := s.o.Book.HandedBy(ctx, e.Origin, e.Sequence)
	if err != nil || !ok {
		return entries, err
	}
	origin := certs.Origin{Federation: e.Origin.Federation, Office: by.Office, Epoch: by.Epoch}
	readdress, err := s.o.Ledger.Entry(ctx, origin, by.Sequence)
	if errors.Is(err, ledger.ErrNotFound) {
		return entries, nil // it is not released yet
	}
	return append(entries, folding(readdress, nil)), err
}

// folding returns an entry as it is folded; st is nil for a readdress.
func folding(e ledger.Entry, st *spsv1.Statement) statement.CaseEntry {
	return statement.CaseEntry{
		Origin: e.Origin, Sequence: e.Sequence, Reference: e.Leaf.GetReference(), Hash: [32]byte(e.Hash),
		Time: e.Leaf.GetTime().AsTime(), Audience: e.Leaf.GetAudience(), Statement: st, Readdress: e.Leaf.GetSubject(),
	}
}
