package protocol

import (
	"bytes"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/tests/protocol/second"
)

// TestUrgentChecksOut lets the second reader check the urgent entry of the
// document, and fail at every change of it.
func TestUrgentChecksOut(t *testing.T) {
	p := openPage(t)
	card, err := second.ParseCard(p.card)
	if err != nil {
		t.Fatal(err)
	}
	b := p.bytes(t, "urgent")
	check := func(b []byte, office string) error {
		u, err := second.ParseUrgent(b)
		if err != nil {
			return err
		}
		l, err := u.Verify([]byte(p.blocks["checkpoint"]), card, office, p.hash(t, "root of size 2"))
		if err == nil && (l.Sequence != 2 || !bytes.Equal(u.Envelope, p.bytes(t, "envelope"))) {
			t.Errorf("urgent entry %d, want 2 with the envelope of the document", l.Sequence)
		}
		return err
	}
	if err := check(b, "TH"); err != nil {
		t.Errorf("urgent entry: %v", err)
	}
	if err := check(b, "CN"); err == nil {
		t.Error("an urgent entry for Thailand was accepted by China")
	}
	for i := range b {
		changed := bytes.Clone(b)
		changed[i] ^= 1
		if check(changed, "TH") == nil {
			t.Errorf("byte %d changed: accepted", i)
		}
	}
}

// TestUrgentIsReceipted gives the urgent entry to a real ledger of Thailand
// that holds two leaves without the body of the first: its receipt must be that
// of the document, byte for byte.
func TestUrgentIsReceipted(t *testing.T) {
	p := openPage(t)
	w := newWorld(t)
	roster, err := certs.NewRoster(w.th.parsed(t), w.vn.parsed(t))
	if err != nil {
		t.Fatal(err)
	}
	l := startLedger(t, w.th, roster, func() time.Time { return began.Add(3 * time.Minute) })
	checkpoint := []byte(p.blocks["checkpoint"])
	held := ledger.Package{
		Origin: vn, Leaves: p.leaves[:2], Checkpoint: checkpoint, Proof: p.proof(t, "consistency-2-to-3"),
	}
	if _, err := l.Record(t.Context(), "VN", held); err != nil {
		t.Fatal(err)
	}
	var frame spsv1.Frame
	if err := proto.Unmarshal(p.bytes(t, "urgent"), &frame); err != nil {
		t.Fatal(err)
	}
	u := frame.GetUrgent()
	inclusion, err := seal.Hashes(u.GetInclusionProof())
	if err != nil {
		t.Fatal(err)
	}
	consistency, err := seal.Hashes(u.GetConsistencyProof())
	if err != nil {
		t.Fatal(err)
	}
	err = l.RecordAhead(t.Context(), "VN", ledger.Urgent{
		Origin: vn, Sequence: 2, Leaf: u.GetLeaf(), Envelope: u.GetEnvelope(), Inclusion: inclusion, Checkpoint: checkpoint,
		Start: u.GetStartSize(), Consistency: consistency,
	})
	if err != nil {
		t.Fatal(err)
	}
	if note, err := l.Receipt(t.Context(), vn); err != nil || string(note) != p.blocks["receipt"] {
		t.Errorf("receipt = %s, %v; want %s", note, err, p.blocks["receipt"])
	}
	if e, err := l.Entry(t.Context(), vn, 2); err != nil || e.Gap != 0 || !bytes.Equal(e.Envelope, p.bytes(t, "envelope")) {
		t.Errorf("entry 2 with a gap of %d, %v; want no gap, since 2 are held", e.Gap, err)
	}
}
