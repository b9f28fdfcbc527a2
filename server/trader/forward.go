package trader

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// ForwardAnswer implements spsv1.ExporterServiceServer. The draft is begun and noted
// with the answer in one transaction.
func (s *Service) ForwardAnswer(ctx context.Context, req *spsv1.ForwardAnswerRequest) (*spsv1.Draft, error) {
	var n *spsv1.ConsignmentNotice
	var answer *spsv1.NoticeAnswer
	err := s.o.Store.View(ctx, func(r store.Reader) (err error) {
		n, answer, err = s.forwarding(ctx, r, req)
		return err
	})
	if err != nil {
		return nil, err
	}
	if answer.GetDraft() != "" {
		return s.o.Drafts.GetDraft(ctx, &spsv1.GetDraftRequest{Name: answer.GetDraft()})
	}
	begin, err := s.o.Drafts.PrepareFollowUp(ctx, &spsv1.FollowUpCaseRequest{
		Name: casePrefix + n.GetReference(), FollowUp: &spsv1.FollowUp{Text: forwarded(answer)},
		Statement: &spsv1.Statement{Attachments: renumbered(answer.GetAttachments())}, RequestId: uuid.NewString(),
	})
	if err != nil {
		return nil, err
	}
	draft := ""
	err = s.o.Store.Update(ctx, func(tx store.Tx) (err error) {
		draft, err = s.forward(ctx, tx, req, begin)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.wake()
	return s.o.Drafts.GetDraft(ctx, &spsv1.GetDraftRequest{Name: draft})
}

// forwarding returns a notice and the answer that is to be forwarded, with the draft
// in which it was, as long as there is that.
func (s *Service) forwarding(ctx context.Context, r store.Reader, req *spsv1.ForwardAnswerRequest) (*spsv1.ConsignmentNotice, *spsv1.NoticeAnswer, error) {
	who, n, err := s.shownTo(ctx, r, req.GetName())
	if err != nil {
		return nil, nil, err
	}
	answer, err := getAnswer(r, n, req.GetAnswer())
	if err != nil {
		return nil, nil, err
	}
	if answer == nil {
		return nil, nil, invalid("answer", "ANSWER_UNKNOWN", "give the number of an answer of the notice")
	}
	return n, answer, s.shownAnswer(r, who, answer)
}

// forward begins the draft of an answer, unless there is one, and returns its name.
func (s *Service) forward(ctx context.Context, tx store.Tx, req *spsv1.ForwardAnswerRequest, begin func(store.Tx) (*spsv1.Draft, error)) (string, error) {
	n, answer, err := s.forwarding(ctx, tx, req)
	if err != nil {
		return "", err
	}
	if answer.GetDraft() != "" { // the same was asked twice at once
		return answer.GetDraft(), access.Record(ctx, tx)
	}
	draft, err := begin(tx)
	if err != nil {
		return "", err
	}
	id, _ := keyOf(n.GetName())
	answer.Draft, answer.AttachmentCount = draft.GetName(), 0
	if err := write(tx, tableSaid, versionKey(id, answer.GetNumber()), answer); err != nil {
		return "", err
	}
	if err := putNotice(tx, n, timestamppb.New(s.o.Now().UTC()), false); err != nil {
		return "", err
	}
	return draft.GetName(), access.Record(ctx, tx, n.GetName(), draft.GetName())
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
