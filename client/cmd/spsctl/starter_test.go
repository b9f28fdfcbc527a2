package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/spsalert/spsalert/certs/authority"
)

// commentedOut finds the lines of the configuration that are keys behind a #.
var commentedOut = regexp.MustCompile(`(?m)^#  (\w)`)

// TestStarter holds that the configuration names files that are there. That
// spsd takes it as it is, tests/scripts holds.
func TestStarter(t *testing.T) {
	for _, test := range []struct {
		name    string
		address string
		listen  any
	}{
		{"reached by others", "spsd.ppd.gov.vn:7999", "0.0.0.0:7999"},
		{"dials out only", "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			args := []string{"ca", "init", "--federation", "asean-cn", "--office", "VN", "--dir", dir}
			if test.address != "" {
				args = append(args, "--address", test.address)
			}
			must(t, "", args...)
			text, err := os.ReadFile(filepath.Join(dir, configFile))
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Identity map[string]string
				Peers    string
				Listen   map[string]any
			}
			if err := yaml.Unmarshal(text, &got); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			for key, file := range got.Identity {
				if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
					t.Errorf("%s: %v", key, err)
				}
			}
			if len(got.Identity) != 5 || got.Peers != authority.PeersFolder || got.Listen["peers"] != test.listen {
				t.Errorf("configuration %+v, want five files, the folder of peers, and it to listen to peers at %v", got, test.listen)
			}
			uncommented := commentedOut.ReplaceAllString(string(text), "  $1")
			if err := yaml.Unmarshal([]byte(uncommented), &got); err != nil {
				t.Errorf("with every line that is commented out: %v\n%s", err, uncommented)
			}
		})
	}
}
