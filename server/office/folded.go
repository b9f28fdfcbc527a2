package office

import (
	"context"
	"errors"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/statement"
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

// BeginFollowUp begins a draft of a follow-up to a case, as FollowUpCase does for
// a request with draft, and returns it.
func (d *Drafts) BeginFollowUp(ctx context.Context, req *spsv1.FollowUpCaseRequest) (*spsv1.Draft, error) {
	req.Draft = true
	issued, err := d.s.FollowUpCase(ctx, req)
	if err != nil {
		return nil, err
	}
	return d.GetDraft(ctx, &spsv1.GetDraftRequest{Name: issued.GetDraft()})
}

// Notices is what the service has to know of consignment notices.
type Notices interface {
	// File returns what an answer to a notice says of a file by its local id, if
	// the notice is shown to the caller of ctx.
	File(ctx context.Context, notice, id string) (*spsv1.Attachment, error)
	// OfCase returns the notices of a case as the people of the office see them.
	OfCase(ctx context.Context, reference string) ([]*spsv1.ConsignmentNotice, error)
	// Names reports whether an answer names a file.
	Names(ctx context.Context, file blob.Digest) (bool, error)
}
