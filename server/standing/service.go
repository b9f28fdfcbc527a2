// Package standing serves what holds by the words of the offices, now and on any
// day: the status of site codes, of border gates, and what is announced.
package standing

import (
	"context"
	"errors"
	"strconv"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
)

// Options is what the service works with. All fields are required.
type Options struct {
	Ledger *ledger.Ledger
	Book   *casebook.Book
	Now    func() time.Time
	// Seers returns as whom the caller of ctx sees cases, for the book; nil sees
	// everything.
	Seers func(ctx context.Context) ([]string, error)

	// Queries bounds what may be asked of lists and watches.
	Queries casebook.Limits
	// Heartbeat is how often a watch that has nothing to say says so.
	Heartbeat time.Duration
	// Draining is closed when the node begins to stop: watches then end.
	Draining <-chan struct{}
}

// Codes implements spsv1.CodeStatusServiceServer. It is safe for concurrent use.
type Codes struct {
	spsv1.UnimplementedCodeStatusServiceServer
	o Options
}

// NewCodes returns the service.
func NewCodes(o Options) *Codes { return &Codes{o: o} }

// GetCodeStatus implements spsv1.CodeStatusServiceServer.
func (s *Codes) GetCodeStatus(ctx context.Context, req *spsv1.GetCodeStatusRequest) (*spsv1.GetCodeStatusResponse, error) {
	from, to, wrong := casebook.Day(req.GetDay(), s.o.Now())
	if wrong != nil {
		return nil, access.Problems(statement.Problems{*wrong})
	}
	q := casebook.CodeQuestion{
		Code: req.GetCode(), Origin: req.GetOrigin(), Kind: req.GetKind(), Market: &spsv1.Area{Code: req.GetMarket()},
		Product: statement.GoodsOf(req.GetProduct()), From: from, To: to,
	}
	var err error
	if q.Who, err = s.o.Seers(ctx); err != nil {
		return nil, err
	}
	good, err := s.o.Book.Good(ctx, q)
	if err != nil {
		return nil, err
	}
	return &spsv1.GetCodeStatusResponse{
		Answer: good.Answer, Sentence: sentence(ctx, good, q), Partly: good.Partly, Statuses: good.Statuses,
		PendingCases: int32(good.Pending), //nolint:gosec // G115: at most a thousand
	}, nil
}

// ListCodeStatus implements spsv1.CodeStatusServiceServer.
func (s *Codes) ListCodeStatus(ctx context.Context, req *spsv1.ListCodeStatusRequest) (*spsv1.ListCodeStatusResponse, error) {
	q, problems := s.o.Queries.ParseCodeQuery(req.GetFilter(), req.GetDay())
	if len(problems) > 0 {
		return nil, access.Problems(problems)
	}
	asked := digest("codes", req.GetFilter(), req.GetDay())
	mark, err := parseToken(req.GetPageToken(), asked)
	if err != nil {
		return nil, err
	}
	who, err := s.o.Seers(ctx)
	if err != nil {
		return nil, err
	}
	last, err := s.o.Book.LastCodeChange(ctx)
	if err != nil {
		return nil, err
	}
	resp := &spsv1.ListCodeStatusResponse{Cursor: s.o.cursor(last)}
	if resp.CodeStatuses, mark, err = s.o.Book.CodeStatuses(ctx, q.As(who), mark, access.PageSize(req.GetPageSize()), s.o.Queries.Rows); err != nil {
		return nil, err
	}
	resp.NextPageToken = token(asked, mark)
	pending, err := s.o.Book.CountMarked(ctx, casebook.MostPending)
	if err != nil {
		return nil, err
	}
	resp.PendingCases = int32(pending) //nolint:gosec // G115: at most a thousand
	return resp, nil
}

// ListCodeHistory implements spsv1.CodeStatusServiceServer.
func (s *Codes) ListCodeHistory(ctx context.Context, req *spsv1.ListCodeHistoryRequest) (*spsv1.ListCodeHistoryResponse, error) {
	q := casebook.CodeQuestion{Code: req.GetCode(), Origin: req.GetOrigin(), Kind: req.GetKind()}
	if req.GetMarket() != "" {
		q.Market = &spsv1.Area{Code: req.GetMarket()}
	}
	var err error
	if q.Who, err = s.o.Seers(ctx); err != nil {
		return nil, err
	}
	all, err := s.o.Book.CodeHistory(ctx, q)
	if err != nil {
		return nil, err
	}
	asked := digest("history", req.GetCode(), req.GetMarket(), req.GetOrigin(), req.GetKind().String())
	mark, err := parseToken(req.GetPageToken(), asked)
	if err != nil {
		return nil, err
	}
	from := 0
	if mark != nil {
		if from, err = strconv.Atoi(string(mark)); err != nil || from < 0 {
			return nil, badToken()
		}
	}
	all = all[min(from, len(all)):]
	size := min(access.PageSize(req.GetPageSize()), len(all))
	resp := &spsv1.ListCodeHistoryResponse{CodeStatements: all[:size]}
	if size < len(all) {
		resp.NextPageToken = token(asked, []byte(strconv.Itoa(from+size)))
	}
	return resp, nil
}

func ahead(err error) error {
	if errors.Is(err, casebook.ErrNotFound) {
		return access.CursorAhead("cursor")
	}
	return err
}
