package bolt

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/spsalert/spsalert/server/store"
)

// The mark by which Open knows a store file, and the format of its tables.
var (
	markTable = []byte("_store")
	markKey   = []byte("format")
)

const markPrefix = "sps store "

func markValue(format int) []byte { return strconv.AppendInt([]byte(markPrefix), int64(format), 10) }

// ErrReadOnly is returned by every Update of a store that [OpenReadOnly] opened.
var ErrReadOnly = errors.New("the store was opened to be read only")

// FormatError says that a file is of another format than the one asked for.
type FormatError struct {
	Found, Want int
}

// Error says what to do about the other format.
func (e *FormatError) Error() string {
	if e.Found > e.Want {
		return fmt.Sprintf("the file has format %q, this program reads up to %q: use the version that wrote it", markValue(e.Found), markValue(e.Want))
	}
	return fmt.Sprintf("the file has format %q, this program keeps %q: it must be brought up to it first", markValue(e.Found), markValue(e.Want))
}

// Older reports whether the file can be brought up to the format asked for.
func (e *FormatError) Older() bool { return e.Found < e.Want }

// readMark returns the format of a file, or an error if it is not to be opened.
func readMark(tx *bbolt.Tx, o Options) (format int, err error) {
	mark := tx.Bucket(markTable)
	if mark == nil {
		return 0, errors.New("the file is no store of this program")
	}
	value := string(mark.Get(markKey))
	number, ours := strings.CutPrefix(value, markPrefix)
	format, err = strconv.Atoi(number)
	switch {
	case err != nil || !ours || format < 1 || string(markValue(format)) != value:
		return 0, fmt.Errorf("the file has format %q, which this program does not know: use the version that wrote it", value)
	case format > o.Format, format < o.Format && !o.readOnly:
		return 0, &FormatError{Found: format, Want: o.Format}
	}
	return format, nil
}

// Format returns the format that the file names.
func (s *Store) Format() int { return s.format }

// Upgrade brings a file up to the format of o. For each format on the way it
// calls step, which changes the tables from it to the next, in one transaction
// with the new mark: a crash leaves one format or the other. step MUST heed what
// is said of the functions of [store.Store.Update]. A file that has the format
// already is left as it is.
func Upgrade(ctx context.Context, path string, o Options, step func(tx store.Tx, from int) error) error {
	for {
		s, err := Open(path, o)
		if err == nil {
			return s.Close()
		}
		var other *FormatError
		if !errors.As(err, &other) || !other.Older() {
			return err
		}
		older := o
		older.Format = other.Found
		if s, err = Open(path, older); err != nil {
			return err
		}
		err = s.Update(store.WithReserve(ctx), func(tx store.Tx) error {
			if err := step(tx, other.Found); err != nil {
				return err
			}
			return tx.(*transaction).tables.tx.Bucket(markTable).Put(markKey, markValue(other.Found+1))
		})
		if err = errors.Join(err, s.Close()); err != nil {
			return fmt.Errorf("bring %s from format %d to %d: %w", path, other.Found, other.Found+1, err)
		}
	}
}
