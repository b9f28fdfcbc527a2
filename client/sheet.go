package client

import (
	"context"
	"errors"
	"io"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// ImportService returns the generated client, for what has no method here.
func (c *Client) ImportService() spsv1.ImportServiceClient {
	return spsv1.NewImportServiceClient(c.conn)
}

// Import uploads a sheet. On return it is durable, and the node has begun to
// check it, or will when its turn comes.
func (c *Client) Import(ctx context.Context, header *spsv1.ImportHeader, sheet io.Reader) (*spsv1.Import, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // a sheet that cannot be read to its end must not look whole
	stream, err := c.ImportService().CreateImport(ctx)
	if err != nil {
		return nil, err
	}
	err = stream.Send(&spsv1.CreateImportRequest{Part: &spsv1.CreateImportRequest_Header{Header: header}})
	if err == nil {
		err = inPieces(sheet, func(piece []byte) error {
			return stream.Send(&spsv1.CreateImportRequest{Part: &spsv1.CreateImportRequest_Data{Data: piece}})
		})
	}
	if broken := (*unreadableError)(nil); errors.As(err, &broken) {
		return nil, broken.err
	}
	return stream.CloseAndRecv() // says why the node refused it, if it did
}

// unreadableError says that what is to be sent cannot be read.
type unreadableError struct{ err error }

// Error returns the error of the reader.
func (e *unreadableError) Error() string { return e.err.Error() }

// inPieces hands what a reader has to send, piece by piece. The error is that of
// send, or an [unreadableError].
func inPieces(content io.Reader, send func([]byte) error) error {
	for piece := make([]byte, uploadPiece); ; {
		n, err := content.Read(piece)
		if n > 0 {
			if err := send(piece[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return &unreadableError{err}
		}
	}
}
