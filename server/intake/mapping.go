package intake

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// kindOf returns the kind in the name of a mapping or template.
func kindOf(name string) string {
	_, rest, _ := strings.Cut(name, "/")
	kind, _, _ := strings.Cut(rest, "/")
	return kind
}

func mappingKey(kind, owner string) []byte { return []byte(kind + "\x00" + owner) }

// mapping returns the mapping that an owner has set, or nil.
func (s *Service) mapping(ctx context.Context, kind, owner string) (*spsv1.ImportMapping, error) {
	var m *spsv1.ImportMapping
	err := s.o.Store.View(ctx, func(r store.Reader) error {
		m = nil
		row, err := r.Get(tableMappings, mappingKey(kind, owner))
		if err != nil || row == nil {
			return err
		}
		m = &spsv1.ImportMapping{}
		if err := proto.Unmarshal(row, m); err != nil {
			return fmt.Errorf("%w: the mapping of %s: %w", ledger.ErrCorrupt, owner, err)
		}
		return nil
	})
	return m, err
}

// checkMapping refuses a mapping, in a field of a request, for all that is wrong
// with it.
func checkMapping(kind Kind, field, text string) error {
	err := kind.CheckMapping(text)
	if err == nil {
		return nil
	}
	problems, ok := problemsOf(err)
	if !ok {
		return err
	}
	violations := make([]access.Violation, len(problems))
	for i, p := range problems {
		violations[i] = access.Violation{Field: field, Reason: p.Reason, Sentence: p.Sentence}
		if p.Row > 0 {
			violations[i].Field = fmt.Sprintf("%s:%d", field, p.Row)
		}
	}
	return access.Invalid(violations...)
}

// GetImportMapping implements spsv1.ImportServiceServer.
func (s *Service) GetImportMapping(ctx context.Context, req *spsv1.GetImportMappingRequest) (*spsv1.ImportMapping, error) {
	_, owner, err := s.owned(ctx, kindOf(req.GetName()))
	if err != nil {
		return nil, err
	}
	m, err := s.mapping(ctx, kindOf(req.GetName()), owner)
	if err == nil && m == nil {
		return nil, access.NotFound("no mapping is set: the columns of your sheets are named as in the template")
	}
	return m, err
}

// SetImportMapping implements spsv1.ImportServiceServer.
func (s *Service) SetImportMapping(ctx context.Context, req *spsv1.SetImportMappingRequest) (*spsv1.ImportMapping, error) {
	kind, owner, err := s.owned(ctx, kindOf(req.GetName()))
	if err != nil {
		return nil, err
	}
	who, _, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkMapping(kind, "text", req.GetText()); err != nil {
		return nil, err
	}
	m := &spsv1.ImportMapping{Name: req.GetName(), Text: req.GetText()}
	if req.GetValidateOnly() {
		return m, nil
	}
	m.Setter, m.SetTime = who, timestamppb.New(s.o.Now().UTC())
	row, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	err = s.o.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.Put(tableMappings, mappingKey(kind.Name(), owner), row); err != nil {
			return err
		}
		return access.Record(ctx, tx, m.GetName())
	})
	return m, err
}

// DeleteImportMapping implements spsv1.ImportServiceServer.
func (s *Service) DeleteImportMapping(ctx context.Context, req *spsv1.DeleteImportMappingRequest) (*emptypb.Empty, error) {
	kind, owner, err := s.owned(ctx, kindOf(req.GetName()))
	if err != nil {
		return nil, err
	}
	err = s.o.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.Delete(tableMappings, mappingKey(kind.Name(), owner)); err != nil {
			return err
		}
		return access.Record(ctx, tx, req.GetName())
	})
	return &emptypb.Empty{}, err
}

// templatePiece is how much of a template one message has.
const templatePiece = 64 << 10

// DownloadTemplate implements spsv1.ImportServiceServer.
func (s *Service) DownloadTemplate(req *spsv1.DownloadTemplateRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody]) error {
	ctx := stream.Context()
	kind, _, err := s.owned(ctx, kindOf(req.GetName()))
	if err != nil {
		return err
	}
	mediaType, ending := typeCSV+"; charset=utf-8", "csv"
	if req.GetFormat() == spsv1.TemplateFormat_TEMPLATE_FORMAT_XLSX {
		mediaType, ending = typeXLSX, "xlsx"
	}
	var file bytes.Buffer // a template is small
	if err := kind.Template(&file, req.GetFormat(), access.Reads(ctx)); err != nil {
		return err
	}
	disposition := fmt.Sprintf(`attachment; filename="%s.%s"`, kind.Name(), ending)
	if err := stream.SetHeader(metadata.Pairs("content-disposition", disposition)); err != nil {
		return err
	}
	for file.Len() > 0 {
		if err := stream.Send(&httpbody.HttpBody{ContentType: mediaType, Data: file.Next(templatePiece)}); err != nil {
			return err
		}
	}
	return nil
}
