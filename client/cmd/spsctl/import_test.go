package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/demo"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
)

// export is a RASFF Window export that this project wrote itself: four
// notifications, one of them in two versions, one row that says nothing new,
// and one that is none.
const export = `reference,category,type,subject,date,notifying_country,classification,risk_decision,distribution,forAttention,forFollowUp,operator,origin,hazards
2024.0001,fruits and vegetables,food,Cadmium in durian from Viet Nam,2024-01-02 11:36:35.000000,France,border rejection notification,serious,,,,"France,Viet Nam",Viet Nam,cadmium
2024.0002,nuts,food,Aflatoxins in peanuts from China,2024-01-02 12:00:00.000000,Italy,alert notification,serious,Germany,,Germany,"China,Italy",China,Aflatoxin B1
2024.0003,nuts,food,Mould in walnuts from Italy,2024-01-03 12:00:00.000000,Italy,information notification for attention,not serious,,,,Italy,Italy,
2024.0001,fruits and vegetables,food,Cadmium in durian from Viet Nam,2024-01-02 11:36:35.000000,France,border rejection notification,serious,,,,"France,Viet Nam",Viet Nam, cadmium
2024.0002,nuts,food,Aflatoxins in peanuts from China,2024-01-02 12:00:00.000000,Italy,alert notification,serious,"Germany,Spain",,Germany,"China,Italy",China,Aflatoxin B1
no number,nuts,food,,yesterday,Italy,alert,serious,,,,,,
`

func writeExport(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "notifications.csv")
	if err := os.WriteFile(file, []byte(export), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestImportTwiceIssuesOnce(t *testing.T) {
	fed := drilltest.Start(t, drill.Options{Offices: []certs.Office{"EU", "CN"}})
	all := &client.Contexts{Current: "EU", Contexts: map[string]client.Context{}}
	for _, n := range fed.Nodes() {
		who, err := n.Context(certs.RoleValidator)
		if err != nil {
			t.Fatal(err)
		}
		all.Contexts[string(n.Office())] = who
	}
	config := filepath.Join(t.TempDir(), "config.yaml")
	if err := all.Save(config); err != nil {
		t.Fatal(err)
	}
	file := writeExport(t)

	check := spsctl(t, config, "import", "rasff-window", file, "--check")
	if got, want := check.code, exitInvalid; got != want {
		t.Errorf("check: exit code %d, want %d\n%s", got, want, check.err)
	}
	for _, want := range []string{
		"6 rows: 4 issued, 1 say nothing that was not issued before, 1 not taken\n",
		"6 rows: 0 issued, 5 say nothing that was not issued before, 1 not taken\n",
	} {
		r := spsctl(t, config, "import", "rasff-window", file)
		if r.out != want {
			t.Errorf("wrote %q, want %q", r.out, want)
		}
		if r.code != exitInvalid {
			t.Errorf("exit code %d, want %d", r.code, exitInvalid)
		}
		if !strings.Contains(r.err, "line 7") || !strings.Contains(r.err, "reference") || !strings.Contains(r.err, "date") {
			t.Errorf("standard error %q, want line 7 with its reference and its date", r.err)
		}
	}
	newer := filepath.Join(t.TempDir(), "newer.csv")
	rows := strings.SplitAfter(export, "\n")
	if err := os.WriteFile(newer, []byte(rows[0]+strings.Replace(rows[1], "serious", "not serious", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, want := must(t, config, "import", "rasff-window", newer), "1 rows: 1 issued, 0 say"; !strings.HasPrefix(got, want) {
		t.Errorf("the newer version alone: wrote %q, want %q", got, want)
	}
	found := false
	rows = strings.Split(strings.TrimSpace(must(t, config, "case", "list", "-o", "csv")), "\n")
	for _, line := range rows[1:] {
		found = found || strings.Contains(must(t, config, "case", "get", strings.Split(line, ",")[0]), "  amendment  ") && strings.Contains(line, "cadmium")
	}
	if !found {
		t.Error("no case about cadmium has an amendment, want that of the newer version")
	}
	t.Run("interrupted", func(t *testing.T) {
		ctx, ctrlC := context.WithCancel(t.Context())
		defer ctrlC()
		said := notice{of: "line 7", then: ctrlC}
		code := run(ctx, []string{"--config", config, "import", "rasff-window", file, "--in-flight", "1"},
			streams{in: strings.NewReader(""), out: io.Discard, err: &said})
		want := regexp.MustCompile(`interrupted: \d of 6 rows were issued, .* nothing is issued twice\n$`)
		if code != exitInterrupted || !want.MatchString(said.String()) {
			t.Errorf("exit code %d and %q, want %d and %s", code, said.String(), exitInterrupted, want)
		}
	})
	if got, want := spsctl(t, config, "--context", "CN", "import", "rasff-window", file).code, exitUsage; got != want {
		t.Errorf("at the node of CN: exit code %d, want %d", got, want)
	}
	if got, want := spsctl(t, config, "import", "rasff-window", file+".none").code, exitNotFound; got != want {
		t.Errorf("no file: exit code %d, want %d", got, want)
	}
	if got, want := spsctl(t, config, "import", "rasff-window", config).code, exitInvalid; got != want {
		t.Errorf("no export: exit code %d, want %d", got, want)
	}
}

// notice keeps what is written, and does something when a text comes.
type notice struct {
	bytes.Buffer
	of   string
	then func()
}

func (n *notice) Write(p []byte) (int, error) {
	if strings.Contains(string(p), n.of) {
		n.then()
	}
	return n.Buffer.Write(p)
}

func TestDemo(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config.yaml")
	for _, test := range []struct {
		name string
		args []string
		ok   func(demo.Summary) bool
		want string
	}{
		{
			"an export",
			[]string{"--offices", "EU,CN,VN", "--input", writeExport(t)},
			func(s demo.Summary) bool {
				return s.Rows == 6 && s.Skipped == 1 && s.Issued == 4 && s.Addressed == 3 && s.Network == 1 && s.Expected == 3+2
			},
			"6 rows, 1 skipped, 4 issued, 3 to named offices",
		},
		{
			"the sample", nil,
			func(s demo.Summary) bool {
				return s.Rows >= 60 && s.Skipped == 0 && s.Issued == s.Rows && s.Addressed > 0 && s.Network > 0
			},
			"at least 60 rows, all issued, some addressed and some to everyone",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "nodes")
			args := append([]string{"demo", "--once", "-o", "json", "--spsd", drilltest.Binary(), "--dir", dir}, test.args...)
			var got demo.Summary
			ran := spsctl(t, config, args...)
			if err := json.Unmarshal([]byte(ran.out), &got); err != nil || ran.code != exitOK {
				t.Fatalf("exit code %d, error %v\n%s", ran.code, err, ran.err)
			}
			if want := "run -config " + filepath.Join(dir, "CN", "spsd.yaml"); !strings.Contains(ran.err, want) {
				t.Errorf("standard error %q, want %q in it", ran.err, want)
			}
			if !test.ok(got) {
				t.Errorf("summary %+v, want %s", got, test.want)
			}
			if !got.Complete || got.Delivered != got.Expected || got.Receipted != got.Expected || got.ReceiptP99 < got.ReceiptP50 {
				t.Errorf("summary %+v, want it complete", got)
			}
			if _, err := os.Stat(filepath.Join(dir, "CN", "spsd.log")); err != nil {
				t.Errorf("the folder that was named is not kept: %v", err)
			}
		})
	}
}

// TestDemoStaysUp waits until the demo says what to try, tries it, and presses
// Ctrl-C.
func TestDemoStaysUp(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, ctrlC := context.WithCancel(t.Context())
	defer ctrlC()
	r, w := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		args := []string{"demo", "--offices", "EU,CN,VN", "--input", writeExport(t), "--spsd", drilltest.Binary()}
		ended <- run(ctx, args, streams{in: strings.NewReader(""), out: w, err: io.Discard})
		w.Close()
	}()
	var hints [][]string
	said := bufio.NewScanner(r)
	for said.Scan() && !strings.Contains(said.Text(), "Ctrl-C") {
		if words := strings.Fields(said.Text()); len(words) > 2 && words[1] == "--config" {
			hints = append(hints, words[1:])
		}
	}
	go func() { _, _ = io.Copy(io.Discard, r) }() // what it still says
	if len(hints) != 3 {
		t.Errorf("hints %q, want 3", hints)
	}
	for _, hint := range hints {
		short, cancel := context.WithCancel(t.Context())
		var out lineCount
		out.first = cancel // a watch does not end by itself
		code := run(short, hint, streams{in: strings.NewReader(""), out: &out, err: io.Discard})
		if want := exitOK; code != want && code != exitInterrupted || out.n == 0 {
			t.Errorf("%q: exit code %d and %d writes, want %d and some", hint, code, out.n, want)
		}
		cancel()
	}
	ctrlC()
	if got, want := <-ended, exitOK; got != want {
		t.Errorf("exit code %d, want %d", got, want)
	}
	if left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "sps-drill-*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %q, error %v, want nothing", left, err)
	}
}

// lineCount counts writes, and tells of the first.
type lineCount struct {
	n     int
	first func()
}

func (c *lineCount) Write(p []byte) (int, error) {
	if c.n++; c.n == 1 {
		c.first()
	}
	return len(p), nil
}

func TestDemoForPeople(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config.yaml")
	got := must(t, config, "demo", "--once", "--offices", "EU,CN,VN", "--input", writeExport(t), "--spsd", drilltest.Binary())
	for _, want := range []string{"EU-", "border rejection", "cadmium", "VN ", " ms", "3 to named offices, 1 to everyone", "5 of 5 deliveries held"} {
		if !strings.Contains(got, want) {
			t.Errorf("wrote %q, want %q in it", got, want)
		}
	}
}
