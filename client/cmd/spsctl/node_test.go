package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
)

func TestMain(m *testing.M) { os.Exit(drilltest.Main(m)) }

// federation runs VN and CN, and returns a file with a context for each, and
// one for VN's officer.
func federation(t *testing.T) (config string, fed *drill.Federation) {
	t.Helper()
	fed = drilltest.Start(t, drill.Options{Offices: []certs.Office{"VN", "CN"}})
	all := &client.Contexts{Current: "VN", Contexts: map[string]client.Context{}}
	for name, who := range map[string]struct {
		office certs.Office
		role   certs.Role
	}{"VN": {"VN", certs.RoleValidator}, "CN": {"CN", certs.RoleValidator}, "officer": {"VN", certs.RoleOfficer}} {
		var err error
		if all.Contexts[name], err = fed.Node(who.office).Context(who.role); err != nil {
			t.Fatal(err)
		}
	}
	config = filepath.Join(t.TempDir(), "config.yaml")
	if err := all.Save(config); err != nil {
		t.Fatal(err)
	}
	return config, fed
}

const mango = `status: STATEMENT_STATUS_ACTUAL
handling: HANDLING_ADDRESSEES_ONLY
addressees: [{office: CN, roles: [ADDRESSEE_ROLE_ORIGIN]}]
notification:
  classification: CLASSIFICATION_ALERT
  type: NOTIFICATION_TYPE_PLANT
  subject: [{lang: en, text: Fruit fly in mango}]
  risk: {decision: RISK_DECISION_SERIOUS}
  products: [{id: p1, name: [{lang: en, text: mango}]}]
  findings: [{id: f1, organism: {taxon: {scientificName: Bactrocera dorsalis}}}]
`

// TestADay walks through what a desk officer does.
func TestADay(t *testing.T) {
	config, _ := federation(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "mango.yaml")
	if err := os.WriteFile(file, []byte(mango), 0o600); err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(dir, "wrong.yaml")
	if err := os.WriteFile(wrong, []byte(strings.ReplaceAll(mango, "HANDLING_ADDRESSEES_ONLY", "HANDLING_UNSPECIFIED")), 0o600); err != nil {
		t.Fatal(err)
	}

	must(t, config, "case", "issue", "-f", file, "--check")
	if got := must(t, config, "case", "list", "-o", "jsonl"); got != "" {
		t.Errorf("after a check the cases are %q, want none", got)
	}
	id := client.NewRequestID()
	reference := strings.TrimSpace(must(t, config, "case", "issue", "-f", file, "--yes", "--request-id", id))
	if again := strings.TrimSpace(must(t, config, "case", "issue", "-f", file, "--yes", "--request-id", id)); again != reference {
		t.Errorf("issued again as %s, want %s", again, reference)
	}
	waitFor(t, config, "CN", reference)

	for _, test := range []struct {
		name string
		args []string
		code int
		says string // on standard output, or on standard error
	}{
		{"every problem of a statement", []string{"case", "issue", "-f", wrong}, exitInvalid, "statement.handling"},
		{"an officer may not issue", []string{"--context", "officer", "case", "issue", "-f", file, "--yes"}, exitAuth, "PERMISSION_DENIED"},
		{"nobody to ask", []string{"case", "issue", "-f", file}, exitUsage, "--yes"},
		{"not to be asked", []string{"case", "issue", "-f", file, "--no-input"}, exitUsage, "--yes"},
		{"what has no end as one document", []string{"case", "watch", "-o", "json"}, exitUsage, "jsonl"},
		{"a case that is not there", []string{"case", "get", "VN-1999-000001"}, exitNotFound, "NOT_FOUND"},
		{"an ID that was used", []string{"case", "issue", "-f", "-", "--yes", "--request-id", id}, exitConflict, "ID_CONFLICT"},
		{"the case", []string{"case", "get", reference}, exitOK, "Bactrocera dorsalis"},
		{"the case at the addressee", []string{"--context", "CN", "case", "get", reference, "-o", "yaml"}, exitOK, "lang: en"},
		{"the list", []string{"case", "list"}, exitOK, "mango"},
		{"the list for programs", []string{"case", "list", "-o", "csv"}, exitOK, "reference,issued,due,classification"},
		{"the case for a spreadsheet", []string{"case", "get", reference, "-o", "csv"}, exitOK, reference + ",VN,"},
		{"the node for a spreadsheet", []string{"node", "show", "-o", "csv"}, exitOK, "name,value\noffice,VN of drill\n"},
		{"the peers", []string{"peer", "list"}, exitOK, "connected since"},
		{"the node", []string{"node", "show"}, exitOK, "issues and receives"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			in := strings.NewReader(strings.ReplaceAll(mango, "mango", "durian"))
			code := run(t.Context(), append([]string{"--config", config}, test.args...), streams{in: in, out: &out, err: &errs})
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if got := out.String() + errs.String(); !strings.Contains(got, test.says) {
				t.Errorf("wrote %q, want %q in it", got, test.says)
			}
		})
	}
	t.Run("the statement with its proof", func(t *testing.T) {
		var found struct{ Original struct{ Name string } }
		if err := json.Unmarshal([]byte(must(t, config, "case", "get", reference, "-o", "json")), &found); err != nil {
			t.Fatal(err)
		}
		if got := must(t, config, "case", "get", found.Original.Name, "-o", "json"); !strings.Contains(got, `"checkpoint": "`) {
			t.Errorf("statement %s, want its seal in it", got)
		}
	})
}

// waitFor watches as a person would, until a statement is there.
func waitFor(t *testing.T, config, where, reference string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, w := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"--config", config, "--context", where, "case", "watch", "-o", "jsonl"}, streams{in: strings.NewReader(""), out: w, err: io.Discard})
		w.Close()
	}()
	lines := json.NewDecoder(r)
	for {
		var event struct {
			Cursor    string
			Statement struct{ Reference string }
		}
		if err := lines.Decode(&event); err != nil {
			t.Fatalf("%s has not come to %s: %v", reference, where, err)
		}
		if event.Cursor == "" {
			t.Error("an event has no cursor, want one")
		}
		if event.Statement.Reference == reference {
			break
		}
	}
	cancel()
	go func() { _, _ = io.Copy(io.Discard, r) }() // what it still writes
	if got, want := <-ended, exitInterrupted; got != want {
		t.Errorf("a watch that was interrupted: exit code %d, want %d", got, want)
	}
}
