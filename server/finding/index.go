package finding

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// tableIndex is what lists look up. Its keys are a term, then Unix milliseconds of
// posting or order, and id; its values are empty. It is made of the other tables,
// again by [Reindex] where it is of another version.
const tableIndex store.Table = "finding.index"

// indexVersion is raised whenever terms say something else.
const indexVersion = 1

// versionKey is the key in the index under which its version stands.
var versionKey = []byte{0}

// The kinds of terms, the first byte of each.
const (
	termReport   = 'r' // report number, 0
	termSample   = 's' // sample number, 0
	termState    = 't' // laboratory, 0, state; the laboratory "" is any
	termProposed = 'p' // laboratory, 0, as above; of findings that propose a notification
	termFile     = 'f' // digest, laboratory, 0
	termOrders   = 'o' // laboratory, 0; of orders
	termOpen     = 'u' // laboratory, 0, as above; of orders that are open
)

// term begins the keys of the index under which something stands. No text in it
// has a 0, by the field rules.
func term(kind byte, texts ...string) []byte {
	key := []byte{kind}
	for _, text := range texts {
		key = append(append(key, text...), 0)
	}
	return key
}

func stateTerm(laboratory string, state spsv1.FindingState) []byte {
	return append(term(termState, laboratory), byte(state))
}

func fileTerm(d blob.Digest) []byte { return append([]byte{termFile}, d[:]...) }

// findingTerms returns the keys under which a finding stands in the index.
func findingTerms(f *spsv1.LabFinding) [][]byte {
	id, _ := keyOf(f.GetName())
	at, lab := timeKey(f.GetPostTime(), id), f.GetLaboratory().GetId()
	terms := [][]byte{
		term(termReport, f.GetReportNumber()), term(termSample, f.GetSample().GetNumber()),
		stateTerm("", f.GetState()), stateTerm(lab, f.GetState()),
	}
	if Propose(f) != nil {
		terms = append(terms, term(termProposed, ""), term(termProposed, lab))
	}
	for _, a := range f.GetAttachments() {
		if d, ok := blob.DigestOf(a.GetSha256()); ok {
			terms = append(terms, append(append(fileTerm(d), lab...), 0))
		}
	}
	for i := range terms {
		terms[i] = append(terms[i], at...)
	}
	return terms
}

// orderTerms returns the keys under which an order stands in the index.
func orderTerms(o *spsv1.TestOrder) [][]byte {
	id, _ := orderKey(o.GetName())
	at, lab := timeKey(o.GetOrderTime(), id), o.GetLaboratory()
	terms := [][]byte{term(termOrders, lab)}
	if o.GetState() == spsv1.TestOrderState_TEST_ORDER_STATE_OPEN {
		terms = append(terms, term(termOpen, ""), term(termOpen, lab))
	}
	for i := range terms {
		terms[i] = append(terms[i], at...)
	}
	return terms
}

// index moves what stood in the index under some keys to others.
func index(tx store.Tx, before, after [][]byte) error {
	for _, key := range before {
		if err := tx.Delete(tableIndex, key); err != nil {
			return err
		}
	}
	for _, key := range after {
		if err := tx.Put(tableIndex, key, nil); err != nil {
			return err
		}
	}
	return nil
}

// reindexPage is how many rows one transaction of Reindex changes.
const reindexPage = 500

// Reindex makes the index of a store anew if it is of another version, or was left
// half made. Nothing else may use the tables meanwhile.
func Reindex(ctx context.Context, s store.Store) error {
	ctx = store.WithReserve(ctx) // a full store still opens
	want := binary.BigEndian.AppendUint64(nil, indexVersion)
	fresh := false
	err := s.View(ctx, func(r store.Reader) error {
		is, err := r.Get(tableIndex, versionKey)
		fresh = bytes.Equal(is, want)
		return err
	})
	if err != nil || fresh {
		return err
	}
	// The version goes first and comes last, so that a crash is followed by another Reindex.
	if err := eachPage(ctx, s, tableIndex, func(tx store.Tx, row store.Item) error { return tx.Delete(tableIndex, row.Key) }); err != nil {
		return fmt.Errorf("empty the index of findings: %w", err)
	}
	err = eachPage(ctx, s, tableFindings, func(tx store.Tx, row store.Item) error {
		f := &spsv1.LabFinding{}
		if err := proto.Unmarshal(row.Value, f); err != nil {
			return fmt.Errorf("%w: finding %x: %w", ledger.ErrCorrupt, row.Key, err)
		}
		return index(tx, nil, findingTerms(f))
	})
	if err != nil {
		return fmt.Errorf("index findings: %w", err)
	}
	err = eachPage(ctx, s, tableOrders, func(tx store.Tx, row store.Item) error {
		o, err := readOrder(tx, row.Key)
		if err != nil {
			return err
		}
		return index(tx, nil, orderTerms(o))
	})
	if err != nil {
		return fmt.Errorf("index orders: %w", err)
	}
	return s.Update(ctx, func(tx store.Tx) error { return tx.Put(tableIndex, versionKey, want) })
}

// eachPage calls do with every row of a table, in transactions of a page each.
func eachPage(ctx context.Context, s store.Store, t store.Table, do func(store.Tx, store.Item) error) error {
	for from := []byte(nil); ; {
		var next []byte
		err := s.Update(ctx, func(tx store.Tx) error {
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
