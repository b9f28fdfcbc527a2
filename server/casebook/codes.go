package casebook

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// A site is what a code names: the folded code, who gave it, and what kind of
// site it is. It begins the keys of tableCodes:
//
//	code             see [statement.FoldCode], and a byte 0
//	country or area  two capitals or nothing, and a byte 0
//	kind             1 byte, of the contract
//
// Behind it stand the place of a case and the number of what it says of the code,
// two bytes.
type site []byte

func siteOf(said *spsv1.CodeStatement) site {
	key := append([]byte(statement.FoldCode(said.GetCode().GetCode(), said.GetOrigin())), 0)
	key = append(key, said.GetOrigin()...)
	return append(key, 0, small(said.GetCode().GetKind()))
}

// codeTail is the length of what follows a site in a key of tableCodes.
const codeTail = placeSize + 2

// cutSite returns the site of a key of tableCodes; nil if it is none.
func cutSite(key []byte) site {
	if len(key) < codeTail+3 {
		return nil
	}
	return key[:len(key)-codeTail]
}

// putCodes keeps what a case says of codes, in place of what it said before. What
// an exercise says is nowhere but in its case.
func putCodes(tx store.Tx, at []byte, said []*spsv1.CodeStatement) error {
	before := make(map[string][]byte)
	for row, err := range tx.Scan(tableCodesOf, at, store.PrefixEnd(at), false) {
		if err != nil {
			return err
		}
		before[string(row.Key[placeSize:])] = bytes.Clone(row.Value)
	}
	touched := make(map[string]site)
	for i, one := range said {
		if one.GetNoEffectReason() == spsv1.NoEffectReason_NO_EFFECT_REASON_EXERCISE {
			continue
		}
		if i > math.MaxUint16 {
			break // the first of each office count, as everything in a case
		}
		number := binary.BigEndian.AppendUint16(nil, uint16(i))
		changed, err := putCode(tx, at, number, one, before[string(number)])
		if err != nil {
			return err
		}
		for _, s := range changed {
			touched[string(s)] = s
		}
		delete(before, string(number))
	}
	for number, s := range before {
		if err := dropCode(tx, at, []byte(number), s); err != nil {
			return err
		}
		touched[string(s)] = s
	}
	for _, key := range slices.Sorted(maps.Keys(touched)) {
		if err := turnSite(tx, touched[key]); err != nil {
			return err
		}
	}
	return nil
}

// putCode keeps one word of a case, and returns the sites of which it changes
// anything. before is the site that the word of this number had; nil for none.
func putCode(tx store.Tx, at, number []byte, said *spsv1.CodeStatement, before site) ([]site, error) {
	row, err := proto.MarshalOptions{Deterministic: true}.Marshal(said)
	if err != nil {
		return nil, err
	}
	of := siteOf(said)
	key := slices.Concat(of, at, number)
	had, err := tx.Get(tableCodes, key)
	if err != nil || bytes.Equal(had, row) && bytes.Equal(of, before) {
		return nil, err
	}
	changed := []site{of}
	if before != nil && !bytes.Equal(of, before) {
		if err := dropCode(tx, at, number, before); err != nil {
			return nil, err
		}
		changed = append(changed, before)
	}
	if err := tx.Put(tableCodesOf, slices.Concat(at, number), of); err != nil {
		return nil, err
	}
	return changed, tx.Put(tableCodes, key, row)
}

func dropCode(tx store.Tx, at, number []byte, of site) error {
	if err := tx.Delete(tableCodesOf, slices.Concat(at, number)); err != nil {
		return err
	}
	return tx.Delete(tableCodes, slices.Concat(of, at, number))
}

// turnSite notes when what is said of a site begins and ends, and that it has
// changed, if it has.
func turnSite(tx store.Tx, s site) error {
	said, digest, err := siteWords(tx, s)
	if err != nil {
		return err
	}
	noted, err := tx.Get(tableCodeTurnsOf, s)
	if err != nil {
		return err
	}
	for rest := bytes.Clone(noted); len(rest) >= 8; rest = rest[8:] {
		if err := tx.Delete(tableCodeTurns, slices.Concat(rest[:8], s)); err != nil {
			return err
		}
	}
	var turns []byte
	for _, t := range statement.CodeTurns(said) {
		turns = binary.BigEndian.AppendUint64(turns, milliUp(t))
		if err := tx.Put(tableCodeTurns, slices.Concat(turns[len(turns)-8:], s), nil); err != nil {
			return err
		}
	}
	if err := tx.Put(tableCodeTurnsOf, s, turns); err != nil {
		return err
	}
	return noteChange(tx, tableCodeChanges, tableCodeChanged, s, digest)
}

// milliUp returns the first whole millisecond at or after a time.
func milliUp(t time.Time) uint64 {
	return milli(t.Add(time.Millisecond - 1))
}

// siteWords returns what is said of a site, and a digest of it.
func siteWords(r store.Reader, s site) (said []*spsv1.CodeStatement, digest [32]byte, err error) {
	sum := sha256.New()
	for row, err := range r.Scan(tableCodes, s, store.PrefixEnd(s), false) {
		if err != nil {
			return nil, digest, err
		}
		if !bytes.Equal(cutSite(row.Key), s) {
			continue
		}
		one, err := readCode(row.Value)
		if err != nil {
			return nil, digest, err
		}
		said = append(said, one)
		sum.Write(row.Key)
		sum.Write(row.Value)
	}
	return said, [32]byte(sum.Sum(nil)), nil
}

func readCode(row []byte) (*spsv1.CodeStatement, error) {
	one := &spsv1.CodeStatement{}
	if err := proto.Unmarshal(row, one); err != nil {
		return nil, fmt.Errorf("%w: what is said of a code: %w", ledger.ErrCorrupt, err)
	}
	return one, nil
}
