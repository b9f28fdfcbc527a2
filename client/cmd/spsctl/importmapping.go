package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// importKinds are what sheets can be of.
var importKinds = []string{"findings", "codes"}

func (a *app) importTemplateCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:       "template KIND -o FILE",
		Short:     "write a sheet to fill in, CSV or XLSX by the name of the file",
		Example:   "  spsctl import template findings -o march.xlsx",
		Args:      cobra.ExactArgs(1),
		ValidArgs: importKinds,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) (err error) {
			req := &spsv1.DownloadTemplateRequest{Name: "importKinds/" + args[0] + "/template"}
			switch ext := strings.ToLower(filepath.Ext(path)); ext {
			case ".csv":
				req.Format = spsv1.TemplateFormat_TEMPLATE_FORMAT_CSV
			case ".xlsx":
				req.Format = spsv1.TemplateFormat_TEMPLATE_FORMAT_XLSX
			default:
				return usageError{fmt.Errorf("%s: give a name that ends in .csv or .xlsx", path)}
			}
			pieces, err := node.ImportService().DownloadTemplate(ctx, req)
			if err != nil {
				return err
			}
			f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
			if err != nil {
				return err
			}
			if err := client.WriteFile(f, pieces, nil); err != nil {
				_ = f.Close()
				_ = os.Remove(path) // it is not whole
				return err
			}
			return f.Close()
		}),
	}
	cmd.Flags().StringVarP(&path, "output-file", "o", "", "the file, which must not exist")
	cobra.CheckErr(cmd.MarkFlagRequired("output-file"))
	return cmd
}

func (a *app) importMappingCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "mapping",
		Short: "say how the columns of your own sheets are read",
		Long: `A mapping is a YAML file that says which of your columns is which of ours, the
name of the sheet, the row of the header, the order of dates, the decimal mark,
and values for columns that you do not have. It is set once for a laboratory or
the office; the sheets of everybody in it are read by it from then on.`,
	}, a.importMappingSetCommand(), a.importMappingGetCommand(), a.importMappingDeleteCommand())
}

// inMapping names, in what is wrong with a mapping, the file and the line instead of
// the field of the request.
func inMapping(err error, file string) error {
	e, ok := errors.AsType[*client.Error](err)
	if !ok {
		return err
	}
	for i, f := range e.Fields {
		for _, field := range []string{"text", "header.mapping"} {
			if line, of := strings.CutPrefix(f.Field, field+":"); of {
				e.Message = strings.Replace(e.Message, f.Field+": ", file+":"+line+": ", 1)
				e.Fields[i].Field = file + ":" + line
			}
		}
	}
	return err
}

func mappingName(kind string) string { return "importKinds/" + kind + "/mapping" }

func (a *app) importMappingSetCommand() *cobra.Command {
	var file string
	var only bool
	cmd := &cobra.Command{
		Use:       "set KIND -f FILE",
		Short:     "set the mapping of your laboratory or office",
		Example:   "  spsctl import mapping set findings -f mapping.yaml --check",
		Args:      cobra.ExactArgs(1),
		ValidArgs: importKinds,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			_, err = node.ImportService().SetImportMapping(ctx, &spsv1.SetImportMappingRequest{Name: mappingName(args[0]), Text: string(text), ValidateOnly: only})
			if err != nil {
				return inMapping(err, file)
			}
			if only {
				fmt.Fprintln(a.err, "nothing is wrong with it")
			}
			return nil
		}),
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", "the mapping")
	cobra.CheckErr(cmd.MarkFlagRequired("file"))
	cmd.Flags().BoolVar(&only, "check", false, "say what is wrong with it, and set nothing")
	return cmd
}

func (a *app) importMappingGetCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "get KIND",
		Short:     "print the mapping of your laboratory or office",
		Example:   "  spsctl import mapping get findings > mapping.yaml",
		Args:      cobra.ExactArgs(1),
		ValidArgs: importKinds,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			m, err := node.ImportService().GetImportMapping(ctx, &spsv1.GetImportMappingRequest{Name: mappingName(args[0])})
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(a.out, m.GetText())
			return err
		}),
	}
}

func (a *app) importMappingDeleteCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "delete KIND",
		Short:     "take the mapping of your laboratory or office back",
		Example:   "  spsctl import mapping delete findings",
		Args:      cobra.ExactArgs(1),
		ValidArgs: importKinds,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			_, err := node.ImportService().DeleteImportMapping(ctx, &spsv1.DeleteImportMappingRequest{Name: mappingName(args[0])})
			return err
		}),
	}
}
