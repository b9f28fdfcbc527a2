package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
)

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
	env      func(name string) string // a variable of the environment; nil: there are none
}

// app is what all commands share.
type app struct {
	streams
	config  string // file of contexts; empty: the default one
	context string // name of the context; empty: the current one
	lang    string // what the person reads; empty: as the environment says
	noInput bool   // never ask

	actingFor string // person whose role is lent to the caller; "" for the own
	begun     bool   // a command's body has begun; before that every error is one of usage
	waiting   bool   // it was said that the node is away
	// zone is that of the own office, once its node was dialled.
	zone *time.Location
}

// run runs one command line and returns the exit code.
func run(ctx context.Context, args []string, s streams) int {
	a := &app{streams: s}
	return a.execute(ctx, a.root(), args)
}

// execute runs one command line by the commands of a root, and returns the exit
// code.
func (a *app) execute(ctx context.Context, root *cobra.Command, args []string) int {
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && !a.begun {
		err = usageError{plainFlags(err)}
	}
	code := exitCode(ctx, err)
	if _, said := errors.AsType[codeError](err); said {
		return code
	}
	if err != nil && code != exitInterrupted {
		a.report(cmd, args, err, code)
	}
	return code
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "spsctl",
		Short: "speak to an office's node, set up its keys, try the whole system",
		Long: `spsctl speaks to the node of an SPS office, makes the office's keys and peer
card, and runs a whole federation on this machine to try it: spsctl demo.

What to type for common tasks: spsctl help examples. Exit codes for scripts:
spsctl help exit-codes.`,
		SilenceErrors: true, // run prints them
		SilenceUsage:  true,

		PersistentPreRunE: func(*cobra.Command, []string) error { return checkLanguage(a.lang) },
	}
	group(root)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	f := root.PersistentFlags()
	f.StringVar(&a.config, "config", "", "file of contexts (default spsctl/config.yaml in the configuration folder)")
	f.StringVar(&a.context, "context", "", "context to use (default the current one)")
	f.StringVar(&a.lang, "lang", "", "language of texts, names of codes and the node's errors: en, vi, zh or th (default as LC_ALL, LC_MESSAGES or LANG say)")
	f.StringVar(&a.actingFor, "acting-for", "", "person whose role is lent to you, and for whom you act")
	f.BoolVar(&a.noInput, "no-input", false, "never ask anything; where an answer is needed, refuse")
	cobra.CheckErr(root.MarkPersistentFlagFilename("config", "yaml"))
	cobra.CheckErr(root.RegisterFlagCompletionFunc("context", func(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		return a.completeContexts(cmd, nil, begun)
	}))
	root.AddCommand(a.versionCommand(), a.contextCommand(), a.caCommand(), a.caseCommand(), a.announceCommand(), a.announcementCommand(), a.gateCommand(), a.deskCommand(), a.draftCommand(), a.attachmentCommand(), a.evidenceCommand(), a.searchCommand(), a.inspectionCommand(), a.findingCommand(), a.exporterCommand(), a.noticeCommand(), a.unitCommand(), a.routingCommand(), a.dutyCommand(), a.codeCommand(),
		a.peerCommand(), a.nodeCommand(), a.doctorCommand(), a.checkCommand(), a.joinCommand(),
		a.tokenCommand(), a.lendingCommand(), a.backupCommand(), a.accountCommand(), a.auditCommand(), a.importCommand(), a.demoCommand(), a.manCommand())
	root.AddCommand(topics()...)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd("completion")
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Short = "help about a command, or one of the topics below"
			cmd.ValidArgsFunction = withTopics(cmd.ValidArgsFunction)
		case "completion":
			cmd.Short = "write what makes the tab key complete commands: bash, zsh, fish, powershell"
			plainBash(cmd)
		}
	}
	a.note(root)
	return root
}

// group makes a command one that only has subcommands.
func group(cmd *cobra.Command, subcommands ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(subcommands...)
	cmd.Args, cmd.SuggestionsMinimumDistance = cobra.ArbitraryArgs, 2
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		text := fmt.Sprintf("%q has no subcommand %q", cmd.CommandPath(), args[0])
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			text += ", did you mean " + strings.Join(near, " or ")
		} else {
			var names []string
			for _, sub := range cmd.Commands() {
				if sub.IsAvailableCommand() {
					names = append(names, sub.Name())
				}
			}
			text += "; there are " + strings.Join(names, ", ")
		}
		return usageError{errors.New(text)}
	}
	return cmd
}

// note makes every command note that its body has begun. An error before that
// is one of the command line, whichever of cobra's checks found it.
func (a *app) note(cmd *cobra.Command) {
	if body := cmd.RunE; body != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			a.begun = true
			return body(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		a.note(sub)
	}
}

// contexts reads the file of contexts, and says which it is.
func (a *app) contexts() (*client.Contexts, string, error) {
	path := first(a.config, a.variable(variableConfig))
	if path == "" {
		var err error
		if path, err = client.DefaultContextsFile(); err != nil {
			return nil, "", err
		}
	}
	all, err := client.LoadContexts(path)
	return all, path, err
}

// variable returns a variable of the environment.
func (a *app) variable(name string) string {
	if a.env == nil {
		return ""
	}
	return a.env(name)
}

// contextName returns the name of the context that was asked for; empty: the
// current one.
func (a *app) contextName() string { return first(a.context, a.variable(variableContext)) }

// dial connects to the node of the chosen context.
func (a *app) dial(ctx context.Context) (*client.Client, error) {
	all, _, err := a.contexts()
	if err != nil {
		return nil, err
	}
	chosen, err := all.Get(a.contextName())
	if err != nil {
		return nil, err
	}
	opts, err := chosen.Options()
	if err != nil {
		return nil, err
	}
	opts.Language, opts.ActingFor, a.zone = a.language(), a.actingFor, zoneOf(opts.Card)
	return client.Dial(ctx, opts)
}

// language returns what the person reads, as a header Accept-Language says it:
// what was given, else the locale of the environment, such as vi_VN.UTF-8.
// Empty: English.
func (a *app) language() string {
	if a.lang != "" {
		return a.lang
	}
	locale := first(a.variable("LC_ALL"), a.variable("LC_MESSAGES"), a.variable("LANG"))
	tag, _, _ := strings.Cut(locale, ".")
	tag, _, _ = strings.Cut(tag, "@")
	if tag == "C" || tag == "POSIX" {
		return ""
	}
	return strings.ReplaceAll(tag, "_", "-")
}

// languages returns the language of the person, if there is one, as those that
// names and texts are taken in.
func (a *app) languages() []string {
	if tag := a.language(); tag != "" {
		return []string{tag}
	}
	return nil
}

// withNode makes the body of a command that speaks to a node.
func (a *app) withNode(body func(ctx context.Context, node *client.Client, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		node, err := a.dial(cmd.Context())
		if err != nil {
			return err
		}
		return errors.Join(body(cmd.Context(), node, args), node.Close())
	}
}
