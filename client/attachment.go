package client

import (
	"context"
	"errors"
	"fmt"
	"io"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// uploadPiece is how many bytes of a file go at once.
const uploadPiece = 256 << 10

// AttachmentService returns the generated client, for what has no method here.
func (c *Client) AttachmentService() spsv1.AttachmentServiceClient {
	return spsv1.NewAttachmentServiceClient(c.conn)
}

// Upload puts a file into the node. On return it is durable, and a statement may
// name it: the answer is what to put into its attachments, with a local id. What
// is not known in the header stays empty.
func (c *Client) Upload(ctx context.Context, header *spsv1.UploadHeader, content io.Reader) (*spsv1.UploadAttachmentResponse, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // a file that cannot be read to its end must not look whole
	stream, err := c.AttachmentService().UploadAttachment(ctx)
	if err != nil {
		return nil, err
	}
	err = stream.Send(&spsv1.UploadAttachmentRequest{Part: &spsv1.UploadAttachmentRequest_Header{Header: header}})
	if err == nil {
		err = inPieces(content, func(piece []byte) error {
			return stream.Send(&spsv1.UploadAttachmentRequest{Part: &spsv1.UploadAttachmentRequest_Data{Data: piece}})
		})
	}
	if broken := (*unreadableError)(nil); errors.As(err, &broken) {
		return nil, broken.err
	}
	return stream.CloseAndRecv() // says why the node refused it, if it did
}

// Download writes an attachment of a statement, from an offset on, and returns
// what it is. Its name is such as "offices/VN/statements/1-42/attachments/a1".
// A download that broke off is gone on with from the bytes that came.
func (c *Client) Download(ctx context.Context, name string, offset int64, to io.Writer) (*spsv1.DownloadHeader, error) {
	stream, err := c.AttachmentService().DownloadAttachment(ctx, &spsv1.DownloadAttachmentRequest{Name: name, Offset: uint64(offset)})
	if err != nil {
		return nil, err
	}
	first, err := stream.Recv()
	if err != nil {
		return nil, err
	}
	header, at := first.GetHeader(), offset
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return header, err
		}
		n, err := to.Write(part.GetData())
		at += int64(n)
		if err != nil {
			return header, err
		}
	}
	if want := int64(header.GetAttachment().GetSizeBytes()); at != want {
		return header, fmt.Errorf("download %s: %d bytes came, want %d", name, at, want)
	}
	return header, nil
}
