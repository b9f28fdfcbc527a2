package faults

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/tests/federation"
)

// script is a hostile peer: it has the identity, the keys and the ledger of an
// office whose node does not run, and sends what a test says.
type script struct {
	t    testing.TB
	self *federation.Node
	at   *federation.Node

	ctx  context.Context
	end  context.CancelCauseFunc
	to   chan *spsv1.Frame // what the script sends
	over chan struct{}     // the session has ended

	mu  sync.Mutex
	got []*spsv1.Frame // what came, of which it takes note and nothing more
}

// play lets a script hold a session with a node, in a bubble.
func play(t testing.TB, at, as *federation.Node) *script {
	t.Helper()
	card, ok := at.Office.Roster.Card(as.Office.Code())
	if !ok {
		t.Fatalf("%s has no card of %s", at.Office.Code(), as.Office.Code())
	}
	s := &script{t: t, self: as, at: at, to: make(chan *spsv1.Frame, 1000), over: make(chan struct{})}
	s.ctx, s.end = context.WithCancelCause(context.Background())
	peer := certs.Peer{
		Identity: certs.NodeIdentity(as.Ledger.Origin().Federation, as.Office.Code()),
		NotAfter: as.Office.Node.NotAfter(), Card: card,
	}
	go func() {
		defer close(s.over)
		s.end(at.Exchange.Session(s.ctx, (*scriptStream)(s), peer, false))
	}()
	return s
}

// scriptStream is the node's end of the stream.
type scriptStream script

func (s *scriptStream) Context() context.Context { return s.ctx }

func (s *scriptStream) Send(f *spsv1.Frame) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, proto.CloneOf(f))
	return nil
}

func (s *scriptStream) Recv() (*spsv1.Frame, error) {
	select {
	case f := <-s.to:
		return f, nil
	case <-s.ctx.Done():
		return nil, context.Cause(s.ctx)
	}
}

// send sends frames and lets the node work on them.
func (s *script) send(frames ...*spsv1.Frame) {
	for _, f := range frames {
		s.to <- proto.CloneOf(f)
	}
	synctest.Wait()
}

// stop ends the session.
func (s *script) stop() {
	s.end(errors.New("the script is over"))
	<-s.over
}

// frames returns what came so far.
func (s *script) frames() []*spsv1.Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// bye returns the reason that the node gave for ending the session, "" if it
// has not.
func (s *script) bye() string {
	for _, f := range s.frames() {
		if f.GetBye() != nil {
			return f.GetBye().GetReason()
		}
	}
	return ""
}

func (s *script) hello() *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Hello{Hello: &spsv1.Hello{
		Versions: []uint32{1}, Federation: s.self.Ledger.Origin().Federation, Office: string(s.self.Office.Code()),
		Origin: s.self.Ledger.Origin().String(), Time: timestamppb.Now(), CardNumber: 1, Software: "script",
	}}}
}

// page returns the head and entries of the script's own log, as an honest node
// sends them.
func (s *script) page(from uint64) (*spsv1.Frame, *spsv1.Entries) {
	s.t.Helper()
	p, err := s.self.Ledger.Page(context.Background(), s.self.Ledger.Origin(), from, s.at.Office.Code(), ledger.MaxPage)
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := seal.ParseCheckpoint(p.Checkpoint)
	if err != nil {
		s.t.Fatal(err)
	}
	e := &spsv1.Entries{Origin: p.Origin.String(), Start: p.Start, Leaves: p.Leaves, TargetSize: c.Size, ConsistencyProof: seal.HashBytes(p.Proof)}
	for _, b := range p.Bodies {
		e.Bodies = append(e.Bodies, &spsv1.EntryBody{Sequence: b.Sequence, Envelope: b.Envelope})
	}
	return headOf(p.Checkpoint), e
}

func headOf(note []byte) *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Head{Head: &spsv1.Head{Checkpoint: note}}}
}

func entriesOf(e *spsv1.Entries) *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Entries{Entries: e}}
}

func wantOf(o certs.Origin, size uint64) *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Want{Want: &spsv1.Want{Origin: o.String(), Size: size}}}
}

func receiptOf(office certs.Office, note []byte) *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Receipt{Receipt: &spsv1.ReceiptNote{Office: string(office), Note: note}}}
}
