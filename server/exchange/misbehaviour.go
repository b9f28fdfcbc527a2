package exchange

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
)

// featureMisbehaviour is what a node says in Hello that acts upon proofs of
// misbehaviour.
const featureMisbehaviour = "misbehaviour"

// prove keeps a proof that an office signed two trees of one log that cannot both
// be, the first one about each log, and lets everybody have it: who holds less of
// the log than was signed twice cannot find it out alone.
func (x *Exchange) prove(o certs.Origin, p *ledger.Conflict) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if p == nil || x.conflicts[o] != nil {
		return
	}
	x.conflicts[o] = &spsv1.Frame{Kind: &spsv1.Frame_Misbehaviour{Misbehaviour: &spsv1.Misbehaviour{
		Proof: &spsv1.Misbehaviour_TreeConflict{TreeConflict: &spsv1.TreeConflict{
			SmallerCheckpoint: p.Smaller, LargerCheckpoint: p.Larger,
			RootAtSmaller: p.Root[:], ConsistencyProof: seal.HashBytes(p.Proof),
		}},
	}}}
	for _, s := range x.sessions {
		poke(s.wake)
	}
}

// fillConflict holds a proof that the peer has not been sent in this session.
func (s *session) fillConflict() bool {
	if !s.takes(featureMisbehaviour) {
		return false
	}
	frame := s.nextConflict()
	if frame != nil {
		s.hold(frame)
	}
	return frame != nil
}

func (s *session) nextConflict() *spsv1.Frame {
	s.x.mu.Lock()
	defer s.x.mu.Unlock()
	for o, frame := range s.x.conflicts {
		if !s.proved[o] {
			s.proved[o] = true
			return frame
		}
	}
	return nil
}

// contradicted raises the alarm about a log of which a checkpoint contradicts
// what is held here, unless that is damaged, and makes the proof of it.
func (s *session) contradicted(ctx context.Context, o certs.Origin, note []byte, words string) error {
	p, err := s.x.ledger.ConflictWith(ctx, note)
	if !errors.Is(err, ledger.ErrCorrupt) {
		s.x.alarm(s.peer.Office, ReasonInconsistent, words)
	}
	if err != nil {
		return fmt.Errorf("prove that two heads of %s cannot both be: %w", o, err)
	}
	s.x.prove(o, p)
	return nil
}

// putMisbehaviour keeps a proof for the clerk. Proofs of other kinds are passed
// over.
func (s *session) putMisbehaviour(m *spsv1.Misbehaviour) {
	if c := m.GetTreeConflict(); c != nil {
		s.inbox.conflict = c
		poke(s.posted)
	}
}

// conflict returns the proof that came last, and was not examined.
func (s *session) conflict() (p *ledger.Conflict, ok bool) {
	s.mu.Lock()
	c := s.inbox.conflict
	s.inbox.conflict = nil
	s.mu.Unlock()
	if c == nil {
		return nil, false
	}
	p = &ledger.Conflict{Smaller: c.GetSmallerCheckpoint(), Larger: c.GetLargerCheckpoint()}
	copy(p.Root[:], c.GetRootAtSmaller())
	for _, h := range c.GetConsistencyProof() {
		var hash tlog.Hash
		copy(hash[:], h) // of another length it proves nothing
		p.Proof = append(p.Proof, hash)
	}
	return p, true
}

// examineConflict judges a proof that came. It proves itself, so that it does not
// matter who sent it; one that does not is noted, and nothing follows from it.
func (s *session) examineConflict(ctx context.Context, p *ledger.Conflict) error {
	o, err := s.x.ledger.CheckConflict(ctx, s.peer.Office, *p)
	switch {
	case errors.Is(err, seal.ErrUnknownKey), errors.Is(err, certs.ErrNoCard):
		s.logger.LogAttrs(ctx, slog.LevelDebug, "proof passed over", slog.Any("err", err))
		return nil
	case errors.Is(err, seal.ErrProof), errors.Is(err, seal.ErrFormat), errors.Is(err, seal.ErrBadSignature), errors.Is(err, seal.ErrKeyRange):
		s.x.note(s.peer.Office, ReasonBadSeal, err.Error())
		return nil
	case err != nil:
		return err
	}
	about := o.Office
	if about == s.x.office {
		about = s.peer.Office
	}
	s.x.alarm(about, ReasonInconsistent, fmt.Sprintf("%s has the proof that two trees of %s were signed that cannot both be", s.peer.Office, o))
	s.x.prove(o, p)
	return nil
}
