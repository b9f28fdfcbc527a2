package ledger_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
)

// forger signs what an honest node would not: a log of any leaves, with the key
// of an office.
type forger struct {
	office *authority.Office
	leaves [][]byte
	bodies []ledger.Body
}

// add adds a leaf that says what change makes of a good one.
func (f *forger) add(t testing.TB, body string, change func(*spsv1.Leaf)) {
	t.Helper()
	seq := uint64(len(f.leaves))
	sum := sha256.Sum256([]byte(body))
	l := &spsv1.Leaf{
		Origin: f.office.Origin().String(), Sequence: seq, Time: &timestamppb.Timestamp{Seconds: 1767225600 + int64(seq)},
		Type: spsv1.LeafType_LEAF_TYPE_STATEMENT, Audience: &spsv1.Audience{Network: true}, Reference: fmt.Sprintf("VN-2026-%06d", seq+1),
		EnvelopeSha256: sum[:], EnvelopeSize: uint32(len(body)),
	}
	if change != nil {
		change(l)
	}
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	f.leaves = append(f.leaves, b)
	f.bodies = append(f.bodies, ledger.Body{Sequence: seq, Envelope: []byte(body)})
}

func (f *forger) addCard(t testing.TB) {
	t.Helper()
	d, err := ledger.CardDraft(f.office.Card)
	if err != nil {
		t.Fatal(err)
	}
	f.add(t, string(d.Envelope), func(l *spsv1.Leaf) { l.Type, l.Reference = spsv1.LeafType_LEAF_TYPE_CARD, "" })
}

// checkpoint signs the tree of the first size leaves.
func (f *forger) checkpoint(t testing.TB, size int) []byte {
	t.Helper()
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (out []tlog.Hash, err error) {
		for _, i := range indexes {
			out = append(out, hashes[i])
		}
		return out, nil
	})
	for i, leaf := range f.leaves[:size] {
		more, err := tlog.StoredHashes(int64(i), leaf, reader)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, more...)
	}
	root, err := tlog.TreeHash(int64(size), reader)
	if err != nil {
		t.Fatal(err)
	}
	note, err := seal.SignCheckpoint(seal.Checkpoint{Origin: f.office.Origin(), Size: uint64(size), Root: root}, f.office.LogKey)
	if err != nil {
		t.Fatal(err)
	}
	return note
}

// all returns the whole log as one package.
func (f *forger) all(t testing.TB) ledger.Package {
	t.Helper()
	return ledger.Package{Origin: f.office.Origin(), Leaves: f.leaves, Bodies: f.bodies, Checkpoint: f.checkpoint(t, len(f.leaves))}
}

// pair returns the tree hash over a leaf and the one behind it.
func (f *forger) pair(i int) []byte {
	pair := tlog.NodeHash(seal.RecordHash(f.leaves[i]), seal.RecordHash(f.leaves[i+1]))
	return pair[:]
}
