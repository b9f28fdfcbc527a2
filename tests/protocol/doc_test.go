// Package protocol holds docs/protocol.md to the truth: what it shows is what
// the product makes, what it shows can be verified by the product and by a
// second reader that knows nothing but the document, and its tables of reasons
// and limits are those of the code.
//
// The second reader is package second. It uses the standard library only. Where
// it and the product differ over any bytes, the document or the code is wrong.
//
// The examples are made from printed seeds. After a change that is meant to
// show in them, write them anew and read the difference:
//
//	go test ./tests/protocol -update
//
// The tests that change every byte of an example try some values of each; with
// -exhaustive they try all.
package protocol

import (
	"bytes"
	encodinghex "encoding/hex"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the examples and tables into the documents")

const document = "../../docs/protocol.md"

// fence is a named block: a language, a name, and lines up to the end of the
// fence.
var fence = regexp.MustCompile("(?ms)^```(hex|text|yaml) ([a-z0-9-]+)\n(.*?)^```$")

// read returns a document, whole.
func read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// shown returns the named blocks of the document.
func shown(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, m := range fence.FindAllStringSubmatch(read(t, document), -1) {
		if _, twice := all[m[2]]; twice {
			t.Errorf("two blocks are called %s", m[2])
		}
		all[m[2]] = m[3]
	}
	return all
}

// TestExamplesAreWhatTheProductMakes compares every block with what the
// product makes of the seeds, and writes them anew with -update.
func TestExamplesAreWhatTheProductMakes(t *testing.T) {
	want := map[string]string{}
	for _, b := range newWorld(t).blocks(t) {
		want[b.name] = b.content
	}
	if *update {
		text := fence.ReplaceAllStringFunc(read(t, document), func(old string) string {
			m := fence.FindStringSubmatch(old)
			if content, ok := want[m[2]]; ok {
				return "```" + m[1] + " " + m[2] + "\n" + content + "```"
			}
			return old
		})
		if err := os.WriteFile(document, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := shown(t)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("blocks of the document differ; -update writes them (-want +got):\n%s", diff)
	}
}

// bytesOf returns the bytes of a block of hex; what follows a # is for people.
func bytesOf(t testing.TB, blocks map[string]string, name string) []byte {
	t.Helper()
	content, ok := blocks[name]
	if !ok {
		t.Fatalf("the document has no block %s", name)
	}
	var digits strings.Builder
	for line := range strings.Lines(content) {
		line, _, _ = strings.Cut(line, "#")
		digits.WriteString(strings.Join(strings.Fields(line), ""))
	}
	b, err := encodinghex.DecodeString(digits.String())
	if err != nil || len(b) == 0 {
		t.Fatalf("block %s is not hex: %v", name, err)
	}
	return b
}

// valuesOf returns the pairs of a block of values.
func valuesOf(t testing.TB, blocks map[string]string, name string) map[string]string {
	t.Helper()
	pairs := map[string]string{}
	for line := range strings.Lines(blocks[name]) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			t.Fatalf("block %s: line %q is not a name and a value", name, line)
		}
		pairs[key] = value
	}
	if len(pairs) == 0 {
		t.Fatalf("the document has no block %s", name)
	}
	return pairs
}

// hexValue returns a value as bytes.
func hexValue(t testing.TB, pairs map[string]string, key string) []byte {
	t.Helper()
	b, err := encodinghex.DecodeString(pairs[key])
	if err != nil || len(b) == 0 {
		t.Fatalf("%s: %q is not hex", key, pairs[key])
	}
	return bytes.Clone(b)
}
