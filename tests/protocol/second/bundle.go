package second

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Limits of section 14.
const (
	maxBundle   = 33554432
	maxParts    = 8192
	maxReceipts = 300
	maxInCase   = 1000
)

// Bundle is an evidence bundle, taken apart as section 16 says under "Form".
type Bundle struct {
	Statement   Entry
	Readdresses []Entry
	InCase      []Entry

	checkpoints []checkpointPart
	cards       []cardPart
}

// Entry is an entry of a log, with its proof.
type Entry struct {
	*Leaf

	leaf     []byte
	envelope []byte // of a statement
	proof    [][sha256.Size]byte
	receipts []receiptPart
}

type receiptPart struct {
	Receipt

	office string
	raw    string
	note   note
	proof  [][sha256.Size]byte
}

type checkpointPart struct {
	Checkpoint

	raw  string
	note note
}

type cardPart struct {
	*Card

	raw []byte
}

// part is a heading, and the lines up to the next.
type part struct {
	heading []string
	lines   []string
}

var errOrder = errors.New("a part that does not stand here")

// The words and the facts, with their empty lines.
const linesBeforeParts = 9 + 12

// ParseBundle reads the parts of a bundle, and wants it to be what is written
// from them.
func ParseBundle(b []byte) (*Bundle, error) {
	if len(b) > maxBundle {
		return nil, errors.New("bundle too large")
	}
	lines := strings.Split(string(b), "\n")
	if len(lines) <= linesBeforeParts {
		return nil, errors.New("bundle without parts")
	}
	parts, err := cutParts(lines[linesBeforeParts : len(lines)-1])
	if err != nil {
		return nil, err
	}
	bundle := new(Bundle)
	for i, p := range parts {
		if err := bundle.add(p); err != nil {
			return nil, fmt.Errorf("part %d: %w", i, err)
		}
	}
	if bundle.Statement.Leaf == nil || bundle.text() != string(b) {
		return nil, errors.New("not what is written from its parts")
	}
	return bundle, nil
}

func cutParts(lines []string) ([]part, error) {
	var parts []part
	for _, line := range lines {
		if heading, ok := strings.CutPrefix(line, "== "); ok {
			parts = append(parts, part{heading: strings.Split(heading, " ")})
			continue
		}
		if len(parts) == 0 {
			return nil, errOrder
		}
		last := &parts[len(parts)-1]
		last.lines = append(last.lines, line)
	}
	if len(parts) > maxParts {
		return nil, errors.New("too many parts")
	}
	return parts, nil
}

// add reads a part. That the parts stand in the order in which they are
// written, and are headed so, is seen when they are written again.
func (b *Bundle) add(p part) error {
	switch kind := p.heading[0]; kind {
	case "statement":
		return p.entry(&b.Statement)
	case "readdress":
		b.Readdresses = append(b.Readdresses, Entry{})
		return p.entry(&b.Readdresses[len(b.Readdresses)-1])
	case "in-case":
		b.InCase = append(b.InCase, Entry{})
		return p.entry(&b.InCase[len(b.InCase)-1])
	case "receipt":
		about := &b.Statement
		if n := len(b.Readdresses); n > 0 {
			about = &b.Readdresses[n-1]
		}
		r, err := p.receipt()
		about.receipts = append(about.receipts, r)
		return err
	case "checkpoint":
		raw := strings.Join(p.lines, "\n") + "\n"
		n, c, err := parseCheckpoint([]byte(raw))
		b.checkpoints = append(b.checkpoints, checkpointPart{c, raw, n})
		return err
	case "card":
		raw, err := block(p.lines)
		if err != nil {
			return err
		}
		if err := strictCard(raw); err != nil {
			return err
		}
		c, err := ParseCard(raw)
		b.cards = append(b.cards, cardPart{c, raw})
		return err
	case "end":
		return nil
	default:
		return fmt.Errorf("part of kind %q", kind)
	}
}

// entry reads a leaf, its proof and, of a statement, its envelope.
func (p part) entry(e *Entry) (err error) {
	leaf, rest := upTo(p.lines, "-- proof")
	proof, envelope := upTo(rest, "-- envelope")
	if e.leaf, err = block(leaf); err != nil {
		return err
	}
	if e.Leaf, err = ParseLeaf(e.leaf); err != nil {
		return err
	}
	if e.proof, err = hashes(proof); err != nil || p.heading[0] == "readdress" {
		return err
	}
	e.envelope, err = block(envelope)
	return err
}

func (p part) receipt() (r receiptPart, err error) {
	lines, proof := upTo(p.lines, "-- proof")
	if len(p.heading) != 2 || !officeForm.MatchString(p.heading[1]) {
		return r, errors.New("receipt of no office")
	}
	r.office, r.raw = p.heading[1], strings.Join(lines, "\n")+"\n"
	if r.note, err = parseNote([]byte(r.raw), maxReceipt); err != nil {
		return r, err
	}
	if r.Receipt, err = parseReceipt(r.note.text); err != nil {
		return r, err
	}
	r.proof, err = hashes(proof)
	return r, err
}

// upTo cuts lines in two at a line.
func upTo(lines []string, at string) (before, behind []string) {
	for i, line := range lines {
		if line == at {
			return lines[:i], lines[i+1:]
		}
	}
	return lines, nil
}

// block reads bytes in folded base64.
func block(lines []string) ([]byte, error) {
	b, err := decode64(strings.Join(lines, ""))
	if err == nil && len(b) == 0 {
		err = errors.New("no bytes")
	}
	return b, err
}

func hashes(lines []string) ([][sha256.Size]byte, error) {
	if len(lines) > maxProof {
		return nil, errProof
	}
	var all [][sha256.Size]byte
	for _, line := range lines {
		h, err := decode64Hash(line)
		if err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	return all, nil
}

// strictCard holds the outer message of a signed card to the form of a leaf,
// without anything that nobody signed.
func strictCard(b []byte) error {
	outer, err := split(b)
	if err != nil {
		return err
	}
	if n := len(outer); n < 2 || n > 3 || outer[0].num != 1 || outer[0].wire != 2 || len(outer[0].bytes) == 0 {
		return errors.New("not the form of a signed card")
	}
	for _, f := range outer[1:] {
		inner, err := split(f.bytes)
		if err != nil {
			return err
		}
		if f.num != 2 || f.wire != 2 || len(inner) != 2 || inner[0].num != 1 || inner[1].num != 2 {
			return errors.New("not the form of a signature")
		}
	}
	return nil
}

func (e Entry) place() string { return e.Origin + " " + strconv.FormatUint(e.Sequence, 10) }
