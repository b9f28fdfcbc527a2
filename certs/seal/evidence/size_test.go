package evidence_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/certs/seal/evidence"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// levels is the height of the tree of an office that says a thousand things a
// day for forty-five years.
const levels = 24

// offices is how many there are in the audience of a large statement.
const offices = 40

func manyOffices() []string {
	var codes []string
	for i := range offices {
		codes = append(codes, fmt.Sprintf("%c%c", 'A'+i/26, 'A'+i%26))
	}
	return codes
}

// TestSize holds a bundle to 4 KiB, and 1.5 KiB for each receipt, beside the
// envelope and the cards: in a log of 16 million entries, with an audience of
// forty offices that have all given their receipts.
func TestSize(t *testing.T) {
	s := newStory(t)
	to := manyOffices()
	seq := s.vn.issue(notification("anything"), append(to, "VN")...)
	e := evidence.Entry{Leaf: s.vn.leaves[seq], Envelope: s.vn.envelopes[seq]}
	tree := seal.Checkpoint{Origin: s.vn.origin, Size: 1 << levels}
	e.Proof, tree.Root = highProof(seq, seal.RecordHash(e.Leaf))
	note, err := seal.SignCheckpoint(tree, s.vn.logKeys[1])
	if err != nil {
		t.Fatal(err)
	}
	accepted := s.newest("VN")
	for _, code := range to {
		key := edKey(code, "receipt")
		accepted = append(accepted, s.neighbour(code, key))
		said := seal.Receipt{Origin: tree.Origin, Size: tree.Size, Root: tree.Root, Time: begun}
		receipt, err := seal.SignReceipt(said, certs.Office(code), key)
		if err != nil {
			t.Fatal(err)
		}
		e.Receipts = append(e.Receipts, evidence.Receipt{Office: certs.Office(code), Note: receipt, Proof: e.Proof})
	}
	file := s.encode(&evidence.Bundle{Statement: e, Checkpoints: [][]byte{note}})
	if _, err := verify(file, accepted); err != nil {
		t.Fatal(err)
	}
	envelope := base64.StdEncoding.EncodedLen(len(e.Envelope))
	got, most := len(file)-envelope-envelope/76-1, 4<<10+offices*1536
	t.Logf("%d bytes beside envelope and cards, of which %d for each receipt", got, (got-4096)/offices)
	if got > most {
		t.Errorf("%d bytes beside envelope and cards, want at most %d", got, most)
	}
	e.Receipts = nil
	file = s.encode(&evidence.Bundle{Statement: e, Checkpoints: [][]byte{note}})
	if got := len(file) - envelope - envelope/76 - 1; got > 4<<10 {
		t.Errorf("%d bytes beside envelope and cards without receipts, want at most 4096", got)
	}
}

// TestSizeOfTheCase holds what a readdress or another statement of the case
// adds to a bundle to 2 KiB, beside its envelope: in a log of 16 million
// entries, to forty offices, and with the checkpoint if it is of another log.
func TestSizeOfTheCase(t *testing.T) {
	const most = 2 << 10
	s := newStory(t)
	among := func(code string) []string {
		to := append(manyOffices(), code)
		slices.Sort(to)
		return slices.Compact(to)
	}
	tests := []struct {
		name string
		of   *member
		seq  uint64
		add  func(*evidence.Bundle, evidence.Entry)
	}{
		{"statement of another office, signed with P-256", s.cn, s.cn.issue(followUp(s.vn, s.stated, "seen"), among("CN")...), inCase},
		{"statement of another office", s.th, s.th.issue(followUp(s.vn, s.stated, "seen"), among("TH")...), inCase},
		{"readdress", s.vn, s.vn.readdress(s.stated, among("VN")...), func(b *evidence.Bundle, e evidence.Entry) {
			b.Readdresses = append(b.Readdresses, e)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := s.plain()
			b.Cards = nil
			before := len(s.encode(b))
			e := evidence.Entry{Leaf: tt.of.leaves[tt.seq], Envelope: tt.of.envelopes[tt.seq]}
			tree := seal.Checkpoint{Origin: tt.of.origin, Size: 1 << levels}
			e.Proof, tree.Root = highProof(tt.seq, seal.RecordHash(e.Leaf))
			note, err := seal.SignCheckpoint(tree, tt.of.logKeys[len(tt.of.logKeys)-1])
			if err != nil {
				t.Fatal(err)
			}
			tt.add(b, e)
			if tt.of != s.vn {
				b.Checkpoints = append(b.Checkpoints, note)
				slices.SortFunc(b.Checkpoints, bytes.Compare)
			}
			envelope := base64.StdEncoding.EncodedLen(len(e.Envelope))
			got := len(s.encode(b)) - before - envelope - envelope/76
			if t.Logf("%d bytes", got); got > most {
				t.Errorf("%d bytes beside the envelope, want at most %d", got, most)
			}
		})
	}
}

func inCase(b *evidence.Bundle, e evidence.Entry) { b.Case = append(b.Case, e) }

// highProof returns an inclusion proof in a full tree of 2^levels entries, and
// its root.
func highProof(seq uint64, hash tlog.Hash) (proof []tlog.Hash, root tlog.Hash) {
	for level := range levels {
		beside := tlog.Hash(seed("beside", level))
		proof = append(proof, beside)
		if seq>>level&1 == 0 {
			hash = tlog.NodeHash(hash, beside)
		} else {
			hash = tlog.NodeHash(beside, hash)
		}
	}
	return proof, hash
}

// neighbour returns the card of another office.
func (s *story) neighbour(code string, receipts ed25519.PrivateKey) *certs.Card {
	origin := certs.Origin{Federation: "asean-cn", Office: certs.Office(code), Epoch: 1}
	m := &member{w: s.world, origin: origin, cardKey: edKey(code, "card"), message: s.la.card().Message()}
	m.message.Office, m.message.CardKey = code, nil
	m.message.LogKeys = []*spsv1.LogKey{s.logKey(certs.LogKey{Origin: origin, Public: edKey(code, "log").Public()})}
	m.message.ReceiptKeys = []*spsv1.ReceiptKey{{PublicKey: receipts.Public().(ed25519.PublicKey)}}
	return m.publish(nil)
}
