package office

import (
	"context"
	"fmt"
	"io"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/sheet"
)

// Exports implements spsv1.ExportServiceServer over the same ledger as [Service].
type Exports struct {
	spsv1.UnimplementedExportServiceServer
	s *Service
}

// Exports returns the service of exports.
func (s *Service) Exports() *Exports { return &Exports{s: s} }

// exportStream is where a file goes.
type exportStream = grpc.ServerStreamingServer[httpbody.HttpBody]

// ExportCases implements spsv1.ExportServiceServer.
func (x *Exports) ExportCases(req *spsv1.ExportCasesRequest, stream exportStream) error {
	ctx := stream.Context()
	q, err := x.s.selected(ctx, req.GetFilter(), req.GetQuery(), req.GetOrderBy())
	if err != nil {
		return err
	}
	upTo := x.s.o.Ledger.Released().N
	f, err := x.begin(stream, req.GetFormat(), "cases", names(caseColumns))
	if err != nil {
		return err
	}
	for item, err := range each(x.s.casePages(ctx, q, upTo)) {
		if err != nil {
			return f.broken(err)
		}
		row, err := x.caseRow(ctx, item, upTo)
		if err == nil {
			err = f.row(ctx, row.restricted(), row.message, func() []any { return cells(caseColumns, row) })
		}
		if err != nil {
			return f.broken(err)
		}
	}
	return f.close()
}

// ExportStatements implements spsv1.ExportServiceServer.
func (x *Exports) ExportStatements(req *spsv1.ExportStatementsRequest, stream exportStream) error {
	ctx := stream.Context()
	q, err := x.s.selected(ctx, req.GetFilter(), req.GetQuery(), req.GetOrderBy())
	if err != nil {
		return err
	}
	f, err := x.begin(stream, req.GetFormat(), "statements", names(statementColumns))
	if err != nil {
		return err
	}
	for item, err := range each(x.s.statementPages(ctx, parentOffice(req.GetParent()), q, x.s.o.Ledger.Released().N)) {
		if err != nil {
			return f.broken(err)
		}
		shown, err := x.s.item(ctx, item, basic)
		if err == nil {
			var restricted []string
			if !shown.GetAudience().GetNetwork() {
				restricted = []string{shown.GetName()}
			}
			err = f.row(ctx, restricted, shown, func() []any { return cells(statementColumns, shown) })
		}
		if err != nil {
			return f.broken(err)
		}
	}
	return f.close()
}

// ExportStatistics implements spsv1.ExportServiceServer.
func (x *Exports) ExportStatistics(req *spsv1.ExportStatisticsRequest, stream exportStream) error {
	ctx := stream.Context()
	got, err := x.s.GetStatistics(ctx, &spsv1.GetStatisticsRequest{
		StartTime: req.GetStartTime(), EndTime: req.GetEndTime(), Filter: req.GetFilter(), Query: req.GetQuery(), GroupBy: req.GetGroupBy(),
	})
	if err != nil {
		return err
	}
	columns := statisticsColumns(req.GetGroupBy())
	f, err := x.begin(stream, req.GetFormat(), "statistics", names(columns))
	if err != nil {
		return err
	}
	for _, g := range append(got.GetGroups(), got.GetTotal()) {
		if err := f.row(ctx, nil, g, func() []any { return cells(columns, g) }); err != nil {
			return f.broken(err)
		}
	}
	return f.close()
}

// column is one of a table of T. Its name stays for ever, and its place before
// those that come later.
type column[T any] struct {
	name  string
	value func(T) any // as [sheet.Writer] takes it
}

func names[T any](columns []column[T]) []string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = c.name
	}
	return all
}

func cells[T any](columns []column[T], of T) []any {
	all := make([]any, len(columns))
	for i, c := range columns {
		all[i] = c.value(of)
	}
	return all
}

const (
	exportPiece    = 64 << 10 // bytes of a piece of a file
	exportProgress = 500      // rows between two words of progress
)

// exportFile is a file under way to whoever asked for it.
type exportFile struct {
	stream    exportStream
	mediaType string
	table     sheet.Writer // nil: lines of JSON
	buffer    []byte
	rows      uint64
}

// begin tells the caller what comes, before it takes time to make it.
func (x *Exports) begin(stream exportStream, format spsv1.ExportFormat, what string, columns []string) (*exportFile, error) {
	f := &exportFile{stream: stream}
	var extension string
	var err error
	switch format {
	case spsv1.ExportFormat_EXPORT_FORMAT_CSV:
		extension, f.mediaType = "csv", "text/csv; charset=utf-8"
		f.table = sheet.NewCSV(f, columns...)
	case spsv1.ExportFormat_EXPORT_FORMAT_XLSX:
		extension, f.mediaType = "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		f.table, err = sheet.NewXLSX(f, columns...)
	default:
		extension, f.mediaType = "jsonl", "application/x-ndjson"
	}
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%s-%s-%s.%s", what, x.s.self(), x.s.o.Now().UTC().Format("20060102T150405Z"), extension)
	if err := stream.SetHeader(metadata.Pairs("content-disposition", fmt.Sprintf("attachment; filename=%q", name))); err != nil {
		return nil, f.broken(err)
	}
	return f, f.send(true)
}

// row adds a row: the message as a line of JSON, or its cells. The restricted
// statements that it tells of are in the audit log before it is sent.
func (f *exportFile) row(ctx context.Context, restricted []string, m proto.Message, cells func() []any) error {
	access.Carry(ctx, restricted...)
	var err error
	if f.table != nil {
		err = f.table.Row(cells()...)
	} else {
		var line []byte
		if line, err = protojson.Marshal(m); err == nil {
			_, err = f.Write(append(line, '\n'))
		}
	}
	if f.rows++; err == nil && f.rows%exportProgress == 0 {
		err = f.send(true)
	}
	return err
}

// Write implements io.Writer, for the table.
func (f *exportFile) Write(p []byte) (int, error) {
	f.buffer = append(f.buffer, p...)
	if len(f.buffer) < exportPiece {
		return len(p), nil
	}
	return len(p), f.send(false)
}

// send sends what is there, perhaps with word of how far the file is.
func (f *exportFile) send(progress bool) error {
	piece := &httpbody.HttpBody{ContentType: f.mediaType, Data: f.buffer}
	if progress {
		far, err := anypb.New(&spsv1.ExportProgress{Rows: f.rows})
		if err != nil {
			return err
		}
		piece.Extensions = append(piece.Extensions, far)
	}
	f.buffer = nil // it is the message's now
	return f.stream.Send(piece)
}

// close sends the rest of the file.
func (f *exportFile) close() error {
	if f.table != nil {
		if err := f.table.Close(); err != nil {
			return err
		}
	}
	return f.send(true)
}

// broken gives up a file that cannot be completed, and what it lies in.
func (f *exportFile) broken(err error) error {
	f.stream = discarded{f.stream}
	if f.table != nil {
		_ = f.table.Close() // the file is lost already
	}
	return err
}

// discarded takes what nobody is sent any more.
type discarded struct{ exportStream }

func (discarded) Send(*httpbody.HttpBody) error { return io.ErrClosedPipe }
