package charset_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/unicode/norm"

	"github.com/spsalert/spsalert/server/sheet/charset"
)

// old are the code pages, each with the language that was written in it.
var old = []struct {
	language string
	page     encoding.Encoding
	is       charset.Encoding
}{
	{"zh-Hans", simplifiedchinese.GB18030, charset.GB18030},
	{"th", charmap.Windows874, charset.Windows874},
	{"vi", charmap.Windows1258, charset.Windows1258},
}

// sentences returns what the product says in each language. Its labels of one word
// are left out: some have bytes that are words in another encoding too.
func sentences(t testing.TB) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("../../access/sentences/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sentences: %v", err)
	}
	all := map[string][]string{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file map[string][]map[string]string
		if err := yaml.Unmarshal(text, &file); err != nil {
			t.Fatal(err)
		}
		for _, entries := range file {
			for _, e := range entries {
				if !strings.Contains(e["en"], " ") {
					continue
				}
				for language, s := range e {
					all[language] = append(all[language], s)
				}
			}
		}
	}
	return all
}

// toned returns a text with the tones of Vietnamese behind their letters, as
// Windows-1258 has them.
func toned(text string) string {
	var b strings.Builder
	for _, r := range text {
		if _, err := charmap.Windows1258.NewEncoder().String(string(r)); err == nil {
			b.WriteRune(r)
			continue
		}
		letter, tone := "", ""
		for _, part := range norm.NFD.String(string(r)) {
			if strings.ContainsRune("\u0300\u0301\u0303\u0309\u0323", part) {
				tone = string(part)
			} else {
				letter += string(part)
			}
		}
		b.WriteString(norm.NFC.String(letter) + tone)
	}
	return b.String()
}

// TestDetectNeverGuesses asks for the encoding of each sentence of the product, and
// of ten of them together: one that is sure is right, and of ten together most are.
func TestDetectNeverGuesses(t *testing.T) {
	all := sentences(t)
	for _, o := range old {
		var single, together, sure, sureTogether int
		texts := all[o.language]
		slices.Sort(texts)
		for i, text := range texts {
			for _, lines := range []string{text, strings.Join(texts[i:min(i+10, len(texts))], "\n")} {
				if o.language == "vi" {
					lines = toned(lines)
				}
				b, err := o.page.NewEncoder().Bytes([]byte(lines))
				if err != nil || !slices.ContainsFunc(b, func(b byte) bool { return b >= 0x80 }) {
					continue // a character that the code page does not have
				}
				fit, err := charset.Detect(bytes.NewReader(b))
				if err != nil {
					t.Fatal(err)
				}
				right := len(fit) == 1 && fit[0] == o.is
				if len(fit) == 1 && !right {
					t.Errorf("%q in %s is taken for %s", lines, o.is, fit[0])
				}
				if lines == text || o.language == "vi" && lines == toned(text) {
					single++
					if right {
						sure++
					}
				} else {
					together++
					if right {
						sureTogether++
					}
				}
			}
		}
		t.Logf("%s: sure of %d of %d sentences, of %d of %d tens", o.is, sure, single, sureTogether, together)
		if together < 100 || sureTogether*100 < together*98 {
			t.Errorf("%s: sure of %d of %d tens of sentences, want 98 in a hundred", o.is, sureTogether, together)
		}
	}
}

// TestDetectOddUTF8 has bytes that are characters of UTF-8 which nobody writes here:
// they may as well be Chinese, until a usual one comes.
func TestDetectOddUTF8(t *testing.T) {
	const both = "状态" // in GB 18030: a letter of Hebrew and a mark of UTF-8
	b, err := simplifiedchinese.GB18030.NewEncoder().String(both)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]charset.Encoding{
		b:            {charset.UTF8, charset.GB18030},
		b + " 25 °C": {charset.UTF8},
		b + " é":     {charset.UTF8},
		"α-HCH":      {charset.UTF8},
		"đ":          {charset.UTF8},
		both:         {charset.UTF8},
	} {
		if got, err := charset.Detect(strings.NewReader(text)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q is taken for %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestDetectBinary(t *testing.T) {
	for name, b := range map[string]string{
		"zeros":      "a\x00\x00\x00b\x00\x00\x00",
		"UTF-32":     "a\x00\x00\x00",
		"a half":     "a\x00b\x00c",
		"a terminal": "\x1b\x02\x03\x04",
	} {
		if fit, err := charset.Detect(strings.NewReader(b)); !errors.Is(err, charset.ErrBinary) {
			t.Errorf("%s: %v, %v; want %v", name, fit, err, charset.ErrBinary)
		}
	}
	broken := errors.New("broken")
	if _, err := charset.Detect(io.MultiReader(strings.NewReader("a"), failing{broken})); !errors.Is(err, broken) {
		t.Errorf("a file that cannot be read: %v, want %v", err, broken)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestDetectAcrossPieces has characters of UTF-8 on the edges of what is read at
// once.
func TestDetectAcrossPieces(t *testing.T) {
	for shift := range 4 {
		text := strings.Repeat("a", shift) + strings.Repeat("大", 40_000)
		if fit, err := charset.Detect(strings.NewReader(text)); err != nil || !slices.Equal(fit, []charset.Encoding{charset.UTF8}) {
			t.Errorf("shifted by %d: %v, %v; want UTF-8", shift, fit, err)
		}
	}
}

func TestNamed(t *testing.T) {
	for name, want := range map[string]charset.Encoding{"UTF-8": charset.UTF8, " gbk ": charset.GB18030, "TIS-620": charset.Windows874, "windows-1258": charset.Windows1258, "koi8-r": ""} {
		if got, ok := charset.Named(name); got != want || ok != (want != "") {
			t.Errorf("Named(%q) = %q, %t; want %q", name, got, ok, want)
		}
	}
	if _, err := charset.NewReader(strings.NewReader(""), "koi8-r"); err == nil {
		t.Error("an encoding that is not there is read")
	}
}

// FuzzDetect holds that whatever is sure can be read, and that what is sure to be
// UTF-8 is.
func FuzzDetect(f *testing.F) {
	for _, o := range old {
		b, err := o.page.NewEncoder().Bytes([]byte(map[string]string{"zh-Hans": "大白菜", "th": "มะม่วง", "vi": "sô"}[o.language]))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("\xff\xfea\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		fit, err := charset.Detect(bytes.NewReader(b))
		if err != nil {
			return
		}
		for _, e := range fit {
			r, err := charset.NewReader(bytes.NewReader(b), e)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(r)
			if err != nil {
				t.Errorf("%q as %s: %v", b, e, err)
			}
			if e == charset.UTF8 && !bytes.HasSuffix(b, text) {
				t.Errorf("%q as UTF-8 is %q", b, text)
			}
		}
	})
}
