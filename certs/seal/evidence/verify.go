package evidence

import (
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Proof is what a bundle proves, once [Bundle.Verify] has returned it.
type Proof struct {
	Statement   Proven
	Readdresses []Proven
	Case        []Proven
	// Received are the receipts of offices to which the statement is addressed,
	// by office; an office that was brought in later may have one for the
	// statement and one for the readdress.
	Received []Holding
	// Known are the receipts of other offices: they prove that these had the
	// leaf, and so the digest of the statement, not its text.
	Known []Holding
	// Missing are the addressees without a receipt; if Network, every office
	// that is not among Received is one as well.
	Missing []certs.Office
	Network bool
	// Existed is the time at which two offices other than the issuer say that
	// they held the entry; zero if there are no two.
	Existed time.Time
	// Signers are all offices that signed something, by office.
	Signers []Signer
}

// Proven is an entry that is proved to be in the log of its office.
type Proven struct {
	Origin     certs.Origin
	Leaf       *spsv1.Leaf
	Hash       tlog.Hash
	Checkpoint seal.Checkpoint // under which it stands
	Envelope   []byte          // nil for a readdress
}

// Holding is a receipt that covers an entry.
type Holding struct {
	Office   certs.Office
	Sequence uint64    // of the entry in the log of the statement or the readdress
	Epoch    uint64    // of that log
	Size     uint64    // of the tree that the receipt is about
	Time     time.Time // by the clock of the office
	Ahead    bool      // it was held before the entries in front of it
}

// Verify checks everything that the bundle says. If accepted is nil, the cards
// in the bundle are believed, and [Signer.Accepted] says of none that anybody
// has compared its fingerprint. Else each signing office MUST have a card among
// the accepted ones, from which those in the bundle follow.
//
// The error says what is wrong; then nothing is proved.
func (b *Bundle) Verify(accepted []*certs.Card) (*Proof, error) {
	c, err := b.read()
	if err != nil {
		return nil, err
	}
	v := &verifier{contents: c, bundle: b, trees: make(map[tree]tlog.Hash)}
	if err := v.checkShape(); err != nil {
		return nil, err
	}
	offices := v.signers()
	v.cards, err = newJudges(c.statement.origin.Federation, offices, c.cards, accepted)
	if err != nil {
		return nil, err
	}
	proof := new(Proof)
	if err := v.checkEntries(proof); err != nil {
		return nil, err
	}
	if err := v.checkReceipts(proof); err != nil {
		return nil, err
	}
	for _, office := range offices {
		proof.Signers = append(proof.Signers, *v.cards[office])
	}
	proof.Missing = c.missing()
	_, proof.Network = c.audience()
	proof.Existed = existed(append(slices.Clone(proof.Received), proof.Known...))
	return proof, nil
}

// tree names the tree of a log at a size.
type tree struct {
	origin certs.Origin
	size   uint64
}

// verifier is a verification under way.
type verifier struct {
	*contents

	bundle *Bundle
	cards  judges
	trees  map[tree]tlog.Hash // roots that somebody signed
}

// checkShape checks which entries, receipts and checkpoints belong together,
// before any signature.
func (v *verifier) checkShape() error {
	s := v.statement
	if s.leaf.GetType() != spsv1.LeafType_LEAF_TYPE_STATEMENT {
		return failf(ErrStatement, "entry %s is no statement", s.name())
	}
	whole, err := caseOf(s)
	if err != nil {
		return err
	}
	for _, e := range v.readdresses {
		if err := checkReaddress(e, s); err != nil {
			return err
		}
	}
	for _, e := range v.inCase {
		if e.leaf.GetType() != spsv1.LeafType_LEAF_TYPE_STATEMENT || e.ref() == s.ref() {
			return failf(ErrUnused, "entry %s is no other statement", e.name())
		}
		of, err := caseOf(e)
		if err != nil {
			return err
		}
		if of != whole {
			return failf(ErrUnused, "entry %s is not in the case", e.name())
		}
	}
	return v.checkLogs()
}

// checkReaddress wants a readdress of the statement.
func checkReaddress(e, s parsed) error {
	about, l := e.leaf.GetSubject(), e.leaf
	switch {
	case l.GetType() != spsv1.LeafType_LEAF_TYPE_READDRESS,
		about.GetOrigin() != s.origin.String() || about.GetSequence() != s.leaf.GetSequence(),
		string(about.GetRecordHash()) != string(s.hash[:]):
		return failf(ErrUnused, "entry %s is no readdress of the statement", e.name())
	case string(l.GetEnvelopeSha256()) != string(s.leaf.GetEnvelopeSha256()),
		l.GetEnvelopeSize() != s.leaf.GetEnvelopeSize(), l.GetReference() != s.leaf.GetReference():
		return failf(ErrStatement, "entry %s readdresses something else", e.name())
	}
	return nil
}

// checkLogs wants one checkpoint for each log that has an entry, and no other,
// and everything to be of one federation.
func (v *verifier) checkLogs() error {
	for _, e := range v.entries() {
		if e.origin.Federation != v.statement.origin.Federation {
			return failf(ErrStatement, "entry %s is of another federation", e.name())
		}
		if _, err := v.checkpoint(e.origin); err != nil {
			return err
		}
	}
	for _, c := range v.checkpoints {
		if !slices.ContainsFunc(v.entries(), func(e parsed) bool { return e.origin == c.Origin }) {
			return failf(ErrUnused, "checkpoint of %s, of which there is no entry", c.Origin)
		}
	}
	for _, e := range v.receipted() {
		for _, r := range e.Receipts {
			if r.Office == e.origin.Office {
				return failf(ErrReceipt, "%s gave a receipt for its own entry %s", r.Office, e.name())
			}
		}
	}
	return nil
}

// entries are all of the bundle.
func (v *verifier) entries() []parsed { return append(v.receipted(), v.inCase...) }

func (v *verifier) checkpoint(o certs.Origin) (int, error) {
	i := slices.IndexFunc(v.checkpoints, func(c seal.Checkpoint) bool { return c.Origin == o })
	if i < 0 {
		return 0, failf(ErrForm, "no checkpoint of %s", o)
	}
	return i, nil
}

// signers returns the offices that signed a checkpoint or a receipt, ascending.
func (v *verifier) signers() []certs.Office {
	var offices []certs.Office
	for _, c := range v.checkpoints {
		offices = append(offices, c.Origin.Office)
	}
	for _, e := range v.receipted() {
		for _, r := range e.Receipts {
			offices = append(offices, r.Office)
		}
	}
	slices.Sort(offices)
	return slices.Compact(offices)
}

// checkEntries verifies the checkpoints, and that each entry is under its own.
func (v *verifier) checkEntries(proof *Proof) error {
	for i, c := range v.checkpoints {
		card, err := v.cards.judge(c.Origin.Office)
		if err != nil {
			return err
		}
		keys := card.LogKeys(c.Origin)
		if _, err := seal.OpenCheckpoint(v.bundle.Checkpoints[i], keys); err != nil {
			return fmt.Errorf("by card %d of %s: %w", card.Number(), card.Office(), err)
		}
		if err := onlyLines(v.bundle.Checkpoints[i])(seal.StripCheckpoint(v.bundle.Checkpoints[i], keys)); err != nil {
			return err
		}
		if err := v.noFork(c); err != nil {
			return err
		}
	}
	for i, e := range v.entries() {
		at, err := v.checkpoint(e.origin)
		if err != nil {
			return err
		}
		c := v.checkpoints[at]
		if err := seal.CheckInclusion(e.Proof, c, e.leaf.GetSequence(), e.hash); err != nil {
			return err
		}
		proven := Proven{Origin: e.origin, Leaf: e.leaf, Hash: e.hash, Checkpoint: c, Envelope: e.Envelope}
		switch {
		case i == 0:
			proof.Statement = proven
		case i <= len(v.readdresses):
			proof.Readdresses = append(proof.Readdresses, proven)
		default:
			proof.Case = append(proof.Case, proven)
		}
	}
	return nil
}

// onlyLines refuses a note with lines that a reader would pass over.
func onlyLines(note []byte) func(stripped []byte, err error) error {
	return func(stripped []byte, err error) error {
		if err == nil && string(stripped) != string(note) {
			err = failf(ErrUnused, "signature line by a key that its card does not name")
		}
		return err
	}
}

// noFork refuses two roots for one tree.
func (v *verifier) noFork(c seal.Checkpoint) error {
	at := tree{c.Origin, c.Size}
	if root, known := v.trees[at]; known && root != c.Root {
		return failf(ErrFork, "%s at size %d", c.Origin, c.Size)
	}
	v.trees[at] = c.Root
	return nil
}

// checkReceipts verifies the receipts and that each covers its entry.
func (v *verifier) checkReceipts(proof *Proof) error {
	for i, e := range v.receipted() {
		for _, r := range e.Receipts {
			h, err := v.checkReceipt(e, r)
			if err != nil {
				return fmt.Errorf("receipt of %s for entry %s: %w", r.Office, e.name(), err)
			}
			switch addressed := seal.MayRead(e.leaf, r.Office); {
			case addressed:
				proof.Received = append(proof.Received, h)
			case i == 0:
				proof.Known = append(proof.Known, h)
			default:
				return failf(ErrUnused, "receipt of %s for entry %s, which did not bring it in", r.Office, e.name())
			}
		}
	}
	slices.SortStableFunc(proof.Received, func(a, b Holding) int { return compareOffices(a.Office, b.Office) })
	return nil
}

func compareOffices(a, b certs.Office) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// lastTime is the last second of the year 9999: later ones cannot be written.
const lastTime = 253402300799

func (v *verifier) checkReceipt(e parsed, r Receipt) (Holding, error) {
	card, err := v.cards.judge(r.Office)
	if err != nil {
		return Holding{}, err
	}
	said, err := seal.OpenReceipt(r.Note, r.Office, card.ReceiptKeys())
	if err != nil {
		return Holding{}, fmt.Errorf("by card %d: %w", card.Number(), err)
	}
	if err := onlyLines(r.Note)(seal.StripReceipt(r.Note, r.Office, card.ReceiptKeys())); err != nil {
		return Holding{}, err
	}
	seq := e.leaf.GetSequence()
	ahead := seq >= said.Size
	switch {
	case said.Origin != e.origin:
		return Holding{}, failf(ErrReceipt, "it is about %s", said.Origin)
	case said.Lacks(seq, e.hash):
		return Holding{}, failf(ErrReceipt, "it is at size %d, or lists the entry as missing", said.Size)
	case said.Time > lastTime:
		return Holding{}, failf(ErrReceipt, "its time is after the year 9999")
	case ahead && len(r.Proof) != 0:
		return Holding{}, failf(ErrUnused, "proof for an entry that is listed ahead")
	}
	if !ahead {
		if err := seal.CheckInclusion(r.Proof, said.Checkpoint(), seq, e.hash); err != nil {
			return Holding{}, err
		}
	}
	if err := v.noFork(said.Checkpoint()); err != nil {
		return Holding{}, err
	}
	return Holding{
		Office: r.Office, Sequence: seq, Epoch: e.origin.Epoch, Size: said.Size,
		Time: time.Unix(said.Time, 0).UTC(), Ahead: ahead,
	}, nil
}

// existed returns the time by which two offices say that they held the entry:
// the second of the first receipts of each.
func existed(all []Holding) time.Time {
	first := make(map[certs.Office]time.Time)
	for _, h := range all {
		if t, ok := first[h.Office]; !ok || h.Time.Before(t) {
			first[h.Office] = h.Time
		}
	}
	if len(first) < 2 {
		return time.Time{}
	}
	var times []time.Time
	for _, t := range first {
		times = append(times, t)
	}
	slices.SortFunc(times, time.Time.Compare)
	return times[1]
}
