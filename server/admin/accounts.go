package admin

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// CreateAccount implements spsv1.NodeServiceServer.
func (s *Service) CreateAccount(ctx context.Context, req *spsv1.CreateAccountRequest) (*spsv1.AccountSetup, error) {
	if err := s.belongs("account.unit", req.GetAccount().GetUnit()); err != nil {
		return nil, err
	}
	account, secret, err := s.o.Register.CreateAccount(ctx, req.GetAccountId(), req.GetAccount())
	if err != nil {
		return nil, err
	}
	return &spsv1.AccountSetup{Account: account, SetupSecret: secret}, nil
}

// GetAccount implements spsv1.NodeServiceServer.
func (s *Service) GetAccount(ctx context.Context, req *spsv1.GetAccountRequest) (*spsv1.Account, error) {
	caller, _ := access.From(ctx)
	if caller.Role != certs.RoleAdmin && caller.Role != certs.RoleAuditor {
		if err := s.own(ctx, req.GetName()); err != nil {
			return nil, err
		}
	}
	return s.o.Register.GetAccount(ctx, req.GetName())
}

// ListAccounts implements spsv1.NodeServiceServer.
func (s *Service) ListAccounts(ctx context.Context, req *spsv1.ListAccountsRequest) (*spsv1.ListAccountsResponse, error) {
	filter := &spsv1.ListAccountsRequest{}
	from, err := parsePageToken(req.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	page, err := s.o.Register.Accounts(ctx, from, access.PageSize(req.GetPageSize()))
	if err != nil {
		return nil, err
	}
	return &spsv1.ListAccountsResponse{Accounts: page.Items, NextPageToken: pageToken(page.Next, filter)}, nil
}

// ResetAccount implements spsv1.NodeServiceServer.
func (s *Service) ResetAccount(ctx context.Context, req *spsv1.ResetAccountRequest) (*spsv1.AccountSetup, error) {
	account, secret, err := s.o.Register.ResetAccount(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	return &spsv1.AccountSetup{Account: account, SetupSecret: secret}, nil
}

// DisableAccount implements spsv1.NodeServiceServer.
func (s *Service) DisableAccount(ctx context.Context, req *spsv1.DisableAccountRequest) (*spsv1.Account, error) {
	return s.o.Register.DisableAccount(ctx, req.GetName())
}

// EnableAccount implements spsv1.NodeServiceServer.
func (s *Service) EnableAccount(ctx context.Context, req *spsv1.EnableAccountRequest) (*spsv1.Account, error) {
	return s.o.Register.EnableAccount(ctx, req.GetName())
}

// SetPassword implements spsv1.NodeServiceServer.
func (s *Service) SetPassword(ctx context.Context, req *spsv1.SetPasswordRequest) (*spsv1.Account, error) {
	if err := s.own(ctx, req.GetName()); err != nil {
		return nil, err
	}
	return s.o.Register.SetPassword(ctx, access.PasswordChange{
		Account: req.GetName(), Old: req.GetOldPassword(), Setup: req.GetSetupSecret(), New: req.GetNewPassword(),
	})
}

// EnrolTotp implements spsv1.NodeServiceServer.
func (s *Service) EnrolTotp(ctx context.Context, req *spsv1.EnrolTotpRequest) (*spsv1.EnrolTotpResponse, error) {
	if err := s.own(ctx, req.GetName()); err != nil {
		return nil, err
	}
	secret, uri, err := s.o.Register.EnrolTOTP(ctx, req.GetName(), req.GetPassword())
	if err != nil {
		return nil, err
	}
	return &spsv1.EnrolTotpResponse{Secret: secret, Uri: uri}, nil
}

// ConfirmTotp implements spsv1.NodeServiceServer.
func (s *Service) ConfirmTotp(ctx context.Context, req *spsv1.ConfirmTotpRequest) (*spsv1.Account, error) {
	if err := s.own(ctx, req.GetName()); err != nil {
		return nil, err
	}
	return s.o.Register.ConfirmTOTP(ctx, req.GetName(), req.GetCode())
}

// own refuses a caller who is not the person of an account: one of the same ID
// and role, by whatever means that was proven. Whose it is not learns nothing
// about it, not even whether it is there.
func (s *Service) own(ctx context.Context, name string) error {
	caller, _ := access.From(ctx)
	account, err := s.o.Register.GetAccount(ctx, name)
	var refusal *access.Refusal
	if err != nil && !errors.As(err, &refusal) {
		return err
	}
	if err != nil || caller.ID == "" || name != access.AccountNames+caller.ID || account.GetRole() != string(caller.Role) {
		return &access.Refusal{
			Code: codes.PermissionDenied, Reason: access.ReasonDenied,
			Sentence: name + " is not yours: everybody looks after the own account",
		}
	}
	return nil
}
