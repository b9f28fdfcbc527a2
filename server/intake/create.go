package intake

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/sheet/table"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/upload"
)

// The media types of sheets.
const (
	typeCSV  = "text/csv"
	typeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// looked is how much of a sheet is looked at to tell what it is.
const looked = 8 << 10

// CreateImport implements spsv1.ImportServiceServer.
func (s *Service) CreateImport(stream grpc.ClientStreamingServer[spsv1.CreateImportRequest, spsv1.Import]) error {
	ctx := stream.Context()
	c, err := access.CallerOf(ctx)
	if err != nil {
		return err
	}
	leave, err := s.o.Uploads.Enter(c.URI())
	if err != nil {
		return err
	}
	defer leave()
	content := upload.Receive[*spsv1.CreateImportRequest](stream, s.o.UploadPace)
	defer content.Close()
	first, err := content.First()
	if err != nil {
		return err
	}
	j, err := s.begin(ctx, first.GetHeader())
	if err != nil {
		return err
	}
	release, err := s.keep(ctx, j, content, int64(first.GetHeader().GetSizeBytes()))
	if err != nil {
		return err
	}
	defer release()
	if err := s.create(ctx, j); err != nil {
		return err
	}
	return stream.SendAndClose(j.shown)
}

// begin returns an import of which the sheet is still to come.
func (s *Service) begin(ctx context.Context, h *spsv1.ImportHeader) (*job, error) {
	kind, owner, err := s.owned(ctx, h.GetKind())
	if err != nil {
		return nil, err
	}
	who, kept, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.fits(int64(h.GetSizeBytes())); err != nil {
		return nil, err
	}
	j := &job{Owner: owner, By: kept, shown: &spsv1.Import{
		Name: namePrefix + uuid.NewString(), Kind: h.GetKind(), State: spsv1.ImportState_IMPORT_STATE_CHECKING, Commit: h.GetCommit(),
		Filename: blob.Filename(h.GetFilename()), Counts: &spsv1.ImportCounts{}, Creator: who,
	}}
	if j.Mapping = h.GetMapping(); j.Mapping != "" {
		j.shown.MappingSource = spsv1.ImportMappingSource_IMPORT_MAPPING_SOURCE_GIVEN
		return j, checkMapping(kind, "header.mapping", j.Mapping)
	}
	m, err := s.mapping(ctx, h.GetKind(), owner)
	if m != nil {
		j.Mapping, j.shown.MappingSource = m.GetText(), spsv1.ImportMappingSource_IMPORT_MAPPING_SOURCE_SET
	}
	return j, err
}

// fits refuses a sheet that is too large.
func (s *Service) fits(size int64) error {
	if size <= s.o.Limits.Bytes {
		return nil
	}
	return &access.Refusal{
		Code: codes.InvalidArgument, Reason: access.ReasonTooLarge,
		Sentence: fmt.Sprintf("the sheet is larger than %d bytes, which imports.bytes allows: split it", s.o.Limits.Bytes),
		Metadata: map[string]string{"limit": "imports.bytes"},
	}
}

// fitting reads a sheet, and fails when it is too large.
type fitting struct {
	s    *Service
	r    io.Reader
	came int64
}

// Read implements io.Reader.
func (f *fitting) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	f.came += int64(n)
	if tooLarge := f.s.fits(f.came); tooLarge != nil {
		return 0, tooLarge
	}
	return n, err
}

// keep keeps the file of an import; until release is called it is not swept.
func (s *Service) keep(ctx context.Context, j *job, content io.Reader, size int64) (release func(), err error) {
	r := bufio.NewReaderSize(&fitting{s: s, r: content}, looked)
	start, err := r.Peek(looked)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	want := blob.Declared{MediaType: typeCSV, Size: size}
	if bytes.HasPrefix(start, []byte("PK\x03\x04")) {
		want.MediaType = typeXLSX
	}
	start = bytes.Clone(start)
	d, size, err := s.o.Blobs.Put(ctx, r, want)
	var wrong *blob.TypeError
	switch {
	case errors.As(err, &wrong):
		return nil, access.Invalid(notSheet(start, wrong))
	case errors.Is(err, blob.ErrMismatch):
		return nil, access.Invalid(access.Violation{Field: "data", Reason: "MISMATCH", Sentence: err.Error() + ": send the file again, or mend size and digest"})
	case errors.Is(err, blob.ErrFull):
		return nil, &access.Refusal{Code: codes.FailedPrecondition, Reason: access.ReasonReadOnly, Sentence: err.Error()}
	case err != nil:
		return nil, err
	}
	j.shown.Sha256, j.shown.SizeBytes = d[:], uint64(size)
	release, missing := s.o.Blobs.Pin(d)
	if len(missing) > 0 {
		return nil, fmt.Errorf("import: %w: %s", blob.ErrNotHeld, d)
	}
	return release, nil
}

// notSheet says why a file is no sheet. Package table knows more of what people
// take for one.
func notSheet(start []byte, wrong *blob.TypeError) access.Violation {
	_, err := table.Open(bytes.NewReader(start), int64(len(start)), table.Options{})
	var p table.Problem
	if errors.As(err, &p) && p.Reason != "FILE_DAMAGED" && p.Reason != "TABLE_HEADER" {
		return access.Violation{Field: "data", Reason: p.Reason, Sentence: p.Sentence}
	}
	return access.Violation{Field: "data", Reason: wrong.Reason, Sentence: wrong.Sentence}
}

// create makes an import durable and has it checked.
func (s *Service) create(ctx context.Context, j *job) error {
	now := s.o.Now().UTC()
	j.shown.CreateTime = timestamppb.New(now)
	err := s.o.Store.Update(ctx, func(tx store.Tx) error {
		if err := s.room(tx, j, now); err != nil {
			return err
		}
		j.Revision = 0
		s.stays(j)
		if err := errors.Join(put(tx, j), tx.Put(tableOwners, j.listKey(), nil)); err != nil {
			return err
		}
		return access.Record(ctx, tx, j.shown.GetName())
	})
	if err != nil {
		return err
	}
	s.wake()
	s.queue.add(j)
	s.sweepSoon()
	return nil
}

// stays says until when an import is kept that changes now.
func (s *Service) stays(j *job) {
	j.shown.ExpireTime = timestamppb.New(s.o.Now().UTC().Add(s.o.Limits.Keep))
}

// room refuses one import more than an owner may have open, and lets the oldest
// go that ended if there are as many as are kept.
func (s *Service) room(tx store.Tx, j *job, now time.Time) error {
	prefix := ownerKey(j.shown.GetKind(), j.Owner)
	open, all := 0, 0
	var over []string // ended, the oldest first
	for row, err := range tx.Scan(tableOwners, prefix, store.PrefixEnd(prefix), false) {
		if err != nil {
			return err
		}
		id, _ := uuid.FromBytes(row.Key[len(row.Key)-idSize:])
		other, err := get(tx, namePrefix+id.String())
		if err != nil {
			return err
		}
		switch {
		case other == nil || ended(other.shown.GetState()) && !other.shown.GetExpireTime().AsTime().After(now):
		case ended(other.shown.GetState()):
			all++
			over = append(over, other.shown.GetName())
		default:
			all++
			open++
		}
	}
	if open >= s.o.Limits.Open {
		return &access.Refusal{
			Code: codes.ResourceExhausted, Reason: access.ReasonLimit, Metadata: map[string]string{"limit": "imports.open"},
			Sentence: fmt.Sprintf("%d imports of yours are open, which is all that imports.open allows: commit, cancel or delete one", open),
		}
	}
	for n := all + 1 - s.o.Limits.Kept; n > 0 && len(over) > 0; n, over = n-1, over[1:] {
		oldest, err := get(tx, over[0])
		if err != nil {
			return err
		}
		oldest.shown.ExpireTime = timestamppb.New(now)
		if err := put(tx, oldest); err != nil {
			return err
		}
	}
	return nil
}
