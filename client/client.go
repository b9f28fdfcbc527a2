package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Options say which node to speak to and as whom. [Context.Options] reads them
// from a file of contexts.
type Options struct {
	// Address is the node's office listener, host:port.
	Address string
	// Card is the peer card of the own office. The node is believed if the roots
	// on it vouch for its certificate.
	Card *certs.Card
	// Credentials are the caller's own; renewed ones count from the next
	// connection on.
	Credentials *certs.Credentials
	// Now is the clock by which certificates are checked; nil: time.Now.
	Now func() time.Time
	// Language says in which language errors are told, as the header
	// Accept-Language does, such as "vi" or "th, en;q=0.5"; empty: in English.
	Language string
	// ActingFor is the id of the person for whom calls are made, with the role that is
	// lent for that; empty: in the own role.
	ActingFor string
	// DialContext, if set, makes the connection below TLS.
	DialContext func(ctx context.Context, address string) (net.Conn, error)
}

// Client is a connection to one node. All methods are safe for concurrent use.
type Client struct {
	office certs.Office
	conn   *grpc.ClientConn
}

// serviceConfig tries calls again that the node did not take. RESOURCE_EXHAUSTED
// and the like are answers, and left to the caller.
const serviceConfig = `{"methodConfig": [{
	"name": [{"service": "sps.v1.CaseService"}, {"service": "sps.v1.EvidenceService"}, {"service": "sps.v1.NodeService"}],
	"retryPolicy": {
		"maxAttempts": 4, "initialBackoff": "0.2s", "maxBackoff": "2s", "backoffMultiplier": 2,
		"retryableStatusCodes": ["UNAVAILABLE"]
	}
}]}`

// maxMessage bounds what is received in one message: a page of a thousand
// statements of the common size.
const maxMessage = 64 << 20

// Dial connects to a node. It returns when the node has accepted the caller's
// certificate, or the caller's own side has refused the node's; the connection
// is made again by itself whenever it breaks.
//
// The error is an [*Error] if the node could not be reached or one side does
// not trust the other; see [Error.Untrusted].
func Dial(ctx context.Context, opts Options) (*Client, error) {
	if opts.Card == nil || opts.Credentials == nil {
		return nil, errors.New("dial a node: it takes the office's card and the caller's credentials")
	}
	if err := opts.Check(); err != nil {
		e := &Error{Code: codes.Unavailable, Message: err.Error(), untrusted: true, status: status.New(codes.Unavailable, err.Error())}
		return nil, fmt.Errorf("dial the node of %s at %s: %w", opts.Card.Office(), opts.Address, e)
	}
	secure := &handshake{
		TransportCredentials: credentials.NewTLS(certs.ClientTLS(opts.Credentials, opts.Card, opts.Now)),
		check:                opts.Check,
		hungUp:               new(atomic.Int32),
	}
	more := []grpc.DialOption{grpc.WithTransportCredentials(secure)}
	if opts.DialContext != nil {
		more = append(more, grpc.WithContextDialer(opts.DialContext))
	}
	for _, t := range []told{{"accept-language", opts.Language}, {"acting-for", opts.ActingFor}} {
		if t.value == "" {
			continue
		}
		more = append(more, grpc.WithChainUnaryInterceptor(t.unary), grpc.WithChainStreamInterceptor(t.stream))
	}
	c, err := newClient(opts.Card.Office(), opts.Address, more...)
	if err != nil {
		return nil, err
	}
	if err := c.reach(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("dial the node of %s at %s: %w", c.office, opts.Address, err), c.Close())
	}
	return c, nil
}

func newClient(office certs.Office, address string, more ...grpc.DialOption) (*Client, error) {
	opts := append([]grpc.DialOption{
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithDisableServiceConfig(), // from DNS
		grpc.WithChainUnaryInterceptor(unaryErrors),
		grpc.WithChainStreamInterceptor(streamErrors),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * time.Second},
			MinConnectTimeout: 10 * time.Second,
		}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: 30 * time.Second, Timeout: 10 * time.Second, PermitWithoutStream: true,
		}),
	}, more...)
	// passthrough: the dialler resolves names, so a proxy or a test may too.
	conn, err := grpc.NewClient("passthrough:///"+address, opts...)
	if err != nil {
		return nil, fmt.Errorf("dial the node of %s at %s: %w", office, address, err)
	}
	return &Client{office: office, conn: conn}, nil
}

// reachWithin is how long Dial tries before it says that nobody answers.
const reachWithin = 2 * time.Second

// reach asks the node for a sign of life. Any answer of the node is one. It
// tries more than once: a node may be killed at any moment. One that hangs up on
// us each time is asked until it is clear that it means our certificate.
func (c *Client) reach(ctx context.Context) error {
	for end := time.Now().Add(reachWithin); ; {
		_, err := grpc_health_v1.NewHealthClient(c.conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
		var e *Error
		switch {
		case !errors.As(err, &e):
			return nil
		case e.Code == codes.DeadlineExceeded, e.Code == codes.Canceled, e.Untrusted():
			return err
		case e.Code != codes.Unavailable:
			return nil
		case time.Now().After(end) && !strings.Contains(e.Message, errHungUp.Error()), !pause(ctx, shortestWait):
			return err
		}
	}
}

// Close ends the connection and every call on it.
func (c *Client) Close() error { return c.conn.Close() }

// Office returns the office whose node this is.
func (c *Client) Office() certs.Office { return c.office }

// CaseService returns the generated client, for what has no method here.
func (c *Client) CaseService() spsv1.CaseServiceClient { return spsv1.NewCaseServiceClient(c.conn) }

// DraftService returns the generated client, for what has no method here.
func (c *Client) DraftService() spsv1.DraftServiceClient { return spsv1.NewDraftServiceClient(c.conn) }

// CodeService returns the generated client, for what has no method here.
func (c *Client) CodeService() spsv1.CodeServiceClient { return spsv1.NewCodeServiceClient(c.conn) }

// EvidenceService returns the generated client, for what has no method here.
func (c *Client) EvidenceService() spsv1.EvidenceServiceClient {
	return spsv1.NewEvidenceServiceClient(c.conn)
}

// NodeService returns the generated client, for what has no method here.
func (c *Client) NodeService() spsv1.NodeServiceClient { return spsv1.NewNodeServiceClient(c.conn) }
