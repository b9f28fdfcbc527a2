package protocol

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// The fuzz targets hold the two readers together over any bytes: where one
// takes what the other refuses, or reads something else in it, the document or
// the code is wrong.

// agree compares two readings.
func agree(t *testing.T, b []byte, ofProduct, ofSecond func([]byte) (string, error)) {
	t.Helper()
	want, wantErr := ofProduct(b)
	got, gotErr := ofSecond(b)
	if (wantErr == nil) != (gotErr == nil) || want != got {
		t.Errorf("product reads %q, %v\n second reads %q, %v", want, wantErr, got, gotErr)
	}
}

func FuzzLeaf(f *testing.F) {
	for _, leaf := range newWorld(f).leaves {
		f.Add(leaf)
		f.Add(protowire.AppendString(protowire.AppendTag(bytes.Clone(leaf), 11, protowire.BytesType), "later"))
		f.Add(protowire.AppendVarint(protowire.AppendTag(bytes.Clone(leaf), 10, protowire.VarintType), 1))
		f.Add(bytes.Replace(leaf, []byte{0x20}, []byte{0x12, 0, 0x20}, 1))
		f.Add(bytes.Replace(leaf, []byte("VN-2026-000001"), []byte("VN-EX-2026-001"), 1))
		f.Add(bytes.Replace(leaf, []byte("/1"), []byte("/2"), 1))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		agree(t, b, product.leaf, secondReader.leaf)
	})
}

func FuzzCheckpoint(f *testing.F) {
	w := newWorld(f)
	for _, note := range [][]byte{w.checkpoint, w.checkpointP256} {
		f.Add(note)
		f.Add(bytes.Replace(note, []byte("\n3\n"), []byte("\n03\n"), 1))
		f.Add(append(bytes.Clone(note), "— other\u00a0name AAAAAAAA\n"...))
		f.Add(append(bytes.Clone(note), "— other AAAAAA==\n"...))
		f.Add(append(bytes.Clone(note), "— other AAAAAAA=\n"...))
		f.Add(append(bytes.Clone(note), "— \u0085 AAAAAAAA\n— \u0080 AAAAAAAA\n"...))
	}
	first, other := product.trust(f, w.vn.card), secondReader.trust(f, w.vn.card)
	f.Fuzz(func(t *testing.T, b []byte) {
		agree(t, b, first.checkpoint, other.checkpoint)
	})
}

// FuzzReceipt changes the text of a receipt, which is then signed: so the
// fuzzer gets past the signature.
func FuzzReceipt(f *testing.F) {
	w := newWorld(f)
	text, _, _ := strings.Cut(string(w.receipt), "\n\n")
	f.Add(text + "\n")
	f.Add(strings.Replace(text, "missing 0", "missing 00", 1) + "\n")
	f.Add(strings.Replace(text, "missing 0\n", "", 1) + "\nmissing 0\n")
	f.Add(strings.Replace(text, "ahead 2", "ahead 1", 1) + "\n")
	f.Add(strings.Replace(text, "ahead 2", "ahead 1099511627776", 1) + "\n")
	f.Add(strings.Replace(text, "\n1767578580\n", "\n9223372036854775808\n", 1) + "\n")
	f.Add(strings.Replace(text, "\n1767578580\n", "\n-0\n", 1) + "\n")
	f.Add(text + "\nmissing\n")
	f.Fuzz(func(t *testing.T, text string) {
		note := signText(t, "asean-cn/TH/receipt", text, w.th.receipt)
		read := func(r reader) func([]byte) (string, error) {
			return func(b []byte) (string, error) { return r.receipt(b, "TH", public(w.th.receipt)) }
		}
		agree(t, note, read(product), read(secondReader))
	})
}

// FuzzSeal has its seeds in the seal of the examples.
func FuzzSeal(f *testing.F) {
	w := newWorld(f)
	f.Add(w.seal)
	f.Add(append(bytes.Clone(w.seal), 0x22, 0))
	f.Add(append([]byte{0x0a, 0}, w.seal...))
	f.Add(w.seal[:len(w.seal)-1])
	first, other := product.trust(f, w.vn.card), secondReader.trust(f, w.vn.card)
	f.Fuzz(func(t *testing.T, b []byte) {
		agree(t, b, first.seal, other.seal)
	})
}
