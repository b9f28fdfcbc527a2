package office

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// draftLook is how many drafts are looked at for one page, so that a page of
// what is rare is short and not slow.
const draftLook = 5000

// ListDrafts implements spsv1.DraftServiceServer.
func (d *Drafts) ListDrafts(ctx context.Context, req *spsv1.ListDraftsRequest) (*spsv1.ListDraftsResponse, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	var below []byte
	if token := req.GetPageToken(); token != "" {
		mark, err := base64.RawURLEncoding.Strict().DecodeString(token)
		if err != nil || len(mark) != 8+16 {
			return nil, badToken()
		}
		below = append(mark, 0)
	}
	states := req.GetStates()
	if len(states) == 0 {
		states = []spsv1.DraftState{
			spsv1.DraftState_DRAFT_STATE_DRAFTING, spsv1.DraftState_DRAFT_STATE_SUBMITTED, spsv1.DraftState_DRAFT_STATE_RETURNED,
		}
	}
	resp := &spsv1.ListDraftsResponse{}
	err = d.s.o.Store.View(ctx, func(r store.Reader) error {
		resp.Reset()
		looked, bytes, tree := 0, 0, d.s.tree()
		for key, err := range changedLast(r, below, slices.Contains(states, spsv1.DraftState_DRAFT_STATE_ISSUED)) {
			if err != nil {
				return err
			}
			if looked++; len(resp.GetDrafts()) >= access.PageSize(req.GetPageSize()) || looked > draftLook || bytes > maxPageBytes {
				resp.NextPageToken = base64.RawURLEncoding.EncodeToString(key)
				break
			}
			draft, err := getDraft(r, key[8:])
			if err != nil {
				return err
			}
			if draft == nil {
				return ledger.ErrCorrupt
			}
			if slices.Contains(states, draft.GetState()) && visible(draft, caller, tree) {
				resp.Drafts = append(resp.Drafts, draft)
				bytes += proto.Size(draft)
			}
		}
		return d.ended(ctx, r, resp.GetDrafts()...)
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// CheckDraft implements spsv1.DraftServiceServer.
func (d *Drafts) CheckDraft(ctx context.Context, req *spsv1.CheckDraftRequest) (*spsv1.DraftCheck, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	draft, err := d.get(ctx, caller, req.GetName())
	if err != nil {
		return nil, err
	}
	by, err := d.s.asking(ctx, caller, draft.GetStatement())
	if err != nil {
		return nil, err
	}
	check := &spsv1.DraftCheck{}
	if check.Statement, err = d.prepare(ctx, draft, by); err != nil {
		var refused *access.Refusal
		if !errors.As(err, &refused) || refused.Reason != access.ReasonInvalid {
			return nil, err
		}
		for _, v := range refused.Violations {
			check.Problems = append(check.Problems, advice(ctx, v))
		}
	}
	if check.Statement != nil {
		// What only the issue gives would mislead here.
		check.Statement.Salt, check.Statement.RequestId, check.Statement.IssuedBy = nil, "", nil
		check.Advice, check.Audience = d.s.advise(ctx, check.Statement), statement.Audience(check.Statement)
	}
	err = d.s.o.Store.View(ctx, func(r store.Reader) error { return d.ended(ctx, r, draft) })
	if err != nil {
		return nil, err
	}
	check.Advice = append(draft.GetAdvice(), check.GetAdvice()...)
	if by.blind {
		return check, nil // how the case stands, and what the draft resembles, are of cases that the caller may not see
	}
	err = d.s.o.Store.View(ctx, func(r store.Reader) error {
		now, err := d.s.etagOfDraft(r, draft.GetStatement())
		check.CaseGoneOn = now != draft.GetCaseEtag()
		return err
	})
	if err != nil {
		return nil, err
	}
	if check.Statement != nil {
		void, err := d.s.adviseEffect(ctx, check.Statement)
		if err != nil {
			return nil, err
		}
		check.Advice = append(check.Advice, void...)
	}
	check.Similar, err = d.similar(ctx, caller, draft.GetStatement())
	return check, err
}

const (
	// recently is how far back a recurrence is looked for.
	recently = 12 // months
	// mostSimilar is how many similar cases are shown.
	mostSimilar = 20
)

// similar returns the cases of the last twelve months that a statement resembles
// and the caller sees. An exercise resembles none.
func (d *Drafts) similar(ctx context.Context, caller access.Caller, st *spsv1.Statement) ([]*spsv1.SimilarCase, error) {
	if statement.Content(st) == nil || st.GetStatus() != spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL {
		return nil, nil
	}
	since := d.s.o.Now().AddDate(0, -recently, 0)
	found, err := d.s.o.Book.Similar(ctx, st, since, d.s.o.Ledger.Released().N, mostSimilar)
	if err != nil {
		return nil, err
	}
	var cases []*spsv1.SimilarCase
	who := d.s.seers(caller)
	for _, like := range found {
		if sees, err := d.s.o.Book.SeesCase(ctx, who, like.Place); err != nil {
			return nil, err
		} else if !sees {
			continue
		}
		e, err := d.s.o.Ledger.Entry(ctx, like.Origin, like.Sequence)
		if err != nil {
			return nil, err
		}
		c := &spsv1.SimilarCase{
			Case: casePrefix + e.Leaf.GetReference(), Kind: spsv1.SimilarityKind_SIMILARITY_KIND_RECURRENCE,
			Shared: like.Shared, IssueTime: e.Leaf.GetTime(),
		}
		if like.Same {
			c.Kind = spsv1.SimilarityKind_SIMILARITY_KIND_DUPLICATE
		}
		cases = append(cases, c)
	}
	return cases, nil
}
