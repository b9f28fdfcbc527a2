package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/codelist"
	"github.com/spsalert/spsalert/server/exchange"
)

const (
	// maxOfficeStreams is how many calls one person or system may have under
	// way: a system that issues hundreds at once shares their commits.
	maxOfficeStreams  = 1024
	maxOfficeHeaders  = 16 << 10
	handshakeLimit    = 10 * time.Second
	officePingAfter   = 30 * time.Second
	officePingLimit   = 10 * time.Second
	officePingAtLeast = 15 * time.Second
)

// listen opens the listeners that were not given.
func (s *Server) listen(ctx context.Context) error {
	var lc net.ListenConfig
	for _, l := range []struct {
		name, address string
		listener      *net.Listener
	}{
		{"peers", s.config.Listen.Peers, &s.listeners.Peers},
		{"office", s.config.Listen.Office, &s.listeners.Office},
		{"web", s.config.Listen.Web, &s.listeners.Web},
		{"ops", s.config.Listen.Ops, &s.listeners.Ops},
	} {
		if *l.listener != nil || l.address == "" {
			continue
		}
		opened, err := lc.Listen(ctx, "tcp", l.address)
		if err != nil {
			return fmt.Errorf("listen.%s: %w", l.name, err)
		}
		*l.listener = opened
	}
	return nil
}

// serve makes the servers and lets them run.
func (s *Server) serve() error {
	guard := &access.Guard{Roster: s.id.roster, Now: s.now, Logger: s.logger, Register: s.register, Systems: s.config.Access.Systems, Units: s.config.Access.Units, FocalPoint: s.config.FocalPoint}
	if s.listeners.Peers != nil {
		s.peersGRPC = grpc.NewServer(append(append(exchange.ServerOptions(), s.observed(guard)...),
			s.creds("peers", credentials.NewTLS(s.id.tls.Peers())))...)
		spsv1.RegisterExchangeServiceServer(s.peersGRPC, s.exchange)
		grpc_health_v1.RegisterHealthServer(s.peersGRPC, s.health)
		s.run("peers", s.peersGRPC, newCrowded(s.listeners.Peers, s.config.Limits.Connections))
	}
	s.peopleRPC = grpc.NewServer(append(append(s.officeOptions(), s.observed(guard)...),
		s.creds("office", credentials.NewTLS(s.id.tls.Office())))...)
	spsv1.RegisterCaseServiceServer(s.peopleRPC, s.office)
	spsv1.RegisterEvidenceServiceServer(s.peopleRPC, s.office)
	spsv1.RegisterDraftServiceServer(s.peopleRPC, s.office.Drafts())
	spsv1.RegisterInspectionServiceServer(s.peopleRPC, s.office.Inspections())
	spsv1.RegisterSearchServiceServer(s.peopleRPC, s.office.Searches())
	spsv1.RegisterExportServiceServer(s.peopleRPC, s.office.Exports())
	spsv1.RegisterAttachmentServiceServer(s.peopleRPC, s.office)
	spsv1.RegisterFindingServiceServer(s.peopleRPC, s.findings)
	spsv1.RegisterCodeStatusServiceServer(s.peopleRPC, s.codeStatus)
	spsv1.RegisterImportServiceServer(s.peopleRPC, s.imports)
	spsv1.RegisterUnitServiceServer(s.peopleRPC, s.units)
	spsv1.RegisterConsignmentServiceServer(s.peopleRPC, s.traders)
	spsv1.RegisterExporterServiceServer(s.peopleRPC, s.traders)
	spsv1.RegisterAnnouncementServiceServer(s.peopleRPC, s.announced)
	spsv1.RegisterNodeServiceServer(s.peopleRPC, s.admin)
	spsv1.RegisterCodeServiceServer(s.peopleRPC, codelist.New(s.codes))
	grpc_health_v1.RegisterHealthServer(s.peopleRPC, s.health)
	reflection.RegisterV1(s.peopleRPC)
	s.run("office", s.peopleRPC, s.listeners.Office)
	if s.listeners.Web != nil {
		if err := s.serveWeb(guard); err != nil {
			return err
		}
	}
	if s.listeners.Ops != nil {
		s.ops = s.newOps()
		s.running.Go(func() {
			if err := s.ops.serve(s.listeners.Ops); err != nil {
				s.fail(fmt.Errorf("listener ops: %w", err))
			}
		})
	}
	return nil
}

func (s *Server) officeOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: officePingAfter, Timeout: officePingLimit}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: officePingAtLeast, PermitWithoutStream: true}),
		grpc.ConnectionTimeout(handshakeLimit),
		grpc.MaxConcurrentStreams(maxOfficeStreams),
		grpc.MaxRecvMsgSize(s.config.Limits.Request),
		grpc.MaxHeaderListSize(maxOfficeHeaders),
	}
}

func (s *Server) run(name string, srv *grpc.Server, l net.Listener) {
	for service := range srv.GetServiceInfo() {
		s.health.SetServingStatus(service, grpc_health_v1.HealthCheckResponse_SERVING)
	}
	s.running.Go(func() {
		if err := srv.Serve(l); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			s.fail(fmt.Errorf("listener %s: %w", name, err))
		}
	})
}

// creds returns transport credentials that log and count whom a handshake
// refused: the other side learns nothing but that it was.
func (s *Server) creds(listener string, tls credentials.TransportCredentials) grpc.ServerOption {
	return grpc.Creds(loggedHandshakes{
		TransportCredentials: tls, log: (&refusals{logger: s.logger.With("listener", listener), now: time.Now}).log,
		refused: func(err error) { s.metrics.HandshakeRefused(listener, failedCheck(err)) },
	})
}

type loggedHandshakes struct {
	credentials.TransportCredentials
	log     func(net.Conn, error)
	refused func(error)
}

func (l loggedHandshakes) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	secured, info, err := l.TransportCredentials.ServerHandshake(conn)
	if err != nil {
		l.log(conn, err)
		l.refused(err)
	}
	return secured, info, err
}

func (l loggedHandshakes) Clone() credentials.TransportCredentials {
	l.TransportCredentials = l.TransportCredentials.Clone()
	return l
}

// stopGRPC lets calls end until ctx does.
func stopGRPC(ctx context.Context, srv *grpc.Server) {
	stop := context.AfterFunc(ctx, srv.Stop)
	defer stop()
	srv.GracefulStop()
}
