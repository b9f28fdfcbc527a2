package protocol

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// A block is what a named fence of the document holds.
type block struct{ name, content string }

// blocks returns every named fence of the document as it has to be.
func (w *world) blocks(t testing.TB) []block {
	t.Helper()
	steps := w.session(t)
	all := []block{
		{"keys", w.keys(t)},
		{"envelope", dumped(t, &spsv1.Envelope{}, w.statement)},
		{"envelope-digest", values("sha256", hex(sum(w.statement)), "size", len(w.statement))},
		{"leaf-0", dumped(t, &spsv1.Leaf{}, w.leaves[0])},
		{"leaf-1", dumped(t, &spsv1.Leaf{}, w.leaves[1])},
		{"leaf-2", dumped(t, &spsv1.Leaf{}, w.leaves[2])},
		{"record-hash", values("input", "00"+hex(w.leaves[1]), "record hash", hex(w.hashes[1][:]))},
		{"tree", w.tree()},
		{"inclusion-1-in-3", plain(concat(w.hashes[0], w.hashes[2]))},
		{"consistency-1-to-3", plain(concat(w.hashes[1], w.hashes[2]))},
		{"consistency-2-to-3", plain(concat(w.hashes[2]))},
		{"checkpoint", string(w.checkpoint)},
		{"checkpoint-key-id", w.keyID()},
		{"checkpoint-p256", string(w.checkpointP256)},
		{"checkpoint-p256-key-id", w.keyIDP256(t)},
		{"seal", dumped(t, &spsv1.Seal{}, w.seal)},
		{"receipt", string(w.receipt)},
		{"urgent", dumped(t, &spsv1.Frame{}, marshal(t, w.urgentFrame()))},
		{"card", dumped(t, &spsv1.SignedCard{}, w.vn.card)},
		{"card-signature", w.cardSignature(t)},
		{"fingerprint", w.fingerprint()},
		{"session", table(steps)},
		{"session-hello", dumped(t, &spsv1.Frame{}, marshal(t, steps[0].frame))},
		{"session-want", dumped(t, &spsv1.Frame{}, marshal(t, steps[2].frame))},
		{"session-head", dumped(t, &spsv1.Frame{}, marshal(t, steps[5].frame))},
		{"session-receipt", string(w.lastReceipt(t))},
		{"want-body", dumped(t, &spsv1.Frame{}, marshal(t, w.wantBody()))},
		{"body-chunk", dumped(t, &spsv1.Frame{}, marshal(t, w.bodyChunk(w.statement[resumed:], len(w.statement))))},
		{"body-not-held", dumped(t, &spsv1.Frame{}, marshal(t, w.bodyChunk(nil, 0)))},
		{"session-bye", dumped(t, &spsv1.Frame{}, marshal(t, steps[len(steps)-1].frame))},
	}
	return append(all, credit(t, steps)...)
}

// keys lists the seeds of the examples with the public keys that they make.
func (w *world) keys(t testing.TB) string {
	t.Helper()
	var pairs []any
	for _, what := range []string{
		"VN log key", "VN receipt key", "VN card key", "CN log key", "CN receipt key", "TH receipt key",
	} {
		pairs = append(pairs, what, hex(public(edKey(what))))
	}
	point, err := w.vn.p256.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return values(append(pairs, "VN second log key", hex(point))...)
}

func (w *world) tree() string {
	return values(
		"hash of leaf 0", w.hashes[0], "hash of leaf 1", w.hashes[1], "hash of leaf 2", w.hashes[2],
		"node over leaves 0 and 1", w.node,
		"root of size 0", w.roots[0], "root of size 1", w.roots[1], "root of size 2", w.roots[2], "root of size 3", w.roots[3],
	)
}

func (w *world) keyID() string {
	input := append([]byte(vn.String()+"\n\x01"), public(w.vn.log)...)
	return values("input", hex(input), "sha256", hex(sum(input)), "key ID", hex(sum(input)[:4]))
}

func (w *world) keyIDP256(t testing.TB) string {
	t.Helper()
	spki := cardOf(t, w.vn).GetLogKeys()[1].GetPublicKey()
	return values("input", hex(spki), "sha256", hex(sum(spki)), "key ID", hex(sum(spki)[:4]))
}

func (w *world) cardSignature(t testing.TB) string {
	t.Helper()
	var signed spsv1.SignedCard
	if err := proto.Unmarshal(w.vn.card, &signed); err != nil {
		t.Fatal(err)
	}
	input := append([]byte("sps-card/v1\n"), signed.GetCard()...)
	return values("signed card", len(w.vn.card), "card", len(signed.GetCard()), "input", len(input), "sha256 of the input", hex(sum(input)),
		"signature", hex(signed.GetSignatures()[0].GetSignature()))
}

func (w *world) fingerprint() string {
	input := append([]byte("sps-fingerprint/v1\nasean-cn\nVN\n"), public(edKey("VN card key"))...)
	digest := sum(input)[:20]
	text := base32.StdEncoding.EncodeToString(digest)
	var groups []string
	for i := 0; i < len(text); i += 4 {
		groups = append(groups, text[i:i+4])
	}
	return values("input", hex(input), "sha256", hex(sum(input)), "first 20 bytes", hex(digest), "base32", text,
		"fingerprint", strings.Join(groups, "-"))
}

// table lists the frames of a session: number, way, size, what, and for each
// side the bytes that it has sent so far and that Credit counts.
func table(steps []step) string {
	s := fmt.Sprintf("%2s  %-8s  %5s  %7s  %7s  %s\n", "#", "way", "bytes", "CN sent", "VN sent", "frame")
	sent := map[string]int{}
	for i, step := range steps {
		from, to := string(step.from), "CN"
		if from == "CN" {
			to = "VN"
		}
		size := proto.Size(step.frame)
		if step.frame.GetCredit() == nil {
			sent[from] += size
		}
		what := step.what
		if c := step.frame.GetCredit(); c != nil {
			what = fmt.Sprintf("Credit %d", c.GetBytes())
		}
		s += fmt.Sprintf("%2d  %s → %s   %5d  %7d  %7d  %s\n", i+1, from, to, size, sent["CN"], sent["VN"], what)
	}
	return s
}

// credit shows the two Credit frames of the session, with their sums.
func credit(t testing.TB, steps []step) []block {
	t.Helper()
	var all []block
	for i, s := range steps {
		if s.frame.GetCredit() == nil {
			continue
		}
		var sizes []string
		total := 0
		for _, before := range steps[:i] {
			if before.from != s.from && before.frame.GetCredit() == nil {
				sizes = append(sizes, fmt.Sprint(proto.Size(before.frame)))
				total += proto.Size(before.frame)
			}
		}
		all = append(all, block{
			"credit-" + strings.ToLower(string(s.from)),
			dumped(t, &spsv1.Frame{}, marshal(t, s.frame)) + "# " + strings.Join(sizes, " + ") + fmt.Sprintf(" = %d\n", total),
		})
	}
	return all
}

// values writes pairs of a name and a value, a pair a line.
func values(pairs ...any) string {
	var s strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		value := pairs[i+1]
		if h, ok := value.(tlog.Hash); ok {
			value = hex(h[:])
		}
		fmt.Fprintf(&s, "%v: %v\n", pairs[i], value)
	}
	return s.String()
}

func cardOf(t testing.TB, o *office) *spsv1.Card {
	t.Helper()
	return o.parsed(t).Message()
}

func public(key ed25519.PrivateKey) []byte { return key.Public().(ed25519.PublicKey) }

func hex(b []byte) string { return fmt.Sprintf("%x", b) }

func sum(b []byte) []byte {
	s := sha256.Sum256(b)
	return s[:]
}

func concat(hashes ...tlog.Hash) []byte {
	var all []byte
	for _, h := range hashes {
		all = append(all, h[:]...)
	}
	return all
}
