package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// judge parses the leaves of a proved run, marks those that break a rule, and
// gives each its body. Its errors are the sender's fault, or the store's.
func (l *Ledger) judge(ctx context.Context, run *run, from certs.Office, bodies []Body) error {
	for i := range run.entries {
		e := &run.entries[i]
		e.judgeLeaf(run)
		run.urgent = run.urgent || e.Leaf.GetUrgent()
	}
	if err := l.takeBodies(run, from, bodies); err != nil {
		return err
	}
	if err := l.judgeSubjects(ctx, run); err != nil {
		return err
	}
	if first := &run.entries[0]; first.Sequence == 0 {
		first.judgeFirst()
	}
	return nil
}

// judgeLeaf marks what breaks a rule that the leaf and its place decide.
func (e *incoming) judgeLeaf(run *run) {
	leaf, err := seal.ParseLeaf(e.LeafBytes)
	if err != nil {
		e.blame("%v", err)
		return
	}
	e.Leaf = leaf
	if leaf.GetOrigin() != e.Origin.String() {
		e.blame("the leaf names another log, %s", leaf.GetOrigin())
	}
	if leaf.GetSequence() != e.Sequence {
		e.blame("the leaf names another sequence, %d", leaf.GetSequence())
	}
	stamp := leaf.GetTime().AsTime()
	if stamp.Before(run.last) {
		e.blame("its time is before that of an earlier entry")
	} else {
		run.last = stamp
	}
}

// blame marks an entry as faulty, for the first rule that it breaks.
func (e *incoming) blame(format string, args ...any) {
	if e.Fault != "" {
		return
	}
	e.Fault = strings.ToValidUTF8(fmt.Sprintf(format, args...), "?")
	if len(e.Fault) > maxFault {
		e.Fault = strings.ToValidUTF8(e.Fault[:maxFault], "")
	}
}

// takeBodies gives the bodies of a package to their entries.
func (l *Ledger) takeBodies(run *run, from certs.Office, bodies []Body) error {
	for i, body := range bodies {
		if i > 0 && body.Sequence <= bodies[i-1].Sequence {
			return fmt.Errorf("%w: bodies are not ascending", ErrBody)
		}
		if body.Sequence < run.row.size {
			continue // of an entry that is held
		}
		if body.Sequence >= run.end() {
			return fmt.Errorf("%w: there is no leaf %d", ErrBody, body.Sequence)
		}
		e := &run.entries[body.Sequence-run.row.size]
		if e.Leaf == nil || !seal.MayRead(e.Leaf, l.own.Office) {
			return fmt.Errorf("%w: entry %d", ErrNotAudience, body.Sequence)
		}
		if err := seal.CheckEnvelope(e.Leaf, body.Envelope); err != nil {
			if from != e.Origin.Office {
				return fmt.Errorf("%w: %w", ErrBody, err)
			}
			continue // the issuer does not have it either: it is missing
		}
		e.Envelope = body.Envelope
	}
	return nil
}

// judgeSubjects compares readdresses and erasures with the entries that they
// are about.
func (l *Ledger) judgeSubjects(ctx context.Context, run *run) error {
	var about []*incoming
	for i := range run.entries {
		if e := &run.entries[i]; e.Leaf.GetSubject() != nil {
			about = append(about, e)
		}
	}
	if len(about) == 0 {
		return nil
	}
	return l.o.Store.View(ctx, func(r store.Reader) error {
		for _, e := range about {
			subject, err := run.subject(r, e.Leaf)
			if err != nil {
				return err
			}
			e.judgeSubject(subject)
		}
		return nil
	})
}

// subject returns the leaf of the entry that a leaf is about, from the run
// itself or from what is held, valid within the transaction; nil if it is not
// known here.
func (run *run) subject(r store.Reader, leaf *spsv1.Leaf) ([]byte, error) {
	seq := leaf.GetSubject().GetSequence()
	if leaf.GetSubject().GetOrigin() == run.origin.String() && seq >= run.row.size {
		if seq >= run.end() {
			return nil, nil
		}
		return run.entries[seq-run.row.size].LeafBytes, nil
	}
	o, err := certs.ParseOrigin(leaf.GetSubject().GetOrigin())
	if err != nil {
		return nil, nil //nolint:nilerr // ParseLeaf let it pass, so it cannot be
	}
	return heldLeaf(r, o, seq)
}

// judgeSubject marks an entry whose subject is not what it says. A subject in
// an earlier epoch that is not held here cannot be judged.
func (e *incoming) judgeSubject(subject []byte) {
	if subject == nil {
		if e.Leaf.GetSubject().GetOrigin() == e.Origin.String() {
			e.blame("its subject is not an earlier entry")
		}
		return
	}
	if hash := seal.RecordHash(subject); !bytes.Equal(hash[:], e.Leaf.GetSubject().GetRecordHash()) {
		e.blame("its subject has another record hash")
		return
	}
	if e.Leaf.GetType() != spsv1.LeafType_LEAF_TYPE_READDRESS {
		return
	}
	s, err := seal.ParseLeaf(subject)
	switch {
	case err != nil || s.GetType() != spsv1.LeafType_LEAF_TYPE_STATEMENT:
		e.blame("its subject is not a statement")
	case s.GetReference() != e.Leaf.GetReference(),
		s.GetEnvelopeSize() != e.Leaf.GetEnvelopeSize(),
		!bytes.Equal(s.GetEnvelopeSha256(), e.Leaf.GetEnvelopeSha256()):
		e.blame("it does not repeat digest, size and reference of its subject")
	}
}

// judgeFirst marks a log that does not begin with a card of its office that
// names the log.
func (e *incoming) judgeFirst() {
	if e.Leaf.GetType() != spsv1.LeafType_LEAF_TYPE_CARD {
		e.blame("the first entry of the log is not the office's card")
		return
	}
	if e.Envelope == nil {
		return // missing, and listed so
	}
	if err := checkCard(e.Origin, e.Envelope); err != nil {
		e.blame("the first entry of the log is not the office's card: %v", err)
	}
}

// parseCard returns the card in an envelope.
func parseCard(envelope []byte) (*certs.Card, error) {
	var outer spsv1.Envelope
	if err := proto.Unmarshal(envelope, &outer); err != nil {
		return nil, errors.New("the envelope does not parse")
	}
	if outer.GetPayloadType() != CardPayload {
		return nil, fmt.Errorf("payload of type %q", outer.GetPayloadType())
	}
	return certs.ParseCard(outer.GetPayload())
}

func checkCard(o certs.Origin, envelope []byte) error {
	card, err := parseCard(envelope)
	if err != nil {
		return err
	}
	if card.Federation() != o.Federation || card.Office() != o.Office || len(card.LogKeys(o)) == 0 {
		return fmt.Errorf("it is the card of %s/%s and does not name %s", card.Federation(), card.Office(), o)
	}
	return nil
}
