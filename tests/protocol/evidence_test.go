package protocol

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal/evidence"
	"github.com/spsalert/spsalert/tests/protocol/second"
)

// vectors is the folder of the examples that any implementation can use.
const vectors = root + "/tests/vectors"

// proved is what a bundle proves, in the words of the vectors: its README says
// what the fields mean.
type proved struct {
	Statement   string   `json:"statement"`
	Digest      string   `json:"-"` // of its envelope, which the bundle holds
	Reference   string   `json:"reference"`
	Readdresses []string `json:"readdresses"`
	Case        []string `json:"case"`
	Received    []string `json:"received"`
	Known       []string `json:"known"`
	Missing     []string `json:"missing"`
	Network     bool     `json:"network"`
	Existed     string   `json:"existed"`
	Signers     []string `json:"signers"`
}

// vector is a bundle of the vectors, and what is said about it.
type vector struct {
	name   string
	bundle []byte
	Roster string `json:"roster"`
	proved
}

// bundles returns the vectors of a folder, good or bad.
func bundles(t testing.TB, folder string) []vector {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(vectors, "evidence", folder, "*.evidence"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d vectors in %s, %v", len(files), folder, err)
	}
	var all []vector
	for _, file := range files {
		name := strings.TrimSuffix(file, ".evidence")
		v := vector{name: folder + "/" + filepath.Base(name), bundle: []byte(read(t, file))}
		if err := json.Unmarshal([]byte(read(t, name+".json")), &v); err != nil {
			t.Fatalf("%s: %v", v.name, err)
		}
		all = append(all, v)
	}
	return all
}

// roster returns the signed cards in a folder of the vectors; none without a
// name.
func roster(t testing.TB, name string) [][]byte {
	t.Helper()
	if name == "" {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(vectors, "roster", name, "*.card"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d cards in %s, %v", len(files), name, err)
	}
	var all [][]byte
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// judge verifies bundles under the cards that its reader has accepted.
type judge func(bundle []byte) (proved, error)

// judges are the two verifiers that have to agree, each under the accepted
// cards; without any, the cards in the bundle are believed.
func judges(t testing.TB, signed [][]byte) (product, other judge) {
	t.Helper()
	var first []*certs.Card
	var accepted []*second.Card
	for _, b := range signed {
		card, err := certs.ParseCard(b)
		if err != nil {
			t.Fatal(err)
		}
		again, err := second.ParseCard(b)
		if err != nil {
			t.Fatal(err)
		}
		first, accepted = append(first, card), append(accepted, again)
	}
	product = func(b []byte) (proved, error) {
		bundle, err := evidence.Parse(b)
		if err != nil {
			return proved{}, err
		}
		p, err := bundle.Verify(first)
		if err != nil {
			return proved{}, err
		}
		return productProved(p), nil
	}
	other = func(b []byte) (proved, error) {
		e, err := second.VerifyBundle(b, accepted)
		if err != nil {
			return proved{}, err
		}
		return secondProved(e), nil
	}
	return product, other
}

func productProved(p *evidence.Proof) proved {
	place := func(e evidence.Proven) string { return fmt.Sprintf("%s %d", e.Origin, e.Leaf.GetSequence()) }
	held := func(h evidence.Holding) string {
		return holding(string(h.Office), h.Sequence, fmt.Sprint(h.Epoch), h.Size, h.Time, h.Ahead)
	}
	out := proved{
		Statement: place(p.Statement), Digest: fmt.Sprintf("%x", p.Statement.Leaf.GetEnvelopeSha256()),
		Reference: p.Statement.Leaf.GetReference(), Readdresses: each(p.Readdresses, place), Case: each(p.Case, place),
		Received: each(p.Received, held), Known: each(p.Known, held),
		Missing: each(p.Missing, func(o certs.Office) string { return string(o) }), Network: p.Network,
		Signers: each(p.Signers, func(s evidence.Signer) string {
			return signer(string(s.Office), s.Card.Number(), s.Card.Fingerprint(), s.Accepted, s.Earlier)
		}),
	}
	if !p.Existed.IsZero() {
		out.Existed = p.Existed.UTC().Format(time.RFC3339)
	}
	return out
}

func secondProved(e *second.Evidence) proved {
	place := func(x second.Entry) string { return fmt.Sprintf("%s %d", x.Origin, x.Sequence) }
	held := func(h second.Held) string {
		epoch := h.Origin[strings.LastIndex(h.Origin, "/")+1:]
		return holding(h.Office, h.Sequence, epoch, h.Size, time.Unix(int64(h.Time), 0), h.Ahead)
	}
	out := proved{
		Statement: place(e.Statement), Digest: fmt.Sprintf("%x", e.Statement.Digest), Reference: e.Statement.Reference,
		Readdresses: each(e.Readdresses, place), Case: each(e.InCase, place),
		Received: each(e.Received, held), Known: each(e.Known, held), Missing: e.Missing, Network: e.Network,
		Signers: each(e.Signers, func(s second.Signer) string {
			return signer(s.Office, s.Number, s.Fingerprint(), s.Accepted, s.Earlier)
		}),
	}
	if e.Existed != 0 {
		out.Existed = time.Unix(int64(e.Existed), 0).UTC().Format(time.RFC3339)
	}
	return out
}

func each[T any](all []T, word func(T) string) []string {
	var words []string
	for _, x := range all {
		words = append(words, word(x))
	}
	return words
}

func holding(office string, seq uint64, epoch string, size uint64, at time.Time, ahead bool) string {
	words := fmt.Sprintf("%s entry %d of epoch %s at size %d, %s", office, seq, epoch, size, at.UTC().Format(time.RFC3339))
	if ahead {
		words += ", ahead"
	}
	return words
}

func signer(office string, number uint64, fingerprint string, accepted bool, earlier []string) string {
	words := fmt.Sprintf("%s card %d %s", office, number, fingerprint)
	if accepted {
		words += " accepted"
	}
	for _, f := range earlier {
		words += " earlier " + f
	}
	return words
}

// agreeOn wants both verifiers to prove the same, or both to refuse.
func agreeOn(t *testing.T, name string, b []byte, product, other judge) {
	t.Helper()
	want, wantErr := product(b)
	got, gotErr := other(b)
	if diff := cmp.Diff(want, got); (wantErr == nil) != (gotErr == nil) || diff != "" {
		t.Errorf("%s: product: %v; second: %v; (-product +second):\n%s", name, wantErr, gotErr, diff)
	}
}

// TestEvidence lets the second reader judge every vector: it knows nothing but
// the document, and finds in each what is said about it.
func TestEvidence(t *testing.T) {
	for _, v := range bundles(t, "good") {
		_, other := judges(t, roster(t, v.Roster))
		got, err := other(v.bundle)
		digest := sha256.Sum256(envelopeOf(t, v.bundle))
		v.Digest = fmt.Sprintf("%x", digest)
		if diff := cmp.Diff(v.proved, got); err != nil || diff != "" {
			t.Errorf("%s: %v; proved (-want +got):\n%s", v.name, err, diff)
		}
	}
	for _, v := range bundles(t, "bad") {
		_, other := judges(t, roster(t, v.Roster))
		if got, err := other(v.bundle); err == nil {
			t.Errorf("%s: accepted, and proves %+v", v.name, got)
		}
	}
}

// envelopeOf cuts the envelope of the statement out of a bundle.
func envelopeOf(t testing.TB, bundle []byte) []byte {
	t.Helper()
	_, text, _ := strings.Cut(string(bundle), "\n-- envelope\n")
	text, _, _ = strings.Cut(text, "\n== ")
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b) == 0 {
		t.Fatalf("envelope of %d bytes, %v", len(b), err)
	}
	return b
}

// TestVerifiersAgree gives every vector to both verifiers under every roster,
// and under none.
func TestVerifiersAgree(t *testing.T) {
	folders, err := os.ReadDir(filepath.Join(vectors, "roster"))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{""}
	for _, folder := range folders {
		names = append(names, folder.Name())
	}
	if sparse {
		names = []string{"", "accepted"}
	}
	all := append(bundles(t, "good"), bundles(t, "bad")...)
	for _, name := range names {
		product, other := judges(t, roster(t, name))
		for _, v := range all {
			agreeOn(t, fmt.Sprintf("%s under roster %q", v.name, name), v.bundle, product, other)
		}
	}
}

// TestVerifiersAgreeOnRearrangedParts leaves out each part of each good vector,
// repeats it, and takes in each part of another vector in its place. Most of it
// is refused; what matters is that both refuse it, or neither.
func TestVerifiersAgreeOnRearrangedParts(t *testing.T) {
	goods := bundles(t, "good")
	taken := 0
	for i, v := range goods {
		if sparse && i%4 != 0 {
			continue
		}
		product, other := judges(t, roster(t, v.Roster))
		own, foreign := cutParts(v.bundle), cutParts(goods[(i+1)%len(goods)].bundle)
		for at := range own {
			for _, b := range [][]byte{
				joined(own[:at], own[at+1:]),
				joined(own[:at+1], own[at:]),
				joined(own[:at], foreign[min(at, len(foreign)-1):][:1], own[at+1:]),
			} {
				taken++
				agreeOn(t, fmt.Sprintf("%s rearranged at part %d", v.name, at), b, product, other)
			}
		}
	}
	if least := 500; !sparse && taken < least || taken < least/6 {
		t.Errorf("%d bundles, want more: the vectors have changed", taken)
	}
}

// cutParts cuts a bundle before each heading. The first piece is words and
// facts.
func cutParts(bundle []byte) [][]byte {
	var parts [][]byte
	for i, piece := range bytes.Split(bundle, []byte("\n== ")) {
		if i > 0 {
			piece = append([]byte("\n== "), piece...)
		}
		parts = append(parts, piece)
	}
	return parts
}

func joined(all ...[][]byte) []byte { return bytes.Join(slices.Concat(all...), nil) }

// TestEveryCutOfEvidenceFails cuts a good vector behind every byte.
func TestEveryCutOfEvidenceFails(t *testing.T) {
	v := bundles(t, "good")[0]
	_, other := judges(t, roster(t, v.Roster))
	for n := range v.bundle {
		if sparse && n%8 != 0 {
			continue
		}
		if refused(other, v.bundle[:n]) == nil {
			t.Errorf("%s: accepted when cut to %d bytes", v.name, n)
		}
	}
}

// TestFault36_EveryChangeOfEvidenceFails changes good vectors in every single byte, so
// that letters and digits of base64 become others; in every way with
// -exhaustive, which takes minutes here.
func TestFault36_EveryChangeOfEvidenceFails(t *testing.T) {
	changed := 0
	for _, v := range bundles(t, "good") {
		if v.name != "good/no-receipt" && v.name != "good/plain-accepted" {
			continue
		}
		_, other := judges(t, roster(t, v.Roster))
		b := bytes.Clone(v.bundle)
		for i, was := range v.bundle {
			if sparse && i%8 != 0 {
				continue
			}
			values := []byte{was ^ 1}
			if was >= 'A' {
				values[0] = was ^ 0x20
			}
			if *exhaustive {
				values = others(was)
			}
			for _, value := range values {
				changed++
				if b[i] = value; refused(other, b) == nil {
					t.Errorf("%s: byte %d changed from %#02x to %#02x: accepted", v.name, i, was, value)
				}
			}
			b[i] = was
		}
		if err := refused(other, b); err != nil {
			t.Errorf("%s is not accepted as it is: %v", v.name, err)
		}
	}
	if least := 6_000; !sparse && changed < least || changed < least/8 {
		t.Errorf("%d changes, want more: the vectors have other names", changed)
	}
}

func refused(verify judge, b []byte) error {
	_, err := verify(b)
	return err
}
