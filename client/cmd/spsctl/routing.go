package main

import (
	"context"
	_ "embed" // for the template
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// routingTemplate is what an office fills in.
//
//go:embed routing.yaml
var routingTemplate string

func (a *app) routingCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "routing",
		Short: "the rules by which what comes goes to units",
		Long: `Routing rules say which units deal with what: by classification, goods, gate, code,
province, hazard. What is routed stays where it is when rules change; a person
routes it anew (spsctl case route, spsctl finding route).`,
	}, a.templateCommand("print routing rules to fill in", "  spsctl routing template > routing.yaml", &routingTemplate),
		a.routingGetCommand(), a.routingSetCommand(), a.routingTryCommand(), a.routingHistoryCommand())
}

// templateCommand prints a file to fill in.
func (a *app) templateCommand(what, example string, text *string) *cobra.Command {
	return &cobra.Command{
		Use: "template", Short: what, Example: example, Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(a.out, *text)
			return err
		},
	}
}

func (a *app) routingGetCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:     "get",
		Short:   "show the routing rules; with -o yaml as a file to change and set",
		Example: "  spsctl routing get -o yaml > routing.yaml",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			rules, err := node.UnitService().GetRouting(ctx, &spsv1.GetRoutingRequest{})
			if err != nil {
				return err
			}
			return a.printRouting(format, rules)
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

// printRouting writes rules, each as what it asks for and where it sends that.
func (a *app) printRouting(as format, rules *spsv1.Routing) error {
	if as != tableFormat {
		return write(a.out, as, rules)
	}
	list := newList(a.out, as, "rule", "if", "to", "due")
	for _, r := range rules.GetRules() {
		if err := list.add(r, r.GetName(), conditions(r), strings.Join(r.GetUnits(), ", "), allowance(r.GetDue())); err != nil {
			return err
		}
	}
	otherwise := first(strings.Join(rules.GetOtherwise(), ", "), "the focal point; findings: the unit above the laboratory")
	if err := list.add(nil, "(otherwise)", "", otherwise, allowance(rules.GetOtherwiseDue())); err != nil {
		return err
	}
	if err := list.close(); err != nil {
		return err
	}
	if rules.GetFirstOnly() {
		fmt.Fprintln(a.err, "only the first rule that matches counts")
	}
	return nil
}

// conditions returns what a rule asks for, in words.
func conditions(r *spsv1.RoutingRule) string {
	var all []string
	add := func(name string, values []string) {
		if len(values) > 0 {
			all = append(all, name+" "+strings.Join(values, " or "))
		}
	}
	var classifications, types, fields []string
	for _, v := range r.GetClassifications() {
		classifications = append(classifications, brief.Words(v))
	}
	for _, v := range r.GetTypes() {
		types = append(types, brief.Words(v))
	}
	for _, v := range r.GetFields() {
		fields = append(fields, brief.Words(v))
	}
	add("classification", classifications)
	add("type", types)
	add("field", fields)
	add("HS", r.GetHs())
	add("place", r.GetPlaces())
	add("code", r.GetSiteCodes())
	add("area", r.GetAreas())
	add("hazard", r.GetHazards())
	add("laboratory", r.GetLaboratories())
	return strings.Join(all, "; ")
}

// allowance returns an allowance in words.
func allowance(d *spsv1.Allowance) string {
	if d == nil {
		return ""
	}
	return fmt.Sprintf("%d %s", d.GetAmount(), brief.Words(d.GetUnit()))
}

func (a *app) routingSetCommand() *cobra.Command {
	file, only := "", false
	cmd := &cobra.Command{
		Use:   "set -f FILE",
		Short: "replace the routing rules (as validator of the focal point, or administrator)",
		Long: `Set replaces the routing rules by those of a YAML or JSON file. Everything that is
wrong with them is told at once, and nothing is changed then. If the file has the
etag with which the rules were read, a change that somebody made meanwhile is not
lost: then set refuses.`,
		Example: "  spsctl routing set -f routing.yaml --check\n  spsctl routing set -f routing.yaml",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			rules := &spsv1.Routing{}
			if err := a.readMessage(file, rules, nil); err != nil {
				return err
			}
			if rules.GetEtag() == "" {
				before, err := node.UnitService().GetRouting(ctx, &spsv1.GetRoutingRequest{})
				if err != nil {
					return err
				}
				rules.Etag = before.GetEtag()
			}
			kept, err := node.UnitService().UpdateRouting(ctx, &spsv1.UpdateRoutingRequest{Routing: rules, ValidateOnly: only})
			if err != nil {
				return err
			}
			if only {
				fmt.Fprintln(a.err, "nothing is wrong with them; where the last findings would go: spsctl routing try -f "+file)
				return nil
			}
			fmt.Fprintf(a.err, "set, as version %s, with %d rules\n", kept.GetEtag(), len(kept.GetRules()))
			return nil
		}),
	}
	fileFlag(cmd, &file)
	cmd.Flags().BoolVar(&only, "check", false, "say what is wrong with them, and change nothing")
	return cmd
}

// fileFlag adds the flag of a file that must be given.
func fileFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "file", "f", "", `the file, "-" for standard input`)
	cobra.CheckErr(cmd.MarkFlagRequired("file"))
}

func (a *app) routingTryCommand() *cobra.Command {
	format, file, last := tableFormat, "", 20
	cmd := &cobra.Command{
		Use:   "try [NAME...]",
		Short: "show where rules would send findings, and change nothing",
		Long: `Try says where the rules in force, or those of a file, would send the last
findings, or those that are named, and with whom they are now.`,
		Example: "  spsctl routing try -f routing.yaml --last 50",
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			req := &spsv1.TryRoutingRequest{Last: int32(last)} //nolint:gosec // G115: the node refuses more than 100
			for _, name := range args {
				req.Names = append(req.Names, findingName(name))
			}
			if file != "" {
				req.Routing = &spsv1.Routing{}
				if err := a.readMessage(file, req.Routing, nil); err != nil {
					return err
				}
			}
			resp, err := node.UnitService().TryRouting(ctx, req)
			if err != nil {
				return err
			}
			list := newList(a.out, format, "name", "about", "would go to", "is with")
			for _, t := range resp.GetTried() {
				if err := list.add(t, t.GetName(), t.GetSubject(), routesWords(t.GetRoutes()), strings.Join(t.GetNow(), ", ")); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", "the rules to be tried (default those in force)")
	cmd.Flags().IntVar(&last, "last", last, "how many of the last, if none is named")
	outputFlag(cmd, &format)
	return cmd
}

// routeReasons says in words why something goes to a unit without a rule.
var routeReasons = map[string]string{
	"OTHERWISE": "no rule matches", "LABORATORY": "above the laboratory", "ORDER": "it ordered the test", "SUPERSEDED": "it had the report before",
}

// routesWords returns where something goes, with what sends it there.
func routesWords(routes []*spsv1.Route) string {
	var all []string
	for _, r := range routes {
		if r.GetEndTime() == nil {
			all = append(all, r.GetUnit()+" ("+first(r.GetRule(), first(routeReasons[r.GetReason()], r.GetReason()))+")")
		}
	}
	return first(strings.Join(all, ", "), "the focal point")
}

func (a *app) routingHistoryCommand() *cobra.Command {
	format, limit := tableFormat, 0
	cmd := &cobra.Command{
		Use:     "history",
		Short:   "show who changed the routing rules, when and why, the last change first",
		Example: "  spsctl routing history\n  spsctl routing history -o yaml --limit 1",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			list := newList(a.out, format, "version", "changed", "by", "rules", "because")
			for r, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.Routing, string, error) {
				page, err := node.UnitService().ListRoutingHistory(ctx, &spsv1.ListRoutingHistoryRequest{PageSize: size, PageToken: token})
				return page.GetRoutings(), page.GetNextPageToken(), err
			}) {
				if err != nil {
					return err
				}
				if err := list.add(r, r.GetEtag(), when(r.GetChangeTime()), r.GetChangedBy().GetId(), len(r.GetRules()), r.GetNote()); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}
