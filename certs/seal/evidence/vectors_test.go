package evidence_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/certs/seal/evidence"
)

var (
	update = flag.Bool("update", false, "write tests/vectors/evidence and tests/vectors/roster anew")
	every  = flag.Bool("every", false, "change every byte of every good vector in eight ways")
)

const vectorsDir = "../../../tests/vectors"

// vector says what a file in tests/vectors/evidence is and what a verifier finds
// in it; tests/vectors/evidence/README.md says what the fields mean.
type vector struct {
	Description string   `json:"description"`
	Roster      string   `json:"roster,omitempty"`
	Refused     string   `json:"refused,omitempty"` // bad ones: what this verifier calls it
	Statement   string   `json:"statement,omitempty"`
	Reference   string   `json:"reference,omitempty"`
	Readdresses []string `json:"readdresses,omitempty"`
	Case        []string `json:"case,omitempty"`
	Received    []string `json:"received,omitempty"`
	Known       []string `json:"known,omitempty"`
	Missing     []string `json:"missing,omitempty"`
	Network     bool     `json:"network,omitempty"`
	Existed     string   `json:"existed,omitempty"`
	Signers     []string `json:"signers,omitempty"`
}

// kinds name the errors in bad vectors.
var kinds = []struct {
	err  error
	word string
}{
	{evidence.ErrForm, "form"},
	{evidence.ErrUnused, "unused"},
	{evidence.ErrCard, "card"},
	{evidence.ErrStatement, "statement"},
	{evidence.ErrReceipt, "receipt"},
	{evidence.ErrFork, "fork"},
	{seal.ErrFormat, "note"},
	{seal.ErrUnknownKey, "unknown key"},
	{seal.ErrBadSignature, "wrong signature"},
	{seal.ErrKeyRange, "key range"},
	{seal.ErrProof, "proof"},
	{seal.ErrLeaf, "leaf"},
	{seal.ErrEnvelope, "envelope"},
}

func kindOf(err error) string {
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			return k.word
		}
	}
	return fmt.Sprintf("other: %v", err)
}

// describe is what a vector says of a proof.
func describe(p *evidence.Proof) vector {
	entries := func(all []evidence.Proven) (names []string) {
		for _, e := range all {
			names = append(names, fmt.Sprintf("%s %d", e.Origin, e.Leaf.GetSequence()))
		}
		return names
	}
	holdings := func(all []evidence.Holding) (lines []string) {
		for _, h := range all {
			line := fmt.Sprintf("%s entry %d of epoch %d at size %d, %s", h.Office, h.Sequence, h.Epoch, h.Size, h.Time.Format(time.RFC3339))
			if h.Ahead {
				line += ", ahead"
			}
			lines = append(lines, line)
		}
		return lines
	}
	v := vector{
		Statement: entries([]evidence.Proven{p.Statement})[0], Reference: p.Statement.Leaf.GetReference(),
		Readdresses: entries(p.Readdresses), Case: entries(p.Case),
		Received: holdings(p.Received), Known: holdings(p.Known), Network: p.Network,
	}
	for _, o := range p.Missing {
		v.Missing = append(v.Missing, string(o))
	}
	if !p.Existed.IsZero() {
		v.Existed = p.Existed.Format(time.RFC3339)
	}
	for _, s := range p.Signers {
		line := fmt.Sprintf("%s card %d %s", s.Office, s.Card.Number(), s.Card.Fingerprint())
		if s.Accepted {
			line += " accepted"
		}
		for _, e := range s.Earlier {
			line += " earlier " + e
		}
		v.Signers = append(v.Signers, line)
	}
	return v
}

func verify(file []byte, accepted []*certs.Card) (*evidence.Proof, error) {
	b, err := evidence.Parse(file)
	if err != nil {
		return nil, err
	}
	return b.Verify(accepted)
}

// vectorFile is a vector with its bytes.
type vectorFile struct {
	vector

	file []byte
}

// makeVectors makes all vectors anew, by name.
func makeVectors(t *testing.T) (map[string]vectorFile, map[string][]*certs.Card) {
	t.Helper()
	s := newStory(t)
	cards := rosters(s)
	all := make(map[string]vectorFile)
	for _, g := range goods(newStory(t)) {
		file := s.encode(g.bundle)
		proof, err := verify(file, cards[g.roster])
		if err != nil {
			t.Fatalf("good/%s: %v", g.name, err)
		}
		v := describe(proof)
		v.Description, v.Roster = g.description, g.roster
		all["good/"+g.name] = vectorFile{v, file}
	}
	for _, b := range bads(newStory(t)) {
		if _, twice := all["bad/"+b.name]; twice {
			t.Fatalf("bad/%s stands twice", b.name)
		}
		all["bad/"+b.name] = vectorFile{vector{Description: b.description, Roster: b.roster, Refused: kindOf(b.want)}, b.file}
	}
	return all, cards
}

// TestVectors holds the files in the tree to what is made now, and to what they
// say.
func TestVectors(t *testing.T) {
	made, cards := makeVectors(t)
	if *update {
		writeVectors(t, made, cards)
	}
	var found []string
	for _, dir := range []string{"good", "bad"} {
		paths, err := filepath.Glob(filepath.Join(vectorsDir, "evidence", dir, "*.json"))
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
		t.Errorf("%d vectors in the tree, want %d; run go test ./certs/seal/evidence -run TestVectors -update", len(found), len(made))
	}
}

func checkVector(t *testing.T, path string, made vectorFile) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v vector
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(made.vector, v); diff != "" {
		t.Errorf("vector differs from what is made now (-made +tree):\n%s", diff)
	}
	file, err := os.ReadFile(strings.TrimSuffix(path, ".json") + ".evidence")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file, made.file) {
		t.Error("the file differs from what is made now")
	}
	var accepted []*certs.Card
	if v.Roster != "" {
		accepted = loadRoster(t, v.Roster)
	}
	proof, err := verify(file, accepted)
	switch {
	case v.Refused == "" && err != nil:
		t.Errorf("refused: %v", err)
	case v.Refused == "":
		got := describe(proof)
		got.Description, got.Roster = v.Description, v.Roster
		if diff := cmp.Diff(v, got); diff != "" {
			t.Errorf("it proves something else (-want +got):\n%s", diff)
		}
	case err == nil:
		t.Error("accepted")
	case kindOf(err) != v.Refused:
		t.Errorf("refused as %q, want %q: %v", kindOf(err), v.Refused, err)
	}
}

func loadRoster(t *testing.T, folder string) []*certs.Card {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(vectorsDir, "roster", folder, "*"+certs.CardSuffix))
	if err != nil || len(paths) == 0 {
		t.Fatalf("roster %s: no cards, %v", folder, err)
	}
	var cards []*certs.Card
	for _, path := range paths {
		card, err := certs.LoadCard(path)
		if err != nil {
			t.Fatal(err)
		}
		cards = append(cards, card)
	}
	return cards
}

func writeVectors(t *testing.T, made map[string]vectorFile, cards map[string][]*certs.Card) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"evidence/good", "evidence/bad", "roster"} {
		must(os.RemoveAll(filepath.Join(vectorsDir, dir)))
		must(os.MkdirAll(filepath.Join(vectorsDir, dir), 0o755))
	}
	for name, v := range made {
		text, err := json.MarshalIndent(v.vector, "", "  ")
		must(err)
		path := filepath.Join(vectorsDir, "evidence", name)
		must(os.WriteFile(path+".json", append(text, '\n'), 0o644))
		must(os.WriteFile(path+".evidence", v.file, 0o644))
	}
	for folder, all := range cards {
		dir := filepath.Join(vectorsDir, "roster", folder)
		must(os.MkdirAll(dir, 0o755))
		for _, card := range all {
			must(certs.SaveCard(filepath.Join(dir, string(card.Office())+certs.CardSuffix), card))
		}
	}
}

// TestFault36_EveryByteCounts changes bytes of the good vectors: each byte of two
// small ones in one way, a part of the bytes of the others. With -every it changes
// each byte of each vector in eight ways, which takes some minutes; with the race
// detector fewer bytes of each.
func TestFault36_EveryByteCounts(t *testing.T) {
	made, cards := makeVectors(t)
	whole := []string{"good/plain", "good/one-card-left-out"}
	for name, v := range made {
		if !strings.HasPrefix(name, "good/") {
			continue
		}
		step := 41
		switch {
		case sparse:
			step = 173
		case *every || slices.Contains(whole, name):
			step = 1
		}
		t.Run(name, func(t *testing.T) {
			tried := 0
			otherBytes(v.file, step, *every, func(i int, changed []byte) bool {
				tried++
				if _, err := verify(changed, cards[v.Roster]); err == nil {
					t.Errorf("byte %d was changed to %q and the bundle accepted", i, changed[i])
				}
				return !t.Failed()
			})
			t.Logf("%d changes of %d bytes", tried, len(v.file))
		})
	}
}
