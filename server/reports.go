package server

import (
	"context"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/finding"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// told tells the office's service what the one of exporters knows, which is made
// after it.
type told struct{ s *Server }

// File implements office.Notices.
func (t told) File(ctx context.Context, notice, id string) (*spsv1.Attachment, error) {
	return t.s.traders.File(ctx, notice, id)
}

// OfCase implements office.Notices.
func (t told) OfCase(ctx context.Context, reference string) ([]*spsv1.ConsignmentNotice, error) {
	return t.s.traders.OfCase(ctx, reference)
}

// Shows implements office.Notices.
func (t told) Shows(ctx context.Context, file blob.Digest) (bool, error) {
	return t.s.traders.Shows(ctx, file)
}

// reports tells the office's service what the laboratories' knows, which is made
// after it.
type reports struct{ s *Server }

// LaboratoryOf implements office.Findings.
func (r reports) LaboratoryOf(c access.Caller) (string, error) { return r.s.findings.LaboratoryOf(c) }

// File implements office.Findings.
func (r reports) File(ctx context.Context, finding, id string) (*spsv1.Attachment, error) {
	return r.s.findings.File(ctx, finding, id)
}

// Shows implements office.Findings.
func (r reports) Shows(ctx context.Context, d blob.Digest) (bool, error) {
	return r.s.findings.Shows(ctx, d)
}

// Touch implements office.Findings.
func (reports) Touch(tx store.Tx, findings []string, use *spsv1.FindingUse, position uint64) error {
	return finding.Touch(tx, findings, use, position)
}

// Wake implements office.Findings.
func (r reports) Wake() { r.s.findings.Wake() }

// Ended implements office.Findings.
func (r reports) Ended(ctx context.Context, read store.Reader, draft string, findings []string) ([]*spsv1.Advice, error) {
	return r.s.findings.Ended(ctx, read, draft, findings)
}

// EndedIn implements office.Findings.
func (reports) EndedIn(ctx context.Context, r store.Reader, name string) ([]*spsv1.Advice, error) {
	return finding.EndedIn(ctx, r, name)
}

// fold is the casebook, and findings beside it, which are shown what became of
// them. That is no part of a rebuild: findings are truth.
type fold struct {
	*casebook.Book
	own certs.Office
}

// Entry implements ledger.Fold.
func (f fold) Entry(tx store.Tx, e ledger.Entry) error {
	if err := f.Book.Entry(tx, e); err != nil {
		return err
	}
	return finding.Entry(tx, e, f.own)
}
