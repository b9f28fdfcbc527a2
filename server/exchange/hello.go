package exchange

import (
	"context"
	"log/slog"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// version is the version of the protocol that this node speaks.
const version = 1

// hello returns this node's Hello.
func (x *Exchange) hello() *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Hello{Hello: &spsv1.Hello{
		Versions:   []uint32{version},
		Federation: x.federation,
		Office:     string(x.office),
		Origin:     x.ledger.Origin().String(),
		Time:       timestamppb.New(x.now()),
		CardNumber: x.roster.Own().Number(),
		Software:   x.software,
		Features:   []string{featureUrgent, featurePart, featureBody, featureMisbehaviour},
	}}}
}

// judge checks the peer's Hello against its certificate and returns its log.
func (s *session) judge(h *spsv1.Hello) (certs.Origin, *ending) {
	if !slices.Contains(h.GetVersions(), version) {
		return certs.Origin{}, closing(spsv1.ByeReason_BYE_REASON_VERSION, ReasonVersion,
			"versions %v, want %d among them", h.GetVersions()[:min(len(h.GetVersions()), 16)], version)
	}
	if h.GetFederation() != s.x.federation || h.GetFederation() != s.peer.Federation {
		return certs.Origin{}, refuse(ReasonBadEncoding, "federation %q, want %q", clip(h.GetFederation(), 80), s.x.federation)
	}
	if h.GetOffice() != string(s.peer.Office) {
		return certs.Origin{}, refuse(ReasonBadEncoding, "office %q, want that of the certificate, %s", clip(h.GetOffice(), 80), s.peer.Office)
	}
	o, err := s.log(h.GetOrigin())
	if err != nil {
		return certs.Origin{}, err
	}
	if o.Office != s.peer.Office {
		return certs.Origin{}, refuse(ReasonBadEncoding, "own log %s, want one of %s", o, s.peer.Office)
	}
	return o, nil
}

// introduce says in Hello which receipt of the peer is held here.
func (s *session) introduce(ctx context.Context) error {
	theirs, err := s.x.ledger.ReceiptOf(ctx, s.peer.Office, s.x.ledger.Origin())
	if err != nil {
		return err
	}
	t := &timestamppb.Timestamp{}
	if theirs != nil {
		t.Seconds = theirs.Time
	}
	s.outbox.hello.GetHello().ReceiptTime = t
	return nil
}

// begin opens the session for frames of every kind: it wants the peer's log
// from where it is held here, tells the peer the own head and how far its log
// is known here, and repeats the newest receipt, which may have been lost.
func (s *session) begin(ctx context.Context, origin certs.Origin) *ending {
	hello := s.inbox.hello
	if hello.GetCardNumber() > s.peer.Card.Number() {
		if err := s.x.rescanCards(ctx, origin); err != nil {
			return s.x.failure(err)
		}
	}
	held, err := s.x.held(ctx, origin)
	if err != nil {
		return s.x.failure(err)
	}
	earlier, known, err := s.epochs(ctx, origin)
	if err != nil {
		return s.x.failure(err)
	}
	theirs, err := s.x.ledger.ReceiptOf(ctx, s.peer.Office, s.x.ledger.Origin())
	if err != nil {
		return s.x.failure(err)
	}
	s.x.update(s.peer.Office, func(st *Status) {
		st.Origin, st.Held, st.Known = origin, held, held
		st.Software = clip(hello.GetSoftware(), 100)
		st.Receipt = theirs
	})
	s.logger.LogAttrs(ctx, slog.LevelInfo, "session begins", slog.String("log", origin.String()),
		slog.Uint64("held", held), slog.String("software", clip(hello.GetSoftware(), 100)))

	if err := s.open(ctx, origin, earlier, known); err != nil {
		return s.x.failure(err)
	}
	return nil
}

// open lets frames of every kind go. The heads of third logs are compared at
// once, so that two parts of a federation find out what separates them.
func (s *session) open(ctx context.Context, origin certs.Origin, earlier, known []certs.Origin) error {
	s.mu.Lock()
	s.origin = origin
	for _, o := range append(earlier, origin) {
		s.inbox.wanted[o] = &order{} // its size is looked up when it goes
		s.outbox.wants[o] = true
		s.outbox.receipts[o] = true
	}
	for _, o := range append(known, s.x.ledger.Origin()) {
		s.outbox.heads[o] = true
	}
	if t := s.inbox.hello.GetReceiptTime(); t != nil {
		s.outbox.receipted[origin] = seal.Receipt{Time: t.GetSeconds()}
	}
	s.outbox.open = true
	s.mu.Unlock()
	err := s.gossip(ctx)
	poke(s.wake)
	return err
}
