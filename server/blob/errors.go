package blob

import "errors"

var (
	// ErrFull says that there is no room, by quota or on the disk; its text says
	// which. Nothing was kept. Answer READ_ONLY; the same may succeed later.
	ErrFull = errors.New("there is no room for attachments")

	// ErrTooLarge says that a file has more than [MaxSize] bytes. Nothing was
	// kept.
	ErrTooLarge = errors.New("the attachment is larger than 32 MiB")

	// ErrMismatch says that the bytes are not those that were declared, by size
	// or digest. Nothing was kept.
	ErrMismatch = errors.New("the bytes are not those that were declared")

	// ErrNotHeld says that a file is not here, or not whole.
	ErrNotHeld = errors.New("the attachment is not held here")

	// ErrDamaged says that the bytes of a file that was whole have changed on
	// the disk. It was put aside and is no longer held.
	ErrDamaged = errors.New("the attachment is damaged on the disk")
)

// TypeError says that a file may not be attached because of what it is.
type TypeError struct {
	Reason   string // for programs, such as "TYPE_MISMATCH"
	Sentence string // for people, with what to do
}

// Error returns the sentence.
func (e *TypeError) Error() string { return e.Sentence }
