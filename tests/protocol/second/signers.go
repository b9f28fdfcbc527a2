package second

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Signer is an office that signed, with the card by which it is judged.
type Signer struct {
	*Card

	Accepted bool
	Earlier  []string // fingerprints of other card keys that vouch for it
}

// judges finds the card of each signer, as section 16 says under "Cards to
// judge by".
func (b *Bundle) judges(accepted []*Card) ([]Signer, error) {
	federation, _, _ := splitOrigin(b.Statement.Origin)
	offices := map[string][]*Card{}
	for _, c := range b.checkpoints {
		_, office, _ := splitOrigin(c.Origin)
		offices[office] = nil
	}
	for _, e := range b.received() {
		for _, r := range e.receipts {
			offices[r.office] = nil
		}
	}
	for _, c := range b.cards {
		if _, ok := offices[c.Office]; !ok || c.Federation != federation {
			return nil, errors.New("card of an office that signed nothing here")
		}
		offices[c.Office] = append(offices[c.Office], c.Card)
	}
	var signers []Signer
	for _, office := range slices.Sorted(maps.Keys(offices)) {
		own := slices.DeleteFunc(slices.Clone(accepted), func(c *Card) bool {
			return c.Office != office || c.Federation != federation
		})
		s, err := judge(offices[office], own, accepted != nil)
		if err != nil {
			return nil, fmt.Errorf("card of %s: %w", office, err)
		}
		signers = append(signers, s)
	}
	return signers, nil
}

// judge takes the cards of one office: those in the bundle, and those that the
// reader has accepted.
func judge(chain, accepted []*Card, trusting bool) (Signer, error) {
	if err := needed(chain); err != nil {
		return Signer{}, err
	}
	if !trusting {
		if len(chain) == 0 {
			return Signer{}, errors.New("none in the bundle")
		}
		last := chain[len(chain)-1]
		return Signer{Card: last, Earlier: earlier(chain, last)}, nil
	}
	if len(accepted) != 1 {
		return Signer{}, errors.New("not one accepted")
	}
	last, err := follow(accepted[0], chain)
	if err != nil {
		return Signer{}, err
	}
	return Signer{Card: last, Accepted: true, Earlier: earlier(accepted, last)}, nil
}

// earlier returns the fingerprints of cards that differ from that of the last,
// each once.
func earlier(chain []*Card, last *Card) []string {
	var prints []string
	for _, c := range chain {
		if f := c.Fingerprint(); f != last.Fingerprint() && !slices.Contains(prints, f) {
			prints = append(prints, f)
		}
	}
	return prints
}

// follow goes from the accepted card through those in the bundle, and returns
// the one at which this ends.
func follow(accepted *Card, chain []*Card) (*Card, error) {
	present := accepted
	for _, c := range chain {
		switch {
		case c.Number < present.Number:
		case c.Number == accepted.Number:
			if !bytes.Equal(c.signed, accepted.signed) {
				return nil, errors.New("another of the same number")
			}
		case !c.continues(present):
			return nil, errors.New("does not follow from the one before it")
		default:
			present = c
		}
	}
	return present, nil
}

// needed holds rule 1: each card continues the one before it, and none could be
// left out.
func needed(chain []*Card) error {
	for i, c := range chain {
		switch {
		case i > 0 && !c.continues(chain[i-1]):
			return errors.New("does not follow from the one before it")
		case i == 1 && bytes.Equal(c.CardKey, chain[0].CardKey):
			return errors.New("first card is not needed")
		case i > 1 && c.continues(chain[i-2]):
			return errors.New("card is not needed")
		}
	}
	return nil
}

// continues reports whether d continues c.
func (d *Card) continues(c *Card) bool {
	signed := slices.ContainsFunc(d.by, func(key []byte) bool { return bytes.Equal(key, c.CardKey) })
	for _, k := range c.LogKeys {
		if !slices.ContainsFunc(d.LogKeys, k.same) {
			return false
		}
	}
	return signed && d.Number > c.Number
}
