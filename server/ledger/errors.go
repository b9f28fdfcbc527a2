package ledger

import "errors"

// Errors of opening.
var (
	// ErrNotInitialised says that there is neither a ledger nor an anchor: an
	// office's log has to be begun, once, with `spsd store init`.
	ErrNotInitialised = errors.New("there is no ledger yet; begin one with `spsd store init`")

	// ErrInitialised says that there is a ledger or an anchor already. Open it;
	// never begin a log twice.
	ErrInitialised = errors.New("there is a ledger or an anchor already")

	// ErrKeys says that the own card does not name a key that signs.
	ErrKeys = errors.New("publish a card that does, or configure the key that the card names")

	// ErrCorrupt says that the store holds what no ledger writes. Stop, and run
	// `spsd store verify`, which prints this too.
	ErrCorrupt = errors.New("the ledger is damaged")
)

// Errors of appending.
var (
	// ErrReadOnly says that the gate is closed; its text says why and what to
	// do. Nothing has happened. Answer READ_ONLY.
	ErrReadOnly = errors.New("the ledger is read-only")

	// ErrConflict says that the request ID was used before for something else.
	// Nothing has happened, and the same request will never succeed. Answer
	// ID_CONFLICT.
	ErrConflict = errors.New("the request ID was used for something else")

	// ErrDraft says that the draft cannot be an entry. Nothing has happened,
	// and the same draft will never succeed. Answer INVALID.
	ErrDraft = errors.New("the draft cannot be entered")

	// ErrUnsealed says that an entry is durable and is not under a signed
	// checkpoint yet, so that nobody has been told of it. After Append the
	// caller asks again with the same request ID.
	ErrUnsealed = errors.New("the entry is not sealed yet")
)

// Errors of recording. Nothing has been stored.
var (
	// ErrGap says that a package begins behind the end of what is held. The
	// sender is at fault; want from the held size again.
	ErrGap = errors.New("entries between the held ones and these are missing")

	// ErrWrongRoot says that the leaves do not lead to the signed root. The
	// sender is at fault: tell it WRONG_ROOT, try another source. It is no
	// evidence against the office of the log.
	ErrWrongRoot = errors.New("leaves do not lead to the signed root")

	// ErrNotAudience says that a package has a body that is not for this
	// office. The sender is at fault: tell it NOT_AUDIENCE.
	ErrNotAudience = errors.New("body is not addressed to this office")

	// ErrBody says that a relay sent a body that is not the one that its leaf
	// names, or is of no leaf of the package. The sender is at fault: try
	// another source.
	ErrBody = errors.New("body is not the one that its leaf names")

	// ErrOwnLog says that something was to be recorded about the own log that
	// only this office can say.
	ErrOwnLog = errors.New("this is the own log")
)

// Errors of receipts and heads.
var (
	// ErrReceiptBeyond says that a receipt is over more than is held here. Over
	// the own log it is an alarm: an office holds entries that this node does
	// not know to have issued.
	ErrReceiptBeyond = errors.New("receipt is over more entries than there are")

	// ErrReceiptRoot says that a receipt is over another tree than the one held
	// here. It is an alarm: show both to the administrator.
	ErrReceiptRoot = errors.New("receipt is over another tree")

	// ErrInconsistent says that an office signed two trees that cannot both be.
	// It is an alarm, INCONSISTENT: the caller keeps both notes as evidence.
	ErrInconsistent = errors.New("two signed trees that cannot both be")
)

// Errors of reading.
var (
	// ErrNotFound says that there is no such log or entry here.
	ErrNotFound = errors.New("not found in the ledger")

	// ErrAhead says that a cursor lies beyond the end. If it is a peer's, over
	// the own log, it is an alarm: CURSOR_AHEAD. It never means that there is
	// no news.
	ErrAhead = errors.New("the cursor lies beyond the end")

	// ErrOtherIncarnation says that a position is of another store: this one
	// was restored or begun anew. Answer CURSOR_AHEAD; the reader lists again.
	ErrOtherIncarnation = errors.New("the position is of another store")
)
