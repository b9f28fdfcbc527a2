package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/backup"
)

// backupsPrefix begins the resource name of a backup.
const backupsPrefix = "backups/"

// CreateBackup implements spsv1.NodeServiceServer.
func (s *Service) CreateBackup(context.Context, *spsv1.CreateBackupRequest) (*spsv1.Backup, error) {
	keeper, err := s.backups()
	if err != nil {
		return nil, err
	}
	return job(keeper.Ask()), nil
}

// GetBackup implements spsv1.NodeServiceServer.
func (s *Service) GetBackup(_ context.Context, req *spsv1.GetBackupRequest) (*spsv1.Backup, error) {
	keeper, err := s.backups()
	if err != nil {
		return nil, err
	}
	found, err := keeper.Job(req.GetName()[len(backupsPrefix):])
	if errors.Is(err, fs.ErrNotExist) {
		return nil, access.NotFound("there is no %s", req.GetName())
	}
	if err != nil {
		return nil, err
	}
	return job(found), nil
}

// ListBackups implements spsv1.NodeServiceServer.
func (s *Service) ListBackups(context.Context, *spsv1.ListBackupsRequest) (*spsv1.ListBackupsResponse, error) {
	keeper, err := s.backups()
	if err != nil {
		return nil, err
	}
	jobs, err := keeper.Jobs()
	if err != nil {
		return nil, unreadable(err)
	}
	resp := &spsv1.ListBackupsResponse{}
	for _, j := range jobs {
		resp.Backups = append(resp.Backups, job(j))
	}
	return resp, nil
}

// unreadable tells the administrator what is wrong with the folder.
func unreadable(err error) error {
	return &access.Refusal{Code: codes.FailedPrecondition, Reason: access.ReasonInvalid, Sentence: fmt.Sprintf("the folder of backups cannot be read: %v", err)}
}

func (s *Service) backups() (*backup.Keeper, error) {
	if s.o.Backups == nil {
		return nil, &access.Refusal{
			Code: codes.FailedPrecondition, Reason: access.ReasonInvalid,
			Sentence: "the node was given no folder for backups: set backup.folder in its configuration and start it again",
		}
	}
	return s.o.Backups, nil
}

var states = map[backup.State]spsv1.BackupState{
	backup.Running:  spsv1.BackupState_BACKUP_STATE_RUNNING,
	backup.Complete: spsv1.BackupState_BACKUP_STATE_COMPLETE,
	backup.Failed:   spsv1.BackupState_BACKUP_STATE_FAILED,
}

// job returns a backup as it is shown.
func job(j backup.Job) *spsv1.Backup {
	b := &spsv1.Backup{
		Name: backupsPrefix + j.Name, State: states[j.State], CreateTime: timestamppb.New(j.Began),
		Encrypted: j.Encrypted, SizeBytes: j.Bytes, Origin: j.About.Origin, LogSize: j.About.Size,
		DamagedAttachments: j.Damaged,
	}
	if !j.Ended.IsZero() {
		b.EndTime = timestamppb.New(j.Ended)
	}
	if j.State == backup.Running {
		b.Step, b.StepDoneBytes, b.StepTotalBytes = j.Progress.Step, j.Progress.Bytes, j.Progress.Of
	}
	if j.Err != nil {
		b.Error = j.Err.Error()
	}
	return b
}

// standing returns how it stands with backups; nil if the node makes none.
func (s *Service) standing() *spsv1.BackupStanding {
	if s.o.Backups == nil {
		return nil
	}
	now, err := s.o.Backups.Standing()
	shown := &spsv1.BackupStanding{DamagedAttachments: int32(len(now.Damaged))}
	if now.Every > 0 {
		shown.Period = durationpb.New(now.Every)
	}
	if !now.Newest.IsZero() {
		shown.NewestTime = timestamppb.New(now.Newest)
	}
	if err == nil {
		err = now.Failure
	}
	if err != nil {
		shown.Error = err.Error()
	}
	return shown
}

// ConfirmCredentials implements spsv1.NodeServiceServer.
func (s *Service) ConfirmCredentials(ctx context.Context, req *spsv1.ConfirmCredentialsRequest) (*spsv1.ConfirmCredentialsResponse, error) {
	if err := s.o.Register.Confirm(ctx, req.GetNames()); err != nil {
		return nil, err
	}
	return &spsv1.ConfirmCredentialsResponse{}, nil
}
