package seal

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

var update = flag.Bool("update", false, "write tests/vectors/seal anew")

const vectorsDir = "../../tests/vectors/seal"

// vector is one example for other implementations; tests/vectors/seal/README.md
// says what its fields mean.
type vector struct {
	Description string      `json:"description"`
	Kind        string      `json:"kind"`
	Office      string      `json:"office,omitempty"`
	Keys        []vectorKey `json:"keys,omitempty"`
	Text        string      `json:"text,omitempty"`
	Base64      string      `json:"base64,omitempty"`
	Want        string      `json:"want"`
}

type vectorKey struct {
	Origin string `json:"origin,omitempty"`
	Public string `json:"public"`
	From   uint64 `json:"from,omitempty"`
	Until  uint64 `json:"until,omitempty"`
}

// wants names the errors in vectors.
var wants = map[string]error{
	"good": nil, "format": ErrFormat, "unknown key": ErrUnknownKey, "wrong signature": ErrBadSignature,
	"key range": ErrKeyRange, "proof": ErrProof, "leaf": ErrLeaf, "leaf too large": ErrLeafTooLarge,
}

// check runs a vector and returns what came of it.
func (v vector) check(t *testing.T) error {
	t.Helper()
	input := []byte(v.Text)
	if v.Base64 != "" {
		input = decode64(t, v.Base64)
	}
	var logKeys []certs.LogKey
	var receiptKeys []certs.ReceiptKey
	for _, k := range v.Keys {
		pub, err := x509.ParsePKIXPublicKey(decode64(t, k.Public))
		if err != nil {
			t.Fatal(err)
		}
		if ed, ok := pub.(ed25519.PublicKey); ok && k.Origin == "" {
			receiptKeys = append(receiptKeys, certs.ReceiptKey{Public: ed})
			continue
		}
		o, err := certs.ParseOrigin(k.Origin)
		if err != nil {
			t.Fatal(err)
		}
		logKeys = append(logKeys, certs.LogKey{Origin: o, Public: pub, From: k.From, Until: k.Until})
	}
	var err error
	switch v.Kind {
	case "checkpoint":
		_, err = OpenCheckpoint(input, logKeys)
	case "receipt":
		_, err = OpenReceipt(input, certs.Office(v.Office), receiptKeys)
	case "leaf":
		_, err = ParseLeaf(input)
	case "seal":
		var s *spsv1.Seal
		if s, err = Parse(input); err == nil {
			_, _, err = Verify(s, logKeys)
		}
	default:
		t.Fatalf("vector of kind %q", v.Kind)
	}
	return err
}

func decode64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The vectors in the tree are those that this package makes, and it finds in
// each what it says.
func TestVectors(t *testing.T) {
	made := makeVectors(t)
	if *update {
		writeVectors(t, made)
	}
	var found []string
	for _, dir := range []string{"good", "bad"} {
		paths, err := filepath.Glob(filepath.Join(vectorsDir, dir, "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			name := dir + "/" + strings.TrimSuffix(filepath.Base(path), ".json")
			found = append(found, name)
			t.Run(name, func(t *testing.T) { checkVector(t, path, made[name]) })
		}
	}
	if len(found) != len(made) {
		t.Errorf("%d vectors in the tree, want %d; run go test ./certs/seal -run TestVectors -update", len(found), len(made))
	}
}

func checkVector(t *testing.T, path string, made vector) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v vector
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(made, v); diff != "" {
		t.Errorf("vector differs from what is made now (-made +tree):\n%s", diff)
	}
	want, ok := wants[v.Want]
	if !ok {
		t.Fatalf("unknown result %q", v.Want)
	}
	if err := v.check(t); !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", v.Description, err, want)
	}
}

func writeVectors(t *testing.T, made map[string]vector) {
	t.Helper()
	for _, dir := range []string{"good", "bad"} {
		if err := errors.Join(os.RemoveAll(filepath.Join(vectorsDir, dir)), os.MkdirAll(filepath.Join(vectorsDir, dir), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	for name, v := range made {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(vectorsDir, name+".json"), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func publicKey(t *testing.T, key crypto.Signer) vectorKey {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return vectorKey{Public: base64.StdEncoding.EncodeToString(der)}
}

func publicLogKey(t *testing.T, key crypto.Signer) vectorKey {
	t.Helper()
	k := publicKey(t, key)
	k.Origin = vietnam.String()
	return k
}

// makeVectors makes all vectors, always the same.
func makeVectors(t *testing.T) map[string]vector {
	t.Helper()
	all := make(map[string]vector)
	add := func(name string, v vector) {
		dir := "bad/"
		if v.Want == "good" {
			dir = "good/"
		}
		if _, ok := all[dir+name]; ok {
			t.Fatalf("two vectors named %s", name)
		}
		all[dir+name] = v
	}
	addCheckpoints(t, add)
	addReceipts(t, add)
	addLeaves(t, add)
	addSeals(t, add)
	return all
}

func addCheckpoints(t *testing.T, add func(string, vector)) {
	t.Helper()
	ed, p256 := edKey(1), p256Key(t, 2)
	c := goodLog(t, 7).checkpoint(t, 7)
	keys := []vectorKey{publicLogKey(t, ed)}
	one, both := string(signCheckpoint(t, c, ed)), string(signCheckpoint(t, c, ed, p256))
	signed := func(text string) string {
		s, err := sign(vietnam.String(), text, ed)
		if err != nil {
			t.Fatal(err)
		}
		return string(note{text: text, sigs: []signature{s}}.encode())
	}
	root := c.Root.String()
	ranged := func(from, until uint64) []vectorKey {
		k := keys[0]
		k.From, k.Until = from, until
		return []vectorKey{k}
	}
	for _, v := range []struct {
		name, description, text, want string
		keys                          []vectorKey
	}{
		{"checkpoint-ed25519", "a checkpoint signed with Ed25519", one, "good", keys},
		{"checkpoint-p256", "a checkpoint signed with ECDSA P-256", string(signCheckpoint(t, c, p256)), "good", []vectorKey{publicLogKey(t, p256)}},
		{"checkpoint-two-keys", "a checkpoint with the lines of two keys, of which one is known", both, "good", []vectorKey{publicLogKey(t, p256)}},
		{"checkpoint-unknown-lines", "15 signature lines by unknown keys are passed over", strings.Replace(one, "\n\n", "\n\n"+otherLines(15), 1), "good", keys},
		{"checkpoint-last-size", "the key is good until size 8, exclusive", one, "good", ranged(7, 8)},
		{"checkpoint-key-ended", "the key is good until size 7, exclusive", one, "key range", ranged(0, 7)},
		{"checkpoint-key-not-begun", "the key is good from size 8", one, "key range", ranged(8, 0)},
		{"checkpoint-unknown-key", "no line is by a known key", one, "unknown key", []vectorKey{publicLogKey(t, edKey(9))}},
		{"checkpoint-size-changed", "the size was changed after signing", strings.Replace(one, "\n7\n", "\n8\n", 1), "wrong signature", keys},
		{"checkpoint-seventeen-lines", "17 signature lines", strings.Replace(one, "\n\n", "\n\n"+otherLines(16), 1), "format", keys},
		{"checkpoint-same-line-twice", "the same signature line twice", one + strings.SplitAfter(one, "\n\n")[1], "format", keys},
		{"checkpoint-leading-zero", "the size is written 007, and signed so", signed("asean-cn/VN/1\n007\n" + root + "\n"), "format", keys},
		{"checkpoint-slack-bits", "unused bits in the root's base64 are set, and signed so", signed("asean-cn/VN/1\n7\n" + root[:42] + slack(root[42]) + "=\n"), "format", keys},
		{"checkpoint-extension-line", "a fourth text line, and signed so", signed(c.Text() + "extension\n"), "format", keys},
		{"checkpoint-size-too-large", "a size of 2^40+1, and signed so", signed("asean-cn/VN/1\n1099511627777\n" + root + "\n"), "format", keys},
		{"checkpoint-size-2-63", "a size of 2^63, and signed so", signed("asean-cn/VN/1\n9223372036854775808\n" + root + "\n"), "format", keys},
		{"checkpoint-empty-tree", "a size of 0, and signed so", signed("asean-cn/VN/1\n0\n" + root + "\n"), "format", keys},
		{"checkpoint-no-newline", "the last newline is missing", strings.TrimSuffix(one, "\n"), "format", keys},
		{"checkpoint-trailing-byte", "a byte behind the last newline", one + "x", "format", keys},
		{"checkpoint-carriage-return", "lines end with CR LF", strings.ReplaceAll(one, "\n", "\r\n"), "format", keys},
		{"checkpoint-is-receipt", "a receipt, signed with the log key", string(signReceipt(t, goodReceipt(t), "VN", ed)), "format", keys},
	} {
		add(v.name, vector{Description: v.description, Kind: "checkpoint", Keys: v.keys, Text: v.text, Want: v.want})
	}
}

func addReceipts(t *testing.T, add func(string, vector)) {
	t.Helper()
	key := edKey(4)
	text := goodReceipt(t).Text()
	plain := goodReceipt(t)
	plain.Missing, plain.Ahead = nil, nil
	signed := func(text string) string {
		s, err := sign(certs.ReceiptKeyName("asean-cn", "CN"), text, key)
		if err != nil {
			t.Fatal(err)
		}
		return string(note{text: text, sigs: []signature{s}}.encode())
	}
	lines := strings.SplitAfter(text, "\n")
	swapped := slices.Clone(lines)
	swapped[5], swapped[6] = swapped[6], swapped[5]
	for _, v := range []struct{ name, description, text, want, office string }{
		{"receipt", "a receipt without exceptions", string(signReceipt(t, plain, "CN", key)), "good", "CN"},
		{"receipt-exceptions", "a receipt with bodies missing and entries held ahead", signed(text), "good", "CN"},
		{"receipt-of-another-office", "the same receipt, said to be of another office", signed(text), "unknown key", "TH"},
		{"receipt-missing-removed", "a missing line was removed after signing", strings.Replace(signed(text), "missing 4\n", "", 1), "wrong signature", "CN"},
		{"receipt-missing-not-ascending", "missing lines are not ascending", signed(strings.Join(swapped, "")), "format", "CN"},
		{"receipt-missing-beyond", "an entry at the size is listed missing", signed(strings.Replace(text, "missing 4", "missing 5", 1)), "format", "CN"},
		{"receipt-ahead-below", "an entry below the size is listed ahead", signed(strings.Replace(text, "ahead 5", "ahead 3", 1)), "format", "CN"},
		{"receipt-too-many", "65 lines of exceptions", signed(tooMany(goodReceipt(t))), "format", "CN"},
		{"receipt-unknown-line", "a line of another kind", signed(text + "overdue 4\n"), "format", "CN"},
		{"receipt-version", "another version of the format", signed(strings.Replace(text, "/v1", "/v2", 1)), "format", "CN"},
		{"receipt-time-zero", "a time with a leading zero", signed(strings.Replace(text, "\n1767225600\n", "\n01767225600\n", 1)), "format", "CN"},
		{"receipt-is-checkpoint", "a checkpoint, signed with the receipt key", string(signCheckpoint(t, goodLog(t, 5).checkpoint(t, 5), key)), "format", "CN"},
	} {
		add(v.name, vector{Description: v.description, Kind: "receipt", Office: v.office, Keys: []vectorKey{publicKey(t, key)}, Text: v.text, Want: v.want})
	}
}

// tooMany returns the text of a receipt with 65 exceptions.
func tooMany(r Receipt) string {
	r.Size, r.Missing, r.Ahead = 100, nil, nil
	for i := range uint64(MaxReceiptLines + 1) {
		r.Missing = append(r.Missing, i)
	}
	return r.Text()
}

func addLeaves(t *testing.T, add func(string, vector)) {
	t.Helper()
	with := func(change func(*spsv1.Leaf)) []byte {
		l := goodLeaf(3)
		change(l)
		b, err := proto.MarshalOptions{Deterministic: true}.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	good := marshalLeaf(t, goodLeaf(3))
	later := protowire.AppendString(protowire.AppendTag(nil, 11, protowire.BytesType), "later")
	second := protowire.AppendBytes(protowire.AppendTag(nil, 6, protowire.BytesType), []byte{0x12, 2, 'Z', 'Z'})
	for _, v := range []struct {
		name, description string
		b                 []byte
		want              string
	}{
		{"leaf-statement", "a statement for two offices", good, "good"},
		{"leaf-card", "a card, for the network", marshalLeaf(t, card()), "good"},
		{"leaf-readdress", "a readdress", marshalLeaf(t, readdress(3)), "good"},
		{"leaf-unknown-field", "a field of a later version is kept", concat(good, later), "good"},
		{"leaf-unknown-type", "a type of a later version", with(func(l *spsv1.Leaf) { l.Type = 99 }), "good"},
		{"leaf-no-issuer", "the issuer is not in the audience", with(func(l *spsv1.Leaf) { l.Audience.Offices = []string{"CN"} }), "leaf"},
		{"leaf-not-sorted", "the audience is not ascending", with(func(l *spsv1.Leaf) { l.Audience.Offices = []string{"VN", "CN"} }), "leaf"},
		{"leaf-network-and-offices", "the network and offices", with(func(l *spsv1.Leaf) { l.Audience.Network = true }), "leaf"},
		{"leaf-no-reference", "a statement without a reference", with(func(l *spsv1.Leaf) { l.Reference = "" }), "leaf"},
		{"leaf-foreign-reference", "the reference of another office", with(func(l *spsv1.Leaf) { l.Reference = "CN-2026-000123" }), "leaf"},
		{"leaf-foreign-subject", "a readdress of another office's entry", with(func(l *spsv1.Leaf) {
			l.Type, l.Subject = spsv1.LeafType_LEAF_TYPE_READDRESS, &spsv1.EntryRef{Origin: "asean-cn/CN/1", RecordHash: make([]byte, 32)}
		}), "leaf"},
		{"leaf-envelope-too-large", "an envelope of 262145 bytes", with(func(l *spsv1.Leaf) { l.EnvelopeSize = MaxEnvelope + 1 }), "leaf"},
		{"leaf-second-audience", "the audience field twice, which protobuf would merge", concat(good, second), "leaf"},
		{"leaf-order", "fields not in ascending order", concat(later, good), "leaf"},
		{"leaf-long-varint", "a field tag of two bytes that fits in one", concat([]byte{good[0] | 0x80, 0}, good[1:]), "leaf"},
		{"leaf-empty", "no bytes", []byte{}, "leaf"},
		{"leaf-too-large", "4097 bytes", concat(good, protowire.AppendBytes(protowire.AppendTag(nil, 11, protowire.BytesType), make([]byte, MaxLeaf+1-len(good)-3))), "leaf too large"},
	} {
		add(v.name, vector{Description: v.description, Kind: "leaf", Base64: base64.StdEncoding.EncodeToString(v.b), Want: v.want})
	}
}

func addSeals(t *testing.T, add func(string, vector)) {
	t.Helper()
	ed, p256 := edKey(1), p256Key(t, 2)
	l := goodLog(t, 9)
	marshal := func(s *spsv1.Seal) []byte {
		b, err := Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	checkpoint := goodSeal(t, 9, 4, ed).GetCheckpoint()
	good := marshal(goodSeal(t, 9, 4, ed))
	for _, v := range []struct {
		name, description string
		b                 []byte
		key               crypto.Signer
		want              string
	}{
		{"seal-ed25519", "entry 4 of 9", good, ed, "good"},
		{"seal-p256", "entry 4 of 9, under a P-256 key", marshal(goodSeal(t, 9, 4, p256)), p256, "good"},
		{"seal-only-entry", "entry 0 of 1: the proof is empty", marshal(goodSeal(t, 1, 0, ed)), ed, "good"},
		{"seal-last-entry", "entry 8 of 9", marshal(goodSeal(t, 9, 8, ed)), ed, "good"},
		{"seal-wrong-leaf", "the leaf of entry 5 with the proof of entry 4", marshal(New(l.leaves[5], l.inclusion(t, 9, 4), checkpoint)), ed, "proof"},
		{"seal-wrong-proof", "the proof of entry 5", marshal(New(l.leaves[4], l.inclusion(t, 9, 5), checkpoint)), ed, "proof"},
		{"seal-short-proof", "a hash of the proof is missing", marshal(New(l.leaves[4], l.inclusion(t, 9, 4)[1:], checkpoint)), ed, "proof"},
		{"seal-checkpoint-before", "the checkpoint is smaller than the sequence", marshal(New(l.leaves[4], nil, signCheckpoint(t, l.checkpoint(t, 4), ed))), ed, "proof"},
		{"seal-unknown-key", "signed by an unknown key", good, edKey(9), "unknown key"},
		{"seal-unknown-field", "a field of the seal that is not known", concat(good, []byte{0x20, 1}), ed, "format"},
		{"seal-cut", "the last byte is missing", good[:len(good)-1], ed, "format"},
	} {
		add(v.name, vector{
			Description: v.description, Kind: "seal", Keys: []vectorKey{publicLogKey(t, v.key)},
			Base64: base64.StdEncoding.EncodeToString(v.b), Want: v.want,
		})
	}
	for i := range 16 {
		at := i * len(good) / 16
		changed := bytes.Clone(good)
		changed[at] ^= 1
		v := vector{
			Description: fmt.Sprintf("bit 0 of byte %d is flipped", at), Kind: "seal", Keys: []vectorKey{publicLogKey(t, ed)},
			Base64: base64.StdEncoding.EncodeToString(changed),
		}
		err := v.check(t)
		for want, target := range wants {
			if target != nil && errors.Is(err, target) {
				v.Want = want
			}
		}
		if v.Want == "" {
			t.Fatalf("byte %d flipped: %v", at, err)
		}
		add(fmt.Sprintf("seal-flip-%04d", at), v)
	}
}
