package scripts

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/certs"
)

// blocks are what a page tells people to type, each with the line above it.
var blocks = regexp.MustCompile("(?s)([^\n]*)\n```sh\n(.*?)```")

// TestHowTo types everything that the page about spsctl says, from top to
// bottom.
func TestHowTo(t *testing.T) {
	shell := newShell(t)
	shell.write("mango.yaml", mango)
	shell.run("spsctl case issue -f mango.yaml --yes") // the case that the page shows
	shell.write("followup.yaml", typed("").Replace(yamlOf(t, "docs/how-to/spsctl.md", "followup.yaml")))
	who, err := shell.vn.Context(certs.RoleValidator)
	if err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"VN.card": who.Card, "validator.pem": who.Certificate, "validator.key": who.Key} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		shell.write(name, string(data))
	}
	shell.write("rule.yaml", yamlOf(t, "docs/how-to/case.md", "rule.yaml"))
	shell.run("spsctl announce -f rule.yaml --yes")
	page := read(t, "docs/how-to/spsctl.md")
	for _, block := range blocks.FindAllStringSubmatch(page, -1) {
		if strings.Contains(block[1], "mango.yaml") {
			shell.write("mango.yaml", mango)
		}
		shell.runAll(block[2])
	}
	for line := range strings.Lines(shell.run("spsctl help exit-codes")) {
		var code int
		if _, err := fmt.Sscan(line, &code); err != nil {
			continue
		}
		_, meaning, _ := strings.Cut(strings.TrimSpace(line), "  ")
		if row := fmt.Sprintf("\n| %d | %s |\n", code, meaning); !strings.Contains(page, row) {
			t.Errorf("the page has no row %q", strings.TrimSpace(row))
		}
	}
}

// yamlOf returns what a file holds that a page shows.
func yamlOf(t *testing.T, page, name string) string {
	t.Helper()
	_, after, ok := strings.Cut(read(t, page), "<!-- "+name+" -->\n```yaml\n")
	text, _, _ := strings.Cut(after, "```")
	if !ok {
		t.Fatalf("%s shows no %s", page, name)
	}
	return text
}

// TestREADMESetsUpAnOffice types what the README says about a real office.
func TestREADMESetsUpAnOffice(t *testing.T) {
	shell := newShell(t)
	free := freeAddresses(t, 3)
	shell.dir = t.TempDir()
	shell.instead = typed(free[1])
	shell.env = append(shell.env, "SPSD_LISTEN_PEERS="+free[0], "SPSD_LISTEN_OFFICE="+free[1], "SPSD_LISTEN_OPS="+free[2],
		"SPSCTL_CONFIG="+filepath.Join(shell.dir, "spsctl.yaml"))
	_, section, ok := strings.Cut(read(t, "README.md"), "## Set up a real office\n")
	section, _, _ = strings.Cut(section, "\n## ")
	found := blocks.FindAllStringSubmatch(section, -1)
	if !ok || len(found) == 0 {
		t.Fatal("the README says nothing about a real office")
	}
	for _, block := range found {
		shell.runAll(block[2])
	}
	if got := shell.run("spsctl node show"); !strings.Contains(got, "issues and receives") {
		t.Errorf("the node says %q, want that it issues and receives", got)
	}
}

// freeAddresses returns addresses that nobody listens on.
func freeAddresses(t *testing.T, n int) (all []string) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // together, so that they differ
		all = append(all, l.Addr().String())
	}
	return all
}

func read(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", page))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
