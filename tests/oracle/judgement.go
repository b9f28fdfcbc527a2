package oracle

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
)

// judgement compares what ledgers hold with each other and with what was said.
type judgement struct {
	logs  map[certs.Office]map[certs.Origin][]ledger.Entry
	whole map[certs.Origin]*tree // the longest that anybody holds
	lines []string
}

// most is how many lines a judgement has: what is broken a thousand times is
// broken in one place.
const most = 50

func (j *judgement) broken(format string, args ...any) {
	if len(j.lines) < most {
		j.lines = append(j.lines, fmt.Sprintf(format, args...))
	}
}

// tree is a log with all hashes of its tree, in the order of package tlog.
type tree struct {
	entries []ledger.Entry
	hashes  []tlog.Hash
}

// ReadHashes implements tlog.HashReader.
func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = t.hashes[index]
	}
	return hashes, nil
}

func newTree(entries []ledger.Entry) (*tree, error) {
	t := &tree{entries: entries}
	for i, e := range entries {
		more, err := tlog.StoredHashesForRecordHash(int64(i), seal.RecordHash(e.LeafBytes), t)
		if err != nil {
			return nil, err
		}
		t.hashes = append(t.hashes, more...)
	}
	return t, nil
}

// mayHold reports whether an office may hold the body of an entry: it is for the
// office here, or in another entry of this log, as the subject of a readdress and
// the readdress are.
func (t *tree) mayHold(office certs.Office, leaf *spsv1.Leaf) bool {
	return slices.ContainsFunc(t.entries, func(e ledger.Entry) bool {
		return bytes.Equal(e.Leaf.GetEnvelopeSha256(), leaf.GetEnvelopeSha256()) && seal.MayRead(e.Leaf, office)
	})
}

// trees finds the longest log of each origin, and holds all others to it (P2).
func (j *judgement) trees() {
	j.whole = map[certs.Origin]*tree{}
	for _, logs := range j.logs {
		for origin, entries := range logs {
			if t := j.whole[origin]; t != nil && len(t.entries) >= len(entries) {
				continue
			}
			t, err := newTree(entries)
			if err != nil {
				j.broken("P2: the tree of %s: %v", origin, err)
				continue
			}
			j.whole[origin] = t
		}
	}
	for office, logs := range j.logs {
		for origin, entries := range logs {
			for i, e := range entries {
				if !bytes.Equal(e.LeafBytes, j.whole[origin].entries[i].LeafBytes) {
					j.broken("P2: %s holds another entry %d of %s than others do", office, i, origin)
					break
				}
			}
		}
	}
}

// agrees says what is wrong with a tree that somebody signed, "" if nothing is.
func (j *judgement) agrees(c seal.Checkpoint) string {
	t := j.whole[c.Origin]
	if t == nil || c.Size > uint64(len(t.entries)) {
		return "of which nobody holds so many entries"
	}
	root, err := tlog.TreeHash(int64(c.Size), t)
	switch {
	case err != nil:
		return err.Error()
	case root != c.Root:
		return fmt.Sprintf("with root %s, where the log has %s", c.Root, root)
	}
	return ""
}

// signed holds a checkpoint to the log that there is (P3).
func (j *judgement) signed(s signed) {
	if wrong := j.agrees(s.Checkpoint); wrong != "" {
		j.broken("P3: in %s a signed tree of %s over %d entries, %s", s.where, s.Origin, s.Size, wrong)
	}
}

// receipt holds a receipt to the log (P3), and its office to the receipt (P1).
func (j *judgement) receipt(r receipt) {
	if wrong := j.agrees(r.Checkpoint()); wrong != "" {
		j.broken("P3: in %s a receipt of %s over %d entries of %s, %s", r.where, r.from, r.Size, r.Origin, wrong)
		return
	}
	logs, there := j.logs[r.from]
	if !there {
		return // its ledger was not handed over
	}
	held := logs[r.Origin]
	if uint64(len(held)) < r.Size {
		j.broken("P1: %s has receipted %d entries of %s and holds %d", r.from, r.Size, r.Origin, len(held))
		return
	}
	for _, e := range held[:r.Size] {
		if e.Leaf != nil && seal.MayRead(e.Leaf, r.from) && e.Envelope == nil && !slices.Contains(r.Missing, e.Sequence) {
			j.broken("P1: %s has receipted entry %d of %s and does not hold its body", r.from, e.Sequence, r.Origin)
		}
	}
}

// repeated finds statements that were entered twice (P1).
func (j *judgement) repeated() {
	for office, logs := range j.logs {
		seen := map[[sha256.Size]byte]ledger.Entry{}
		references := map[string]ledger.Entry{}
		for _, entries := range logs {
			for _, e := range entries {
				if e.Leaf.GetType() != spsv1.LeafType_LEAF_TYPE_STATEMENT {
					continue
				}
				digest := [sha256.Size]byte(e.Leaf.GetEnvelopeSha256())
				if first, twice := seen[digest]; twice {
					j.broken("P1: at %s entries %d and %d of %s are the same statement", office, first.Sequence, e.Sequence, e.Origin)
				}
				if first, twice := references[e.Leaf.GetReference()]; twice {
					j.broken("P1: at %s entries %d and %d of %s have the same reference", office, first.Sequence, e.Sequence, e.Origin)
				}
				seen[digest], references[e.Leaf.GetReference()] = e, e
			}
		}
	}
}

// acked looks for an acknowledged statement at everybody (P1).
func (j *judgement) acked(a acked) {
	t := j.whole[a.origin]
	if t == nil || a.sequence >= uint64(len(t.entries)) {
		j.broken("P1: entry %d of %s was acknowledged and nobody holds it", a.sequence, a.origin)
		return
	}
	leaf := t.entries[a.sequence].Leaf
	for office, logs := range j.logs {
		held := logs[a.origin]
		if a.sequence >= uint64(len(held)) {
			j.broken("P1: entry %d of %s was acknowledged and %s does not hold it", a.sequence, a.origin, office)
			continue
		}
		e := held[a.sequence]
		switch may := seal.MayRead(leaf, office); {
		case e.Hash != a.record:
			j.broken("P1: %s holds another entry %d of %s than was acknowledged", office, a.sequence, a.origin)
		case may && e.Envelope == nil:
			j.broken("P1: %s does not hold the body of entry %d of %s", office, a.sequence, a.origin)
		case may && sha256.Sum256(e.Envelope) != a.envelope:
			j.broken("P1: %s holds another body of entry %d of %s than was acknowledged", office, a.sequence, a.origin)
		case !may && e.Envelope != nil && !t.mayHold(office, leaf):
			j.broken("P1: %s holds the body of entry %d of %s, which is not for it", office, a.sequence, a.origin)
		}
	}
}

// unacknowledged finds statements that nobody was told of (P1).
func (j *judgement) unacknowledged(all []acked) {
	type place struct {
		origin   certs.Origin
		sequence uint64
	}
	told := map[place]bool{}
	for _, a := range all {
		told[place{a.origin, a.sequence}] = true
	}
	for origin, t := range j.whole {
		for i, e := range t.entries {
			if e.Leaf.GetType() == spsv1.LeafType_LEAF_TYPE_STATEMENT && !told[place{origin, uint64(i)}] {
				j.broken("P1: entry %d of %s is a statement that nobody was told of: a request had two effects", i, origin)
			}
		}
	}
}
