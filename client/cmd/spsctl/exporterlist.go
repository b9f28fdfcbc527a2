package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) exporterListCommand() *cobra.Command {
	format, limit, asked := tableFormat, 0, &spsv1.ListExportersRequest{}
	cmd := &cobra.Command{
		Use:   "list [WORDS]",
		Short: "list exporters, all or those that words find",
		Long: `List finds words in names, addresses, numbers and codes, in any case and with or
without the marks of Vietnamese.`,
		Example: "  spsctl exporter list thanh long --market CN",
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			asked.Query = strings.Join(args, " ")
			list := newList(a.out, format, "name", "called", "state", "reads", "codes", "exercises")
			for e, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.Exporter, string, error) {
				asked.PageSize, asked.PageToken = size, token
				page, err := node.ExporterService().ListExporters(ctx, asked)
				return page.GetExporters(), page.GetNextPageToken(), err
			}) {
				if err != nil {
					return err
				}
				var codes []string
				for _, c := range e.GetCodes() {
					codes = append(codes, c.GetCode())
				}
				if err := list.add(e, e.GetName(), short(brief.Text(e.GetDisplayName(), a.languages()...), 40), brief.Words(e.GetState()),
					strings.Join(e.GetLanguages(), " "), short(strings.Join(codes, ", "), 60), yes(e.GetTakesPartInExercises())); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	f := cmd.Flags()
	f.StringVar(&asked.Code, "code", "", "only the owner of this code")
	f.StringVar(&asked.Province, "province", "", "only those with a site in this province, such as VN-40")
	f.StringVar(&asked.Market, "market", "", "only those with a code for this market, such as CN")
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) exporterCodesCommand() *cobra.Command {
	format, limit, asked, owner := tableFormat, 0, &spsv1.ListRegisteredCodesRequest{}, ""
	cmd := &cobra.Command{
		Use:     "codes [BEGINNING]",
		Short:   "list the code register: each code with its owner",
		Example: "  spsctl exporter codes VN-BT --market CN -o csv",
		Args:    cobra.MaximumNArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			asked.Code = strings.Join(args, "")
			if owner != "" {
				asked.Exporter = exporterName(owner)
			}
			list := newList(a.out, format, "code", "kind", "exporter", "called", "province", "markets", "hs")
			for c, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.RegisteredCode, string, error) {
				asked.PageSize, asked.PageToken = size, token
				page, err := node.ExporterService().ListRegisteredCodes(ctx, asked)
				return page.GetCodes(), page.GetNextPageToken(), err
			}) {
				if err != nil {
					return err
				}
				if err := list.add(c, c.GetCode().GetCode(), brief.Words(c.GetCode().GetKind()), c.GetExporter(), short(brief.Text(c.GetDisplayName(), a.languages()...), 40),
					areaName(c.GetCode().GetProvince()), areaCodes(c.GetCode().GetMarkets()), strings.Join(c.GetCode().GetHsCodes(), " ")); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	f := cmd.Flags()
	f.StringVar(&owner, "exporter", "", "only those of this exporter")
	f.StringVar(&asked.Province, "province", "", "only those of sites in this province, such as VN-40")
	f.StringVar(&asked.Market, "market", "", "only those registered for this market, such as CN")
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) exporterStatusCommand() *cobra.Command {
	format, asked := tableFormat, &spsv1.ListOwnCodeStatusRequest{}
	cmd := &cobra.Command{
		Use:   "status [CODE]",
		Short: "show whether your codes are good today (as exporter)",
		Long: `Status shows of each of your codes and its markets whether goods under it may go
there, by the cases of which you were told. What those do not say is unknown.`,
		Example: "  spsctl exporter status VN-BT-001 --market CN",
		Args:    cobra.MaximumNArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			asked.Code = strings.Join(args, "")
			resp, err := node.ConsignmentService().ListOwnCodeStatus(ctx, asked)
			if err != nil {
				return err
			}
			list := newList(a.out, format, "code", "kind", "market", "answer", "cases")
			for _, s := range resp.GetCodeStatuses() {
				if err := list.add(s, s.GetCode(), brief.Words(s.GetKind()), s.GetMarket(), brief.Words(s.GetAnswer()), strings.Join(s.GetReferences(), " ")); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	cmd.Flags().StringVar(&asked.Market, "market", "", "for this market (default those for which each code is registered)")
	dayFlag(cmd, &asked.Day, "on this day, such as 2026-11-20 (default now)")
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) exporterUpdateCommand() *cobra.Command {
	format, file := tableFormat, ""
	cmd := &cobra.Command{
		Use:   "update ID -f FILE",
		Short: "replace what is registered of an exporter",
		Long: `Update replaces all that is registered. Begin with what is there: exporter get ID
-o yaml. With the etag in the file, update refuses if somebody else changed the
exporter since you read it.`,
		Example: "  spsctl exporter update binh-thuan -f binh-thuan.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			e := &spsv1.Exporter{}
			if err := a.readMessage(file, e, referTo(ctx, node)); err != nil {
				return err
			}
			e.Name = exporterName(args[0])
			if e.GetEtag() == "" {
				now, err := node.ExporterService().GetExporter(ctx, &spsv1.GetExporterRequest{Name: e.GetName()})
				if err != nil {
					return err
				}
				e.Etag = now.GetEtag()
			}
			changed, err := node.ExporterService().UpdateExporter(ctx, &spsv1.UpdateExporterRequest{Exporter: e})
			if err != nil {
				return err
			}
			return a.exporterFacts(changed).write(format, changed)
		}),
	}
	fileFlag(cmd, &file)
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) exporterDeactivateCommand() *cobra.Command {
	format, reason := tableFormat, ""
	cmd := &cobra.Command{
		Use:     "deactivate ID --reason TEXT",
		Short:   "serve an exporter no more: it is told nothing, and its people see nothing",
		Example: "  spsctl exporter deactivate ham-thuan --reason 'the firm was dissolved'",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			e, err := node.ExporterService().DeactivateExporter(ctx, &spsv1.DeactivateExporterRequest{Name: exporterName(args[0]), Reason: reason})
			if err != nil {
				return err
			}
			return a.exporterFacts(e).write(format, e)
		}),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	cobra.CheckErr(cmd.MarkFlagRequired("reason"))
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) exporterReactivateCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:     "reactivate ID",
		Short:   "serve an exporter again",
		Example: "  spsctl exporter reactivate ham-thuan",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			e, err := node.ExporterService().ReactivateExporter(ctx, &spsv1.ReactivateExporterRequest{Name: exporterName(args[0])})
			if err != nil {
				return err
			}
			return a.exporterFacts(e).write(format, e)
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}
