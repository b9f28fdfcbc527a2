package office

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// tableInspections holds what was entered: week, goods and origin, 0, and a
// number that counts the entries of these → serialised Inspection. It is truth:
// no ledger can make it again.
const tableInspections store.Table = "office.inspections"

// inspectionLook is how many rows are looked at for one page.
const inspectionLook = 5000

// Inspections implements spsv1.InspectionServiceServer.
type Inspections struct {
	spsv1.UnimplementedInspectionServiceServer
	s *Service
}

// Inspections returns the service of inspections.
func (s *Service) Inspections() *Inspections { return &Inspections{s: s} }

// inspectionKey begins the keys of all that was entered for a week, goods and
// origin. No text in it has a 0.
func inspectionKey(i *spsv1.Inspection) []byte {
	goods := "hs:" + i.GetHsChapter()
	if i.GetHsChapter() == "" {
		goods = "category:" + plain.Text(i.GetProductCategory())
	}
	return []byte(strings.Join([]string{i.GetWeek(), goods, i.GetOrigin(), ""}, "\x00"))
}

// EnterInspections implements spsv1.InspectionServiceServer.
func (n *Inspections) EnterInspections(ctx context.Context, req *spsv1.EnterInspectionsRequest) (*spsv1.EnterInspectionsResponse, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	all, unlisted, err := n.read(req.GetInspections())
	if err != nil {
		return nil, err
	}
	now := timestamppb.New(n.s.o.Now().UTC())
	var resp *spsv1.EnterInspectionsResponse
	err = n.s.o.Store.Update(ctx, func(tx store.Tx) error {
		resp = &spsv1.EnterInspectionsResponse{Unlisted: unlisted}
		for _, i := range all {
			entered := &spsv1.Inspection{
				Week: i.GetWeek(), ProductCategory: i.GetProductCategory(), HsChapter: i.GetHsChapter(), Origin: i.GetOrigin(),
				Consignments: i.GetConsignments(), EnteredBy: caller.Person(), EnterTime: now,
			}
			if err := enterInspection(tx, entered, resp); err != nil {
				return err
			}
		}
		return access.Record(ctx, tx, "inspections")
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// enterInspection puts one number behind those that were entered for the same,
// and counts it.
func enterInspection(tx store.Tx, i *spsv1.Inspection, resp *spsv1.EnterInspectionsResponse) error {
	prefix := inspectionKey(i)
	number := uint64(0)
	for row, err := range tx.Scan(tableInspections, prefix, store.PrefixEnd(prefix), true) {
		if err != nil {
			return err
		}
		before, err := parseInspection(row)
		if err != nil {
			return err
		}
		if before.GetConsignments() == i.GetConsignments() {
			resp.Unchanged++
			return nil
		}
		number = binary.BigEndian.Uint64(row.Key[len(prefix):]) + 1
		break
	}
	if number == 0 {
		resp.Entered++
	} else {
		resp.Replaced++
	}
	row, err := proto.MarshalOptions{Deterministic: true}.Marshal(i)
	if err != nil {
		return fmt.Errorf("inspection: %w", err)
	}
	return tx.Put(tableInspections, binary.BigEndian.AppendUint64(prefix, number), row)
}

func parseInspection(row store.Item) (*spsv1.Inspection, error) {
	i := &spsv1.Inspection{}
	if err := proto.Unmarshal(row.Value, i); err != nil {
		return nil, fmt.Errorf("%w: inspection: %w", ledger.ErrCorrupt, err)
	}
	if prefix := inspectionKey(i); len(row.Key) != len(prefix)+8 || !bytes.HasPrefix(row.Key, prefix) {
		return nil, fmt.Errorf("%w: inspection under the key %q", ledger.ErrCorrupt, row.Key)
	}
	return i, nil
}

// afterWeek returns a key above those of a week and below those of the next.
func afterWeek(week string) []byte { return []byte(week + "\x01") }

// ListInspections implements spsv1.InspectionServiceServer.
func (n *Inspections) ListInspections(ctx context.Context, req *spsv1.ListInspectionsRequest) (*spsv1.ListInspectionsResponse, error) {
	below := []byte(nil)
	if last := req.GetLastWeek(); last != "" {
		below = afterWeek(last)
	}
	if token := req.GetPageToken(); token != "" {
		mark, err := base64.RawURLEncoding.Strict().DecodeString(token)
		if err != nil || len(mark) == 0 {
			return nil, badToken()
		}
		below = mark
	}
	all, next, err := n.s.inspections(ctx, []byte(req.GetFirstWeek()), below, access.PageSize(req.GetPageSize()), req.GetHistory())
	if err != nil {
		return nil, err
	}
	return &spsv1.ListInspectionsResponse{Inspections: all, NextPageToken: base64.RawURLEncoding.EncodeToString(next)}, nil
}

// inspections returns a page of what was entered, from the last key below one
// on downwards, with what was replaced if history is wanted, and where the next
// page goes on, nil at the end.
func (s *Service) inspections(ctx context.Context, from, below []byte, most int, history bool) (all []*spsv1.Inspection, next []byte, err error) {
	if len(from) == 0 {
		from = nil
	}
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		all, next = nil, nil
		looked := 0
		var newer []byte // the key behind which the rows before were
		for row, err := range r.Scan(tableInspections, from, below, true) {
			if err != nil {
				return err
			}
			if looked++; len(all) == most || looked > inspectionLook {
				next = bytes.Clone(newer)
				return nil
			}
			i, err := parseInspection(row)
			if err != nil {
				return err
			}
			later := binary.BigEndian.AppendUint64(inspectionKey(i), binary.BigEndian.Uint64(row.Key[len(row.Key)-8:])+1)
			replacing, err := r.Get(tableInspections, later)
			if err != nil {
				return err
			}
			i.Replaced = replacing != nil
			if !i.Replaced || history {
				all = append(all, i)
			}
			newer = row.Key
		}
		return nil
	})
	return all, next, err
}
