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
	written       bool         // of these, who wrote any of a draft; else who wrote none of it
	do            string       // what is to be done with a draft

	// last returns who did the last with a draft, and why.
	last func(*spsv1.Draft) (who *spsv1.Person, why []*spsv1.LocalizedText)
}

// draftLists are the lists of drafts on the desk. Who wrote any of a draft mends it, and
// a second person issues it.
var draftLists = []draftList{
	{
		"to-issue", "to issue", spsv1.DraftState_DRAFT_STATE_SUBMITTED,
		[]certs.Role{certs.RoleValidator},
		false, "issue or return",
		func(d *spsv1.Draft) (*spsv1.Person, []*spsv1.LocalizedText) { return d.GetSubmittedBy(), nil },
	},
	{
		"returned", "returned to you", spsv1.DraftState_DRAFT_STATE_RETURNED,
		[]certs.Role{certs.RoleOfficer, certs.RoleValidator, certs.RolePost},
		true, "mend",
		func(d *spsv1.Draft) (*spsv1.Person, []*spsv1.LocalizedText) {
			return d.GetReturnedBy(), d.GetReturnReason()
		},
	},
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
		if wroteDraft(d, id) == l.written {
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
		if err := a.addDrafts(all, as, limit, l, l.pick(found, who.GetId())); err != nil {
			return err
		}
	}
	return nil
}

// addDrafts shows a list of drafts for people, or adds it for programs.
func (a *app) addDrafts(all *list, as format, limit int, l draftList, drafts []*spsv1.Draft) error {
	total := len(drafts)
	if limit > 0 {
		drafts = drafts[:min(limit, total)]
	}
	switch as {
	case tableFormat:
		return a.showDraftList(l, drafts, total)
	case csvFormat:
		for _, d := range drafts {
			if err := all.add(nil, append([]any{l.name}, a.draftCells(l, d)...)...); err != nil {
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
func (a *app) showDraftList(l draftList, drafts []*spsv1.Draft, total int) error {
	if _, err := fmt.Fprintf(a.out, "%s: %d\n", strings.ToUpper(l.heading), total); err != nil || total == 0 {
		return err
	}
	rows := newList(a.out, tableFormat, append([]string{"draft"}, deskColumns[1:]...)...)
	for _, d := range drafts {
		if err := rows.add(d, a.draftCells(l, d)...); err != nil {
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
func (a *app) draftCells(l draftList, d *spsv1.Draft) []any {
	who, why := l.last(d)
	what := cell{}
	what.people = l.do + ": " + draftKind(d) + prefixed("; ", adviceWords(d))
	what.program = what.people
	if text := brief.Text(why, a.languages()...); text != "" {
		what.people += " (" + shorten(text, 40) + ")"
		what.program += " (" + text + ")"
	}
	b := brief.Of(d.GetStatement(), a.languages()...)
	return append([]any{
		d.GetName(), "", who.GetId() + prefixed(", ", who.GetUnit()), what, b.Classification,
	}, aboutCells(b)...)
}
