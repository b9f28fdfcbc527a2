package finding

import (
	"context"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// Bulk posts many findings, those of one sheet in its order. It is for one
// goroutine, and for checking or for posting, not both.
type Bulk struct {
	s          *Service
	laboratory string
	earlier    earlier
}

// earlier is what the batches that were checked would have kept: report numbers, and
// those that they supersede.
type earlier struct{ kept, superseded map[string]bool }

// Laboratory returns for which laboratory the caller of ctx posts sheets; it refuses
// whoever posts for none.
func (s *Service) Laboratory(ctx context.Context) (string, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return "", err
	}
	if caller.Role != certs.RoleLab {
		return "", &access.Refusal{
			Code: codes.PermissionDenied, Reason: access.ReasonDenied, Sentence: "sheets of findings are for the role lab",
			Metadata: map[string]string{"role": string(caller.Role)},
		}
	}
	laboratory, err := s.speaksFor(caller)
	return laboratory.GetId(), err
}

// Bulk begins to post findings for the laboratory of the caller of ctx.
func (s *Service) Bulk(ctx context.Context) (*Bulk, error) {
	laboratory, err := s.Laboratory(ctx)
	return &Bulk{s: s, laboratory: laboratory, earlier: earlier{kept: make(map[string]bool), superseded: make(map[string]bool)}}, err
}

// Look returns everything that is wrong with a finding in itself, as [Check] does.
func (b *Bulk) Look(f *spsv1.LabFinding) []access.Violation {
	return Check(Complete(f, b.laboratory), b.s.today())
}

// Check says what would become of findings. It keeps nothing, and those of earlier
// calls count as kept.
func (b *Bulk) Check(ctx context.Context, findings []*spsv1.LabFinding) ([]Posted, error) {
	all, err := b.s.post(ctx, findings, b.earlier, keepNothing)
	for i, p := range all {
		if p.Refusal == nil && !p.Unchanged {
			b.earlier.add(findings[i])
		}
	}
	return all, err
}

// Commit keeps the findings that are in order, in one transaction with its audit
// record, and calls also in it, with what becomes of each; also may be called again,
// as the transaction may. With an error of also nothing is kept, and it is returned.
// When it returns nil, all that is not refused is durable.
func (b *Bulk) Commit(ctx context.Context, findings []*spsv1.LabFinding, also func(store.Tx, []Posted) error) error {
	_, err := b.s.post(ctx, findings, earlier{}, also)
	return err
}

func (e earlier) add(f *spsv1.LabFinding) {
	e.kept[f.GetReportNumber()] = true
	for _, number := range f.GetSupersedesReports() {
		e.superseded[number] = true
	}
}
