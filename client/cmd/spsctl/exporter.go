package main

import (
	"context"
	_ "embed" // for the template
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// exporterTemplate is what an officer fills in.
//
//go:embed exporter.yaml
var exporterTemplate string

func (a *app) exporterCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "exporter",
		Short: "exporters whom your office serves, and the codes that they own",
		Long: `An exporter is told of the cases in which one of its codes stands. Register it
with its codes of growing areas, packing houses and establishments, the languages
that it reads, and who speaks for it. What it is told: spsctl notice.`,
	}, a.exporterTemplateCommand(), a.exporterRegisterCommand(), a.exporterListCommand(), a.exporterGetCommand(), a.exporterUpdateCommand(),
		a.exporterDeactivateCommand(), a.exporterReactivateCommand(), a.exporterCodesCommand(), a.exporterSelfCommand(), a.exporterStatusCommand())
}

// exporterName takes the name of an exporter with or without its prefix.
func exporterName(text string) string { return "exporters/" + strings.TrimPrefix(text, "exporters/") }

func (a *app) exporterTemplateCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "template",
		Short:   "print an exporter to fill in",
		Example: "  spsctl exporter template > binh-thuan.yaml",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(a.out, exporterTemplate)
			return err
		},
	}
}

func (a *app) exporterRegisterCommand() *cobra.Command {
	format, file, only := tableFormat, "", false
	cmd := &cobra.Command{
		Use:   "register ID -f FILE",
		Short: "register an exporter under an id of yours",
		Long: `Register keeps an exporter from a YAML or JSON file. Cases that are open are
compared with its codes and names at once. Who speaks for it needs a certificate,
token or account of the role exporter with the id of the exporter, or one of the
ids under people.`,
		Example: "  spsctl exporter register binh-thuan -f binh-thuan.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			e := &spsv1.Exporter{}
			if err := a.readMessage(file, e, referTo(ctx, node)); err != nil {
				return err
			}
			made, err := node.ExporterService().CreateExporter(ctx, &spsv1.CreateExporterRequest{
				Exporter: e, ExporterId: strings.TrimPrefix(args[0], "exporters/"), ValidateOnly: only,
			})
			if err != nil {
				return err
			}
			if only {
				fmt.Fprintln(a.err, "nothing is wrong with it")
				return nil
			}
			return a.exporterFacts(made).write(format, made)
		}),
	}
	fileFlag(cmd, &file)
	cmd.Flags().BoolVar(&only, "check", false, "say what is wrong with it, and keep nothing")
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) exporterGetCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:     "get ID",
		Short:   "show an exporter",
		Example: "  spsctl exporter get binh-thuan -o yaml > binh-thuan.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			e, err := node.ExporterService().GetExporter(ctx, &spsv1.GetExporterRequest{Name: exporterName(args[0])})
			if err != nil {
				return err
			}
			return a.exporterFacts(e).write(format, e)
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) exporterSelfCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:     "self",
		Short:   "show what your office has registered of you (as exporter)",
		Example: "  spsctl exporter self",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			e, err := node.ConsignmentService().GetRegistration(ctx, &spsv1.GetRegistrationRequest{})
			if err != nil {
				return err
			}
			return a.exporterFacts(e).write(format, e)
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

// exporterFacts returns what a person looks for in an exporter.
func (a *app) exporterFacts(e *spsv1.Exporter) *facts {
	f := newFacts(a.out)
	f.add("name", e.GetName())
	f.add("called", strings.Join(texts(e.GetDisplayName()), "; "))
	f.add("state", brief.Words(e.GetState()))
	f.add("because", e.GetDeactivationReason())
	f.add("roles", wordsOf(e.GetRoles()))
	f.add("address", e.GetAddress())
	f.add("tax number", e.GetTaxId())
	f.add("registration", e.GetRegistrationNumber())
	f.add("reads", strings.Join(e.GetLanguages(), ", "))
	for _, c := range e.GetChannels() {
		f.add(brief.Words(c.GetKind()), c.GetAddress())
	}
	if e.GetTakesPartInExercises() {
		f.add("exercises", "takes part")
	}
	for _, c := range e.GetCodes() {
		f.add(brief.Words(c.GetKind()), codeWords(c))
	}
	f.add("who speaks for it", strings.Join(e.GetPeople(), ", "))
	f.add("note", e.GetNote())
	f.add("registered", instant(e.GetCreateTime()))
	f.add("changed", instant(e.GetUpdateTime()))
	return f
}

// wordsOf returns the words of values of an enum.
func wordsOf[E protoreflect.Enum](values []E) string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = brief.Words(v)
	}
	return strings.Join(all, ", ")
}

// codeWords says what is registered of a code.
func codeWords(c *spsv1.ExporterCode) string {
	text := c.GetCode()
	text += prefixed(", ", areaName(c.GetProvince()))
	if len(c.GetMarkets()) > 0 {
		text += ", for " + areaCodes(c.GetMarkets())
	}
	if len(c.GetHsCodes()) > 0 {
		text += ", HS " + strings.Join(c.GetHsCodes(), " ")
	}
	if d := c.GetUntilDate(); d != nil {
		text += fmt.Sprintf(", until %04d-%02d-%02d", d.GetYear(), d.GetMonth(), d.GetDay())
	}
	return text
}

func areaCodes(areas []*spsv1.Area) string {
	var all []string
	for _, area := range areas {
		all = append(all, areaName(area))
	}
	return strings.Join(all, " ")
}
