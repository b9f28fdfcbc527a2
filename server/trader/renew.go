package trader

import (
	"errors"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// propose makes a notice for an exporter to which a case leads anew.
func (s *Service) propose(tx store.Tx, m *matter, id string, matches []*spsv1.NoticeMatch) (bool, error) {
	e, err := getExporter(tx, id)
	if err != nil || !m.reaches(e) || !m.open() {
		return false, err
	}
	n := s.newNotice(m, e, matches)
	if _, err := s.byRule(tx, m, e, n, n.GetCreateTime()); err != nil {
		return false, err
	}
	return true, s.addNotice(tx, n)
}

// renew brings a notice in line with what leads to its exporter now. It reports
// whether anything changed. Of an exporter that is not to be told nothing does: it
// is told what it missed once it is again.
func (s *Service) renew(tx store.Tx, m *matter, n *spsv1.ConsignmentNotice, matches []*spsv1.NoticeMatch) (bool, error) {
	e, err := getExporter(tx, exporterID(n.GetExporter()))
	if err != nil || !m.reaches(e) {
		return false, err
	}
	before := proto.CloneOf(n)
	for _, old := range n.GetOffice().GetMatches() {
		if byHand(old) {
			matches = append(matches, old)
		}
	}
	switch n.GetState() {
	case spsv1.NoticeState_NOTICE_STATE_WITHDRAWN:
		return false, nil
	case spsv1.NoticeState_NOTICE_STATE_REJECTED:
		if !m.open() || !leadAnew(n.GetOffice().GetMatches(), matches) {
			return false, nil
		}
		n.State = spsv1.NoticeState_NOTICE_STATE_PROPOSED
	}
	now, told := timestamppb.New(s.o.Now().UTC()), false
	n.Office.Matches = matches
	if n.GetState() == spsv1.NoticeState_NOTICE_STATE_SENT {
		told, err = s.renewSent(tx, m, e, n, now)
	} else {
		n.Content, _ = m.telling(e, n, nil)
		told, err = s.renewWaiting(tx, m, e, n, now)
	}
	if err != nil || proto.Equal(before, n) {
		return false, err
	}
	return true, putNotice(tx, n, now, told)
}

// renewWaiting decides anew about a notice that was not released.
func (s *Service) renewWaiting(tx store.Tx, m *matter, e *spsv1.Exporter, n *spsv1.ConsignmentNotice, now *timestamppb.Timestamp) (told bool, err error) {
	switch {
	case len(n.GetOffice().GetMatches()) == 0, !m.open(): // an officer sees so, and rejects it
		return false, nil
	case n.GetOffice().GetHoldReason() == spsv1.HoldReason_HOLD_REASON_OFFICER:
		return false, nil
	}
	return s.byRule(tx, m, e, n, now)
}

// byRule has the rule of the office decide about a notice that was not released. If
// it is sent at once, what needs an officer waits.
func (s *Service) byRule(tx store.Tx, m *matter, e *spsv1.Exporter, n *spsv1.ConsignmentNotice, now *timestamppb.Timestamp) (told bool, err error) {
	n.State, n.Office.HoldReason = s.o.Rule.begin(m, n.GetOffice().GetMatches())
	if n.GetState() != spsv1.NoticeState_NOTICE_STATE_SENT {
		return false, nil
	}
	n.DueTime = timestamppb.New(now.AsTime().Add(s.o.Rule.AnswerWithin))
	_, content := m.telling(e, n, nil)
	if err := tell(tx, n, content, []spsv1.NoticeNews{spsv1.NoticeNews_NOTICE_NEWS_NEW}, nil, now); err != nil {
		return false, err
	}
	m.wait(n, content, 0)
	return true, nil
}

// renewSent tells the exporter of a notice that was released what is new. What needs
// an officer waits; of a case that is held only how it ends is told, and of a notice
// that an officer holds nothing.
func (s *Service) renewSent(tx store.Tx, m *matter, e *spsv1.Exporter, n *spsv1.ConsignmentNotice, now *timestamppb.Timestamp) (told bool, err error) {
	version, err := toldContent(tx, n)
	if err != nil {
		return false, err
	}
	if version == nil {
		return false, errors.New("a notice that was released has no version")
	}
	last := version.GetContent()
	var next *spsv1.NoticeContent
	n.Content, next = m.telling(e, n, last)
	hold := s.o.Rule.holds(m, n, last)
	switch {
	case hold == spsv1.HoldReason_HOLD_REASON_OFFICER:
		next = last
	case hold != 0:
		next = ended(last, n.GetContent())
	}
	if what := news(last, next); len(what) > 0 {
		told = true
		if err := tell(tx, n, next, what, nil, now); err != nil {
			return false, err
		}
	}
	m.wait(n, next, hold)
	return told, nil
}

// ended returns what was told last with how the case has ended since, if it has.
func ended(last, now *spsv1.NoticeContent) *spsv1.NoticeContent {
	switch now.GetCaseStatus() {
	case spsv1.CaseStatus_CASE_STATUS_WITHDRAWN, spsv1.CaseStatus_CASE_STATUS_CLOSED:
	default:
		return last
	}
	over := proto.CloneOf(last)
	over.CaseStatus, over.Outcome, over.WithdrawalReason = now.GetCaseStatus(), now.GetOutcome(), now.GetWithdrawalReason()
	return over
}
