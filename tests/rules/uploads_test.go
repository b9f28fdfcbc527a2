package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// upload puts a file into the node that statements may name.
func (d *desk) upload(t *testing.T) {
	t.Helper()
	kept, err := d.client.Upload(t.Context(), &spsv1.UploadHeader{MediaType: "text/plain"}, strings.NewReader("mango"))
	if err != nil {
		t.Fatal(err)
	}
	var digest strings.Builder
	for _, b := range kept.GetAttachment().GetSha256() {
		fmt.Fprintf(&digest, `\x%02x`, b)
	}
	d.file = digest.String()
}

// TestUploads breaks what uploads are held to, and downloads. Over REST these are
// no messages: package web tests how they come.
func TestUploads(t *testing.T) {
	d := newDesk(t)
	header := func(h *spsv1.UploadHeader) *spsv1.UploadAttachmentRequest {
		return &spsv1.UploadAttachmentRequest{Part: &spsv1.UploadAttachmentRequest_Header{Header: h}}
	}
	data := &spsv1.UploadAttachmentRequest{Part: &spsv1.UploadAttachmentRequest_Data{Data: []byte("mango")}}
	for _, tc := range []struct {
		name  string
		parts []*spsv1.UploadAttachmentRequest
		want  string
	}{
		{"kind that may not be attached", []*spsv1.UploadAttachmentRequest{header(&spsv1.UploadHeader{MediaType: "text/html"}), data}, "header.media_type TYPE_NOT_ALLOWED"},
		{"kind that it is not", []*spsv1.UploadAttachmentRequest{header(&spsv1.UploadHeader{MediaType: "application/pdf"}), data}, "header.media_type TYPE_MISMATCH"},
		{"no bytes", []*spsv1.UploadAttachmentRequest{header(&spsv1.UploadHeader{MediaType: "text/plain"})}, "header.media_type EMPTY"},
		{"other bytes", []*spsv1.UploadAttachmentRequest{header(&spsv1.UploadHeader{MediaType: "text/plain", Sha256: bytes.Repeat([]byte{1}, 32)}), data}, "data MISMATCH"},
		{"another size", []*spsv1.UploadAttachmentRequest{header(&spsv1.UploadHeader{MediaType: "text/plain", SizeBytes: 4}), data}, "data MISMATCH"},
		{"bytes first", []*spsv1.UploadAttachmentRequest{data}, "header HEADER"},
		{"header again", []*spsv1.UploadAttachmentRequest{header(&spsv1.UploadHeader{MediaType: "text/plain"}), data, header(&spsv1.UploadHeader{MediaType: "text/plain"})}, "header HEADER"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			stream, err := d.client.AttachmentService().UploadAttachment(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range tc.parts {
				if err := stream.Send(part); err != nil && !errors.Is(err, io.EOF) {
					t.Fatal(err)
				}
			}
			_, err = stream.CloseAndRecv()
			d.wantTold(t, "uploaded", told(t, err), []string{tc.want})
		})
	}
	d.upload(t)
	attached := d.statement(t, row{base: "notice", put: `attachments{id:"a1" sha256:"` + d.file + `" media_type:"text/plain" size_bytes:5 filename:"a.txt"}`})
	issued, err := d.client.Issue(t.Context(), attached, client.NewRequestID())
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.client.Download(t.Context(), issued.GetName()+"/attachments/a1", 6, io.Discard)
	if got := told(t, err); !slices.ContainsFunc(got, func(v violation) bool { return v.String() == "offset RANGE" }) {
		t.Errorf("read from behind the end: %q, want offset RANGE", got)
	}
}
