package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) findingOrderCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "order",
		Short: "tests that the office orders from laboratories, under a sample number",
		Long: `An order tells a laboratory what to look for in a sample. The laboratory sees
its own orders, and not whose goods they are; its finding on the sample number
answers the order.`,
	}, a.findingOrderCreateCommand(), a.findingOrderListCommand(), a.findingOrderGetCommand(), a.findingOrderCancelCommand())
}

// orderName takes the name of an order with or without its prefix.
func orderName(text string) string { return "testOrders/" + strings.TrimPrefix(text, "testOrders/") }

func (a *app) findingOrderCreateCommand() *cobra.Command {
	format, o, product, text, lang, due := tableFormat, &spsv1.TestOrder{}, "", "", "en", ""
	var wanted []string
	cmd := &cobra.Command{
		Use:   "create --laboratory ID --sample NUMBER --analyte NAME",
		Short: "order a test (as officer)",
		Long: `Create orders a test of a sample. The same order again orders nothing: it shows
the one that is there, and says so if that was reported on.`,
		Example: "  spsctl finding order create --laboratory hanoi-lab --sample S-9001 --analyte carbendazim --product durian",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			for _, name := range wanted {
				o.Analytes = append(o.Analytes, &spsv1.Concept{AsWritten: name})
			}
			if product != "" {
				o.Product = &spsv1.Product{Name: []*spsv1.LocalizedText{{Lang: lang, Text: product}}}
			}
			if text != "" {
				o.Text = []*spsv1.LocalizedText{{Lang: lang, Text: text}}
			}
			if due != "" {
				day, err := time.Parse(time.DateOnly, due)
				if err != nil {
					return usageError{fmt.Errorf("%q is not a day such as 2026-03-31", due)}
				}
				o.DueDate = &spsv1.Date{Year: uint32(day.Year()), Month: uint32(day.Month()), Day: uint32(day.Day())}
			}
			made, err := node.FindingService().OrderTest(ctx, &spsv1.OrderTestRequest{Order: o})
			if err != nil {
				return err
			}
			for _, look := range made.GetAdvice() {
				fmt.Fprintln(a.err, look.GetSentence())
			}
			return a.orderFacts(made).write(format, made)
		}),
	}
	f := cmd.Flags()
	f.StringVar(&o.Laboratory, "laboratory", "", "id of the laboratory")
	f.StringVar(&o.SampleNumber, "sample", "", "number of the sample, as written on it")
	f.StringArrayVar(&wanted, "analyte", nil, "what to look for; may be repeated")
	f.StringVar(&product, "product", "", "what the sample was taken from")
	f.StringVar(&due, "due", "", "by which day, such as 2026-03-31")
	f.StringVar(&text, "text", "", "anything more, for the laboratory")
	f.StringVar(&lang, "lang", lang, "language of --product and --text")
	f.StringVar(&o.Case, "case", "", "reference of the case, which the laboratory is not shown")
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) findingOrderListCommand() *cobra.Command {
	format, limit, open := tableFormat, 0, false
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "list orders, the last first: as laboratory your own",
		Example: "  spsctl finding order list --open",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			list := newList(a.out, format, "name", "sample", "laboratory", "state", "product", "ordered")
			for o, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.TestOrder, string, error) {
				page, err := node.FindingService().ListTestOrders(ctx, &spsv1.ListTestOrdersRequest{PageSize: size, PageToken: token, Open: open})
				return page.GetOrders(), page.GetNextPageToken(), err
			}) {
				if err != nil {
					return err
				}
				if err := list.add(o, o.GetName(), o.GetSampleNumber(), o.GetLaboratory(), brief.Words(o.GetState()),
					brief.Text(o.GetProduct().GetName(), a.languages()...), when(o.GetOrderTime())); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	cmd.Flags().BoolVar(&open, "open", false, "only those that are neither reported on nor cancelled")
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) findingOrderGetCommand() *cobra.Command {
	return a.orderAct("get NAME", "show an order", func(ctx context.Context, s spsv1.FindingServiceClient, name string) (*spsv1.TestOrder, error) {
		return s.GetTestOrder(ctx, &spsv1.GetTestOrderRequest{Name: name})
	})
}

func (a *app) findingOrderCancelCommand() *cobra.Command {
	return a.orderAct("cancel NAME", "take an order back (as officer)", func(ctx context.Context, s spsv1.FindingServiceClient, name string) (*spsv1.TestOrder, error) {
		return s.CancelTestOrder(ctx, &spsv1.CancelTestOrderRequest{Name: name})
	})
}

// orderAct is a command on one order.
func (a *app) orderAct(use, what string, act func(context.Context, spsv1.FindingServiceClient, string) (*spsv1.TestOrder, error)) *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use: use, Short: what, Args: cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			o, err := act(ctx, node.FindingService(), orderName(args[0]))
			if err != nil {
				return err
			}
			return a.orderFacts(o).write(format, o)
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

// orderFacts returns what a person looks for in an order.
func (a *app) orderFacts(o *spsv1.TestOrder) *facts {
	f := newFacts(a.out)
	f.add("name", o.GetName())
	f.add("sample", o.GetSampleNumber())
	f.add("laboratory", o.GetLaboratory())
	f.add("state", brief.Words(o.GetState()))
	f.add("product", brief.Text(o.GetProduct().GetName(), a.languages()...))
	var wanted []string
	for _, c := range o.GetAnalytes() {
		wanted = append(wanted, conceptName(c))
	}
	f.add("look for", strings.Join(wanted, ", "))
	if d := o.GetDueDate(); d != nil {
		f.add("due", fmt.Sprintf("%04d-%02d-%02d", d.GetYear(), d.GetMonth(), d.GetDay()))
	}
	f.add("text", brief.Text(o.GetText(), a.languages()...))
	f.add("case", o.GetCase())
	f.add("ordered", instant(o.GetOrderTime()))
	if more := int(o.GetFindingCount()) - len(o.GetFindings()); more > 0 {
		f.add("findings before", strconv.Itoa(more))
	}
	f.add("findings", strings.Join(o.GetFindings(), ", "))
	return f
}
