package finding

import (
	"fmt"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

const (
	tableOrders     store.Table = "finding.orders"      // id, 16 bytes → serialised TestOrder
	tableOrderTimes store.Table = "finding.order.times" // Unix milliseconds of the order, id → nothing
	tableSamples    store.Table = "finding.samples"     // laboratory, 0, sample number, 0 → id of the last order
)

const orderPrefix = "testOrders/"

// maxShown is how many of the findings that answer an order are shown with it.
const maxShown = 20

// answers returns the order that a finding answers, nil if none: that of the
// report that it replaces, or else the last under the number of its sample, if
// that stands.
func answers(r store.Reader, f *spsv1.LabFinding, replaced []*spsv1.LabFinding) (*spsv1.TestOrder, error) {
	for _, earlier := range replaced {
		if earlier.GetOrder() == "" || earlier.GetSample().GetNumber() != f.GetSample().GetNumber() {
			continue
		}
		return getOrder(r, earlier.GetOrder())
	}
	o, err := orderOf(r, f.GetLaboratory().GetId(), f.GetSample().GetNumber())
	if o.GetState() == spsv1.TestOrderState_TEST_ORDER_STATE_CANCELLED {
		return nil, err
	}
	return o, err
}

// settle notes with orders what became of the findings that answer them, one of
// which, of the order added, is new. It is called in the transaction that wrote
// the findings, after them.
func settle(tx store.Tx, added string, findings ...*spsv1.LabFinding) error {
	var names []string
	for _, f := range findings {
		if f.GetOrder() != "" && !slices.Contains(names, f.GetOrder()) {
			names = append(names, f.GetOrder())
		}
	}
	for _, name := range names {
		o, err := getOrder(tx, name)
		if err == nil && o == nil {
			err = fmt.Errorf("%w: no order %s", ledger.ErrCorrupt, name)
		}
		if err != nil {
			return err
		}
		if name == added {
			o.FindingCount++
		}
		if err := assess(tx, o); err != nil {
			return err
		}
		if err := putOrder(tx, o); err != nil {
			return err
		}
	}
	return nil
}

// assess sets how far an order is: reported as long as a finding that answers it
// stands, and open again when none does any more.
func assess(r store.Reader, o *spsv1.TestOrder) error {
	if o.GetState() == spsv1.TestOrderState_TEST_ORDER_STATE_CANCELLED {
		return nil
	}
	some, err := stands(r, tableIndex, term(termStanding, o.GetName()))
	if o.State = spsv1.TestOrderState_TEST_ORDER_STATE_OPEN; some {
		o.State = spsv1.TestOrderState_TEST_ORDER_STATE_REPORTED
	}
	return err
}

// answered completes an order by the last of the findings that answer it.
func answered(r store.Reader, o *spsv1.TestOrder) error {
	prefix := term(termAnswer, o.GetName())
	for row, err := range r.Scan(tableIndex, prefix, store.PrefixEnd(prefix), true) {
		if err != nil {
			return err
		}
		if len(o.GetFindings()) == maxShown {
			break
		}
		o.Findings = append(o.GetFindings(), nameOf(uuid.UUID(row.Key[len(row.Key)-idSize:])))
	}
	slices.Reverse(o.GetFindings())
	return nil
}

// orderOf returns the last order of a laboratory under the number of a sample,
// nil if there is none.
func orderOf(r store.Reader, laboratory, sample string) (*spsv1.TestOrder, error) {
	id, err := r.Get(tableSamples, reportKey(laboratory, sample))
	if err != nil || id == nil {
		return nil, err
	}
	return heldOrder(r, id)
}

// getOrder returns an order by its name, nil if there is none.
func getOrder(r store.Reader, name string) (*spsv1.TestOrder, error) {
	id, err := orderKey(name)
	if err != nil {
		return nil, err
	}
	return orderAt(r, id)
}

// orderKey returns the key of an order by its name, which the field rules have
// seen.
func orderKey(name string) ([]byte, error) {
	id, err := uuid.Parse(name[len(orderPrefix):])
	return id[:], err
}

// orderAt returns an order by its key, nil if there is none.
func orderAt(r store.Reader, id []byte) (*spsv1.TestOrder, error) {
	row, err := r.Get(tableOrders, id)
	if err != nil || row == nil {
		return nil, err
	}
	o := &spsv1.TestOrder{}
	if err := proto.Unmarshal(row, o); err != nil {
		return nil, fmt.Errorf("%w: order %x: %w", ledger.ErrCorrupt, id, err)
	}
	return o, nil
}

// heldOrder returns an order that is there, since its key stands elsewhere.
func heldOrder(r store.Reader, id []byte) (*spsv1.TestOrder, error) {
	o, err := orderAt(r, id)
	if err == nil && o == nil {
		err = fmt.Errorf("%w: no order %x", ledger.ErrCorrupt, id)
	}
	return o, err
}

// putOrder writes an order. Which findings answer it is in the index.
func putOrder(tx store.Tx, o *spsv1.TestOrder) error {
	id, err := orderKey(o.GetName())
	if err != nil {
		return err
	}
	row, err := proto.MarshalOptions{Deterministic: true}.Marshal(o)
	if err != nil {
		return fmt.Errorf("order: %w", err)
	}
	var terms [][]byte
	before, err := orderAt(tx, id)
	if err != nil {
		return err
	}
	if before != nil {
		terms = orderTerms(before)
	}
	if err := index(tx, terms, orderTerms(o)); err != nil {
		return err
	}
	return tx.Put(tableOrders, id, row)
}
