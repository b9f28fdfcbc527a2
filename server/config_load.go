package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ConfigError is everything that is wrong with a configuration, at once.
type ConfigError struct {
	Problems []ConfigProblem
}

// ConfigProblem is one thing that is wrong with a configuration.
type ConfigProblem struct {
	Where    string // file:line, variable or flag; empty: nowhere in particular
	Key      string // such as "listen.peers"; empty if it is no key's
	Sentence string
}

// String returns the problem on one line.
func (p ConfigProblem) String() string {
	var parts []string
	for _, part := range []string{p.Where, p.Key, p.Sentence} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ": ")
}

// Error returns each problem on a line of its own.
func (e *ConfigError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// given is the text of a setting and where it stands.
type given struct {
	value, where string
	folder       string // what a relative path is relative to
}

// LoadConfig makes the configuration of a node from a YAML file; variables of
// the environment (environ is as from os.Environ) stand above the file, and
// flags (by [Setting.Flag]) above both. Relative paths are relative to the
// folder of the file that gives them, and to the working folder if a variable
// or flag does. What is wrong with the content is a [*ConfigError] with
// everything at once.
func LoadConfig(file string, environ []string, flags map[string]string) (Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	l := &loader{values: make(map[string]given), settings: Settings(), file: file}
	l.defaults()
	l.yaml(text)
	l.environment(environ)
	for _, s := range l.settings {
		if v, ok := flags[s.Flag()]; ok {
			l.values[s.Key] = given{value: v, where: "--" + s.Flag()}
		}
	}
	c := l.config()
	if len(l.problems) > 0 {
		return Config{}, &ConfigError{Problems: l.problems}
	}
	return c, nil
}

type loader struct {
	file     string
	settings []Setting
	values   map[string]given
	problems []ConfigProblem
}

func (l *loader) problem(where, key, format string, args ...any) {
	l.problems = append(l.problems, ConfigProblem{Where: where, Key: key, Sentence: fmt.Sprintf(format, args...)})
}

func (l *loader) defaults() {
	for _, s := range l.settings {
		if s.Default != "" {
			l.values[s.Key] = given{value: s.Default, folder: filepath.Dir(l.file)}
		}
	}
}

// yaml reads the file as a tree and walks it itself: decoding into a struct
// with KnownFields refuses unknown keys too, but loses the lines of the values
// that turn out to be wrong.
func (l *loader) yaml(text []byte) {
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(text))
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return
	case err != nil:
		l.problem(l.file, "", "%s", strings.TrimPrefix(err.Error(), "yaml: "))
		return
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		l.problem(l.file, "", "holds more than one document")
	}
	l.group(doc.Content[0], "")
}

func (l *loader) at(n *yaml.Node) string { return fmt.Sprintf("%s:%d", l.file, n.Line) }

// group walks the keys of one mapping; prefix is "" or ends in a dot.
func (l *loader) group(n *yaml.Node, prefix string) {
	if n.Kind != yaml.MappingNode {
		l.problem(l.at(n), strings.TrimSuffix(prefix, "."), "is not a group of keys")
		return
	}
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		key := prefix + name.Value
		if seen[key] {
			l.problem(l.at(name), key, "is given twice")
		}
		seen[key] = true
		switch below := l.below(key + "."); {
		case l.known(key):
			l.scalar(value, key)
		case len(below) > 0:
			l.group(value, key+".")
		default:
			l.problem(l.at(name), key, "is not a key; the keys here are %s", strings.Join(l.below(prefix), ", "))
		}
	}
}

func (l *loader) scalar(n *yaml.Node, key string) {
	switch {
	case n.Kind != yaml.ScalarNode:
		l.problem(l.at(n), key, "is not a single value")
	case n.Tag == "!!null" || n.Value == "":
		l.problem(l.at(n), key, "has no value: give one or leave the key out")
	default:
		l.values[key] = given{value: n.Value, where: l.at(n), folder: filepath.Dir(l.file)}
	}
}

func (l *loader) known(key string) bool {
	return slices.ContainsFunc(l.settings, func(s Setting) bool { return s.Key == key })
}

// below returns the names one level below a prefix, in order.
func (l *loader) below(prefix string) []string {
	var names []string
	for _, s := range l.settings {
		rest, ok := strings.CutPrefix(s.Key, prefix)
		name, _, _ := strings.Cut(rest, ".")
		if ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// environment takes the variables that begin with SPSD_; one that is no
// setting's is refused, since it is most likely misspelt.
func (l *loader) environment(environ []string) {
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "SPSD_") {
			continue
		}
		i := slices.IndexFunc(l.settings, func(s Setting) bool { return s.Env() == name })
		if i < 0 {
			l.problem(name, "", "is not a variable of spsd; unset it")
			continue
		}
		l.values[l.settings[i].Key] = given{value: value, where: name}
	}
}

// config turns the texts into values.
func (l *loader) config() Config {
	var c Config
	for _, s := range l.settings {
		g, ok := l.values[s.Key]
		if !ok {
			continue
		}
		v := g.value
		if v == "" {
			l.problem(g.where, s.Key, "has no value")
			continue
		}
		if s.path && !filepath.IsAbs(v) {
			v = filepath.Join(g.folder, v)
		}
		if err := s.set(&c, v); err != nil {
			l.problem(g.where, s.Key, "%s", err)
		}
	}
	for _, key := range []string{"federation", "office"} {
		if _, ok := l.values[key]; !ok {
			l.problem(l.file, key, "is required")
		}
	}
	if (c.Web.Certificate == "") != (c.Web.Key == "") {
		l.problem(l.file, "web", "give both web.certificate and web.key, or neither")
	}
	if c.Anchor == "" {
		c.Anchor = filepath.Join(c.Data, "anchor")
	}
	if c.Backup.Work == "" {
		c.Backup.Work = c.Data
	}
	if c.Identity.Card == "" {
		c.Identity.Card = filepath.Join(filepath.Dir(l.file), string(c.Office)+".card")
	}
	return c
}
