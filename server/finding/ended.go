package finding

import (
	"context"
	"fmt"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// Ended says which of the findings from which a draft was begun stand no more, and,
// until it is issued, which are in another draft or statement too, in the language of
// the caller of ctx. Paths begin within the draft.
func (s *Service) Ended(ctx context.Context, r store.Reader, draft string, names []string) ([]*spsv1.Advice, error) {
	own, err := s.o.Drafts.UseOf(r, draft)
	if err != nil {
		return nil, err
	}
	var all []*spsv1.Advice
	for i, name := range names {
		f, err := named(r, name)
		if err != nil || f == nil {
			return nil, err
		}
		a, err := ended(ctx, r, f)
		if err != nil {
			return nil, err
		}
		said := []*spsv1.Advice{a}
		if own.GetStatement() == "" {
			if a, err = s.elsewhere(ctx, r, draft, f); err != nil {
				return nil, err
			}
			said = append(said, a)
		}
		for _, a := range said {
			if a != nil {
				a.Field = fmt.Sprintf("findings[%d]", i)
				all = append(all, a)
			}
		}
	}
	return all, nil
}

// elsewhere says that another draft was begun from a finding, or even issued; nil if
// none was.
func (s *Service) elsewhere(ctx context.Context, r store.Reader, draft string, f *spsv1.LabFinding) (a *spsv1.Advice, err error) {
	for _, noted := range f.GetUses() {
		if noted.GetDraft() == draft {
			continue
		}
		use, err := s.o.Drafts.UseOf(r, noted.GetDraft())
		if err != nil {
			return nil, err
		}
		if use == nil {
			continue
		}
		if err := s.o.Drafts.Blind(ctx, r, use); err != nil {
			return nil, err
		}
		switch {
		case use.GetReference() != "":
			a = &spsv1.Advice{Reason: "FINDING_USED", Sentence: fmt.Sprintf(
				"the report %s was issued in %s already: say more of it there, or leave it out here", f.GetReportNumber(), use.GetReference())}
		case a == nil && use.GetDraft() == "":
			a = &spsv1.Advice{Reason: "FINDING_USED", Sentence: fmt.Sprintf(
				"another unit drafted from the report %s, or issued it: ask the focal point before you go on", f.GetReportNumber())}
		case a == nil:
			a = &spsv1.Advice{Reason: "FINDING_USED", Sentence: fmt.Sprintf(
				"the report %s is in another draft too, %s: go on with one of them, and delete the other", f.GetReportNumber(), use.GetDraft())}
		}
	}
	if a != nil {
		a.Sentence = access.Worded(ctx, a.GetReason(), a.GetSentence())
	}
	return a, nil
}

// EndedIn says which of the findings behind statements of a case stand no more, in
// the language of the caller of ctx.
func EndedIn(ctx context.Context, r store.Reader, name string) ([]*spsv1.Advice, error) {
	behind, err := inCase(r, name)
	if err != nil {
		return nil, err
	}
	var all []*spsv1.Advice
	for _, f := range behind {
		a, err := ended(ctx, r, f)
		if err != nil {
			return nil, err
		}
		if a != nil {
			all = append(all, a)
		}
	}
	return all, nil
}

// ended says what a person should do about a finding that stands no more; nil if
// it stands.
func ended(ctx context.Context, r store.Reader, f *spsv1.LabFinding) (*spsv1.Advice, error) {
	last := f
	for last.GetState() == spsv1.FindingState_FINDING_STATE_SUPERSEDED {
		next, err := named(r, last.GetSupersededBy())
		if err != nil || next == nil {
			return nil, err
		}
		last = next
	}
	a := &spsv1.Advice{}
	switch {
	case last.GetState() == spsv1.FindingState_FINDING_STATE_WITHDRAWN:
		a.Reason, a.Sentence = "FINDING_WITHDRAWN", fmt.Sprintf(
			"the laboratory %s withdrew the report %s behind this: read why, and take back what rests on it",
			f.GetLaboratory().GetId(), last.GetReportNumber())
	case last != f:
		a.Reason, a.Sentence = "FINDING_SUPERSEDED", fmt.Sprintf(
			"the laboratory %s replaced the report %s behind this by %s: read %s, and correct what it says otherwise",
			f.GetLaboratory().GetId(), f.GetReportNumber(), last.GetReportNumber(), last.GetName())
	default:
		return nil, nil
	}
	a.Sentence = access.Worded(ctx, a.GetReason(), a.GetSentence())
	return a, nil
}
