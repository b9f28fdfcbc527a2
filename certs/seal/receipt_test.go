package seal

import (
	"crypto/ed25519"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
)

func goodReceipt(t testing.TB) Receipt {
	t.Helper()
	l := goodLog(t, 9)
	c := l.checkpoint(t, 5)
	return Receipt{
		Origin:  c.Origin,
		Size:    c.Size,
		Root:    c.Root,
		Time:    1767225600,
		Missing: []uint64{1, 4},
		Ahead:   []Ahead{{Sequence: 5, RecordHash: RecordHash(l.leaves[5])}, {Sequence: 8, RecordHash: RecordHash(l.leaves[8])}},
	}
}

func signReceipt(t testing.TB, r Receipt, office certs.Office, key ed25519.PrivateKey) []byte {
	t.Helper()
	b, err := SignReceipt(r, office, key)
	if err != nil {
		t.Fatalf("SignReceipt: %v", err)
	}
	return b
}

// receiptKeys returns keys as a card would list them.
func receiptKeys(keys ...ed25519.PrivateKey) []certs.ReceiptKey {
	var out []certs.ReceiptKey
	for _, k := range keys {
		out = append(out, certs.ReceiptKey{Public: k.Public().(ed25519.PublicKey)})
	}
	return out
}

func TestReceiptSaysWhatWasSigned(t *testing.T) {
	key := edKey(4)
	plain := goodReceipt(t)
	plain.Missing, plain.Ahead = nil, nil
	full := goodReceipt(t)
	for i := range uint64(MaxReceiptLines - 4) {
		full.Ahead = append(full.Ahead, Ahead{Sequence: MaxSize - 100 + i})
	}
	for name, want := range map[string]Receipt{"plain": plain, "with exceptions": goodReceipt(t), "64 lines": full} {
		b := signReceipt(t, want, "CN", key)
		got, err := OpenReceipt(b, "CN", receiptKeys(edKey(9), key))
		if err != nil {
			t.Errorf("%s: OpenReceipt: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: receipt differs (-want +got):\n%s", name, diff)
		}
		if unverified, err := ParseReceipt(b); err != nil || !cmp.Equal(unverified, want) {
			t.Errorf("%s: ParseReceipt = %+v, %v; want %+v", name, unverified, err, want)
		}
	}
}

func TestReceiptLacks(t *testing.T) {
	r := goodReceipt(t)
	for _, tc := range []struct {
		name string
		seq  uint64
		hash tlog.Hash
		want bool
	}{
		{"held", 0, tlog.Hash{}, false},
		{"missing", 1, tlog.Hash{}, true},
		{"last below the size, missing", 4, tlog.Hash{}, true},
		{"ahead", 5, r.Ahead[0].RecordHash, false},
		{"ahead of another leaf", 5, tlog.Hash{}, true},
		{"not reached", 6, tlog.Hash{}, true},
	} {
		if got := r.Lacks(tc.seq, tc.hash); got != tc.want {
			t.Errorf("%s: Lacks(%d) = %t, want %t", tc.name, tc.seq, got, tc.want)
		}
	}
}

func TestReceiptOpensOnlyUnderItsOfficesKey(t *testing.T) {
	key := edKey(4)
	b := signReceipt(t, goodReceipt(t), "CN", key)
	asCheckpoint, err := OpenCheckpoint(b, []certs.LogKey{logKey(key)})
	if !errors.Is(err, ErrFormat) {
		t.Errorf("a receipt opened as a checkpoint: %+v, %v; want %v", asCheckpoint, err, ErrFormat)
	}
	for _, tc := range []struct {
		name   string
		note   []byte
		office certs.Office
		keys   []certs.ReceiptKey
		want   error
	}{
		{"its office", b, "CN", receiptKeys(key), nil},
		{"another office with the same key", b, "TH", receiptKeys(key), ErrUnknownKey},
		{"another key", b, "CN", receiptKeys(edKey(5)), ErrUnknownKey},
		{"no key", b, "CN", nil, ErrUnknownKey},
		{"a revoked key", b, "CN", []certs.ReceiptKey{{Public: receiptKeys(key)[0].Public, Revoked: true}}, ErrKeyRange},
		{"altered", []byte(strings.Replace(string(b), "missing 4\n", "", 1)), "CN", receiptKeys(key), ErrBadSignature},
		{"a checkpoint", signCheckpoint(t, goodLog(t, 5).checkpoint(t, 5), key), "CN", receiptKeys(key), ErrFormat},
	} {
		if _, err := OpenReceipt(tc.note, tc.office, tc.keys); !errors.Is(err, tc.want) {
			t.Errorf("%s: OpenReceipt: %v, want %v", tc.name, err, tc.want)
		}
	}
}

func TestEveryChangedByteOfAReceiptFails(t *testing.T) {
	key := edKey(4)
	signed := signReceipt(t, goodReceipt(t), "CN", key)
	everyOtherByte(signed, func(i int, changed []byte) {
		if _, err := OpenReceipt(changed, "CN", receiptKeys(key)); err == nil {
			t.Errorf("byte %d changed from %q to %q: opened", i, signed[i], changed[i])
		}
	})
}

func TestMalformedReceipts(t *testing.T) {
	key := edKey(4)
	text := goodReceipt(t).Text()
	lines := strings.SplitAfter(text, "\n")
	swap := func(i, j int) string {
		s := slices.Clone(lines)
		s[i], s[j] = s[j], s[i]
		return strings.Join(s, "")
	}
	replace := func(old, replacement string) string { return strings.Replace(text, old, replacement, 1) }
	for _, tc := range []struct{ name, text string }{
		{"another format", replace("sps-receipt/v1", "sps-receipt/v2")},
		{"four lines", strings.Join(lines[:4], "")},
		{"size 0", replace("\n5\n", "\n0\n")},
		{"leading zero in the size", replace("\n5\n", "\n05\n")},
		{"time with a sign", replace("\n1767225600\n", "\n+1767225600\n")},
		{"time with a fraction", replace("\n1767225600\n", "\n1767225600.5\n")},
		{"time before 1970", replace("\n1767225600\n", "\n-5\n")},
		{"missing not ascending", swap(5, 6)},
		{"ahead not ascending", swap(7, 8)},
		{"ahead before missing", swap(6, 7)},
		{"missing twice", replace("missing 4\n", "missing 1\n")},
		{"missing at the size", replace("missing 4\n", "missing 5\n")},
		{"missing with a zero", replace("missing 4\n", "missing 04\n")},
		{"missing with a hash", replace("missing 4\n", "missing 4 x\n")},
		{"missing nothing", replace("missing 4\n", "missing\n")},
		{"missing without bound", replace("missing 4\n", "missing 18446744073709551616\n")},
		{"ahead below the size", replace("ahead 5 ", "ahead 3 ")},
		{"ahead above the limit", replace("ahead 8 ", "ahead 1099511627776 ")},
		{"ahead without a hash", replace(lines[8], "ahead 8\n")},
		{"ahead with a short hash", replace(lines[8], "ahead 8 AAAA\n")},
		{"an unknown line", replace("missing 4\n", "overdue 4\n")},
		{"trailing space", replace("missing 4\n", "missing 4 \n")},
		{"65 lines", text + strings.Repeat("missing 4\n", MaxReceiptLines-3)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.text == text {
				t.Fatal("the case changes nothing")
			}
			s, err := sign(certs.ReceiptKeyName("asean-cn", "CN"), tc.text, key)
			if err != nil {
				t.Fatal(err)
			}
			b := note{text: tc.text, sigs: []signature{s}}.encode()
			if got, err := OpenReceipt(b, "CN", receiptKeys(key)); !errors.Is(err, ErrFormat) {
				t.Errorf("OpenReceipt = %+v, %v; want %v", got, err, ErrFormat)
			}
		})
	}
}

func TestSignReceiptRefuses(t *testing.T) {
	bad := goodReceipt(t)
	bad.Missing = make([]uint64, MaxReceiptLines+1)
	if b, err := SignReceipt(bad, "CN", edKey(4)); !errors.Is(err, ErrFormat) {
		t.Errorf("65 lines: SignReceipt = %q, %v; want %v", b, err, ErrFormat)
	}
	if b, err := SignReceipt(goodReceipt(t), "CN", p256Key(t, 2)); err == nil {
		t.Errorf("P-256 key: SignReceipt = %q, want an error", b)
	}
	future := goodReceipt(t)
	future.Size, future.Missing, future.Ahead = math.MaxUint64, nil, nil
	if b, err := SignReceipt(future, "CN", edKey(4)); !errors.Is(err, ErrFormat) {
		t.Errorf("size of 2^64-1: SignReceipt = %q, %v; want %v", b, err, ErrFormat)
	}
}
