package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// findingReaders are the roles that have findings on the desk.
var findingReaders = []certs.Role{certs.RoleOfficer, certs.RoleValidator, certs.RoleAuditor}

var deskFindingColumns = []string{"finding", "report", "laboratory", "sample", "product", "found", "proposed", "posted"}

// showFindings shows the findings that wait for somebody, the last first, to whoever
// reads findings: for people with a heading, and with what to do.
func (a *app) showFindings(ctx context.Context, node *client.Client, who *spsv1.Caller, all *list, as format, limit int) error {
	if !slices.Contains(findingReaders, certs.Role(who.GetRole())) {
		return nil
	}
	found, more, err := waiting(ctx, node, limit)
	if err != nil {
		return err
	}
	switch as {
	case tableFormat:
		return a.showFindingList(found, more)
	case csvFormat:
		for _, f := range found {
			if err := all.add(nil, a.findingRow(f)...); err != nil {
				return err
			}
		}
		return nil
	}
	part := deskPart{List: "findings", TotalSize: int32(len(found)), TotalMore: more, Cases: []json.RawMessage{}} //nolint:gosec // G115: at most a page
	for _, f := range found {
		text, err := marshal(f)
		if err != nil {
			return err
		}
		part.Findings = append(part.Findings, text)
	}
	return all.add(part)
}

// waiting returns at most so many of the findings that wait, 0 is all, and whether
// there are more.
func waiting(ctx context.Context, node *client.Client, most int) (found []*spsv1.LabFinding, more bool, err error) {
	limit := 0
	if most > 0 {
		limit = most + 1
	}
	for f, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.LabFinding, string, error) {
		page, err := node.FindingService().ListFindings(ctx, &spsv1.ListFindingsRequest{PageSize: size, PageToken: token, Waiting: true})
		return page.GetFindings(), page.GetNextPageToken(), err
	}) {
		if err != nil {
			return nil, false, err
		}
		if most > 0 && len(found) == most {
			return found, true, nil
		}
		found = append(found, f)
	}
	return found, false, nil
}

// showFindingList shows findings that wait for people; none is a line.
func (a *app) showFindingList(found []*spsv1.LabFinding, more bool) error {
	number := fmt.Sprint(len(found))
	if more {
		number = "more than " + number
	}
	if _, err := fmt.Fprintf(a.out, "FINDINGS THAT WAIT: %s\n", number); err != nil || len(found) == 0 {
		return err
	}
	rows := newList(a.out, tableFormat, deskFindingColumns...)
	for _, f := range found {
		if err := rows.add(
			f, f.GetName(), f.GetReportNumber(), f.GetLaboratory().GetId(), f.GetSample().GetNumber(), short(a.goods(f), 30),
			short(analytes(f), 40), brief.Words(f.GetProposal().GetClassification()), when(f.GetPostTime()),
		); err != nil {
			return err
		}
	}
	if err := rows.close(); err != nil {
		return err
	}
	if more {
		if _, err := fmt.Fprintln(a.out, "all of them: spsctl finding list --waiting"); err != nil {
			return err
		}
	}
	_, err := fmt.Fprint(a.out, "look at one: spsctl finding get NAME; notify it: spsctl finding draft NAME; settled without: spsctl finding set-aside NAME --reason TEXT\n\n")
	return err
}

// findingRow is a finding that waits in the columns of the desk. It has no due time.
func (a *app) findingRow(f *spsv1.LabFinding) []any {
	what := strings.TrimSpace("look at sample " + f.GetSample().GetNumber() + ", report " + f.GetReportNumber())
	return []any{
		"findings", f.GetName(), "", f.GetLaboratory().GetId(), what, brief.Words(f.GetProposal().GetClassification()), a.goods(f), analytes(f),
	}
}

// goods names what was sampled.
func (a *app) goods(f *spsv1.LabFinding) string {
	return brief.Text(f.GetProduct().GetName(), a.languages()...)
}
