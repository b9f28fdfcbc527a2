package certs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
)

// ErrNoIdentity is returned for a call that did not come over a verified
// mutual TLS connection. The caller is nobody, and MUST be refused unless the
// connection proves who it is in another way.
var ErrNoIdentity = errors.New("the connection carries no verified identity")

// Peer is who is at the other end of a connection: the node of another office,
// or a person or system of the own one.
type Peer struct {
	Identity
	NotAfter time.Time // when its certificate expires; its session MUST end then
	Card     *Card     // the accepted card of its office as it is now
}

// PeerFromContext returns who is at the other end of the gRPC connection of a
// call, at a server or at a client, from nothing but the certificate that the
// handshake verified. Metadata is never looked at.
//
// The errors are [ErrNoIdentity], and [ErrNoCard] if the card of its office
// was removed from the roster since the handshake.
func PeerFromContext(ctx context.Context, roster *Roster) (Peer, error) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return Peer{}, ErrNoIdentity
	}
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok {
		return Peer{}, ErrNoIdentity
	}
	id, notAfter, err := IdentityFrom(info.State)
	if err != nil {
		return Peer{}, fmt.Errorf("%w: %w", ErrNoIdentity, err)
	}
	card, err := roster.card(id.Office)
	if err != nil {
		return Peer{}, err
	}
	return Peer{Identity: id, NotAfter: notAfter, Card: card}, nil
}
