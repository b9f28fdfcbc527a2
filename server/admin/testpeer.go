package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

const (
	// addressLimit is how long one address is tried, and testLimit how long all.
	addressLimit = 5 * time.Second
	testLimit    = 20 * time.Second
	// clockLimit is how far two clocks may be apart before somebody should look.
	clockLimit = 10 * time.Minute
)

// TestPeer implements spsv1.NodeServiceServer.
func (s *Service) TestPeer(ctx context.Context, req *spsv1.TestPeerRequest) (*spsv1.TestPeerResponse, error) {
	card, err := s.card(req.GetName())
	if err != nil {
		return nil, err
	}
	t := &linkTest{office: card.Office(), now: s.o.Now()}
	t.ok("card", "number %d, fingerprint %s", card.Number(), card.Fingerprint())
	t.addresses(ctx, s.o, card)
	links, size, err := s.state(ctx) // after the dialling, which takes its time
	if err != nil {
		return nil, err
	}
	link := links[card.Office()]
	t.session(link)
	t.clock(link)
	t.entries(link)
	t.receipt(link, size)
	return &spsv1.TestPeerResponse{Name: req.GetName(), Checks: t.checks}, nil
}

// linkTest collects what one test of a link finds.
type linkTest struct {
	office  certs.Office
	now     time.Time
	address string // what is being tried; empty: the check is not about one
	checks  []*spsv1.PeerCheck
}

func (t *linkTest) add(state spsv1.PeerCheckState, check, reason, fix, detail string) {
	t.checks = append(t.checks, &spsv1.PeerCheck{
		Check: check, Address: t.address, State: state, Reason: reason, Fix: fix, Detail: detail,
	})
}

func (t *linkTest) ok(check, detail string, args ...any) {
	t.add(spsv1.PeerCheckState_PEER_CHECK_STATE_OK, check, "", "", fmt.Sprintf(detail, args...))
}

func (t *linkTest) look(check, reason, fix, detail string, args ...any) {
	t.add(spsv1.PeerCheckState_PEER_CHECK_STATE_LOOK, check, reason, fix, fmt.Sprintf(detail, args...))
}

func (t *linkTest) broken(check, reason, fix, detail string, args ...any) {
	t.add(spsv1.PeerCheckState_PEER_CHECK_STATE_BROKEN, check, reason, fix, fmt.Sprintf(detail, args...))
}

// addresses tries every address of the card.
func (t *linkTest) addresses(ctx context.Context, o Options, card *certs.Card) {
	if len(card.Addresses()) == 0 {
		t.ok("address", "the card of %s has no address: %s dials this node", t.office, t.office)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, testLimit)
	defer cancel()
	for _, address := range card.Addresses() {
		t.address = address
		t.reach(ctx, o)
	}
	t.address = ""
}

// reach connects to one address, and asks each side what it makes of the other.
func (t *linkTest) reach(ctx context.Context, o Options) {
	ctx, cancel := context.WithTimeout(ctx, addressLimit)
	defer cancel()
	began := time.Now()
	conn, err := o.Connect(ctx, t.address)
	if err != nil {
		t.broken("connect", "UNREACHABLE", fmt.Sprintf("ask %s whether its node runs and the address is right, and both sides whether a firewall lets TCP through", t.office), "%s", err)
		return
	}
	defer func() { _ = conn.Close() }() // nothing was said on it
	t.ok("connect", "within %s", time.Since(began).Round(100*time.Microsecond))
	notAfter, err := o.TLS.Probe(ctx, conn, t.office)
	var refused *certs.RefusedError
	switch {
	case errors.As(err, &refused):
		t.broken("handshake", string(refused.Check), refused.Fix, "this node refuses %s: %s", refused.Certificate, refused.Problem)
	case errors.Is(err, certs.ErrTurnedAway):
		t.ok("handshake", "this node believes %s", t.office)
		t.broken("their_side", "", fmt.Sprintf("the log of %s names the check that failed, as `handshake refused`; most often it has not accepted this office's card", t.office),
			"%s does not believe this node: %s", t.office, err)
	case err != nil:
		t.broken("handshake", "BROKEN", "look whether something between the two nodes ends TLS: nothing may", "%s", err)
	default:
		t.ok("handshake", "this node believes %s; its certificate expires %s", t.office, notAfter.UTC().Format(time.DateOnly))
		t.ok("their_side", "%s believes this node", t.office)
	}
}

// session says how the session stands that the exchange keeps.
func (t *linkTest) session(link Link) {
	switch {
	case link.Connected && link.Fault != nil: // only an alarm outlasts the next session
		t.look("session", link.Fault.Reason, "read what docs/runbook.md says about SpsdPeerAlarm", "up since %s; %s", when(link.Since), link.Fault.Words)
	case link.Connected:
		by := string(t.office)
		if link.Dialled {
			by = "this node"
		}
		t.ok("session", "up since %s, dialled by %s, they run %s", when(link.Since), by, link.Software)
	case link.Fault != nil:
		t.broken("session", link.Fault.Reason, "docs/protocol.md has the reasons; this node tries again by itself", "down; at %s: %s", when(link.Fault.Time), link.Fault.Words)
	default:
		t.broken("session", "", "wait some seconds and test again; if it has no address, "+string(t.office)+" must dial", "there has been none since this node started")
	}
}

func (t *linkTest) clock(link Link) {
	if link.Clock == nil {
		return
	}
	if link.Clock.Abs() > clockLimit {
		t.look("clock", "", "compare both clocks with a third, and let NTP set the wrong one", "the clock of %s is %s", t.office, ahead(*link.Clock))
		return
	}
	t.ok("clock", "theirs is %s", ahead(*link.Clock))
}

func ahead(d time.Duration) string {
	if d < 0 {
		return (-d).Round(time.Millisecond).String() + " behind ours"
	}
	return d.Round(time.Millisecond).String() + " ahead of ours"
}

func (t *linkTest) entries(link Link) {
	switch missing := int64(link.Known) - int64(link.Held); {
	case link.Origin.IsZero():
	case missing > 0 && link.Connected:
		t.look("entries", "", "wait: they are coming; if the number does not fall, look at the line", "%d of %d of %s are not here yet", missing, link.Known, link.Origin)
	case missing > 0:
		t.broken("entries", "", "they come when the session is up", "%d of %d of %s are not here", missing, link.Known, link.Origin)
	default:
		t.ok("entries", "all %d of %s are here", link.Held, link.Origin)
	}
}

func (t *linkTest) receipt(link Link, size uint64) {
	switch r := link.Receipt; {
	case r == nil && !link.Connected:
		t.broken("receipt", "", "it comes after the first session", "%s has given no receipt of our log yet", t.office)
	case r == nil:
		t.look("receipt", "", "wait a minute; then ask whether the node of "+string(t.office)+" is read-only", "%s has given no receipt of our log yet", t.office)
	case r.Size < size:
		t.look("receipt", "", "wait a minute; then ask whether the node of "+string(t.office)+" is read-only", "%s has receipted %d of our %d entries, last at %s", t.office, r.Size, size, when(time.Unix(r.Time, 0)))
	default:
		t.ok("receipt", "%s has receipted all %d of our entries, at %s", t.office, r.Size, when(time.Unix(r.Time, 0)))
	}
}

func when(at time.Time) string { return at.UTC().Format(time.RFC3339) }
