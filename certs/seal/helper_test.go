package seal

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"io"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

var vietnam = certs.Origin{Federation: "asean-cn", Office: "VN", Epoch: 1}

// edKey returns the Ed25519 key made from a seed of one repeated byte.
func edKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

// steadyP256 signs with ECDSA P-256 as RFC 6979 says, so that the same text
// gets the same signature in every run.
type steadyP256 struct{ *ecdsa.PrivateKey }

func (k steadyP256) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.PrivateKey.Sign(nil, digest, opts)
}

func p256Key(t testing.TB, seed byte) steadyP256 {
	t.Helper()
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return steadyP256{key}
}

// logKey returns key as the card of Viet Nam would list it, good for all sizes.
func logKey(key crypto.Signer) certs.LogKey {
	return certs.LogKey{Origin: vietnam, Public: key.Public()}
}

// log is a Merkle tree in memory.
type log struct {
	leaves [][]byte
	hashes []tlog.Hash
}

func (l *log) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range indexes {
		out = append(out, l.hashes[i])
	}
	return out, nil
}

func (l *log) append(t testing.TB, leaf []byte) {
	t.Helper()
	hashes, err := tlog.StoredHashes(int64(len(l.leaves)), leaf, l)
	if err != nil {
		t.Fatal(err)
	}
	l.leaves, l.hashes = append(l.leaves, leaf), append(l.hashes, hashes...)
}

func (l *log) checkpoint(t testing.TB, size int) Checkpoint {
	t.Helper()
	root, err := tlog.TreeHash(int64(size), l)
	if err != nil {
		t.Fatal(err)
	}
	return Checkpoint{Origin: vietnam, Size: uint64(size), Root: root}
}

func (l *log) inclusion(t testing.TB, size, seq int) []tlog.Hash {
	t.Helper()
	p, err := tlog.ProveRecord(int64(size), int64(seq), l)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (l *log) consistency(t testing.TB, size, from int) []tlog.Hash {
	t.Helper()
	p, err := tlog.ProveTree(int64(size), int64(from), l)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// goodLeaf returns a statement of Viet Nam for China.
func goodLeaf(seq uint64) *spsv1.Leaf {
	sum := sha256.Sum256([]byte("an envelope"))
	return &spsv1.Leaf{
		Origin:         vietnam.String(),
		Sequence:       seq,
		Time:           &timestamppb.Timestamp{Seconds: 1767225600 + int64(seq), Nanos: 500},
		Type:           spsv1.LeafType_LEAF_TYPE_STATEMENT,
		Urgent:         seq%2 == 1,
		Audience:       &spsv1.Audience{Offices: []string{"CN", "VN"}},
		Reference:      "VN-2026-000123",
		EnvelopeSha256: sum[:],
		EnvelopeSize:   uint32(len("an envelope")),
	}
}

func marshalLeaf(t testing.TB, l *spsv1.Leaf) []byte {
	t.Helper()
	b, err := MarshalLeaf(l)
	if err != nil {
		t.Fatalf("MarshalLeaf: %v", err)
	}
	return b
}

// goodLog returns a log of n statements.
func goodLog(t testing.TB, n int) *log {
	t.Helper()
	l := new(log)
	for seq := range n {
		l.append(t, marshalLeaf(t, goodLeaf(uint64(seq))))
	}
	return l
}

func signCheckpoint(t testing.TB, c Checkpoint, keys ...crypto.Signer) []byte {
	t.Helper()
	b, err := SignCheckpoint(c, keys...)
	if err != nil {
		t.Fatalf("SignCheckpoint: %v", err)
	}
	return b
}

// everyOtherByte calls f with b changed in one byte, for each byte and a few
// changes: neighbours, a flipped top bit, and characters with a meaning in notes.
func everyOtherByte(b []byte, f func(i int, changed []byte)) {
	for i := range b {
		for _, c := range []byte{b[i] ^ 1, b[i] ^ 2, b[i] ^ 0x80, b[i] ^ 0x20, '\n', ' ', '0', '=', 0} {
			if c == b[i] {
				continue
			}
			changed := bytes.Clone(b)
			changed[i] = c
			f(i, changed)
		}
	}
}
