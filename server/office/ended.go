package office

import (
	"context"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// touch has who watches the findings of a draft shown what became of them, in the
// transaction that changes the draft; position is that of the entry that issued
// it, or 0.
func (d *Drafts) touch(tx store.Tx, draft *spsv1.Draft, position uint64) error {
	if len(draft.GetFindings()) == 0 || d.s.o.Findings == nil {
		return nil
	}
	return d.s.o.Findings.Touch(tx, draft.GetFindings(), useOf(draft), position)
}

// untouch takes a draft that is deleted from its findings, in the transaction that
// deletes it.
func (d *Drafts) untouch(tx store.Tx, draft *spsv1.Draft) error {
	if len(draft.GetFindings()) == 0 || d.s.o.Findings == nil {
		return nil
	}
	return d.s.o.Findings.Touch(tx, draft.GetFindings(), &spsv1.FindingUse{Draft: draft.GetName()}, 0)
}

// touched is called when a transaction with touch is durable.
func (d *Drafts) touched(draft *spsv1.Draft) {
	if len(draft.GetFindings()) > 0 && d.s.o.Findings != nil {
		d.s.o.Findings.Wake()
	}
}

// ended sets what became of the findings from which drafts were begun.
func (d *Drafts) ended(ctx context.Context, r store.Reader, drafts ...*spsv1.Draft) (err error) {
	for _, draft := range drafts {
		if len(draft.GetFindings()) == 0 || d.s.o.Findings == nil {
			continue
		}
		if draft.Advice, err = d.s.o.Findings.Ended(ctx, r, draft.GetName(), draft.GetFindings()); err != nil {
			return err
		}
	}
	return nil
}

// endedIn says which of the findings behind statements of a case stand no more. A
// system reads no findings, so it is told of none.
func (s *Service) endedIn(ctx context.Context, name string) (all []*spsv1.Advice, err error) {
	if s.o.Findings == nil {
		return nil, nil
	}
	caller, err := access.CallerOf(ctx)
	if err != nil || caller.Role == certs.RoleSystem {
		return nil, err
	}
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		all, err = s.o.Findings.EndedIn(ctx, r, name)
		return err
	})
	return all, err
}
