package office

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
)

// maxPageBytes ends a page early, so that it stays below the limit of a gRPC
// message, 4 MiB, whatever the next statement adds.
const maxPageBytes = 2 << 20

// listRequest is what the requests of all lists have.
type listRequest interface {
	GetFilter() string
	GetQuery() string
	GetOrderBy() string
	GetPageSize() int32
	GetPageToken() string
}

// ListStatements implements spsv1.CaseServiceServer.
func (s *Service) ListStatements(ctx context.Context, req *spsv1.ListStatementsRequest) (*spsv1.ListStatementsResponse, error) {
	p, q, err := s.begin(ctx, req.GetParent(), req)
	if err != nil {
		return nil, err
	}
	items, next, err := s.o.Book.Statements(ctx, parentOffice(req.GetParent()), q, s.wanted(p, req))
	if err != nil {
		return nil, tokenError(err)
	}
	view := viewOr(req.GetView(), basic)
	resp := &spsv1.ListStatementsResponse{Cursor: p.begun.String()}
	resp.NextPageToken, err = page(p, items, next, func(i casebook.Item) (proto.Message, error) {
		shown, err := s.item(ctx, i, view)
		resp.Statements = append(resp.Statements, shown)
		return shown, err
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// ListCases implements spsv1.CaseServiceServer.
func (s *Service) ListCases(ctx context.Context, req *spsv1.ListCasesRequest) (*spsv1.ListCasesResponse, error) {
	p, q, err := s.begin(ctx, "cases", req)
	if err != nil {
		return nil, err
	}
	items, next, err := s.o.Book.Cases(ctx, q, s.wanted(p, req))
	if err != nil {
		return nil, tokenError(err)
	}
	summaries, err := s.summaries(ctx, items)
	if err != nil {
		return nil, err
	}
	routings, err := s.o.Book.Routings(ctx, items)
	if err != nil {
		return nil, err
	}
	resp := &spsv1.ListCasesResponse{}
	resp.NextPageToken, err = page(p, items, next, func(i casebook.Item) (proto.Message, error) {
		original, err := s.item(ctx, i, basic)
		c := &spsv1.Case{
			Name: casePrefix + original.GetReference(), Reference: original.GetReference(), Original: original,
			Summary: summaries[i.N], Routing: routings[len(resp.GetCases())],
		}
		resp.Cases = append(resp.Cases, c)
		return c, err
	})
	if err != nil || !req.GetWithTotal() {
		return resp, err
	}
	n, more, err := s.o.Book.CountCases(ctx, q, p.begun.N, s.o.Queries.Rows)
	resp.TotalSize, resp.TotalMore = int32(n), more
	return resp, err
}

// wanted returns the page of the casebook that a request asks for.
func (s *Service) wanted(p progress, req listRequest) casebook.Page {
	return casebook.Page{UpTo: p.begun.N, From: p.mark, Limit: access.PageSize(req.GetPageSize()), Budget: s.o.Queries.Rows}
}

// tokenError refuses a token that holds a mark of another list.
func tokenError(err error) error {
	if errors.Is(err, casebook.ErrMark) {
		return badToken()
	}
	return err
}

// page hands the items of one page to show, and returns the token of the next
// page, which begins at next: "" if there is none.
func page(p progress, items []casebook.Item, next []byte, show func(casebook.Item) (proto.Message, error)) (string, error) {
	p.mark = next
	bytes := 0
	for _, i := range items {
		if bytes > maxPageBytes {
			p.mark = i.Mark
			break
		}
		m, err := show(i)
		if err != nil {
			return "", err
		}
		bytes += proto.Size(m)
	}
	return p.token(), nil
}

// begin returns where a list goes on, at the token or at its beginning among
// what is released, and what it asks for.
func (s *Service) begin(ctx context.Context, list string, req listRequest) (progress, casebook.Query, error) {
	q, err := s.selected(ctx, req.GetFilter(), req.GetQuery(), req.GetOrderBy())
	if err != nil {
		return progress{}, q, err
	}
	p := progress{asked: asked(list, req), begun: s.o.Ledger.Released()}
	if req.GetPageToken() != "" {
		p, err = parseToken(req.GetPageToken(), p.asked, p.begun)
	}
	return p, q, err
}

// selected is parseQuery, with only what the caller of ctx sees.
func (s *Service) selected(ctx context.Context, filter, words, orderBy string) (casebook.Query, error) {
	q, err := s.parseQuery(ctx, filter, words, orderBy)
	if err != nil {
		return q, err
	}
	return s.visibleTo(ctx, q)
}

// parseQuery reads what a list or watch asks for, or refuses it for all that is
// wrong with it.
func (s *Service) parseQuery(ctx context.Context, filter, words, orderBy string) (casebook.Query, error) {
	q, problems := s.o.Queries.ParseQuery(filter, words, orderBy)
	if len(problems) == 0 {
		var units []string
		for _, u := range s.tree().Ordered() {
			units = append(units, u.GetId())
		}
		var err error
		if problems, err = s.o.Book.UnitsKnown(ctx, q, units); len(problems) == 0 {
			return q, err
		}
	}
	return q, access.Problems(problems)
}
