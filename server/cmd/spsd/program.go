package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spsalert/spsalert/server"
	"github.com/spsalert/spsalert/server/backup"
	"github.com/spsalert/spsalert/server/ledger"
)

// The exit codes, for scripts; they mean the same as those of spsctl.
const (
	exitOK       = 0
	exitError    = 1 // anything else
	exitUsage    = 2 // command line or configuration is wrong
	exitNotFound = 3 // there is no ledger, or a file is missing
	exitInvalid  = 6 // the store is damaged, or not the newest by its anchor
	exitConflict = 7 // there is a ledger already

	exitIncomplete = 9 // it was done, and something is lacking, which was named
)

// program is one run of spsd with everything that it is given from outside.
type program struct {
	args     []string
	environ  []string
	in       *os.File // nil: nobody can be asked
	out, err io.Writer
	signals  <-chan os.Signal

	file  string            // of the configuration
	flags map[string]string // settings given as flags
	own   map[string]string // flags of single commands, by their names
	rest  []string          // what came behind the name of the command
}

// command is one of the things that spsd does.
type command struct {
	name string
	args string // what may come behind the name, for help; empty: nothing
	doc  string
	own  []string // flags that only some commands have
	run  func(*program, context.Context) error
}

// commands are what spsd does.
var commands = []command{
	{"run", "", "run the node until SIGTERM or SIGINT; SIGHUP reloads certificate and cards", nil, (*program).run},

	{"store init", "", "begin the log of this office, once", nil, (*program).storeInit},
	{"store verify", "[FILE]", "check the whole store while no node has it open, or a backup", []string{"identity"}, (*program).storeVerify},
	{"store backup", "[FILE]", "back up the store while no node has it open, to backup.folder if no file is given", nil, (*program).storeBackup},
	{"store restore", "FILE", "put a backup where there is no ledger, after everything in it was checked", []string{"identity"}, (*program).storeRestore},

	{"store reindex", "", "make the casebook again from the ledger", nil, (*program).storeReindex},
	{"store open", "", "begin a new log although some peers have not answered, when the node says so", []string{"without", "reason", "yes"}, (*program).storeOpen},
	{"version", "", "print the version", nil, (*program).version},
}

// ownFlags are the flags that only some commands have.
var ownFlags = []struct{ name, value, doc string }{
	{"identity", "FILE", "what opens an encrypted backup, as age-keygen writes it"},
	{"without", "TH,CN", "the peers that have not answered, as spsctl node show names them"},
	{"reason", "TEXT", "why there is a new log, for everybody to read"},
	{"yes", "", "do not ask"},
}

// errUsage is a command line that cannot be understood.
var errUsage = errors.New("run `spsd help`")

// errIncomplete says that a command did what it was to do but for what it has
// named.
var errIncomplete = errors.New("it is good but for that: docs/runbook.md, SpsdBackupLacks")

// main runs the command that the arguments name and returns the exit code.
func (p *program) main() int {
	words, err := p.parse()
	if err == nil && (len(words) == 0 || words[0] == "help") {
		err = flag.ErrHelp
	}
	if len(words) > 0 && words[0] == "help" { // `spsd help run` is `spsd run -h`
		words = words[1:]
	}
	if errors.Is(err, flag.ErrHelp) {
		p.help(strings.Join(words, " "))
		return exitOK
	}
	if err == nil {
		err = p.dispatch(words)
	}
	if err != nil {
		fmt.Fprintf(p.err, "spsd: %s\n", strings.ReplaceAll(err.Error(), "\n", "\nspsd: "))
	}
	return exitCode(err)
}

func (p *program) dispatch(words []string) error {
	for _, c := range commands {
		name := strings.Fields(c.name)
		if len(words) < len(name) || !slices.Equal(words[:len(name)], name) {
			continue
		}
		p.rest = words[len(name):]
		if err := c.check(p); err != nil {
			return fmt.Errorf("spsd %s: %w: %w", c.name, err, errUsage)
		}
		return c.run(p, context.Background())
	}
	return fmt.Errorf("there is no command %q: %w", strings.Join(words, " "), errUsage)
}

// check refuses flags and arguments that a command does not take.
func (c command) check(p *program) error {
	for name := range p.own {
		if !slices.Contains(c.own, name) {
			return fmt.Errorf("it has no flag -%s", name)
		}
	}
	most, least := 1, 0
	if c.args == "" {
		most = 0
	} else if !strings.HasPrefix(c.args, "[") {
		least = 1
	}
	if n := len(p.rest); n > most {
		return fmt.Errorf("what is %q?", p.rest[most])
	} else if n < least {
		return errors.New("give " + c.args)
	}
	return nil
}

// parse takes flags wherever they stand and returns the other words.
func (p *program) parse() (words []string, err error) {
	p.flags, p.own = make(map[string]string), make(map[string]string)
	set := flag.NewFlagSet("spsd", flag.ContinueOnError)
	set.SetOutput(io.Discard) // main says what is wrong
	version := false
	set.BoolVar(&version, "version", false, "")
	set.StringVar(&p.file, "config", "spsd.yaml", "")
	for _, s := range server.Settings() {
		set.Func(s.Flag(), s.Doc, func(v string) error {
			p.flags[s.Flag()] = v
			return nil
		})
	}
	for _, f := range ownFlags {
		note := func(v string) error {
			p.own[f.name] = v
			return nil
		}
		if f.value == "" {
			set.BoolFunc(f.name, f.doc, note)
		} else {
			set.Func(f.name, f.doc, note)
		}
	}
	for rest := p.args; len(rest) > 0; rest = set.Args() {
		if len(rest[0]) > 1 && rest[0][0] == '-' {
			if err := set.Parse(rest); err != nil {
				return words, errors.Join(err, errUsage)
			}
			continue
		}
		words = append(words, rest[0])
		if err := set.Parse(rest[1:]); err != nil {
			return words, errors.Join(err, errUsage)
		}
	}
	if version {
		words = []string{"version"}
	}
	return words, nil
}

// help prints the usage of the commands whose names begin with the given
// words; of all if there are none.
func (p *program) help(words string) {
	if words == "" {
		fmt.Fprint(p.out, "spsd is the node of an office.\n\n")
	}
	fmt.Fprint(p.out, "Commands:\n")
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	var own []string
	for _, c := range commands {
		if c.name != words && !strings.HasPrefix(c.name, words+" ") && words != "" {
			continue
		}
		fmt.Fprintf(w, "  %s\t%s\n", strings.TrimSpace("spsd "+c.name+" "+c.args), c.doc)
		own = append(own, c.own...)
	}
	_ = w.Flush()
	if len(own) > 0 {
		fmt.Fprint(p.out, "\nFlags:\n")
	}
	for _, f := range ownFlags {
		if slices.Contains(own, f.name) {
			fmt.Fprintf(w, "  %s\t%s\n", strings.TrimSpace("-"+f.name+" "+f.value), f.doc)
		}
	}
	_ = w.Flush()
	if words == "version" {
		return
	}
	fmt.Fprint(p.out, "\nConfiguration: -config FILE (spsd.yaml if not given), and above it, for each key of the file,\n"+
		"a variable of the environment, and above that a flag:\n")
	for _, s := range server.Settings() {
		def := ""
		if s.Default != "" {
			def = " (" + s.Default + ")"
		}
		fmt.Fprintf(w, "  %s\t%s\t-%s\t%s%s\n", s.Key, s.Env(), s.Flag(), s.Doc, def)
	}
	_ = w.Flush()
}

func (p *program) config() (server.Config, error) {
	return server.LoadConfig(p.file, p.environ, p.flags)
}

func (p *program) version(context.Context) error {
	_, err := fmt.Fprintln(p.out, "spsd", version)
	return err
}

// exitCode returns the exit code for how a command ended.
func exitCode(err error) int {
	var config *server.ConfigError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errUsage), errors.As(err, &config), errors.Is(err, backup.ErrEncrypted), errors.Is(err, backup.ErrWrongIdentity):
		return exitUsage
	case errors.Is(err, server.ErrDamaged), errors.Is(err, server.ErrNotNewest), errors.Is(err, backup.ErrDamaged):
		return exitInvalid
	case errors.Is(err, errIncomplete):
		return exitIncomplete
	case errors.Is(err, ledger.ErrInitialised), errors.Is(err, server.ErrOccupied), errors.Is(err, fs.ErrExist):
		return exitConflict
	case errors.Is(err, ledger.ErrNotInitialised), errors.Is(err, fs.ErrNotExist):
		return exitNotFound
	case errors.Is(err, server.ErrIdentity), errors.Is(err, ledger.ErrKeys):
		return exitUsage
	}
	return exitError
}
