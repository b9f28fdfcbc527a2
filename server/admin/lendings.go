package admin

import (
	"context"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// LendRole implements spsv1.NodeServiceServer.
func (s *Service) LendRole(ctx context.Context, req *spsv1.LendRoleRequest) (*spsv1.Lending, error) {
	if err := s.belongs("lending.unit", req.GetLending().GetUnit()); err != nil {
		return nil, err
	}
	return s.o.Register.Lend(ctx, req.GetLending())
}

// ListLendings implements spsv1.NodeServiceServer.
func (s *Service) ListLendings(ctx context.Context, req *spsv1.ListLendingsRequest) (*spsv1.ListLendingsResponse, error) {
	filter := &spsv1.ListLendingsRequest{}
	from, err := parsePageToken(req.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	page, err := s.o.Register.Lendings(ctx, from, access.PageSize(req.GetPageSize()))
	if err != nil {
		return nil, err
	}
	return &spsv1.ListLendingsResponse{Lendings: page.Items, NextPageToken: pageToken(page.Next, filter)}, nil
}

// EndLending implements spsv1.NodeServiceServer.
func (s *Service) EndLending(ctx context.Context, req *spsv1.EndLendingRequest) (*spsv1.Lending, error) {
	return s.o.Register.EndLending(ctx, req.GetName())
}
