package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// callResults are what may come of a call.
var callResults = map[string]spsv1.CallResult{
	"reached": spsv1.CallResult_CALL_RESULT_REACHED, "no-answer": spsv1.CallResult_CALL_RESULT_NO_ANSWER,
	"message-left": spsv1.CallResult_CALL_RESULT_MESSAGE_LEFT, "wrong-number": spsv1.CallResult_CALL_RESULT_WRONG_NUMBER,
}

func (a *app) caseCallCommand() *cobra.Command {
	format := tableFormat
	var result, requestID string
	call := &spsv1.Call{}
	cmd := &cobra.Command{
		Use:   "call REFERENCE OFFICE --result RESULT",
		Short: "record a telephone call about a case",
		Long: `Call records that you telephoned an office about a case, such as because it does not
acknowledge an alert: case list --to-call lists these cases, and case get says whom to
telephone, at which number, in which languages, and which calls were made. The record
stays in your office. If what you heard is to count, state it: an acknowledgement with
its source.`,
		Example: `  spsctl case call VN-2026-000123 TH --result reached --person 'duty officer' --note 'reads it now'
  spsctl case call VN-2026-000123 TH --result no-answer --phone +6625798516`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: a.completeReferences,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			call.Office, call.Result = strings.ToUpper(args[1]), callResults[result]
			if call.GetResult() == spsv1.CallResult_CALL_RESULT_UNSPECIFIED {
				return usageError{fmt.Errorf("result %q is none of reached, no-answer, message-left, wrong-number", result)}
			}
			if requestID == "" {
				requestID = uuid.NewString()
			}
			made, err := node.CaseService().RecordCall(ctx, &spsv1.RecordCallRequest{
				Name: "cases/" + strings.ToUpper(args[0]), Call: call, RequestId: requestID,
			})
			if err != nil {
				return err
			}
			rows := newList(a.out, format, "office", "called", "result", "person", "phone", "note")
			what := brief.Words(made.GetResult())
			if err := rows.add(made, made.GetOffice(), when(made.GetCallTime()), what, made.GetPerson(), made.GetPhone(), made.GetNote()); err != nil {
				return err
			}
			return rows.close()
		}),
	}
	f := cmd.Flags()
	f.StringVar(&result, "result", "", "what came of it: reached, no-answer, message-left or wrong-number")
	complete(cmd, "result", "reached", "no-answer", "message-left", "wrong-number")
	_ = cmd.MarkFlagRequired("result")
	f.StringVar(&call.Person, "person", "", "who was spoken to, by name or function")
	f.StringVar(&call.Phone, "phone", "", "the number that was called")
	f.StringVar(&call.Note, "note", "", "what is to be remembered of it")
	f.StringVar(&requestID, "request-id", "", "record the call once, however often this runs (a UUID)")
	outputFlag(cmd, &format)
	return cmd
}
