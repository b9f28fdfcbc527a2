package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
)

func (a *app) contextCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "context",
		Short: "the nodes that you speak to",
		Long: `A context says where a node is, whom to believe that it is it, and who you are to
it: an address, the card of your own office, your certificate and key. The file of
contexts holds the paths of these files, never a key.

Every command takes --context NAME. Without it, the variable SPSCTL_CONTEXT names
the context, and without that it is the current one: spsctl context use NAME.`,
	}, a.contextAddCommand(), a.contextListCommand(), a.contextShowCommand(), a.contextUseCommand(), a.contextRemoveCommand())
}

func (a *app) contextAddCommand() *cobra.Command {
	var c client.Context
	cmd := &cobra.Command{
		Use:   "add NAME --address HOST:PORT --card FILE --certificate FILE --key FILE",
		Short: "add a node, or change what is known of it",
		Example: `  spsctl context add vn --address 127.0.0.1:7444 --card VN.card \
    --certificate people/validator-lan.nguyen.pem --key people/validator-lan.nguyen.key`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeContexts,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.addContext(args[0], c)
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.Address, "address", "", "the node's office listener, host:port")
	f.StringVar(&c.Card, "card", "", "peer card of your own office")
	f.StringVar(&c.Certificate, "certificate", "", "your certificate")
	f.StringVar(&c.Key, "key", "", "your private key; the path is kept, never the key")
	for _, name := range []string{"address", "card", "certificate", "key"} {
		cobra.CheckErr(cmd.MarkFlagRequired(name))
	}
	completeFiles(cmd, "card", "card")
	completeFiles(cmd, "certificate", "pem")
	completeFiles(cmd, "key", "key")
	return cmd
}

func (a *app) addContext(name string, c client.Context) error {
	if err := certs.CheckAddress(c.Address); err != nil {
		return usageError{fmt.Errorf("--address: %w", err)}
	}
	all, path, err := a.contexts()
	if err != nil {
		return err
	}
	for _, p := range []*string{&c.Card, &c.Certificate, &c.Key} {
		if *p, err = filepath.Abs(*p); err != nil {
			return err
		}
	}
	card, err := readCard(c.Card)
	if err != nil {
		return err
	}
	c.Federation, c.Office = card.Federation(), string(card.Office())
	opts, err := c.Options()
	if err == nil {
		err = opts.Check()
	}
	if err != nil { // what cannot be used is not kept
		return err
	}
	if all.Contexts == nil {
		all.Contexts = map[string]client.Context{}
	}
	all.Contexts[name] = c
	if all.Current == "" {
		all.Current = name
	}
	if err := all.Save(path); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "context %s is kept in %s; try: spsctl node whoami --context %s\n", name, path, name)
	return nil
}

func (a *app) contextListCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list the nodes",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			all, _, err := a.contexts()
			if err != nil {
				return err
			}
			list := newList(a.out, format, "current", "name", "office", "address", "certificate")
			for _, name := range slices.Sorted(maps.Keys(all.Contexts)) {
				c, mark := all.Contexts[name], ""
				if name == all.Current {
					mark = "current"
				}
				if err := list.add(shownContext(all, name), mark, name, c.Office, c.Address, c.Certificate); err != nil {
					return err
				}
			}
			return list.close()
		},
	}
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) contextShowCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:               "show [NAME]",
		Short:             "show one context; without a name, the one that commands would use",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeContexts,
		RunE: func(_ *cobra.Command, args []string) error {
			all, path, err := a.contexts()
			if err != nil {
				return err
			}
			name, err := all.Name(first(append(args, a.contextName())...))
			if err != nil {
				return err
			}
			return a.printContext(format, shownContext(all, name), path)
		},
	}
	outputFlag(cmd, &format)
	return cmd
}

// contextView is a context as programs see it.
type contextView struct {
	Name        string `json:"name"`
	Current     bool   `json:"current"`
	Federation  string `json:"federation,omitempty"`
	Office      string `json:"office"`
	Address     string `json:"address"`
	Card        string `json:"card"`
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
}

func shownContext(all *client.Contexts, name string) contextView {
	c := all.Contexts[name]
	return contextView{
		Name: name, Current: name == all.Current, Federation: c.Federation, Office: c.Office,
		Address: c.Address, Card: c.Card, Certificate: c.Certificate, Key: c.Key,
	}
}

// printContext writes a context and who it makes the caller. Files that cannot
// be read are named, and are no reason not to show the rest.
func (a *app) printContext(as format, v contextView, path string) error {
	f := newFacts(a.out)
	f.add("name", v.Name)
	f.add("office", v.Office)
	f.add("federation", v.Federation)
	f.add("address", v.Address)
	f.add("card", v.Card)
	f.add("certificate", v.Certificate)
	f.add("key", v.Key)
	f.add("kept in", path)
	c := client.Context{Address: v.Address, Federation: v.Federation, Office: v.Office, Card: v.Card, Certificate: v.Certificate, Key: v.Key}
	if opts, err := c.Options(); err != nil {
		f.add("not usable", err.Error())
	} else {
		f.add("you are", opts.Credentials.Identity().URI())
		f.add("until", opts.Credentials.NotAfter().Local().Format("2006-01-02 15:04:05 MST"))
	}
	return f.write(as, v)
}

func (a *app) contextUseCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "use NAME",
		Short:             "make a node the current one",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeContexts,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.changeContexts(args[0], func(all *client.Contexts) { all.Current = args[0] })
		},
	}
}

func (a *app) contextRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "remove NAME",
		Short:             "forget a node; its files stay where they are",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeContexts,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.changeContexts(args[0], func(all *client.Contexts) {
				delete(all.Contexts, args[0])
				if all.Current == args[0] {
					all.Current = ""
				}
			})
		},
	}
}

// changeContexts changes the file of contexts, if it has the one named.
func (a *app) changeContexts(name string, change func(*client.Contexts)) error {
	all, path, err := a.contexts()
	if err != nil {
		return err
	}
	if name == "" {
		return usageError{errors.New("name a context")}
	}
	if _, err := all.Get(name); err != nil {
		return err
	}
	change(all)
	return all.Save(path)
}
