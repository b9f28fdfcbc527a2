package seal

import (
	"crypto"
	"crypto/ed25519"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
)

const (
	// MaxReceipt is the largest receipt, with its signatures, in bytes.
	MaxReceipt = 16 << 10

	// MaxReceiptLines is how many missing and ahead lines a receipt may have
	// together. An office that misses more stops its receipt at a smaller size.
	MaxReceiptLines = 64

	receiptFormat = "sps-receipt/v1"
)

// Receipt says what one office durably holds of a log. Who says so is not part
// of it: that is the key under which it opens.
type Receipt struct {
	Origin certs.Origin
	Size   uint64 // every leaf below it is held; from 1 to MaxSize
	Root   tlog.Hash
	Time   int64 // Unix seconds, by the clock of the office that signs; a claim
	// Missing are the sequences below Size whose bodies are addressed to the
	// office and not held, ascending.
	Missing []uint64
	// Ahead are urgent entries from Size on that are held, body and all,
	// ascending by sequence.
	Ahead []Ahead
}

// Ahead names an entry held before the ones in front of it.
type Ahead struct {
	Sequence   uint64
	RecordHash tlog.Hash
}

// Checkpoint returns the tree that the receipt is about.
func (r Receipt) Checkpoint() Checkpoint {
	return Checkpoint{Origin: r.Origin, Size: r.Size, Root: r.Root}
}

// Lacks reports whether the receipt does not cover the entry with this
// sequence and record hash: it lies at or above the size and is not listed
// ahead, or its body is listed missing.
func (r Receipt) Lacks(seq uint64, hash tlog.Hash) bool {
	if seq >= r.Size {
		for _, a := range r.Ahead {
			if a.Sequence == seq && a.RecordHash == hash {
				return false
			}
		}
		return true
	}
	for _, m := range r.Missing {
		if m == seq {
			return true
		}
	}
	return false
}

// Text returns what is signed; see the package comment.
func (r Receipt) Text() string {
	var b strings.Builder
	b.WriteString(receiptFormat + "\n" + r.Checkpoint().Text())
	fmt.Fprintf(&b, "%d\n", r.Time)
	for _, seq := range r.Missing {
		fmt.Fprintf(&b, "missing %d\n", seq)
	}
	for _, a := range r.Ahead {
		fmt.Fprintf(&b, "ahead %d %s\n", a.Sequence, a.RecordHash)
	}
	return b.String()
}

// Check returns nil, or an error that is [ErrFormat] if r cannot be written.
func (r Receipt) Check() error {
	if err := r.Checkpoint().Check(); err != nil {
		return err
	}
	if r.Time < 0 {
		return failf(ErrFormat, "receipt from before 1970")
	}
	if n := len(r.Missing) + len(r.Ahead); n > MaxReceiptLines {
		return failf(ErrFormat, "receipt lists %d entries, at most %d allowed", n, MaxReceiptLines)
	}
	for i, seq := range r.Missing {
		if seq >= r.Size || i > 0 && seq <= r.Missing[i-1] {
			return failf(ErrFormat, "missing entries are not ascending below the size")
		}
	}
	for i, a := range r.Ahead {
		if a.Sequence < r.Size || a.Sequence >= MaxSize || i > 0 && a.Sequence <= r.Ahead[i-1].Sequence {
			return failf(ErrFormat, "entries ahead are not ascending from the size on")
		}
	}
	return nil
}

// SignReceipt returns r as a note signed by the receipt key of an office, an
// Ed25519 key. The caller MUST hold durably what r says.
func SignReceipt(r Receipt, office certs.Office, key crypto.Signer) ([]byte, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	if _, ok := key.Public().(ed25519.PublicKey); !ok {
		return nil, fmt.Errorf("sign receipt: key of type %T, want ed25519", key.Public())
	}
	n := note{text: r.Text()}
	s, err := sign(certs.ReceiptKeyName(r.Origin.Federation, office), n.text, key)
	if err != nil {
		return nil, err
	}
	n.sigs = []signature{s}
	return n.encode(), nil
}

// OpenReceipt returns the receipt in a note after verifying that the office
// signed it with one of the keys, those of its card, and stands by it. What
// the root is worth is for the caller to find out: it MUST compare it with a
// root of its own. Errors are [ErrFormat], [ErrUnknownKey], [ErrBadSignature]
// and [ErrKeyRange].
func OpenReceipt(b []byte, office certs.Office, keys []certs.ReceiptKey) (Receipt, error) {
	n, err := parseNote(b, MaxReceipt)
	if err != nil {
		return Receipt{}, err
	}
	r, err := parseReceipt(n.text)
	if err != nil {
		return Receipt{}, err
	}
	name := certs.ReceiptKeyName(r.Origin.Federation, office)
	var known, good bool
	for _, key := range keys {
		signed, err := n.signedBy(name, key.Public)
		if err != nil {
			return Receipt{}, err
		}
		known = known || signed
		good = good || signed && key.Good(r.Origin, r.Size)
	}
	switch {
	case !known:
		return Receipt{}, failf(ErrUnknownKey, "receipt of %s for %s at size %d", office, r.Origin, r.Size)
	case !good:
		return Receipt{}, failf(ErrKeyRange, "receipt of %s for %s at size %d", office, r.Origin, r.Size)
	}
	return r, nil
}

// ParseReceipt returns what a receipt claims, without checking its signature:
// good for a note that the caller itself verified and stored. The error is
// [ErrFormat].
func ParseReceipt(b []byte) (Receipt, error) {
	n, err := parseNote(b, MaxReceipt)
	if err != nil {
		return Receipt{}, err
	}
	return parseReceipt(n.text)
}

func parseReceipt(text string) (Receipt, error) {
	const fixed = 5
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < fixed || lines[0] != receiptFormat {
		return Receipt{}, failf(ErrFormat, "receipt does not begin with %s, origin, size, root and time", receiptFormat)
	}
	if len(lines) > fixed+MaxReceiptLines {
		return Receipt{}, failf(ErrFormat, "receipt of %d lines", len(lines))
	}
	c, err := parseTree(lines[1], lines[2], lines[3])
	if err != nil {
		return Receipt{}, err
	}
	r := Receipt{Origin: c.Origin, Size: c.Size, Root: c.Root}
	if r.Time, err = strconv.ParseInt(lines[4], 10, 64); err != nil {
		return Receipt{}, failf(ErrFormat, "time is not Unix seconds")
	}
	for _, line := range lines[fixed:] {
		if err := r.parseLine(line); err != nil {
			return Receipt{}, err
		}
	}
	if err := r.Check(); err != nil {
		return Receipt{}, err
	}
	if r.Text() != text {
		return Receipt{}, failf(ErrFormat, "receipt is not in canonical form")
	}
	return r, nil
}

// parseLine reads one missing or ahead line; the order of lines is left to the
// comparison with the encoding.
func (r *Receipt) parseLine(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	number, hash, hasHash := strings.Cut(rest, " ")
	seq, err := strconv.ParseUint(number, 10, 64)
	switch {
	case err != nil:
		return failf(ErrFormat, "receipt line without a sequence")
	case word == "missing" && !hasHash:
		r.Missing = append(r.Missing, seq)
		return nil
	case word == "ahead" && hasHash:
		h, err := tlog.ParseHash(hash)
		if err != nil {
			return failf(ErrFormat, "record hash is not 32 bytes in base64")
		}
		r.Ahead = append(r.Ahead, Ahead{Sequence: seq, RecordHash: h})
		return nil
	}
	return failf(ErrFormat, "receipt line that is neither missing nor ahead")
}
