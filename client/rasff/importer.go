package rasff

import (
	"errors"
	"io"
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
// refers to the first as it was issued; so steps come in rounds, and the
// importer must be told of the result of each:
//
//	if err := im.Read(file); err != nil { … }
//	for round := im.Round(); len(round) > 0; round = im.Round() {
//		for _, step := range round {
//			if step.Statement == nil { … } // report step.Err if there is one
//			issued, err := node.Issue(ctx, step.Statement, step.RequestID)
//			im.Done(step.RequestID, issued) // nil if it was refused
//		}
//	}
//
// The steps of one round do not depend on each other and may be issued in any
// order, many at a time. Nearly everything is in the first round.
//
// Request IDs follow from the reference and the number of the version, so the
// same rows imported again issue nothing again: the node answers with what was
// issued the first time.
//
// Its methods are safe for concurrent use.
type Importer struct {
	opts Options

	mu sync.Mutex
}

// NewImporter returns an importer that knows nothing yet.
func NewImporter(opts Options) *Importer {
	return &Importer{opts: opts}
}

// Read reads an export to its end. What is wrong with single rows is in their
// steps; an error says that the file cannot be read or is not an export. Several
// exports are read oldest first.
func (im *Importer) Read(export io.Reader) error {
	return errors.New("not yet")
}

// Rows returns how many rows were read: in all rounds together there is one
// step for each.
func (im *Importer) Rows() int { return 0 }

// Round returns the steps that can be taken now, in the order of their rows;
// none when everything has been dealt with. A step with a statement for which
// Done was not called comes again in the next round, and is safe to issue
// again.
func (im *Importer) Round() []Step { return nil }

// Done says what became of a step: issued is what the node answered, nil if it
// refused. After a refusal the next version under the reference takes its
// place. Request IDs that the importer did not give are ignored.
func (im *Importer) Done(requestID string, issued *spsv1.IssuedStatement) {}
