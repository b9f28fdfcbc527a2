package intake

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// The tables of imports. They are truth: no ledger can make them again.
const (
	tableImports  store.Table = "intake.imports"  // id, 16 bytes → job, as JSON
	tableOwners   store.Table = "intake.owners"   // kind, 0, owner, 0, Unix milliseconds of creation, id → nothing
	tableErrors   store.Table = "intake.errors"   // id, phase, 0 for errors or 1 for notes, number → serialised RowError
	tableMappings store.Table = "intake.mappings" // kind, 0, owner → serialised ImportMapping
)

// Tables returns the tables that the store of the service needs; the slice is
// the caller's.
func Tables() []store.Table {
	return []store.Table{tableImports, tableOwners, tableErrors, tableMappings}
}

const (
	namePrefix = "imports/"
	idSize     = 16
	lookAtOnce = 200 // imports that one View reads
)

// job is what is kept of an import.
type job struct {
	shown *spsv1.Import

	Import   []byte `json:"import"`   // shown, serialised
	Owner    string `json:"owner"`    // of the imports of its kind
	Revision uint64 `json:"revision"` // counts its changes, from 1
	Mapping  string `json:"mapping,omitempty"`
	By       []byte `json:"by"` // in whose name the present phase is, of [access.Caller.Keep]
}

func (j *job) id() []byte { return keyOf(j.shown.GetName()) }

// keyOf returns the key of an import by its name; nil if none can have it.
func keyOf(name string) []byte {
	id, err := uuid.Parse(strings.TrimPrefix(name, namePrefix))
	if err != nil || namePrefix+id.String() != name {
		return nil
	}
	return id[:]
}

// ownerKey begins the keys of the imports of an owner. No owner has a 0.
func ownerKey(kind, owner string) []byte { return []byte(kind + "\x00" + owner + "\x00") }

// listKey is where an import stands among those of its owner.
func (j *job) listKey() []byte {
	at := max(0, j.shown.GetCreateTime().AsTime().UnixMilli())
	return append(binary.BigEndian.AppendUint64(ownerKey(j.shown.GetKind(), j.Owner), uint64(at)), j.id()...)
}

// get returns an import, or nil if there is none.
func get(r store.Reader, name string) (*job, error) {
	key := keyOf(name)
	if key == nil {
		return nil, nil
	}
	row, err := r.Get(tableImports, key)
	if err != nil || row == nil {
		return nil, err
	}
	return decode(row)
}

func decode(row []byte) (*job, error) {
	j := &job{shown: &spsv1.Import{}}
	err := json.Unmarshal(row, j)
	if err == nil {
		err = proto.Unmarshal(j.Import, j.shown)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: an import: %w", ledger.ErrCorrupt, err)
	}
	return j, nil
}

// put writes an import as it is now.
func put(tx store.Tx, j *job) (err error) {
	j.Revision++
	if j.Import, err = (proto.MarshalOptions{Deterministic: true}).Marshal(j.shown); err != nil {
		return fmt.Errorf("import: %w", err)
	}
	row, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	return tx.Put(tableImports, j.id(), row)
}

// each calls fn with every import, in Views of a bounded size.
func (s *Service) each(ctx context.Context, fn func(*job)) error {
	var from []byte
	for {
		var page []*job
		err := s.o.Store.View(ctx, func(r store.Reader) error {
			page = nil
			for row, err := range r.Scan(tableImports, from, nil, false) {
				if err != nil {
					return err
				}
				j, err := decode(bytes.Clone(row.Value))
				if err != nil {
					return err
				}
				if page = append(page, j); len(page) == lookAtOnce {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, j := range page {
			fn(j)
		}
		if len(page) < lookAtOnce {
			return nil
		}
		from = append(page[len(page)-1].id(), 0)
	}
}

// phase of an import, in the keys of its row errors.
type phase byte

const (
	phaseCheck  phase = 1
	phaseCommit phase = 2
)

// phaseOf is the phase whose counts an import shows.
func phaseOf(m *spsv1.Import) phase {
	if m.GetCommitTime() != nil {
		return phaseCommit
	}
	return phaseCheck
}

// errorKey is where a row error is, by its number from 0.
func errorKey(id []byte, p phase, note bool, n uint64) []byte {
	key := append(bytes.Clone(id), byte(p), 0)
	if note {
		key[len(key)-1] = 1
	}
	return binary.BigEndian.AppendUint64(key, n)
}

func ended(s spsv1.ImportState) bool {
	switch s {
	case spsv1.ImportState_IMPORT_STATE_DONE, spsv1.ImportState_IMPORT_STATE_FAILED, spsv1.ImportState_IMPORT_STATE_CANCELLED:
		return true
	}
	return false
}

func underWay(s spsv1.ImportState) bool {
	return s == spsv1.ImportState_IMPORT_STATE_CHECKING || s == spsv1.ImportState_IMPORT_STATE_COMMITTING
}
