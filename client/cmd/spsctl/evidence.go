package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs/seal/evidence"
	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) evidenceCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "evidence",
		Short: "prove to others, off line, what was stated and who had received it",
	}, a.evidenceExportCommand(), a.evidenceVerifyCommand())
}

func (a *app) evidenceExportCommand() *cobra.Command {
	req := new(spsv1.GetEvidenceRequest)
	var file string
	var force bool
	cmd := &cobra.Command{
		Use:   "export REFERENCE | NAME",
		Short: "write the evidence of a statement into a file",
		Long: `Export writes one file that proves, without this node and without any network,
what an office stated, when it says that it did, and which offices are shown to
have received it; with what was said in the case since. The file is a text: open
it to see what it is, and do not change it. Whoever has it can also read the
statement itself: hand it to nobody who may not.

Receipts go to the office that issued the statement, so its file proves more than
one that a receiver exports: that one has the receiver's own receipt only. The
export is noted in the audit log.`,
		Example: `  spsctl evidence export VN-2026-000123
  spsctl evidence export VN-2026-000123 --file court.evidence --without-case
  spsctl evidence export offices/VN/statements/1-42`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeReferences,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			name, reference := args[0], ""
			if !strings.HasPrefix(name, "offices/") {
				reference = strings.ToUpper(name)
				if !references.MatchString(reference) {
					return usageError{fmt.Errorf("%q is no reference such as VN-2026-000123, and no name such as offices/VN/statements/1-42", name)}
				}
				s, err := statementOf(ctx, node, reference)
				if e, ok := answer(err); ok && e.Code == codes.PermissionDenied {
					// It is GetCase that was refused, which nobody asked for.
					refused := *e
					_, who, _ := strings.Cut(e.Message, "; ")
					refused.Message = "evidence is for officers, validators and auditors" + prefixed("; ", who)
					return &refused
				}
				if err != nil {
					return err
				}
				name = s.GetName()
			}
			content, err := node.Evidence(ctx, name, req)
			if err != nil {
				return err
			}
			return a.saveEvidence(content, file, force)
		}),
	}
	f := cmd.Flags()
	f.StringVarP(&file, "file", "f", "", `file to write, "-" for standard output (default REFERENCE.evidence here)`)
	f.BoolVar(&force, "force", false, "replace the file if it is there")
	f.BoolVar(&req.WithoutCards, "without-cards", false, "leave the cards out: whoever checks it must have accepted cards of all who signed")
	f.BoolVar(&req.WithoutCase, "without-case", false, "leave out what else was said in the case")
	return cmd
}

// saveEvidence verifies a bundle, so that nobody hands on a file that proves
// nothing, and writes it.
func (a *app) saveEvidence(content []byte, file string, force bool) error {
	bundle, err := evidence.Parse(content)
	if err != nil {
		return fmt.Errorf("the node sent a bundle that proves nothing: %w", err)
	}
	proof, err := bundle.Verify(nil)
	if err != nil && !errors.Is(err, evidence.ErrCard) { // without cards it is the reader who can
		return fmt.Errorf("the node sent a bundle that proves nothing: %w", err)
	}
	if file == "-" {
		_, err := a.out.Write(content)
		return err
	}
	if file == "" && proof != nil {
		file = evidence.FileName(proof.Statement.Leaf.GetReference())
	}
	if file == "" {
		return usageError{errors.New("name the file with --file")}
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	out, err := os.OpenFile(file, flags, 0o600)
	if err != nil {
		return err
	}
	_, err = out.Write(content)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "wrote %s (%d bytes); check it with: spsctl evidence verify %s\n", file, len(content), file)
	return nil
}
