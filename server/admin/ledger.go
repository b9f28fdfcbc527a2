package admin

import (
	"context"
	"fmt"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// lostShown is how many of the own entries that are lost are named.
const lostShown = 10

// damage returns what the disk did to the ledger, nil if nothing.
func (s *Service) damage(ctx context.Context) (*spsv1.LedgerStanding, error) {
	lost, all, err := s.o.Ledger.Lost(ctx, lostShown)
	if err != nil {
		return nil, fmt.Errorf("what is lost of the own log: %w", err)
	}
	shown := &spsv1.LedgerStanding{DamageCount: uint64(s.o.Ledger.Damage()), LostCount: uint64(all)}
	for _, o := range s.o.Ledger.DamagedLogs() {
		shown.DamagedLogs = append(shown.DamagedLogs, o.String())
	}
	for _, e := range lost {
		shown.Lost = append(shown.Lost, &spsv1.LostEntry{Origin: e.Origin.String(), Sequence: e.Sequence, Reference: e.Reference})
	}
	if shown.GetDamageCount() == 0 && shown.GetLostCount() == 0 {
		return nil, nil
	}
	return shown, nil
}
