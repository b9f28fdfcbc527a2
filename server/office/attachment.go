package office

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/upload"
)

// downloadPart is how much of a file is read and sent at once.
const downloadPart = 256 << 10

// attachmentName is what stands between the name of a statement and the local
// id of an attachment.
const attachmentName = "/attachments/"

// UploadAttachment implements spsv1.AttachmentServiceServer.
func (s *Service) UploadAttachment(stream grpc.ClientStreamingServer[spsv1.UploadAttachmentRequest, spsv1.UploadAttachmentResponse]) error {
	ctx := stream.Context()
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return err
	}
	if _, err := s.owner(caller); err != nil {
		return err // nobody could name the file
	}
	leave, err := s.o.Uploads.Enter(caller.URI())
	if err != nil {
		return err
	}
	defer leave()
	content := upload.Receive[*spsv1.UploadAttachmentRequest](stream, s.o.UploadPace)
	defer content.Close()
	first, err := content.First()
	if err != nil {
		return err
	}
	header := first.GetHeader()
	want := blob.Declared{MediaType: header.GetMediaType(), Size: int64(header.GetSizeBytes())}
	want.Digest, _ = blob.DigestOf(header.GetSha256())
	d, size, err := s.o.Blobs.Put(ctx, content, want)
	if err != nil {
		return uploadRefusal(err)
	}
	err = s.o.Store.Update(ctx, func(tx store.Tx) error { return s.uploaded(ctx, tx, caller, d) })
	if err != nil {
		return err
	}
	return stream.SendAndClose(&spsv1.UploadAttachmentResponse{
		Attachment: &spsv1.Attachment{
			Sha256: d[:], MediaType: header.GetMediaType(), SizeBytes: uint64(size), Filename: blob.Filename(header.GetFilename()),
		},
		ExpireTime: timestamppb.New(s.o.Now().Add(s.o.Keep)),
	})
}

// uploadRefusal returns what the caller is told when a file was not kept.
func uploadRefusal(err error) error {
	var wrongType *blob.TypeError
	switch {
	case errors.As(err, &wrongType):
		return access.Invalid(access.Violation{Field: "header.media_type", Reason: wrongType.Reason, Sentence: wrongType.Sentence})
	case errors.Is(err, blob.ErrMismatch):
		return access.Invalid(access.Violation{
			Field: "data", Reason: "MISMATCH", Sentence: err.Error() + ": send the file again, or mend size and digest",
		})
	case errors.Is(err, blob.ErrTooLarge):
		return &access.Refusal{Code: codes.InvalidArgument, Reason: access.ReasonTooLarge, Sentence: err.Error() + ": split it"}
	case errors.Is(err, blob.ErrFull):
		return &access.Refusal{Code: codes.FailedPrecondition, Reason: access.ReasonReadOnly, Sentence: err.Error()}
	}
	return err
}

// DownloadAttachment implements spsv1.AttachmentServiceServer.
func (s *Service) DownloadAttachment(req *spsv1.DownloadAttachmentRequest, stream grpc.ServerStreamingServer[spsv1.DownloadAttachmentResponse]) error {
	ctx := stream.Context()
	header, err := s.fileHeader(ctx, req.GetName())
	if err != nil {
		return err
	}
	offset, size := int64(req.GetOffset()), int64(header.GetAttachment().GetSizeBytes())
	if offset > size {
		return access.Invalid(access.Violation{
			Field: "offset", Reason: "RANGE", Sentence: fmt.Sprintf("the file has %d bytes: begin within it", size),
		})
	}
	file, _, err := s.o.Blobs.Open(ctx, blob.Digest(header.GetAttachment().GetSha256()))
	if errors.Is(err, blob.ErrNotHeld) {
		return &access.Refusal{
			Code: codes.Unavailable, Reason: access.ReasonNotHeld, RetryAfter: 10 * time.Second,
			Sentence: fmt.Sprintf("%s has not arrived here yet: it is being fetched", req.GetName()),
		}
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if err := stream.Send(&spsv1.DownloadAttachmentResponse{Part: &spsv1.DownloadAttachmentResponse_Header{Header: header}}); err != nil || req.GetHeaderOnly() {
		return err
	}
	length := size - offset
	if req.GetLength() > 0 {
		length = min(length, int64(req.GetLength()))
	}
	part := make([]byte, min(length, downloadPart)) // gRPC has copied it when Send returns
	for r := io.NewSectionReader(file, offset, length); ; {
		n, err := r.Read(part)
		if n > 0 {
			if err := stream.Send(&spsv1.DownloadAttachmentResponse{Part: &spsv1.DownloadAttachmentResponse_Data{Data: part[:n]}}); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// fileHeader returns what a statement, a finding or an answer says of the file of
// a name.
func (s *Service) fileHeader(ctx context.Context, name string) (*spsv1.DownloadHeader, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	of, id, _ := strings.Cut(name, attachmentName)
	if strings.HasPrefix(of, "findings/") && s.o.Findings != nil && caller.Role != certs.RoleExporter {
		file, err := s.o.Findings.File(ctx, of, id)
		return &spsv1.DownloadHeader{Name: name, Attachment: file}, err
	}
	if strings.HasPrefix(of, "consignmentNotices/") && s.o.Notices != nil && caller.Role != certs.RoleLab && caller.Role != certs.RoleSystem && caller.Role != certs.RolePost {
		file, err := s.o.Notices.File(ctx, of, id)
		return &spsv1.DownloadHeader{Name: name, Attachment: file}, err
	}
	if caller.Role == certs.RoleLab || caller.Role == certs.RoleExporter {
		return nil, access.NotFound("there is no %s here, or it is not shown to you", name)
	}
	return s.attachment(ctx, name)
}

// attachment returns what the statement of an attachment's name says of it, if
// this office may read the statement.
func (s *Service) attachment(ctx context.Context, name string) (*spsv1.DownloadHeader, error) {
	of, id, _ := strings.Cut(name, attachmentName)
	origin, seq, err := parseName(of, s.o.Roster.Federation())
	if err != nil {
		return nil, err
	}
	e, err := s.o.Ledger.Entry(ctx, origin, seq)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return nil, err
	}
	if err == nil {
		stated, reading, _, err := s.read(ctx, e)
		if err != nil {
			return nil, err
		}
		of := &spsv1.IssuedStatement{Name: of, Statement: reading.Statement, Fault: reading.Fault}
		sees, err := s.sees(ctx, of)
		if err != nil {
			return nil, err
		}
		if !sees {
			reading.Statement = nil
		}
		for _, a := range reading.Statement.GetAttachments() {
			if _, ok := blob.DigestOf(a.GetSha256()); ok && a.GetId() == id {
				return &spsv1.DownloadHeader{Name: name, Attachment: a, Audience: stated.Leaf.GetAudience()}, nil
			}
		}
	}
	return nil, access.NotFound("there is no %s here, or its statement was not addressed to this office", name)
}

// attachments returns how it stands here with the files that a statement names.
func (s *Service) attachments(statement string, st *spsv1.Statement) []*spsv1.AttachmentStatus {
	var all []*spsv1.AttachmentStatus
	for _, a := range st.GetAttachments() {
		status := &spsv1.AttachmentStatus{Name: statement + attachmentName + a.GetId(), Id: a.GetId()}
		if d, ok := blob.DigestOf(a.GetSha256()); ok {
			var size int64
			if size, status.Held = s.o.Blobs.Size(d); !status.GetHeld() {
				size = s.o.Blobs.Fetched(d)
			}
			status.HeldBytes = uint64(size)
		}
		all = append(all, status)
	}
	return all
}

// checkAttachments reports files that a statement names and that the caller of ctx
// may not name, or not so. What a draft names was its writer's to name.
func (s *Service) checkAttachments(ctx context.Context, st *spsv1.Statement, by authors) ([]access.Violation, error) {
	const path = "statement.attachments"
	if by.named {
		return s.checkFiles(ctx, path, st.GetAttachments(), nil)
	}
	return s.CheckFiles(ctx, path, st.GetAttachments())
}

// CheckFiles reports which of the files that the field at path names the caller of
// ctx may not name, or that this node does not hold, or not as they are named. The
// first two are told in the same words.
func (s *Service) CheckFiles(ctx context.Context, path string, files []*spsv1.Attachment) ([]access.Violation, error) {
	refused, err := s.checkNames(ctx, path, files, nil)
	if err != nil {
		return nil, err
	}
	return s.checkFiles(ctx, path, files, refused)
}

// checkFiles adds to what is refused by name the files that this node does not
// hold, or not as they are named.
func (s *Service) checkFiles(ctx context.Context, path string, files []*spsv1.Attachment, refused []access.Violation) ([]access.Violation, error) {
	violations := refused
	for i, a := range files {
		add := func(field, reason, sentence string) {
			violations = append(violations, access.Violation{Field: fmt.Sprintf("%s[%d].%s", path, i, field), Reason: reason, Sentence: sentence})
		}
		d, ok := blob.DigestOf(a.GetSha256())
		if !ok || slices.Contains(refused, notHeld(path, i)) {
			continue // the field rules say so
		}
		var wrongType *blob.TypeError
		size, held := s.o.Blobs.Size(d)
		switch err := s.o.Blobs.CheckType(ctx, d, a.GetMediaType()); {
		case !held, errors.Is(err, blob.ErrNotHeld), errors.Is(err, blob.ErrDamaged):
			violations = append(violations, notHeld(path, i))
			continue
		case errors.As(err, &wrongType):
			add("media_type", wrongType.Reason, wrongType.Sentence)
		case err != nil:
			return nil, err
		}
		if size != int64(a.GetSizeBytes()) {
			add("size_bytes", "SIZE", fmt.Sprintf("the file has %d bytes", size))
		}
		if name := blob.Filename(a.GetFilename()); a.GetFilename() != "" && name != a.GetFilename() {
			add("filename", "FILENAME", fmt.Sprintf("write it so that it can be saved anywhere, such as %q", name))
		}
	}
	return violations, nil
}

// pin keeps the files that a statement names until it is entered.
func (s *Service) pin(st *spsv1.Statement) (release func(), err error) {
	return s.PinFiles("statement.attachments", st.GetAttachments())
}

// PinFiles keeps the files that the field at path names until release is called,
// or refuses. Their digests MUST have the right length.
func (s *Service) PinFiles(path string, files []*spsv1.Attachment) (release func(), err error) {
	var digests []blob.Digest
	for _, a := range files {
		digests = append(digests, blob.Digest(a.GetSha256()))
	}
	release, missing := s.o.Blobs.Pin(digests...)
	if len(missing) > 0 { // removed since it was checked
		return nil, access.Invalid(access.Violation{Field: path, Reason: "NOT_HELD", Sentence: "this node does not hold " + missing[0].String() + ": upload it first"})
	}
	return release, nil
}
