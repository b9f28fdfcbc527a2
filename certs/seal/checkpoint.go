package seal

import (
	"crypto"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
)

// MaxCheckpoint is the largest checkpoint, with its signatures, in bytes.
const MaxCheckpoint = 8 << 10

// Checkpoint is a tree of a log: everything below Size, under Root. Its
// identity is its [Checkpoint.Text]; two checkpoints are equal (==) if and only
// if their texts are.
type Checkpoint struct {
	Origin certs.Origin
	Size   uint64 // number of leaves, from 1 to MaxSize: no log is empty
	Root   tlog.Hash
}

// Text returns what is signed: origin, size and root, each on a line.
func (c Checkpoint) Text() string {
	return c.Origin.String() + "\n" + strconv.FormatUint(c.Size, 10) + "\n" + c.Root.String() + "\n"
}

// Check returns nil, or an error that is [ErrFormat] if c cannot be written.
func (c Checkpoint) Check() error {
	if err := c.Origin.Check(); err != nil {
		return failf(ErrFormat, "checkpoint: %v", err)
	}
	if c.Size < 1 || c.Size > MaxSize {
		return failf(ErrFormat, "checkpoint of size %d, want 1 to %d", c.Size, uint64(MaxSize))
	}
	return nil
}

// SignCheckpoint returns c as a note signed by each key in turn; more than one
// while keys overlap in a rotation. Keys are Ed25519 or ECDSA P-256. The
// caller MUST have made the tree durable before, and MUST never sign two
// different roots for one origin and size.
func SignCheckpoint(c Checkpoint, keys ...crypto.Signer) ([]byte, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if len(keys) < 1 || len(keys) > MaxSignatures {
		return nil, fmt.Errorf("sign checkpoint: %d keys, want 1 to %d", len(keys), MaxSignatures)
	}
	n := note{text: c.Text()}
	for _, key := range keys {
		s, err := sign(c.Origin.String(), n.text, key)
		if err != nil {
			return nil, err
		}
		n.sigs = append(n.sigs, s)
	}
	return n.encode(), nil
}

// ParseCheckpoint returns what a checkpoint claims, without checking any
// signature: good for finding out which log, and so whose keys, it is about,
// and for a note that the caller itself verified and stored. The error is
// [ErrFormat].
func ParseCheckpoint(b []byte) (Checkpoint, error) {
	n, err := parseNote(b, MaxCheckpoint)
	if err != nil {
		return Checkpoint{}, err
	}
	return parseText(n.text)
}

// OpenCheckpoint returns the checkpoint in a note after verifying it. Of the
// keys, those of other origins are passed over; every signature that names a
// remaining key must be by it, and at least one must be by a key that vouches
// for the tree. Errors are [ErrFormat], [ErrUnknownKey], [ErrBadSignature] and
// [ErrKeyRange].
func OpenCheckpoint(b []byte, keys []certs.LogKey) (Checkpoint, error) {
	n, err := parseNote(b, MaxCheckpoint)
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := parseText(n.text)
	if err != nil {
		return Checkpoint{}, err
	}
	name := c.Origin.String()
	var known, good bool
	for _, key := range keys {
		if key.Origin != c.Origin {
			continue
		}
		signed, err := n.signedBy(name, key.Public)
		if err != nil {
			return Checkpoint{}, err
		}
		known = known || signed
		good = good || signed && key.Vouches(c.Size, c.Root)
	}
	switch {
	case !known:
		return Checkpoint{}, failf(ErrUnknownKey, "checkpoint of %s at size %d", name, c.Size)
	case !good:
		return Checkpoint{}, failf(ErrKeyRange, "checkpoint of %s at size %d", name, c.Size)
	}
	return c, nil
}

// signedBy reports whether the note has a line of this key. A line that names
// the key and is not by it is [ErrBadSignature].
func (n note) signedBy(name string, pub crypto.PublicKey) (bool, error) {
	id, err := idOf(name, pub)
	if err != nil {
		return false, fmt.Errorf("key of %s: %w", name, err)
	}
	for _, s := range n.sigs {
		if s.name != name || s.id != id {
			continue
		}
		if !verifies(pub, n.text, s.sig) {
			return false, failf(ErrBadSignature, "key %x of %s", id, name)
		}
		return true, nil
	}
	return false, nil
}

func parseText(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 {
		return Checkpoint{}, failf(ErrFormat, "checkpoint of %d lines, want 3", len(lines)-1)
	}
	c, err := parseTree(lines[0], lines[1], lines[2])
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Text() != text {
		return Checkpoint{}, failf(ErrFormat, "checkpoint is not in canonical form")
	}
	return c, nil
}

// parseTree reads the three lines that name a tree. The caller compares the
// encoding, which finds what the number and hash parsers let pass.
func parseTree(origin, size, root string) (Checkpoint, error) {
	o, err := certs.ParseOrigin(origin)
	if err != nil {
		return Checkpoint{}, failf(ErrFormat, "%v", err)
	}
	n, err := strconv.ParseUint(size, 10, 64)
	if err != nil {
		return Checkpoint{}, failf(ErrFormat, "size is not a number")
	}
	h, err := tlog.ParseHash(root)
	if err != nil {
		return Checkpoint{}, failf(ErrFormat, "root is not 32 bytes in base64")
	}
	c := Checkpoint{Origin: o, Size: n, Root: h}
	return c, c.Check()
}
