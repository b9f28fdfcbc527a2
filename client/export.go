package client

import (
	"errors"
	"fmt"
	"io"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// SearchService returns the generated client, for what has no method here.
func (c *Client) SearchService() spsv1.SearchServiceClient {
	return spsv1.NewSearchServiceClient(c.conn)
}

// InspectionService returns the generated client, for what has no method here.
func (c *Client) InspectionService() spsv1.InspectionServiceClient {
	return spsv1.NewInspectionServiceClient(c.conn)
}

// FindingService returns the generated client, for what has no method here.
func (c *Client) FindingService() spsv1.FindingServiceClient {
	return spsv1.NewFindingServiceClient(c.conn)
}

// CodeStatusService returns the generated client, for what has no method here.
func (c *Client) CodeStatusService() spsv1.CodeStatusServiceClient {
	return spsv1.NewCodeStatusServiceClient(c.conn)
}

// UnitService returns the generated client, for what has no method here.
func (c *Client) UnitService() spsv1.UnitServiceClient {
	return spsv1.NewUnitServiceClient(c.conn)
}

// ExporterService returns the generated client, for what has no method here.
func (c *Client) ExporterService() spsv1.ExporterServiceClient {
	return spsv1.NewExporterServiceClient(c.conn)
}

// ConsignmentService returns the generated client, for what has no method here.
func (c *Client) ConsignmentService() spsv1.ConsignmentServiceClient {
	return spsv1.NewConsignmentServiceClient(c.conn)
}

// AnnouncementService returns the generated client, for what has no method here.
func (c *Client) AnnouncementService() spsv1.AnnouncementServiceClient {
	return spsv1.NewAnnouncementServiceClient(c.conn)
}

// ExportService returns the generated client. [WriteFile] takes what its methods
// answer with.
func (c *Client) ExportService() spsv1.ExportServiceClient {
	return spsv1.NewExportServiceClient(c.conn)
}

// WriteFile writes a file that a node sends in pieces, as it comes. If it
// returns an error what was written is not the whole file. progress, unless it
// is nil, is told how many rows of it were made.
func WriteFile(w io.Writer, pieces grpc.ServerStreamingClient[httpbody.HttpBody], progress func(rows uint64)) error {
	for {
		piece, err := pieces.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := w.Write(piece.GetData()); err != nil {
			return fmt.Errorf("write the file: %w", err)
		}
		for _, extension := range piece.GetExtensions() {
			far := &spsv1.ExportProgress{}
			if progress != nil && extension.UnmarshalTo(far) == nil {
				progress(far.GetRows())
			}
		}
	}
}
