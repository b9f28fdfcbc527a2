package office

import (
	"context"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
)

const (
	defaultPage = 50
	maxPage     = 1000
	// maxPageBytes ends a page early, so that it stays below the limit of a
	// gRPC message, 4 MiB, whatever the next statement adds.
	maxPageBytes = 2 << 20
)

func pageSize(asked int32) int {
	switch {
	case asked == 0:
		return defaultPage
	case asked > maxPage:
		return maxPage
	}
	return int(asked)
}

// ListStatements implements spsv1.CaseServiceServer.
func (s *Service) ListStatements(ctx context.Context, req *spsv1.ListStatementsRequest) (*spsv1.ListStatementsResponse, error) {
	p, err := s.begin(req.GetParent(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	size, view := pageSize(req.GetPageSize()), viewOr(req.GetView(), basic)
	items, err := s.o.Book.Statements(ctx, parentOffice(req.GetParent()), p.next, size+1)
	if err != nil {
		return nil, err
	}
	resp := &spsv1.ListStatementsResponse{Cursor: p.begun.String()}
	resp.NextPageToken, err = page(p, items, size, func(i casebook.Item) (proto.Message, error) {
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
	p, err := s.begin("cases", req.GetPageToken())
	if err != nil {
		return nil, err
	}
	size := pageSize(req.GetPageSize())
	items, err := s.o.Book.Cases(ctx, p.next, size+1)
	if err != nil {
		return nil, err
	}
	resp := &spsv1.ListCasesResponse{}
	resp.NextPageToken, err = page(p, items, size, func(i casebook.Item) (proto.Message, error) {
		original, err := s.item(ctx, i, basic)
		c := &spsv1.Case{Name: casePrefix + original.GetReference(), Reference: original.GetReference(), Original: original}
		resp.Cases = append(resp.Cases, c)
		return c, err
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// page hands the items of one page to show, and returns the token of the next
// page: "" if there is none. items has one more than size if there is more.
func page(p progress, items []casebook.Item, size int, show func(casebook.Item) (proto.Message, error)) (string, error) {
	bytes := 0
	for n, i := range items {
		if n == size || bytes > maxPageBytes {
			p.next = i.N
			return p.token(), nil
		}
		m, err := show(i)
		if err != nil {
			return "", err
		}
		bytes += proto.Size(m)
	}
	return "", nil
}

// begin returns where a list goes on: at the token, or at the newest that is
// released.
func (s *Service) begin(list, token string) (progress, error) {
	now := s.o.Ledger.Released()
	if token == "" {
		return progress{list: list, begun: now, next: now.N}, nil
	}
	return parseToken(token, list, now)
}
