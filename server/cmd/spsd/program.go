package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spsalert/spsalert/server"
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
)

// program is one run of spsd with everything that it is given from outside.
type program struct {
	args     []string
	environ  []string
	out, err io.Writer
	signals  <-chan os.Signal

	file  string            // of the configuration
	flags map[string]string // settings given as flags
}

// commands are what spsd does.
var commands = []struct {
	name, doc string
	run       func(*program, context.Context) error
}{
	{"run", "run the node until SIGTERM or SIGINT; SIGHUP reloads certificate and cards", (*program).run},
	{"store init", "begin the log of this office, once", (*program).storeInit},
	{"store verify", "check the whole store while no node has it open", (*program).storeVerify},
	{"version", "print the version", (*program).version},
}

// errUsage is a command line that cannot be understood.
var errUsage = errors.New("run `spsd help`")

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
		err = p.dispatch(strings.Join(words, " "))
	}
	if err != nil {
		fmt.Fprintf(p.err, "spsd: %s\n", strings.ReplaceAll(err.Error(), "\n", "\nspsd: "))
	}
	return exitCode(err)
}

func (p *program) dispatch(name string) error {
	for _, c := range commands {
		if c.name == name {
			return c.run(p, context.Background())
		}
	}
	return fmt.Errorf("there is no command %q: %w", name, errUsage)
}

// parse takes flags wherever they stand and returns the other words.
func (p *program) parse() (words []string, err error) {
	p.flags = make(map[string]string)
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
	for _, c := range commands {
		if c.name != words && !strings.HasPrefix(c.name, words+" ") && words != "" {
			continue
		}
		fmt.Fprintf(w, "  spsd %s\t%s\n", c.name, c.doc)
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
	case errors.Is(err, errUsage), errors.As(err, &config):
		return exitUsage
	case errors.Is(err, server.ErrDamaged), errors.Is(err, server.ErrNotNewest):
		return exitInvalid
	case errors.Is(err, ledger.ErrInitialised):
		return exitConflict
	case errors.Is(err, ledger.ErrNotInitialised), errors.Is(err, fs.ErrNotExist):
		return exitNotFound
	case errors.Is(err, server.ErrIdentity), errors.Is(err, ledger.ErrKeys):
		return exitUsage
	}
	return exitError
}
