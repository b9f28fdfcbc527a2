package ledger

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
)

func TestParsePosition(t *testing.T) {
	p := Position{Incarnation: [16]byte{0xab, 15: 1}, N: 42}
	for name, tc := range map[string]struct {
		text string
		want Position
		ok   bool
	}{
		"as printed":       {p.String(), p, true},
		"the beginning":    {"", Position{}, true},
		"the zero value":   {Position{}.String(), Position{}, true},
		"upper case":       {strings.ToUpper(p.String()), Position{}, false},
		"leading zero":     {strings.Replace(p.String(), "-42", "-042", 1), Position{}, false},
		"plus sign":        {strings.Replace(p.String(), "-42", "-+42", 1), Position{}, false},
		"no number":        {strings.Replace(p.String(), "-42", "-", 1), Position{}, false},
		"no dash":          {"42", Position{}, false},
		"no hexadecimals":  {strings.Replace(p.String(), "ab", "xy", 1), Position{}, false},
		"short":            {p.String()[2:], Position{}, false},
		"number too large": {p.String() + "00000000000000000000", Position{}, false},
	} {
		got, err := ParsePosition(tc.text)
		if got != tc.want || (err == nil) != tc.ok {
			t.Errorf("%s: ParsePosition(%q) = %v, %v; want %v, success: %t", name, tc.text, got, err, tc.want, tc.ok)
		}
	}
}

func FuzzParsePosition(f *testing.F) {
	f.Add(Position{N: 42}.String())
	f.Add("")
	f.Add("00-1")
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := ParsePosition(s); err == nil && s != "" && p.String() != s {
			t.Errorf("ParsePosition(%q) prints as %q", s, p)
		}
	})
}

func FuzzDecodeSlot(f *testing.F) {
	a := anchored{
		tree:      seal.Checkpoint{Origin: certs.Origin{Federation: "asean-cn", Office: "VN", Epoch: 1}, Size: 7, Root: tlog.Hash{1}},
		reference: "VN-2026-000007",
	}
	whole := append(encodeSlot(3, a), make([]byte, 100)...)
	if counter, got, err := decodeSlot(whole); err != nil || counter != 3 || got != a {
		f.Fatalf("decodeSlot = %d, %+v, %v; want 3, %+v", counter, got, err, a)
	}
	f.Add(whole)
	f.Add(anchorMagic)
	f.Add(bytes.Repeat([]byte{0xff}, 200))
	f.Fuzz(func(t *testing.T, b []byte) {
		counter, got, err := decodeSlot(b)
		if err == nil && !bytes.HasPrefix(b, encodeSlot(counter, got)) {
			t.Errorf("decodeSlot(%x) = %d, %+v", b, counter, got)
		}
	})
}

// Rows are the store's own, but a damaged disk is foreign too.
func FuzzRows(f *testing.F) {
	f.Add(leafRow{n: 1, fault: "why", hashes: []tlog.Hash{{1}, {2}}, leaf: []byte("leaf")}.encode())
	f.Add(logRow{id: 1, size: 2, note: []byte("note")}.encode())
	f.Add(placeRow{id: 1, number: 2, office: "CN"}.encode())
	f.Add(leafRow{n: 1, request: "r1", fingerprint: [32]byte{1}, leaf: []byte("leaf")}.encode())
	f.Add(receiptKey(1, "CN", 2, 3))
	f.Fuzz(func(t *testing.T, b []byte) {
		if row, err := decodeLeafRow(b); err == nil && !bytes.Equal(row.encode(), b) {
			t.Errorf("leaf row %x is encoded again as %x", b, row.encode())
		}
		if row, err := decodePlaceRow(b); err == nil && !bytes.Equal(row.encode(), b) {
			t.Errorf("place row %x is encoded again as %x", b, row.encode())
		}
		if id, office, size, n, err := decodeReceiptKey(b); err == nil && !bytes.Equal(receiptKey(id, office, size, n), b) {
			t.Errorf("receipt key %x is encoded again as %x", b, receiptKey(id, office, size, n))
		}
		if row, err := decodeLogRow(b); err == nil && row.last.Nanosecond() < 1e9 {
			_ = row.encode()
		}
	})
}

func TestGrownTreesAgreeWithStoredOnes(t *testing.T) {
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (out []tlog.Hash, err error) {
		for _, i := range indexes {
			out = append(out, hashes[i])
		}
		return out, nil
	})
	var leaves []tlog.Hash
	for n := range int64(70) {
		leaf := seal.RecordHash([]byte{byte(n)})
		more, err := tlog.StoredHashesForRecordHash(n, leaf, reader)
		if err != nil {
			t.Fatal(err)
		}
		leaves, hashes = append(leaves, leaf), append(hashes, more...)
	}
	for from := range uint64(70) {
		g := &grown{size: from, places: peakPlaces(from)}
		for _, place := range g.places {
			g.peaks = append(g.peaks, hashes[place])
		}
		for to := from + 1; to <= 70; to++ {
			if _, err := g.append(leaves[to-1]); err != nil {
				t.Fatalf("from %d: append %d: %v", from, to-1, err)
			}
			got, err := g.root()
			want, _ := tlog.TreeHash(int64(to), reader)
			if err != nil || got != want {
				t.Fatalf("from %d to %d: root = %v, %v; want %v", from, to, got, err, want)
			}
		}
	}
}
