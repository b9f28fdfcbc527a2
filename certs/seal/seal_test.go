package seal

import (
	"bytes"
	"crypto"
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// goodSeal returns the seal of entry seq in a log of size entries.
func goodSeal(t testing.TB, size, seq int, key crypto.Signer) *spsv1.Seal {
	t.Helper()
	l := goodLog(t, size)
	return New(l.leaves[seq], l.inclusion(t, size, seq), signCheckpoint(t, l.checkpoint(t, size), key))
}

func TestSealProvesAnEntryAlone(t *testing.T) {
	key := edKey(1)
	keys := []certs.LogKey{logKey(key)}
	for _, size := range []int{1, 2, 3, 7, 8, 9} {
		for seq := range size {
			l, c, err := Verify(goodSeal(t, size, seq, key), keys)
			if err != nil {
				t.Fatalf("size %d, entry %d: Verify: %v", size, seq, err)
			}
			if diff := cmp.Diff(goodLeaf(uint64(seq)), l, protocmp.Transform()); diff != "" {
				t.Errorf("size %d, entry %d: leaf differs (-want +got):\n%s", size, seq, diff)
			}
			if c.Size != uint64(size) || c.Origin != vietnam {
				t.Errorf("size %d, entry %d: checkpoint %+v", size, seq, c)
			}
		}
	}
}

func TestEveryChangedByteOfASealFails(t *testing.T) {
	for name, key := range map[string]crypto.Signer{"ed25519": edKey(1), "p256": p256Key(t, 2)} {
		keys := []certs.LogKey{logKey(key)}
		b, err := Marshal(goodSeal(t, 9, 4, key))
		if err != nil {
			t.Fatal(err)
		}
		verify := func(b []byte) error {
			s, err := Parse(b)
			if err == nil {
				_, _, err = Verify(s, keys)
			}
			return err
		}
		if err := verify(b); err != nil {
			t.Fatalf("%s: unchanged: %v", name, err)
		}
		everyOtherByte(b, func(i int, changed []byte) {
			if verify(changed) == nil {
				t.Errorf("%s: byte %d changed from %#x to %#x: verified", name, i, b[i], changed[i])
			}
		})
		for i := range b {
			if verify(b[:i]) == nil {
				t.Errorf("%s: cut to %d bytes: verified", name, i)
			}
		}
	}
}

func TestSealsThatProveNothing(t *testing.T) {
	key := edKey(1)
	l := goodLog(t, 9)
	good := func() *spsv1.Seal { return goodSeal(t, 9, 4, key) }
	foreign := goodLeaf(0)
	foreign.Origin, foreign.Audience, foreign.Reference = "asean-cn/CN/1", &spsv1.Audience{Network: true}, "CN-2026-000001"
	foreignLog := new(log)
	foreignLog.append(t, marshalLeaf(t, foreign))
	faulty := goodLeaf(0)
	faulty.Reference = "CN-2026-000001"
	for _, tc := range []struct {
		name string
		seal *spsv1.Seal
		want error
	}{
		{"nothing", new(spsv1.Seal), ErrFormat},
		{"proof of the neighbour", New(l.leaves[4], l.inclusion(t, 9, 5), good().Checkpoint), ErrProof},
		{"leaf of the neighbour", New(l.leaves[5], l.inclusion(t, 9, 4), good().Checkpoint), ErrProof},
		{"checkpoint before the entry", New(l.leaves[4], nil, signCheckpoint(t, l.checkpoint(t, 4), key)), ErrProof},
		{"proof too short", New(l.leaves[4], l.inclusion(t, 9, 4)[1:], good().Checkpoint), ErrProof},
		{"proof too long", New(l.leaves[4], append(l.inclusion(t, 9, 4), tlog.Hash{}), good().Checkpoint), ErrProof},
		{"proof of 64 hashes", New(l.leaves[4], make([]tlog.Hash, 64), good().Checkpoint), ErrFormat},
		{"hash of 31 bytes", &spsv1.Seal{Leaf: l.leaves[4], InclusionProof: [][]byte{make([]byte, 31)}, Checkpoint: good().Checkpoint}, ErrFormat},
		{"leaf of another log", New(foreignLog.leaves[0], nil, signCheckpoint(t, foreignLog.checkpoint(t, 1), key)), ErrProof},
		{"leaf too large", New(make([]byte, MaxLeaf+1), nil, good().Checkpoint), ErrLeafTooLarge},
		{"leaf that is none", New([]byte("x"), nil, good().Checkpoint), ErrLeaf},
		{"signed by a stranger", goodSeal(t, 9, 4, edKey(2)), ErrUnknownKey},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, _, err := Verify(tc.seal, []certs.LogKey{logKey(key)}); !errors.Is(err, tc.want) {
				t.Errorf("Verify: %v, want %v", err, tc.want)
			}
		})
	}
}

func TestParseSealIsStrict(t *testing.T) {
	b, err := Marshal(goodSeal(t, 9, 4, edKey(1)))
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"unknown field": append(bytes.Clone(b), 0x20, 1),
		"field twice":   append(bytes.Clone(b), b[:2+int(b[1])]...),
		"noise":         []byte("noise"),
		"too large":     make([]byte, maxSeal+1),
	} {
		if s, err := Parse(bad); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: Parse = %v, %v; want %v", name, s, err, ErrFormat)
		}
	}
}

func TestConsistency(t *testing.T) {
	l := goodLog(t, 13)
	empty, err := tlog.TreeHash(0, l)
	if err != nil {
		t.Fatal(err)
	}
	c := l.checkpoint(t, 13)
	if err := CheckConsistency(nil, c, 0, empty); err != nil {
		t.Errorf("from the empty tree: %v, want nil", err)
	}
	for size := 1; size <= 13; size++ {
		proof, root := l.consistency(t, 13, size), l.checkpoint(t, size).Root
		if err := CheckConsistency(proof, c, uint64(size), root); err != nil {
			t.Errorf("from %d: %v, want nil", size, err)
		}
		if err := CheckConsistency(proof, c, uint64(size), tlog.Hash{1}); !errors.Is(err, ErrProof) {
			t.Errorf("from %d with another root: %v, want %v", size, err, ErrProof)
		}
		if err := CheckConsistency(append(proof, tlog.Hash{}), c, uint64(size), root); !errors.Is(err, ErrProof) {
			t.Errorf("from %d with a hash too many: %v, want %v", size, err, ErrProof)
		}
	}
	huge := Checkpoint{Origin: vietnam, Size: math.MaxUint64, Root: c.Root}
	for name, err := range map[string]error{
		"size 2^64-1":              CheckConsistency(nil, huge, 1, c.Root),
		"size 2^63":                CheckConsistency(nil, Checkpoint{Size: 1 << 63}, 1, c.Root),
		"to the empty tree":        CheckConsistency(nil, Checkpoint{}, 0, empty),
		"from beyond the end":      CheckConsistency(nil, c, 14, c.Root),
		"64 hashes":                CheckConsistency(make([]tlog.Hash, 64), c, 3, c.Root),
		"hashes from empty":        CheckConsistency(make([]tlog.Hash, 1), c, 0, empty),
		"a root of the empty tree": CheckConsistency(nil, c, 0, c.Root),
		"entry in 2^64-1":          CheckInclusion(nil, huge, 1<<63, c.Root),
		"entry beyond the end":     CheckInclusion(nil, c, 13, c.Root),
	} {
		if !errors.Is(err, ErrProof) {
			t.Errorf("%s: %v, want %v", name, err, ErrProof)
		}
	}
}
