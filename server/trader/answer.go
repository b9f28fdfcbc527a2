package trader

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

const (
	maxAnswers = 200 // of one notice
	maxFiles   = 500 // of all answers to one notice
)

// own returns a notice of the caller's exporter by its name, in a transaction.
func own(ctx context.Context, r store.Reader, name string) (viewer, *spsv1.ConsignmentNotice, error) {
	who, err := viewerIn(ctx, r)
	if err != nil {
		return who, nil, err
	}
	id, ok := keyOf(name)
	if !ok {
		return who, nil, missing(name)
	}
	n, err := getNotice(r, id)
	if err == nil && (n == nil || who.caller.Role != certs.RoleExporter || !who.sees(n)) {
		err = missing(name)
	}
	return who, n, err
}

// AcknowledgeConsignmentNotice implements spsv1.ConsignmentServiceServer.
func (s *Service) AcknowledgeConsignmentNotice(ctx context.Context, req *spsv1.AcknowledgeConsignmentNoticeRequest) (*spsv1.ConsignmentNotice, error) {
	if err := s.o.Store.View(ctx, func(r store.Reader) error { return third(own(ctx, r, req.GetName())) }); err != nil {
		return nil, err // before it costs a commit
	}
	err := s.o.Store.Update(ctx, func(tx store.Tx) error {
		who, n, err := own(ctx, tx, req.GetName())
		if err != nil {
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
	if len(violations) > 0 {
		return access.Invalid(violations...)
	}
	if err := s.o.Store.View(ctx, func(r store.Reader) error { return third(own(ctx, r, asked.GetName())) }); err != nil {
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
	who, n, err := own(ctx, tx, asked.GetName())
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
	files := 0
	for _, a := range n.GetAnswers() {
		files += len(a.GetAttachments())
	}
	if len(n.GetAnswers()) >= maxAnswers || files+len(asked.GetAttachments()) > maxFiles {
		return &access.Refusal{
			Code: codes.FailedPrecondition, Reason: access.ReasonLimit,
			Sentence: "the notice has as many answers or files as are allowed: telephone your office",
		}
	}
	for i, a := range asked.GetAttachments() {
		a.Id = fmt.Sprintf("a%d", files+i+1)
		if err := tx.Put(tableFiles, append(bytes.Clone(a.GetSha256()), id...), nil); err != nil {
			return err
		}
	}
	now, number := timestamppb.New(s.o.Now().UTC()), uint32(len(n.GetAnswers())+1)
	n.Answers = append(n.Answers, &spsv1.NoticeAnswer{
		Number: number, Kinds: asked.GetKinds(), Text: asked.GetText(), Attachments: asked.GetAttachments(),
		AnswerTime: now, AnsweredBy: who.caller.ID,
	})
	if n.GetAcknowledgeTime() == nil { // who answers has read it
		n.AcknowledgeTime, n.AcknowledgedBy = now, who.caller.ID
	}
	if err := tx.Put(tableAnswers, key, append(binary.BigEndian.AppendUint32(nil, number), print...)); err != nil {
		return err
	}
	if err := putNotice(tx, n, now, true); err != nil {
		return err
	}
	return access.Record(ctx, tx, n.GetName())
}
