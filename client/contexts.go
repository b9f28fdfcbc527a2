package client

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
	"go.yaml.in/yaml/v3"

	"github.com/spsalert/spsalert/certs"
)

// Contexts are the nodes that a person speaks to, by name, as they are kept in
// a file:
//
//	current: vn
//	contexts:
//	  vn:
//	    address: 127.0.0.1:7444
//	    federation: asean-cn
//	    office: VN
//	    card: VN.card
//	    certificate: lan.nguyen.pem
//	    key: lan.nguyen.key
//
// Paths are relative to the file. It holds the path of a key, never a key.
type Contexts struct {
	Current  string             `yaml:"current,omitempty"`
	Contexts map[string]Context `yaml:"contexts"`
}

// Context says where one node is, whom to believe that it is it, and who is
// calling.
type Context struct {
	Address     string `yaml:"address"`     // the node's office listener, host:port
	Federation  string `yaml:"federation"`  // such as "asean-cn"
	Office      string `yaml:"office"`      // the own office, such as "VN"
	Card        string `yaml:"card"`        // file of the office's peer card; its roots vouch for the node
	Certificate string `yaml:"certificate"` // PEM file of the caller's certificate
	Key         string `yaml:"key"`         // PEM file of its private key
}

// ErrNoContext says that there is no such context; its text says how to make
// one.
var ErrNoContext = errors.New("no such context")

// DefaultContextsFile returns where the contexts of this person are kept:
// spsctl/config.yaml in the configuration folder of the system.
func DefaultContextsFile() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find the configuration folder: %w", err)
	}
	return filepath.Join(dir, "spsctl", "config.yaml"), nil
}

// LoadContexts reads a file of contexts. A file that is not there holds none.
// Unknown keys are refused, with their line.
func LoadContexts(path string) (*Contexts, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &Contexts{}, nil
	}
	if err != nil {
		return nil, err
	}
	all, err := parseContexts(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for name, c := range all.Contexts {
		all.Contexts[name] = c.relativeTo(filepath.Dir(path))
	}
	return all, nil
}

func parseContexts(data []byte) (*Contexts, error) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	all := &Contexts{}
	if err := d.Decode(all); err != nil && len(bytes.TrimSpace(data)) > 0 {
		return nil, err
	}
	return all, nil
}

// Save writes the contexts to a file that only its owner may read. The file is
// replaced whole.
func (all *Contexts) Save(path string) error {
	data, err := yaml.Marshal(all)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return renameio.WriteFile(path, data, 0o600)
}

// Get returns a context by name; the empty name stands for the current one, or
// the only one.
func (all *Contexts) Get(name string) (Context, error) {
	name, err := all.Name(name)
	return all.Contexts[name], err
}

// Name returns the name of the context that Get returns.
func (all *Contexts) Name(name string) (string, error) {
	if name == "" {
		name = all.Current
	}
	names := slices.Sorted(maps.Keys(all.Contexts))
	if name == "" && len(names) == 1 {
		name = names[0]
	}
	_, ok := all.Contexts[name]
	switch {
	case ok:
		return name, nil
	case len(names) == 0:
		return "", fmt.Errorf("%w: none is set up, run: spsctl context add", ErrNoContext)
	case name == "":
		return "", fmt.Errorf("%w: none is current, name one of %s with --context", ErrNoContext, strings.Join(names, ", "))
	default:
		return "", fmt.Errorf("%w: %q, there are %s", ErrNoContext, name, strings.Join(names, ", "))
	}
}

// Options reads the files that the context names.
func (c Context) Options() (Options, error) {
	var missing []string
	for _, f := range []struct{ key, value string }{
		{"address", c.Address}, {"office", c.Office}, {"card", c.Card}, {"certificate", c.Certificate}, {"key", c.Key},
	} {
		if f.value == "" {
			missing = append(missing, f.key)
		}
	}
	if len(missing) > 0 {
		return Options{}, fmt.Errorf("context has no %s", strings.Join(missing, ", "))
	}
	signed, err := os.ReadFile(c.Card)
	if err != nil {
		return Options{}, fmt.Errorf("own office's card: %w", err)
	}
	card, err := certs.ParseCard(signed)
	if err != nil {
		return Options{}, fmt.Errorf("own office's card %s: %w", c.Card, err)
	}
	switch {
	case string(card.Office()) != c.Office:
		return Options{}, fmt.Errorf("card %s is of %s, the context is for %s", c.Card, card.Office(), c.Office)
	case c.Federation != "" && card.Federation() != c.Federation:
		return Options{}, fmt.Errorf("card %s is of federation %s, the context is for %s", c.Card, card.Federation(), c.Federation)
	}
	credentials, err := certs.LoadCredentials(c.Certificate, c.Key)
	if err != nil {
		return Options{}, err
	}
	return Options{Address: c.Address, Card: card, Credentials: credentials}, nil
}

// relativeTo resolves the paths of a context against a folder.
func (c Context) relativeTo(dir string) Context {
	for _, p := range []*string{&c.Card, &c.Certificate, &c.Key} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
	return c
}
