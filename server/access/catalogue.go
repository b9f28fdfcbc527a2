package access

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
)

// sentences are the texts that people read, in every language. English is what
// the code says: a text there is found by its reason and by the English that it
// stands for, in which {name} is what differs.
//
//go:embed sentences
var sentences embed.FS

// tongues are the languages of the catalogue. The first is that of the code.
var tongues = []language.Tag{language.English, language.Vietnamese, language.SimplifiedChinese, language.Thai}

// Languages returns the languages in which sentences are, as tags of BCP 47,
// English first; the slice is the caller's.
func Languages() []string {
	tags := make([]string, len(tongues))
	for i, t := range tongues {
		tags[i] = t.String()
	}
	return tags
}

// wording is a sentence in all languages.
type wording struct {
	texts []string // by language, with {name} for what differs
	fixed []string // what is the same in every English sentence: before, between and after what differs
	names []string // of what differs
}

// placeholder is what stands for what differs.
var placeholder = regexp.MustCompile(`\{([a-z]+)\}`)

// catalogue holds the wordings of each reason, in the order in which they are
// tried.
var catalogue = sync.OnceValues(func() (map[string][]wording, error) { return readCatalogue(sentences) })

// CheckSentences returns what keeps the sentences from being read, which is a fault
// of the program: without them everything would be in English. A node MUST NOT start
// then.
func CheckSentences() error {
	_, err := catalogue()
	return err
}

func readCatalogue(files fs.FS) (map[string][]wording, error) {
	all := make(map[string][]wording)
	err := fs.WalkDir(files, "sentences", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		var file map[string][]map[string]string
		if err := yaml.Unmarshal(text, &file); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for reasons, entries := range file {
			for _, reason := range strings.Fields(reasons) {
				if _, twice := all[reason]; twice {
					return fmt.Errorf("%s: %s is in the catalogue twice", name, reason)
				}
				for _, entry := range entries {
					w, err := newWording(entry)
					if err != nil {
						return fmt.Errorf("%s: %s: %w", name, reason, err)
					}
					all[reason] = append(all[reason], w)
				}
			}
		}
		return nil
	})
	return all, err
}

// newWording checks that a sentence is in every language and says the same
// things in each.
func newWording(entry map[string]string) (wording, error) {
	var w wording
	for _, tag := range Languages() {
		text := entry[tag]
		if text == "" {
			return wording{}, fmt.Errorf("%q is not there in %s", entry["en"], tag)
		}
		w.texts = append(w.texts, text)
	}
	if len(entry) != len(w.texts) {
		return wording{}, fmt.Errorf("%q is there in a language that is not offered", w.texts[0])
	}
	w.fixed = placeholder.Split(w.texts[0], -1)
	for _, at := range placeholder.FindAllStringSubmatch(w.texts[0], -1) {
		w.names = append(w.names, at[1])
	}
	for i, text := range w.texts {
		for _, name := range w.names {
			if strings.Count(text, "{"+name+"}") != 1 || len(placeholder.FindAllString(text, -1)) != len(w.names) {
				return wording{}, fmt.Errorf("%q does not say once what %q does: {%s}", text, w.texts[0], strings.Join(w.names, "}, {"))
			}
		}
		if len(w.names) == 0 && placeholder.MatchString(text) {
			return wording{}, fmt.Errorf("%q says more than %q", w.texts[i], w.texts[0])
		}
	}
	return w, nil
}

// differs returns what stands in an English sentence for each of the names, as short
// as it can be, the first before the others; false if it is another sentence.
func (w wording) differs(english string) (found []string, ok bool) {
	rest, ok := strings.CutPrefix(english, w.fixed[0])
	if !ok {
		return nil, false
	}
	for i, fixed := range w.fixed[1:] {
		at := strings.Index(rest, fixed)
		if i == len(w.names)-1 && strings.HasSuffix(rest, fixed) { // to the end
			at = len(rest) - len(fixed)
		}
		if at < 0 {
			return nil, false
		}
		found, rest = append(found, rest[:at]), rest[at+len(fixed):]
	}
	return found, rest == ""
}

// worded returns a sentence of a reason in a language; false if the catalogue
// does not have it.
func worded(reason, english string, tongue int) (string, bool) {
	all, _ := catalogue() // see CheckSentences
	for _, w := range all[reason] {
		found, ok := w.differs(english)
		if !ok {
			continue
		}
		values := make([]string, 0, 2*len(w.names))
		for i, name := range w.names {
			values = append(values, "{"+name+"}", found[i])
		}
		return strings.NewReplacer(values...).Replace(w.texts[tongue]), true
	}
	return "", false
}
