package trader

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// ForwardAnswer implements spsv1.ExporterServiceServer.
func (s *Service) ForwardAnswer(ctx context.Context, req *spsv1.ForwardAnswerRequest) (*spsv1.Draft, error) {
	caller, ok := access.From(ctx)
	if !ok {
		return nil, errors.New("forward an answer: a call without a caller")
	}
	n, err := s.GetConsignmentNotice(ctx, &spsv1.GetConsignmentNoticeRequest{Name: req.GetName()})
	if err != nil {
		return nil, err
	}
	if req.GetAnswer() > uint32(len(n.GetAnswers())) {
		return nil, invalid("answer", "ANSWER_UNKNOWN", "give the number of an answer of the notice")
	}
	answer := n.GetAnswers()[req.GetAnswer()-1]
	if answer.GetDraft() != "" {
		return s.o.Drafts.GetDraft(ctx, &spsv1.GetDraftRequest{Name: answer.GetDraft()})
	}
	draft, err := s.o.Drafts.BeginFollowUp(ctx, &spsv1.FollowUpCaseRequest{
		Name: casePrefix + n.GetReference(), FollowUp: &spsv1.FollowUp{Text: forwarded(answer)},
		Statement: &spsv1.Statement{Attachments: renumbered(answer.GetAttachments())},
		RequestId: uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%s answer %d by %s", n.GetName(), answer.GetNumber(), caller.ID)).String(),
	})
	if err != nil {
		return nil, err
	}
	return draft, s.noteDraft(ctx, req, draft.GetName())
}

// noteDraft notes with an answer that it was forwarded.
func (s *Service) noteDraft(ctx context.Context, req *spsv1.ForwardAnswerRequest, draft string) error {
	err := s.o.Store.Update(ctx, func(tx store.Tx) error {
		id, _ := keyOf(req.GetName())
		n, err := getNotice(tx, id)
		if err != nil {
			return err
		}
		n.Answers[req.GetAnswer()-1].Draft = draft
		if err := putNotice(tx, n, timestamppb.New(s.o.Now().UTC()), false); err != nil {
			return err
		}
		return access.Record(ctx, tx, n.GetName(), draft)
	})
	s.wake()
	return err
}

// saidInEnglish is what the kinds of answers say in a follow-up.
var saidInEnglish = map[spsv1.AnswerKind]string{
	spsv1.AnswerKind_ANSWER_KIND_OUR_GOODS:         "the goods are ours",
	spsv1.AnswerKind_ANSWER_KIND_NOT_OUR_GOODS:     "the goods are not ours",
	spsv1.AnswerKind_ANSWER_KIND_CODE_MISUSED:      "our code was used without our leave",
	spsv1.AnswerKind_ANSWER_KIND_CORRECTIVE_ACTION: "corrective action was taken",
	spsv1.AnswerKind_ANSWER_KIND_DISPUTED:          "we dispute what was found",
	spsv1.AnswerKind_ANSWER_KIND_QUESTION:          "we have a question",
}

// forwarded returns the text of a follow-up with an answer: what is coded in
// English, and the words of the exporter as they are. The officer who completes
// the draft decides what of it is said.
func forwarded(a *spsv1.NoticeAnswer) []*spsv1.LocalizedText {
	var kinds []string
	for _, k := range a.GetKinds() {
		kinds = append(kinds, saidInEnglish[k])
	}
	text := &spsv1.LocalizedText{Lang: "en", Text: "The operator answers: " + strings.Join(kinds, "; ") + "."}
	for _, t := range a.GetText() {
		if t.GetLang() != "en" {
			text.Lang = "mul" // several languages in one text
		}
		text.Text += fmt.Sprintf("\n\n[%s] %s", t.GetLang(), t.GetText())
	}
	const most = 20000
	if runes := []rune(text.GetText()); len(runes) > most {
		text.Text = string(runes[:most-1]) + "…"
	}
	return []*spsv1.LocalizedText{text}
}

// renumbered returns files with the local ids of a statement of their own.
func renumbered(files []*spsv1.Attachment) []*spsv1.Attachment {
	var all []*spsv1.Attachment
	for i, f := range files {
		f = proto.CloneOf(f)
		f.Id = fmt.Sprintf("a%d", i+1)
		all = append(all, f)
	}
	return all
}
