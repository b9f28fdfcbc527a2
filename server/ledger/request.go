package ledger

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/spsalert/spsalert/server/store"
)

// maxRequestID bounds a request ID, in bytes.
const maxRequestID = 64

// requestKey is the key of a request ID: a UUID in binary, anything else as it
// is, each behind a letter that tells them apart. UUIDs of version 7 are in the
// order of time, so that their rows lie together; those of version 4 work and
// cost the disk more.
func requestKey(requestID string) string {
	if uuid, ok := parseUUID(requestID); ok {
		return "u" + string(uuid)
	}
	return "s" + requestID
}

// parseUUID accepts the one text form of a UUID that is lower case.
func parseUUID(s string) ([]byte, bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' || strings.ToLower(s) != s {
		return nil, false
	}
	b, err := hex.DecodeString(s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:])
	return b, err == nil
}

// findRequest returns the own entry that a draft's request ID was used for, and
// whether there is one. For something else it is [ErrConflict].
func findRequest(r store.Reader, d Draft) (place placeRow, found bool, err error) {
	place, row, found, err := lookRequest(r, d.RequestID)
	if found && row.fingerprint != d.Fingerprint {
		return place, false, fmt.Errorf("%w: %s", ErrConflict, d.RequestID)
	}
	return place, found, err
}

// lookRequest returns the own entry that a request ID was used for, whatever was
// asked for.
func lookRequest(r store.Reader, requestID string) (place placeRow, row leafRow, found bool, err error) {
	if len(requestID) < 1 || len(requestID) > maxRequestID {
		return place, row, false, fmt.Errorf("%w: request ID of %d bytes, want 1 to %d", ErrDraft, len(requestID), maxRequestID)
	}
	key := requestKey(requestID)
	b, err := r.Get(tableRequests, []byte(key))
	if err != nil || b == nil {
		return place, row, false, err
	}
	if place, err = decodePlaceRow(b); err != nil {
		return place, row, false, err
	}
	row, err = getLeaf(r, place.id, place.number)
	switch {
	case err != nil:
		return place, row, false, err
	case row.request != key:
		return place, row, false, fmt.Errorf("%w: request %q leads to that of %q", ErrCorrupt, key, row.request)
	}
	return place, row, true, nil
}

// IsRequested reports whether a request ID was used for an own entry, whatever
// the entry says.
func IsRequested(r store.Reader, requestID string) (bool, error) {
	b, err := r.Get(tableRequests, []byte(requestKey(requestID)))
	return b != nil, err
}

// Requested returns the entry that a request ID was used for, and whether there
// is one, on the terms of [Ledger.Append]: durable, under a signed checkpoint,
// and released. It enters nothing, so that it also answers while the ledger is
// read-only, whatever else has changed since.
//
// Errors: [ErrConflict] if the fingerprint is another, [ErrDraft] if there can
// be no such request ID, [ErrReadOnly] if the entry was never released and
// cannot be now, [ErrUnsealed], and those of the store.
func (l *Ledger) Requested(ctx context.Context, requestID string, fingerprint [32]byte) (e Entry, found bool, err error) {
	return l.requested(ctx, func(r store.Reader) (placeRow, bool, error) {
		return findRequest(r, Draft{RequestID: requestID, Fingerprint: fingerprint})
	})
}

// RequestedAny is Requested whatever the fingerprint is: the caller compares
// what the entry says with what is asked for. It does not return [ErrConflict].
func (l *Ledger) RequestedAny(ctx context.Context, requestID string) (e Entry, found bool, err error) {
	return l.requested(ctx, func(r store.Reader) (placeRow, bool, error) {
		place, _, there, err := lookRequest(r, requestID)
		return place, there, err
	})
}

func (l *Ledger) requested(ctx context.Context, find func(store.Reader) (placeRow, bool, error)) (e Entry, found bool, err error) {
	err = l.o.Store.View(ctx, func(r store.Reader) error {
		place, there, err := find(r)
		if found = there; err != nil || !found {
			return err
		}
		o, err := originOf(r, place.id)
		if err != nil {
			return err
		}
		e, err = l.readEntry(r, place.id, o, place.number)
		return err
	})
	if err != nil || !found {
		return Entry{}, false, err
	}
	if err := l.sealed(e); err != nil {
		if shut := l.writable(); shut != nil {
			err = shut
		}
		return Entry{}, false, err
	}
	return e, true, nil
}
