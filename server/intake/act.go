package intake

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// state refuses what an import is too far for, or not far enough.
func state(sentence string) error {
	return &access.Refusal{Code: codes.FailedPrecondition, Reason: access.ReasonImportState, Sentence: sentence}
}

// change changes an import that the caller of ctx may see, with the audit record
// of the call. fn returns false if there is nothing to change.
func (s *Service) change(ctx context.Context, name string, fn func(*job) (bool, error)) (*job, error) {
	if _, err := s.shown(ctx, name); err != nil {
		return nil, err
	}
	var j *job
	err := s.o.Store.Update(ctx, func(tx store.Tx) (err error) {
		if j, err = get(tx, name); err != nil {
			return err
		}
		if j == nil {
			return access.NotFound("there is no %s here, or it is not shown to you", name)
		}
		changed, err := fn(j)
		if err != nil {
			return err
		}
		if changed {
			s.stays(j)
			if err := put(tx, j); err != nil {
				return err
			}
		}
		return access.Record(ctx, tx, name)
	})
	if err != nil {
		return nil, err
	}
	s.wake()
	return j, nil
}

// CommitImport implements spsv1.ImportServiceServer.
func (s *Service) CommitImport(ctx context.Context, req *spsv1.CommitImportRequest) (*spsv1.Import, error) {
	who, kept, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	j, err := s.change(ctx, req.GetName(), func(j *job) (bool, error) {
		switch j.shown.GetState() {
		case spsv1.ImportState_IMPORT_STATE_COMMITTING, spsv1.ImportState_IMPORT_STATE_DONE:
			return false, nil // as it was asked for
		case spsv1.ImportState_IMPORT_STATE_CHECKING:
			return false, state("wait until the import is checked, and commit it then")
		case spsv1.ImportState_IMPORT_STATE_FAILED, spsv1.ImportState_IMPORT_STATE_CANCELLED:
			return false, state("upload the sheet again: this import has ended")
		}
		if j.shown.GetCounts().GetRefused() > 0 && !req.GetGoodRows() {
			return false, access.Invalid(access.Violation{
				Field: "good_rows", Reason: "ROWS_REFUSED",
				Sentence: "mend the rows that were refused and upload the sheet again, or say that only the good rows are to be kept",
			})
		}
		if j.shown.Commit = spsv1.ImportCommit_IMPORT_COMMIT_IF_GOOD; req.GetGoodRows() {
			j.shown.Commit = spsv1.ImportCommit_IMPORT_COMMIT_GOOD_ROWS
		}
		s.beginCommit(j, who, kept)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	if j.shown.GetState() == spsv1.ImportState_IMPORT_STATE_COMMITTING {
		s.queue.add(j)
	}
	return j.show(ctx), nil
}

// beginCommit has an import committed in somebody's name.
func (s *Service) beginCommit(j *job, who *spsv1.Person, kept []byte) {
	j.By = kept
	j.shown.State, j.shown.Committer, j.shown.CommitTime = spsv1.ImportState_IMPORT_STATE_COMMITTING, who, timestamppb.New(s.o.Now().UTC())
	j.shown.Counts = &spsv1.ImportCounts{RowsTotal: j.shown.GetCounts().GetRowsTotal()}
}

// CancelImport implements spsv1.ImportServiceServer.
func (s *Service) CancelImport(ctx context.Context, req *spsv1.CancelImportRequest) (*spsv1.Import, error) {
	j, err := s.change(ctx, req.GetName(), func(j *job) (bool, error) {
		switch j.shown.GetState() {
		case spsv1.ImportState_IMPORT_STATE_CANCELLED:
			return false, nil
		case spsv1.ImportState_IMPORT_STATE_DONE, spsv1.ImportState_IMPORT_STATE_FAILED:
			return false, state("there is nothing to cancel: this import has ended, and what it kept stays")
		}
		j.shown.State, j.shown.EndTime = spsv1.ImportState_IMPORT_STATE_CANCELLED, timestamppb.New(s.o.Now().UTC())
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	return j.show(ctx), nil
}

// DeleteImport implements spsv1.ImportServiceServer.
func (s *Service) DeleteImport(ctx context.Context, req *spsv1.DeleteImportRequest) (*emptypb.Empty, error) {
	j, err := s.shown(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	if underWay(j.shown.GetState()) {
		return nil, state("cancel the import first: it is under way")
	}
	if err := s.remove(ctx, j, func(tx store.Tx) error { return access.Record(ctx, tx, req.GetName()) }); err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}
