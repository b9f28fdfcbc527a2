package rasff

import (
	"context"
	"io"
	"iter"
	"sync"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Step is one row of an export, and what is to be issued for it.
type Step struct {
	Line      int    // in the file, from 1
	Reference string // RASFF reference; may be empty or wrong if Err is set

	// Statement is to be issued under RequestID, in the name of [Office]: a
	// notification, or an amendment of an earlier one. It is nil if Err is set, and
	// if the row says nothing that the row before with this reference had not said.
	Statement *spsv1.Statement
	RequestID string

	// Err, of type [Problems], holds every reason why the row cannot be taken.
	Err error
}

// Importer turns the rows of exports into steps, and remembers what was issued
// under each reference. A second version of a notification is an amendment that
// refers to the first as it was issued, so the importer must be told of the
// result of each step: the caller calls Done once for every step that has a
// statement. Its methods are safe for concurrent use.
//
// Request IDs follow from the reference and the number of the version, so the
// same rows imported again issue nothing again: the node answers with what was
// issued the first time.
type Importer struct {
	opts Options

	mu    sync.Mutex
	cases map[string]*history // by reference
	steps map[string]*history // by request ID, those not done
}

// NewImporter returns an importer that knows nothing yet.
func NewImporter(opts Options) *Importer {
	return &Importer{opts: opts, cases: make(map[string]*history), steps: make(map[string]*history)}
}

// Steps returns a step for each row of the export, in order. The steps before
// one may still be on their way, except where a row amends an earlier one: the
// sequence then waits for Done of that one, or for the end of ctx. Whoever
// issues one step after the other never waits.
//
// An error beside a step is the last thing returned: the file cannot be read, it
// is not an export, or ctx has ended. What is wrong with a single row is in
// Step.Err.
func (im *Importer) Steps(ctx context.Context, export io.Reader) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {}
}

// Done says what became of a step: issued is what the node answered, nil if it
// refused. After a refusal the next version under the reference takes its
// place. Request IDs that the importer did not give are ignored.
func (im *Importer) Done(requestID string, issued *spsv1.IssuedStatement) {}

type history struct{}
