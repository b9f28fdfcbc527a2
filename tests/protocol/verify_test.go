package protocol

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/tests/protocol/second"
)

// page is what the document shows, with nothing added.
type page struct {
	blocks  map[string]string
	keys    map[string]string
	card    []byte
	leaves  [][]byte
	tree    map[string]string
	receipt ed25519.PublicKey // of Thailand
}

func openPage(t testing.TB) *page {
	t.Helper()
	blocks := shown(t)
	p := &page{
		blocks: blocks, keys: valuesOf(t, blocks, "keys"), card: bytesOf(t, blocks, "card"), tree: valuesOf(t, blocks, "tree"),
	}
	for seq := range 3 {
		p.leaves = append(p.leaves, bytesOf(t, blocks, fmt.Sprintf("leaf-%d", seq)))
	}
	p.receipt = hexValue(t, p.keys, "TH receipt key")
	return p
}

func (p *page) bytes(t testing.TB, name string) []byte {
	t.Helper()
	return bytesOf(t, p.blocks, name)
}

func (p *page) hash(t testing.TB, name string) tlog.Hash {
	t.Helper()
	return tlog.Hash(hexValue(t, p.tree, name))
}

func (p *page) proof(t testing.TB, name string) []tlog.Hash {
	t.Helper()
	var proof []tlog.Hash
	for b := p.bytes(t, name); len(b) > 0; b = b[tlog.HashSize:] {
		proof = append(proof, tlog.Hash(b[:tlog.HashSize]))
	}
	return proof
}

// both runs a test with the product and with the second reader.
func both(t *testing.T, test func(*testing.T, reader)) {
	t.Helper()
	for name, r := range readers {
		t.Run(name, func(t *testing.T) { test(t, r) })
	}
}

func TestNotes(t *testing.T) {
	p := openPage(t)
	tree := fmt.Sprintf("asean-cn/VN/1 3 %s", p.tree["root of size 3"])
	both(t, func(t *testing.T, r reader) {
		for _, name := range []string{"checkpoint", "checkpoint-p256"} {
			if got, err := r.trust(t, p.card).checkpoint([]byte(p.blocks[name])); err != nil || got != tree {
				t.Errorf("%s = %q, %v; want %q", name, got, err, tree)
			}
		}
		want := fmt.Sprintf("asean-cn/VN/1 2 %s at 1767578580 missing [0] ahead 2 %s", p.tree["root of size 2"], p.tree["hash of leaf 2"])
		if got, err := r.receipt([]byte(p.blocks["receipt"]), "TH", p.receipt); err != nil || got != want {
			t.Errorf("receipt = %q, %v; want %q", got, err, want)
		}
		want = fmt.Sprintf("asean-cn/VN/1 3 %s at 1767579000 missing [] ahead", p.tree["root of size 3"])
		if got, err := r.receipt([]byte(p.blocks["session-receipt"]), "CN", hexValue(t, p.keys, "CN receipt key")); err != nil || got != want {
			t.Errorf("receipt of the session = %q, %v; want %q", got, err, want)
		}
	})
}

// One note with the lines of both keys is the same checkpoint, and a line of a
// key that nobody knows does not matter.
func TestNoteOfTwoKeys(t *testing.T) {
	p := openPage(t)
	text, line, _ := bytes.Cut([]byte(p.blocks["checkpoint"]), []byte("\n\n"))
	_, other, _ := bytes.Cut([]byte(p.blocks["checkpoint-p256"]), []byte("\n\n"))
	spoilt := bytes.Clone(other)
	spoilt[len(spoilt)-20] ^= 'A' ^ 'B' // of the signature: another letter, or none of base64
	unknown := []byte("— asean-cn/VN/1 AAAAAAAA\n")
	note := func(lines ...[]byte) []byte { return bytes.Join(append([][]byte{text, []byte("\n\n")}, lines...), nil) }
	both(t, func(t *testing.T, r reader) {
		keys := r.trust(t, p.card)
		for name, tc := range map[string]struct {
			note []byte
			ok   bool
		}{
			"both keys":             {note(line, other), true},
			"in the other order":    {note(other, line), true},
			"and an unknown key":    {note(unknown, line, other), true},
			"an unknown key alone":  {note(unknown), false},
			"the same key twice":    {note(line, line), false},
			"seventeen signatures":  {note(bytes.Repeat(unknown, 17)), false},
			"one good and one not":  {note(line, spoilt), false},
			"no signature":          {note(), false},
			"no line feed at last":  {bytes.TrimSuffix(note(line), []byte("\n")), false},
			"something after it":    {append(note(line), ' '), false},
			"a carriage return":     {bytes.Replace(note(line), []byte("\n"), []byte("\r\n"), 1), false},
			"a leading zero":        {bytes.Replace(note(line), []byte("\n3\n"), []byte("\n03\n"), 1), false},
			"a size of 2^63":        {bytes.Replace(note(line), []byte("\n3\n"), []byte("\n9223372036854775808\n"), 1), false},
			"a fourth line of text": {bytes.Replace(note(line), []byte("\n\n"), []byte("\nmore\n\n"), 1), false},
		} {
			if got, err := keys.checkpoint(tc.note); (err == nil) != tc.ok {
				t.Errorf("%s: %q, %v; want success = %t", name, got, err, tc.ok)
			}
		}
	})
}

func TestKeyIDs(t *testing.T) {
	p := openPage(t)
	card, err := second.ParseCard(p.card)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"checkpoint-key-id", "checkpoint-p256-key-id"} {
		steps := valuesOf(t, p.blocks, name)
		if got, want := hex(sum(hexValue(t, steps, "input"))), steps["sha256"]; got != want {
			t.Errorf("%s: SHA-256 of the input = %s, want %s", name, got, want)
		}
		id := card.LogKeys[i].ID("asean-cn/VN/1")
		if got, want := hex(id[:]), steps["key ID"]; got != want || want != steps["sha256"][:8] {
			t.Errorf("%s: key ID = %s, want %s", name, got, want)
		}
	}
}

func TestLeaves(t *testing.T) {
	p := openPage(t)
	for seq, leaf := range p.leaves {
		name := fmt.Sprintf("hash of leaf %d", seq)
		if got, want := seal.RecordHash(leaf), p.hash(t, name); got != want {
			t.Errorf("%s = %x, want %x", name, got[:], want[:])
		}
		want, err := product.leaf(leaf)
		if err != nil {
			t.Fatalf("leaf %d: %v", seq, err)
		}
		if got, err := secondReader.leaf(leaf); err != nil || got != want {
			t.Errorf("leaf %d reads %q, %v by the second reader; want %q", seq, got, err, want)
		}
	}
	steps := valuesOf(t, p.blocks, "record-hash")
	if got, want := hex(hexValue(t, steps, "input")), "00"+hex(p.leaves[1]); got != want {
		t.Errorf("input of the record hash = %s, want %s", got, want)
	}
	if got, want := hex(sum(hexValue(t, steps, "input"))), steps["record hash"]; got != want {
		t.Errorf("record hash = %s, want %s", got, want)
	}
}

func TestEnvelopes(t *testing.T) {
	p := openPage(t)
	statementEnvelope := p.bytes(t, "envelope")
	cardEnvelope := second.Envelope("application/vnd.sps.card.v1", p.card)
	for seq, envelope := range [][]byte{cardEnvelope, statementEnvelope, statementEnvelope} {
		l, err := second.ParseLeaf(p.leaves[seq])
		if err != nil {
			t.Fatal(err)
		}
		if err := l.CheckEnvelope(envelope); err != nil {
			t.Errorf("second reader: envelope of leaf %d: %v", seq, err)
		}
		leaf, err := seal.ParseLeaf(p.leaves[seq])
		if err != nil {
			t.Fatal(err)
		}
		if err := seal.CheckEnvelope(leaf, envelope); err != nil {
			t.Errorf("product: envelope of leaf %d: %v", seq, err)
		}
	}
	digest := valuesOf(t, p.blocks, "envelope-digest")
	if got := hex(sum(statementEnvelope)); got != digest["sha256"] || fmt.Sprint(len(statementEnvelope)) != digest["size"] {
		t.Errorf("envelope has SHA-256 %s and %d bytes, want %s and %s", got, len(statementEnvelope), digest["sha256"], digest["size"])
	}
	s, err := statement.Decode(statementEnvelope, federation, "VN")
	if err != nil {
		t.Fatal(err)
	}
	salt, fed, office, err := second.Statement(statementEnvelope)
	if err != nil || !bytes.Equal(salt, s.GetSalt()) || fed != s.GetFederation() || office != s.GetOffice() {
		t.Errorf("second reader: salt %x, federation %s, office %s, %v; want %x, %s, %s", salt, fed, office, err,
			s.GetSalt(), s.GetFederation(), s.GetOffice())
	}
	if seed := seedOf("salt"); !bytes.Equal(salt, seed[:]) {
		t.Errorf("salt = %x, want %x", salt, seed)
	}
}

func TestProofs(t *testing.T) {
	p := openPage(t)
	root := p.hash(t, "root of size 3")
	both(t, func(t *testing.T, r reader) {
		proof := p.proof(t, "inclusion-1-in-3")
		if err := r.inclusion(proof, 3, 1, root, p.hash(t, "hash of leaf 1")); err != nil {
			t.Errorf("inclusion: %v", err)
		}
		for name, err := range map[string]error{
			"of another leaf":     r.inclusion(proof, 3, 1, root, p.hash(t, "hash of leaf 0")),
			"at another sequence": r.inclusion(proof, 3, 0, root, p.hash(t, "hash of leaf 1")),
			"beyond the size":     r.inclusion(proof, 3, 3, root, p.hash(t, "hash of leaf 1")),
			"cut short":           r.inclusion(proof[:1], 3, 1, root, p.hash(t, "hash of leaf 1")),
			"too long":            r.inclusion(append(proof, root), 3, 1, root, p.hash(t, "hash of leaf 1")),
			"in a tree of 2^63":   r.inclusion(proof, 1<<63, 1, root, p.hash(t, "hash of leaf 1")),
		} {
			if err == nil {
				t.Errorf("inclusion %s: no error", name)
			}
		}
		for size := uint64(1); size < 3; size++ {
			proof := p.proof(t, fmt.Sprintf("consistency-%d-to-3", size))
			from := p.hash(t, fmt.Sprintf("root of size %d", size))
			if err := r.consistency(proof, 3, size, root, from); err != nil {
				t.Errorf("consistency from %d: %v", size, err)
			}
			if err := r.consistency(proof, 3, size, root, p.hash(t, "hash of leaf 2")); err == nil {
				t.Errorf("consistency from %d and another root: no error", size)
			}
			if err := r.consistency(nil, 3, size, root, from); err == nil {
				t.Errorf("consistency from %d without a proof: no error", size)
			}
		}
		if err := r.consistency(nil, 3, 0, root, p.hash(t, "root of size 0")); err != nil {
			t.Errorf("consistency from the empty tree: %v", err)
		}
		if err := r.consistency(nil, 3, 3, root, root); err != nil {
			t.Errorf("consistency with itself: %v", err)
		}
	})
}

func TestSeal(t *testing.T) {
	p := openPage(t)
	leaf, err := product.leaf(p.leaves[1])
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%s under 3 %s", leaf, p.tree["root of size 3"])
	both(t, func(t *testing.T, r reader) {
		if got, err := r.trust(t, p.card).seal(p.bytes(t, "seal")); err != nil || got != want {
			t.Errorf("seal = %q, %v; want %q", got, err, want)
		}
	})
}

func TestCard(t *testing.T) {
	p := openPage(t)
	steps := valuesOf(t, p.blocks, "fingerprint")
	input := hexValue(t, steps, "input")
	if want := "sps-fingerprint/v1\nasean-cn\nVN\n" + string(hexValue(t, p.keys, "VN card key")); string(input) != want {
		t.Errorf("input of the fingerprint = %q, want %q", input, want)
	}
	if got := hex(sum(input)); got != steps["sha256"] || got[:40] != steps["first 20 bytes"] {
		t.Errorf("SHA-256 of the input = %s, want %s", got, steps["sha256"])
	}
	want := "asean-cn VN 1 " + steps["fingerprint"]
	both(t, func(t *testing.T, r reader) {
		if got, _, err := r.card(p.card); err != nil || got != want {
			t.Errorf("card = %q, %v; want %q", got, err, want)
		}
	})
	sizes := valuesOf(t, p.blocks, "card-signature")
	if got := fmt.Sprint(len(p.card)); got != sizes["signed card"] {
		t.Errorf("signed card of %s bytes, want %s", got, sizes["signed card"])
	}
}
