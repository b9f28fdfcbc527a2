package story

import (
	"context"
	"fmt"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// suspension: both offices set their half of the status of the code.
func (p *player) suspension(ctx context.Context) {
	p.says(ctx, origin, "suspends the code "+packingHouse+" for Thailand: it withholds what is packed there", p.sets(ctx, spsv1.CodeAction_CODE_ACTION_SUSPENDED, "until the audit of the packing house"))
	p.says(ctx, notifier, "suspends the code too: it refuses what is packed there", p.sets(ctx, spsv1.CodeAction_CODE_ACTION_SUSPENDED, "until corrective action is reported"))
	p.looksUp(ctx, notifier, spsv1.CodeAnswer_CODE_ANSWER_REFUSED_AND_WITHHELD)
	p.isTold(ctx, "is told by itself that its code is suspended", spsv1.NoticeNews_NOTICE_NEWS_CODE_SUSPENDED)
}

// reinstatement: each office lifts its half.
func (p *player) reinstatement(ctx context.Context) {
	p.says(ctx, origin, "reinstates the code, after the audit of the packing house", p.sets(ctx, spsv1.CodeAction_CODE_ACTION_REINSTATED, "the audit found no residues"))
	p.looksUp(ctx, origin, spsv1.CodeAnswer_CODE_ANSWER_REFUSED)
	p.says(ctx, notifier, "reinstates the code too", p.sets(ctx, spsv1.CodeAction_CODE_ACTION_REINSTATED, "corrective action was reported"))
	p.looksUp(ctx, origin, spsv1.CodeAnswer_CODE_ANSWER_GOOD)
	p.isTold(ctx, "is told by itself that its code is reinstated", spsv1.NoticeNews_NOTICE_NEWS_CODE_REINSTATED)
}

// sets sets the half of an office of the status of the code, by a measure.
func (p *player) sets(ctx context.Context, action spsv1.CodeAction, condition string) act {
	measure := map[spsv1.CodeAction]string{
		spsv1.CodeAction_CODE_ACTION_SUSPENDED: "code-suspended", spsv1.CodeAction_CODE_ACTION_REINSTATED: "code-reinstated",
	}[action]
	return p.adds(ctx, &spsv1.FollowUp{Facts: &spsv1.Facts{Measures: []*spsv1.Measure{{
		Id: "m1", Action: &spsv1.Concept{Codings: []*spsv1.Coding{{System: "sps-measure", Code: measure}}},
		State: spsv1.MeasureState_MEASURE_STATE_ORDERED,
		CodeStatus: &spsv1.CodeStatusChange{
			Code: siteCode(), Action: action, Market: &spsv1.Area{Code: string(notifier)}, Conditions: english(condition),
		},
	}}}})
}

// looksUp has an officer look up whether the code is good, and holds that
// everybody in the circle is told the same.
func (p *player) looksUp(ctx context.Context, office certs.Office, want spsv1.CodeAnswer) {
	p.step(ctx, office, certs.RoleOfficer, "looks up the code:", func(s *Step) (*spsv1.IssuedStatement, error) {
		for _, at := range p.circle {
			sentence, err := p.answered(ctx, at, want)
			if err != nil {
				return nil, err
			}
			if at == office {
				s.Did += " " + sentence
			}
		}
		return nil, nil
	})
}

// answered waits until an office is told so of the code, and returns the sentence.
func (p *player) answered(ctx context.Context, office certs.Office, want spsv1.CodeAnswer) (sentence string, err error) {
	var got spsv1.CodeAnswer
	err = p.until(ctx, func() (bool, error) {
		status, err := p.desks[office].Officer.CodeStatusService().GetCodeStatus(ctx, &spsv1.GetCodeStatusRequest{
			Code: packingHouse, Market: string(notifier), Product: customsCode,
		})
		sentence, got = status.GetSentence(), status.GetAnswer()
		return got == want, err
	})
	if err != nil {
		return "", fmt.Errorf("the code %s at %s is %s, not %s: %w", packingHouse, office, got, want, err)
	}
	return sentence, nil
}

// siteCode is the code of the packing house.
func siteCode() *spsv1.SiteCode {
	return &spsv1.SiteCode{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_PACKING_HOUSE, Code: packingHouse, Area: &spsv1.Area{Code: string(origin)}}
}
