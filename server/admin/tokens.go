package admin

import (
	"context"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// GetCaller implements spsv1.NodeServiceServer.
func (s *Service) GetCaller(ctx context.Context, _ *spsv1.GetCallerRequest) (*spsv1.Caller, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	shown := caller.Message()
	if caller.ActingFor != "" {
		return shown, nil
	}
	shown.Lendings, err = s.o.Register.LentTo(ctx, caller)
	return shown, err
}

// CreateToken implements spsv1.NodeServiceServer.
func (s *Service) CreateToken(ctx context.Context, req *spsv1.CreateTokenRequest) (*spsv1.CreateTokenResponse, error) {
	if err := s.belongs("token.unit", req.GetToken().GetUnit()); err != nil {
		return nil, err
	}
	token, secret, err := s.o.Register.CreateToken(ctx, req.GetToken())
	if err != nil {
		return nil, err
	}
	return &spsv1.CreateTokenResponse{Token: token, Secret: secret}, nil
}

// GetToken implements spsv1.NodeServiceServer.
func (s *Service) GetToken(ctx context.Context, req *spsv1.GetTokenRequest) (*spsv1.Token, error) {
	return s.o.Register.GetToken(ctx, req.GetName())
}

// ListTokens implements spsv1.NodeServiceServer.
func (s *Service) ListTokens(ctx context.Context, req *spsv1.ListTokensRequest) (*spsv1.ListTokensResponse, error) {
	filter := &spsv1.ListTokensRequest{}
	from, err := parsePageToken(req.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	page, err := s.o.Register.Tokens(ctx, from, access.PageSize(req.GetPageSize()))
	if err != nil {
		return nil, err
	}
	return &spsv1.ListTokensResponse{Tokens: page.Items, NextPageToken: pageToken(page.Next, filter)}, nil
}

// RevokeToken implements spsv1.NodeServiceServer.
func (s *Service) RevokeToken(ctx context.Context, req *spsv1.RevokeTokenRequest) (*spsv1.Token, error) {
	return s.o.Register.RevokeToken(ctx, req.GetName())
}
