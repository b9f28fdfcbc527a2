package server

import (
	"context"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/finding"
	"github.com/spsalert/spsalert/server/store"
)

// reports tells the office's service what the laboratories' knows, which is made
// after it.
type reports struct{ s *Server }

// LaboratoryOf implements office.Findings.
func (r reports) LaboratoryOf(c access.Caller) string { return r.s.findings.LaboratoryOf(c) }

// File implements office.Findings.
func (r reports) File(ctx context.Context, finding, id string) (*spsv1.Attachment, error) {
	return r.s.findings.File(ctx, finding, id)
}

// Names implements office.Findings.
func (r reports) Names(ctx context.Context, laboratory string, d blob.Digest) (bool, error) {
	return r.s.findings.Names(ctx, laboratory, d)
}

// Touch implements office.Findings.
func (reports) Touch(tx store.Tx, findings []string) error { return finding.Touch(tx, findings) }
