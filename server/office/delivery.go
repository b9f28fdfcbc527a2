package office

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
)

// standing is how an own statement stands with an addressee.
type standing struct {
	office certs.Office
	ledger.Standing
}

type standings []standing

// receipts returns the positions of the receipts that cover the statement.
func (all standings) receipts() []uint64 {
	var positions []uint64
	for _, st := range all {
		if st.Covering != nil {
			positions = append(positions, st.Covering.Position.N)
		}
	}
	return positions
}

// standings returns how an own statement stands with each addressee, in the
// order of their codes; nothing for one of another office.
func (s *Service) standings(ctx context.Context, e ledger.Entry, st *spsv1.Statement) (standings, error) {
	if e.Origin.Office != s.self() {
		return nil, nil
	}
	addressees := make(map[certs.Office]bool)
	if e.Leaf.GetAudience().GetNetwork() {
		for _, office := range s.o.Roster.Offices() {
			addressees[office] = true
		}
	}
	for _, office := range e.Leaf.GetAudience().GetOffices() {
		addressees[certs.Office(office)] = true
	}
	for _, a := range st.GetAddressees() {
		if a.GetOffice() != "" {
			addressees[certs.Office(a.GetOffice())] = true
		}
	}
	delete(addressees, s.self())
	if len(addressees) == 0 {
		return nil, nil
	}
	offices := slices.Sorted(maps.Keys(addressees))
	found, err := s.o.Ledger.Standings(ctx, e.Origin, e.Sequence, offices)
	if err != nil {
		return nil, fmt.Errorf("deliveries of %s/%d: %w", e.Origin, e.Sequence, err)
	}
	all := make(standings, len(offices))
	for i, office := range offices {
		all[i] = standing{office, found[i]}
	}
	return all, nil
}

// deliveries puts standings into the words of the contract. recorded is when the
// receipts of [standings.receipts] were recorded, in their order.
func (s *Service) deliveries(e ledger.Entry, all standings, recorded []time.Time) []*spsv1.Delivery {
	var deliveries []*spsv1.Delivery
	for _, st := range all {
		d := &spsv1.Delivery{Office: string(st.office), State: spsv1.DeliveryState_DELIVERY_STATE_UNDELIVERED}
		_, known := s.o.Roster.Card(st.office)
		switch {
		case st.Covering != nil:
			d.State = spsv1.DeliveryState_DELIVERY_STATE_DELIVERED
			d.ReceiptTime = timestamppb.New(time.Unix(st.Covering.Time, 0))
			d.RecordTime, recorded = timeOrNil(recorded[0]), recorded[1:]
		case !known:
			d.State = spsv1.DeliveryState_DELIVERY_STATE_BY_HAND
		case e.Sequence < st.Size:
			d.State = spsv1.DeliveryState_DELIVERY_STATE_BODY_MISSING
		}
		deliveries = append(deliveries, d)
	}
	return deliveries
}
