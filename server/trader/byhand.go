package trader

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// CreateConsignmentNotice implements spsv1.ExporterServiceServer.
func (s *Service) CreateConsignmentNotice(ctx context.Context, req *spsv1.CreateConsignmentNoticeRequest) (*spsv1.ConsignmentNotice, error) {
	made, err := s.makeByHand(ctx, req)
	if err != nil {
		return nil, err
	}
	s.wake()
	return s.GetConsignmentNotice(ctx, &spsv1.GetConsignmentNoticeRequest{Name: made.GetName()})
}

// makeByHand makes a notice of what is here of a case. Nothing newer is told meanwhile,
// so that nothing older is written over it.
func (s *Service) makeByHand(ctx context.Context, req *spsv1.CreateConsignmentNoticeRequest) (made *spsv1.ConsignmentNotice, err error) {
	s.settling.Lock()
	defer s.settling.Unlock()
	reference := req.GetCase()[len(casePrefix):]
	if err := s.o.Store.View(ctx, func(r store.Reader) error { return s.seesCase(ctx, r, reference) }); err != nil {
		return nil, err
	}
	m, err := s.matter(ctx, reference)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, noCase(req.GetCase())
	}
	if err := checkAbout(m, req.GetAbout()); err != nil {
		return nil, err
	}
	err = s.o.Store.Update(ctx, func(tx store.Tx) (err error) {
		made, err = s.byHand(ctx, tx, m, req)
		return err
	})
	return made, err
}

// noCase refuses a case that is not here, and one that is not shown, in the same words.
func noCase(name string) error {
	return access.NotFound("there is no case %s here, or it was not addressed to this office", name[len(casePrefix):])
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
	if _, err := m.match(s.where(), find(tx), ownersIn(tx)); err != nil { // for whom to conceal
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
		return byHand(old)
	}), match)
	n.Content, _ = m.telling(e, n, nil)
	decided(ctx, n, req.GetReason(), now)
	if err := putNotice(tx, n, now, false); err != nil {
		return nil, err
	}
	return n, access.Record(ctx, tx, n.GetName())
}
