package unit

import (
	"context"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/routing"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// rotaKey is the key of the one row of tableRota.
var rotaKey = []byte("rota")

// Rota returns the duty rota.
func (s *Service) Rota(r store.Reader) (*spsv1.DutyRota, error) {
	row, err := r.Get(tableRota, rotaKey)
	if err != nil {
		return nil, err
	}
	rota := &spsv1.DutyRota{Etag: "0"}
	if row == nil {
		return rota, nil
	}
	if err := proto.Unmarshal(row, rota); err != nil {
		return nil, fmt.Errorf("%w: duty rota: %w", ledger.ErrCorrupt, err)
	}
	return rota, nil
}

// GetDutyRota implements spsv1.UnitServiceServer.
func (s *Service) GetDutyRota(ctx context.Context, _ *spsv1.GetDutyRotaRequest) (rota *spsv1.DutyRota, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		rota, err = s.Rota(r)
		return err
	})
	if err != nil {
		return nil, err
	}
	rota.Gaps = routing.Gaps(rota, s.Tree(), s.o.Now())
	return rota, nil
}

// UpdateDutyRota implements spsv1.UnitServiceServer.
func (s *Service) UpdateDutyRota(ctx context.Context, req *spsv1.UpdateDutyRotaRequest) (*spsv1.DutyRota, error) {
	caller, err := keeper(ctx)
	if err != nil {
		return nil, err
	}
	given := req.GetRota()
	if err := access.CheckAll(req, routing.CheckRota(given, "rota", s.Tree())); err != nil {
		return nil, err
	}
	next := &spsv1.DutyRota{
		Shifts: given.GetShifts(), ChangedBy: caller.Person(), ChangeTime: timestamppb.New(s.o.Now().UTC()),
	}
	if !req.GetValidateOnly() {
		if err := s.putRota(ctx, given.GetEtag(), next); err != nil {
			return nil, err
		}
	}
	next.Gaps = routing.Gaps(next, s.Tree(), s.o.Now())
	return next, nil
}

// putRota keeps a rota in the place of one that somebody read.
func (s *Service) putRota(ctx context.Context, read string, next *spsv1.DutyRota) error {
	return s.o.Store.Update(ctx, func(tx store.Tx) error {
		before, err := s.Rota(tx)
		if err != nil {
			return err
		}
		number, err := nextChange("dutyRota", before.GetEtag(), read)
		if err != nil {
			return err
		}
		next.Etag = strconv.FormatUint(number, 10)
		row, err := proto.MarshalOptions{Deterministic: true}.Marshal(next)
		if err != nil {
			return fmt.Errorf("duty rota: %w", err)
		}
		if err := tx.Put(tableRota, rotaKey, row); err != nil {
			return err
		}
		return access.Record(ctx, tx, "dutyRota")
	})
}

// GetDuty implements spsv1.UnitServiceServer.
func (s *Service) GetDuty(ctx context.Context, req *spsv1.GetDutyRequest) (*spsv1.GetDutyResponse, error) {
	tree, at := s.Tree(), s.o.Now()
	if req.GetTime() != nil {
		at = req.GetTime().AsTime()
	}
	if id := req.GetUnit(); id != "" && tree.Unit(id) == nil {
		return nil, access.Problems(statement.Problems{routing.UnitUnknown("unit")})
	}
	var rota *spsv1.DutyRota
	err := s.o.Store.View(ctx, func(r store.Reader) (err error) {
		rota, err = s.Rota(r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &spsv1.GetDutyResponse{
		Shifts: routing.OnDuty(rota, tree, req.GetUnit(), at), OutOfHours: !statement.Working(at, tree.Hours(req.GetUnit())),
	}, nil
}
