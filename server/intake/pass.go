package intake

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/sheet/table"
	"github.com/spsalert/spsalert/server/store"
)

// batchSize is how many records are checked or kept at once: the memory that an
// import takes, and how long others wait for one of its transactions.
const batchSize = 200

// What the audit log calls what is done in the name of who began it.
const (
	methodCheck  = "import/check"
	methodCommit = "import/commit"
)

// errStopped ends a pass over an import that is no longer in its state: somebody
// has cancelled or removed it.
var errStopped = errors.New("the import is not under way any more")

// pass is one reading of a sheet, to check it or to commit it.
type pass struct {
	s      *Service
	kind   Kind
	job    *job // as it was when the pass began
	commit bool

	sheet Sheet
	batch []Record
	fresh bool // nothing was written yet
	skip  int  // records that the commit has dealt with before the node stopped
	first int  // the first row of all
	last  int  // the last row so far
}

func (p *pass) run(ctx context.Context) error {
	if p.kind == nil {
		return state("this node does not import this kind any more")
	}
	as, err := p.as(ctx)
	if err != nil {
		return err
	}
	sum, _ := blob.DigestOf(p.job.shown.GetSha256())
	file, size, err := p.s.o.Blobs.Open(ctx, sum)
	if errors.Is(err, blob.ErrNotHeld) || errors.Is(err, blob.ErrDamaged) {
		return table.Problem{Reason: "SHEET_GONE", Sentence: "upload the sheet again: its file is not on the disk of the node any more"}
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if p.sheet, err = p.kind.Open(as, file, size, p.job.Mapping); err != nil {
		return err
	}
	p.fresh = true
	if p.commit {
		p.skip = int(p.job.shown.GetCounts().GetRecords())
	}
	for record, err := range p.sheet.Records() {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.add(ctx, record); err != nil {
			return err
		}
	}
	if err := p.flush(ctx); err != nil {
		return err
	}
	if p.first == 0 {
		return table.Problem{Reason: "SHEET_EMPTY", Sentence: "write rows below the header, and upload the sheet again: it has none"}
	}
	return p.end(ctx)
}

// as returns the context of who is responsible for the pass, who MUST still be
// able to call, and be of the owner of the import.
func (p *pass) as(ctx context.Context) (context.Context, error) {
	method := methodCheck
	if p.commit {
		method = methodCommit
	}
	as, err := p.s.o.Resume(ctx, p.job.By, method)
	if err != nil {
		return nil, err
	}
	owner, err := p.kind.Owner(as)
	if err == nil && owner != p.job.Owner {
		err = &access.Refusal{
			Code: codes.PermissionDenied, Reason: access.ReasonDenied,
			Sentence: "who began this is not of the same laboratory or office any more: let somebody who is upload the sheet",
		}
	}
	return as, err
}

// add takes a record into the batch, unless the commit has dealt with it before
// the node stopped.
func (p *pass) add(ctx context.Context, record Record) error {
	first, last := record.Rows()
	if p.first == 0 {
		p.first = first
	}
	p.first, p.last = min(p.first, first), max(p.last, last)
	if p.rows() > p.s.o.Limits.Rows {
		return table.Problem{
			Reason: "SHEET_ROWS", Sentence: fmt.Sprintf("split the sheet: an import has at most %d rows", p.s.o.Limits.Rows),
		}
	}
	if p.skip > 0 {
		p.skip--
		return nil
	}
	if p.batch = append(p.batch, record); len(p.batch) < batchSize {
		return nil
	}
	return p.flush(ctx)
}

// rows is how many rows were read, empty ones between others included.
func (p *pass) rows() int {
	if p.first == 0 {
		return 0
	}
	return p.last - p.first + 1
}

// flush has the batch checked or kept, and writes what became of it.
func (p *pass) flush(ctx context.Context) error {
	if len(p.batch) == 0 {
		return nil
	}
	as, err := p.as(ctx)
	if err != nil {
		return err
	}
	var good []Record
	for _, r := range p.batch {
		if len(r.Problems()) == 0 {
			good = append(good, r)
		}
	}
	var outcomes []Outcome
	if len(good) > 0 && !p.commit {
		if outcomes, err = p.sheet.Check(as, good); err != nil {
			return err
		}
	}
	if len(good) > 0 && p.commit {
		err = p.sheet.Commit(as, good, p.write)
	} else {
		err = p.s.o.Store.Update(ctx, func(tx store.Tx) error { return p.write(tx, outcomes) })
	}
	if err != nil {
		return err
	}
	p.fresh, p.batch = false, nil
	p.s.wake()
	return nil
}

// write counts the batch, of whose good records the outcomes are, and keeps what
// is wrong with it.
func (p *pass) write(tx store.Tx, outcomes []Outcome) error {
	j, err := p.now(tx)
	if err != nil {
		return err
	}
	t := tally{id: j.id(), phase: phaseOf(j.shown), counts: j.shown.GetCounts()}
	for _, r := range p.batch {
		var outcome Outcome
		if len(r.Problems()) == 0 {
			outcome, outcomes = outcomes[0], outcomes[1:]
		}
		if err := t.add(tx, r, outcome, p.commit); err != nil {
			return err
		}
	}
	j.shown.Counts.Rows = int32(p.rows())
	if c, ok := p.sheet.(Counted); ok {
		j.shown.Counts.RowsTotal = int32(c.RowsTotal()) //nolint:gosec // G115: as many as [Limits] allows, or the import fails
	}
	return put(tx, j)
}

// now returns the import as it is, if the pass is still what it is at.
func (p *pass) now(r store.Reader) (*job, error) {
	j, err := get(r, p.job.shown.GetName())
	if err != nil {
		return nil, err
	}
	if j == nil || j.shown.GetState() != p.job.shown.GetState() {
		return nil, errStopped
	}
	if p.fresh && !p.commit { // what an earlier start has counted
		j.shown.Counts = &spsv1.ImportCounts{}
	}
	return j, nil
}

// end writes that the sheet was read to its end.
func (p *pass) end(ctx context.Context) error {
	err := p.s.o.Store.Update(ctx, func(tx store.Tx) error {
		j, err := p.now(tx)
		if err != nil {
			return err
		}
		j.shown.Counts.RowsTotal, j.shown.Notes = int32(p.rows()), nil
		for _, n := range p.sheet.Notes() {
			j.shown.Notes = append(j.shown.Notes, &spsv1.Advice{Field: place(table.Problem(n)), Reason: n.Reason, Sentence: n.Sentence})
		}
		switch commit := j.shown.GetCommit(); {
		case p.commit:
			j.shown.State, j.shown.EndTime = spsv1.ImportState_IMPORT_STATE_DONE, timestamppb.New(p.s.o.Now().UTC())
		case commit == spsv1.ImportCommit_IMPORT_COMMIT_GOOD_ROWS,
			commit == spsv1.ImportCommit_IMPORT_COMMIT_IF_GOOD && j.shown.GetCounts().GetRefused() == 0:
			p.s.beginCommit(j, j.shown.GetCreator(), j.By)
		default:
			j.shown.State = spsv1.ImportState_IMPORT_STATE_CHECKED
		}
		p.s.stays(j)
		return put(tx, j)
	})
	p.s.wake()
	return err
}

// told reports whether an error is one of which the owner of an import is told in
// full.
func told(err error) bool {
	var refusal *access.Refusal
	_, ok := problemsOf(err)
	return ok || errors.As(err, &refusal)
}

// fail ends an import for an error.
func (s *Service) fail(ctx context.Context, name string, why error) error {
	var problems []*spsv1.Advice
	if all, ok := problemsOf(why); ok {
		for _, p := range all {
			problems = append(problems, &spsv1.Advice{Field: place(p), Reason: p.Reason, Sentence: p.Sentence})
		}
	} else {
		reason, sentence := access.Told(why)
		problems = append(problems, &spsv1.Advice{Reason: string(reason), Sentence: sentence})
	}
	err := s.o.Store.Update(ctx, func(tx store.Tx) error {
		j, err := get(tx, name)
		if err != nil {
			return err
		}
		if j == nil || !underWay(j.shown.GetState()) {
			return errStopped
		}
		j.shown.State, j.shown.EndTime, j.shown.Problems = spsv1.ImportState_IMPORT_STATE_FAILED, timestamppb.New(s.o.Now().UTC()), problems
		s.stays(j)
		return put(tx, j)
	})
	s.wake()
	return err
}

// place names a place of the sheet, such as C12, or the column C; empty: the
// whole.
func place(p table.Problem) string {
	if p.Row == 0 {
		return p.Column
	}
	return fmt.Sprintf("%s%d", p.Column, p.Row)
}
