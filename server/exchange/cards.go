package exchange

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
)

// An office publishes its next card as an entry of its own log. It is put into
// the roster when the entry is durable: before, a crash could leave a roster
// that believes what the ledger has never seen. Between the two a crash can
// leave the roster behind; so when a peer says in its Hello that its card is
// newer than the one here, its log is looked through once.

// applyCards puts the cards of a recorded package into the roster. Nothing that
// is wrong with a card ends the session: the roster stays as it is and the
// administrator is told.
func (x *Exchange) applyCards(ctx context.Context, p ledger.Package) {
	bodies := make(map[uint64][]byte, len(p.Bodies))
	for _, b := range p.Bodies {
		bodies[b.Sequence] = b.Envelope
	}
	for i, b := range p.Leaves {
		body := bodies[p.Start+uint64(i)]
		if body == nil {
			continue
		}
		leaf, err := seal.ParseLeaf(b)
		if err != nil || leaf.GetType() != spsv1.LeafType_LEAF_TYPE_CARD || seal.CheckEnvelope(leaf, body) != nil {
			continue
		}
		if err := x.applyCard(ctx, p.Origin.Office, body); err != nil {
			reason := ReasonCardRefused
			if errors.Is(err, certs.ErrCardConflict) {
				reason = ReasonInconsistent
			}
			x.alarm(p.Origin.Office, reason, fmt.Sprintf("entry %d of %s: %v", leaf.GetSequence(), p.Origin, err))
		}
	}
}

func (x *Exchange) applyCard(ctx context.Context, office certs.Office, body []byte) error {
	var envelope spsv1.Envelope
	if err := proto.Unmarshal(body, &envelope); err != nil {
		return fmt.Errorf("card entry: %w", err)
	}
	if envelope.GetPayloadType() != ledger.CardPayload {
		return fmt.Errorf("card entry with a payload of type %q", clip(envelope.GetPayloadType(), 80))
	}
	card, err := certs.ParseCard(envelope.GetPayload())
	if err != nil {
		return fmt.Errorf("card entry: %w", err)
	}
	if card.Office() != office {
		return fmt.Errorf("card entry of %s holds the card of %s", office, card.Office())
	}
	applied, err := x.roster.Apply(envelope.GetPayload())
	if errors.Is(err, certs.ErrCardOld) {
		return nil
	}
	if applied {
		x.logger.LogAttrs(ctx, slog.LevelInfo, "peer card applied",
			slog.String("peer", string(office)), slog.Uint64("number", card.Number()))
	}
	return err
}

// rescanCards looks through what is held of a log, once in the life of the
// exchange.
func (x *Exchange) rescanCards(ctx context.Context, o certs.Origin) error {
	x.mu.Lock()
	scanned := x.scanned[o]
	x.mu.Unlock()
	for from := uint64(0); !scanned; {
		p, err := x.ledger.Page(ctx, o, from, x.office, ledger.MaxPage)
		if errors.Is(err, ledger.ErrNotFound) || err == nil && len(p.Leaves) == 0 {
			break
		}
		if err != nil {
			return fmt.Errorf("look for cards of %s: %w", o.Office, err)
		}
		x.applyCards(ctx, p)
		from = p.End()
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.scanned[o] = true // not before: a session that is cut meanwhile leaves it to the next
	return nil
}
