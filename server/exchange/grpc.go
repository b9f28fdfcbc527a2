package exchange

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

const (
	pingAfter      = 30 * time.Second // without hearing anything
	pingLimit      = 10 * time.Second // for the answer
	pingLeast      = 15 * time.Second // between pings of a peer, which else is cut off
	handshakeLimit = 10 * time.Second
	maxStreams     = 64
	maxMessage     = 2 << 20   // above MaxFrame, so that a frame too large is refused by name
	maxHeaders     = 16 << 10  // of a header list
	streamWindow   = maxWindow // the flow of the session bounds what is on its way
)

// writeBuffer is how many bytes gRPC gathers before it writes: none. Frames in
// one write are one TLS record, of up to 16 KiB. The peer can take none of them
// before the last byte has come, 2 s later on a line of 64 kbit/s, and then
// credits all of them at once; a sender with a window of two frames has nothing
// on the line meanwhile.
const writeBuffer = 0

// ServerOptions returns the settings of the gRPC server that peers dial.
// Transport credentials and the guard of package access are added by the
// caller.
func ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: pingAfter, Timeout: pingLimit}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: pingLeast, PermitWithoutStream: true}),
		grpc.ConnectionTimeout(handshakeLimit),
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.MaxHeaderListSize(maxHeaders),
		grpc.InitialWindowSize(streamWindow),
		grpc.InitialConnWindowSize(streamWindow),
		grpc.WriteBufferSize(writeBuffer),
	}
}

// DialOptions returns the settings with which peers are dialled. Transport
// credentials are added by the caller.
func DialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: pingAfter, Timeout: pingLimit, PermitWithoutStream: true}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: redialMin, Multiplier: 1.6, Jitter: 0.2, MaxDelay: redialMax},
			MinConnectTimeout: handshakeLimit,
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)),
		grpc.WithMaxHeaderListSize(maxHeaders),
		grpc.WithInitialWindowSize(streamWindow),
		grpc.WithInitialConnWindowSize(streamWindow),
		grpc.WithWriteBufferSize(writeBuffer),
	}
}

// Exchange is the method that peers call. Who calls is decided by the
// certificate of the connection alone.
func (x *Exchange) Exchange(stream spsv1.ExchangeService_ExchangeServer) error {
	peer, err := certs.PeerFromContext(stream.Context(), x.roster)
	switch {
	case errors.Is(err, certs.ErrNoCard):
		return &access.Refusal{
			Code: codes.PermissionDenied, Reason: access.ReasonUnknownPeer,
			Sentence: "no card of your office is accepted here: ask this node's administrator",
		}
	case err != nil:
		return &access.Refusal{Code: codes.Unauthenticated, Reason: access.ReasonDenied, Sentence: err.Error()}
	case !peer.IsNode() || peer.Office == x.office:
		return &access.Refusal{
			Code: codes.PermissionDenied, Reason: access.ReasonDenied,
			Sentence: fmt.Sprintf("%s is not the node of a peer", peer.Identity),
		}
	}
	if err := stream.SendHeader(nil); err != nil { // tells the dialler that it is let in
		return err
	}
	return x.Session(stream.Context(), serverStream{stream}, peer, false)
}

// serverStream is the stream of a peer that dialled this node.
type serverStream struct {
	spsv1.ExchangeService_ExchangeServer
}

func (s serverStream) Send(f *spsv1.Frame) error {
	return s.ExchangeService_ExchangeServer.Send(&spsv1.ExchangeResponse{Frame: f})
}

func (s serverStream) Recv() (*spsv1.Frame, error) {
	m, err := s.ExchangeService_ExchangeServer.Recv()
	return m.GetFrame(), err
}

// GRPC returns the dialer of nodes: gRPC over mutual TLS, a connection for each
// session. options are added to [DialOptions].
func GRPC(t *certs.TLS, options ...grpc.DialOption) Dialer {
	return func(ctx context.Context, card *certs.Card) (Link, error) {
		all := append(DialOptions(), grpc.WithTransportCredentials(credentials.NewTLS(t.Dial(card.Office()))))
		all = append(all, options...)
		var errs []error
		for _, address := range card.Addresses() {
			link, err := connect(ctx, t.Roster, address, all)
			if err == nil {
				return link, nil
			}
			errs = append(errs, fmt.Errorf("dial %s at %s: %w", card.Office(), address, err))
			if ctx.Err() != nil {
				break
			}
		}
		return nil, errors.Join(errs...)
	}
}

// connect dials one address and waits until the other side lets the stream in.
func connect(ctx context.Context, roster *certs.Roster, address string, options []grpc.DialOption) (_ Link, err error) {
	conn, err := grpc.NewClient("passthrough:///"+address, options...)
	if err != nil {
		return nil, err
	}
	// The stream outlives ctx: it is closed after its Bye.
	streamCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			cancel()
			_ = conn.Close()
		}
	}()
	dialling, done := context.WithTimeoutCause(ctx, 2*handshakeLimit, errHandshake)
	defer done()
	let := context.AfterFunc(dialling, cancel)
	stream, err := spsv1.NewExchangeServiceClient(conn).Exchange(streamCtx)
	if err != nil {
		return nil, cmp.Or(context.Cause(dialling), err)
	}
	if _, err := stream.Header(); err != nil {
		return nil, cmp.Or(context.Cause(dialling), err)
	}
	if !let() {
		return nil, context.Cause(dialling)
	}
	peer, err := certs.PeerFromContext(stream.Context(), roster)
	if err != nil {
		return nil, err
	}
	return &clientStream{ExchangeService_ExchangeClient: stream, conn: conn, cancel: cancel, peer: peer}, nil
}

var errHandshake = errors.New("no answer within the limit of the handshake")

// clientStream is the stream to a peer that this node dialled.
type clientStream struct {
	spsv1.ExchangeService_ExchangeClient
	conn   *grpc.ClientConn
	cancel context.CancelFunc
	peer   certs.Peer
}

func (s *clientStream) Send(f *spsv1.Frame) error {
	return s.ExchangeService_ExchangeClient.Send(&spsv1.ExchangeRequest{Frame: f})
}

func (s *clientStream) Recv() (*spsv1.Frame, error) {
	m, err := s.ExchangeService_ExchangeClient.Recv()
	return m.GetFrame(), err
}

func (s *clientStream) Peer() certs.Peer { return s.peer }

func (s *clientStream) Close() error {
	s.cancel()
	return s.conn.Close()
}
