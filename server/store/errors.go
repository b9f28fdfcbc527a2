package store

import "errors"

var (
	// ErrFull is returned by Update when the store has no room, on its disk or
	// under its size limit, beyond what it keeps back for urgent work. Nothing
	// of the Update was applied and nothing else has happened: the store is as
	// before and can be read. The caller reports READ_ONLY and may try again
	// at any time; it will succeed once space has been freed, without a
	// restart.
	ErrFull = errors.New("the store is full: free disk space or raise its size limit")

	// ErrUnknown is returned when the outcome of a commit is not known: the
	// disk reported an error, and what was written may or may not be there.
	// The caller MUST NOT acknowledge the Update, refuse it, or try it again,
	// and MUST stop the process; the next start reads from the disk, not from
	// memory, and verifies. Once it has been returned, every Update, View and
	// Backup of the store returns it.
	ErrUnknown = errors.New("the outcome of a commit is not known: stop, and verify at the next start")

	// ErrDamaged is returned by opening and checking when the file holds what
	// no store writes, is cut short, or cannot be read from its disk.
	ErrDamaged = errors.New("the file is damaged")

	// ErrLocked is returned by opening when another process has the file open.
	ErrLocked = errors.New("another process has the file open")

	// ErrClosed is returned when the store has been closed. Nothing of the
	// Update was applied.
	ErrClosed = errors.New("the store is closed")
)
