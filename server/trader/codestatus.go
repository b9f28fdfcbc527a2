package trader

import (
	"context"
	"slices"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// mostStatuses is how many codes and markets one answer has.
const mostStatuses = 1000

// ListOwnCodeStatus implements spsv1.ConsignmentServiceServer.
func (s *Service) ListOwnCodeStatus(ctx context.Context, req *spsv1.ListOwnCodeStatusRequest) (*spsv1.ListOwnCodeStatusResponse, error) {
	q := casebook.CodeQuestion{}
	var wrong *statement.Problem
	if q.From, q.To, wrong = casebook.Day(req.GetDay(), s.o.Now()); wrong != nil {
		return nil, access.Problems(statement.Problems{*wrong})
	}
	var e *spsv1.Exporter
	var heard map[string]bool
	err := s.o.Store.View(ctx, func(r store.Reader) error {
		who, err := s.viewerIn(ctx, r)
		if err != nil {
			return err
		}
		if e, err = getExporter(r, who.exporter); err != nil {
			return err
		}
		heard, err = toldOf(r, who.exporter)
		return err
	})
	if err != nil {
		return nil, err
	}
	resp := &spsv1.ListOwnCodeStatusResponse{}
	for _, c := range e.GetCodes() {
		if req.GetCode() != "" && s.fold(req.GetCode()) != s.fold(c.GetCode()) {
			continue
		}
		for _, market := range marketsOf(c, req.GetMarket()) {
			if len(resp.GetCodeStatuses()) == mostStatuses {
				return resp, nil
			}
			q.Code, q.Kind, q.Market = c.GetCode(), c.GetKind(), &spsv1.Area{Code: market}
			good, err := s.o.Book.Good(ctx, q)
			if err != nil {
				return nil, err
			}
			one := asTold(good.Statuses, heard)
			one.Code, one.Kind, one.Market = c.GetCode(), c.GetKind(), market
			resp.CodeStatuses = append(resp.CodeStatuses, one)
		}
	}
	return resp, nil
}

// marketsOf returns the market that was asked for, or those of a code.
func marketsOf(c *spsv1.ExporterCode, asked string) (markets []string) {
	if asked != "" {
		return []string{asked}
	}
	for _, area := range c.GetMarkets() {
		if area.GetCode() != "" {
			markets = append(markets, area.GetCode())
		}
	}
	return markets
}

// toldOf returns the cases, by their names, of which an exporter was told and
// still is.
func toldOf(r store.Reader, exporter string) (map[string]bool, error) {
	all := make(map[string]bool)
	prefix := under(exporter)
	for row, err := range r.Scan(tableTold, prefix, store.PrefixEnd(prefix), false) {
		if err != nil {
			return nil, err
		}
		n, err := noticeAt(r, row.Key[len(row.Key)-idSize:])
		if err != nil {
			return nil, err
		}
		// Of goods to which only a name leads no code says anything.
		heard := !n.GetOffice().GetNewsHeld() || n.GetOffice().GetHoldReason() == spsv1.HoldReason_HOLD_REASON_MATCH
		if n.GetState() == spsv1.NoticeState_NOTICE_STATE_SENT && heard {
			all[casePrefix+n.GetReference()] = true
		}
	}
	return all, nil
}

// asTold returns how a code stands by what was said in cases of which its exporter
// was told. What was said in another is as if it had not been.
func asTold(statuses []*spsv1.CodeStatus, heard map[string]bool) *spsv1.OwnCodeStatus {
	one := &spsv1.OwnCodeStatus{}
	hear := func(half *spsv1.CodeHalfStatus) *spsv1.CodeHalfStatus {
		of := half.GetSaid().GetCase()
		if !heard[of] {
			return nil
		}
		if reference := of[len(casePrefix):]; !slices.Contains(one.GetReferences(), reference) {
			one.References = append(one.GetReferences(), reference)
		}
		return half
	}
	var told []*spsv1.CodeStatus
	for _, status := range statuses {
		s := &spsv1.CodeStatus{Refused: hear(status.GetRefused()), Withheld: hear(status.GetWithheld())}
		if s.GetRefused() != nil || s.GetWithheld() != nil {
			told = append(told, s)
		}
	}
	one.Answer = statement.WorstCode(told)
	return one
}
