package rasff

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Step is one row of an export, and what is to be issued for it.
type Step struct {
	Line      int    // in the file, from 1
	Reference string // RASFF reference; may be empty or wrong if Err is set

	// Statement is to be issued under RequestID, in the name of [Office]: a
	// notification, or an amendment of an earlier one. It is nil if Err is set, and
	// if the row says nothing that was not said under this reference before.
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
// issued the first time. Where a newer export holds only the newer version,
// [Importer.Remember] says what was issued from older ones.
//
// Its methods are safe for concurrent use.
type Importer struct {
	opts Options

	mu    sync.Mutex
	rows  int
	ready []Step              // those with nothing to issue, not returned yet
	cases map[string]*history // by reference
	order []*history          // as first met
	open  map[string]*history // by request ID of what is not done
}

// history is what is known under one reference.
type history struct {
	reference string
	ids       *numbering
	issued    []edition // the original first
	ahead     []version // read and not issued yet, oldest first
	given     int       // how many versions there were; each has its own request ID
}

// edition is one version of a notification as it was issued.
type edition struct {
	entry     *spsv1.EntryRef
	reference string
	statement *spsv1.Statement
}

// version is one version of a notification as it was read.
type version struct {
	line      int
	statement *spsv1.Statement // as Row.Statement made it
	requestID string
}

// NewImporter returns an importer that knows nothing yet.
func NewImporter(opts Options) *Importer {
	return &Importer{opts: opts, cases: make(map[string]*history), open: make(map[string]*history)}
}

// Remember tells the importer of a statement that the office issued earlier.
// Statements without a reference of RASFF are ignored. Whoever calls it does so
// for everything that the office issued, in that order, before the first Read.
func (im *Importer) Remember(issued *spsv1.IssuedStatement) {
	s := issued.GetStatement()
	if content(s) == nil {
		return
	}
	for _, x := range s.GetExternalReferences() {
		if x.GetSystem() != System {
			continue
		}
		im.mu.Lock()
		defer im.mu.Unlock()
		h := im.cases[x.GetNumber()]
		if h == nil {
			h = im.begin(x.GetNumber())
		}
		h.issued = append(h.issued, edition{issued.GetEntry(), issued.GetReference(), s})
		h.given++
		h.ids.keep(content(s))
		return
	}
}

// Read reads an export to its end. What is wrong with single rows is in their
// steps; an error says that the file cannot be read or is not an export. Several
// exports are read oldest first.
func (im *Importer) Read(export io.Reader) error {
	im.mu.Lock()
	defer im.mu.Unlock()
	for row, err := range Read(export) {
		if err != nil && !aboutRow(err) {
			return err
		}
		im.rows++
		if err != nil {
			im.ready = append(im.ready, Step{Line: row.Line, Err: err})
			continue
		}
		im.add(row)
	}
	return nil
}

// add takes one row.
func (im *Importer) add(row Row) {
	h := im.cases[row.Reference]
	ids := newNumbering()
	if h != nil {
		ids = h.ids
	}
	s, problems := row.statement(im.opts, ids)
	if len(problems) > 0 || h != nil && h.says(s) {
		im.ready = append(im.ready, Step{Line: row.Line, Reference: row.Reference, Err: problems.Err()})
		return
	}
	if h == nil {
		h = im.begin(row.Reference)
		h.ids = ids
	}
	h.given++
	id := client.NameRequest("rasff", row.Reference, strconv.Itoa(h.given))
	h.ahead = append(h.ahead, version{line: row.Line, statement: s, requestID: id})
	im.open[id] = h
}

// begin returns the history of a reference that was not met before.
func (im *Importer) begin(reference string) *history {
	h := &history{reference: reference, ids: newNumbering()}
	im.cases[reference] = h
	im.order = append(im.order, h)
	return h
}

// says reports whether s says nothing new: it is the last version that was
// read, or any that was issued, for an older export may be read again.
func (h *history) says(s *spsv1.Statement) bool {
	if len(h.ahead) > 0 {
		return len(changes(h.ahead[len(h.ahead)-1].statement, s)) == 0
	}
	return slices.ContainsFunc(h.issued, func(e edition) bool { return len(changes(e.statement, s)) == 0 })
}

// Rows returns how many rows were read: in all rounds together there is one
// step for each.
func (im *Importer) Rows() int {
	im.mu.Lock()
	defer im.mu.Unlock()
	return im.rows
}

// Round returns the steps that can be taken now, in the order of their rows;
// none when everything has been dealt with. A step with a statement for which
// Done was not called comes again in the next round, and is safe to issue
// again.
func (im *Importer) Round() []Step {
	im.mu.Lock()
	defer im.mu.Unlock()
	steps := im.ready
	im.ready = nil
	for _, h := range im.order {
		if len(h.ahead) > 0 {
			steps = append(steps, h.step())
		}
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(a.Line, b.Line) })
	return steps
}

// step returns what is to be issued next under a reference. The statement is a
// copy, which the caller may change.
func (h *history) step() Step {
	next := h.ahead[0]
	s := proto.CloneOf(next.statement)
	if len(h.issued) > 0 {
		s = amendment(s, h.issued[0], h.issued[len(h.issued)-1])
	}
	return Step{Line: next.line, Reference: h.reference, Statement: s, RequestID: next.requestID}
}

// Done says what became of a step: issued is what the node answered, nil if it
// refused. After a refusal the next version under the reference takes its
// place. Request IDs of no step are ignored.
func (im *Importer) Done(requestID string, issued *spsv1.IssuedStatement) {
	im.mu.Lock()
	defer im.mu.Unlock()
	h := im.open[requestID]
	if h == nil || h.ahead[0].requestID != requestID {
		return
	}
	delete(im.open, requestID)
	if issued != nil {
		e := edition{issued.GetEntry(), issued.GetReference(), h.ahead[0].statement}
		if len(h.issued) > 0 {
			addressAlso(e.statement, h.issued[len(h.issued)-1].statement)
		}
		h.issued = append(h.issued, e)
	}
	h.ahead = h.ahead[1:]
}

// String returns the line and the reference, for people.
func (s Step) String() string {
	if s.Reference == "" {
		return fmt.Sprintf("line %d", s.Line)
	}
	return fmt.Sprintf("line %d, %s", s.Line, s.Reference)
}
