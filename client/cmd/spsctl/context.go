package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
)

func (a *app) contextCommand() *cobra.Command {
	return group(&cobra.Command{Use: "context", Short: "the nodes that you speak to"},
		a.contextAddCommand(), a.contextListCommand(), a.contextUseCommand())
}

func (a *app) contextAddCommand() *cobra.Command {
	var c client.Context
	cmd := &cobra.Command{
		Use:   "add NAME --address HOST:PORT --card FILE --certificate FILE --key FILE",
		Short: "add a node, or change what is known of it",
		Args:  cobra.ExactArgs(1),
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
	return cmd
}

func (a *app) addContext(name string, c client.Context) error {
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
	if _, err := c.Options(); err != nil { // what cannot be used is not kept
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
	fmt.Fprintf(a.err, "context %s is kept in %s; try: spsctl node show --context %s\n", name, path, name)
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
			list := newList(a.out, format, "", "name", "office", "address", "certificate")
			for _, name := range slices.Sorted(maps.Keys(all.Contexts)) {
				c, mark := all.Contexts[name], ""
				if name == all.Current {
					mark = "current"
				}
				row := map[string]any{"name": name, "current": name == all.Current, "office": c.Office, "address": c.Address, "certificate": c.Certificate}
				if err := list.add(row, mark, name, c.Office, c.Address, c.Certificate); err != nil {
					return err
				}
			}
			return list.close()
		},
	}
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) contextUseCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "use NAME",
		Short: "make a node the current one",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			all, path, err := a.contexts()
			if err != nil {
				return err
			}
			if args[0] == "" {
				return usageError{errors.New("name a context")}
			}
			if _, err := all.Get(args[0]); err != nil {
				return err
			}
			all.Current = args[0]
			return all.Save(path)
		},
	}
}
