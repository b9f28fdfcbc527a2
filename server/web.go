package server

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/codelist"
	"github.com/spsalert/spsalert/server/web"
)

// maxWebCalls is how many calls the web listener may have under way: they share
// one in-memory connection, and each stream holds one for as long as it lasts.
const maxWebCalls = 1 << 16

// webServer is the web listener's server with the gRPC server behind it, which
// nobody else can reach.
type webServer struct {
	face *web.Server
	near *grpc.ClientConn
	far  *grpc.Server
}

// serveWeb lets the web listener run. It has the services of the office
// listener, and the same guard.
func (s *Server) serveWeb(guard *access.Guard) error {
	memory := access.NewInMemory()
	near, err := memory.Dial()
	if err != nil {
		return fmt.Errorf("web: %w", err)
	}
	w := &webServer{near: near, far: grpc.NewServer(append(s.observed(guard), memory.ServerOption(),
		grpc.MaxConcurrentStreams(maxWebCalls), grpc.MaxRecvMsgSize(s.config.Limits.Request))...)}
	spsv1.RegisterCaseServiceServer(w.far, s.office)
	spsv1.RegisterEvidenceServiceServer(w.far, s.office)
	spsv1.RegisterDraftServiceServer(w.far, s.office.Drafts())
	spsv1.RegisterInspectionServiceServer(w.far, s.office.Inspections())
	spsv1.RegisterSearchServiceServer(w.far, s.office.Searches())
	spsv1.RegisterExportServiceServer(w.far, s.office.Exports())
	spsv1.RegisterAttachmentServiceServer(w.far, s.office)
	spsv1.RegisterFindingServiceServer(w.far, s.findings)
	spsv1.RegisterCodeStatusServiceServer(w.far, s.codeStatus)
	spsv1.RegisterImportServiceServer(w.far, s.imports)
	spsv1.RegisterUnitServiceServer(w.far, s.units)
	spsv1.RegisterConsignmentServiceServer(w.far, s.traders)
	spsv1.RegisterExporterServiceServer(w.far, s.traders)
	spsv1.RegisterAnnouncementServiceServer(w.far, s.announced)
	spsv1.RegisterNodeServiceServer(w.far, s.admin)
	spsv1.RegisterCodeServiceServer(w.far, codelist.New(s.codes))
	tokens := s.tokens
	if tokens == nil {
		tokens = s.register
	}
	w.face, err = web.New(web.Options{
		Conn: near, Tokens: tokens, Logger: s.logger.With("listener", "web"), MaxBody: int64(s.config.Limits.Request),
	})
	if err != nil {
		return errors.Join(err, near.Close())
	}
	s.web = w
	s.running.Go(func() {
		if err := w.far.Serve(memory.Listener()); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			s.fail(fmt.Errorf("web: %w", err))
		}
	})
	s.running.Go(func() {
		if err := w.face.Serve(s.id.tls.WebListener(s.listeners.Web, s.id.web)); err != nil {
			s.fail(fmt.Errorf("listener web: %w", err))
		}
	})
	return nil
}

// stop lets requests end until ctx does. A nil webServer has none.
func (w *webServer) stop(ctx context.Context) error {
	if w == nil {
		return nil
	}
	err := w.face.Stop(ctx)
	w.far.Stop() // nobody calls any more
	return errors.Join(err, w.near.Close())
}
