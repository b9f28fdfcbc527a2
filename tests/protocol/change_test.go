package protocol

import (
	"bytes"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/tests/protocol/second"
)

// everyChange calls check with b changed in one byte, for every byte and every
// other value of it, and says which changes it accepts.
func everyChange(t *testing.T, b []byte, accepts func([]byte) bool) {
	t.Helper()
	changed := bytes.Clone(b)
	for i := range b {
		for v := range 256 {
			if changed[i] = byte(v); changed[i] != b[i] && accepts(changed) {
				t.Errorf("byte %d changed from %#02x to %#02x: accepted", i, b[i], v)
			}
		}
		changed[i] = b[i]
	}
	if !accepts(changed) {
		t.Error("not accepted as it is")
	}
}

// everyFlip is everyChange with the eight values that differ in one bit, for
// long examples whose signature is verified at each change.
func everyFlip(t *testing.T, b []byte, accepts func([]byte) bool) {
	t.Helper()
	changed := bytes.Clone(b)
	for i := range b {
		for bit := range 8 {
			if changed[i] = b[i] ^ 1<<bit; accepts(changed) {
				t.Errorf("byte %d changed from %#02x to %#02x: accepted", i, b[i], changed[i])
			}
		}
		changed[i] = b[i]
	}
	if !accepts(changed) {
		t.Error("not accepted as it is")
	}
}

// TestEveryChangeOfANoteFails changes each note that the document shows in
// every single byte.
func TestEveryChangeOfANoteFails(t *testing.T) {
	p := openPage(t)
	both(t, func(t *testing.T, r reader) {
		keys := r.trust(t, p.card)
		for _, name := range []string{"checkpoint", "checkpoint-p256"} {
			t.Run(name, func(t *testing.T) {
				everyChange(t, []byte(p.blocks[name]), func(b []byte) bool {
					_, err := keys.checkpoint(b)
					return err == nil
				})
			})
		}
		t.Run("receipt", func(t *testing.T) {
			everyChange(t, []byte(p.blocks["receipt"]), func(b []byte) bool {
				_, err := r.receipt(b, "TH", p.receipt)
				return err == nil
			})
		})
	})
}

// TestEveryChangeOfALeafFails changes each leaf in every single byte: either it
// breaks a rule, or it is no longer in the tree.
func TestEveryChangeOfALeafFails(t *testing.T) {
	p := openPage(t)
	h := []tlog.Hash{p.hash(t, "hash of leaf 0"), p.hash(t, "hash of leaf 1"), p.hash(t, "hash of leaf 2")}
	proofs := [][]tlog.Hash{{h[1], h[2]}, {h[0], h[2]}, {p.hash(t, "node over leaves 0 and 1")}}
	root := p.hash(t, "root of size 3")
	both(t, func(t *testing.T, r reader) {
		for seq, leaf := range p.leaves {
			everyChange(t, leaf, func(b []byte) bool {
				if _, err := r.leaf(b); err != nil {
					return false
				}
				return r.inclusion(proofs[seq], 3, uint64(seq), root, second.RecordHash(b)) == nil
			})
		}
	})
}

// TestEveryChangeOfASealFails changes the seal in every bit, and the envelope in
// every byte.
func TestEveryChangeOfASealFails(t *testing.T) {
	p := openPage(t)
	both(t, func(t *testing.T, r reader) {
		keys := r.trust(t, p.card)
		everyFlip(t, p.bytes(t, "seal"), func(b []byte) bool {
			_, err := keys.seal(b)
			return err == nil
		})
	})
	leaf, err := seal.ParseLeaf(p.leaves[1])
	if err != nil {
		t.Fatal(err)
	}
	everyChange(t, p.bytes(t, "envelope"), func(b []byte) bool { return seal.CheckEnvelope(leaf, b) == nil })
}
