package office

import (
	"bytes"
	"context"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// create keeps a draft under an id, with the fingerprint of the request that asked
// for it. If the id began one already, that is returned if the same caller asked
// for the same. unless, if not nil, runs in the transaction, and its error keeps
// it from that.
func (d *Drafts) create(ctx context.Context, caller access.Caller, id uuid.UUID, st *spsv1.Statement,
	asked [32]byte, unless func(store.Reader) error,
) (*spsv1.Draft, error) {
	var result *spsv1.Draft
	err := d.s.o.Store.Update(ctx, func(tx store.Tx) error {
		var begun bool
		var err error
		result, begun, err = d.begin(tx, caller, id, &spsv1.Draft{Statement: st}, asked, unless)
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
	asked [32]byte, unless func(store.Reader) error,
) (made *spsv1.Draft, begun bool, err error) {
	if before, err := begunBefore(tx, caller, id[:], asked); err != nil || before != nil {
		return before, false, err
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
		State: spsv1.DraftState_DRAFT_STATE_DRAFTING, DraftedBy: caller.Person(), Writers: []*spsv1.Person{caller.Person()},
		Unit: caller.Unit, CreateTime: now, UpdateTime: now, Findings: of.GetFindings(),
	}
	if made.CaseEtag, err = d.s.etagAsRead(tx, caller, made.GetStatement()); err != nil {
		return nil, false, err
	}
	if err := tx.Put(tableDraftRequests, id[:], asked[:]); err != nil {
		return nil, false, err
	}
	return made, true, putDraft(tx, id[:], made, nil)
}

// begunBefore returns the draft that an id began; nil if it began none. It refuses
// an id with which somebody else, or another request, began one.
func begunBefore(r store.Reader, caller access.Caller, id []byte, asked [32]byte) (*spsv1.Draft, error) {
	draft, err := getDraft(r, id)
	if err != nil || draft == nil {
		return nil, err
	}
	before, err := r.Get(tableDraftRequests, id)
	if err != nil {
		return nil, err
	}
	if !mine(draft, caller) || !bytes.Equal(before, asked[:]) {
		return nil, &access.Refusal{
			Code: codes.AlreadyExists, Reason: access.ReasonIDConflict,
			Sentence: "this requestId began another draft: give a new one",
		}
	}
	return draft, nil
}
