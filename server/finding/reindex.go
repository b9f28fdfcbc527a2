package finding

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// reindexPage is how many rows one transaction of Reindex changes.
const reindexPage = 500

// Begin makes what the service needs in its store: the index anew if it is of
// another version, or was left half made, and the key of cursors. It MUST be
// called before anything else uses the service.
func (s *Service) Begin(ctx context.Context) error {
	ctx = store.WithReserve(ctx) // a full store still opens
	if err := s.unlock(ctx); err != nil {
		return fmt.Errorf("the key of cursors: %w", err)
	}
	return s.reindex(ctx)
}

// reindex makes the index anew if it is of another version, or was left half made.
func (s *Service) reindex(ctx context.Context) error {
	want := binary.BigEndian.AppendUint64(nil, indexVersion)
	fresh := false
	err := s.o.Store.View(ctx, func(r store.Reader) error {
		is, err := r.Get(tableIndex, versionKey)
		fresh = bytes.Equal(is, want)
		return err
	})
	if err != nil || fresh {
		return err
	}
	// The version goes first and comes last, so that a crash is followed by another Reindex.
	if err := s.eachPage(ctx, tableIndex, func(tx store.Tx, row store.Item) error { return tx.Delete(tableIndex, row.Key) }); err != nil {
		return fmt.Errorf("empty the index of findings: %w", err)
	}
	err = s.eachPage(ctx, tableFindings, func(tx store.Tx, row store.Item) error {
		f := &spsv1.LabFinding{}
		if err := proto.Unmarshal(row.Value, f); err != nil {
			return fmt.Errorf("%w: finding %x: %w", ledger.ErrCorrupt, row.Key, err)
		}
		return s.reindexed(tx, bytes.Clone(row.Key), f)
	})
	if err != nil {
		return fmt.Errorf("index findings: %w", err)
	}
	err = s.eachPage(ctx, tableOrders, func(tx store.Tx, row store.Item) error {
		return reindexedOrder(tx, bytes.Clone(row.Key))
	})
	if err != nil {
		return fmt.Errorf("index orders: %w", err)
	}
	return s.o.Store.Update(ctx, func(tx store.Tx) error { return tx.Put(tableIndex, versionKey, want) })
}

// eachPage calls do with every row of a table, in transactions of a page each.
func (s *Service) eachPage(ctx context.Context, t store.Table, do func(store.Tx, store.Item) error) error {
	for from := []byte(nil); ; {
		var next []byte
		err := s.o.Store.Update(ctx, func(tx store.Tx) error {
			next = nil
			done := 0
			for row, err := range tx.Scan(t, from, nil, false) {
				if err != nil {
					return err
				}
				if done == reindexPage {
					next = bytes.Clone(row.Key)
					return nil
				}
				done++
				if err := do(tx, row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || next == nil {
			return err
		}
		from = next
	}
}

// reindexed puts a finding into the index. What earlier versions did not note with
// it is noted now: the case that a draft from it became a part of, and that a draft
// was deleted.
func (s *Service) reindexed(tx store.Tx, id []byte, f *spsv1.LabFinding) error {
	var uses []*spsv1.FindingUse
	noted := false
	for _, use := range f.GetUses() {
		is, err := s.o.Drafts.UseOf(tx, use.GetDraft())
		if err != nil {
			return err
		}
		noted = noted || is == nil || is.GetCase() != use.GetCase()
		if is != nil {
			use.Case = is.GetCase()
			uses = append(uses, use)
		}
	}
	if f.Uses = uses; noted {
		row, err := proto.MarshalOptions{Deterministic: true}.Marshal(f)
		if err != nil {
			return fmt.Errorf("finding: %w", err)
		}
		if err := tx.Put(tableFindings, id, row); err != nil {
			return err
		}
	}
	return index(tx, nil, findingTerms(f))
}

// reindexedOrder puts an order into the index, after the findings. Earlier versions
// kept the names of all findings in it, and left it reported when they were
// withdrawn.
func reindexedOrder(tx store.Tx, id []byte) error {
	o, err := heldOrder(tx, id)
	if err != nil {
		return err
	}
	o.FindingCount, o.Findings = max(o.GetFindingCount(), uint32(len(o.GetFindings()))), nil
	if err := assess(tx, o); err != nil {
		return err
	}
	row, err := proto.MarshalOptions{Deterministic: true}.Marshal(o)
	if err != nil {
		return fmt.Errorf("order: %w", err)
	}
	if err := tx.Put(tableOrders, id, row); err != nil {
		return err
	}
	return index(tx, nil, orderTerms(o))
}
