package drill

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// config is what drill writes into a node's configuration.
type config struct {
	Federation string         `yaml:"federation"`
	Office     string         `yaml:"office"`
	Data       string         `yaml:"data"`
	Anchor     string         `yaml:"anchor"`
	Identity   configIdentity `yaml:"identity"`
	Peers      string         `yaml:"peers"`
	Listen     configListen   `yaml:"listen"`
	Web        configWeb      `yaml:"web"`
	Log        configLog      `yaml:"log"`
	FourEyes   configEyes     `yaml:"four_eyes"`
	Units      string         `yaml:"units,omitempty"` // who belongs to which: `id=unit; id=unit`
}

type configIdentity struct {
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
	LogKey      string `yaml:"log_key"`
	ReceiptKey  string `yaml:"receipt_key"`
	Card        string `yaml:"card"`
}

type configListen struct {
	Peers  string `yaml:"peers,omitempty"` // none: this node only dials out
	Office string `yaml:"office"`
	Web    string `yaml:"web"`
	Ops    string `yaml:"ops"`
}

type configWeb struct {
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
}

// configEyes lets one person issue: a drill plays many offices with few people.
type configEyes struct {
	Alone string `yaml:"alone"`
}

type configLog struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// unitsOf writes who belongs to which unit as a configuration does.
func unitsOf(people map[string]string) string {
	var all []string
	for _, id := range slices.Sorted(maps.Keys(people)) {
		all = append(all, id+"="+people[id])
	}
	return strings.Join(all, "; ")
}

func (c config) save(dir string) (path string, err error) {
	data, err := yaml.Marshal(c)
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "spsd.yaml")
	return path, os.WriteFile(path, data, 0o600)
}
