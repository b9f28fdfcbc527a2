package trader

import (
	"context"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// PreviewConsignmentNotice implements spsv1.ExporterServiceServer.
func (s *Service) PreviewConsignmentNotice(ctx context.Context, req *spsv1.PreviewConsignmentNoticeRequest) (n *spsv1.ConsignmentNotice, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		if _, n, err = s.shownTo(ctx, r, req.GetName()); err != nil {
			return err
		}
		e, err := getExporter(r, exporterID(n.GetExporter()))
		if err != nil {
			return err
		}
		if n.GetState() != spsv1.NoticeState_NOTICE_STATE_WITHDRAWN {
			n.State = spsv1.NoticeState_NOTICE_STATE_SENT
		}
		if n.GetDueTime() == nil {
			n.DueTime = timestamppb.New(s.o.Now().UTC().Add(s.o.Rule.AnswerWithin).Truncate(time.Minute))
		}
		etag := n.GetEtag()
		n.Versions = []*spsv1.NoticeVersion{{Number: 1, TellTime: timestamppb.New(s.o.Now().UTC())}}
		hide(n)
		n.Versions, n.Lang, n.Etag = nil, languageOf(e), etag // for the release
		n.Lines = s.lines(e, n, nil)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return n, nil
}

// ReleaseConsignmentNotice implements spsv1.ExporterServiceServer.
func (s *Service) ReleaseConsignmentNotice(ctx context.Context, req *spsv1.ReleaseConsignmentNoticeRequest) (*spsv1.ConsignmentNotice, error) {
	return s.decide(ctx, req.GetName(), func(tx store.Tx, n *spsv1.ConsignmentNotice, now *timestamppb.Timestamp) (bool, error) {
		if req.GetEtag() != "" && req.GetEtag() != n.GetEtag() {
			return false, &access.Refusal{
				Code: codes.Aborted, Reason: access.ReasonEtag,
				Sentence: "the notice has changed since you read it: look at it again, then release it",
			}
		}
		what, err := s.releasing(tx, n, req)
		if err != nil {
			return false, err
		}
		if len(what) == 0 {
			if n.GetOffice().GetHoldReason() == spsv1.HoldReason_HOLD_REASON_OFFICER { // the hold alone ends
				n.Office.HoldReason = 0
				decided(ctx, n, "", now)
			}
			return false, nil
		}
		if due := req.GetDueTime(); due != nil {
			n.DueTime = due
		} else if n.GetDueTime() == nil {
			n.DueTime = timestamppb.New(now.AsTime().Add(s.o.Rule.AnswerWithin))
		}
		n.State = spsv1.NoticeState_NOTICE_STATE_SENT
		decided(ctx, n, "", now)
		for _, name := range n.GetOffice().GetRestrictedStatements() {
			if !slices.Contains(n.GetOffice().GetReleasedStatements(), name) {
				n.Office.ReleasedStatements = append(n.Office.ReleasedStatements, name)
			}
		}
		return true, tell(tx, n, n.GetContent(), what, req.GetText(), now)
	})
}

// releasing returns what a release tells; nothing if there is no news.
func (s *Service) releasing(r store.Reader, n *spsv1.ConsignmentNotice, req *spsv1.ReleaseConsignmentNoticeRequest) ([]spsv1.NoticeNews, error) {
	if due := req.GetDueTime(); due != nil && !due.AsTime().After(s.o.Now()) {
		return nil, invalid("due_time", "DUE_PAST", "name a time that has not come yet")
	}
	e, err := getExporter(r, exporterID(n.GetExporter()))
	if err != nil {
		return nil, err
	}
	if e.GetState() != spsv1.ExporterState_EXPORTER_STATE_ACTIVE {
		return nil, tooFar("the exporter is not served any more: reactivate it first, or reject the match")
	}
	if n.GetContent().GetStatus() != spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL && !e.GetTakesPartInExercises() {
		return nil, tooFar("the case is an exercise, and the exporter does not take part in exercises")
	}
	switch n.GetState() {
	case spsv1.NoticeState_NOTICE_STATE_PROPOSED, spsv1.NoticeState_NOTICE_STATE_HELD:
		if n.GetContent().GetNotification() == nil {
			return nil, tooFar("the case does not name the exporter any more: reject the match")
		}
		return []spsv1.NoticeNews{spsv1.NoticeNews_NOTICE_NEWS_NEW}, nil
	case spsv1.NoticeState_NOTICE_STATE_SENT:
	default:
		return nil, tooFar("the notice was rejected or taken back: make one by hand if the case is the exporter's after all")
	}
	told, err := toldContent(r, n)
	if err != nil {
		return nil, err
	}
	what := news(told.GetContent(), n.GetContent())
	if len(req.GetText()) > 0 || req.GetDueTime() != nil && !req.GetDueTime().AsTime().Equal(n.GetDueTime().AsTime()) {
		what = append(what, spsv1.NoticeNews_NOTICE_NEWS_OFFICE_WROTE)
	}
	return what, nil
}

// HoldConsignmentNotice implements spsv1.ExporterServiceServer.
func (s *Service) HoldConsignmentNotice(ctx context.Context, req *spsv1.HoldConsignmentNoticeRequest) (*spsv1.ConsignmentNotice, error) {
	return s.decide(ctx, req.GetName(), func(_ store.Tx, n *spsv1.ConsignmentNotice, now *timestamppb.Timestamp) (bool, error) {
		switch n.GetState() {
		case spsv1.NoticeState_NOTICE_STATE_PROPOSED, spsv1.NoticeState_NOTICE_STATE_HELD:
			n.State = spsv1.NoticeState_NOTICE_STATE_HELD
		case spsv1.NoticeState_NOTICE_STATE_SENT: // news is held
		default:
			return false, tooFar("the notice was rejected or taken back: there is nothing to hold")
		}
		n.Office.HoldReason = spsv1.HoldReason_HOLD_REASON_OFFICER
		decided(ctx, n, req.GetReason(), now)
		return false, nil
	})
}

// RejectConsignmentNotice implements spsv1.ExporterServiceServer.
func (s *Service) RejectConsignmentNotice(ctx context.Context, req *spsv1.RejectConsignmentNoticeRequest) (*spsv1.ConsignmentNotice, error) {
	return s.decide(ctx, req.GetName(), func(_ store.Tx, n *spsv1.ConsignmentNotice, now *timestamppb.Timestamp) (bool, error) {
		switch n.GetState() {
		case spsv1.NoticeState_NOTICE_STATE_REJECTED: // as it was asked for
			return false, nil
		case spsv1.NoticeState_NOTICE_STATE_PROPOSED, spsv1.NoticeState_NOTICE_STATE_HELD:
		default:
			return false, tooFar("the exporter was told already: withdraw the notice, and say why")
		}
		n.State, n.Office.HoldReason = spsv1.NoticeState_NOTICE_STATE_REJECTED, 0
		decided(ctx, n, req.GetReason(), now)
		return false, nil
	})
}

// WithdrawConsignmentNotice implements spsv1.ExporterServiceServer.
func (s *Service) WithdrawConsignmentNotice(ctx context.Context, req *spsv1.WithdrawConsignmentNoticeRequest) (*spsv1.ConsignmentNotice, error) {
	return s.decide(ctx, req.GetName(), func(tx store.Tx, n *spsv1.ConsignmentNotice, now *timestamppb.Timestamp) (bool, error) {
		switch n.GetState() {
		case spsv1.NoticeState_NOTICE_STATE_WITHDRAWN: // as it was asked for
			return false, nil
		case spsv1.NoticeState_NOTICE_STATE_SENT:
		default:
			return false, tooFar("the exporter was not told: reject the match instead")
		}
		told, err := toldContent(tx, n)
		if err != nil {
			return false, err
		}
		n.State, n.Content = spsv1.NoticeState_NOTICE_STATE_WITHDRAWN, told.GetContent() // and nothing newer
		decided(ctx, n, "", now)
		return true, tell(tx, n, n.GetContent(), []spsv1.NoticeNews{spsv1.NoticeNews_NOTICE_NEWS_NOTICE_WITHDRAWN}, req.GetReason(), now)
	})
}

// decide changes a notice for an officer, all in one transaction. change reports
// whether the exporter was told something.
func (s *Service) decide(ctx context.Context, name string, change func(store.Tx, *spsv1.ConsignmentNotice, *timestamppb.Timestamp) (bool, error)) (*spsv1.ConsignmentNotice, error) {
	err := s.o.Store.Update(ctx, func(tx store.Tx) error {
		_, n, err := s.shownTo(ctx, tx, name)
		if err != nil {
			return err
		}
		now, before := timestamppb.New(s.o.Now().UTC()), n.GetOffice().GetDecideTime()
		told, err := change(tx, n, now)
		if err != nil {
			return err
		}
		if n.GetOffice().GetDecideTime() == before {
			return access.Record(ctx, tx)
		}
		if err := putNotice(tx, n, now, told); err != nil {
			return err
		}
		return access.Record(ctx, tx, n.GetName())
	})
	if err != nil {
		return nil, err
	}
	s.wake()
	return s.GetConsignmentNotice(ctx, &spsv1.GetConsignmentNoticeRequest{Name: name})
}

// decided notes who decided.
func decided(ctx context.Context, n *spsv1.ConsignmentNotice, reason string, now *timestamppb.Timestamp) {
	caller, _ := access.From(ctx)
	n.Office.DecidedBy, n.Office.DecideTime, n.Office.Reason = caller.ID, now, reason
}

func invalid(field, reason, sentence string) error {
	return access.Invalid(access.Violation{Field: field, Reason: reason, Sentence: sentence})
}

// tooFar refuses what a notice is too far for, or not far enough.
func tooFar(sentence string) error {
	return &access.Refusal{Code: codes.FailedPrecondition, Reason: access.ReasonNoticeState, Sentence: sentence}
}
