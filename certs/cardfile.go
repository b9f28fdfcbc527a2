package certs

import "fmt"

// LoadCard reads and parses the file of a signed card.
func LoadCard(path string) (*Card, error) {
	signed, err := readFile(path, MaxSignedCard)
	if err != nil {
		return nil, fmt.Errorf("card: %w", err)
	}
	card, err := ParseCard(signed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return card, nil
}

// SaveCard writes the bytes of a card. The file is replaced whole and is
// durable on return.
func SaveCard(path string, card *Card) error {
	return writeFile(path, card.Bytes(), 0o644)
}
