package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"

	"github.com/spsalert/spsalert/server/store"
)

var errOver = errors.New("the transaction is over: its Reader or Tx was used after the function returned")

// tables finds the buckets of one bbolt transaction. The functions of a group
// share it.
type tables struct {
	tx     *bbolt.Tx
	fills  map[store.Table]float64
	opened map[store.Table]*bbolt.Bucket

	mayLack bool // a table that the file does not have is empty
}

func newTables(tx *bbolt.Tx, fills map[store.Table]float64) *tables {
	return &tables{tx: tx, fills: fills, opened: make(map[store.Table]*bbolt.Bucket)}
}

// bucket returns the bucket of a table; nil if the file lacks it and may.
func (t *tables) bucket(name store.Table) (*bbolt.Bucket, error) {
	if b := t.opened[name]; b != nil {
		return b, nil
	}
	fill, known := t.fills[name]
	if !known {
		return nil, fmt.Errorf("table %q is not one of this store", name)
	}
	b := t.tx.Bucket([]byte(name))
	if b == nil && t.mayLack {
		return nil, nil
	}
	if b == nil {
		return nil, fmt.Errorf("table %q is not in the file", name)
	}
	b.FillPercent = fill
	t.opened[name] = b
	return b, nil
}

// reader is what one function reads through.
type reader struct {
	tables *tables
	writes int // by this function
	over   bool
}

var _ store.Reader = (*reader)(nil)

func (r *reader) bucket(t store.Table) (*bbolt.Bucket, error) {
	if r.over {
		return nil, errOver
	}
	return r.tables.bucket(t)
}

// Get implements [store.Reader].
func (r *reader) Get(t store.Table, key []byte) ([]byte, error) {
	b, err := r.bucket(t)
	if err != nil || b == nil {
		return nil, err
	}
	return b.Get(key), nil
}

// Scan implements [store.Reader].
func (r *reader) Scan(t store.Table, from, to []byte, back bool) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		b, err := r.bucket(t)
		if err != nil {
			yield(store.Item{}, err)
			return
		}
		if b == nil {
			return
		}
		c := &cursor{Cursor: b.Cursor(), bucket: b}
		start, resume := c.first, c.after
		if back {
			start, resume = c.last, c.before
		}
		for k, v := start(from, to); k != nil; {
			if from != nil && bytes.Compare(k, from) < 0 || to != nil && bytes.Compare(k, to) >= 0 {
				return
			}
			writes := r.writes
			if !yield(store.Item{Key: k, Value: v}, nil) {
				return
			}
			switch {
			case r.writes != writes:
				// A write makes the position of a cursor meaningless.
				k, v = resume(k)
			case back:
				k, v = c.previous(k)
			default:
				k, v = c.Next()
			}
		}
	}
}

// transaction is what one function of a group writes through.
type transaction struct {
	reader
	size   int64   // bytes of keys and values put
	undoes bool    // whether log is kept
	log    []entry // what was there before each write, in order
}

// entry is the value that a key had; nil if there was none.
type entry struct {
	bucket *bbolt.Bucket
	key    []byte
	old    []byte
}

var _ store.Tx = (*transaction)(nil)

// Put implements [store.Tx].
func (t *transaction) Put(name store.Table, key, value []byte) error {
	b, err := t.bucket(name)
	if err != nil {
		return err
	}
	if len(key) == 0 || len(key) > store.MaxKey {
		return fmt.Errorf("table %q: a key has 1 to %d bytes, this one %d", name, store.MaxKey, len(key))
	}
	t.remember(b, key)
	t.writes++
	t.size += int64(len(key) + len(value))
	// bbolt copies the key only, and reads the value at the commit.
	return b.Put(key, append([]byte{}, value...))
}

// Delete implements [store.Tx].
func (t *transaction) Delete(name store.Table, key []byte) error {
	b, err := t.bucket(name)
	if err != nil {
		return err
	}
	t.remember(b, key)
	t.writes++
	return b.Delete(key)
}

func (t *transaction) remember(b *bbolt.Bucket, key []byte) {
	if t.undoes {
		t.log = append(t.log, entry{b, bytes.Clone(key), b.Get(key)})
	}
}

// undo takes back all writes of the function.
func (t *transaction) undo() error {
	for i := len(t.log) - 1; i >= 0; i-- {
		e := t.log[i]
		var err error
		if e.old == nil {
			err = e.bucket.Delete(e.key)
		} else {
			err = e.bucket.Put(e.key, e.old)
		}
		if err != nil {
			return fmt.Errorf("undo an update: %w", err)
		}
	}
	return nil
}
