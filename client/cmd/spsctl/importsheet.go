package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// shownErrors is how many row errors are shown behind an import; import errors
// lists all.
const shownErrors = 20

func (a *app) importFindingsCommand() *cobra.Command {
	return a.importSheetCommand("findings", &cobra.Command{
		Use:   "findings FILE",
		Short: "upload a sheet of findings, CSV or XLSX (as laboratory)",
		Long: `Findings uploads a sheet, and waits until the node has checked it. If nothing is
wrong with it, it is committed: its findings are kept as if each had been posted.
Otherwise nothing is kept, and every error is told by row and column: mend the
sheet and upload it again, or keep what is in order with --good-rows. --preview
keeps nothing in any case.

What is here already is unchanged, so the same sheet may be uploaded again. The
columns are those of spsctl import template; other names are read by a mapping,
which is set once (spsctl import mapping set) or given with --mapping.

The exit code is 6 if a row was refused, or the sheet as a whole.`,
		Example: `  spsctl import template findings -o march.xlsx
  spsctl import findings march.xlsx --preview
  spsctl import findings march.xlsx`,
	})
}

func (a *app) importCodesCommand() *cobra.Command {
	return a.importSheetCommand("codes", &cobra.Command{
		Use:   "codes FILE",
		Short: "upload a sheet of the code register, CSV or XLSX (as officer)",
		Long: `Codes uploads a sheet of growing areas, packing houses and establishments with
who owns them, a row for each code. --preview says how many codes and owners
would be new, which codes would change or end, and what is wrong; nothing is
kept. Otherwise the sheet is committed if nothing is wrong with it, or with
--good-rows what is in order.

The rows of one owner, by its id or number, or by its name in a province, become
one exporter with its codes. What the sheet does not name stays as it is; a code
ends by a last day, or by the column ended. The same sheet again changes nothing.
The columns are those of spsctl import template; other names are read by a
mapping, which is set once (spsctl import mapping set) or given with --mapping.

The exit code is 6 if a row was refused, or the sheet as a whole.`,
		Example: `  spsctl import template codes -o register.xlsx
  spsctl import codes register.xlsx --preview
  spsctl import codes register.xlsx`,
	})
}

// importSheetCommand is a command that uploads a sheet of a kind.
func (a *app) importSheetCommand(kind string, cmd *cobra.Command) *cobra.Command {
	format, mapping := tableFormat, ""
	var preview, goodRows bool
	wait := true
	cmd.Args = cobra.ExactArgs(1)
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return []string{"csv", "xlsx"}, cobra.ShellCompDirectiveFilterFileExt
	}
	cmd.RunE = a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
		header := &spsv1.ImportHeader{Kind: kind, Commit: spsv1.ImportCommit_IMPORT_COMMIT_IF_GOOD}
		switch {
		case preview && goodRows:
			return usageError{errors.New("--preview keeps nothing: leave out --good-rows, or leave out --preview")}
		case preview:
			header.Commit = spsv1.ImportCommit_IMPORT_COMMIT_UNSPECIFIED
		case goodRows:
			header.Commit = spsv1.ImportCommit_IMPORT_COMMIT_GOOD_ROWS
		}
		m, err := a.uploadSheet(ctx, node, args[0], mapping, header)
		if err != nil {
			return err
		}
		if !wait {
			return a.showImport(format, m)
		}
		return a.awaitImport(ctx, node, format, m)
	})
	f := cmd.Flags()
	f.StringVar(&mapping, "mapping", "", "read the columns by this mapping, a YAML file, instead of the one that is set")
	f.BoolVar(&preview, "preview", false, "say what would be kept and what is wrong, and keep nothing")
	f.BoolVar(&goodRows, "good-rows", false, "keep what is in order, also if other rows are refused")
	f.BoolVar(&wait, "wait", true, "wait until the import is done; with --wait=false only its name is printed")
	outputFlagOf(cmd, &format, tableFormat, jsonFormat, yamlFormat)
	return cmd
}

// uploadSheet uploads a sheet with the mapping of a file, if one is given.
func (a *app) uploadSheet(ctx context.Context, node *client.Client, path, mapping string, header *spsv1.ImportHeader) (*spsv1.Import, error) {
	if mapping != "" {
		text, err := os.ReadFile(mapping)
		if err != nil {
			return nil, err
		}
		header.Mapping = string(text)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > 32<<20 {
		return nil, invalidError{fmt.Errorf("%s has %d bytes: a sheet may have at most 32 MiB", path, info.Size())}
	}
	header.Filename, header.SizeBytes = filepath.Base(path), uint64(info.Size())
	m, err := node.Import(ctx, header, f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, inMapping(err, mapping))
	}
	return m, nil
}

// awaitImport shows how an import gets on, until it waits for somebody or has
// ended, and then what became of it.
func (a *app) awaitImport(ctx context.Context, node *client.Client, as format, m *spsv1.Import) error {
	progress := &importBar{w: a.err}
	cursor := ""
	err := a.persist(ctx, func() (err error) {
		m, err = follow(ctx, node, m, &cursor, func(now *spsv1.Import) bool {
			progress.show(now)
			return isUnderWay(now)
		})
		return err
	})
	progress.close()
	if ctx.Err() != nil {
		fmt.Fprintln(a.err, "the node goes on: spsctl import watch "+m.GetName())
	}
	if err != nil {
		return err
	}
	if err := a.showImport(as, m); err != nil {
		return err
	}
	return a.refusedRows(ctx, node, as, m)
}

// follow shows an import whenever it changed, as long as more wants it, and
// returns it as it was last.
func follow(ctx context.Context, node *client.Client, m *spsv1.Import, cursor *string, more func(*spsv1.Import) bool) (*spsv1.Import, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := node.ImportService().WatchImport(ctx, &spsv1.WatchImportRequest{Name: m.GetName(), Cursor: *cursor})
	for err == nil {
		var event *spsv1.WatchImportResponse
		if event, err = stream.Recv(); errors.Is(err, io.EOF) {
			return m, nil
		}
		if err != nil {
			break
		}
		*cursor = event.GetCursor()
		if event.GetImport() == nil {
			continue
		}
		if m = event.GetImport(); !more(m) {
			return m, nil
		}
	}
	return m, err
}

func isUnderWay(m *spsv1.Import) bool {
	return m.GetState() == spsv1.ImportState_IMPORT_STATE_CHECKING || m.GetState() == spsv1.ImportState_IMPORT_STATE_COMMITTING
}

// importBar shows how far an import is; a bar for each phase.
type importBar struct {
	w     io.Writer
	bar   bar
	state spsv1.ImportState
}

func (b *importBar) show(m *spsv1.Import) {
	if m.GetState() != b.state {
		b.bar.close()
		b.state, b.bar = m.GetState(), bar{}
		if isUnderWay(m) {
			b.bar = newBar(b.w, int(max(m.GetCounts().GetRowsTotal(), 0))-oneIf(m.GetCounts().GetRowsTotal() == 0), brief.Words(m.GetState())+" rows")
		}
	}
	b.bar.of(int(m.GetCounts().GetRowsTotal()))
	b.bar.set(uint64(max(m.GetCounts().GetRows(), 0)))
}

func (b *importBar) close() { b.bar.close() }

// oneIf is 1 if something is so: a bar without an end has -1.
func oneIf(so bool) int {
	if so {
		return 1
	}
	return 0
}

// showImport prints an import.
func (a *app) showImport(as format, m *spsv1.Import) error {
	c, f := m.GetCounts(), newFacts(a.out)
	f.add("name", m.GetName())
	f.add("sheet", fmt.Sprintf("%s, %d bytes", m.GetFilename(), m.GetSizeBytes()))
	f.add("state", brief.Words(m.GetState()))
	for _, p := range m.GetProblems() {
		f.add("because", strings.TrimSpace(p.GetField()+" "+p.GetSentence()))
	}
	f.add("read", fmt.Sprintf("%s, %d records", rowsWords(c), c.GetRecords()))
	f.add("in order", fmt.Sprintf("%d new, %d here already", c.GetGood()-c.GetChanged(), c.GetUnchanged()))
	if m.GetKind() == "codes" {
		f.add("changes", fmt.Sprintf("%d codes, of which %d end", c.GetChanged(), c.GetEnds()))
		f.add("owners", fmt.Sprintf("%d new", c.GetNewOwners()))
	}
	f.add("refused", fmt.Sprintf("%d, with %d errors", c.GetRefused(), c.GetErrors()))
	f.add("kept", fmt.Sprint(c.GetKept()))
	for _, n := range m.GetNotes() {
		f.add("note", n.GetSentence())
	}
	f.add("uploaded", instant(m.GetCreateTime())+", by "+m.GetCreator().GetId())
	if m.GetCommitter() != nil {
		f.add("committed", instant(m.GetCommitTime())+", by "+m.GetCommitter().GetId())
	}
	f.add("kept until", instant(m.GetExpireTime()))
	return f.write(as, m)
}

// refusedRows shows the first errors of an import, and says what to do.
func (a *app) refusedRows(ctx context.Context, node *client.Client, as format, m *spsv1.Import) error {
	if m.GetCounts().GetNotes() > 0 {
		fmt.Fprintf(a.err, "%d notes on what was taken, for a person to look at: spsctl import errors --notes %s\n", m.GetCounts().GetNotes(), m.GetName())
	}
	switch {
	case m.GetState() == spsv1.ImportState_IMPORT_STATE_FAILED:
		return invalidError{errors.New("the import has ended early; mend what it says, and upload the sheet again")}
	case m.GetCounts().GetRefused() == 0 && m.GetState() == spsv1.ImportState_IMPORT_STATE_CHECKED:
		fmt.Fprintln(a.err, "nothing is wrong; keep it: spsctl import commit "+m.GetName())
		return nil
	case m.GetCounts().GetRefused() == 0:
		return nil
	}
	if as == tableFormat {
		fmt.Fprintln(a.out)
		if err := a.listRowErrors(ctx, node, as, m.GetName(), false, shownErrors); err != nil {
			return err
		}
		if more := m.GetCounts().GetErrors() - shownErrors; more > 0 {
			fmt.Fprintf(a.err, "and %d more: spsctl import errors %s\n", more, m.GetName())
		}
	}
	refused := "1 record is refused"
	if n := m.GetCounts().GetRefused(); n > 1 {
		refused = fmt.Sprintf("%d records are refused", n)
	}
	switch {
	case m.GetCounts().GetRefused() == m.GetCounts().GetRecords():
		return invalidError{fmt.Errorf("%s and nothing is in order: mend the sheet and upload it again", refused)}
	case m.GetState() == spsv1.ImportState_IMPORT_STATE_CHECKED:
		return invalidError{fmt.Errorf("%s and nothing is kept: mend the sheet and upload it again, or keep the others with spsctl import commit --good-rows %s", refused, m.GetName())}
	default:
		return invalidError{fmt.Errorf("%s, the others are kept: mend what is wrong and upload the sheet again", refused)}
	}
}
