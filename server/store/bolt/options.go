package bolt

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"github.com/spsalert/spsalert/server/store"
)

const (
	// DefaultReserve is the space that only urgent work may use: 64 MiB.
	DefaultReserve = 64 << 20

	// DefaultInitialMmapSize is the address space that is mapped at once:
	// 16 GiB. It costs neither memory nor disk.
	DefaultInitialMmapSize = 16 << 30

	// pageSize can only be chosen when a file is created. With pages of 4 KiB
	// a value of 2,100 bytes takes 2.06 times its size on disk, with 16 KiB 1.2.
	pageSize = 16 << 10

	// allocSize is the step in which bbolt grows the file. It refuses a step
	// that would cross the size limit, so that the last one cannot be used.
	allocSize = 16 << 20

	// appendFill is how full the pages of a table become whose keys only grow
	// at the end; no later key will have to go between.
	appendFill = 0.95
)

// Options says how to open a store file. Tables must be given; the zero value
// of everything else is a good choice.
type Options struct {
	// Tables are the tables of the store. A table that the file does not have
	// yet is added to it. Names that begin with "_" are the store's own.
	Tables []store.Table

	// Appended are those of Tables whose keys are written in ascending order,
	// so that their pages can be filled.
	Appended []store.Table

	// Format is the number of the format in which the tables are kept, which the
	// file names. Open refuses a file of any other with a [FormatError];
	// [Upgrade] brings an older one up to it. 0 means 1.
	Format int

	// MaxSize limits the file, in bytes; 0 sets no limit but the disk. It must
	// leave room for Reserve and two growth steps of 16 MiB.
	MaxSize int64

	// Reserve is the free space, in bytes, that is kept for Updates under
	// [store.WithReserve]; all others are refused with [store.ErrFull] rather
	// than touch it. 0 means DefaultReserve.
	Reserve int64

	// InitialMmapSize is the address space, in bytes, that the file can grow
	// into without waiting for Views and Backups to end. It should be above
	// the expected size of the file. 0 means DefaultInitialMmapSize.
	InitialMmapSize int64

	// Committed, if set, is told how long each commit took to become durable.
	// The next commit waits for it: it MUST NOT block.
	Committed func(time.Duration)

	readOnly bool // of OpenReadOnly
}

// withDefaults returns o with its zero values replaced, or every reason why it
// cannot be used.
func (o Options) withDefaults() (Options, error) {
	if o.Format == 0 {
		o.Format = 1
	}
	if o.Reserve == 0 {
		o.Reserve = DefaultReserve
	}
	if o.InitialMmapSize == 0 {
		o.InitialMmapSize = DefaultInitialMmapSize
	}

	var problems []error
	if len(o.Tables) == 0 {
		problems = append(problems, errors.New("no tables are given"))
	}
	for i, t := range o.Tables {
		if t == "" || strings.HasPrefix(string(t), "_") {
			problems = append(problems, fmt.Errorf("table name %q is empty or begins with _", t))
		}
		if slices.Contains(o.Tables[:i], t) {
			problems = append(problems, fmt.Errorf("table %q is given twice", t))
		}
	}
	for _, t := range o.Appended {
		if !slices.Contains(o.Tables, t) {
			problems = append(problems, fmt.Errorf("appended table %q is not among the tables", t))
		}
	}
	if o.Reserve < 0 || o.InitialMmapSize < 0 || o.MaxSize < 0 {
		problems = append(problems, errors.New("a size is negative"))
	}
	if least := o.Reserve + 2*allocSize; o.MaxSize > 0 && o.MaxSize < least {
		problems = append(problems, fmt.Errorf("size limit %d is too small: give at least %d", o.MaxSize, least))
	}
	return o, errors.Join(problems...)
}

// fills returns the fill of each table's pages.
func (o Options) fills() map[store.Table]float64 {
	fills := make(map[store.Table]float64, len(o.Tables))
	for _, t := range o.Tables {
		fills[t] = bbolt.DefaultFillPercent
		if slices.Contains(o.Appended, t) {
			fills[t] = appendFill
		}
	}
	return fills
}
