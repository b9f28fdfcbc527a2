package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// result is what a command line came to.
type result struct {
	code     int
	out, err string
}

// spsctl runs a command line with an empty configuration.
func spsctl(t *testing.T, config string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), append([]string{"--config", config}, args...), streams{in: strings.NewReader(""), out: &out, err: &errs})
	return result{code, out.String(), errs.String()}
}

// must runs a command line that is to succeed, and returns what it wrote.
func must(t *testing.T, config string, args ...string) string {
	t.Helper()
	r := spsctl(t, config, args...)
	if r.code != exitOK {
		t.Fatalf("spsctl %s: exit code %d, want 0\n%s", strings.Join(args, " "), r.code, r.err)
	}
	return r.out
}

func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	garbage := filepath.Join(dir, "garbage.card")
	if err := os.WriteFile(garbage, []byte("not a card"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		args []string
		code int
		says string // on standard error
	}{
		{"version", []string{"version"}, exitOK, ""},
		{"help", []string{"help", "case"}, exitOK, ""},
		{"completion", []string{"completion", "bash"}, exitOK, ""},
		{"unknown command", []string{"impor"}, exitUsage, "did you mean import"},
		{"unknown subcommand", []string{"case", "gett"}, exitUsage, "did you mean get"},
		{"unknown subcommand like no other", []string{"case", "xyzzy"}, exitUsage, "there are ack, amend, answer, ask, call, close, enter, export, follow-up, get, issue, link, list, part-done, readdress, reference, reopen, route, statistics, template, told, watch, withdraw"},
		{"unknown flag", []string{"version", "--fast"}, exitUsage, "unknown flag"},
		{"missing flag", []string{"ca", "init", "--office", "VN"}, exitUsage, "give --federation"},
		{"flags that exclude each other", []string{"case", "close", "VN-2026-000001", "--again", "--request-id", "x"}, exitUsage, "give only one of --again and --request-id"},
		{"missing argument", []string{"case", "get"}, exitUsage, "usage: spsctl case get REFERENCE | NAME"},
		{"bad value", []string{"case", "list", "-o", "xml"}, exitUsage, "table, json, jsonl, yaml, csv"},
		{"bad office", []string{"ca", "init", "--federation", "f", "--office", "Vietnam", "--dir", dir}, exitUsage, "two upper case letters"},
		{"no context", []string{"peer", "list"}, exitUsage, "spsctl context add"},
		{"no such context", []string{"--context", "vn", "peer", "list"}, exitUsage, "spsctl context add"},
		{"no such card", []string{"peer", "show", filepath.Join(dir, "none.card")}, exitNotFound, "no such file"},
		{"no card", []string{"peer", "show", garbage}, exitInvalid, "card"},
		{"a certificate for no day", []string{"ca", "issue", "--role", "officer", "--id", "lan", "--days", "0"}, exitUsage, "want whole days, 1 to 5475"},
		{"a certificate for days in the past", []string{"ca", "issue", "--role", "officer", "--id", "lan", "--days", "-1"}, exitUsage, "want whole days, 1 to 5475"},
		{"a certificate for longer than the authority", []string{"ca", "issue", "--role", "officer", "--id", "lan", "--days", "106752"}, exitUsage, "want whole days, 1 to 5475"},
		{"a web certificate for nothing", []string{"ca", "web"}, exitUsage, "give --dns or --ip"},
		{"a web certificate for a bad address", []string{"ca", "web", "--ip", "10.0.0.256"}, exitUsage, "10.0.0.256"},
		{"an office with a bad address", []string{"ca", "init", "--federation", "f", "--office", "VN", "--address", "spsd.example.vn", "--dir", filepath.Join(dir, "none")}, exitUsage, "not host:port"},
		{"an office with a bad federation", []string{"ca", "init", "--federation", "F!", "--office", "VN", "--dir", filepath.Join(dir, "none")}, exitUsage, "federation"},
		{"a context without a port", []string{"context", "add", "x", "--address", "10.0.0.10", "--card", garbage, "--certificate", "x", "--key", "x"}, exitUsage, "not host:port"},
		{"a context with a web address", []string{"context", "add", "x", "--address", "https://10.0.0.10:7444", "--card", garbage, "--certificate", "x", "--key", "x"}, exitUsage, "--address"},
		{"a context without a card", []string{"context", "add", "x", "--address", "10.0.0.10:7444", "--card", garbage, "--certificate", "x", "--key", "x"}, exitInvalid, "card"},
		{"an import of fewer than none", []string{"import", "rasff-window", "x.csv", "--limit", "-2"}, exitUsage, "want a number, 0 or more"},
		{"an import of none at a time", []string{"import", "rasff-window", "x.csv", "--in-flight", "0"}, exitUsage, "want a number, 1 or more"},
		{"a list of fewer than none", []string{"case", "list", "--limit", "-1"}, exitUsage, "want a number, 0 or more"},
		{"demo of one office", []string{"demo", "--offices", "VN"}, exitUsage, "at least two"},
		{"demo of one office twice", []string{"demo", "--offices", "EU,EU"}, exitUsage, "names EU twice"},
		{"demo of fewer than none", []string{"demo", "--limit", "-2"}, exitUsage, "want a number, 0 or more"},
		{"demo of nobody", []string{"demo", "--offices", "VN,Laos"}, exitUsage, "two upper case letters"},
		{"demo of RASFF without EU", []string{"demo", "--offices", "VN,CN", "--input", "x.csv"}, exitUsage, "EU"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := spsctl(t, config, test.args...)
			if got.code != test.code {
				t.Errorf("exit code %d, want %d\n%s", got.code, test.code, got.err)
			}
			if !strings.Contains(got.err, test.says) {
				t.Errorf("standard error %q, want %q in it", got.err, test.says)
			}
		})
	}
}

func TestInterruptedIs130(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	config := filepath.Join(t.TempDir(), "config.yaml")
	got := run(ctx, []string{"--config", config, "peer", "list"}, streams{in: strings.NewReader(""), out: &out, err: &out})
	if want := exitInterrupted; got != want {
		t.Errorf("exit code %d, want %d", got, want)
	}
}

// TestSettingUp walks through what an administrator does to join.
func TestSettingUp(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	vn, cn := filepath.Join(dir, "vn"), filepath.Join(dir, "cn")
	must(t, config, "ca", "init", "--federation", "asean-cn", "--office", "VN", "--dir", vn, "--address", "vn.test:7443", "--name", "en=Plant Protection Department")
	must(t, config, "ca", "init", "--federation", "asean-cn", "--office", "CN", "--dir", cn, "--p256")

	t.Run("an office is never replaced", func(t *testing.T) {
		if got, want := spsctl(t, config, "ca", "init", "--federation", "asean-cn", "--office", "VN", "--dir", vn).code, exitConflict; got != want {
			t.Errorf("exit code %d, want %d", got, want)
		}
	})
	t.Run("keys are their owner's alone", func(t *testing.T) {
		keys, err := filepath.Glob(filepath.Join(vn, "*.key"))
		if err != nil || len(keys) < 5 {
			t.Fatalf("keys %v, error %v, want at least 5", keys, err)
		}
		for _, key := range append(keys, filepath.Join(vn, "ca", "root.key")) {
			info, err := os.Stat(key)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := info.Mode().Perm(), os.FileMode(0o600); got != want {
				t.Errorf("%s has mode %v, want %v", key, got, want)
			}
		}
	})
	t.Run("a person", func(t *testing.T) {
		args := []string{"ca", "issue", "--dir", vn, "--role", "validator", "--id", "lan.nguyen"}
		files := strings.Fields(must(t, config, args...))
		if len(files) != 2 {
			t.Fatalf("wrote %q, want two files", files)
		}
		if got, want := spsctl(t, config, args...).code, exitConflict; got != want {
			t.Errorf("a second time: exit code %d, want %d", got, want)
		}
		if got, want := spsctl(t, config, "ca", "issue", "--dir", vn, "--role", "king", "--id", "x").code, exitUsage; got != want {
			t.Errorf("an unknown role: exit code %d, want %d", got, want)
		}
		must(t, config, "context", "add", "vn", "--address", "127.0.0.1:1", "--card", filepath.Join(vn, "VN.card"), "--certificate", files[0], "--key", files[1])
		if got, want := must(t, config, "context", "list", "-o", "csv"), "current,vn,VN,127.0.0.1:1,"+files[0]; !strings.Contains(got, want) {
			t.Errorf("contexts %q, want %q in them", got, want)
		}
		must(t, config, "context", "use", "vn")
		if got, want := spsctl(t, config, "context", "use", "cn").code, exitUsage; got != want {
			t.Errorf("a context that is not there: exit code %d, want %d", got, want)
		}
		if got, want := spsctl(t, config, "node", "show").code, exitUnreachable; got != want {
			t.Errorf("a node that is not there: exit code %d, want %d", got, want)
		}
	})
	t.Run("a context takes the card of whoever vouches for its holder", func(t *testing.T) {
		files := strings.Fields(must(t, config, "ca", "issue", "--dir", vn, "--role", "auditor", "--id", "monitoring"))
		got := spsctl(t, config, "context", "add", "wrong", "--address", "127.0.0.1:1", "--card", filepath.Join(cn, "CN.card"), "--certificate", files[0], "--key", files[1])
		if want := exitAuth; got.code != want {
			t.Errorf("with another office's card: exit code %d, want %d\n%s", got.code, want, got.err)
		}
		if got := must(t, config, "context", "list", "-o", "csv"); strings.Contains(got, "wrong") {
			t.Errorf("contexts %q, want none that cannot be used", got)
		}
	})
	t.Run("a certificate for the web listener", func(t *testing.T) {
		args := []string{"ca", "web", "--dir", vn, "--dns", "sps.example.vn", "--ip", "10.0.0.10,127.0.0.1", "--days", "90"}
		files := strings.Fields(must(t, config, args...))
		if _, err := tls.LoadX509KeyPair(files[0], files[1]); err != nil {
			t.Errorf("a web server cannot load it: %v", err)
		}
		if got, want := spsctl(t, config, args...).code, exitConflict; got != want {
			t.Errorf("a second time: exit code %d, want %d", got, want)
		}
	})
	t.Run("the node's next certificate lies beside the old one", func(t *testing.T) {
		must(t, config, "ca", "issue", "--dir", vn, "--role", "node", "--out", vn)
		if _, err := os.Stat(filepath.Join(vn, "node-next.pem")); err != nil {
			t.Error(err)
		}
	})
	t.Run("a card is accepted once its fingerprint was compared", func(t *testing.T) {
		card, peers := filepath.Join(cn, "CN.card"), filepath.Join(vn, "peers")
		fingerprint := strings.TrimSpace(must(t, config, "peer", "fingerprint", card))
		if got := must(t, config, "peer", "show", card); !strings.Contains(got, fingerprint) || !strings.Contains(got, "only dials out") {
			t.Errorf("card %q, want fingerprint %s and that it only dials out", got, fingerprint)
		}
		if got, want := spsctl(t, config, "peer", "accept", card, "--dir", peers).code, exitUsage; got != want {
			t.Errorf("with nobody to ask: exit code %d, want %d", got, want)
		}
		if got := must(t, config, "peer", "accept", card, "--dir", peers, "--yes"); !strings.Contains(got, fingerprint) {
			t.Errorf("accepted showing %q, want fingerprint %s", got, fingerprint)
		}
		must(t, config, "ca", "card", "--dir", cn, "--address", "cn.test:7443")
		must(t, config, "peer", "accept", card, "--dir", peers, "--yes")
		older := filepath.Join(dir, "older.card")
		accepted, err := os.ReadFile(filepath.Join(peers, "CN.card"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(older, accepted, 0o600); err != nil {
			t.Fatal(err)
		}
		must(t, config, "ca", "card", "--dir", cn, "--dial-only")
		must(t, config, "peer", "accept", card, "--dir", peers, "--yes")
		if got, want := spsctl(t, config, "peer", "accept", older, "--dir", peers, "--yes").code, exitConflict; got != want {
			t.Errorf("an older card: exit code %d, want %d", got, want)
		}
	})
}
