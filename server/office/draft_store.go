package office

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// The tables of drafts. They are truth: no ledger can make them again.
const (
	tableDrafts        store.Table = "office.drafts"         // id, 16 bytes → serialised Draft, its etag the number of its change
	tableDraftRequests store.Table = "office.draft.requests" // id → fingerprint of the request that began the draft, 32 bytes
	tableDraftChanges  store.Table = "office.draft.changes"  // Unix milliseconds of the last change, id → nothing; of drafts that are not issued
	tableDraftsIssued  store.Table = "office.draft.issued"   // the same, of drafts that were issued
)

// Tables returns the tables that the store of the service needs; the slice is
// the caller's.
func Tables() []store.Table {
	return []store.Table{tableDrafts, tableDraftRequests, tableDraftChanges, tableDraftsIssued, tableInspections, tableSearches, tableCalls, tableUploads}
}

const draftPrefix = "drafts/"

// draftKey returns the key of a draft by its name; false if no draft can have
// that name.
func draftKey(name string) ([]byte, bool) {
	if len(name) != len(draftPrefix)+36 || name[:len(draftPrefix)] != draftPrefix {
		return nil, false
	}
	id, err := uuid.Parse(name[len(draftPrefix):])
	if err != nil || draftName(id[:]) != name {
		return nil, false
	}
	return id[:], true
}

// draftName returns the name of a draft by its key.
func draftName(key []byte) string {
	id, err := uuid.FromBytes(key)
	if err != nil {
		return draftPrefix + hex.EncodeToString(key) // of no draft
	}
	return draftPrefix + id.String()
}

func changeKey(at *timestamppb.Timestamp, id []byte) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(max(0, at.AsTime().UnixMilli()))), id...)
}

// changesOf returns the table in which a draft stands by the time of its last
// change. Those that were issued only become more, so they stand apart from those
// on which people work.
func changesOf(d *spsv1.Draft) store.Table {
	if d.GetState() == spsv1.DraftState_DRAFT_STATE_ISSUED {
		return tableDraftsIssued
	}
	return tableDraftChanges
}

// changedLast yields the keys under which drafts stand by the time of their last
// change, the last first, from below a key; nil is the end. A draft that an
// earlier version left among those that are not issued is found there. After an
// error there is no more.
func changedLast(r store.Reader, below []byte, issued bool) iter.Seq2[[]byte, error] {
	keys := func(t store.Table) iter.Seq2[[]byte, error] {
		return func(yield func([]byte, error) bool) {
			for row, err := range r.Scan(t, nil, below, true) {
				if !yield(row.Key, err) || err != nil {
					return
				}
			}
		}
	}
	if !issued {
		return keys(tableDraftChanges)
	}
	return descending(keys(tableDraftChanges), keys(tableDraftsIssued))
}

// descending merges two sequences of keys that descend.
func descending(a, b iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		nextA, stopA := iter.Pull2(a)
		defer stopA()
		nextB, stopB := iter.Pull2(b)
		defer stopB()
		keyA, errA, okA := nextA()
		keyB, errB, okB := nextB()
		for okA || okB {
			if okA && (!okB || errA != nil || errB == nil && bytes.Compare(keyA, keyB) > 0) {
				if !yield(keyA, errA) || errA != nil {
					return
				}
				keyA, errA, okA = nextA()
				continue
			}
			if !yield(keyB, errB) || errB != nil {
				return
			}
			keyB, errB, okB = nextB()
		}
	}
}

// getDraft returns a draft, or nil if there is none.
func getDraft(r store.Reader, id []byte) (*spsv1.Draft, error) {
	row, err := r.Get(tableDrafts, id)
	if err != nil || row == nil {
		return nil, err
	}
	d := &spsv1.Draft{}
	if err := proto.Unmarshal(row, d); err != nil {
		return nil, fmt.Errorf("%w: draft %s: %w", ledger.ErrCorrupt, draftName(id), err)
	}
	return d, nil
}

// putDraft writes a draft that was before as given, nil if it is new.
func putDraft(tx store.Tx, id []byte, d, before *spsv1.Draft) error {
	if before != nil {
		if err := tx.Delete(changesOf(before), changeKey(before.GetUpdateTime(), id)); err != nil {
			return err
		}
	}
	row, err := proto.MarshalOptions{Deterministic: true}.Marshal(d)
	if err != nil {
		return fmt.Errorf("draft: %w", err)
	}
	if err := tx.Put(tableDrafts, id, row); err != nil {
		return err
	}
	return tx.Put(changesOf(d), changeKey(d.GetUpdateTime(), id), nil)
}

// dropDraft deletes a draft.
func dropDraft(tx store.Tx, id []byte, d *spsv1.Draft) error {
	if err := tx.Delete(changesOf(d), changeKey(d.GetUpdateTime(), id)); err != nil {
		return err
	}
	if err := tx.Delete(tableDraftRequests, id); err != nil {
		return err
	}
	return tx.Delete(tableDrafts, id)
}
