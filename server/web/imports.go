package web

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// importsPath is where sheets are uploaded.
const importsPath = "/v1/imports"

// mostMapping is the largest mapping that comes with a sheet, bytes, by the
// contract.
const mostMapping = 64 << 10

// importSheet answers POST /v1/imports: the body is the sheet, or, as
// multipart/form-data, a mapping and then the sheet.
func (s *Server) importSheet(w http.ResponseWriter, r *http.Request) {
	caller, err := s.known(r)
	if err != nil {
		refuse(w, r, err)
		return
	}
	ctx, cancel := context.WithCancel(access.As(r.Context(), caller))
	defer cancel() // a body that was cut must not look like its end
	answer, err := s.sendSheet(ctx, w, r)
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

// sendSheet hands a request to the service.
func (s *Server) sendSheet(ctx context.Context, w http.ResponseWriter, r *http.Request) (*spsv1.Import, error) {
	header, err := importHeader(r)
	if err != nil {
		return nil, err
	}
	sheet, err := sheetOf(r, header)
	if err != nil {
		return nil, err
	}
	stream, err := spsv1.NewImportServiceClient(s.o.Conn).CreateImport(ctx)
	if err == nil {
		err = stream.Send(&spsv1.CreateImportRequest{Part: &spsv1.CreateImportRequest_Header{Header: header}})
	}
	if err == nil {
		err = sendBody(w, sheet, func(piece []byte) error {
			return stream.Send(&spsv1.CreateImportRequest{Part: &spsv1.CreateImportRequest_Data{Data: piece}})
		})
	}
	if err != nil && !errors.Is(err, io.EOF) { // otherwise all was sent, or the service has refused: it says which
		return nil, err
	}
	return stream.CloseAndRecv()
}

// importHeader returns what the query of a request says of the sheet in its body.
func importHeader(r *http.Request) (*spsv1.ImportHeader, error) {
	query := r.URL.Query()
	violations := otherParameters(query, "kind", "filename", "commit")
	h := &spsv1.ImportHeader{Kind: query.Get("kind"), Filename: query.Get("filename")}
	if text := query.Get("commit"); text != "" {
		value, ok := spsv1.ImportCommit_value[text]
		if !ok {
			violations = append(violations, access.Violation{
				Field: "commit", Reason: "VALUE", Sentence: "give IMPORT_COMMIT_IF_GOOD or IMPORT_COMMIT_GOOD_ROWS, or leave it out to look at the sheet first",
			})
		}
		h.Commit = spsv1.ImportCommit(value)
	}
	if len(violations) > 0 {
		return nil, access.Invalid(violations...)
	}
	return h, nil
}

// sheetOf returns the sheet in the body of a request, and completes the header
// by what stands before it. Whether it is CSV or XLSX is found out by the
// service, whatever the request says.
func sheetOf(r *http.Request, h *spsv1.ImportHeader) (io.Reader, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // what it cannot read is no form
	if kind != "multipart/form-data" {
		h.SizeBytes = uint64(max(r.ContentLength, 0))
		return r.Body, nil
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, access.Invalid(access.Violation{
			Field: "Content-Type", Reason: "FORM", Sentence: "say in Content-Type what stands between the parts of the form (boundary), as curl -F does",
		})
	}
	for {
		part, err := parts.NextPart()
		if err == io.EOF { //nolint:errorlint // a form that was cut has an error with io.EOF in it
			return nil, access.Invalid(access.Violation{
				Field: "sheet", Reason: "REQUIRED", Sentence: "send a part that is called sheet, behind the mapping if there is one",
			})
		}
		if err != nil {
			return nil, notWhole()
		}
		switch part.FormName() {
		case "sheet":
			if h.Filename == "" {
				h.Filename = part.FileName()
			}
			return part, nil
		case "mapping":
			var text strings.Builder
			if _, err = io.Copy(&text, io.LimitReader(part, mostMapping+1)); err != nil {
				return nil, notWhole()
			}
			h.Mapping = text.String() // the contract says how long it may be
		default:
			return nil, access.Invalid(access.Violation{
				Field: part.FormName(), Reason: "UNKNOWN_FIELD", Sentence: "there is no such part; give mapping, which may be left out, and then sheet",
			})
		}
	}
}
