package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/credentials"

	"github.com/spsalert/spsalert/certs"
)

// hangUps is how many times in a row a node hangs up on a certificate before
// that counts as its verdict, and not as a node that was killed.
const hangUps = 3

var (
	// errHungUp says that the connection ended after our part of the handshake
	// and before the node said anything: it was killed, or refuses us.
	errHungUp = errors.New("the node hung up after the handshake")
	// errTurnedAway says that it refuses us.
	errTurnedAway = errors.New("the node hung up on our certificate")
)

// handshake is the security of a client's connections. In TLS 1.3 a node judges
// our certificate when our part of the handshake is over, so that a refusal
// would be met by whatever is read or written next. Here it is met by the
// handshake itself, which ends with the first byte that the node says: the
// beginning of its HTTP/2 settings, which it sends unasked, or an alert.
type handshake struct {
	credentials.TransportCredentials
	check  func() error  // of our own certificate
	hungUp *atomic.Int32 // how often in a row
}

// ClientHandshake fails if a node does not believe us.
func (h *handshake) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	if err := h.check(); err != nil {
		return nil, nil, err
	}
	conn, info, err := h.TransportCredentials.ClientHandshake(ctx, authority, raw)
	if err != nil {
		h.hungUp.Store(0)
		return nil, nil, err
	}
	begun, err := hear(ctx, conn)
	switch {
	case err == nil, ctx.Err() != nil:
		h.hungUp.Store(0)
	case strings.Contains(err.Error(), "remote error: tls:"):
		err = fmt.Errorf("%w: %w", errTurnedAway, err)
	case h.hungUp.Add(1) >= hangUps:
		err = fmt.Errorf("%w, %d times in a row: %w", errTurnedAway, h.hungUp.Load(), err)
	default:
		err = fmt.Errorf("%w: %w", errHungUp, err)
	}
	if err != nil {
		return nil, nil, err
	}
	return begun, info, nil
}

// Clone returns a copy that counts together with this one.
func (h *handshake) Clone() credentials.TransportCredentials {
	return &handshake{TransportCredentials: h.TransportCredentials.Clone(), check: h.check, hungUp: h.hungUp}
}

// hear waits for the first byte, which the connection that it returns reads
// again. The error is that of ctx if it ends first.
func hear(ctx context.Context, conn net.Conn) (net.Conn, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	first := make([]byte, 1)
	_, err := conn.Read(first)
	if !stop() {
		return nil, fmt.Errorf("the node says nothing: %w", ctx.Err())
	}
	return &heard{Conn: conn, first: first}, err
}

// heard is a connection of which the first byte was read.
type heard struct {
	net.Conn
	first []byte // until it was read again
}

func (h *heard) Read(p []byte) (int, error) {
	if len(h.first) == 0 || len(p) == 0 {
		return h.Conn.Read(p)
	}
	n := copy(p, h.first)
	h.first = nil
	return n, nil
}

// yourCertificate begins what is said about the caller's own certificate.
const yourCertificate = "your certificate "

// Check reports why the node will not believe the caller's certificate, as
// far as the office's card and the clock tell.
func (o Options) Check() error {
	err := certs.CheckClient(o.Credentials, o.Card, o.Now)
	if err == nil {
		return nil
	}
	const remedy = "ask your administrator for a new one (spsctl ca issue)"
	now := time.Now
	if o.Now != nil {
		now = o.Now
	}
	if until := o.Credentials.NotAfter(); now().After(until) {
		return fmt.Errorf("%s%s expired %s: %s", yourCertificate, o.Credentials.Identity(), until.UTC().Format(time.DateOnly), remedy)
	}
	return fmt.Errorf("%s%s will not be believed: %w: %s", yourCertificate, o.Credentials.Identity(), err, remedy)
}
