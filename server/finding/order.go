package finding

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// OrderTest implements spsv1.FindingServiceServer.
func (s *Service) OrderTest(ctx context.Context, req *spsv1.OrderTestRequest) (*spsv1.TestOrder, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
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
	violations, advice, err := s.unorderable(ctx, said)
	if err != nil {
		return nil, err
	}
	if len(violations) > 0 {
		return nil, access.Invalid(violations...)
	}
	by, now := caller.Person(), timestamppb.New(s.o.Now().UTC())
	var result *spsv1.TestOrder
	var before bool
	err = s.o.Store.Update(ctx, func(tx store.Tx) (err error) {
		result, err = orderedBefore(tx, said)
		if before = result != nil; err != nil || before {
			return err
		}
		result, err = addOrder(tx, said, by, now)
		return errors.Join(err, access.Record(ctx, tx, result.GetName()))
	})
	if err != nil {
		return nil, err
	}
	switch result.Advice = advice; {
	case before && result.GetState() == spsv1.TestOrderState_TEST_ORDER_STATE_REPORTED:
		result.Advice = append(result.GetAdvice(), advised(ctx, "order.sample_number", "ORDERED_BEFORE",
			"nothing was ordered: this order is there already, and was reported on; to have the sample tested again, say so in the text"))
	case before:
		result.Advice = append(result.GetAdvice(), advised(ctx, "order.sample_number", "ORDERED_BEFORE",
			"nothing was ordered anew: this order is there already, and waits for its report"))
	}
	return result, nil
}

// orderedBefore returns the order that says the same and stands, nil if there is
// none. It refuses a test of a sample of which another is open.
func orderedBefore(r store.Reader, said *spsv1.TestOrder) (*spsv1.TestOrder, error) {
	before, err := orderOf(r, said.GetLaboratory(), said.GetSampleNumber())
	if err != nil || before == nil || before.GetState() == spsv1.TestOrderState_TEST_ORDER_STATE_CANCELLED {
		return nil, err
	}
	switch {
	case proto.Equal(ordered(before), said):
		return before, answered(r, before)
	case before.GetState() == spsv1.TestOrderState_TEST_ORDER_STATE_OPEN:
		return nil, access.Invalid(access.Violation{
			Field: "order.sample_number", Reason: "SAMPLE_ORDERED", Sentence: "another test of this sample was ordered from the laboratory: cancel that, or give another number",
		})
	}
	return nil, nil
}

// addOrder writes an order, the last of its laboratory under the number of the
// sample. Findings answer that one from now on, those before it stay answered.
func addOrder(tx store.Tx, said *spsv1.TestOrder, by *spsv1.Person, now *timestamppb.Timestamp) (*spsv1.TestOrder, error) {
	id, o := uuid.New(), proto.CloneOf(said)
	o.Name, o.State, o.OrderedBy, o.OrderTime = orderPrefix+id.String(), spsv1.TestOrderState_TEST_ORDER_STATE_OPEN, by, now
	return o, errors.Join(
		tx.Put(tableOrderTimes, timeKey(now, id[:]), nil),
		tx.Put(tableSamples, reportKey(o.GetLaboratory(), o.GetSampleNumber()), id[:]),
		putOrder(tx, o),
	)
}

// ordered returns a copy of what the office says in an order.
func ordered(o *spsv1.TestOrder) *spsv1.TestOrder {
	return proto.CloneOf(&spsv1.TestOrder{
		SampleNumber: o.GetSampleNumber(), Laboratory: o.GetLaboratory(), Product: o.GetProduct(), Analytes: o.GetAnalytes(),
		DueDate: o.GetDueDate(), Text: o.GetText(), Case: o.GetCase(), Note: o.GetNote(),
	})
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
		found, err := getOrder(tx, req.GetName())
		if err != nil {
			return err
		}
		if found == nil || !who.ordered(found) {
			return access.NotFound("there is no %s here, or it is not shown to you", req.GetName())
		}
		switch result = found; found.GetState() {
		case spsv1.TestOrderState_TEST_ORDER_STATE_CANCELLED:
			return errors.Join(answered(tx, result), access.Record(ctx, tx)) // as it was asked for
		case spsv1.TestOrderState_TEST_ORDER_STATE_REPORTED:
			return access.Invalid(access.Violation{
				Field: "name", Reason: "ORDER_REPORTED", Sentence: "the laboratory has reported on the sample: there is nothing left to cancel",
			})
		}
		result.State, result.CancelTime = spsv1.TestOrderState_TEST_ORDER_STATE_CANCELLED, now
		return errors.Join(putOrder(tx, result), answered(tx, result), access.Record(ctx, tx, result.GetName()))
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}
