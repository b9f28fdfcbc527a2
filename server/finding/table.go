package finding

import (
	"encoding/binary"
	"fmt"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// The tables of findings. They are truth: no ledger can make them again.
const (
	tableFindings store.Table = "finding.findings" // id, 16 bytes → serialised LabFinding, without what is made of it anew
	tableTimes    store.Table = "finding.times"    // Unix milliseconds of posting, id → nothing
	tableLabs     store.Table = "finding.labs"     // laboratory, 0, Unix milliseconds of posting, id → nothing
	tableReports  store.Table = "finding.reports"  // laboratory, 0, report number, 0, which under that number → id
	tableChanges  store.Table = "finding.changes"  // number of the change, from 1 → id
	tableGates    store.Table = "finding.gates"    // position of an entry, number of the change that it made → nothing
	tableKeys     store.Table = "finding.keys"     // what for → key, 32 random bytes
)

// Tables returns the tables that the store of the service needs; the slice is
// the caller's.
func Tables() []store.Table {
	return []store.Table{tableFindings, tableTimes, tableLabs, tableReports, tableChanges, tableOrders, tableOrderTimes, tableSamples, tableIndex, tableGates, tableKeys}
}

// AppendedTables returns those of [Tables] whose keys are written in ascending
// order; the slice is the caller's.
func AppendedTables() []store.Table { return []store.Table{tableChanges} }

const (
	findingPrefix = "findings/"
	idSize        = 16
)

// keyOf returns the key of a finding by its name; false if none can have it.
func keyOf(name string) ([]byte, bool) {
	if len(name) != len(findingPrefix)+36 || name[:len(findingPrefix)] != findingPrefix {
		return nil, false
	}
	id, err := uuid.Parse(name[len(findingPrefix):])
	if err != nil || nameOf(id) != name {
		return nil, false
	}
	return id[:], true
}

func nameOf(id uuid.UUID) string { return findingPrefix + id.String() }

// timeKey orders findings by when they were posted.
func timeKey(at *timestamppb.Timestamp, id []byte) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(max(0, at.AsTime().UnixMilli()))), id...)
}

// labKey begins the keys of what a laboratory posted. No id of a laboratory has
// a 0.
func labKey(laboratory string) []byte { return append([]byte(laboratory), 0) }

// reportKey begins the keys of what a laboratory posted under a report number,
// in which a checked finding has no 0.
func reportKey(laboratory, number string) []byte {
	return append(append(labKey(laboratory), number...), 0)
}

// get returns a finding, or nil if there is none.
func get(r store.Reader, id []byte) (*spsv1.LabFinding, error) {
	row, err := r.Get(tableFindings, id)
	if err != nil || row == nil {
		return nil, err
	}
	f := &spsv1.LabFinding{}
	if err := proto.Unmarshal(row, f); err != nil {
		return nil, fmt.Errorf("%w: finding %x: %w", ledger.ErrCorrupt, id, err)
	}
	return f, nil
}

// held returns a finding that is there, since its key stands elsewhere.
func held(r store.Reader, id []byte) (*spsv1.LabFinding, error) {
	f, err := get(r, id)
	if err == nil && f == nil {
		err = fmt.Errorf("%w: no finding %x", ledger.ErrCorrupt, id)
	}
	return f, err
}

// named returns a finding by its name, or nil if there is none.
func named(r store.Reader, name string) (*spsv1.LabFinding, error) {
	id, ok := keyOf(name)
	if !ok {
		return nil, nil
	}
	return get(r, id)
}

// put writes a finding, and notes that it changed.
func put(tx store.Tx, f *spsv1.LabFinding) error { return putAfter(tx, f, 0) }

// putAfter writes a finding that changed by the entry of a position, 0 is none.
// Watches tell of the change when the entry is released, and not before.
func putAfter(tx store.Tx, f *spsv1.LabFinding, position uint64) error {
	id, _ := keyOf(f.GetName())
	row, err := proto.MarshalOptions{Deterministic: true}.Marshal(f)
	if err != nil {
		return fmt.Errorf("finding: %w", err)
	}
	var terms [][]byte
	before, err := get(tx, id)
	if err != nil {
		return err
	}
	if before != nil {
		terms = findingTerms(before)
	}
	if err := index(tx, terms, findingTerms(f)); err != nil {
		return err
	}
	if err := tx.Put(tableFindings, id, row); err != nil {
		return err
	}
	last, err := lastChange(tx)
	if err != nil {
		return err
	}
	change := binary.BigEndian.AppendUint64(nil, last+1)
	if position > 0 {
		if err := tx.Put(tableGates, append(binary.BigEndian.AppendUint64(nil, position), change...), nil); err != nil {
			return err
		}
	}
	return tx.Put(tableChanges, change, id)
}

// tellable returns the number of the newest change up to which watches may tell,
// where entries are released up to a position.
func tellable(r store.Reader, released uint64) (uint64, error) {
	for row, err := range r.Scan(tableGates, binary.BigEndian.AppendUint64(nil, released+1), nil, false) {
		if err != nil {
			return 0, err
		}
		return binary.BigEndian.Uint64(row.Key[8:]) - 1, nil
	}
	return lastChange(r)
}

// add writes a finding that was not there, the newest under its report number.
func add(tx store.Tx, f *spsv1.LabFinding, earlier int) error {
	id, _ := keyOf(f.GetName())
	at, lab := timeKey(f.GetPostTime(), id), f.GetLaboratory().GetId()
	if err := tx.Put(tableTimes, at, nil); err != nil {
		return err
	}
	if err := tx.Put(tableLabs, append(labKey(lab), at...), nil); err != nil {
		return err
	}
	number := binary.BigEndian.AppendUint64(reportKey(lab, f.GetReportNumber()), uint64(earlier))
	if err := tx.Put(tableReports, number, id); err != nil {
		return err
	}
	return put(tx, f)
}

// reported returns what a laboratory posted under a report number, in order.
func reported(r store.Reader, laboratory, number string) ([]*spsv1.LabFinding, error) {
	var all []*spsv1.LabFinding
	prefix := reportKey(laboratory, number)
	for row, err := range r.Scan(tableReports, prefix, store.PrefixEnd(prefix), false) {
		if err != nil {
			return nil, err
		}
		if len(row.Key) != len(prefix)+8 {
			continue // of a longer number
		}
		f, err := held(r, row.Value)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

// lastChange returns the number of the newest change, 0 if there is none.
func lastChange(r store.Reader) (uint64, error) {
	for row, err := range r.Scan(tableChanges, nil, nil, true) {
		if err != nil {
			return 0, err
		}
		return binary.BigEndian.Uint64(row.Key), nil
	}
	return 0, nil
}
