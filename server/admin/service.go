package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/backup"
	"github.com/spsalert/spsalert/server/ledger"
)

// Options is what the service works with. All fields but Backups are required.
type Options struct {
	Ledger      *ledger.Ledger
	Roster      *certs.Roster
	Credentials *certs.Credentials // of the node
	Register    *access.Register
	Backups     *backup.Keeper // nil: the node makes none
	// Links tells how the sessions with the peers on the roster stand. The
	// exchange knows; services do not know the exchange.
	Links func(context.Context) (map[certs.Office]Link, error)
	// ReadOnly says why the node issues nothing just now, in words, or "".
	ReadOnly func(context.Context) (string, error)
	// Clock says how the node's clock stands to those of its peers.
	Clock func(context.Context) (Clock, error)
	// TLS and Connect reach a peer beside its session: Connect opens a connection
	// to an address of its card.
	TLS     *certs.TLS
	Connect func(ctx context.Context, address string) (net.Conn, error)
	Now     func() time.Time
	Version string    // of the program
	Started time.Time // when the program started
}

// Link is how the session with one peer stands.
type Link struct {
	Connected bool
	Since     time.Time // when the session began, or the last one ended; zero: never since the start
	Dialled   bool      // by this node
	Software  string    // what the peer runs, as it says
	NotAfter  time.Time // when the certificate of its session expires; zero: there was none
	// Clock is how far the peer's clock is ahead; nil: it was not heard.
	Clock   *time.Duration
	Origin  certs.Origin
	Held    uint64          // entries of the peer's log that are held here
	Known   uint64          // entries that it is known to have
	Receipt *ledger.Receipt // the peer's newest of this office's log; nil if none
	Fault   *Fault          // what went wrong last, or must not happen; nil if nothing
}

// Fault is what went wrong with a peer.
type Fault struct {
	Reason, Words string
	Time          time.Time
}

// Service implements spsv1.NodeServiceServer. It is safe for concurrent use.
type Service struct {
	spsv1.UnimplementedNodeServiceServer
	o Options
}

// New returns the service.
func New(o Options) *Service { return &Service{o: o} }

// GetNode implements spsv1.NodeServiceServer.
func (s *Service) GetNode(ctx context.Context, _ *spsv1.GetNodeRequest) (*spsv1.Node, error) {
	size, err := s.ownSize(ctx)
	if err != nil {
		return nil, err
	}
	why, err := s.o.ReadOnly(ctx)
	if err != nil {
		return nil, fmt.Errorf("whether the node is read-only: %w", err)
	}
	clock, err := s.o.Clock(ctx)
	if err != nil {
		return nil, err
	}
	damage, err := s.damage(ctx)
	if err != nil {
		return nil, err
	}
	own := s.o.Roster.Own()
	node := &spsv1.Node{
		Federation:            own.Federation(),
		Office:                string(own.Office()),
		Version:               s.o.Version,
		Origin:                s.o.Ledger.Origin().String(),
		Size:                  size,
		ReadOnly:              why != "",
		ReadOnlyReason:        why,
		StartTime:             timestamppb.New(s.o.Started),
		CertificateExpireTime: timestamppb.New(s.o.Credentials.NotAfter()),
		CardNumber:            own.Number(),
		Fingerprint:           own.Fingerprint(),
		CurrentTime:           timestamppb.New(s.o.Now()),
		Backups:               s.standing(),
		Ledger:                damage,
	}
	clock.show(node)
	restored, err := s.o.Register.Restored(ctx)
	if err == nil && !restored.IsZero() {
		node.RestoreTime = timestamppb.New(restored)
	}
	return node, err
}

// ListPeers implements spsv1.NodeServiceServer.
func (s *Service) ListPeers(ctx context.Context, _ *spsv1.ListPeersRequest) (*spsv1.ListPeersResponse, error) {
	links, size, err := s.state(ctx)
	if err != nil {
		return nil, err
	}
	resp := &spsv1.ListPeersResponse{}
	for _, office := range s.o.Roster.Offices() {
		if card, ok := s.o.Roster.Card(office); ok { // else it was removed just now
			resp.Peers = append(resp.Peers, peer(card, links[office], size))
		}
	}
	return resp, nil
}

// peersPrefix begins the resource name of a peer.
const peersPrefix = "peers/"

// GetPeer implements spsv1.NodeServiceServer.
func (s *Service) GetPeer(ctx context.Context, req *spsv1.GetPeerRequest) (*spsv1.Peer, error) {
	card, err := s.card(req.GetName())
	if err != nil {
		return nil, err
	}
	return s.peer(ctx, card)
}

// RevokePeer implements spsv1.NodeServiceServer.
func (s *Service) RevokePeer(ctx context.Context, req *spsv1.RevokePeerRequest) (*spsv1.Peer, error) {
	card, err := s.card(req.GetName())
	if err != nil {
		return nil, err
	}
	was, err := s.peer(ctx, card)
	if err != nil {
		return nil, err
	}
	return was, s.o.Roster.Remove(card.Office())
}

// card returns the accepted card of a peer by its resource name.
func (s *Service) card(name string) (*certs.Card, error) {
	card, err := s.o.Roster.Peer(certs.Office(name[len(peersPrefix):]))
	if errors.Is(err, certs.ErrNoCard) {
		return nil, access.NotFound("%s", err)
	}
	return card, err
}

func (s *Service) peer(ctx context.Context, card *certs.Card) (*spsv1.Peer, error) {
	links, size, err := s.state(ctx)
	if err != nil {
		return nil, err
	}
	return peer(card, links[card.Office()], size), nil
}

func (s *Service) state(ctx context.Context) (map[certs.Office]Link, uint64, error) {
	links, err := s.o.Links(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("links to peers: %w", err)
	}
	size, err := s.ownSize(ctx)
	return links, size, err
}

func (s *Service) ownSize(ctx context.Context) (uint64, error) {
	head, err := s.o.Ledger.Head(ctx, s.o.Ledger.Origin())
	if err != nil {
		return 0, fmt.Errorf("head of the own log: %w", err)
	}
	return head.Size, nil
}

func peer(card *certs.Card, link Link, ownSize uint64) *spsv1.Peer {
	p := &spsv1.Peer{
		Name:         peersPrefix + string(card.Office()),
		Office:       string(card.Office()),
		DisplayNames: make(map[string]string),
		Connected:    link.Connected,
		Dialled:      link.Connected && link.Dialled,
		HeldSize:     link.Held,
		KnownSize:    max(link.Known, link.Held),
		OwnSize:      ownSize,
		CardNumber:   card.Number(),
		Fingerprint:  card.Fingerprint(),
		Addresses:    card.Addresses(),
		Software:     link.Software,
	}
	for _, name := range card.Message().GetName() {
		p.DisplayNames[name.GetLang()] = name.GetText()
	}
	if !link.Since.IsZero() {
		p.SinceTime = timestamppb.New(link.Since)
	}
	if !link.NotAfter.IsZero() {
		p.CertificateExpireTime = timestamppb.New(link.NotAfter)
	}
	if link.Clock != nil {
		p.ClockOffset = durationpb.New(*link.Clock)
	}
	if !link.Origin.IsZero() {
		p.Origin = link.Origin.String()
	}
	if r := link.Receipt; r != nil {
		p.ReceiptSize, p.ReceiptTime = r.Size, timestamppb.New(time.Unix(r.Time, 0))
	}
	if f := link.Fault; f != nil {
		p.LastError, p.LastErrorReason, p.LastErrorTime = f.Words, f.Reason, timestamppb.New(f.Time)
	}
	return p
}
