package office

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/certs/seal/evidence"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
)

// past remembers where in the logs there are cards and readdresses, which are
// few and in no index. It goes on where it stopped the last time; the first
// time it reads all leaves of a log, some hundred thousand in a second.
type past struct {
	mu   sync.Mutex
	logs map[certs.Origin]*logPast
}

type logPast struct {
	next        uint64
	cards       []uint64
	readdresses map[string][]uint64 // by the record hash of their subject
}

// of returns what there is in a log.
func (p *past) of(ctx context.Context, l *ledger.Ledger, o certs.Origin) (logPast, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.logs == nil {
		p.logs = make(map[certs.Origin]*logPast)
	}
	at := p.logs[o]
	if at == nil {
		at = &logPast{readdresses: make(map[string][]uint64)}
		p.logs[o] = at
	}
	var err error
	at.next, err = l.Leaves(ctx, o, at.next, func(seq uint64, b []byte) {
		leaf, err := seal.ParseLeaf(b)
		switch {
		case err != nil:
		case leaf.GetType() == spsv1.LeafType_LEAF_TYPE_CARD:
			at.cards = append(at.cards, seq)
		case leaf.GetType() == spsv1.LeafType_LEAF_TYPE_READDRESS:
			subject := string(leaf.GetSubject().GetRecordHash())
			at.readdresses[subject] = append(at.readdresses[subject], seq)
		}
	})
	if errors.Is(err, ledger.ErrNotFound) {
		err = nil
	}
	return logPast{cards: slices.Clone(at.cards), readdresses: maps.Clone(at.readdresses)}, err
}

// logsOf returns the logs of an office that are held, oldest first.
func (s *Service) logsOf(ctx context.Context, office certs.Office) ([]certs.Origin, error) {
	heads, err := s.o.Ledger.Heads(ctx)
	if err != nil {
		return nil, err
	}
	var all []certs.Origin
	for _, h := range heads {
		if h.Origin.Office == office {
			all = append(all, h.Origin)
		}
	}
	return all, nil
}

// readdresses returns the sound and sealed readdresses of a statement, in the
// order of their logs.
func (s *Service) readdresses(ctx context.Context, e ledger.Entry) ([]ledger.Entry, error) {
	logs, err := s.logsOf(ctx, e.Origin.Office)
	if err != nil {
		return nil, err
	}
	var found []ledger.Entry
	for _, o := range logs {
		p, err := s.past.of(ctx, s.o.Ledger, o)
		if err != nil {
			return nil, err
		}
		head, err := s.o.Ledger.Head(ctx, o)
		if err != nil {
			return nil, err
		}
		for _, seq := range p.readdresses[string(e.Hash[:])] {
			if seq >= head.Checkpoint.Size || len(found) == evidence.MaxInCase {
				break
			}
			r, err := s.o.Ledger.Entry(ctx, o, seq)
			if err != nil {
				return nil, err
			}
			if r.Fault == "" {
				found = append(found, r)
			}
		}
	}
	return found, nil
}

// cards puts the cards of all who signed into the bundle: the accepted one of
// each office, and earlier ones where a card key changed. It returns the
// accepted ones.
func (m *exhibition) cards(ctx context.Context) (accepted []*certs.Card, err error) {
	offices := make([]certs.Office, 0, len(m.signers))
	for office := range m.signers {
		offices = append(offices, office)
	}
	slices.Sort(offices)
	for _, office := range offices {
		card, ok := m.o.Roster.Card(office)
		if !ok {
			return nil, certs.ErrNoCard
		}
		accepted = append(accepted, card)
		earlier, err := m.earlierCards(ctx, office)
		if err != nil {
			return nil, err
		}
		for _, c := range succession(card, earlier) {
			b, err := evidence.Canonical(c)
			if err != nil {
				return nil, err
			}
			m.bundle.Cards = append(m.bundle.Cards, b)
		}
	}
	return accepted, nil
}

// earlierCards returns the cards that an office published in its logs and that
// are sound, oldest first.
func (m *exhibition) earlierCards(ctx context.Context, office certs.Office) ([]*certs.Card, error) {
	logs, err := m.logsOf(ctx, office)
	if err != nil {
		return nil, err
	}
	var cards []*certs.Card
	for _, o := range logs {
		p, err := m.past.of(ctx, m.o.Ledger, o)
		if err != nil {
			return nil, err
		}
		for _, seq := range p.cards {
			e, err := m.o.Ledger.Entry(ctx, o, seq)
			if err != nil {
				return nil, err
			}
			var envelope spsv1.Envelope
			if e.Fault != "" || proto.Unmarshal(e.Envelope, &envelope) != nil || envelope.GetPayloadType() != ledger.CardPayload {
				continue
			}
			if card, err := certs.ParseCard(envelope.GetPayload()); err == nil && card.Office() == office {
				cards = append(cards, card)
			}
		}
	}
	return cards, nil
}

// succession returns the card with those before it that lead from the oldest
// known card key of its office to its own, oldest first: the card alone if the
// card key never changed.
func succession(card *certs.Card, earlier []*certs.Card) []*certs.Card {
	chain := []*certs.Card{card}
	for {
		link := before(chain[0], earlier)
		if link == nil {
			return chain
		}
		chain = append(link, chain...)
	}
}

// before returns the newest card of another card key that vouches for a card,
// with the card between them if it takes one; nil if there is none.
func before(card *certs.Card, earlier []*certs.Card) []*certs.Card {
	for _, c := range slices.Backward(earlier) {
		if card.NewKey(c) && card.Continues(c) == nil {
			return []*certs.Card{c}
		}
	}
	for _, between := range earlier { // of the same card key, which an older one signed for
		if card.NewKey(between) || card.Continues(between) != nil {
			continue
		}
		for _, c := range slices.Backward(earlier) {
			if between.NewKey(c) && between.Continues(c) == nil {
				return []*certs.Card{c, between}
			}
		}
	}
	return nil
}
