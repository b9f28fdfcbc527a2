package finding

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// GetTestOrder implements spsv1.FindingServiceServer.
func (s *Service) GetTestOrder(ctx context.Context, req *spsv1.GetTestOrderRequest) (*spsv1.TestOrder, error) {
	who, err := s.viewer(ctx)
	if err != nil {
		return nil, err
	}
	var found *spsv1.TestOrder
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		if found, err = getOrder(r, req.GetName()); err != nil || found == nil {
			return err
		}
		return answered(r, found)
	})
	if err != nil {
		return nil, err
	}
	if found == nil || !who.ordered(found) {
		return nil, access.NotFound("there is no %s here, or it is not shown to you", req.GetName())
	}
	return who.blind(found), nil
}

// ListTestOrders implements spsv1.FindingServiceServer.
func (s *Service) ListTestOrders(ctx context.Context, req *spsv1.ListTestOrdersRequest) (*spsv1.ListTestOrdersResponse, error) {
	who, err := s.viewer(ctx)
	if err != nil {
		return nil, err
	}
	table, prefix := who.orders(req.GetOpen())
	before, err := s.ofToken(req.GetPageToken(), [][]byte{prefix})
	if err != nil {
		return nil, err
	}
	var resp *spsv1.ListTestOrdersResponse
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		resp = &spsv1.ListTestOrdersResponse{}
		looked, size := 0, 0
		for place, err := range newest(r, table, [][]byte{prefix}, before) {
			if err != nil {
				return err
			}
			looked++
			o, err := heldOrder(r, place[len(place)-idSize:])
			if err != nil {
				return err
			}
			shown := who.ordered(o) && (!req.GetOpen() || o.GetState() == spsv1.TestOrderState_TEST_ORDER_STATE_OPEN)
			if looked > listLook || shown && (len(resp.GetOrders()) >= access.PageSize(req.GetPageSize()) || size > maxPageBytes) {
				resp.NextPageToken = s.token([][]byte{prefix}, place)
				return nil
			}
			if !shown {
				continue
			}
			if err := answered(r, o); err != nil {
				return err
			}
			resp.Orders = append(resp.Orders, who.blind(o))
			size += proto.Size(o)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// orders returns where the orders stand that a list asks for: the last among the
// keys of a table that begin with a prefix.
func (v viewer) orders(open bool) (store.Table, []byte) {
	switch {
	case open:
		return tableIndex, term(termOpen, v.laboratory)
	case v.laboratory != "":
		return tableIndex, term(termOrders, v.laboratory)
	}
	return tableOrderTimes, nil
}

// ordered reports whether the viewer is shown an order.
func (v viewer) ordered(o *spsv1.TestOrder) bool {
	if v.caller.Role == certs.RoleLab {
		return v.laboratory != "" && o.GetLaboratory() == v.laboratory
	}
	return v.caller.Focal() || v.tree.Within(o.GetOrderedBy().GetUnit(), v.caller.Unit)
}

// blind takes out of an order what a laboratory is not told.
func (v viewer) blind(o *spsv1.TestOrder) *spsv1.TestOrder {
	if v.caller.Role != certs.RoleLab {
		return o
	}
	o.Case, o.Note, o.OrderedBy = "", nil, nil
	if p := o.GetProduct(); p != nil { // keeps what the goods are
		o.Product = &spsv1.Product{
			Id: p.GetId(), Name: p.GetName(), ArticleKind: p.GetArticleKind(), Category: p.GetCategory(), Item: p.GetItem(),
			CommodityClass: p.GetCommodityClass(), CommodityCodes: p.GetCommodityCodes(), Species: p.GetSpecies(),
			Preservation: p.GetPreservation(), IntendedUse: p.GetIntendedUse(),
		}
	}
	return o
}
