package office

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/certs/seal/evidence"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
)

// exhibition is a bundle in the making.
type exhibition struct {
	*Service
	*exhibit

	bundle  evidence.Bundle
	signers map[certs.Office]bool
}

// witnesses is how many offices beside the issuer have to say that they held
// an entry for it to have existed by then.
const witnesses = 2

// collect puts everything but the cards into the bundle.
func (m *exhibition) collect(ctx context.Context, withCase bool) error {
	m.signers = make(map[certs.Office]bool)
	entries := append([]ledger.Entry{m.entry}, m.broughtIn...)
	if withCase {
		rest, err := m.restOfCase(ctx)
		if err != nil {
			return err
		}
		entries = append(entries, rest...)
	}
	proofs, err := m.prove(ctx, entries)
	if err != nil {
		return err
	}
	for i, e := range entries {
		shown := evidence.Entry{Leaf: e.LeafBytes, Proof: proofs[i], Envelope: e.Envelope}
		switch {
		case i == 0:
			m.bundle.Statement = shown
		case i <= len(m.broughtIn):
			shown.Envelope = nil
			m.bundle.Readdresses = append(m.bundle.Readdresses, shown)
		default:
			m.bundle.Case = append(m.bundle.Case, shown)
		}
	}
	return m.receipts(ctx)
}

// restOfCase returns what else was said in the case of the statement and can be
// proved here, in the order of a bundle.
func (m *exhibition) restOfCase(ctx context.Context) ([]ledger.Entry, error) {
	note, err := m.o.Book.Note(ctx, m.entry, m.statement)
	if err != nil || note.Case == "" {
		return nil, err
	}
	whole, parts, err := m.o.Book.Case(ctx, note.Case, 0, m.o.Ledger.Released().N, evidence.MaxInCase-1)
	if err != nil {
		if errors.Is(err, casebook.ErrNotFound) {
			return nil, nil
		}
		return nil, err
	}
	sealed := make(map[certs.Origin]uint64)
	var entries []ledger.Entry
	for _, i := range append(parts, whole) {
		if i.Origin == m.entry.Origin && i.Sequence == m.entry.Sequence {
			continue
		}
		if _, known := sealed[i.Origin]; !known {
			head, err := m.o.Ledger.Head(ctx, i.Origin)
			if err != nil {
				return nil, err
			}
			sealed[i.Origin] = head.Checkpoint.Size
		}
		e, err := m.o.Ledger.Entry(ctx, i.Origin, i.Sequence)
		if err != nil {
			return nil, err
		}
		_, carded := m.o.Roster.Card(i.Origin.Office)
		if e.Leaf.GetType() != spsv1.LeafType_LEAF_TYPE_STATEMENT {
			continue // a readdress, which stands with what it hands on
		}
		if e.Envelope != nil && e.Fault == "" && i.Sequence < sealed[i.Origin] && carded {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b ledger.Entry) int {
		if c := a.Origin.Compare(b.Origin); c != 0 {
			return c
		}
		return int(a.Sequence) - int(b.Sequence)
	})
	return entries, nil
}

// prove puts a checkpoint of each log into the bundle, and returns the proofs
// of the entries up to them.
func (m *exhibition) prove(ctx context.Context, entries []ledger.Entry) ([][]tlog.Hash, error) {
	at := make(map[certs.Origin][]int)
	for i, e := range entries {
		at[e.Origin] = append(at[e.Origin], i)
	}
	proofs := make([][]tlog.Hash, len(entries))
	for _, o := range slices.SortedFunc(maps.Keys(at), certs.Origin.Compare) {
		var seqs []uint64
		for _, i := range at[o] {
			seqs = append(seqs, entries[i].Sequence)
		}
		seals, err := m.o.Ledger.Seals(ctx, o, seqs)
		if err != nil {
			return nil, err
		}
		for n, i := range at[o] {
			if proofs[i], err = seal.Hashes(seals[n].GetInclusionProof()); err != nil {
				return nil, err
			}
		}
		note, err := seal.StripCheckpoint(seals[0].GetCheckpoint(), m.o.Roster.Keys(o))
		if err != nil {
			return nil, fmt.Errorf("checkpoint of %s: %w", o, err)
		}
		m.bundle.Checkpoints = append(m.bundle.Checkpoints, note)
		m.signers[o.Office] = true
	}
	return proofs, nil
}

// receipts puts the earliest receipt of each addressee into the bundle, and
// those of other offices as long as no two vouch for the time.
func (m *exhibition) receipts(ctx context.Context) error {
	holders := make(map[certs.Office]bool)
	offices := append(m.o.Roster.Offices(), m.self())
	slices.Sort(offices)
	for i, e := range append([]ledger.Entry{m.entry}, m.broughtIn...) {
		for _, office := range offices {
			if !seal.MayRead(e.Leaf, office) {
				continue
			}
			r, err := m.receipt(ctx, e, office)
			if err != nil {
				return err
			}
			if r == nil {
				continue
			}
			holders[office] = true
			if i == 0 {
				m.bundle.Statement.Receipts = append(m.bundle.Statement.Receipts, *r)
			} else {
				m.bundle.Readdresses[i-1].Receipts = append(m.bundle.Readdresses[i-1].Receipts, *r)
			}
		}
	}
	for _, office := range offices {
		if len(holders) >= witnesses || holders[office] || seal.MayRead(m.entry.Leaf, office) {
			continue
		}
		r, err := m.receipt(ctx, m.entry, office)
		if err != nil {
			return err
		}
		if r != nil {
			holders[office] = true
			m.bundle.Statement.Receipts = append(m.bundle.Statement.Receipts, *r)
		}
	}
	slices.SortFunc(m.bundle.Statement.Receipts, func(a, b evidence.Receipt) int {
		if a.Office < b.Office {
			return -1
		}
		return 1
	})
	return nil
}

// receipt returns what an office gave for an entry, or nil if nothing that can
// be proved now.
func (m *exhibition) receipt(ctx context.Context, e ledger.Entry, office certs.Office) (*evidence.Receipt, error) {
	card, ok := m.o.Roster.Card(office)
	if office == e.Origin.Office || !ok {
		return nil, nil
	}
	note, err := m.receiptNote(ctx, e, office)
	if err != nil || note == nil {
		return nil, err
	}
	said, err := seal.OpenReceipt(note, office, card.ReceiptKeys())
	if err != nil || said.Lacks(e.Sequence, e.Hash) {
		return nil, nil //nolint:nilerr // a key revoked since: its office does not stand by it
	}
	r := &evidence.Receipt{Office: office}
	if r.Note, err = seal.StripReceipt(note, office, card.ReceiptKeys()); err != nil {
		return nil, err
	}
	if e.Sequence < said.Size {
		if r.Proof, err = m.o.Ledger.Inclusion(ctx, e.Origin, e.Sequence, said.Size); err != nil {
			return nil, err
		}
	}
	m.signers[office] = true
	return r, nil
}

// receiptNote returns the earliest receipt of another office, and the newest of
// this one, which keeps none of its own.
func (m *exhibition) receiptNote(ctx context.Context, e ledger.Entry, office certs.Office) ([]byte, error) {
	if office == m.self() {
		note, err := m.o.Ledger.Receipt(ctx, e.Origin)
		if errors.Is(err, ledger.ErrNotFound) {
			return nil, nil
		}
		return note, err
	}
	r, err := m.o.Ledger.Covering(ctx, office, e.Origin, e.Sequence)
	if err != nil || r == nil {
		return nil, err
	}
	return r.Note, nil
}
