package office

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// BeginDraft begins a draft from findings, in the transaction that notes it with
// them; it reports false for one that the same request began before. The caller
// writes the audit record.
func (d *Drafts) BeginDraft(tx store.Tx, caller access.Caller, id uuid.UUID, st *spsv1.Statement, findings []string) (*spsv1.Draft, bool, error) {
	if err := d.acceptable("draft.statement", st); err != nil {
		return nil, false, err
	}
	asked := statement.RequestFingerprint(&spsv1.Draft{Findings: findings})
	return d.begin(tx, caller, id, &spsv1.Draft{Statement: st, Findings: findings}, asked, nil)
}

// UseOf returns what became of a draft, for the findings that it comes from; nil
// if there is none of that name any more.
func (d *Drafts) UseOf(r store.Reader, name string) (*spsv1.FindingUse, error) {
	id, ok := draftKey(name)
	if !ok {
		return nil, nil
	}
	draft, err := getDraft(r, id)
	if err != nil || draft == nil {
		return nil, err
	}
	return useOf(draft), nil
}

// Blind takes out of a use what is not shown to the caller of ctx: the draft of
// another unit, and what was issued in a case of another. A laboratory is told what
// became of its findings, whoever deals with it.
func (d *Drafts) Blind(ctx context.Context, r store.Reader, use *spsv1.FindingUse) error {
	caller, err := access.CallerOf(ctx)
	if err != nil || caller.Focal() || caller.Role == certs.RoleLab {
		return err
	}
	if id, ok := draftKey(use.GetDraft()); ok {
		draft, err := getDraft(r, id)
		if err != nil {
			return err
		}
		if draft == nil || !visible(draft, caller, d.s.tree()) {
			use.Draft = ""
		}
	}
	if use.GetCase() == "" {
		return nil
	}
	sees, err := d.s.Sees(r, caller, use.GetCase()[len(casePrefix):])
	if err == nil && !sees {
		use.Statement, use.Reference, use.Case = "", "", ""
	}
	return err
}

// useOf returns what became of a draft.
func useOf(draft *spsv1.Draft) *spsv1.FindingUse {
	use := &spsv1.FindingUse{Draft: draft.GetName(), DraftState: draft.GetState(), Statement: draft.GetIssued(), Reference: draft.GetReference()}
	if use.GetReference() == "" {
		return use
	}
	use.Case = casePrefix + use.GetReference()
	if of := draft.GetStatement().GetCaseRef().GetReference(); of != "" {
		use.Case = casePrefix + of
	}
	return use
}

// CaseEnd completes a use by how far its case is, and how that ended.
func (d *Drafts) CaseEnd(ctx context.Context, use *spsv1.FindingUse) error {
	if use.GetCase() == "" {
		return nil
	}
	upTo := d.s.o.Ledger.Released().N
	whole, _, err := d.s.o.Book.Case(ctx, use.GetCase()[len(casePrefix):], 0, upTo, 1)
	if errors.Is(err, casebook.ErrNotFound) {
		return nil // issued, and not shown to anybody yet
	}
	if err != nil {
		return err
	}
	f, err := d.s.fold(ctx, whole, upTo)
	if err != nil || f == nil {
		return err
	}
	use.CaseStatus, use.CaseOutcome = f.State().GetStatus(), f.State().GetOutcome()
	return nil
}

// CaseHere reports whether a case is here and shown to the caller of ctx.
func (d *Drafts) CaseHere(ctx context.Context, reference string) (here bool, err error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return false, err
	}
	err = d.s.o.Store.View(ctx, func(r store.Reader) error {
		here, err = d.s.Sees(r, caller, reference)
		return err
	})
	return here, err
}
