package second

import (
	"crypto/sha256"
	"errors"
	"math"
	"strings"
)

const (
	maxCheckpoint   = 8192
	maxReceipt      = 16384
	maxReceiptLines = 64
)

// Checkpoint is a tree of a log.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   [sha256.Size]byte
}

// OpenCheckpoint verifies a checkpoint with the log keys of a card.
func OpenCheckpoint(b []byte, keys []LogKey) (Checkpoint, error) {
	n, c, err := parseCheckpoint(b)
	if err != nil {
		return Checkpoint{}, err
	}
	good := false
	for _, k := range keys {
		if k.Origin != c.Origin || k.empty() {
			continue
		}
		signed, err := n.by(c.Origin, k.Key)
		if err != nil {
			return Checkpoint{}, err
		}
		good = good || signed && k.good(c.Size)
	}
	if !good {
		return Checkpoint{}, errors.New("no signature by a key that is good for this size")
	}
	return c, nil
}

// parseCheckpoint reads the note of a checkpoint. It verifies no signature.
func parseCheckpoint(b []byte) (note, Checkpoint, error) {
	n, err := parseNote(b, maxCheckpoint)
	if err != nil {
		return note{}, Checkpoint{}, err
	}
	lines := strings.Split(n.text, "\n")
	if len(lines) != 4 {
		return note{}, Checkpoint{}, errors.New("not three lines of text")
	}
	c, err := parseTree(lines)
	return n, c, err
}

// parseTree reads the lines origin, size and root.
func parseTree(lines []string) (Checkpoint, error) {
	if !originForm.MatchString(lines[0]) {
		return Checkpoint{}, errors.New("not an origin")
	}
	size, err := decimal(lines[1], maxSize)
	if err != nil || size < 1 {
		return Checkpoint{}, errors.New("not a size")
	}
	root, err := decode64Hash(lines[2])
	return Checkpoint{lines[0], size, root}, err
}

// Receipt is what a receipt says.
type Receipt struct {
	Checkpoint

	Time    uint64
	Missing []uint64
	Ahead   []Ahead
}

// Ahead is an entry that is held before those in front of it.
type Ahead struct {
	Sequence   uint64
	RecordHash [sha256.Size]byte
}

// OpenReceipt verifies a receipt of an office with one of its receipt keys.
func OpenReceipt(b []byte, office string, keys []ReceiptKey) (Receipt, error) {
	n, err := parseNote(b, maxReceipt)
	if err != nil {
		return Receipt{}, err
	}
	r, err := parseReceipt(n.text)
	if err != nil {
		return Receipt{}, err
	}
	name := r.keyName(office)
	good := false
	for _, k := range keys {
		signed, err := n.by(name, k.Key)
		if err != nil {
			return Receipt{}, err
		}
		good = good || signed && k.good(r.Origin, r.Size)
	}
	if !good {
		return Receipt{}, errors.New("no signature by a receipt key")
	}
	return r, nil
}

// keyName returns the name under which an office signs this receipt.
func (r Receipt) keyName(office string) string {
	federation, _, _ := strings.Cut(r.Origin, "/")
	return federation + "/" + office + "/receipt"
}

func parseReceipt(text string) (Receipt, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 5 || lines[0] != "sps-receipt/v1" || len(lines) > 5+maxReceiptLines {
		return Receipt{}, errors.New("not the lines of a receipt")
	}
	var r Receipt
	var err error
	if r.Checkpoint, err = parseTree(lines[1:]); err != nil {
		return Receipt{}, err
	}
	if r.Time, err = decimal(lines[4], math.MaxInt64); err != nil {
		return Receipt{}, err
	}
	for _, line := range lines[5:] {
		if err := r.line(strings.Split(line, " ")); err != nil {
			return Receipt{}, err
		}
	}
	return r, nil
}

// line reads one missing or ahead line.
func (r *Receipt) line(words []string) error {
	switch {
	case len(words) == 2 && words[0] == "missing" && len(r.Ahead) == 0:
		seq, err := decimal(words[1], r.Size-1)
		if n := len(r.Missing); err != nil || n > 0 && seq <= r.Missing[n-1] {
			return errors.New("missing line")
		}
		r.Missing = append(r.Missing, seq)
		return nil
	case len(words) == 3 && words[0] == "ahead":
		seq, err := decimal(words[1], maxSize-1)
		if n := len(r.Ahead); err != nil || seq < r.Size || n > 0 && seq <= r.Ahead[n-1].Sequence {
			return errors.New("ahead line")
		}
		h, err := decode64Hash(words[2])
		r.Ahead = append(r.Ahead, Ahead{seq, h})
		return err
	}
	return errors.New("line that is neither missing nor ahead")
}
