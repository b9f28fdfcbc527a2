package evidence

import (
	"fmt"
	"slices"

	"github.com/spsalert/spsalert/certs"
)

// Signer is an office whose signatures the proof rests on, and why they are
// believed.
type Signer struct {
	Office certs.Office
	// Card is the card that the signatures were judged by.
	Card *certs.Card
	// Accepted says that the reader has accepted a card of this office, and
	// that Card is that one or follows from it. If it is false, somebody has
	// yet to compare the fingerprint of Card.
	Accepted bool
	// Earlier are fingerprints of the office's earlier card keys, each of which
	// vouches for the next, in the order in which they came. Whoever knows one
	// of them knows the office.
	Earlier []string
}

// judges are the signers by office.
type judges map[certs.Office]*Signer

// judge returns the card of an office to judge its signatures by.
func (j judges) judge(office certs.Office) (*certs.Card, error) {
	if s := j[office]; s != nil {
		return s.Card, nil
	}
	return nil, failf(ErrCard, "the bundle has no card of %s; give the accepted one", office)
}

// newJudges finds the card of each of the offices: the newest in the bundle, or
// with accepted cards the newest that follows from the accepted one.
func newJudges(federation string, offices []certs.Office, bundled, accepted []*certs.Card) (judges, error) {
	chains := make(map[certs.Office][]*certs.Card)
	for _, card := range bundled {
		if card.Federation() != federation {
			return nil, failf(ErrCard, "card %d of %s is of federation %s", card.Number(), card.Office(), card.Federation())
		}
		if !slices.Contains(offices, card.Office()) {
			return nil, failf(ErrUnused, "card %d of %s, which signed nothing here", card.Number(), card.Office())
		}
		chains[card.Office()] = append(chains[card.Office()], card)
	}
	j := make(judges)
	for _, office := range offices {
		chain := chains[office]
		if err := checkChain(chain); err != nil {
			return nil, err
		}
		var s *Signer
		var err error
		if accepted == nil {
			s, err = byBundle(office, chain)
		} else {
			s, err = byAccepted(federation, office, chain, accepted)
		}
		if err != nil {
			return nil, err
		}
		j[office] = s
	}
	return j, nil
}

// checkChain wants each card to vouch for the next, and none to be there that
// is not needed for that: an earlier card is there only where a card key
// changed.
func checkChain(chain []*certs.Card) error {
	for i, card := range chain {
		if i > 0 {
			if err := card.Continues(chain[i-1]); err != nil {
				return fmt.Errorf("%w: %w", ErrCard, err)
			}
		}
		if i == len(chain)-1 {
			break
		}
		next := chain[i+1]
		if i == 0 && !next.NewKey(card) || i > 0 && next.Continues(chain[i-1]) == nil {
			return failf(ErrUnused, "card %d of %s: the next one stands without it", card.Number(), card.Office())
		}
	}
	return nil
}

func byBundle(office certs.Office, chain []*certs.Card) (*Signer, error) {
	if len(chain) == 0 {
		return nil, failf(ErrCard, "the bundle has no card of %s; give the accepted one", office)
	}
	s := &Signer{Office: office, Card: chain[len(chain)-1]}
	for _, card := range chain {
		s.earlier(card)
	}
	return s, nil
}

// earlier notes the fingerprint of a card key that came before that of s.Card.
func (s *Signer) earlier(card *certs.Card) {
	print := card.Fingerprint()
	if print != s.Card.Fingerprint() && !slices.Contains(s.Earlier, print) {
		s.Earlier = append(s.Earlier, print)
	}
}

func byAccepted(federation string, office certs.Office, chain, accepted []*certs.Card) (*Signer, error) {
	var known *certs.Card
	for _, card := range accepted {
		if card.Office() != office || card.Federation() != federation {
			continue
		}
		if known != nil {
			return nil, failf(ErrCard, "two accepted cards of %s", office)
		}
		known = card
	}
	if known == nil {
		return nil, failf(ErrCard, "no card of %s/%s is accepted", federation, office)
	}
	s := &Signer{Office: office, Card: known, Accepted: true}
	for _, card := range chain {
		switch {
		case card.Number() < s.Card.Number(): // older than what is known
		case card.Number() == known.Number():
			if !card.Same(known) {
				return nil, failf(ErrCard, "card %d of %s is another than the accepted one", card.Number(), office)
			}
		default:
			if err := card.Continues(s.Card); err != nil {
				return nil, fmt.Errorf("%w: accepted is card %d: %w", ErrCard, known.Number(), err)
			}
			s.Card = card
		}
	}
	if known.NewKey(s.Card) {
		s.Earlier = []string{known.Fingerprint()}
	}
	return s, nil
}
