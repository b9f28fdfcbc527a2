package seal

import (
	"crypto"
	"slices"

	"github.com/spsalert/spsalert/certs"
)

// StripCheckpoint returns a checkpoint with those of its signature lines that
// are by one of the keys, in their order: what is left has no line that a
// reader with these keys would pass over. It verifies nothing. The error is
// [ErrFormat], or [ErrUnknownKey] if no line is left.
func StripCheckpoint(b []byte, keys []certs.LogKey) ([]byte, error) {
	c, err := ParseCheckpoint(b)
	if err != nil {
		return nil, err
	}
	var public []crypto.PublicKey
	for _, key := range keys {
		if key.Origin == c.Origin {
			public = append(public, key.Public)
		}
	}
	return strip(b, MaxCheckpoint, c.Origin.String(), public)
}

// StripReceipt is StripCheckpoint for a receipt of an office.
func StripReceipt(b []byte, office certs.Office, keys []certs.ReceiptKey) ([]byte, error) {
	r, err := ParseReceipt(b)
	if err != nil {
		return nil, err
	}
	var public []crypto.PublicKey
	for _, key := range keys {
		public = append(public, key.Public)
	}
	return strip(b, MaxReceipt, certs.ReceiptKeyName(r.Origin.Federation, office), public)
}

// strip returns a note without the lines of other keys than these.
func strip(b []byte, limit int, name string, keys []crypto.PublicKey) ([]byte, error) {
	n, err := parseNote(b, limit)
	if err != nil {
		return nil, err
	}
	var ids []keyID
	for _, key := range keys {
		id, err := idOf(name, key)
		if err != nil {
			return nil, failf(ErrUnknownKey, "%v", err)
		}
		ids = append(ids, id)
	}
	n.sigs = slices.DeleteFunc(n.sigs, func(s signature) bool { return s.name != name || !slices.Contains(ids, s.id) })
	if len(n.sigs) == 0 {
		return nil, failf(ErrUnknownKey, "note of %s", name)
	}
	return n.encode(), nil
}
