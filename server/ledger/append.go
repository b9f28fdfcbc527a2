package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// Draft is what [Ledger.Append] is to enter.
type Draft struct {
	// RequestID makes the entry happen once: the same one again, with the same
	// Fingerprint, returns the first entry, for ever. 1 to 64 bytes; a UUID of
	// version 7 in lower case costs the disk least.
	RequestID string
	// Fingerprint is a digest of what the request asks for, without anything
	// that differs from one try to the next.
	Fingerprint [32]byte

	Type   spsv1.LeafType
	Urgent bool
	// Network addresses every office; otherwise Audience names the offices, in
	// any order. The own office is always added.
	Network  bool
	Audience []certs.Office
	// Exercise takes a statement's reference from the row of the exercises.
	Exercise bool
	// Envelope is the serialised envelope, 1 byte to 256 KiB. A readdress has
	// none: it has that of its subject. It MUST NOT be changed afterwards.
	Envelope []byte
	// Subject is the earlier own entry that a readdress or an erasure is about;
	// nil for all other types. Its record hash may be left out.
	Subject *spsv1.EntryRef

	// Entered, if not nil, is told of the new entry in the same transaction, on
	// the terms of prepare: what it writes becomes durable with the entry, and
	// its error takes the entry back. It is not called for an entry that was
	// there already.
	Entered func(store.Tx, Entry) error
}

// errEntered takes back what prepare wrote when the entry was there already.
var errEntered = errors.New("entered before")

// Append enters one draft into the own log. When it returns without an error,
// the entry is durable, under a signed checkpoint, and released to readers.
//
// prepare is called in the transaction, perhaps more than once, and perhaps in
// another goroutine; what it writes becomes durable with the entry or not at
// all. Its error is returned as it is, and nothing has happened. The entry's
// time is Options.Now, or the time of the entry before it if that is later. A
// statement gets the next reference of its year.
//
// If the request ID was used before with the same fingerprint, Append returns
// that entry, and nothing that prepare wrote is kept.
//
// If ctx ends before the transaction has begun, its error is returned and
// nothing has happened; afterwards Append does not look at ctx. For an urgent
// draft the caller passes a ctx of [store.WithReserve].
//
// Errors: [ErrReadOnly], [ErrConflict], [ErrDraft], those of the store, and
// [ErrUnsealed], after which the entry is durable and nobody was told.
func (l *Ledger) Append(ctx context.Context, prepare func(store.Tx) (Draft, error)) (Entry, error) {
	if err := l.writable(); err != nil {
		return Entry{}, err
	}
	e, err := l.append(ctx, prepare)
	if err != nil {
		return Entry{}, errors.Join(err, l.mend(ctx, err))
	}
	if err := l.sealed(e); err != nil {
		return Entry{}, err
	}
	return e, nil
}

// sealed returns when an entry of this office is released.
func (l *Ledger) sealed(e Entry) error {
	if e.Origin != l.own {
		return nil // of an earlier epoch, whose last checkpoint covers it
	}
	if err := l.sealUpTo(e.Sequence + 1); err != nil {
		return fmt.Errorf("entry %d: %w", e.Sequence, err)
	}
	return nil
}

// append makes the entry durable, or finds that it is.
func (l *Ledger) append(ctx context.Context, prepare func(store.Tx) (Draft, error)) (e Entry, err error) {
	for {
		var asked Draft
		err = l.o.Store.Update(ctx, func(tx store.Tx) error {
			d, err := prepare(tx)
			if err != nil {
				return err
			}
			asked = d
			if _, found, err := findRequest(tx, d); err != nil {
				return err
			} else if found {
				return errEntered
			}
			if e, err = l.enter(tx, l.own, d, l.o.Now()); err != nil || d.Entered == nil {
				return err
			}
			return d.Entered(tx, e)
		})
		if !errors.Is(err, errEntered) {
			return e, err
		}
		// The first one may be part of the very group that is being committed,
		// and not become durable after all; then this one tries again.
		var found bool
		if e, found, err = l.enteredBefore(ctx, asked); err != nil || found {
			return e, err
		}
	}
}

// enteredBefore returns the earlier entry of a request if it is durable. If it
// did not become so, another may lie in its place.
func (l *Ledger) enteredBefore(ctx context.Context, asked Draft) (e Entry, found bool, err error) {
	err = l.o.Store.View(ctx, func(r store.Reader) error {
		place, there, err := findRequest(r, asked)
		if found = there; err != nil || !found {
			return err
		}
		o, err := originOf(r, place.id)
		if err != nil {
			return err
		}
		e, err = l.readEntry(r, place.id, o, place.number)
		return err
	})
	return e, found, err
}

// enter writes one entry of the own log, with everything that belongs to it.
func (l *Ledger) enter(tx store.Tx, o certs.Origin, d Draft, now time.Time) (Entry, error) {
	row, ok, err := getLog(tx, o)
	if err != nil {
		return Entry{}, err
	}
	if !ok {
		if row, err = addLog(tx); err != nil {
			return Entry{}, err
		}
	}
	if now = now.UTC(); now.Before(row.last) {
		now = row.last
	}
	leaf, err := l.leafOf(tx, o, row, d, now)
	if err != nil {
		return Entry{}, err
	}
	leafBytes, err := seal.MarshalLeaf(leaf)
	if err != nil {
		return Entry{}, fmt.Errorf("%w: %w", ErrDraft, err)
	}
	e := Entry{Origin: o, Sequence: row.size, Leaf: leaf, LeafBytes: leafBytes, Hash: seal.RecordHash(leafBytes), Envelope: d.Envelope}
	if d.Envelope == nil {
		if e.Envelope, err = subjectBody(tx, leaf); err != nil {
			return Entry{}, err
		}
	} else if err := putBody(tx, row.id, e.Sequence, d.Envelope); err != nil {
		return Entry{}, err
	}
	request, place := requestKey(d.RequestID), placeRow{id: row.id, number: e.Sequence}
	if err := tx.Put(tableRequests, []byte(request), place.encode()); err != nil {
		return Entry{}, err
	}
	above, err := tree{tx, row.id}.above(row.size, e.Hash)
	if err != nil {
		return Entry{}, err
	}
	leafRow := leafRow{hashes: above, request: request, fingerprint: d.Fingerprint}
	if err := l.putEntry(tx, row.id, &e, leafRow); err != nil {
		return Entry{}, err
	}
	row.size++
	row.last = now
	if newest := l.released(); newest != nil && newest.Size > 0 && newest.Origin == o {
		row.note = newest.note
	}
	return e, putLog(tx, o, row)
}

// putEntry gives an entry its position, completes and writes its row, and tells
// the fold.
func (l *Ledger) putEntry(tx store.Tx, id logID, e *Entry, row leafRow) error {
	last, err := lastPosition(tx)
	if err != nil {
		return err
	}
	e.Position = Position{Incarnation: l.incarnation, N: last + 1}
	row.n, row.fault, row.leaf = e.Position.N, e.Fault, e.LeafBytes
	if err := tx.Put(tableLeaves, entryKey(id, e.Sequence), row.encode()); err != nil {
		return err
	}
	if err := putUrgent(tx, id, e); err != nil {
		return err
	}
	place := placeRow{id: id, number: e.Sequence}
	if err := tx.Put(tablePositions, positionKey(e.Position.N), place.encode()); err != nil {
		return err
	}
	if err := l.o.Fold.Entry(tx, *e); err != nil {
		return fmt.Errorf("fold entry %d of %s: %w", e.Sequence, e.Origin, err)
	}
	return nil
}

// leafOf returns the leaf of a draft. What is wrong with it is [ErrDraft].
func (l *Ledger) leafOf(tx store.Tx, o certs.Origin, row logRow, d Draft, now time.Time) (*spsv1.Leaf, error) {
	leaf := &spsv1.Leaf{
		Origin:   o.String(),
		Sequence: row.size,
		Time:     timestamppb.New(now),
		Type:     d.Type,
		Urgent:   d.Urgent,
		Audience: audienceOf(d, o.Office),
	}
	if d.Type == spsv1.LeafType_LEAF_TYPE_READDRESS {
		return leaf, l.readdress(tx, leaf, d)
	}
	if len(d.Envelope) < 1 || len(d.Envelope) > seal.MaxEnvelope {
		return nil, fmt.Errorf("%w: envelope of %d bytes, want 1 to %d", ErrDraft, len(d.Envelope), seal.MaxEnvelope)
	}
	sum := sha256.Sum256(d.Envelope)
	leaf.EnvelopeSha256, leaf.EnvelopeSize = sum[:], uint32(len(d.Envelope))
	var err error
	switch d.Type {
	case spsv1.LeafType_LEAF_TYPE_STATEMENT:
		leaf.Reference, err = nextReference(tx, o.Office, now, d.Exercise)
	case spsv1.LeafType_LEAF_TYPE_ERASURE:
		leaf.Subject, _, err = l.subject(tx, d.Subject)
	}
	return leaf, err
}

func audienceOf(d Draft, own certs.Office) *spsv1.Audience {
	if d.Network {
		return &spsv1.Audience{Network: true}
	}
	offices := []string{string(own)}
	for _, o := range d.Audience {
		offices = append(offices, string(o))
	}
	slices.Sort(offices)
	return &spsv1.Audience{Offices: slices.Compact(offices)}
}

// readdress fills in the leaf from the entry that it is about.
func (l *Ledger) readdress(r store.Reader, leaf *spsv1.Leaf, d Draft) error {
	if d.Envelope != nil {
		return fmt.Errorf("%w: a readdress has no envelope of its own", ErrDraft)
	}
	ref, about, err := l.subject(r, d.Subject)
	if err != nil {
		return err
	}
	if about.GetType() != spsv1.LeafType_LEAF_TYPE_STATEMENT {
		return fmt.Errorf("%w: the subject of a readdress is a statement, not a %s", ErrDraft, about.GetType())
	}
	leaf.Subject = ref
	leaf.Reference = about.GetReference()
	leaf.EnvelopeSha256, leaf.EnvelopeSize = about.GetEnvelopeSha256(), about.GetEnvelopeSize()
	return nil
}

// subject returns the full reference to an earlier own entry, and its leaf.
func (l *Ledger) subject(r store.Reader, ref *spsv1.EntryRef) (*spsv1.EntryRef, *spsv1.Leaf, error) {
	o, err := certs.ParseOrigin(ref.GetOrigin())
	if err != nil {
		return nil, nil, fmt.Errorf("%w: subject: %w", ErrDraft, err)
	}
	held, err := heldLeaf(r, o, ref.GetSequence())
	switch {
	case err != nil:
		return nil, nil, err
	case held == nil || o.Federation != l.own.Federation || o.Office != l.own.Office:
		return nil, nil, fmt.Errorf("%w: subject is no own entry", ErrDraft)
	}
	hash := seal.RecordHash(held)
	if h := ref.GetRecordHash(); len(h) != 0 && !bytes.Equal(h, hash[:]) {
		return nil, nil, fmt.Errorf("%w: subject has another record hash", ErrDraft)
	}
	leaf, err := seal.ParseLeaf(held)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: own entry %d: %w", ErrCorrupt, ref.GetSequence(), err)
	}
	return &spsv1.EntryRef{Origin: o.String(), Sequence: ref.GetSequence(), RecordHash: hash[:]}, leaf, nil
}

// heldLeaf returns the bytes of the leaf of an entry, valid within the
// transaction, or nil if it is not held.
func heldLeaf(r store.Reader, o certs.Origin, seq uint64) ([]byte, error) {
	row, ok, err := getLog(r, o)
	if err != nil || !ok || seq >= row.size {
		return nil, err
	}
	leaf, err := getLeaf(r, row.id, seq)
	return leaf.leaf, err
}
