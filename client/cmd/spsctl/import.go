package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/batch"
	"github.com/spsalert/spsalert/client/rasff"
)

func (a *app) importCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "import",
		Short: "take in sheets: findings of laboratories, the code register, what another system has published",
		Long: `A laboratory uploads a sheet of findings, an officer the code register, CSV or
XLSX. The node checks it whole and tells what is wrong row by row; what is in
order is kept when the import is committed. The same sheet again changes nothing.`,
	}, a.importFindingsCommand(), a.importCodesCommand(), a.importTemplateCommand(), a.importListCommand(), a.importGetCommand(), a.importErrorsCommand(),
		a.importWatchCommand(), a.importCommitCommand(), a.importCancelCommand(), a.importDeleteCommand(), a.importMappingCommand(), a.importRASFFCommand())
}

func (a *app) importRASFFCommand() *cobra.Command {
	inFlight, limit := 32, 0
	var check bool
	cmd := &cobra.Command{
		Use:   "rasff-window FILE",
		Short: "issue the rows of a RASFF Window export (CSV)",
		Long: `Import issues a notification for each row. The offices of the areas of origin
that are in your federation are addressed; a row without one goes to everyone.

A row that cannot be taken is reported with its line and every reason, and the
rest goes on; the exit code is then 6. Importing a file again issues nothing
again: a row is known by its RASFF number and its content. Where a newer export
says something new under a number, an amendment of what was issued is issued.`,
		Args: cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"csv"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			if node.Office() != rasff.Office {
				return usageError{fmt.Errorf("%s issues what RASFF has published, this is the node of %s; choose another --context", rasff.Office, node.Office())}
			}
			offices, err := federationOf(ctx, node)
			if err != nil {
				return err
			}
			numbers, err := numbersOf(args[0])
			if err != nil {
				return err
			}
			before, err := issuedBefore(ctx, node, numbers)
			if err != nil {
				return err
			}
			rows, err := readRASFF(args[0], offices, limit, before...)
			if err != nil {
				return err
			}
			if check {
				return a.checkRows(ctx, node, rows)
			}
			return a.importRows(ctx, node, rows, inFlight)
		}),
	}
	f := cmd.Flags()
	f.Var(number{&inFlight, 1}, "in-flight", "how many rows are being issued at a time")
	f.Var(number{&limit, 0}, "limit", "at most so many rows; 0: all")
	f.BoolVar(&check, "check", false, "only check the rows, issue nothing")
	return cmd
}

// federationOf returns the offices that the node knows, its own among them.
func federationOf(ctx context.Context, node *client.Client) ([]certs.Office, error) {
	peers, err := node.Peers(ctx)
	if err != nil {
		return nil, err
	}
	all := []certs.Office{node.Office()}
	for _, p := range peers {
		all = append(all, certs.Office(p.GetOffice()))
	}
	return all, nil
}

// importRows issues the rows and reports what became of them.
func (a *app) importRows(ctx context.Context, node *client.Client, rows batch.Source, inFlight int) error {
	before, err := node.Node(ctx)
	if err != nil {
		return err
	}
	var issued, known, refused int
	bar := newBar(a.err, rows.Rows(), "importing")
	err = batch.Issue(ctx, map[certs.Office]*client.Client{node.Office(): node}, rows, inFlight, func(r batch.Result) {
		switch {
		case r.Err != nil:
			refused++
			bar.clear()
			a.reportSkipped(r)
		case issuedEarlier(r.Issued, before):
			known++
		default:
			issued++
		}
		bar.add()
	})
	bar.close()
	if ctx.Err() != nil { // of itself an interrupt is not talked about
		fmt.Fprintf(a.err, "interrupted: %d of %d rows were issued, %d of them before; some more may have been under way; import the file again to go on, nothing is issued twice\n",
			issued+known, rows.Rows(), known)
	}
	if err != nil {
		return fmt.Errorf("%w; %d of %d rows were issued, import the file again to go on where it stopped", err, issued+known, rows.Rows())
	}
	fmt.Fprintf(a.out, "%d rows: %d issued, %d say nothing that was not issued before, %d not taken\n",
		rows.Rows(), issued, rows.Rows()-issued-refused, refused)
	return notTaken(refused)
}

// checkRows has the node check each row, and reports those that it would
// refuse. Rows that refer to what is not issued yet cannot be checked.
func (a *app) checkRows(ctx context.Context, node *client.Client, rows batch.Source) error {
	refused := 0
	bar := newBar(a.err, rows.Rows(), "checking")
	defer bar.close()
	items := rows.Round()
	for _, item := range items {
		err := item.Err
		if err == nil {
			_, err = node.Check(ctx, item.Statement)
		}
		if e, ok := errors.AsType[*client.Error](err); ok && answerCode(e) != exitInvalid {
			return err
		}
		if err != nil {
			refused++
			bar.clear()
			a.reportSkipped(batch.Result{Item: item, Err: err})
		}
		bar.add()
	}
	bar.close()
	fmt.Fprintf(a.out, "%d rows: %d could be issued, %d not, %d depend on those\n", rows.Rows(), len(items)-refused, refused, rows.Rows()-len(items))
	return notTaken(refused)
}

func notTaken(n int) error {
	if n == 0 {
		return nil
	}
	return invalidError{fmt.Errorf("%d rows were not taken, correct them and import the file again", n)}
}

// reportSkipped tells people about an item that was not issued.
func (a *app) reportSkipped(r batch.Result) {
	why := ""
	if e, ok := answer(r.Err); ok && e.Reason == "ID_CONFLICT" {
		why = "\n  another import has issued this version with other content meanwhile; import the file again to amend that"
	}
	fmt.Fprintf(a.err, "%s: not taken: %s%s\n", r.Label, lines(r.Err.Error()), why)
}

// bar is a progress bar, on a terminal only.
type bar struct{ bar *progressbar.ProgressBar }

func newBar(w io.Writer, total int, what string) bar {
	if !isTerminal(w) {
		return bar{}
	}
	return bar{progressbar.NewOptions(total, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionShowIts(), progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth())}
}

// add counts one. A bar that cannot be drawn is no reason to stop.
func (b bar) add() {
	if b.bar != nil {
		_ = b.bar.Add(1)
	}
}

// set says how many there are by now, where nobody knows how many there will be.
func (b bar) set(n uint64) {
	if b.bar != nil {
		_ = b.bar.Set64(int64(n))
	}
}

// of says how many there will be, once somebody knows.
func (b bar) of(total int) {
	if b.bar != nil && total > 0 && b.bar.GetMax() != total {
		b.bar.ChangeMax(total)
	}
}

// clear takes the bar off the screen until the next add, for a line in between.
func (b bar) clear() {
	if b.bar != nil {
		_ = b.bar.Clear()
	}
}

func (b bar) close() {
	if b.bar != nil {
		_ = b.bar.Finish()
	}
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
