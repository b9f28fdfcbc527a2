package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) findingFileCommand() *cobra.Command {
	var file string
	var force bool
	cmd := &cobra.Command{
		Use:   "file NAME [ID]",
		Short: "download a file of a finding, such as the report",
		Long: `File writes a file that a finding names, and compares its bytes with the digest
that stands there. The files and their ids are in: spsctl finding get. Without an
id, the finding names one file only. A laboratory takes those of its own findings.`,
		Example: `  spsctl finding file 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11
  spsctl finding file 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 a2 --file chromatogram.png`,
		Args: cobra.RangeArgs(1, 2),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			f, err := node.FindingService().GetFinding(ctx, &spsv1.GetFindingRequest{Name: findingName(args[0])})
			if err != nil {
				return err
			}
			id := ""
			if len(args) == 2 {
				id = args[1]
			}
			at, err := fileOf("the report "+printable(f.GetReportNumber()), f.GetAttachments(), id)
			if err != nil {
				return err
			}
			return a.saveAttachment(ctx, node, f.GetName()+"/attachments/"+at.GetId(), at, file, force)
		}),
	}
	f := cmd.Flags()
	f.StringVarP(&file, "file", "f", "", `file to write, "-" for standard output (default the name of the file, here)`)
	f.BoolVar(&force, "force", false, "replace the file if it is there")
	return cmd
}
