package finding

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

const (
	tableOrders     store.Table = "finding.orders"      // id, 16 bytes → serialised TestOrder
	tableOrderTimes store.Table = "finding.order.times" // Unix milliseconds of the order, id → nothing
	tableSamples    store.Table = "finding.samples"     // laboratory, 0, sample number, 0 → id of the last order
)

const orderPrefix = "testOrders/"

// OrderTest implements spsv1.FindingServiceServer.
func (s *Service) OrderTest(ctx context.Context, req *spsv1.OrderTestRequest) (*spsv1.TestOrder, error) {
	caller, ok := access.From(ctx)
	if !ok {
		return nil, errors.New("order a test: a call without a caller")
	}
	said := ordered(req.GetOrder())
	if p := said.GetProduct(); p != nil {
		give(&p.Id, "p1")
	}
	var violations []access.Violation
	for _, p := range statement.CheckPart(said) {
		violations = append(violations, access.Violation{Field: within("order", p.Field), Reason: p.Reason, Sentence: p.Sentence})
	}
	if len(violations) > 0 {
		return nil, access.Invalid(violations...)
	}
	id, now := uuid.New(), timestamppb.New(s.o.Now().UTC())
	var result *spsv1.TestOrder
	err := s.o.Store.Update(ctx, func(tx store.Tx) error {
		before, _, err := orderOf(tx, said.GetLaboratory(), said.GetSampleNumber())
		if err != nil {
			return err
		}
		if before != nil && before.GetState() != spsv1.TestOrderState_TEST_ORDER_STATE_CANCELLED {
			if result = before; proto.Equal(ordered(before), said) {
				return nil
			}
			return access.Invalid(access.Violation{
				Field: "order.sample_number", Reason: "SAMPLE_ORDERED", Sentence: "another test of this sample was ordered from the laboratory: cancel that, or give another number",
			})
		}
		result = proto.CloneOf(said)
		result.Name, result.State = orderPrefix+id.String(), spsv1.TestOrderState_TEST_ORDER_STATE_OPEN
		result.OrderedBy, result.OrderTime = &spsv1.Person{Id: caller.ID, Unit: caller.Unit}, now
		if err := tx.Put(tableOrderTimes, timeKey(now, id[:]), nil); err != nil {
			return err
		}
		if err := tx.Put(tableSamples, reportKey(result.GetLaboratory(), result.GetSampleNumber()), id[:]); err != nil {
			return err
		}
		return errors.Join(putOrder(tx, id[:], result), access.Record(ctx, tx, result.GetName()))
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// ordered returns a copy of what the office says in an order.
func ordered(o *spsv1.TestOrder) *spsv1.TestOrder {
	return proto.CloneOf(&spsv1.TestOrder{
		SampleNumber: o.GetSampleNumber(), Laboratory: o.GetLaboratory(), Product: o.GetProduct(), Analytes: o.GetAnalytes(),
		DueDate: o.GetDueDate(), Text: o.GetText(), Case: o.GetCase(), Note: o.GetNote(),
	})
}

// GetTestOrder implements spsv1.FindingServiceServer.
func (s *Service) GetTestOrder(ctx context.Context, req *spsv1.GetTestOrderRequest) (*spsv1.TestOrder, error) {
	who, err := s.viewer(ctx)
	if err != nil {
		return nil, err
	}
	var found *spsv1.TestOrder
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		found, _, err = getOrder(r, req.GetName())
		return err
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
	below, err := belowToken(req.GetPageToken(), prefix)
	if err != nil {
		return nil, err
	}
	var resp *spsv1.ListTestOrdersResponse
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		resp = &spsv1.ListTestOrdersResponse{}
		looked, size := 0, 0
		for row, err := range r.Scan(table, prefix, below, true) {
			if err != nil {
				return err
			}
			if looked++; len(resp.GetOrders()) >= access.PageSize(req.GetPageSize()) || looked > listLook || size > maxPageBytes {
				resp.NextPageToken = base64.RawURLEncoding.EncodeToString(row.Key[len(prefix):])
				return nil
			}
			o, err := readOrder(r, row.Key[len(row.Key)-idSize:])
			if err != nil {
				return err
			}
			if who.ordered(o) && (!req.GetOpen() || o.GetState() == spsv1.TestOrderState_TEST_ORDER_STATE_OPEN) {
				resp.Orders = append(resp.Orders, who.blind(o))
				size += proto.Size(o)
			}
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

// CancelTestOrder implements spsv1.FindingServiceServer.
func (s *Service) CancelTestOrder(ctx context.Context, req *spsv1.CancelTestOrderRequest) (*spsv1.TestOrder, error) {
	who, err := s.viewer(ctx)
	if err != nil {
		return nil, err
	}
	now := timestamppb.New(s.o.Now().UTC())
	var result *spsv1.TestOrder
	err = s.o.Store.Update(ctx, func(tx store.Tx) error {
		found, id, err := getOrder(tx, req.GetName())
		if err != nil {
			return err
		}
		if found == nil || !who.ordered(found) {
			return access.NotFound("there is no %s here, or it is not shown to you", req.GetName())
		}
		switch result = found; found.GetState() {
		case spsv1.TestOrderState_TEST_ORDER_STATE_CANCELLED:
			return access.Record(ctx, tx) // as it was asked for
		case spsv1.TestOrderState_TEST_ORDER_STATE_REPORTED:
			return access.Invalid(access.Violation{
				Field: "name", Reason: "ORDER_REPORTED", Sentence: "the laboratory has reported on the sample: there is nothing left to cancel",
			})
		}
		result.State, result.CancelTime = spsv1.TestOrderState_TEST_ORDER_STATE_CANCELLED, now
		return errors.Join(putOrder(tx, id, result), access.Record(ctx, tx, result.GetName()))
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// ordered reports whether the viewer is shown an order.
func (v viewer) ordered(o *spsv1.TestOrder) bool {
	if v.caller.Role == certs.RoleLab {
		return v.laboratory != "" && o.GetLaboratory() == v.laboratory
	}
	bound := v.caller.Bound()
	return bound == "" || v.tree.Within(o.GetOrderedBy().GetUnit(), bound)
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

// answers notes a finding with the order under the number of its sample, if
// there is one that stands.
func answers(tx store.Tx, f *spsv1.LabFinding) error {
	o, id, err := orderOf(tx, f.GetLaboratory().GetId(), f.GetSample().GetNumber())
	if err != nil || o == nil || o.GetState() == spsv1.TestOrderState_TEST_ORDER_STATE_CANCELLED {
		return err
	}
	f.Order = o.GetName()
	o.Findings, o.State = append(o.GetFindings(), f.GetName()), spsv1.TestOrderState_TEST_ORDER_STATE_REPORTED
	return putOrder(tx, id, o)
}

// orderOf returns the last order of a laboratory under the number of a sample,
// nil if there is none.
func orderOf(r store.Reader, laboratory, sample string) (*spsv1.TestOrder, []byte, error) {
	id, err := r.Get(tableSamples, reportKey(laboratory, sample))
	if err != nil || id == nil {
		return nil, nil, err
	}
	o, err := readOrder(r, id)
	return o, id, err
}

// getOrder returns an order by its name, nil if there is none.
func getOrder(r store.Reader, name string) (*spsv1.TestOrder, []byte, error) {
	id, err := orderKey(name)
	if err != nil {
		return nil, nil, err
	}
	row, err := r.Get(tableOrders, id)
	if err != nil || row == nil {
		return nil, nil, err
	}
	o, err := readOrder(r, id)
	return o, id, err
}

// orderKey returns the key of an order by its name, which the field rules have
// seen.
func orderKey(name string) ([]byte, error) {
	id, err := uuid.Parse(name[len(orderPrefix):])
	return id[:], err
}

func readOrder(r store.Reader, id []byte) (*spsv1.TestOrder, error) {
	row, err := r.Get(tableOrders, id)
	if err != nil {
		return nil, err
	}
	o := &spsv1.TestOrder{}
	if err := proto.Unmarshal(row, o); err != nil || row == nil {
		return nil, fmt.Errorf("%w: order %x: %w", ledger.ErrCorrupt, id, err)
	}
	return o, nil
}

// putOrder writes an order.
func putOrder(tx store.Tx, id []byte, o *spsv1.TestOrder) error {
	row, err := proto.MarshalOptions{Deterministic: true}.Marshal(o)
	if err != nil {
		return fmt.Errorf("order: %w", err)
	}
	var terms [][]byte
	if before, err := tx.Get(tableOrders, id); err != nil {
		return err
	} else if before != nil {
		was, err := readOrder(tx, id)
		if err != nil {
			return err
		}
		terms = orderTerms(was)
	}
	if err := index(tx, terms, orderTerms(o)); err != nil {
		return err
	}
	return tx.Put(tableOrders, id, row)
}
