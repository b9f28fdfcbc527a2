package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) codeSuspendCommand() *cobra.Command {
	return a.codeChangeCommand(actText{
		use: "suspend REFERENCE CODE", short: "suspend a code in a case, by a follow-up",
		long: `Suspend says in a case that the code of a site is suspended for a market: for your
own market that you refuse goods under it; for another, if your authority gave the
code, that you withhold them. It is a follow-up with a measure, and goes to everyone
in the case. With --until the suspension ends by itself.`,
		example: `  spsctl code suspend CN-2026-000123 VN-DL-0123 --kind packing-house --market CN --product 080450
  spsctl code suspend CN-2026-000123 VN-DL-0123 --kind packing-house --market CN --until 2026-12-24 --condition 'a new audit'`,
	}, spsv1.CodeAction_CODE_ACTION_SUSPENDED, "code-suspended")
}

func (a *app) codeReinstateCommand() *cobra.Command {
	return a.codeChangeCommand(actText{
		use: "reinstate REFERENCE CODE", short: "reinstate a code in a case, by a follow-up",
		long: `Reinstate says in a case that the code of a site is good again for a market, as far
as your office suspended it: each office lifts its own half. It is a follow-up with
a measure, and goes to everyone in the case.`,
		example: "  spsctl code reinstate CN-2026-000123 VN-DL-0123 --kind packing-house --market CN --condition 'the audit of 2026-11-20'",
	}, spsv1.CodeAction_CODE_ACTION_REINSTATED, "code-reinstated")
}

// codeChangeCommand makes the command of an act that changes the status of a code.
func (a *app) codeChangeCommand(text actText, action spsv1.CodeAction, measure string) *cobra.Command {
	return newAct(a, text, cobra.ExactArgs(2), func(cmd *cobra.Command) func(*spsv1.FollowUpCaseRequest, []string) error {
		kind := wordFlag(cmd, "kind", "what the code names", spsv1.SiteCodeKind(0))
		f := cmd.Flags()
		market := f.String("market", "", "the market, ISO 3166, such as CN")
		origin := f.String("origin", "", "country or area that gave the code (default as in the case; if it does not say it and you withhold, your own)")
		var goods []string
		f.StringSliceVar(&goods, "product", nil, "customs tariff codes of the goods (default all goods under the code)")
		from, until := whenFlag(cmd, "from", "from when (default now)"), dueUntil(cmd, "until", "until when (default until it is changed)")
		conditions, reason := textFlag(cmd, "condition", "what must be done for it to be lifted, or on what it was lifted"), textFlag(cmd, "reason", "why")
		return func(req *spsv1.FollowUpCaseRequest, args []string) error {
			switch {
			case kind.n == 0:
				return errors.New("say what the code names: --kind")
			case *market == "":
				return errors.New("say for which market: --market")
			}
			change := &spsv1.CodeStatusChange{
				Code:   &spsv1.SiteCode{Kind: spsv1.SiteCodeKind(kind.n), Code: strings.TrimSpace(args[1])},
				Action: action, Market: &spsv1.Area{Code: strings.ToUpper(*market)}, StartTime: from.at, EndTime: until.in(a.zone), Conditions: conditions.all,
			}
			if *origin != "" {
				change.Code.Area = &spsv1.Area{Code: strings.ToUpper(*origin)}
			}
			for _, code := range goods {
				change.Products = append(change.Products, &spsv1.Concept{Codings: []*spsv1.Coding{{System: "hs", Code: strings.ReplaceAll(code, ".", "")}}})
			}
			if req.FollowUp == nil {
				req.FollowUp = &spsv1.FollowUp{}
			}
			if req.FollowUp.Facts == nil {
				req.FollowUp.Facts = &spsv1.Facts{}
			}
			facts := req.GetFollowUp().GetFacts()
			facts.Measures = append(facts.Measures, &spsv1.Measure{
				Id:         fmt.Sprintf("m%d", len(facts.GetMeasures())+1),
				Action:     &spsv1.Concept{Codings: []*spsv1.Coding{{System: "sps-measure", Code: measure}}},
				State:      spsv1.MeasureState_MEASURE_STATE_ORDERED,
				CodeStatus: change, Text: reason.all,
			})
			return nil
		}
	}, a.changeCode)
}

// changeCode issues a change of a code's status, and before that says what a check
// advises, which an issue does not. Where nothing says who gave the code, it is one
// of the own office: whose else would it withhold from a market? But the GACC's
// registrations are never its own.
func (a *app) changeCode(cases spsv1.CaseServiceClient, ctx context.Context, req *spsv1.FollowUpCaseRequest, opts ...grpc.CallOption) (*spsv1.IssuedStatement, error) {
	only := proto.CloneOf(req)
	only.ValidateOnly = true
	would, err := cases.FollowUpCase(ctx, only, opts...)
	if err != nil {
		return cases.FollowUpCase(ctx, req, opts...) // done before, or it says what is wrong
	}
	measures := req.GetFollowUp().GetFacts().GetMeasures()
	field := fmt.Sprintf(".measures[%d].code_status.code.area", len(measures)-1)
	code := measures[len(measures)-1].GetCodeStatus().GetCode()
	unknown := code.GetArea() == nil && slices.ContainsFunc(would.GetAdvice(), func(look *spsv1.Advice) bool {
		return look.GetReason() == "ORIGIN_UNKNOWN" && strings.HasSuffix(look.GetField(), field)
	})
	if unknown && code.GetKind() != spsv1.SiteCodeKind_SITE_CODE_KIND_GACC_REGISTRATION {
		code.Area = &spsv1.Area{Code: would.GetStatement().GetOffice()}
		fmt.Fprintf(a.err, "the case does not say who gave %s: taken as a code of %s; --origin names another\n", printable(code.GetCode()), code.GetArea().GetCode())
		return a.changeCode(cases, ctx, req, opts...) // of which a check may advise something else
	}
	if !req.GetValidateOnly() && !req.GetDraft() { // of these the answer says it
		a.sayAdvice(would.GetAdvice())
	}
	return cases.FollowUpCase(ctx, req, opts...)
}
