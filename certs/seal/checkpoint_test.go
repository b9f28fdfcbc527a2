package seal

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"errors"
	"io"
	"strings"
	"testing"

	sumdb "golang.org/x/mod/sumdb/note"

	"github.com/spsalert/spsalert/certs"
)

func TestCheckpointOpensUnderBothKindsOfKey(t *testing.T) {
	c := goodLog(t, 3).checkpoint(t, 3)
	for name, key := range map[string]crypto.Signer{"ed25519": edKey(1), "p256": p256Key(t, 2)} {
		t.Run(name, func(t *testing.T) {
			got, err := OpenCheckpoint(signCheckpoint(t, c, key), []certs.LogKey{logKey(edKey(9)), logKey(key)})
			if err != nil || got != c {
				t.Errorf("OpenCheckpoint = %+v, %v; want %+v", got, err, c)
			}
		})
	}
}

// The notes are those of other makes: x/mod reads ours, and we read its.
func TestCheckpointAgreesWithSumdbNote(t *testing.T) {
	c := goodLog(t, 3).checkpoint(t, 3)
	key := edKey(1)
	vkey, err := sumdb.NewEd25519VerifierKey(vietnam.String(), key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := sumdb.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	ours := signCheckpoint(t, c, key)
	n, err := sumdb.Open(ours, sumdb.VerifierList(verifier))
	if err != nil || n.Text != c.Text() {
		t.Fatalf("sumdb note.Open = %+v, %v; want text %q", n, err, c.Text())
	}
	theirs, err := sumdb.Sign(&sumdb.Note{Text: c.Text(), Sigs: n.Sigs})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(ours, theirs) {
		t.Errorf("note.Sign wrote\n%s\nSignCheckpoint wrote\n%s", theirs, ours)
	}
}

func TestCheckpointKeys(t *testing.T) {
	c := goodLog(t, 5).checkpoint(t, 5)
	a, b, stranger := edKey(1), p256Key(t, 2), edKey(3)
	until := func(k certs.LogKey, size uint64) certs.LogKey { k.Until = size; return k }
	from := func(k certs.LogKey, size uint64) certs.LogKey { k.From = size; return k }
	other := logKey(a)
	other.Origin.Epoch = 2
	both := signCheckpoint(t, c, a, b)
	forged := bytes.Replace(both, []byte("\n5\n"), []byte("\n6\n"), 1)

	for _, tc := range []struct {
		name string
		note []byte
		keys []certs.LogKey
		want error
	}{
		{"one line, its key", signCheckpoint(t, c, a), []certs.LogKey{logKey(a)}, nil},
		{"both lines, first key known", both, []certs.LogKey{logKey(a)}, nil},
		{"both lines, second key known", both, []certs.LogKey{logKey(b)}, nil},
		{"range ends above", signCheckpoint(t, c, a), []certs.LogKey{until(logKey(a), 6)}, nil},
		{"range ends at the size", signCheckpoint(t, c, a), []certs.LogKey{until(logKey(a), 5)}, ErrKeyRange},
		{"range begins at the size", signCheckpoint(t, c, a), []certs.LogKey{from(logKey(a), 5)}, nil},
		{"range begins above", signCheckpoint(t, c, a), []certs.LogKey{from(logKey(a), 6)}, ErrKeyRange},
		{"overlap, old key out of range", both, []certs.LogKey{until(logKey(a), 5), from(logKey(b), 5)}, nil},
		{"no keys", both, nil, ErrUnknownKey},
		{"stranger's key", both, []certs.LogKey{logKey(stranger)}, ErrUnknownKey},
		{"key of another epoch", signCheckpoint(t, c, a), []certs.LogKey{other}, ErrUnknownKey},
		{"altered, first key known", forged, []certs.LogKey{logKey(a)}, ErrBadSignature},
		{"altered, second key known", forged, []certs.LogKey{logKey(b)}, ErrBadSignature},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := OpenCheckpoint(tc.note, tc.keys); !errors.Is(err, tc.want) {
				t.Errorf("OpenCheckpoint: %v, want %v", err, tc.want)
			}
		})
	}
}

func TestOneGoodLineDoesNotExcuseABadOne(t *testing.T) {
	c := goodLog(t, 5).checkpoint(t, 5)
	a, b := edKey(1), edKey(2)
	n, err := parseNote(signCheckpoint(t, c, a, b), MaxCheckpoint)
	if err != nil {
		t.Fatal(err)
	}
	n.sigs[1].sig[0] ^= 1
	if _, err := OpenCheckpoint(n.encode(), []certs.LogKey{logKey(a), logKey(b)}); !errors.Is(err, ErrBadSignature) {
		t.Errorf("OpenCheckpoint: %v, want %v", err, ErrBadSignature)
	}
}

func TestEveryChangedByteOfACheckpointFails(t *testing.T) {
	c := goodLog(t, 300).checkpoint(t, 300)
	for name, key := range map[string]crypto.Signer{"ed25519": edKey(1), "p256": p256Key(t, 2)} {
		signed, keys := signCheckpoint(t, c, key), []certs.LogKey{logKey(key)}
		everyOtherByte(signed, func(i int, changed []byte) {
			if _, err := OpenCheckpoint(changed, keys); err == nil {
				t.Errorf("%s: byte %d changed from %q to %q: opened", name, i, signed[i], changed[i])
			}
		})
		for i := range signed {
			if _, err := OpenCheckpoint(signed[:i], keys); err == nil {
				t.Errorf("%s: cut to %d bytes: opened", name, i)
			}
		}
	}
}

func TestMalformedCheckpoints(t *testing.T) {
	c := goodLog(t, 7).checkpoint(t, 7)
	key := edKey(1)
	keys := []certs.LogKey{logKey(key)}
	// signed returns a note with a good signature over any text, so that only
	// the text can be what is wrong.
	signed := func(text string) []byte {
		s, err := sign(vietnam.String(), text, key)
		if err != nil {
			t.Fatal(err)
		}
		return (note{text: text, sigs: []signature{s}}).encode()
	}
	line := strings.SplitAfter(string(signed(c.Text())), "\n\n")[1]
	root := c.Root.String()
	for _, tc := range []struct {
		name string
		note []byte
	}{
		{"empty", nil},
		{"no signatures", []byte(c.Text())},
		{"no signatures after the empty line", []byte(c.Text() + "\n")},
		{"bytes after the end", append(signed(c.Text()), 'x')},
		{"empty line at the end", append(signed(c.Text()), '\n')},
		{"no last newline", bytes.TrimSuffix(signed(c.Text()), []byte("\n"))},
		{"two empty lines", []byte(c.Text() + "\n\n" + line)},
		{"same line twice", []byte(c.Text() + "\n" + line + line)},
		{"seventeen lines", []byte(c.Text() + "\n" + otherLines(16) + line)},
		{"too long", []byte(c.Text() + "\n" + "— x " + strings.Repeat("AAAA", MaxCheckpoint/4) + "\n")},
		{"hyphen for dash", bytes.Replace(signed(c.Text()), []byte("—"), []byte("-"), 1)},
		{"two spaces", bytes.Replace(signed(c.Text()), []byte("— "), []byte("—  "), 1)},
		{"key name with a plus", []byte(c.Text() + "\n— a+b AAAAAAAA\n" + line)},
		{"key name with a wide space", []byte(c.Text() + "\n— a\u00a0b AAAAAAAA\n" + line)},
		{"signature without bytes", []byte(c.Text() + "\n— a AAAAAA==\n" + line)},
		{"carriage returns", bytes.ReplaceAll(signed(c.Text()), []byte("\n"), []byte("\r\n"))},
		{"delete character", []byte(c.Text() + "\n— a\u007f AAAAAAAA\n" + line)},
		{"not UTF-8", []byte(c.Text() + "\n— a\xff AAAAAAAA\n" + line)},
		{"slack base64 bits in a signature", []byte(c.Text() + "\n— a AAAAAAB=\n" + line)},
		{"extension line", signed(c.Text() + "extension\n")},
		{"two lines", signed("asean-cn/VN/1\n7\n")},
		{"leading zero", signed("asean-cn/VN/1\n007\n" + root + "\n")},
		{"plus sign", signed("asean-cn/VN/1\n+7\n" + root + "\n")},
		{"negative size", signed("asean-cn/VN/1\n-7\n" + root + "\n")},
		{"size 0", signed("asean-cn/VN/1\n0\n" + root + "\n")},
		{"size above the limit", signed("asean-cn/VN/1\n1099511627777\n" + root + "\n")},
		{"size of 2^63", signed("asean-cn/VN/1\n9223372036854775808\n" + root + "\n")},
		{"short root", signed("asean-cn/VN/1\n7\nAAAA\n")},
		{"slack base64 bits in the root", signed("asean-cn/VN/1\n7\n" + root[:42] + slack(root[42]) + "=\n")},
		{"root without padding", signed("asean-cn/VN/1\n7\n" + root[:43] + "\n")},
		{"origin of four parts", signed("asean-cn/VN/1/x\n7\n" + root + "\n")},
		{"epoch with a zero", signed("asean-cn/VN/01\n7\n" + root + "\n")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got, err := OpenCheckpoint(tc.note, keys); !errors.Is(err, ErrFormat) {
				t.Errorf("OpenCheckpoint = %+v, %v; want %v", got, err, ErrFormat)
			}
			if got, err := ParseCheckpoint(tc.note); !errors.Is(err, ErrFormat) {
				t.Errorf("ParseCheckpoint = %+v, %v; want %v", got, err, ErrFormat)
			}
		})
	}
}

// A key that was revoked after a tree vouches for that tree, and for no other
// one of its size.
func TestRevokedAfterATree(t *testing.T) {
	log := goodLog(t, 3)
	c, key := log.checkpoint(t, 2), logKey(edKey(1))
	key.Until = 3
	for _, tc := range []struct {
		name string
		root [32]byte
		want error
	}{
		{"the one that is signed", c.Root, nil},
		{"none is named", [32]byte{}, nil},
		{"another", log.checkpoint(t, 3).Root, ErrKeyRange},
	} {
		key.LastRoot = tc.root
		if _, err := OpenCheckpoint(signCheckpoint(t, c, edKey(1)), []certs.LogKey{key}); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
		smaller := signCheckpoint(t, log.checkpoint(t, 1), edKey(1))
		if _, err := OpenCheckpoint(smaller, []certs.LogKey{key}); err != nil {
			t.Errorf("%s: a smaller tree: %v, want nil", tc.name, err)
		}
	}
}

func TestUnknownLinesAreAllowed(t *testing.T) {
	c := goodLog(t, 2).checkpoint(t, 2)
	key := edKey(1)
	text, line, _ := strings.Cut(string(signCheckpoint(t, c, key)), "\n\n")
	got, err := OpenCheckpoint([]byte(text+"\n\n"+otherLines(15)+line), []certs.LogKey{logKey(key)})
	if err != nil || got != c {
		t.Errorf("OpenCheckpoint with 15 unknown lines = %+v, %v; want %+v", got, err, c)
	}
}

func TestSignCheckpointRefuses(t *testing.T) {
	c := goodLog(t, 2).checkpoint(t, 2)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		c    Checkpoint
		keys []crypto.Signer
	}{
		{"no key", c, nil},
		{"too many keys", c, make([]crypto.Signer, 17)},
		{"P-384", c, []crypto.Signer{p384}},
		{"empty tree", Checkpoint{Origin: vietnam}, []crypto.Signer{edKey(1)}},
		{"no origin", Checkpoint{Size: 1}, []crypto.Signer{edKey(1)}},
		{"a device that fails", c, []crypto.Signer{brokenKey{edKey(1), errors.New("no token")}}},
		{"a device that signs something else", c, []crypto.Signer{brokenKey{edKey(1), nil}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if b, err := SignCheckpoint(tc.c, tc.keys...); err == nil {
				t.Errorf("SignCheckpoint = %q, want an error", b)
			}
		})
	}
}

// brokenKey is a signing device that fails, or signs what it was not given.
type brokenKey struct {
	ed25519.PrivateKey
	err error
}

func (k brokenKey) Sign(_ io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	if k.err != nil {
		return nil, k.err
	}
	return k.PrivateKey.Sign(nil, append(message, 'x'), opts)
}

// otherLines returns n signature lines by keys that nobody knows.
func otherLines(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("— witness-" + string(rune('a'+i)) + " AAAAAAAA\n")
	}
	return b.String()
}

// slack returns the last base64 character before the padding with its unused
// bits set.
func slack(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	return string(alphabet[strings.IndexByte(alphabet, c)|1])
}
