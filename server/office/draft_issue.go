package office

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// IssueDraft implements spsv1.DraftServiceServer. The draft becomes issued in
// the transaction that enters the statement, so no crash leaves one that can be
// issued twice; its id is the request id, which the log keeps for ever.
func (d *Drafts) IssueDraft(ctx context.Context, req *spsv1.IssueDraftRequest) (*spsv1.IssuedStatement, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	draft, err := d.get(ctx, caller, req.GetName())
	if err != nil {
		return nil, err
	}
	if draft.GetState() == spsv1.DraftState_DRAFT_STATE_ISSUED {
		return d.issued(ctx, draft)
	}
	// What is checked and prepared from here on is the draft of this etag, which
	// the transaction compares again.
	if req.GetEtag() != draft.GetEtag() {
		return nil, changedMeanwhile(req.GetName())
	}
	if err := caller.SpeaksFor(draft.GetStatement()); err != nil {
		return nil, err
	}
	alone := wrote(draft, caller) && statement.TwoPersons(draft.GetStatement())
	if alone && req.GetWaiver() == nil {
		return nil, sameEyes(draft, caller.ID)
	}
	st, err := d.prepare(ctx, draft, authors{issued: caller.Person(), alone: alone, waiver: req.GetWaiver()})
	if err != nil {
		return nil, err
	}
	entry, err := draftOf(d.request(draft), st)
	if err != nil {
		return nil, err
	}
	if err := d.s.o.MayIssue(ctx); err != nil {
		return nil, err
	}
	if entry.Urgent {
		ctx = store.WithReserve(ctx)
	}
	release, err := d.s.pin(st)
	if err != nil {
		return nil, err
	}
	defer release()
	entry.Entered = func(tx store.Tx, e ledger.Entry) error { return d.entered(ctx, tx, caller, req, e) }
	e, err := d.s.o.Ledger.Append(ctx, func(tx store.Tx) (ledger.Draft, error) {
		_, now, err := d.open(tx, caller, req.GetName(), req.GetEtag())
		if err != nil {
			return ledger.Draft{}, err
		}
		if err := inState(now, "issued", spsv1.DraftState_DRAFT_STATE_SUBMITTED); err != nil {
			return ledger.Draft{}, err
		}
		return entry, d.s.sameCase(tx, now, req.GetCaseEtag())
	})
	if err != nil {
		return d.issuedMeanwhile(ctx, caller, req.GetName(), err)
	}
	return d.s.show(ctx, e, full)
}

// entered makes a draft issued, in the transaction that enters its statement.
func (d *Drafts) entered(ctx context.Context, tx store.Tx, caller access.Caller, req *spsv1.IssueDraftRequest, e ledger.Entry) error {
	id, before, err := d.open(tx, caller, req.GetName(), req.GetEtag())
	if err != nil {
		return err
	}
	after := d.next(before)
	after.State = spsv1.DraftState_DRAFT_STATE_ISSUED
	after.Issued, after.Reference = statementName(e.Origin, e.Sequence), e.Leaf.GetReference()
	after.IssuedBy = caller.Person()
	if err := putDraft(tx, id, after, before); err != nil {
		return err
	}
	if err := d.touch(tx, after, e.Position.N); err != nil {
		return err
	}
	return access.Record(ctx, tx, after.GetName(), after.GetIssued())
}

// issuedMeanwhile returns what a draft became if the same call was under way
// twice, or the error.
func (d *Drafts) issuedMeanwhile(ctx context.Context, caller access.Caller, name string, err error) (*spsv1.IssuedStatement, error) {
	draft, again := d.get(ctx, caller, name)
	if again == nil && draft.GetState() == spsv1.DraftState_DRAFT_STATE_ISSUED {
		return d.issued(ctx, draft)
	}
	return nil, err
}

// issued returns the statement that a draft became, once it is under a
// checkpoint.
func (d *Drafts) issued(ctx context.Context, draft *spsv1.Draft) (*spsv1.IssuedStatement, error) {
	e, found, err := d.s.issuedBefore(ctx, d.request(draft))
	if err == nil && !found {
		err = fmt.Errorf("%s became %s, of which the log knows nothing: %w", draft.GetName(), draft.GetIssued(), ledger.ErrCorrupt)
	}
	if err != nil {
		return nil, err
	}
	return d.s.show(ctx, e, full)
}

// prepare returns a draft's statement as it would be signed, or a refusal with
// everything that is wrong with it. by is who would issue it.
func (d *Drafts) prepare(ctx context.Context, draft *spsv1.Draft, by authors) (*spsv1.Statement, error) {
	by.drafted, by.unit, by.named = draft.GetDraftedBy(), draft.GetUnit(), true
	return d.s.prepare(ctx, by, d.request(draft), nil)
}

// request returns the request that issues a draft. Its id is the draft's,
// so the same draft is the same request for ever.
func (d *Drafts) request(draft *spsv1.Draft) *spsv1.IssueStatementRequest {
	return &spsv1.IssueStatementRequest{
		Parent:    officePrefix + string(d.s.self()),
		Statement: proto.CloneOf(draft.GetStatement()),
		RequestId: draft.GetName()[len(draftPrefix):],
	}
}
