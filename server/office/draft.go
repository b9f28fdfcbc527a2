package office

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// Drafts implements spsv1.DraftServiceServer over the same ledger as [Service].
type Drafts struct {
	spsv1.UnimplementedDraftServiceServer
	s *Service
}

// Drafts returns the service of drafts.
func (s *Service) Drafts() *Drafts { return &Drafts{s: s} }

// CreateDraft implements spsv1.DraftServiceServer.
func (d *Drafts) CreateDraft(ctx context.Context, req *spsv1.CreateDraftRequest) (*spsv1.Draft, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.writable(ctx, "draft.statement", req.GetDraft().GetStatement(), nil); err != nil {
		return nil, err
	}
	id := uuid.New()
	if req.GetRequestId() != "" {
		id = uuid.MustParse(req.GetRequestId()) // the field rules have seen it
	}
	st := req.GetDraft().GetStatement()
	asked := statement.RequestFingerprint(&spsv1.CreateDraftRequest{Draft: &spsv1.Draft{Statement: st}})
	return d.create(ctx, caller, id, st, asked, nil)
}

// GetDraft implements spsv1.DraftServiceServer.
func (d *Drafts) GetDraft(ctx context.Context, req *spsv1.GetDraftRequest) (*spsv1.Draft, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	var draft *spsv1.Draft
	err = d.s.o.Store.View(ctx, func(r store.Reader) error {
		if _, draft, err = d.open(r, caller, req.GetName(), ""); err != nil {
			return err
		}
		return d.ended(ctx, r, draft)
	})
	if err != nil {
		return nil, err
	}
	return draft, nil
}

// UpdateDraft implements spsv1.DraftServiceServer.
func (d *Drafts) UpdateDraft(ctx context.Context, req *spsv1.UpdateDraftRequest) (*spsv1.Draft, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	before, err := d.get(ctx, caller, req.GetDraft().GetName())
	if err != nil {
		return nil, err
	}
	if err := d.writable(ctx, "draft.statement", req.GetDraft().GetStatement(), before.GetStatement()); err != nil {
		return nil, err
	}
	return d.change(ctx, req.GetDraft().GetName(), req.GetDraft().GetEtag(), func(r store.Reader, caller access.Caller, draft *spsv1.Draft) (err error) {
		if err := inState(draft, "changed", spsv1.DraftState_DRAFT_STATE_DRAFTING, spsv1.DraftState_DRAFT_STATE_RETURNED); err != nil {
			return err
		}
		draft.Statement = req.GetDraft().GetStatement()
		if draft.CaseEtag, err = d.s.etagAsRead(r, caller, draft.GetStatement()); err != nil {
			return err
		}
		if !wrote(draft, caller) {
			draft.Writers = append(draft.Writers, caller.Person())
		}
		return nil
	})
}

// DeleteDraft implements spsv1.DraftServiceServer. Nobody discards unread what
// another person began.
func (d *Drafts) DeleteDraft(ctx context.Context, req *spsv1.DeleteDraftRequest) (*emptypb.Empty, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	var draft *spsv1.Draft
	err = d.s.o.Store.Update(ctx, func(tx store.Tx) (err error) {
		var id []byte
		if id, draft, err = d.open(tx, caller, req.GetName(), req.GetEtag()); err != nil {
			return err
		}
		if req.GetEtag() == "" && !mine(draft, caller) {
			return access.Invalid(access.Violation{
				Field: "etag", Reason: "REQUIRED", Sentence: "another person began it: read the draft, and give its etag",
			})
		}
		if err := inState(draft, "deleted", spsv1.DraftState_DRAFT_STATE_DRAFTING, spsv1.DraftState_DRAFT_STATE_RETURNED,
			spsv1.DraftState_DRAFT_STATE_SUBMITTED); err != nil {
			return err
		}
		if err := dropDraft(tx, id, draft); err != nil {
			return err
		}
		if err := d.untouch(tx, draft); err != nil {
			return err
		}
		return access.Record(ctx, tx, draft.GetName())
	})
	if err != nil {
		return nil, err
	}
	d.touched(draft)
	return &emptypb.Empty{}, nil
}

// SubmitDraft implements spsv1.DraftServiceServer. What is submitted was whole
// when it was; cards and cases may be others when it is issued, so that looks
// again.
func (d *Drafts) SubmitDraft(ctx context.Context, req *spsv1.SubmitDraftRequest) (*spsv1.Draft, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	draft, err := d.get(ctx, caller, req.GetName())
	if err != nil {
		return nil, err
	}
	if err := d.s.ownGate(caller, draft.GetStatement().GetAnnouncement(), "statement.announcement"); err != nil {
		return nil, err
	}
	if draft.GetEtag() == req.GetEtag() {
		by, err := d.s.asking(ctx, caller, draft.GetStatement())
		if err != nil {
			return nil, err
		}
		if _, err := d.prepare(ctx, draft, by); err != nil {
			return nil, err
		}
	}
	return d.change(ctx, req.GetName(), req.GetEtag(), func(_ store.Reader, caller access.Caller, draft *spsv1.Draft) error {
		if err := inState(draft, "submitted", spsv1.DraftState_DRAFT_STATE_DRAFTING, spsv1.DraftState_DRAFT_STATE_RETURNED); err != nil {
			return err
		}
		draft.State = spsv1.DraftState_DRAFT_STATE_SUBMITTED
		draft.SubmittedBy, draft.SubmitTime = caller.Person(), draft.GetUpdateTime()
		return nil
	})
}

// ReturnDraft implements spsv1.DraftServiceServer.
func (d *Drafts) ReturnDraft(ctx context.Context, req *spsv1.ReturnDraftRequest) (*spsv1.Draft, error) {
	return d.change(ctx, req.GetName(), req.GetEtag(), func(_ store.Reader, caller access.Caller, draft *spsv1.Draft) error {
		if err := inState(draft, "returned", spsv1.DraftState_DRAFT_STATE_SUBMITTED); err != nil {
			return err
		}
		if caller.Role == certs.RolePost && draft.GetSubmittedBy().GetId() != caller.ID {
			return &access.Refusal{
				Code: codes.PermissionDenied, Reason: access.ReasonDenied,
				Sentence: "a post takes back only what it submitted itself: ask the focal point",
			}
		}
		draft.State = spsv1.DraftState_DRAFT_STATE_RETURNED
		draft.ReturnedBy, draft.ReturnTime, draft.ReturnReason = caller.Person(), draft.GetUpdateTime(), req.GetReason()
		return nil
	})
}

// change changes a draft that the caller has read with that etag, in one
// transaction with its audit record.
func (d *Drafts) change(ctx context.Context, name, etag string, how func(store.Reader, access.Caller, *spsv1.Draft) error) (*spsv1.Draft, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	var draft *spsv1.Draft
	err = d.s.o.Store.Update(ctx, func(tx store.Tx) error {
		id, before, err := d.open(tx, caller, name, etag)
		if err != nil {
			return err
		}
		draft = d.next(before)
		if err := how(tx, caller, draft); err != nil {
			return err
		}
		if err := putDraft(tx, id, draft, before); err != nil {
			return err
		}
		if draft.GetState() != before.GetState() {
			if err := d.touch(tx, draft, 0); err != nil {
				return err
			}
		}
		return access.Record(ctx, tx, draft.GetName())
	})
	if err != nil {
		return nil, err
	}
	d.touched(draft)
	return draft, nil
}

// next returns a draft as it is to be changed now. Its time of change never
// falls.
func (d *Drafts) next(before *spsv1.Draft) *spsv1.Draft {
	draft := proto.CloneOf(before)
	n, _ := strconv.ParseUint(before.GetEtag(), 10, 64) // as next wrote it
	draft.Etag = strconv.FormatUint(n+1, 10)
	if now := d.s.o.Now().UTC(); now.After(before.GetUpdateTime().AsTime()) {
		draft.UpdateTime = timestamppb.New(now)
	}
	return draft
}

// get returns a draft that the caller may see.
func (d *Drafts) get(ctx context.Context, caller access.Caller, name string) (draft *spsv1.Draft, err error) {
	err = d.s.o.Store.View(ctx, func(r store.Reader) error {
		_, draft, err = d.open(r, caller, name, "")
		return err
	})
	if err != nil {
		return nil, err
	}
	return draft, nil
}

// open returns a draft that the caller may see, with its key, and refuses an
// etag that is not the draft's; "" is any. To who may not see it there is none.
func (d *Drafts) open(r store.Reader, caller access.Caller, name, etag string) (id []byte, draft *spsv1.Draft, err error) {
	none := access.NotFound("there is no %s, or it belongs to another unit", name)
	id, ok := draftKey(name)
	if !ok {
		return nil, nil, none
	}
	if draft, err = getDraft(r, id); err != nil {
		return nil, nil, err
	}
	switch {
	case draft == nil || !visible(draft, caller, d.s.tree()):
		return nil, nil, none
	case etag != "" && etag != draft.GetEtag():
		return nil, nil, changedMeanwhile(name)
	}
	return id, draft, nil
}

func changedMeanwhile(name string) error {
	return &access.Refusal{
		Code: codes.Aborted, Reason: access.ReasonEtag,
		Sentence: fmt.Sprintf("somebody changed %s meanwhile: read it again, then do what you meant to do", name),
	}
}
