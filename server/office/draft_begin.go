package office

import (
	"context"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// create keeps a draft under an id. If the id began one already, that is
// returned if it is the caller's and the same, which same says. unless, if not
// nil, runs in the transaction, and its error keeps it from that.
func (d *Drafts) create(ctx context.Context, caller access.Caller, id uuid.UUID, st *spsv1.Statement,
	same func(*spsv1.Draft) bool, unless func(store.Reader) error,
) (*spsv1.Draft, error) {
	var result *spsv1.Draft
	err := d.s.o.Store.Update(ctx, func(tx store.Tx) error {
		var begun bool
		var err error
		result, begun, err = d.begin(tx, caller, id, &spsv1.Draft{Statement: st}, same, unless)
		if err != nil || !begun {
			return err
		}
		return access.Record(ctx, tx, result.GetName())
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// begin is create within a transaction: what is made has the statement, and
// perhaps the findings that it comes from. It reports whether it began the draft.
func (d *Drafts) begin(tx store.Tx, caller access.Caller, id uuid.UUID, of *spsv1.Draft,
	same func(*spsv1.Draft) bool, unless func(store.Reader) error,
) (made *spsv1.Draft, begun bool, err error) {
	before, err := getDraft(tx, id[:])
	if err != nil {
		return nil, false, err
	}
	if before != nil {
		if !mine(before, caller) || !same(before) {
			return nil, false, &access.Refusal{
				Code: codes.AlreadyExists, Reason: access.ReasonIDConflict,
				Sentence: "this requestId began another draft: give a new one",
			}
		}
		return before, false, nil
	}
	if used, err := ledger.IsRequested(tx, id.String()); err != nil {
		return nil, false, err
	} else if used {
		return nil, false, &access.Refusal{
			Code: codes.AlreadyExists, Reason: access.ReasonIDConflict,
			Sentence: "this requestId issued a statement: give a new one",
		}
	}
	if unless != nil {
		if err := unless(tx); err != nil {
			return nil, false, err
		}
	}
	now := timestamppb.New(d.s.o.Now().UTC())
	made = &spsv1.Draft{
		Name: draftName(id[:]), Statement: of.GetStatement(), Etag: "1",
		State: spsv1.DraftState_DRAFT_STATE_DRAFTING, DraftedBy: person(caller), Writers: []*spsv1.Person{person(caller)},
		Unit: caller.Unit, CreateTime: now, UpdateTime: now, Findings: of.GetFindings(),
	}
	if made.CaseEtag, err = d.s.etagOfDraft(tx, made.GetStatement()); err != nil {
		return nil, false, err
	}
	return made, true, putDraft(tx, id[:], made, nil)
}
