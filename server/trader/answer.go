package trader

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// own returns a notice of the caller's exporter by its name, in a transaction.
func (s *Service) own(ctx context.Context, r store.Reader, name string) (viewer, *spsv1.ConsignmentNotice, error) {
	who, n, err := s.shownTo(ctx, r, name)
	if err == nil && who.exporter == "" {
		err = missing(name)
	}
	return who, n, err
}

// AcknowledgeConsignmentNotice implements spsv1.ConsignmentServiceServer.
func (s *Service) AcknowledgeConsignmentNotice(ctx context.Context, req *spsv1.AcknowledgeConsignmentNoticeRequest) (*spsv1.ConsignmentNotice, error) {
	err := s.o.Store.View(ctx, func(r store.Reader) error { // before it costs a commit
		_, n, err := s.own(ctx, r, req.GetName())
		if err != nil {
			return err
		}
		return isNewest(n, req.GetVersion())
	})
	if err != nil {
		return nil, err
	}
	err = s.o.Store.Update(ctx, func(tx store.Tx) error {
		who, n, err := s.own(ctx, tx, req.GetName())
		if err != nil {
			return err
		}
		if err := isNewest(n, req.GetVersion()); err != nil {
			return err
		}
		if n.GetAcknowledgeTime() != nil {
			return access.Record(ctx, tx) // as it was asked for
		}
		now := timestamppb.New(s.o.Now().UTC())
		n.AcknowledgeTime, n.AcknowledgedBy = now, who.caller.ID
		if err := putNotice(tx, n, now, true); err != nil {
			return err
		}
		return access.Record(ctx, tx, n.GetName())
	})
	if err != nil {
		return nil, err
	}
	s.wake()
	return s.GetConsignmentNotice(ctx, &spsv1.GetConsignmentNoticeRequest{Name: req.GetName()})
}

// isNewest refuses a version that is not the one that was told last.
func isNewest(n *spsv1.ConsignmentNotice, version uint32) error {
	switch newest := n.GetVersions()[0].GetNumber(); {
	case version > newest:
		return invalid("version", "VERSION_UNKNOWN", "give the number of the version that you read: there is none of this number yet")
	case version < newest:
		return &access.Refusal{
			Code: codes.Aborted, Reason: access.ReasonEtag,
			Sentence: "your office has told you something newer since: read the notice again, then acknowledge its newest version",
		}
	}
	return nil
}

// third returns the last of three results.
func third[A, B any](_ A, _ B, err error) error { return err }

// AnswerConsignmentNotice implements spsv1.ConsignmentServiceServer.
func (s *Service) AnswerConsignmentNotice(ctx context.Context, req *spsv1.AnswerConsignmentNoticeRequest) (*spsv1.ConsignmentNotice, error) {
	asked := proto.CloneOf(req)
	for i, a := range asked.GetAttachments() {
		a.Id = fmt.Sprintf("a%d", i+1) // the notice numbers them itself
	}
	if err := s.checkAnswer(ctx, asked); err != nil {
		return nil, err
	}
	release, err := s.o.Files.PinFiles("attachments", asked.GetAttachments())
	if err != nil {
		return nil, err
	}
	defer release()
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(asked)
	if err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	print := sha256.Sum256(text)
	err = s.o.Store.Update(ctx, func(tx store.Tx) error { return s.answer(ctx, tx, asked, print[:]) })
	if err != nil {
		return nil, err
	}
	s.wake()
	return s.GetConsignmentNotice(ctx, &spsv1.GetConsignmentNoticeRequest{Name: req.GetName()})
}

// checkAnswer refuses an answer that is not in order, but for what depends on the
// notice. Whose notice it is is looked at first, so that nothing else is learned.
func (s *Service) checkAnswer(ctx context.Context, asked *spsv1.AnswerConsignmentNoticeRequest) error {
	var violations []access.Violation
	for _, p := range statement.CheckPart(asked) {
		violations = append(violations, access.Violation{Field: p.Field, Reason: p.Reason, Sentence: p.Sentence})
	}
	length := 0
	for _, t := range asked.GetText() {
		length += utf8.RuneCountInString(t.GetText())
	}
	if length > s.o.Rule.Length {
		violations = append(violations, access.Violation{
			Field: "text", Reason: "ANSWER_LONG",
			Sentence: fmt.Sprintf("an answer has at most %d characters: shorten it, or send the rest as a file", s.o.Rule.Length),
		})
	}
	if len(violations) > 0 {
		return access.Invalid(violations...)
	}
	if err := s.o.Store.View(ctx, func(r store.Reader) error { return third(s.own(ctx, r, asked.GetName())) }); err != nil {
		return err
	}
	violations, err := s.o.Files.CheckFiles(ctx, "attachments", asked.GetAttachments())
	if err == nil && len(violations) > 0 {
		err = access.Invalid(violations...)
	}
	return err
}

// answer keeps an answer, unless its request did before.
func (s *Service) answer(ctx context.Context, tx store.Tx, asked *spsv1.AnswerConsignmentNoticeRequest, print []byte) error {
	who, n, err := s.own(ctx, tx, asked.GetName())
	if err != nil {
		return err
	}
	id, _ := keyOf(n.GetName())
	request, err := uuid.Parse(asked.GetRequestId())
	if err != nil {
		return fmt.Errorf("answer: %w", err) // the field rules have seen it
	}
	key := append(append([]byte(nil), id...), request[:]...)
	before, err := tx.Get(tableAnswers, key)
	if err != nil {
		return err
	}
	if before != nil {
		if bytes.Equal(before[4:], print) {
			return access.Record(ctx, tx)
		}
		return &access.Refusal{
			Code: codes.AlreadyExists, Reason: access.ReasonIDConflict,
			Sentence: "this requestId gave another answer: give a new one",
		}
	}
	files, err := s.room(tx, n, len(asked.GetAttachments()))
	if err != nil {
		return err
	}
	for i, a := range asked.GetAttachments() {
		a.Id = fmt.Sprintf("a%d", files+i+1)
		if err := tx.Put(tableFiles, append(bytes.Clone(a.GetSha256()), id...), nil); err != nil {
			return err
		}
	}
	now := timestamppb.New(s.o.Now().UTC())
	n.AnswerCount++
	err = write(tx, tableSaid, versionKey(id, n.GetAnswerCount()), &spsv1.NoticeAnswer{
		Number: n.GetAnswerCount(), Kinds: asked.GetKinds(), Text: asked.GetText(), Attachments: asked.GetAttachments(),
		AnswerTime: now, AnsweredBy: who.caller.ID,
	})
	if err != nil {
		return err
	}
	if n.GetAcknowledgeTime() == nil && n.GetVersions()[0].GetNumber() == 1 { // who answers has read it; of several nobody knows which
		n.AcknowledgeTime, n.AcknowledgedBy = now, who.caller.ID
	}
	if err := tx.Put(tableAnswers, key, append(binary.BigEndian.AppendUint32(nil, n.GetAnswerCount()), print...)); err != nil {
		return err
	}
	if err := putNotice(tx, n, now, true); err != nil {
		return err
	}
	return access.Record(ctx, tx, n.GetName())
}

// room returns how many files there are to a notice. It refuses an answer for which
// there is no room.
func (s *Service) room(r store.Reader, n *spsv1.ConsignmentNotice, more int) (files int, err error) {
	for a, err := range answersTo(r, n, 0, false) {
		if err != nil {
			return 0, err
		}
		files += len(a.GetAttachments())
	}
	sentence := ""
	switch {
	case int(n.GetAnswerCount()) >= s.o.Rule.Answers:
		sentence = fmt.Sprintf("a notice takes at most %d answers: telephone your office", s.o.Rule.Answers)
	case files+more > s.o.Rule.Files:
		sentence = fmt.Sprintf("the answers to a notice have at most %d files together: telephone your office", s.o.Rule.Files)
	default:
		return files, nil
	}
	return 0, &access.Refusal{Code: codes.FailedPrecondition, Reason: access.ReasonLimit, Sentence: sentence}
}
