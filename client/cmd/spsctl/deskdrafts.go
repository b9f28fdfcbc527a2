package main

import (
	"cmp"
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

// draftList is one of the lists of the desk that have drafts.
type draftList struct {
	name, heading string
	state         spsv1.DraftState
	roles         []certs.Role // who has it

	// next returns who did the last with a draft, and what is to be done with it;
	// false if whoever has this id has nothing to do.
	next func(d *spsv1.Draft, id string) (who, what string, mine bool)
}

// draftLists are the lists of drafts on the desk.
var draftLists = []draftList{
	{"to-issue", "to issue", spsv1.DraftState_DRAFT_STATE_SUBMITTED, []certs.Role{certs.RoleValidator}, nextIssue},
	{
		"returned", "returned to you", spsv1.DraftState_DRAFT_STATE_RETURNED,
		[]certs.Role{certs.RoleOfficer, certs.RoleValidator, certs.RolePost},
		nextReturned,
	},
}

// nextIssue wants a second person: who wrote any of a draft does not issue it.
func nextIssue(d *spsv1.Draft, id string) (who, what string, mine bool) {
	return d.GetSubmittedBy().GetId(), "issue or return: " + draftKind(d), !wroteDraft(d, id)
}

func nextReturned(d *spsv1.Draft, id string) (who, what string, mine bool) {
	return d.GetReturnedBy().GetId(), "mend: " + first(brief.Text(d.GetReturnReason()), draftKind(d)), wroteDraft(d, id)
}

// draftKind says what a draft is to become, and in which case.
func draftKind(d *spsv1.Draft) string {
	return brief.Kind(d.GetStatement()) + prefixed(" in ", d.GetStatement().GetCaseRef().GetReference())
}

func wroteDraft(d *spsv1.Draft, id string) bool {
	return slices.ContainsFunc(d.GetWriters(), func(p *spsv1.Person) bool { return p.GetId() == id })
}

// pick returns the drafts with which a person has something to do: alerts first,
// then what waits longest.
func (l draftList) pick(all []*spsv1.Draft, id string) (mine []*spsv1.Draft) {
	for _, d := range all {
		if _, _, ok := l.next(d, id); ok {
			mine = append(mine, d)
		}
	}
	slices.SortStableFunc(mine, func(a, b *spsv1.Draft) int {
		return cmp.Or(calm(a)-calm(b), a.GetUpdateTime().AsTime().Compare(b.GetUpdateTime().AsTime()))
	})
	return mine
}

// calm is lower for a draft that is an alert, or makes one of a notification.
func calm(d *spsv1.Draft) int {
	s := d.GetStatement()
	n := first(s.GetNotification(), s.GetAmendment().GetNotification())
	if n.GetClassification() == spsv1.Classification_CLASSIFICATION_ALERT {
		return 0
	}
	return 1
}

// showDrafts shows the lists of drafts that this person has, or adds them for
// programs.
func (a *app) showDrafts(ctx context.Context, node *client.Client, who *spsv1.Caller, all *list, as format, limit int) error {
	for _, l := range draftLists {
		ofUnit := who.GetUnit() != "" && !who.GetFocalPoint() // a unit drafts, and the focal point issues
		if !slices.Contains(l.roles, certs.Role(who.GetRole())) || ofUnit && l.state == spsv1.DraftState_DRAFT_STATE_SUBMITTED {
			continue
		}
		var found []*spsv1.Draft
		for d, err := range pages(0, "", func(size int32, token string) ([]*spsv1.Draft, string, error) {
			page, err := node.DraftService().ListDrafts(ctx, &spsv1.ListDraftsRequest{
				PageSize: size, PageToken: token, States: []spsv1.DraftState{l.state},
			})
			return page.GetDrafts(), page.GetNextPageToken(), err
		}) {
			if err != nil {
				return err
			}
			found = append(found, d)
		}
		if err := a.addDrafts(all, as, limit, l, l.pick(found, who.GetId()), who.GetId()); err != nil {
			return err
		}
	}
	return nil
}

// addDrafts shows a list of drafts for people, or adds it for programs.
func (a *app) addDrafts(all *list, as format, limit int, l draftList, drafts []*spsv1.Draft, id string) error {
	total := len(drafts)
	if limit > 0 {
		drafts = drafts[:min(limit, total)]
	}
	switch as {
	case tableFormat:
		return a.showDraftList(l, drafts, total, id)
	case csvFormat:
		for _, d := range drafts {
			if err := all.add(nil, append([]any{l.name}, a.draftCells(l, d, id)...)...); err != nil {
				return err
			}
		}
		return nil
	}
	part := deskPart{List: l.name, TotalSize: int32(total), Cases: []json.RawMessage{}}
	for _, d := range drafts {
		text, err := marshal(d)
		if err != nil {
			return err
		}
		part.Drafts = append(part.Drafts, text)
	}
	return all.add(part)
}

// showDraftList shows a list of drafts for people; an empty one is a line.
func (a *app) showDraftList(l draftList, drafts []*spsv1.Draft, total int, id string) error {
	if _, err := fmt.Fprintf(a.out, "%s: %d\n", strings.ToUpper(l.heading), total); err != nil || total == 0 {
		return err
	}
	rows := newList(a.out, tableFormat, append([]string{"draft"}, deskColumns[1:]...)...)
	for _, d := range drafts {
		if err := rows.add(d, a.draftCells(l, d, id)...); err != nil {
			return err
		}
	}
	if err := rows.close(); err != nil {
		return err
	}
	if n := total - len(drafts); n > 0 {
		if _, err := fmt.Fprintf(a.out, "%d more: spsctl draft list --state %s\n", n, brief.Words(l.state)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(a.out)
	return err
}

// draftCells are the columns of the desk for a draft. It has no due time.
func (a *app) draftCells(l draftList, d *spsv1.Draft, id string) []any {
	who, what, _ := l.next(d, id)
	if look := adviceWords(d); look != "" {
		what = look + ": " + what
	}
	b := brief.Of(d.GetStatement(), a.languages()...)
	return []any{
		d.GetName(), "", who, short(what, 40), b.Classification, short(first(b.Product, b.Subject), 30), short(first(b.Hazard, b.Subject), 40),
	}
}
