package web

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
)

// Attachments have a face of their own, since the gateway can only write the
// bytes of a file into JSON. A request is still a call of the service, over the
// same connection, with the same guard.
const (
	uploadPath   = "/v1/attachments"
	downloadPath = "/v1/offices/{office}/statements/{statement}/attachments/{attachment}"
	findingPath  = "/v1/findings/{finding}/attachments/{attachment}"
	noticePath   = "/v1/consignmentNotices/{notice}/attachments/{attachment}"

	uploadPiece = 256 << 10 // of a file, on its way to the service
	// uploadLeast is how much of a piece has to come within [bodyLimit]. It is
	// little, since the service says how fast an upload has to be.
	uploadLeast = 1 << 10
)

// upload answers POST /v1/attachments and PUT /v1/attachments/{sha256}: the body
// is the file.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	caller, err := s.known(r)
	if err != nil {
		refuse(w, r, err)
		return
	}
	allowed := http.MethodPost
	if r.PathValue("sha256") != "" {
		allowed = http.MethodPut
	}
	if r.Method != allowed {
		notAllowed(w, r, []string{allowed, http.MethodOptions})
		return
	}
	header, err := uploadHeader(r)
	if err != nil {
		refuse(w, r, err)
		return
	}
	ctx, cancel := context.WithCancel(access.As(r.Context(), caller))
	defer cancel() // a body that was cut must not look like its end
	answer, err := s.send(ctx, w, r, header)
	if err != nil {
		refuse(w, r, err)
		return
	}
	text, err := toJSON(answer)
	if err != nil {
		refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text) // nobody is left to be told
}

// uploadHeader returns what a request says of the file in its body.
func uploadHeader(r *http.Request) (*spsv1.UploadHeader, error) {
	violations := otherParameters(r.URL.Query(), "filename")
	h := &spsv1.UploadHeader{Filename: r.URL.Query().Get("filename")}
	if text := r.PathValue("sha256"); text != "" {
		d, err := blob.ParseDigest(text)
		if err != nil {
			violations = append(violations, access.Violation{Field: "sha256", Reason: "DIGEST", Sentence: "write the SHA-256 of the file in 64 hexadecimal digits of lower case"})
		}
		h.Sha256 = d[:]
	}
	var err error
	if h.MediaType, _, err = mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil {
		violations = append(violations, access.Violation{
			Field: "Content-Type", Reason: "CONTENT_TYPE", Sentence: "say what the file is, with Content-Type: application/pdf or the like",
		})
	}
	if len(violations) > 0 {
		return nil, access.Invalid(violations...)
	}
	if r.ContentLength > blob.MaxSize {
		return nil, &access.Refusal{
			Code: codes.InvalidArgument, Reason: access.ReasonTooLarge, Sentence: blob.ErrTooLarge.Error() + ": split it",
		}
	}
	h.SizeBytes = uint64(max(r.ContentLength, 0))
	return h, nil
}

// otherParameters returns every parameter of a query that is none of those
// taken.
func otherParameters(query url.Values, taken ...string) []access.Violation {
	var found []access.Violation
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !slices.Contains(taken, name) {
			found = append(found, access.Violation{
				Field: name, Reason: "UNKNOWN_FIELD", Sentence: "there is no such parameter; this takes " + cmp.Or(strings.Join(taken, ", "), "none"),
			})
		}
	}
	return found
}

// send hands the body to the service, piece by piece.
func (s *Server) send(ctx context.Context, w http.ResponseWriter, r *http.Request, header *spsv1.UploadHeader) (*spsv1.UploadAttachmentResponse, error) {
	stream, err := spsv1.NewAttachmentServiceClient(s.o.Conn).UploadAttachment(ctx)
	if err == nil {
		err = stream.Send(&spsv1.UploadAttachmentRequest{Part: &spsv1.UploadAttachmentRequest_Header{Header: header}})
	}
	if err == nil {
		err = sendBody(w, r.Body, func(piece []byte) error {
			return stream.Send(&spsv1.UploadAttachmentRequest{Part: &spsv1.UploadAttachmentRequest_Data{Data: piece}})
		})
	}
	if err != nil && !errors.Is(err, io.EOF) { // otherwise all was sent, or the service has refused: it says which
		return nil, err
	}
	return stream.CloseAndRecv()
}

// sendBody hands a body, or a part of one, to send, piece by piece. The error is
// that of send, or says that the body was cut.
func sendBody(w http.ResponseWriter, body io.Reader, send func(piece []byte) error) error {
	rc := http.NewResponseController(w)
	defer func() { _ = rc.SetReadDeadline(time.Time{}) }()
	for piece := make([]byte, uploadPiece); ; {
		_ = rc.SetReadDeadline(time.Now().Add(bodyLimit))
		n, readErr := io.ReadAtLeast(body, piece, uploadLeast)
		if n > 0 {
			if err := send(piece[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(readErr, io.EOF), errors.Is(readErr, io.ErrUnexpectedEOF) && bodyEnded(body):
			return nil
		case readErr != nil:
			return notWhole()
		}
	}
}

// notWhole says that a body was cut.
func notWhole() error {
	return access.Invalid(access.Violation{Reason: "BODY", Sentence: "the body did not arrive whole: send it again"})
}

// bodyEnded reports whether a body that ended within a piece came to its end.
// io.ReadAtLeast calls both that and a cut ErrUnexpectedEOF; reading once more
// tells them apart.
func bodyEnded(body io.Reader) bool {
	_, err := body.Read(make([]byte, 1))
	return errors.Is(err, io.EOF)
}

// download answers GET and HEAD for a file of a statement, a finding or an answer, with ranges
// (RFC 9110 section 14).
func (s *Server) download(w http.ResponseWriter, r *http.Request) {
	caller, err := s.known(r)
	if err != nil {
		refuse(w, r, err)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		notAllowed(w, r, []string{http.MethodGet, http.MethodHead, http.MethodOptions})
		return
	}
	if unknown := otherParameters(r.URL.Query()); len(unknown) > 0 {
		refuse(w, r, access.Invalid(unknown...))
		return
	}
	f := &remoteFile{
		ctx: access.As(r.Context(), caller), client: spsv1.NewAttachmentServiceClient(s.o.Conn),
		name: fmt.Sprintf("offices/%s/statements/%s/attachments/%s", r.PathValue("office"), r.PathValue("statement"), r.PathValue("attachment")),
	}
	if id := r.PathValue("finding"); id != "" {
		f.name = fmt.Sprintf("findings/%s/attachments/%s", id, r.PathValue("attachment"))
	}
	if id := r.PathValue("notice"); id != "" {
		f.name = fmt.Sprintf("consignmentNotices/%s/attachments/%s", id, r.PathValue("attachment"))
	}
	defer f.close()
	if err := f.open(r.Method == http.MethodHead); err != nil {
		refuse(w, r, err)
		return
	}
	a := f.header.GetAttachment()
	h := w.Header()
	h.Set("Content-Type", shownType(a.GetMediaType()))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": blob.Filename(a.GetFilename())}))
	h.Set("Content-Security-Policy", apiPolicy+"; sandbox")
	h.Set("ETag", `"`+blob.Digest(a.GetSha256()).String()+`"`)
	h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(a.GetSha256())+":")
	http.ServeContent(w, r, "", time.Time{}, f)
}

// shownType is the media type under which a file is sent. What the issuer of a
// statement calls it is believed if it is one that no browser runs.
func shownType(mediaType string) string {
	if slices.Contains(blob.MediaTypes(), mediaType) {
		return mediaType
	}
	return "application/octet-stream"
}

// remoteFile reads an attachment from the service, from wherever it was sought
// to. It implements io.ReadSeeker.
type remoteFile struct {
	ctx    context.Context
	client spsv1.AttachmentServiceClient
	name   string
	header *spsv1.DownloadHeader

	offset int64 // of the next byte to be read
	at     int64 // of the next byte that the stream gives
	stream grpc.ServerStreamingClient[spsv1.DownloadAttachmentResponse]
	cancel context.CancelFunc
	rest   []byte // came and not read yet
}

// open asks for the file from the offset on.
func (f *remoteFile) open(headerOnly bool) (err error) {
	f.close()
	ctx, cancel := context.WithCancel(f.ctx)
	f.cancel = cancel
	f.stream, err = f.client.DownloadAttachment(ctx, &spsv1.DownloadAttachmentRequest{
		Name: f.name, Offset: uint64(f.offset), HeaderOnly: headerOnly,
	})
	if err != nil {
		return err
	}
	first, err := f.stream.Recv()
	if err == nil && first.GetHeader() == nil {
		err = errors.New("download: the first message is no header")
	}
	if err == nil {
		f.header, f.at = first.GetHeader(), f.offset
	}
	return err
}

func (f *remoteFile) close() {
	if f.cancel != nil {
		f.cancel()
	}
	f.stream, f.cancel, f.rest = nil, nil, nil
}

// Seek implements io.Seeker.
func (f *remoteFile) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.offset
	case io.SeekEnd:
		offset += int64(f.header.GetAttachment().GetSizeBytes())
	}
	if offset < 0 {
		return 0, errors.New("seek: before the beginning")
	}
	f.offset = offset // the stream stays: whoever looks for the size seeks to the end and back
	return offset, nil
}

// Read implements io.Reader.
func (f *remoteFile) Read(p []byte) (int, error) {
	if f.offset >= int64(f.header.GetAttachment().GetSizeBytes()) {
		return 0, io.EOF
	}
	if f.stream == nil || f.at != f.offset {
		if err := f.open(false); err != nil {
			return 0, err
		}
	}
	for len(f.rest) == 0 {
		next, err := f.stream.Recv()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // bytes are missing
		}
		if err != nil {
			return 0, err
		}
		f.rest = next.GetData()
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	f.offset += int64(n)
	f.at = f.offset
	return n, nil
}
