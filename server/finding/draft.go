package finding

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// Drafts is what the service has to know of drafts.
type Drafts interface {
	// BeginDraft begins a draft from findings, in the transaction that notes it
	// with them; it reports false for one that the same request began before.
	BeginDraft(tx store.Tx, caller access.Caller, id uuid.UUID, st *spsv1.Statement, findings []string) (*spsv1.Draft, bool, error)
	// UseOf returns what became of a draft, nil if it was deleted.
	UseOf(r store.Reader, name string) (*spsv1.FindingUse, error)
	// Blind takes out of a use what is not shown to the caller of ctx.
	Blind(ctx context.Context, r store.Reader, use *spsv1.FindingUse) error
	// CaseEnd completes a use by how far its case is, and how that ended.
	CaseEnd(ctx context.Context, use *spsv1.FindingUse) error
	// CaseHere reports whether a case is here and shown to the caller of ctx.
	CaseHere(ctx context.Context, reference string) (bool, error)
}

// DraftFromFindings implements spsv1.FindingServiceServer. The draft is begun and
// noted with its findings in one transaction, and says which of them are in another
// one too. None of them is set aside any more.
func (s *Service) DraftFromFindings(ctx context.Context, req *spsv1.DraftFromFindingsRequest) (*spsv1.Draft, error) {
	who, err := s.viewer(ctx)
	if err != nil {
		return nil, err
	}
	id := uuid.New()
	if req.GetRequestId() != "" {
		id = uuid.MustParse(req.GetRequestId()) // the field rules have seen it
	}
	var draft *spsv1.Draft
	err = s.o.Store.Update(ctx, func(tx store.Tx) error {
		findings, violations, err := who.standing(tx, req.GetNames())
		if err != nil {
			return err
		}
		var begun bool
		if draft, begun, err = s.o.Drafts.BeginDraft(tx, who.caller, id, notify(findings), req.GetNames()); err != nil || !begun {
			return err
		}
		if len(violations) > 0 { // one that was begun before they ended is returned as it is
			return access.Invalid(violations...)
		}
		for _, f := range findings {
			f.Uses, f.SetAside = append(f.GetUses(), &spsv1.FindingUse{Draft: draft.GetName()}), nil
			if err := put(tx, f); err != nil {
				return err
			}
		}
		if draft.Advice, err = s.Ended(ctx, tx, draft.GetName(), req.GetNames()); err != nil {
			return err
		}
		return access.Record(ctx, tx, append([]string{draft.GetName()}, req.GetNames()...)...)
	})
	if err != nil {
		return nil, err
	}
	s.Wake()
	return draft, nil
}

// standing returns findings by their names, and which of them do not stand. It
// refuses one that is not shown to the viewer.
func (v viewer) standing(r store.Reader, names []string) (findings []*spsv1.LabFinding, violations []access.Violation, err error) {
	for i, name := range names {
		f, err := v.seen(r, name)
		if err != nil {
			return nil, nil, err
		}
		if f.GetState() != spsv1.FindingState_FINDING_STATE_CURRENT {
			violations = append(violations, access.Violation{
				Field: fmt.Sprintf("names[%d]", i), Reason: "FINDING_ENDED", Sentence: "leave it out, or name the one that superseded it: it does not stand any more",
			})
		}
		findings = append(findings, f)
	}
	return findings, violations, nil
}

// became completes what became of a finding.
func (s *Service) became(r store.Reader, f *spsv1.LabFinding) error {
	var uses []*spsv1.FindingUse
	for _, noted := range f.GetUses() {
		use, err := s.o.Drafts.UseOf(r, noted.GetDraft())
		if err != nil {
			return err
		}
		if use != nil {
			uses = append(uses, use)
		}
	}
	f.Uses = uses
	return nil
}

// used is became, as far as it is shown to the caller of ctx.
func (s *Service) used(ctx context.Context, r store.Reader, f *spsv1.LabFinding) error {
	if err := s.became(r, f); err != nil {
		return err
	}
	for _, use := range f.GetUses() {
		if err := s.o.Drafts.Blind(ctx, r, use); err != nil {
			return err
		}
	}
	return nil
}
