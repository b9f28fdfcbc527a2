package evidence

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
)

const readdressHeading = "readdress"

// maxLines bounds the lines of a proof that are read: more than any proof has.
const maxLines = 41

// Parse takes a bundle apart. It is strict about every byte and verifies
// nothing. Errors are [ErrForm] and those of the parsers of package seal.
func Parse(b []byte) (*Bundle, error) {
	if len(b) > MaxBundle {
		return nil, failf(ErrForm, "%d bytes, at most %d allowed", len(b), MaxBundle)
	}
	text, ok := strings.CutPrefix(string(b), words)
	if !ok {
		return nil, failf(ErrForm, "the words at its head are not those of version 1")
	}
	// The facts are compared with the parts when all is written again.
	_, text, ok = strings.Cut(text, "\n\n== ")
	if !ok {
		return nil, failf(ErrForm, "no parts after the facts")
	}
	parts := strings.SplitN(text, "\n== ", maxParts+1)
	if len(parts) > maxParts {
		return nil, failf(ErrForm, "more than %d parts", maxParts)
	}
	bundle, err := parseParts(parts)
	if err != nil {
		return nil, err
	}
	again, err := bundle.Encode()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, b) {
		return nil, failf(ErrForm, "it is written in another way from byte %d on", firstDifference(again, b))
	}
	return bundle, nil
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// parseParts makes a bundle of its parts. Their order, and what the headings
// say besides their first word, is seen when the bundle is written again.
func parseParts(parts []string) (*Bundle, error) {
	b := new(Bundle)
	var last *Entry // to which a receipt belongs
	for i, part := range parts {
		heading, content, _ := strings.Cut(part, "\n")
		kind, rest, _ := strings.Cut(heading, " ")
		var err error
		switch {
		case (i == 0) != (kind == "statement") || (i == len(parts)-1) != (kind == "end"):
			return nil, failf(ErrForm, "part %d is %q: a bundle begins with its statement and ends with end", i+1, clip(heading))
		case kind == "statement":
			b.Statement, err = parseEntry(content, true)
			last = &b.Statement
		case kind == readdressHeading:
			var e Entry
			e, err = parseEntry(content, false)
			b.Readdresses = append(b.Readdresses, e)
			last = &b.Readdresses[len(b.Readdresses)-1]
		case kind == "in-case":
			var e Entry
			e, err = parseEntry(content, true)
			b.Case = append(b.Case, e)
			last = nil
		case kind == "receipt" && last != nil:
			r := Receipt{Office: certs.Office(rest)}
			r.Note, r.Proof, err = parseReceipt(content)
			last.Receipts = append(last.Receipts, r)
		case kind == "checkpoint":
			b.Checkpoints = append(b.Checkpoints, []byte(content+"\n"))
		case kind == "card":
			var card []byte
			card, err = unfold(content)
			b.Cards = append(b.Cards, card)
		case kind == "end":
		default:
			return nil, failf(ErrForm, "part %q", clip(heading))
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", clip(heading), err)
		}
	}
	return b, nil
}

func parseEntry(content string, enveloped bool) (e Entry, err error) {
	leaf, rest, ok := strings.Cut(content, "\n-- proof")
	if !ok {
		return e, failf(ErrForm, "no proof")
	}
	if e.Leaf, err = unfold(leaf); err != nil {
		return e, err
	}
	proof, envelope, ok := strings.Cut(rest, "\n-- envelope\n")
	if ok != enveloped {
		return e, failf(ErrForm, "an envelope belongs to a statement and to nothing else")
	}
	if enveloped {
		if e.Envelope, err = unfold(envelope); err != nil {
			return e, err
		}
	}
	e.Proof, err = parseProof(proof)
	return e, err
}

func parseReceipt(content string) (note []byte, proof []tlog.Hash, err error) {
	text, rest, ok := strings.Cut(content, "\n-- proof")
	if !ok {
		return nil, nil, failf(ErrForm, "no proof")
	}
	proof, err = parseProof(rest)
	return []byte(text + "\n"), proof, err
}

// parseProof reads the lines after a heading, each with the line feed before
// it.
func parseProof(text string) ([]tlog.Hash, error) {
	if text == "" {
		return nil, nil
	}
	lines := strings.SplitN(text, "\n", maxLines+2)
	if lines[0] != "" || len(lines) > maxLines+1 {
		return nil, failf(ErrForm, "proof of more than %d lines, or none", maxLines)
	}
	var proof []tlog.Hash
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, failf(ErrForm, "line of a proof is not 32 bytes in base64")
		}
		proof = append(proof, hash)
	}
	return proof, nil
}

// unfold decodes lines of base64. How they are folded is seen when they are
// written again.
func unfold(text string) ([]byte, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(strings.ReplaceAll(text, "\n", ""))
	if err != nil || len(b) == 0 {
		return nil, failf(ErrForm, "not lines of base64")
	}
	return b, nil
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
