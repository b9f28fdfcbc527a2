package certs

import "crypto/ed25519"

// ReceiptKey is a public key with which an office signs receipts over the logs
// of others. Its key name in a signed note is [ReceiptKeyName].
type ReceiptKey struct {
	Public  ed25519.PublicKey // MUST NOT be changed
	Revoked bool

	limits map[Origin]uint64 // the last sizes that the office stands by
}

// ReceiptKeyName returns the name of the receipt keys of an office, as in
// "asean-cn/VN/receipt".
func ReceiptKeyName(federation string, office Office) string {
	return federation + "/" + string(office) + "/receipt"
}

// Good reports whether the office stands by a receipt of this key over the
// tree of o at the given size. A revoked key has a last good size per log, and
// none for a log that its card does not name.
func (k ReceiptKey) Good(o Origin, size uint64) bool {
	if !k.Revoked {
		return true
	}
	last, ok := k.limits[o]
	return ok && size <= last
}
