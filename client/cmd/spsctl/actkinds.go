package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// actCommands are what an officer does in a case.
func (a *app) actCommands() []*cobra.Command {
	return []*cobra.Command{
		a.ackCommand(), a.followUpCommand(), a.askCommand(), a.answerCommand(), a.amendCommand(),
		a.withdrawCommand(), a.closeCommand(), a.reopenCommand(), a.numberCommand(), a.toldCommand(), a.linkCommand(),
	}
}

// stanceFlags are how an office takes a case; it returns nil if none is given.
func stanceFlags(cmd *cobra.Command) func() (*spsv1.Stance, error) {
	position := wordFlag(cmd, "stance", "how the office takes the case", spsv1.StancePosition(0))
	reason := textFlag(cmd, "reason", "why it takes it so")
	var corrections []string
	cmd.Flags().StringArrayVar(&corrections, "correct", nil,
		"what should stand in the notification, PATH=TEXT such as 'products[p1].lots[p1.l2].number=A-17'; may be repeated")
	return func() (*spsv1.Stance, error) {
		fixes, err := correctionsOf(corrections)
		if position.n == 0 {
			if err == nil && (len(reason.all) > 0 || len(fixes) > 0) {
				err = fmt.Errorf("say how the office takes the case: --stance")
			}
			return nil, err
		}
		return &spsv1.Stance{Position: spsv1.StancePosition(position.n), Reason: reason.all, Corrections: fixes}, err
	}
}

// correctionsOf reads PATH=TEXT.
func correctionsOf(all []string) ([]*spsv1.Correction, error) {
	var fixes []*spsv1.Correction
	for _, text := range all {
		path, proposed, ok := strings.Cut(text, "=")
		if !ok || path == "" || proposed == "" {
			return nil, fmt.Errorf("%q is not a path and what should stand there, such as products[p1].lots[p1.l2].number=A-17", text)
		}
		fixes = append(fixes, &spsv1.Correction{Path: path, Proposed: proposed})
	}
	return fixes, nil
}

func (a *app) ackCommand() *cobra.Command {
	return newAct(a, actText{
		use: "ack REFERENCE", short: "acknowledge a case: a person has read it",
		long: `Ack says that your office has read the case and, with --stance, how it takes it:
accepted for action, not concerned, or disputed. Who disputes says why, and may
say what should stand in the notification instead.`,
		example: `  spsctl case ack TH-2026-000123
  spsctl case ack TH-2026-000123 --stance accepted --deals PPD
  spsctl case ack TH-2026-000123 --stance disputed --reason 'this lot never left' --correct 'products[p1].lots[p1.l1].number=A-17'`,
	}, cobra.ExactArgs(1), func(cmd *cobra.Command) func(*spsv1.AcknowledgeCaseRequest, []string) error {
		stance, heard := stanceFlags(cmd), sourceFlags(cmd)
		text := textFlag(cmd, "text", "anything more")
		deals := cmd.Flags().String("deals", "", "id of the unit that deals with it")
		return func(req *spsv1.AcknowledgeCaseRequest, _ []string) (err error) {
			if req.Acknowledgement == nil {
				req.Acknowledgement = &spsv1.Acknowledgement{}
			}
			taken, err := stance()
			if taken != nil {
				req.Acknowledgement.Stance = taken
			}
			req.Acknowledgement.Text = append(req.Acknowledgement.Text, text.all...)
			req.Acknowledgement.Unit = first(*deals, req.Acknowledgement.GetUnit())
			return firstError(err, heard(around(req.ProtoReflect())))
		}
	}, spsv1.CaseServiceClient.AcknowledgeCase)
}

func (a *app) followUpCommand() *cobra.Command {
	return newAct(a, actText{
		use: "follow-up REFERENCE", short: "add to a case: facts, an outcome, that your part is done",
		long: `Follow-up adds to a case. It goes to everyone in the case, as far as its handling
allows. Facts such as findings, measures and lot balances go into a file.`,
		example: `  spsctl case follow-up TH-2026-000123 --text 'the packing house was inspected' --attach report.pdf
  spsctl case follow-up TH-2026-000123 --outcome confirmed --cause 'wet drying floor' --corrective-action 'floor dried' --part done
  spsctl case follow-up TH-2026-000123 -f facts.yaml`,
	}, cobra.ExactArgs(1), func(cmd *cobra.Command) func(*spsv1.FollowUpCaseRequest, []string) error {
		stance, heard := stanceFlags(cmd), sourceFlags(cmd)
		text := textFlag(cmd, "text", "what it says")
		conclusion := wordFlag(cmd, "outcome", "what the investigation led to", spsv1.OutcomeConclusion(0))
		cause := textFlag(cmd, "cause", "the cause")
		action := textFlag(cmd, "corrective-action", "what was done so that it does not happen again")
		part := wordFlag(cmd, "part", "how far our part is", spsv1.Part(0))
		return func(req *spsv1.FollowUpCaseRequest, _ []string) error {
			if req.FollowUp == nil {
				req.FollowUp = &spsv1.FollowUp{}
			}
			f := req.FollowUp
			f.Text = append(f.Text, text.all...)
			taken, err := stance()
			if taken != nil {
				f.Stance = taken
			}
			if conclusion.n != 0 {
				f.Outcome = &spsv1.Outcome{Conclusion: spsv1.OutcomeConclusion(conclusion.n), Cause: cause.all, CorrectiveAction: action.all}
			} else if len(cause.all)+len(action.all) > 0 {
				return fmt.Errorf("say what the investigation led to: --outcome")
			}
			if part.n != 0 {
				f.Part = spsv1.Part(part.n)
			}
			return firstError(err, heard(around(req.ProtoReflect())))
		}
	}, spsv1.CaseServiceClient.FollowUpCase)
}

func (a *app) askCommand() *cobra.Command {
	kinds := shortNames(spsv1.RequestKind(0).Descriptor())
	return newAct(a, actText{
		use: "ask REFERENCE KIND", short: "ask offices of a case for something",
		long: `Ask requests something of offices in the case: of the one that issued the
notification unless --of says of whom; for an extension of who may grant it. KIND
is one of ` + strings.Join(kinds, ", ") + `.`,
		example: `  spsctl case ask TH-2026-000123 documents --text 'the analytical report' --by 2026-12-01
  spsctl case ask TH-2026-000123 amendment --correct 'products[p1].lots[p1.l1].number=A-17'
  spsctl case ask TH-2026-000123 extension --clock outcome --until 2026-12-24 --text 'the laboratory is closed'
  spsctl case ask TH-2026-000123 remote-inspection --at 2026-12-01T09:00:00+07:00`,
	}, cobra.ExactArgs(2), func(cmd *cobra.Command) func(*spsv1.RequestInCaseRequest, []string) error {
		heard := sourceFlags(cmd)
		text := textFlag(cmd, "text", "what is asked")
		by := dueUntil(cmd, "by", "when an answer is wanted, if earlier than usual")
		clock := wordFlag(cmd, "clock", "for an extension, which due time", spsv1.Clock(0))
		until := dueUntil(cmd, "until", "for an extension, until when")
		at := whenFlag(cmd, "at", "for a remote inspection, when it could be")
		var of, further, corrections []string
		f := cmd.Flags()
		f.StringSliceVar(&of, "of", nil, "codes of the offices that are asked")
		f.StringSliceVar(&further, "further", nil, "for a readdress, codes of the offices to be addressed")
		f.StringArrayVar(&corrections, "correct", nil, "for an amendment, what should stand in the notification, PATH=TEXT; may be repeated")
		return func(req *spsv1.RequestInCaseRequest, args []string) error {
			if req.Request == nil {
				req.Request = &spsv1.Request{}
			}
			r := req.Request
			name, ok := enumValue(spsv1.RequestKind(0).Descriptor(), args[1])
			if !ok {
				return fmt.Errorf("kind %q is none of %s", args[1], strings.Join(kinds, ", "))
			}
			r.Kind = spsv1.RequestKind(spsv1.RequestKind_value[name])
			r.Text = append(r.Text, text.all...)
			r.Offices, r.FurtherOffices = append(r.Offices, upper(of)...), append(r.FurtherOffices, upper(further)...)
			if due := by.in(a.zone); due != nil {
				r.DueTime = due
			}
			if due := until.in(a.zone); clock.n != 0 || due != nil {
				r.Extension = &spsv1.Extension{Clock: spsv1.Clock(clock.n), DueTime: due}
			}
			if at.at != nil {
				r.RemoteInspection = &spsv1.RemoteInspection{StartTimes: append(r.GetRemoteInspection().GetStartTimes(), at.at)}
			}
			fixes, err := correctionsOf(corrections)
			r.Corrections = append(r.Corrections, fixes...)
			return firstError(err, heard(around(req.ProtoReflect())))
		}
	}, spsv1.CaseServiceClient.RequestInCase)
}

func (a *app) answerCommand() *cobra.Command {
	return newAct(a, actText{
		use: "answer REFERENCE", asks: true, short: "answer a request, or a dispute of your notification",
		long: `Answer answers the request or dispute that --to-what names, or the only one in the
case that waits for you. It reaches who asked, and all who read the question.`,
		example: `  spsctl case answer VN-2026-000123 --result granted --text 'see the report' --attach report.pdf
  spsctl case answer VN-2026-000123 --result interim --until 2026-12-01
  spsctl case answer VN-2026-000123 --to-what TH-2026-000007 --result declined --text 'the goods are gone'
  spsctl case answer VN-2026-000123 --dispute uphold --text 'the counter sample says the same'`,
	}, cobra.ExactArgs(1), func(cmd *cobra.Command) func(*spsv1.RespondInCaseRequest, []string) error {
		heard := sourceFlags(cmd)
		result := wordFlag(cmd, "result", "how a request is answered", spsv1.ResponseResult(0))
		dispute := wordFlag(cmd, "dispute", "how a dispute is answered", spsv1.DisputeResult(0))
		cmd.MarkFlagsMutuallyExclusive("result", "dispute")
		text := textFlag(cmd, "text", "the answer in words")
		until := dueUntil(cmd, "until", "for an interim answer, when the rest follows; for an extension, what is granted")
		target := cmd.Flags().String("to-what", "", "reference of what is answered")
		return func(req *spsv1.RespondInCaseRequest, _ []string) error {
			if req.Response == nil {
				req.Response = &spsv1.Response{}
			}
			r := req.Response
			if result.n != 0 || dispute.n != 0 {
				r.Result, r.DisputeResult = spsv1.ResponseResult(result.n), spsv1.DisputeResult(dispute.n)
			}
			r.Text = append(r.Text, text.all...)
			if due := until.in(a.zone); due != nil {
				r.DueTime = due
			}
			req.Target = first(*target, req.GetTarget())
			return heard(around(req.ProtoReflect()))
		}
	}, spsv1.CaseServiceClient.RespondInCase)
}

func (a *app) numberCommand() *cobra.Command {
	return newAct(a, actText{
		use: "reference REFERENCE SYSTEM NUMBER", short: "add a number of another system to a case, such as your file number",
		long:    `Reference adds a number by which the case is found too: your own file number, that of RASFF, of a ministry's letter.`,
		example: `  spsctl case reference TH-2026-000123 MARD 117/BVTV-KD`,
	}, cobra.ExactArgs(3), func(*cobra.Command) func(*spsv1.AddExternalReferenceRequest, []string) error {
		return func(req *spsv1.AddExternalReferenceRequest, args []string) error {
			req.ExternalReference = &spsv1.ExternalReference{System: args[1], Number: args[2]}
			return nil
		}
	}, spsv1.CaseServiceClient.AddExternalReference)
}

// upper writes codes of offices as they are.
func upper(codes []string) []string {
	all := make([]string, len(codes))
	for i, code := range codes {
		all[i] = strings.ToUpper(code)
	}
	return all
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
