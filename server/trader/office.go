package trader

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// CreateConsignmentNotice implements spsv1.ExporterServiceServer.
func (s *Service) CreateConsignmentNotice(ctx context.Context, req *spsv1.CreateConsignmentNoticeRequest) (*spsv1.ConsignmentNotice, error) {
	m, err := s.matter(ctx, req.GetCase()[len(casePrefix):])
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, access.NotFound("there is no case %s here, or it was not addressed to this office", req.GetCase()[len(casePrefix):])
	}
	if err := checkAbout(m, req.GetAbout()); err != nil {
		return nil, err
	}
	var made *spsv1.ConsignmentNotice
	err = s.o.Store.Update(ctx, func(tx store.Tx) (err error) {
		made, err = s.byHand(ctx, tx, m, req)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.wake()
	return s.GetConsignmentNotice(ctx, &spsv1.GetConsignmentNoticeRequest{Name: made.GetName()})
}

// checkAbout refuses goods that a case does not name.
func checkAbout(m *matter, about []string) error {
	there := make(map[string]bool)
	for _, p := range m.whole.GetProducts() {
		there[p.GetId()] = true
		for _, l := range p.GetLots() {
			there[l.GetId()] = true
		}
	}
	var violations []access.Violation
	for i, id := range about {
		if !there[id] {
			violations = append(violations, access.Violation{
				Field: fmt.Sprintf("about[%d]", i), Reason: "GOODS_UNKNOWN", Sentence: "name a product or lot of the case as it stands, such as p1 or p1.l2",
			})
		}
	}
	if len(violations) > 0 {
		return access.Invalid(violations...)
	}
	return nil
}

// byHand makes a notice that an officer asks for, or adds to the one that is
// there.
func (s *Service) byHand(ctx context.Context, tx store.Tx, m *matter, req *spsv1.CreateConsignmentNoticeRequest) (*spsv1.ConsignmentNotice, error) {
	id := exporterID(req.GetExporter())
	e, err := getExporter(tx, id)
	switch {
	case err != nil:
		return nil, err
	case e == nil:
		return nil, missing(req.GetExporter())
	case e.GetState() != spsv1.ExporterState_EXPORTER_STATE_ACTIVE:
		return nil, invalid("exporter", "EXPORTER_DEACTIVATED", "name an exporter that is served: this one was deactivated")
	case !m.real() && !e.GetTakesPartInExercises():
		return nil, invalid("exporter", "EXPORTER_EXERCISE", "the case is an exercise: name an exporter that takes part in exercises")
	}
	known, err := noticesOf(tx, m.reference)
	if err != nil {
		return nil, err
	}
	match := &spsv1.NoticeMatch{Basis: spsv1.MatchBasis_MATCH_BASIS_BY_HAND, AsWritten: req.GetReason(), About: req.GetAbout()}
	n, now := known[id], timestamppb.New(s.o.Now().UTC())
	if n == nil {
		n = s.newNotice(m, e, []*spsv1.NoticeMatch{match})
		n.State, n.Office.HoldReason = Rule{}.begin(m, nil)
		decided(ctx, n, req.GetReason(), now)
		if err := s.addNotice(tx, n); err != nil {
			return nil, err
		}
		return n, access.Record(ctx, tx, n.GetName())
	}
	switch n.GetState() {
	case spsv1.NoticeState_NOTICE_STATE_REJECTED:
		n.State, n.Office.HoldReason = Rule{}.begin(m, nil)
	case spsv1.NoticeState_NOTICE_STATE_PROPOSED, spsv1.NoticeState_NOTICE_STATE_HELD:
	default:
		return nil, tooFar("the exporter was told of this case already: release what is new with words of yours")
	}
	n.Office.Matches = append(slices.DeleteFunc(n.GetOffice().GetMatches(), func(old *spsv1.NoticeMatch) bool {
		return old.GetBasis() == spsv1.MatchBasis_MATCH_BASIS_BY_HAND
	}), match)
	n.Content = m.content(e, n.GetOffice().GetMatches())
	decided(ctx, n, req.GetReason(), now)
	if err := putNotice(tx, n, now, false); err != nil {
		return nil, err
	}
	return n, access.Record(ctx, tx, n.GetName())
}

// PreviewConsignmentNotice implements spsv1.ExporterServiceServer.
func (s *Service) PreviewConsignmentNotice(ctx context.Context, req *spsv1.PreviewConsignmentNoticeRequest) (n *spsv1.ConsignmentNotice, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		id, ok := keyOf(req.GetName())
		if !ok {
			return missing(req.GetName())
		}
		if n, err = getNotice(r, id); err != nil {
			return err
		}
		if n == nil {
			return missing(req.GetName())
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
		n.Lines = s.lines(n, nil)
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
		if err != nil || len(what) == 0 {
			return false, err
		}
		if due := req.GetDueTime(); due != nil {
			n.DueTime = due
		} else if n.GetDueTime() == nil {
			n.DueTime = timestamppb.New(now.AsTime().Add(s.o.Rule.AnswerWithin))
		}
		n.State = spsv1.NoticeState_NOTICE_STATE_SENT
		decided(ctx, n, "", now)
		return true, tell(tx, n, what, req.GetText(), now)
	})
}

// releasing returns what a release tells; nothing if there is no news.
func (s *Service) releasing(r store.Reader, n *spsv1.ConsignmentNotice, req *spsv1.ReleaseConsignmentNoticeRequest) ([]spsv1.NoticeNews, error) {
	if due := req.GetDueTime(); due != nil && !due.AsTime().After(s.o.Now()) {
		return nil, invalid("due_time", "DUE_PAST", "name a time that has not come yet")
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
		return true, tell(tx, n, []spsv1.NoticeNews{spsv1.NoticeNews_NOTICE_NEWS_NOTICE_WITHDRAWN}, req.GetReason(), now)
	})
}

// decide changes a notice for an officer, all in one transaction. change reports
// whether the exporter was told something.
func (s *Service) decide(ctx context.Context, name string, change func(store.Tx, *spsv1.ConsignmentNotice, *timestamppb.Timestamp) (bool, error)) (*spsv1.ConsignmentNotice, error) {
	err := s.o.Store.Update(ctx, func(tx store.Tx) error {
		id, ok := keyOf(name)
		if !ok {
			return missing(name)
		}
		n, err := getNotice(tx, id)
		if err != nil {
			return err
		}
		if n == nil {
			return missing(name)
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
