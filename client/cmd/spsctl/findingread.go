package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) findingListCommand() *cobra.Command {
	format, limit, asked := tableFormat, 0, &spsv1.ListFindingsRequest{}
	var states []string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "list findings, the one posted last first: as laboratory your own",
		Example: "  spsctl finding list --proposed",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			for _, text := range states {
				name, ok := enumValue(spsv1.FindingState(0).Descriptor(), text)
				if !ok {
					return usageError{fmt.Errorf("state %q is none of %s", text, strings.Join(shortNames(spsv1.FindingState(0).Descriptor()), ", "))}
				}
				asked.States = append(asked.States, spsv1.FindingState(spsv1.FindingState_value[name]))
			}
			list := newList(a.out, format, "name", "report", "laboratory", "sample", "state", "product", "found", "proposed", "is with", "became", "posted")
			for f, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.LabFinding, string, error) {
				page, err := node.FindingService().ListFindings(ctx, &spsv1.ListFindingsRequest{
					PageSize: size, PageToken: token, Laboratory: asked.GetLaboratory(), ReportNumber: asked.GetReportNumber(),
					SampleNumber: asked.GetSampleNumber(), States: asked.GetStates(), Proposed: asked.GetProposed(), Waiting: asked.GetWaiting(),
					Unit: asked.GetUnit(), Told: asked.GetTold(),
				})
				return page.GetFindings(), page.GetNextPageToken(), err
			}) {
				if err != nil {
					return err
				}
				if err := list.add(f, f.GetName(), f.GetReportNumber(), f.GetLaboratory().GetId(), f.GetSample().GetNumber(), brief.Words(f.GetState()),
					brief.Text(f.GetProduct().GetName(), a.languages()...), short(analytes(f), 60), brief.Words(f.GetProposal().GetClassification()),
					isWith(f), became(f), when(f.GetPostTime())); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	f := cmd.Flags()
	f.StringVar(&asked.Laboratory, "laboratory", "", "only those of this laboratory")
	f.StringVar(&asked.ReportNumber, "report", "", "only that of this report number")
	f.StringVar(&asked.SampleNumber, "sample", "", "only those of this sample")
	f.StringSliceVar(&states, "state", nil, "only those in these states: "+strings.Join(shortNames(spsv1.FindingState(0).Descriptor()), ", "))
	f.BoolVar(&asked.Proposed, "proposed", false, "only those that propose a notification")
	f.BoolVar(&asked.Waiting, "waiting", false, "only those that wait: an alert or a serious risk is proposed, no draft was begun, and they were not set aside")
	f.StringVar(&asked.Unit, "unit", "", "only those that go to this unit or one below it")
	f.BoolVar(&asked.Told, "told", false, "only those of which you were told as being on duty")
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}

// isWith says which units deal with a finding; "" if none does but the focal
// point, and for a laboratory, which is not told.
func isWith(f *spsv1.LabFinding) string {
	if len(f.GetRoutes()) == 0 {
		return ""
	}
	return routesWords(f.GetRoutes())
}

// became says what became of a finding.
func became(f *spsv1.LabFinding) string {
	var all []string
	for _, use := range f.GetUses() {
		all = append(all, first(use.GetReference(), "draft, "+brief.Words(use.GetDraftState())))
	}
	if f.GetSetAside() != nil {
		all = append(all, "set aside")
	}
	return strings.Join(all, ", ")
}

func (a *app) findingGetCommand() *cobra.Command {
	format, asked := tableFormat, &spsv1.ListFindingsRequest{}
	cmd := &cobra.Command{
		Use:   "get NAME | --report NUMBER",
		Short: "show a finding, and what became of it",
		Long: `Get shows a finding by its name, or by the number of its report: of those under one
number the one posted last. Where several laboratories have the number, --laboratory
says whose.`,
		Example: `  spsctl finding get 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 -o yaml
  spsctl finding get --report L-2026-0042`,
		Args: cobra.MaximumNArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			if (len(args) == 1) == (asked.GetReportNumber() != "") {
				return usageError{errors.New("give the name of a finding, or --report and the number of the report")}
			}
			if len(args) == 0 {
				name, err := lastUnder(ctx, node.FindingService(), asked)
				if err != nil {
					return err
				}
				args = []string{name}
			}
			f, err := node.FindingService().GetFinding(ctx, &spsv1.GetFindingRequest{Name: findingName(args[0])})
			if err != nil {
				return err
			}
			if err := a.findingFacts(f).write(format, f); err != nil || format != tableFormat {
				return err
			}
			return a.printResults(f)
		}),
	}
	cmd.Flags().StringVar(&asked.ReportNumber, "report", "", "number of the report, in place of the name")
	cmd.Flags().StringVar(&asked.Laboratory, "laboratory", "", "of this laboratory, with --report")
	outputFlag(cmd, &format)
	return cmd
}

// lastUnder returns the name of the last finding under a report number.
func lastUnder(ctx context.Context, s spsv1.FindingServiceClient, asked *spsv1.ListFindingsRequest) (string, error) {
	page, err := s.ListFindings(ctx, asked)
	if err != nil {
		return "", err
	}
	var laboratories []string
	for _, f := range page.GetFindings() {
		if id := f.GetLaboratory().GetId(); !slices.Contains(laboratories, id) {
			laboratories = append(laboratories, id)
		}
	}
	switch len(laboratories) {
	case 0:
		return "", missingError{fmt.Errorf("there is no report of the number %s here, or it is not shown to you", asked.GetReportNumber())}
	case 1:
		return page.GetFindings()[0].GetName(), nil
	}
	return "", usageError{fmt.Errorf("several laboratories have a report of this number: say --laboratory %s", strings.Join(laboratories, ", or "))}
}

// findingFacts returns what a person looks for in a finding.
func (a *app) findingFacts(found *spsv1.LabFinding) *facts {
	f := newFacts(a.out)
	f.add("name", found.GetName())
	f.add("report", found.GetReportNumber()+", "+brief.Words(found.GetStage()))
	f.add("state", brief.Words(found.GetState()))
	f.add("because", brief.Text(found.GetWithdrawalReason(), a.languages()...))
	f.add("superseded by", found.GetSupersededBy())
	f.add("supersedes", strings.Join(found.GetSupersedes(), ", "))
	f.add("laboratory", first(found.GetLaboratory().GetName(), found.GetLaboratory().GetId()))
	f.add("posted", instant(found.GetPostTime())+", by "+found.GetPostedBy().GetId())
	f.add("product", brief.Text(found.GetProduct().GetName(), a.languages()...))
	f.add("sample", found.GetSample().GetNumber())
	f.add("found", analytes(found))
	for _, at := range found.GetAttachments() {
		f.add("file "+at.GetId(), fmt.Sprintf("%s, %s, %s", at.GetFilename(), at.GetMediaType(), bytesWords(at.GetSizeBytes())))
	}
	if p := found.GetProposal(); p != nil {
		f.add("proposed", brief.Words(p.GetClassification())+", "+brief.Words(p.GetRisk()))
		for _, reason := range p.GetReasons() {
			f.add("since", reason.GetSentence())
		}
	}
	routeFacts(f, found.GetRoutes(), found.GetNotices())
	for _, use := range found.GetUses() {
		f.add("draft", use.GetDraft()+", "+brief.Words(use.GetDraftState()))
		f.add("issued as", use.GetReference())
		f.add("case is", brief.Words(use.GetCaseStatus()))
		f.add("outcome", brief.Words(use.GetCaseOutcome()))
	}
	if aside := found.GetSetAside(); aside != nil {
		f.add("set aside", instant(aside.GetSetAsideTime())+prefixed(", by ", aside.GetSetAsideBy().GetId()))
		f.add("because", brief.Text(aside.GetReason(), a.languages()...))
	}
	return f
}

func (a *app) findingWatchCommand() *cobra.Command {
	format, cursor := tableFormat, ""
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "show findings as they are posted or change, and before that those that are there",
		Long: `Watch shows each finding that you may see whenever it was posted or changed since
the cursor, and then what comes, until Ctrl-C. With -o jsonl each line carries a
cursor; a later watch that is given it misses nothing. When the node is away,
watch waits for it.`,
		Example: "  spsctl finding watch -o jsonl",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			return showEvents(ctx, a, format, &cursor, func() (grpc.ServerStreamingClient[spsv1.WatchFindingsResponse], error) {
				return node.FindingService().WatchFindings(ctx, &spsv1.WatchFindingsRequest{Cursor: cursor})
			}, func(e *spsv1.WatchFindingsResponse) []string {
				f := e.GetFinding()
				if f == nil {
					return nil
				}
				return []string{fmt.Sprintf("%s  %s  %s  %s  %s  %s", instant(f.GetPostTime()), f.GetReportNumber(), brief.Words(f.GetState()), f.GetLaboratory().GetId(), analytes(f), became(f))}
			})
		}),
	}
	cmd.Flags().StringVar(&cursor, "cursor", "", "go on after this one (default from the first)")
	outputFlagOf(cmd, &format, tableFormat, jsonlFormat)
	return cmd
}
