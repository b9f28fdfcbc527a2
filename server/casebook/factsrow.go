package casebook

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// A row of tableFacts is what a case counts for:
//
//	place           18 bytes, of the original
//	flags            1 byte: isExercise, isWithdrawn
//	classification   1 byte, of the contract
//	issued, sampled  8 bytes each: Unix milliseconds, 0 for none
//	values           for each dimension a uvarint, how many, and then each value
//	                 and its label: a uvarint, how long, and the text; a label
//	                 that is like its value is empty
//	turns            to the end, 25 bytes each: wait, and start, due and done in
//	                 Unix milliseconds, 0 for none
const (
	isExercise = 1 << iota
	isWithdrawn
)

const turnSize = 1 + 3*8

// factsRow returns the row of a case.
func factsRow(whole Place, f Facts) []byte {
	row := whole.append(make([]byte, 0, 192))
	var flags byte
	if f.Exercise {
		flags |= isExercise
	}
	if f.Withdrawn {
		flags |= isWithdrawn
	}
	row = append(row, flags, small(f.Classification))
	row = binary.BigEndian.AppendUint64(row, milli(f.Issued))
	row = binary.BigEndian.AppendUint64(row, milli(f.Sampled))
	for _, terms := range f.Values {
		row = binary.AppendUvarint(row, uint64(len(terms)))
		for _, t := range terms {
			label := t.Label
			if label == t.Value {
				label = ""
			}
			for _, text := range []string{t.Value, label} {
				row = append(binary.AppendUvarint(row, uint64(len(text))), text...)
			}
		}
	}
	for _, t := range f.Turns {
		row = append(row, byte(t.Wait))
		for _, at := range []time.Time{t.Start, t.Due, t.Done} {
			row = binary.BigEndian.AppendUint64(row, milli(at))
		}
	}
	return row
}

// parseFacts reads a row; the error is [ledger.ErrCorrupt].
func parseFacts(row []byte) (Facts, error) {
	r := rowReader{rest: row}
	place, _ := parsePlace(r.take(placeSize))
	head := r.take(2)
	f := Facts{
		Office: place.Office, Issued: r.time(), Sampled: r.time(),
		Exercise: head[0]&isExercise != 0, Withdrawn: head[0]&isWithdrawn != 0, Classification: spsv1.Classification(head[1]),
	}
	for d := range f.Values {
		for range r.number() {
			t := Term{Value: string(r.take(r.number()))}
			if t.Label = string(r.take(r.number())); t.Label == "" {
				t.Label = t.Value
			}
			f.Values[d] = append(f.Values[d], t)
		}
	}
	for len(r.rest) >= turnSize {
		t := Turn{Wait: Wait(r.take(1)[0]), Start: r.time(), Due: r.time(), Done: r.time()}
		r.wrong = r.wrong || t.Wait >= waits
		f.Turns = append(f.Turns, t)
	}
	if r.wrong || len(r.rest) > 0 {
		return Facts{}, fmt.Errorf("%w: facts of a case", ledger.ErrCorrupt)
	}
	return f, nil
}

// rowReader takes a row apart.
type rowReader struct {
	rest  []byte
	wrong bool // there was less than was to be
}

// take returns the next bytes, or zeros if there are not so many.
func (r *rowReader) take(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.wrong, r.rest = true, nil
		return make([]byte, min(n, placeSize))
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

// number returns a number of things that take a byte each at least.
func (r *rowReader) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || n > uint64(len(r.rest)) {
		r.wrong, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *rowReader) time() time.Time {
	ms := binary.BigEndian.Uint64(r.take(8))
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms)).UTC()
}

// putFacts keeps what a case counts for.
func (b *Book) putFacts(tx store.Tx, s Summarized) error {
	row := factsRow(s.Whole.Place, s.Facts)
	before, err := tx.Get(tableFacts, numberKey(s.Whole.N))
	if err != nil || bytes.Equal(before, row) {
		return err
	}
	return tx.Put(tableFacts, numberKey(s.Whole.N), row)
}

// Facts returns what the cases of some originals count for, in their order, as
// it was worked out last: nil for one that was not yet, or that has changed
// since.
func (b *Book) Facts(ctx context.Context, of []Item) (all []*Facts, err error) {
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		all = make([]*Facts, len(of))
		for i, whole := range of {
			row, err := r.Get(tableFacts, numberKey(whole.N))
			if err != nil {
				return err
			}
			mark, err := r.Get(tableDirty, whole.append(nil))
			if err != nil {
				return err
			}
			if row == nil || mark != nil {
				continue
			}
			f, err := parseFacts(row)
			if err != nil {
				return err
			}
			all[i] = &f
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("facts of cases: %w", err)
	}
	return all, nil
}
