package ledger

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Position is a place in the order in which this node recorded things. Its
// text is an opaque cursor for readers. The zero Position is the beginning of
// any store.
type Position struct {
	Incarnation [16]byte // of the store: random, made when it was begun
	N           uint64   // from 1 without a gap
}

// String returns the text form, which [ParsePosition] reads.
func (p Position) String() string {
	return hex.EncodeToString(p.Incarnation[:]) + "-" + strconv.FormatUint(p.N, 10)
}

// ParsePosition parses the text form of a position; "" is the zero Position.
// It accepts nothing that String would not return.
func ParsePosition(s string) (Position, error) {
	if s == "" {
		return Position{}, nil
	}
	var p Position
	incarnation, n, ok := strings.Cut(s, "-")
	if !ok || len(incarnation) != hex.EncodedLen(len(p.Incarnation)) {
		return Position{}, fmt.Errorf("position is malformed")
	}
	if _, err := hex.Decode(p.Incarnation[:], []byte(incarnation)); err != nil {
		return Position{}, fmt.Errorf("position is malformed")
	}
	var err error
	if p.N, err = strconv.ParseUint(n, 10, 64); err != nil || p.String() != s {
		return Position{}, fmt.Errorf("position is malformed")
	}
	return p, nil
}
