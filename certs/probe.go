package certs

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"
)

// ErrTurnedAway is returned by [TLS.Probe] if the other side does not believe
// this one. It tells nobody why: its own log does.
var ErrTurnedAway = errors.New("the other side refuses our certificate")

// Probe does the handshake with the node of another office, over a connection
// that the caller has made and closes, and waits until that node has spoken,
// since it judges our certificate only after our part of the handshake is over.
// It returns when the other side's certificate expires.
//
// The error is a [*RefusedError] if this side does not believe the other,
// [ErrTurnedAway] if the other does not believe this one, and otherwise what
// kept the two from finding out.
func (t *TLS) Probe(ctx context.Context, conn net.Conn, office Office) (notAfter time.Time, err error) {
	config := t.Dial(office)
	config.NextProtos = []string{"h2"} // so that the node speaks first
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return time.Time{}, turnedAway(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := secured.Read(make([]byte, 1)); err != nil {
		return time.Time{}, turnedAway(errors.Join(ctx.Err(), err))
	}
	_, notAfter, err = IdentityFrom(secured.ConnectionState())
	return notAfter, err
}

// turnedAway marks what the other side said with an alert.
func turnedAway(err error) error {
	var alert *net.OpError
	if errors.As(err, &alert) && alert.Op == "remote error" {
		return fmt.Errorf("%w: %w", ErrTurnedAway, alert.Err)
	}
	return fmt.Errorf("handshake: %w", err)
}
