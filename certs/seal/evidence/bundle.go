package evidence

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Limits of a bundle. They keep a hostile file from costing more than reading
// it does.
const (
	// MaxBundle is the largest bundle in bytes.
	MaxBundle = 32 << 20

	// MaxReceipts is how many receipts an entry may have: as many as a leaf may
	// name offices.
	MaxReceipts = 300

	// MaxInCase is how many statements of the case, and how many readdresses, a
	// bundle may have beside its statement.
	MaxInCase = 1000

	// maxParts bounds the parts of a bundle, before any of them is read.
	maxParts = 8192
)

// Bundle is an evidence bundle taken apart, or to be written. Nothing in it is
// verified until [Bundle.Verify] has returned. Slices MUST be in the order that
// the form asks for: receipts by office, readdresses and the statements of the
// case by office, epoch and sequence, checkpoints by office and epoch, cards by
// office and number.
type Bundle struct {
	Statement   Entry
	Readdresses []Entry  // by which offices were brought in later
	Case        []Entry  // what else was said in the case, by any office
	Checkpoints [][]byte // one for each log of which there is an entry
	Cards       [][]byte // SignedCards; none for an office whose card the reader must have
}

// Entry is an entry of a log with its proof.
type Entry struct {
	Leaf     []byte
	Proof    []tlog.Hash // from the record hash to the root of the checkpoint of its log
	Envelope []byte      // none for a readdress
	Receipts []Receipt   // none for a statement of the case
}

// Receipt is a receipt over the log of an entry.
type Receipt struct {
	Office certs.Office
	Note   []byte
	// Proof leads from the record hash of the entry to the root that the
	// receipt names; there is none if the receipt lists the entry as ahead.
	Proof []tlog.Hash
}

// parsed is an entry with what its leaf says.
type parsed struct {
	Entry

	leaf   *spsv1.Leaf
	origin certs.Origin
	hash   tlog.Hash
}

func (e Entry) parse() (parsed, error) {
	leaf, err := seal.ParseLeaf(e.Leaf)
	if err != nil {
		return parsed{}, err
	}
	origin, err := certs.ParseOrigin(leaf.GetOrigin())
	return parsed{Entry: e, leaf: leaf, origin: origin, hash: seal.RecordHash(e.Leaf)}, err
}

// name is how headings and facts name an entry.
func (p parsed) name() string { return fmt.Sprintf("%s %d", p.origin, p.leaf.GetSequence()) }

// before reports whether p stands before q in a bundle.
func (p parsed) before(q parsed) bool {
	if c := p.origin.Compare(q.origin); c != 0 {
		return c < 0
	}
	return p.leaf.GetSequence() < q.leaf.GetSequence()
}

// contents are the parts of a bundle with what can be read from each alone.
type contents struct {
	statement   parsed
	readdresses []parsed
	inCase      []parsed
	checkpoints []seal.Checkpoint
	cards       []*certs.Card
}

// read takes the parts of b apart and checks their form, number and order.
func (b *Bundle) read() (*contents, error) {
	c := new(contents)
	var err error
	if c.statement, err = b.Statement.parse(); err != nil {
		return nil, fmt.Errorf("statement: %w", err)
	}
	if c.readdresses, err = entries("readdress", b.Readdresses); err != nil {
		return nil, err
	}
	if c.inCase, err = entries("in-case", b.Case); err != nil {
		return nil, err
	}
	for _, e := range c.receipted() {
		if err := checkReceipts(e); err != nil {
			return nil, err
		}
	}
	for i, note := range b.Checkpoints {
		point, err := seal.ParseCheckpoint(note)
		if err != nil {
			return nil, fmt.Errorf("checkpoint: %w", err)
		}
		if i > 0 && c.checkpoints[i-1].Origin.Compare(point.Origin) >= 0 {
			return nil, failf(ErrForm, "checkpoint of %s out of order or twice", point.Origin)
		}
		c.checkpoints = append(c.checkpoints, point)
	}
	if c.cards, err = readCards(b.Cards); err != nil {
		return nil, err
	}
	return c, nil
}

// entries parses entries, which stand in ascending order.
func entries(heading string, all []Entry) ([]parsed, error) {
	if len(all) > MaxInCase {
		return nil, failf(ErrForm, "%d parts %s, at most %d allowed", len(all), heading, MaxInCase)
	}
	var out []parsed
	for i, e := range all {
		p, err := e.parse()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", heading, err)
		}
		if i > 0 && !out[i-1].before(p) {
			return nil, failf(ErrForm, "%s %s out of order or twice", heading, p.name())
		}
		out = append(out, p)
	}
	return out, nil
}

func checkReceipts(e parsed) error {
	if len(e.Receipts) > MaxReceipts {
		return failf(ErrForm, "%d receipts of one entry, at most %d allowed", len(e.Receipts), MaxReceipts)
	}
	for i, r := range e.Receipts {
		if !r.Office.Valid() || i > 0 && e.Receipts[i-1].Office >= r.Office {
			return failf(ErrForm, "receipt of %q out of order or twice", string(r.Office))
		}
		if _, err := seal.ParseReceipt(r.Note); err != nil {
			return fmt.Errorf("receipt of %s: %w", r.Office, err)
		}
	}
	return nil
}

// readCards parses cards, which stand in ascending order and in the one form
// of a SignedCard that has no bytes to spare.
func readCards(all [][]byte) ([]*certs.Card, error) {
	var cards []*certs.Card
	for i, signed := range all {
		card, err := certs.ParseCard(signed)
		if err != nil {
			return nil, failf(ErrForm, "%v", err)
		}
		again, err := Canonical(card)
		if err != nil || !bytes.Equal(again, signed) {
			return nil, failf(ErrForm, "card %d of %s is not in canonical form", card.Number(), card.Office())
		}
		if i > 0 {
			if before := cards[i-1]; before.Office() > card.Office() ||
				before.Office() == card.Office() && before.Number() >= card.Number() {
				return nil, failf(ErrForm, "card %d of %s out of order or twice", card.Number(), card.Office())
			}
		}
		cards = append(cards, card)
	}
	return cards, nil
}

// audience returns who is addressed by name, without the issuer, ascending, and
// whether every other office is as well.
func (c *contents) audience() (offices []certs.Office, network bool) {
	for _, e := range c.receipted() {
		network = network || e.leaf.GetAudience().GetNetwork()
		for _, o := range e.leaf.GetAudience().GetOffices() {
			if office := certs.Office(o); office != c.statement.origin.Office {
				offices = append(offices, office)
			}
		}
	}
	slices.Sort(offices)
	return slices.Compact(offices), network
}

// holders returns the offices with a receipt for an entry that is addressed to
// them, and those with a receipt for the statement that are not addressed.
func (c *contents) holders() (received, others []certs.Office) {
	for _, e := range c.receipted() {
		for _, r := range e.Receipts {
			if seal.MayRead(e.leaf, r.Office) && !slices.Contains(received, r.Office) {
				received = append(received, r.Office)
			}
		}
	}
	for _, r := range c.statement.Receipts {
		if !slices.Contains(received, r.Office) {
			others = append(others, r.Office)
		}
	}
	slices.Sort(received)
	return received, others
}

// missing returns the addressees without a receipt.
func (c *contents) missing() []certs.Office {
	all, _ := c.audience()
	received, _ := c.holders()
	return slices.DeleteFunc(all, func(o certs.Office) bool { return slices.Contains(received, o) })
}

// receipted are the entries that may have receipts: the statement first.
func (c *contents) receipted() []parsed { return append([]parsed{c.statement}, c.readdresses...) }

func names(offices []certs.Office) string {
	if len(offices) == 0 {
		return "none"
	}
	words := make([]string, len(offices))
	for i, o := range offices {
		words[i] = string(o)
	}
	return strings.Join(words, " ")
}
