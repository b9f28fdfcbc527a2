package evidence

import (
	"errors"
	"fmt"
)

// What a bundle may be refused for, besides the errors of package seal. All of
// them mean that the bundle proves nothing; [ErrCard] alone can go away, with
// other accepted cards.
var (
	// ErrForm means that the bytes are not a bundle as it is written: changed,
	// cut, or of a later version.
	ErrForm = errors.New("not an evidence bundle as it is written")

	// ErrUnused means that the bundle holds what proves nothing about its
	// statement.
	ErrUnused = errors.New("a part that proves nothing about the statement")

	// ErrCard means that a card is missing, or does not follow from the one
	// that was accepted. Ask the office for its card and compare the
	// fingerprint by telephone.
	ErrCard = errors.New("no card to judge by")

	// ErrStatement means that an entry is no sound statement of its office, or
	// not one of the case.
	ErrStatement = errors.New("entry is no statement that can be shown")

	// ErrReceipt means that a receipt does not say that its office had the
	// entry.
	ErrReceipt = errors.New("receipt does not cover the entry")

	// ErrFork means that the bundle holds two different trees of one size of
	// one log. It is evidence of another kind: keep it, and tell the offices.
	ErrFork = errors.New("two trees that cannot both be")
)

func failf(kind error, format string, args ...any) error {
	return fmt.Errorf("%w: %s", kind, fmt.Sprintf(format, args...))
}
