package protocol

import (
	"bytes"
	"flag"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/tests/protocol/second"
)

var exhaustive = flag.Bool("exhaustive", false, "try every value of every byte, which takes a minute")

// others returns the values that a byte is changed to: those that differ in one
// bit, and those that mean something in a note; all others with -exhaustive, two
// if they are to be sparse.
func others(b byte) []byte {
	values := []byte("\x00\n +-/09=Az\xff")
	for bit := range 8 {
		values = append(values, b^1<<bit)
	}
	if *exhaustive {
		values = values[:0]
		for v := range 256 {
			values = append(values, byte(v))
		}
	}
	if sparse {
		values = []byte{b ^ 1, '\n'}
	}
	return slices.DeleteFunc(values, func(v byte) bool { return v == b })
}

// everyChange changes b in every single byte, and fails if accepts takes any of
// it, or does not take b itself.
func everyChange(t *testing.T, b []byte, accepts func([]byte) bool) {
	t.Helper()
	changed := bytes.Clone(b)
	for i := range b {
		for _, v := range others(b[i]) {
			if changed[i] = v; accepts(changed) {
				t.Errorf("byte %d changed from %#02x to %#02x: accepted", i, b[i], v)
			}
		}
		changed[i] = b[i]
	}
	if !accepts(changed) {
		t.Error("not accepted as it is")
	}
}

// TestFault36_EveryChangeOfANoteFails changes each note that the document shows in
// every single byte.
func TestFault36_EveryChangeOfANoteFails(t *testing.T) {
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

// TestFault36_EveryChangeOfASealFails changes the seal, and the envelope, in every
// single byte.
func TestFault36_EveryChangeOfASealFails(t *testing.T) {
	p := openPage(t)
	both(t, func(t *testing.T, r reader) {
		keys := r.trust(t, p.card)
		everyChange(t, p.bytes(t, "seal"), func(b []byte) bool {
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
