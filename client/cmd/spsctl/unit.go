package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) unitCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "unit",
		Short: "the units of an office: authorities, provinces, border posts, laboratories",
		Long: `An office publishes its units on its card (spsctl ca template). What comes goes to
the units that deal with it by the rules of spsctl routing.`,
	}, a.unitListCommand(), a.unitTreeCommand())
}

// unitsOf returns the units of an office, by default the own one.
func unitsOf(ctx context.Context, node *client.Client, args []string) ([]*spsv1.Unit, error) {
	req := &spsv1.ListUnitsRequest{}
	if len(args) > 0 {
		req.Office = strings.ToUpper(args[0])
	}
	resp, err := node.UnitService().ListUnits(ctx, req)
	return resp.GetUnits(), err
}

func (a *app) unitListCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:     "list [OFFICE]",
		Short:   "list the units of your office or of another",
		Example: "  spsctl unit list\n  spsctl unit list CN -o csv",
		Args:    cobra.MaximumNArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			units, err := unitsOf(ctx, node, args)
			if err != nil {
				return err
			}
			list := newList(a.out, format, "unit", "name", "kind", "above", "fields", "contact", "hours")
			for _, u := range units {
				if err := list.add(u, u.GetId(), brief.Text(u.GetName(), a.languages()...), brief.Words(u.GetKind()), u.GetParent(), wordsOf(u.GetFields()),
					contactOf(u), unitHours(u)); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

// contactOf returns how to reach a unit first.
func contactOf(u *spsv1.Unit) string {
	if len(u.GetContacts()) == 0 {
		return ""
	}
	return contactWords(u.GetContacts()[0])
}

// unitHours returns when a unit works.
func unitHours(u *spsv1.Unit) string {
	if u.GetHours() == nil {
		return "as above it"
	}
	return hoursWords(u.GetHours())
}

func (a *app) unitTreeCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "tree [OFFICE]",
		Short:   "show which unit is above which",
		Example: "  spsctl unit tree",
		Args:    cobra.MaximumNArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			units, err := unitsOf(ctx, node, args)
			if err != nil {
				return err
			}
			depth := make(map[string]int)
			list := newList(a.out, tableFormat, "unit", "name", "kind")
			for _, u := range units { // each stands behind the one above it
				if u.GetParent() != "" {
					depth[u.GetId()] = depth[u.GetParent()] + 1
				}
				if err := list.add(u, strings.Repeat("· ", depth[u.GetId()])+u.GetId(), brief.Text(u.GetName(), a.languages()...), brief.Words(u.GetKind())); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
}
