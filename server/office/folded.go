package office

import (
	"context"
	"errors"

	"github.com/google/uuid"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// Folded returns what the entries of a case that are here up to a position add up
// to, and these entries, the original first; nil if there is no such case here.
// Nobody may change them.
func (s *Service) Folded(ctx context.Context, reference string, upTo uint64) (*spsv1.CaseState, []statement.CaseEntry, error) {
	whole, _, err := s.o.Book.Case(ctx, reference, 0, upTo, 0)
	if errors.Is(err, casebook.ErrNotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	f, err := s.gather(ctx, whole, upTo)
	if err != nil || f == nil {
		return nil, nil, err
	}
	return f.State(), append([]statement.CaseEntry{f.original}, f.others...), nil
}

// PrepareFollowUp completes and checks a follow-up to a case, as FollowUpCase does
// for a request with draft, and returns what begins the draft in a transaction of the
// caller, who writes the audit record. The request has an id that is used for nothing
// else.
func (d *Drafts) PrepareFollowUp(ctx context.Context, req *spsv1.FollowUpCaseRequest) (begin func(store.Tx) (*spsv1.Draft, error), err error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	req.Draft = true
	u := d.s.undertake(caller, req)
	if err := u.check(); err != nil {
		return nil, err
	}
	if _, _, err := d.s.prepareAct(ctx, u); err != nil {
		return nil, err
	}
	if err := d.acceptable("statement", u.st); err != nil {
		return nil, err
	}
	return func(tx store.Tx) (*spsv1.Draft, error) {
		draft, _, err := d.begin(tx, caller, uuid.MustParse(req.GetRequestId()), &spsv1.Draft{Statement: u.st}, u.asked(), u.unless)
		return draft, err
	}, nil
}

// Notices is what the service has to know of consignment notices.
type Notices interface {
	// File returns what an answer to a notice says of a file by its local id, if
	// the notice is shown to the caller of ctx.
	File(ctx context.Context, notice, id string) (*spsv1.Attachment, error)
	// OfCase returns the notices of a case as the people of the office see them.
	OfCase(ctx context.Context, reference string) ([]*spsv1.ConsignmentNotice, error)
	// Shows reports whether an answer to a notice that is shown to the caller of ctx
	// names a file.
	Shows(ctx context.Context, file blob.Digest) (bool, error)
}
