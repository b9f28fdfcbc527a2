package intake

import (
	"context"
	"errors"
	"io"
	"iter"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/sheet/table"
	"github.com/spsalert/spsalert/server/store"
)

// Kind is what one kind of sheet is. It MUST be safe for concurrent use.
type Kind interface {
	// Name is that of the kind in requests: lower case letters and hyphens.
	Name() string

	// Owner returns whose imports and mapping those of the caller of ctx are, such
	// as the id of a laboratory or the office; callers of one owner see the same. It refuses
	// whoever may not import this kind. An owner has no 0 in it.
	Owner(ctx context.Context) (string, error)

	// CheckMapping returns everything that is wrong with a mapping: one or more
	// [table.Problem], joined, whose row is the line.
	CheckMapping(mapping string) error

	// Template writes a sheet to fill in, which is understood without a mapping.
	// languages are those that the reader reads, the best first.
	Template(w io.Writer, format spsv1.TemplateFormat, languages []string) error

	// Open begins to read a sheet of size bytes by a mapping, which was checked;
	// empty: none, in the name of the caller of ctx. r stays open until the sheet is
	// read. What is wrong with the sheet as a whole are [table.Problem], joined; any
	// other error is a fault of the node.
	Open(ctx context.Context, r io.ReaderAt, size int64, mapping string) (Sheet, error)
}

// Sheet is a sheet being read. It is for one goroutine, and is used for checking
// or for committing, not both.
type Sheet interface {
	// Notes are what a person should know of the sheet as a whole.
	Notes() []table.Note

	// Records yields what the rows are, once, and for the same sheet always the same
	// in the same order. An error ends it, and is as that of Open.
	Records() iter.Seq2[Record, error]

	// Check says what would become of records that have no problems, in the name of
	// the caller of ctx, and keeps nothing. Those of earlier calls count as kept.
	Check(ctx context.Context, records []Record) ([]Outcome, error)

	// Commit keeps records that have no problems, in the name of the caller of ctx,
	// and calls also, with what becomes of each, in the transaction in which it does;
	// also may be called again, as the transaction may. With an error of also nothing
	// is kept, and it is returned. When Commit returns nil all that was kept is
	// durable, and so is its audit record. What is refused is an Outcome, no error.
	Commit(ctx context.Context, records []Record, also func(store.Tx, []Outcome) error) error
}

// Counted is a [Sheet] that knows, when it yields its first record, how many rows
// all of them take, empty ones between them included.
type Counted interface{ RowsTotal() int }

// Record is a record of a sheet: one row, or several that belong together.
type Record interface {
	// Rows are the first and last of its rows, as a spreadsheet numbers them.
	Rows() (first, last int)
	// Problems are why it cannot be taken, each with its place; empty: it can be.
	Problems() []*spsv1.RowError
	// Notes are what a person should know of it.
	Notes() []*spsv1.RowError
	// Violation returns what an [Outcome] says of it, at its place.
	Violation(v access.Violation) *spsv1.RowError
}

// Outcome is what becomes of a record.
type Outcome struct {
	Unchanged  bool               // it was here already, just so
	Changed    bool               // it changes what was here, and is not new
	Ends       bool               // it ends what was in force
	NewOwner   bool               // whom it belongs to was not here
	Notes      []access.Violation // what a person should know of it; fields begin within the record
	Violations []access.Violation // why it is refused; fields begin within the record
}

// problemsOf returns the problems that an error of a [Kind] is made of; false if
// it is, in part, another error.
func problemsOf(err error) (all []table.Problem, ok bool) {
	if many, isMany := err.(interface{ Unwrap() []error }); isMany {
		for _, one := range many.Unwrap() {
			some, ok := problemsOf(one)
			if !ok {
				return nil, false
			}
			all = append(all, some...)
		}
		return all, len(all) > 0
	}
	var p table.Problem
	if !errors.As(err, &p) {
		return nil, false
	}
	return []table.Problem{p}, true
}
