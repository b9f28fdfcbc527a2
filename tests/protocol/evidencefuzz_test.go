package protocol

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/certs/seal/evidence"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// FuzzEvidence gives any bytes to both verifiers.
func FuzzEvidence(f *testing.F) {
	for _, folder := range []string{"good", "bad"} {
		for _, v := range bundles(f, folder) {
			f.Add(v.bundle)
		}
	}
	product, other := judges(f, nil)
	productKnows, otherKnows := judges(f, roster(f, "accepted"))
	f.Fuzz(func(t *testing.T, b []byte) {
		agreeOn(t, "by the cards in it", b, product, other)
		agreeOn(t, "by accepted cards", b, productKnows, otherKnows)
	})
}

// FuzzEvidenceStatements puts any two envelopes into the log of Viet Nam, signs
// it, and gives the bundle to both verifiers: so the fuzzer gets past digests
// and signatures, to what is read in a statement and in its case.
func FuzzEvidenceStatements(f *testing.F) {
	w := newWorld(f)
	product, other := judges(f, [][]byte{w.vn.card})
	for _, pair := range statementPairs(f, w) {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, first, then []byte) {
		if max(len(first), len(then)) > seal.MaxEnvelope || min(len(first), len(then)) == 0 {
			return
		}
		agreeOn(t, "two statements", statementBundle(t, w, first, then), product, other)
	})
}

// TestVerifiersAgreeOnStatements runs over the seeds of the fuzz target, of
// which some are good.
func TestVerifiersAgreeOnStatements(t *testing.T) {
	w := newWorld(t)
	product, other := judges(t, [][]byte{w.vn.card})
	good := 0
	pairs := statementPairs(t, w)
	for name, pair := range pairs {
		b := statementBundle(t, w, pair[0], pair[1])
		agreeOn(t, name, b, product, other)
		if refused(other, b) == nil {
			good++
		}
	}
	if good < 3 || good > len(pairs)/2 {
		t.Errorf("%d of %d are good, want some, and most bad", good, len(pairs))
	}
}

// statementPairs are pairs of envelopes, the second in the case of the first or
// nearly so.
func statementPairs(t testing.TB, w *world) map[string][2][]byte {
	t.Helper()
	salt := seedOf("salt of evidence")
	statement := func(more ...[]byte) []byte {
		payload := append(lengthy(1, salt[:]), lengthy(2, []byte(federation))...)
		payload = append(payload, lengthy(3, []byte("VN"))...)
		return bytes.Join(append([][]byte{payload}, more...), nil)
	}
	envelope := func(payload []byte) []byte {
		return append(lengthy(1, []byte("application/vnd.sps.statement.v1")), lengthy(2, payload)...)
	}
	varint := func(num protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.VarintType), v)
	}
	first := envelope(statement())
	hash := seal.RecordHash(statementLeaf(t, 0, first))
	ref := append(lengthy(1, []byte("asean-cn/VN/1")), lengthy(3, hash[:])...)
	inCase := func(ref []byte) []byte { return envelope(statement(lengthy(16, lengthy(1, ref)))) }
	long := []byte{0x82, 0x81, 0x00} // field 16 of two bytes, in three
	pairs := map[string][2][]byte{
		"in the case":               {first, inCase(ref)},
		"sequence written out":      {first, inCase(append(varint(2, 0), ref...))},
		"another sequence":          {first, inCase(append(varint(2, 1), ref...))},
		"sequence twice":            {first, inCase(bytes.Join([][]byte{varint(2, 0), varint(2, 0), ref}, nil))},
		"sequence with a length":    {first, inCase(append(lengthy(2, nil), ref...))},
		"origin twice":              {first, inCase(append(lengthy(1, nil), ref...))},
		"no hash":                   {first, inCase(lengthy(1, []byte("asean-cn/VN/1")))},
		"unknown field":             {first, inCase(append(varint(9, 7), ref...))},
		"unknown field of 4 bytes":  {first, inCase(append([]byte{0x4d, 1, 2, 3, 4}, ref...))},
		"group":                     {first, inCase(append([]byte{0x4b, 0x4c}, ref...))},
		"case twice":                {first, envelope(statement(lengthy(16, lengthy(1, ref)), lengthy(16, lengthy(1, ref))))},
		"case without an entry":     {first, envelope(statement(lengthy(16, nil)))},
		"case as a number":          {first, envelope(statement(varint(16, 1)))},
		"tag with bytes to spare":   {first, envelope(statement(bytes.Join([][]byte{long, lengthy(1, lengthy(1, ref))[1:]}, nil)))},
		"its own case":              {first, first},
		"office twice":              {envelope(statement(lengthy(3, []byte("VN")))), inCase(ref)},
		"payload cut":               {first[:len(first)-1], first},
		"field number 0":            {first, envelope(statement([]byte{0x00, 0x00}))},
		"largest field number":      {first, inCase(append(varint(1<<29-1, 1), ref...))},
		"field number above 2^29-1": {first, inCase(append(protowire.AppendVarint(nil, 1<<32), append([]byte{1}, ref...)...))},
		"number of eleven bytes":    {first, inCase(append(append([]byte{0x48}, bytes.Repeat([]byte{0x80}, 10)...), ref...))},
	}
	return pairs
}

func lengthy(num protowire.Number, b []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), b)
}

// statementLeaf returns the leaf of an envelope in the log of Viet Nam.
func statementLeaf(t testing.TB, seq uint64, envelope []byte) []byte {
	t.Helper()
	digest := sha256.Sum256(envelope)
	return marshal(t, &spsv1.Leaf{
		Origin: vn.String(), Sequence: seq, Time: timestamppb.New(began), Type: spsv1.LeafType_LEAF_TYPE_STATEMENT,
		Audience: &spsv1.Audience{Network: true}, Reference: fmt.Sprintf("VN-2026-%06d", seq+1),
		EnvelopeSha256: digest[:], EnvelopeSize: uint32(len(envelope)),
	})
}

// statementBundle returns the bundle of a log of two statements, of which the
// second is said to be in the case of the first.
func statementBundle(t testing.TB, w *world, first, then []byte) []byte {
	t.Helper()
	b := &evidence.Bundle{
		Statement: evidence.Entry{Leaf: statementLeaf(t, 0, first), Envelope: first},
		Case:      []evidence.Entry{{Leaf: statementLeaf(t, 1, then), Envelope: then}},
	}
	left, right := seal.RecordHash(b.Statement.Leaf), seal.RecordHash(b.Case[0].Leaf)
	b.Statement.Proof, b.Case[0].Proof = []tlog.Hash{right}, []tlog.Hash{left}
	text := seal.Checkpoint{Origin: vn, Size: 2, Root: tlog.NodeHash(left, right)}.Text()
	b.Checkpoints = [][]byte{signText(t, vn.String(), text, w.vn.log)}
	file, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return file
}
