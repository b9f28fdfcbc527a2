package office

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/certs/seal/evidence"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
)

const (
	// maxEvidence is the largest bundle that a node makes, in bytes: what an
	// answer over REST may have.
	maxEvidence = 12 << 20

	// evidenceSuffix ends the resource name of the evidence of a statement.
	evidenceSuffix = "/evidence"
)

// GetEvidence implements spsv1.EvidenceServiceServer. The bundle is verified
// before it is given away.
func (s *Service) GetEvidence(ctx context.Context, req *spsv1.GetEvidenceRequest) (*httpbody.HttpBody, error) {
	name := strings.TrimSuffix(req.GetName(), evidenceSuffix)
	origin, seq, err := parseName(name, s.o.Roster.Federation())
	if err != nil {
		return nil, err
	}
	exhibit, err := s.exhibit(ctx, origin, seq)
	if err == nil {
		err = s.mustSeeExhibit(ctx, exhibit)
	}
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, access.NotFound("there is no %s here, or it was not addressed to this office", name)
	}
	if err != nil {
		return nil, err
	}
	file, err := s.bundle(ctx, exhibit, req)
	var revoked *access.Refusal
	switch {
	case errors.Is(err, ledger.ErrUnsealed):
		return nil, err
	case errors.As(err, &revoked):
		return nil, revoked
	case err != nil:
		return nil, fmt.Errorf("evidence of %s: %w", name, err)
	case len(file) > maxEvidence:
		return nil, &access.Refusal{
			Code: codes.ResourceExhausted, Reason: access.ReasonTooLarge,
			Sentence: fmt.Sprintf("the bundle has %d bytes, more than %d: leave the case out, or the cards", len(file), maxEvidence),
		}
	}
	disposition := fmt.Sprintf("attachment; filename=%q", evidence.FileName(exhibit.entry.Leaf.GetReference()))
	if err := grpc.SetHeader(ctx, metadata.Pairs("content-disposition", disposition)); err != nil {
		return nil, fmt.Errorf("evidence of %s: %w", name, err)
	}
	return &httpbody.HttpBody{ContentType: evidence.MediaType, Data: file}, nil
}

// mustSeeExhibit returns ledger.ErrNotFound of what the caller of ctx does not see.
func (s *Service) mustSeeExhibit(ctx context.Context, x *exhibit) error {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return err
	}
	sees, err := s.o.Book.Sees(ctx, s.seers(caller), placeAt(x.entry.Origin, x.entry.Sequence), x.statement)
	if err == nil && !sees {
		err = ledger.ErrNotFound
	}
	return err
}

// exhibit is a statement of which there is to be evidence.
type exhibit struct {
	entry     ledger.Entry // with its body, wherever it was found
	statement *spsv1.Statement
	broughtIn []ledger.Entry // readdresses
}

// exhibit returns the statement at a place, or that which a readdress there is
// about. The error is ledger.ErrNotFound also for what this office cannot read,
// and for what is no sound statement: of that nothing is to be proved.
func (s *Service) exhibit(ctx context.Context, o certs.Origin, seq uint64) (*exhibit, error) {
	e, err := s.o.Ledger.Entry(ctx, o, seq)
	if err != nil {
		return nil, err
	}
	if e.Leaf.GetType() == spsv1.LeafType_LEAF_TYPE_READDRESS && e.Fault == "" {
		about, err := certs.ParseOrigin(e.Leaf.GetSubject().GetOrigin())
		if err != nil {
			return nil, err
		}
		if e, err = s.o.Ledger.Entry(ctx, about, e.Leaf.GetSubject().GetSequence()); err != nil {
			return nil, err
		}
	}
	if e.Leaf.GetType() != spsv1.LeafType_LEAF_TYPE_STATEMENT || e.Fault != "" {
		return nil, ledger.ErrNotFound
	}
	x := &exhibit{entry: e}
	if x.broughtIn, err = s.readdresses(ctx, e); err != nil {
		return nil, err
	}
	for _, r := range x.broughtIn { // what was brought here by a readdress lies under it
		if x.entry.Envelope == nil {
			x.entry.Envelope = r.Envelope
		}
	}
	if x.entry.Envelope == nil {
		return nil, ledger.ErrNotFound
	}
	x.statement, err = statement.Decode(x.entry.Envelope, e.Origin.Federation, e.Origin.Office)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ledger.ErrNotFound, err)
	}
	return x, nil
}

// bundle makes the file, and verifies it as its reader will.
func (s *Service) bundle(ctx context.Context, x *exhibit, req *spsv1.GetEvidenceRequest) ([]byte, error) {
	m := &exhibition{Service: s, exhibit: x}
	if err := m.collect(ctx, !req.GetWithoutCase()); err != nil {
		return nil, err
	}
	signers, err := m.cards(ctx)
	if err != nil {
		return nil, err
	}
	var accepted []*certs.Card
	if req.GetWithoutCards() {
		m.bundle.Cards, accepted = nil, signers
	}
	file, err := m.bundle.Encode()
	if err != nil {
		return nil, err
	}
	if _, err = m.bundle.Verify(accepted); errors.Is(err, seal.ErrKeyRange) {
		err = errors.Join(m.revoked(), err)
	}
	return file, err
}

// revoked returns why a bundle whose keys are not good for what they signed
// proves nothing, and what to do; nil if it is none of its checkpoints. Of each
// log this node keeps the newest checkpoint only.
func (m *exhibition) revoked() error {
	for _, note := range m.bundle.Checkpoints {
		c, err := seal.ParseCheckpoint(note)
		if err != nil {
			return err
		}
		keys := m.o.Roster.Keys(c.Origin)
		if _, err := seal.OpenCheckpoint(note, keys); !errors.Is(err, seal.ErrKeyRange) {
			continue
		}
		var good uint64 // largest size of a tree that the office stands by
		for _, key := range keys {
			good = max(good, key.Until)
		}
		good = max(good, 1) - 1
		refusal := &access.Refusal{Code: codes.FailedPrecondition, Reason: access.ReasonRevoked}
		switch {
		case c.Origin != m.entry.Origin:
			refusal.Sentence = fmt.Sprintf("the checkpoint of %s that is held here, of size %d, is by a key that was revoked after size %d: ask for the evidence without the case", c.Origin, c.Size, good)
		case m.entry.Sequence >= good:
			refusal.Sentence = fmt.Sprintf("the key of %s was revoked after size %d, and this is entry %d: its office does not stand by it, and nothing proves it", c.Origin, good, m.entry.Sequence)
		default:
			refusal.Sentence = fmt.Sprintf("the checkpoint of %s that is held here, of size %d, is by a key that was revoked after size %d, and no older one is kept: ask another office for its evidence that has a checkpoint of at most that size", c.Origin, c.Size, good)
		}
		return refusal
	}
	return nil
}
