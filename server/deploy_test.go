package server_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/server"
)

// TestTheExampleConfigurationIsOne holds the example to what a node reads, and
// to the folders that its unit lets it write to.
func TestTheExampleConfigurationIsOne(t *testing.T) {
	c, err := server.LoadConfig("../deploy/spsd.yaml", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	unit, err := os.ReadFile("../deploy/systemd/spsd.service")
	if err != nil {
		t.Fatal(err)
	}
	var writable []string
	for _, name := range strings.Fields(regexp.MustCompile(`(?m)^StateDirectory=(.*)$`).FindStringSubmatch(string(unit))[1]) {
		writable = append(writable, filepath.Join("/var/lib", name))
	}
	for _, path := range []string{c.Ledger(), c.Anchor, c.Peers, filepath.Join(c.Backup.Folder, "spsd")} {
		inside := false
		for _, dir := range writable {
			inside = inside || strings.HasPrefix(path, dir+"/")
		}
		if !inside {
			t.Errorf("the node writes %s, and its unit lets it write only below %v", path, writable)
		}
	}
	if want := regexp.MustCompile(`(?m)^ExecStart=\S+/spsd run -config /etc/spsd/spsd\.yaml$`); !want.Match(unit) {
		t.Errorf("the unit does not start spsd with the example's path, want %s", want)
	}
}
