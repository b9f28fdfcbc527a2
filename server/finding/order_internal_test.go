package finding

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// TestAnOrderStaysSmall answers one order by many reports: how many they are is
// counted, and the last are shown.
func TestAnOrderStaysSmall(t *testing.T) {
	s, by := shelf(t, 0), &spsv1.Person{Id: "lan"}
	said := &spsv1.TestOrder{Laboratory: "hanoi-lab", SampleNumber: "S-1"}
	const n = 3 * maxShown
	err := s.Update(t.Context(), func(tx store.Tx) error {
		o, err := addOrder(tx, said, by, timestamppb.Now())
		if err != nil {
			return err
		}
		var want []string
		for i := range n {
			f := &spsv1.LabFinding{
				Name: nameOf(uuid.New()), ReportNumber: fmt.Sprint(i), Laboratory: &spsv1.Laboratory{Id: "hanoi-lab"}, Order: o.GetName(),
				PostTime: timestamppb.New(time.UnixMilli(int64(i))), State: spsv1.FindingState_FINDING_STATE_CURRENT, Sample: &spsv1.Sample{Number: "S-1"},
			}
			if err := add(tx, f, 0); err != nil {
				return err
			}
			if err := settle(tx, o.GetName(), f); err != nil {
				return err
			}
			want = append(want, f.GetName())
		}
		id, _ := orderKey(o.GetName())
		row, err := tx.Get(tableOrders, id)
		if err != nil {
			return err
		}
		if len(row) > 500 {
			t.Errorf("after %d reports the order has %d bytes, want at most 500", n, len(row))
		}
		if o, err = heldOrder(tx, id); err != nil {
			return err
		}
		if err := answered(tx, o); err != nil {
			return err
		}
		if diff := cmp.Diff(want[n-maxShown:], o.GetFindings()); diff != "" || o.GetFindingCount() != n {
			t.Errorf("%d findings answer it, want %d, of which it shows (-want +got):\n%s", o.GetFindingCount(), n, diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOrdersOfEarlierVersionsAreMended makes the index anew where an order has the
// names of all its findings, and is reported though the only one was withdrawn.
func TestOrdersOfEarlierVersionsAreMended(t *testing.T) {
	s := shelf(t, 0)
	id, finding := uuid.New(), nameOf(uuid.New())
	err := s.Update(t.Context(), func(tx store.Tx) error {
		o := &spsv1.TestOrder{
			Name: orderPrefix + id.String(), Laboratory: "hanoi-lab", SampleNumber: "S-1",
			State: spsv1.TestOrderState_TEST_ORDER_STATE_REPORTED, Findings: []string{finding}, OrderTime: timestamppb.Now(),
		}
		row, err := proto.Marshal(o)
		if err != nil {
			return err
		}
		if err := tx.Put(tableOrders, id[:], row); err != nil {
			return err
		}
		return add(tx, &spsv1.LabFinding{
			Name: finding, ReportNumber: "L-1", Laboratory: &spsv1.Laboratory{Id: "hanoi-lab"}, Order: o.GetName(),
			PostTime: timestamppb.Now(), State: spsv1.FindingState_FINDING_STATE_WITHDRAWN, Sample: &spsv1.Sample{Number: "S-1"},
		}, 0)
	})
	if err == nil {
		err = New(Options{Store: s}).Begin(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(t.Context(), func(r store.Reader) error {
		kept, err := heldOrder(r, id[:])
		if err != nil {
			return err
		}
		if len(kept.GetFindings()) > 0 || kept.GetFindingCount() != 1 || kept.GetState() != spsv1.TestOrderState_TEST_ORDER_STATE_OPEN {
			t.Errorf("it is kept as %v, want one finding counted, none named, and it open", kept)
		}
		return answered(r, kept)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAPageEndsAtTheCallersOwn has two laboratories post on the same sample under
// the same report number: the page of one ends with its own.
func TestAPageEndsAtTheCallersOwn(t *testing.T) {
	s := shelf(t, 0)
	err := s.Update(t.Context(), func(tx store.Tx) error {
		for i, laboratory := range []string{"hue-lab", "hanoi-lab"} {
			if err := add(tx, &spsv1.LabFinding{
				Name: nameOf(uuid.New()), ReportNumber: "1", Laboratory: &spsv1.Laboratory{Id: laboratory},
				PostTime: timestamppb.New(time.UnixMilli(int64(i))), State: spsv1.FindingState_FINDING_STATE_CURRENT, Sample: &spsv1.Sample{Number: "S-1"},
			}, 0); err != nil {
				return err
			}
		}
		return nil
	})
	service := New(Options{Store: s})
	if err == nil {
		err = service.unlock(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	lab := viewer{caller: access.Caller{Identity: certs.Identity{Role: certs.RoleLab}}, laboratory: "hanoi-lab"}
	for _, req := range []*spsv1.ListFindingsRequest{{SampleNumber: "S-1", PageSize: 1}, {ReportNumber: "1", PageSize: 1}, {PageSize: 1}} {
		err := s.View(t.Context(), func(r store.Reader) error {
			c := &counted{Reader: r}
			page, err := service.page(t.Context(), c, lab, req)
			if len(page.GetFindings()) != 1 || page.GetNextPageToken() != "" || c.rows > 2 {
				t.Errorf("%v: %d findings and the token %q by reading %d rows, want one, none, and 2", req, len(page.GetFindings()), page.GetNextPageToken(), c.rows)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
