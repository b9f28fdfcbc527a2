package office

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/routing"
)

// visible reports whether a caller may see a draft: the focal point and auditors
// all, who belongs to a unit those of that unit and of units below it, a post
// without one its own.
func visible(draft *spsv1.Draft, caller access.Caller, t routing.Tree) bool {
	switch {
	case caller.Focal():
		return true
	case caller.Unit != "":
		return t.Within(draft.GetUnit(), caller.Unit)
	}
	return mine(draft, caller)
}

// mine reports whether the caller began the draft.
func mine(draft *spsv1.Draft, caller access.Caller) bool {
	return draft.GetDraftedBy().GetId() == caller.ID && draft.GetUnit() == caller.Unit
}

// wrote reports whether the caller wrote any of the draft.
func wrote(draft *spsv1.Draft, caller access.Caller) bool {
	return slices.ContainsFunc(draft.GetWriters(), func(p *spsv1.Person) bool { return p.GetId() == caller.ID })
}

// inState refuses what a draft in another state does not allow.
func inState(draft *spsv1.Draft, what string, states ...spsv1.DraftState) error {
	if slices.Contains(states, draft.GetState()) {
		return nil
	}
	sentence := map[spsv1.DraftState]string{
		spsv1.DraftState_DRAFT_STATE_DRAFTING:  "it is not submitted: submit it first",
		spsv1.DraftState_DRAFT_STATE_SUBMITTED: "it is submitted: return it first, or issue it",
		spsv1.DraftState_DRAFT_STATE_RETURNED:  "it was returned: submit it again first",
		spsv1.DraftState_DRAFT_STATE_ISSUED:    "it was issued as " + draft.GetReference() + ": amend or withdraw that",
	}[draft.GetState()]
	return &access.Refusal{
		Code: codes.FailedPrecondition, Reason: access.ReasonDraftState,
		Sentence: fmt.Sprintf("%s cannot be %s: %s", draft.GetName(), what, sentence),
	}
}

// acceptable refuses a statement that no draft can hold. It may be incomplete,
// and wrong; it may not say what only the node says, nor be larger than what can
// be issued. at is the path of the statement in the request.
func (d *Drafts) acceptable(at string, st *spsv1.Statement) error {
	if violations := unacceptable(at, st); len(violations) > 0 {
		return access.Invalid(violations...)
	}
	return nil
}

// writable refuses what acceptable refuses, and files that the caller of ctx may
// not name. Those that the draft names already, before, stay whoever writes on.
func (d *Drafts) writable(ctx context.Context, at string, st, before *spsv1.Statement) error {
	if err := d.s.mustSeeCaseOf(ctx, st); err != nil {
		return err
	}
	violations := unacceptable(at, st)
	unnamed, err := d.s.checkNames(ctx, at+".attachments", st.GetAttachments(), before.GetAttachments())
	if err != nil {
		return err
	}
	if violations = append(violations, unnamed...); len(violations) > 0 {
		return access.Invalid(violations...)
	}
	return nil
}

// unacceptable returns why no draft can hold a statement.
func unacceptable(at string, st *spsv1.Statement) []access.Violation {
	if st == nil {
		return []access.Violation{{Field: at, Reason: "REQUIRED", Sentence: "give the statement, as far as it is written"}}
	}
	var violations []access.Violation
	for _, v := range setByNode(st, authors{}) {
		v.Field = at + strings.TrimPrefix(v.Field, "statement")
		violations = append(violations, v)
	}
	if st.GetWaiver() != nil {
		violations = append(violations, waiverLater(at))
	}
	if size := proto.Size(st); size > seal.MaxEnvelope {
		violations = append(violations, access.Violation{
			Field: at, Reason: string(access.ReasonTooLarge),
			Sentence: fmt.Sprintf("it has %d bytes, and what is issued at most %d: move content into attachments", size, seal.MaxEnvelope),
		})
	}
	return violations
}

// waiverLater refuses the waiver of a draft. at is the path of its statement.
func waiverLater(at string) access.Violation {
	return access.Violation{Field: at + ".waiver", Reason: "SET_BY_NODE", Sentence: "give the waiver when the draft is issued"}
}
