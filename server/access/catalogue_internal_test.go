package access

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestSentencesCanBeRead(t *testing.T) {
	if err := CheckSentences(); err != nil {
		t.Error(err)
	}
}

// TestSentencesMustBeSound reads catalogues with a fault. One would keep all
// sentences from being read.
func TestSentencesMustBeSound(t *testing.T) {
	sound := "GONE:\n" + said("it is gone: {name}", "{name} đi rồi", "{name} 没有了", "{name} หายไปแล้ว")
	for _, tc := range []struct{ name, second, want string }{
		{"sound", "HERE:\n" + said("it is here", "ở đây", "在这里", "อยู่ที่นี่"), ""},
		{"no YAML", "HERE: [", "sentences/b.yaml: yaml:"},
		{"a reason in two files", sound, "sentences/b.yaml: GONE is in the catalogue twice"},
		{"a reason twice among others", "HERE GONE:\n" + said("it is here", "ở đây", "在这里", "อยู่ที่นี่"), "sentences/b.yaml: GONE is in the catalogue twice"},
		{"a language is missing", "HERE:\n- {en: it is here, vi: ở đây}\n", `sentences/b.yaml: HERE: "it is here" is not there in zh-Hans`},
		{"it says less", "HERE:\n" + said("{name} is here", "ở đây", "{name} 在这里", "{name} อยู่ที่นี่"), `sentences/b.yaml: HERE: "ở đây" does not say once`},
		{"it says more", "HERE:\n" + said("it is here", "{name} ở đây", "在这里", "อยู่ที่นี่"), `sentences/b.yaml: HERE: "{name} ở đây" says more`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := readCatalogue(fstest.MapFS{"sentences/a.yaml": {Data: []byte(sound)}, "sentences/b.yaml": {Data: []byte(tc.second)}})
			if got := fmt.Sprint(err); tc.want == "" && err != nil || !strings.HasPrefix(got, tc.want) {
				t.Errorf("reading it: %v, want %q", err, tc.want)
			}
		})
	}
}

// said writes a sentence of the catalogue.
func said(texts ...string) string {
	text := "-"
	for i, tag := range Languages() {
		text += fmt.Sprintf(" %s: %q\n ", tag, texts[i])
	}
	return text + "\n"
}

func TestWhatDiffers(t *testing.T) {
	for _, tc := range []struct {
		sentence, said string
		want           []string // nil: it is another sentence
	}{
		{"it is gone", "it is gone", []string{}},
		{"it is gone", "it is gone today", nil},
		{"{a} is {b}", "it is gone", []string{"it", "gone"}},
		{"{a} is {b}", "it is what is gone", []string{"it", "what is gone"}},
		{"{a} is", "it is, as is", []string{"it is, as"}},
		{"say {a} to {b}, and go", "say so to all to see, and go, and go", []string{"so", "all to see, and go"}},
		{"say {a}, and go", "say, and go", nil},
		{"say {a}", "say it\nin lines", []string{"it\nin lines"}},
		{"{a}{b}", "it", []string{"", "it"}},
	} {
		w, err := newWording(map[string]string{"en": tc.sentence, "vi": tc.sentence, "zh-Hans": tc.sentence, "th": tc.sentence})
		if err != nil {
			t.Fatal(err)
		}
		got, ok := w.differs(tc.said)
		if ok != (tc.want != nil) || ok && !slices.Equal(got, tc.want) {
			t.Errorf("in %q of %q differs %q, %t, want %q", tc.said, tc.sentence, got, ok, tc.want)
		}
	}
}
