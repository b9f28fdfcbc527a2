package second

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
)

// Evidence is what a bundle proves.
type Evidence struct {
	*Bundle

	Received []Held // by offices that it was for, by office and entry
	Known    []Held // by other offices, which hold the leaf only
	Missing  []string
	Network  bool
	Existed  uint64 // Unix seconds; 0 if fewer than two offices vouch for a time
	Signers  []Signer
}

// Held is what a receipt proves of an entry.
type Held struct {
	Office   string
	Sequence uint64
	Origin   string
	Size     uint64
	Time     uint64 // Unix seconds
	Ahead    bool
}

// VerifyBundle verifies a bundle by the cards that its reader has accepted, or,
// if accepted is nil, by those in the bundle.
func VerifyBundle(b []byte, accepted []*Card) (*Evidence, error) {
	bundle, err := ParseBundle(b)
	if err != nil {
		return nil, err
	}
	if err := bundle.together(); err != nil {
		return nil, err
	}
	signers, err := bundle.judges(accepted)
	if err != nil {
		return nil, err
	}
	cards := map[string]*Card{}
	for _, s := range signers {
		cards[s.Office] = s.Card
	}
	for _, e := range bundle.all() {
		if err := bundle.checkEntry(e); err != nil {
			return nil, fmt.Errorf("entry %s: %w", e.place(), err)
		}
		for _, r := range e.receipts {
			if err := e.checkReceipt(r, cards[r.office]); err != nil {
				return nil, fmt.Errorf("receipt of %s for %s: %w", r.office, e.place(), err)
			}
		}
	}
	for _, c := range bundle.checkpoints {
		_, office, _ := splitOrigin(c.Origin)
		if err := c.verify(cards[office]); err != nil {
			return nil, fmt.Errorf("checkpoint of %s: %w", c.Origin, err)
		}
	}
	if err := bundle.oneTree(); err != nil {
		return nil, err
	}
	return bundle.proves(signers), nil
}

// all returns every entry.
func (b *Bundle) all() []Entry { return append(b.received(), b.InCase...) }

// together holds rules 1 to 6, and 11: which entries belong together.
func (b *Bundle) together() error {
	if b.Statement.Type != typeStatement {
		return errors.New("not a statement")
	}
	own, err := b.Statement.theCase()
	if err != nil {
		return err
	}
	record := RecordHash(b.Statement.leaf)
	for _, e := range b.Readdresses {
		about := EntryRef{b.Statement.Origin, b.Statement.Sequence, record}
		if e.Type != typeReaddress || *e.Subject != about || e.Digest != b.Statement.Digest ||
			e.Size != b.Statement.Size || e.Reference != b.Statement.Reference {
			return errors.New("not a readdress of the statement")
		}
		for _, r := range e.receipts {
			if !e.isFor(r.office) {
				return errors.New("receipt for a readdress to somebody else")
			}
		}
	}
	for _, e := range b.InCase {
		other, err := e.theCase()
		if err != nil {
			return err
		}
		if e.Type != typeStatement || e.place() == b.Statement.place() || other != own {
			return errors.New("not another statement of the case")
		}
	}
	return b.logs()
}

// logs holds rule 6.
func (b *Bundle) logs() error {
	federation, _, _ := splitOrigin(b.Statement.Origin)
	entries := map[string]bool{}
	for _, e := range b.all() {
		entries[e.Origin] = true
		if f, _, _ := splitOrigin(e.Origin); f != federation {
			return errors.New("entries of two federations")
		}
	}
	for _, c := range b.checkpoints {
		if !entries[c.Origin] {
			return errors.New("checkpoint of a log without an entry")
		}
		delete(entries, c.Origin)
	}
	if len(entries) > 0 {
		return errors.New("entry without a checkpoint of its log")
	}
	return nil
}

// checkEntry holds rule 8. That there is a checkpoint is known.
func (b *Bundle) checkEntry(e Entry) error {
	i := slices.IndexFunc(b.checkpoints, func(c checkpointPart) bool { return c.Origin == e.Origin })
	return CheckInclusion(e.proof, b.checkpoints[i].Checkpoint, e.Sequence, RecordHash(e.leaf))
}

// verify holds rule 7.
func (c checkpointPart) verify(card *Card) error {
	var of []LogKey
	var keys []Key
	for _, k := range card.LogKeys {
		if k.Origin == c.Origin && !k.empty() {
			of, keys = append(of, k), append(keys, k.Key)
		}
	}
	signed, err := c.note.onlyBy(c.Origin, keys)
	if err != nil {
		return err
	}
	for i, k := range of {
		if signed[i] && k.good(c.Size) {
			return nil
		}
	}
	return errors.New("no signature by a key that is good for this size")
}

// checkReceipt holds rules 9 and 10.
func (e Entry) checkReceipt(r receiptPart, card *Card) error {
	if _, issuer, _ := splitOrigin(e.Origin); r.office == issuer || r.Origin != e.Origin || r.Time > lastSecond {
		return errors.New("not a receipt of another office for this log")
	}
	record := RecordHash(e.leaf)
	if e.Sequence < r.Size {
		if slices.Contains(r.Missing, e.Sequence) {
			return errors.New("listed missing")
		}
		if err := CheckInclusion(r.proof, r.Checkpoint, e.Sequence, record); err != nil {
			return err
		}
	} else if !slices.Contains(r.Ahead, Ahead{e.Sequence, record}) || len(r.proof) > 0 {
		return errors.New("does not cover the entry")
	}
	var keys []Key
	for _, k := range card.ReceiptKeys {
		keys = append(keys, k.Key)
	}
	signed, err := r.note.onlyBy(r.keyName(r.office), keys)
	if err != nil {
		return err
	}
	for i, k := range card.ReceiptKeys {
		if signed[i] && k.good(r.Origin, r.Size) {
			return nil
		}
	}
	return errors.New("no signature by a key by which the office stands")
}

// oneTree holds rule 12.
func (b *Bundle) oneTree() error {
	type size struct {
		origin string
		size   uint64
	}
	roots := map[size][sha256.Size]byte{}
	same := func(c Checkpoint) bool {
		at := size{c.Origin, c.Size}
		root, ok := roots[at]
		roots[at] = c.Root
		return !ok || root == c.Root
	}
	for _, c := range b.checkpoints {
		if !same(c.Checkpoint) {
			return errors.New("two trees of one size")
		}
	}
	for _, e := range b.received() {
		for _, r := range e.receipts {
			if !same(r.Checkpoint) {
				return errors.New("two trees of one size")
			}
		}
	}
	return nil
}

// proves says what the bundle proves, once it is verified.
func (b *Bundle) proves(signers []Signer) *Evidence {
	p := &Evidence{Bundle: b, Missing: b.missing(), Signers: signers}
	known := b.alsoKnown()
	_, p.Network = b.addressed()
	earliest := map[string]uint64{}
	for _, e := range b.received() {
		for _, r := range e.receipts {
			h := Held{r.office, e.Sequence, e.Origin, r.Size, r.Time, e.Sequence >= r.Size}
			switch {
			case e.isFor(r.office):
				p.Received = append(p.Received, h)
			case slices.Contains(known, r.office):
				p.Known = append(p.Known, h)
			}
			if t, ok := earliest[r.office]; !ok || r.Time < t {
				earliest[r.office] = r.Time
			}
		}
	}
	slices.SortStableFunc(p.Received, func(x, y Held) int { return bytes.Compare([]byte(x.Office), []byte(y.Office)) })
	var times []uint64
	for _, t := range earliest {
		times = append(times, t)
	}
	if slices.Sort(times); len(times) >= 2 {
		p.Existed = times[1]
	}
	return p
}
