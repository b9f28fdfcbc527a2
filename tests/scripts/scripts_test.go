// Package scripts drives the real programs, spsd and spsctl, by scripts: what a
// person types, and what must come of it. A script lies in testdata and is about
// one subject.
//
// Besides the commands of testscript a script has:
//
//	federation OFFICE...   runs a node for each office; $SPSCTL_CONFIG has a context for each, named by its code
//	code N COMMAND...      runs a command that must end with exit code N
//	until PATTERN COMMAND  runs a command until it succeeds and its output matches
//	stop                   stops all nodes
//	ports NAME...          puts a free address of this machine into each variable
//	identity FILE FILE     writes what opens backups, and to whom they are encrypted then
//	ahead TIME CONFIG PEERS OFFICE
//	                       runs a node whose clock is ahead by some time, until the script ends
package scripts

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
)

// programs is the folder of the programs under test.
var programs string

func TestMain(m *testing.M) { os.Exit(build(m)) }

// build builds the programs and runs the tests.
func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "sps-programs-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if programs, err = drilltest.Programs(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		Setup:               func(env *testscript.Env) error { setUp(env); return nil },
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"federation": federation, "stop": stop, "code": code, "until": until, "ports": ports, "identity": identity, "ahead": ahead,
		},
	})
}

// setUp gives a script a person of its own, with the programs in the path.
func setUp(env *testscript.Env) {
	env.Setenv("PATH", programs+string(os.PathListSeparator)+env.Getenv("PATH"))
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, ".config"))
	env.Setenv("TZ", "UTC")
	env.Values[running{}] = new(*drill.Federation)
}

// federation runs a node for each office until the script ends.
func federation(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: federation OFFICE...")
	}
	var offices []certs.Office
	for _, a := range args {
		offices = append(offices, certs.Office(a))
	}
	fed, err := drill.Start(context.Background(), drill.Options{
		Offices: offices, Dir: ts.MkAbs("federation"), Binary: filepath.Join(programs, "spsd"), Name: "asean-cn",
	})
	ts.Check(err)
	*ts.Value(running{}).(**drill.Federation) = fed
	ts.Defer(func() { stop(ts, false, nil) })
	all := &client.Contexts{Current: args[0], Contexts: map[string]client.Context{}}
	for _, n := range fed.Nodes() {
		for name, role := range map[string]certs.Role{
			"": certs.RoleValidator, "-officer": certs.RoleOfficer, "-admin": certs.RoleAdmin, "-auditor": certs.RoleAuditor, "-lab": certs.RoleLab,
		} {
			c, err := n.Context(role)
			ts.Check(err)
			all.Contexts[string(n.Office())+name] = c
		}
	}
	path := ts.MkAbs("spsctl.yaml")
	ts.Check(all.Save(path))
	ts.Setenv("SPSCTL_CONFIG", path)
}

// running is the key of the federation of a script.
type running struct{}

// stop stops all nodes, if any run.
func stop(ts *testscript.TestScript, _ bool, _ []string) {
	fed := ts.Value(running{}).(**drill.Federation)
	if *fed == nil {
		return
	}
	if err := (*fed).Close(); err != nil {
		ts.Logf("stop the federation: %v", err)
	}
	*fed = nil
}

// code runs a command and checks how it ends.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got, err := 0, ts.Exec(args[1], args[2:]...)
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		got = ended.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// patience is how long until goes on.
const patience = 30 * time.Second

// until runs a command again and again.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until PATTERN COMMAND...")
	}
	want, err := regexp.Compile(args[0])
	ts.Check(err)
	for end := time.Now().Add(patience); ; {
		err := ts.Exec(args[1], args[2:]...)
		if err == nil && want.MatchString(ts.ReadFile("stdout")) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("%q has not come: %v", args[0], err)
		}
	}
}

// ports finds addresses that nobody listens on.
func ports(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: ports NAME...")
	}
	for _, name := range args {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		defer l.Close() // together, so that they differ
		ts.Setenv(name, l.Addr().String())
		_, port, err := net.SplitHostPort(l.Addr().String())
		ts.Check(err)
		ts.Setenv(name+"_PORT", port)
	}
}

// identity makes the keys of encrypted backups, as age-keygen does.
func identity(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: identity FILE FILE")
	}
	key, err := age.GenerateX25519Identity()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(key.String()+"\n"), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte("# to the safe\n"+key.Recipient().String()+"\n"), 0o600))
}
