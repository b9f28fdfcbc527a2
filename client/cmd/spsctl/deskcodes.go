package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// codesEnding is how long before its end a suspension is on the desk.
const codesEnding = 7 * 24 * time.Hour

// showCodesEnding shows the codes whose suspension ends soon: for people with a
// heading, if there are any.
func (a *app) showCodesEnding(ctx context.Context, node *client.Client, all *list, as format, limit int) error {
	filter := fmt.Sprintf("suspended AND until < %q", time.Now().Add(codesEnding).UTC().Format(time.RFC3339))
	page, err := node.CodeStatusService().ListCodeStatus(ctx, &spsv1.ListCodeStatusRequest{Filter: filter, PageSize: int32(limit)})
	if err != nil || len(page.GetCodeStatuses()) == 0 {
		return err
	}
	if as == tableFormat {
		if _, err := fmt.Fprintln(a.out, "SUSPENSIONS THAT END SOON"); err != nil {
			return err
		}
		all = newList(a.out, as, codeColumns...)
	}
	part := deskPart{List: "codes-ending", Cases: []json.RawMessage{}, TotalMore: page.GetNextPageToken() != ""}
	for _, s := range page.GetCodeStatuses() {
		switch as {
		case tableFormat:
			err = all.add(s, a.codeCells(s)...)
		case csvFormat:
			cells := a.codeCells(s)
			err = all.add(nil, "codes-ending", s.GetCode().GetCode(), when(endOf(s)), "", fmt.Sprint(cells[5]), "", cells[4], "")
		default:
			var text json.RawMessage
			text, err = marshal(s)
			part.Codes = append(part.Codes, text)
		}
		if err != nil {
			return err
		}
	}
	switch as {
	case tableFormat:
		return all.close()
	case csvFormat:
		return nil
	}
	part.TotalSize = int32(len(part.Codes)) //nolint:gosec // G115: at most a page
	return all.add(part)
}

// takingEffect is how long before its effective date a rule is on the desk.
const takingEffect = 30 * 24 * time.Hour

// showTakingEffect shows the rules that take effect soon: for people with a
// heading, if there are any.
func (a *app) showTakingEffect(ctx context.Context, node *client.Client, all *list, as format, limit int) error {
	filter := fmt.Sprintf("kind = RULE_CHANGE AND state = UPCOMING AND status = ACTUAL AND effect_time < %q", time.Now().Add(takingEffect).UTC().Format(time.RFC3339))
	page, err := node.AnnouncementService().ListAnnouncements(ctx, &spsv1.ListAnnouncementsRequest{Filter: filter, PageSize: int32(limit)})
	if err != nil || len(page.GetAnnouncements()) == 0 {
		return err
	}
	if as == tableFormat {
		if _, err := fmt.Fprintln(a.out, "RULES THAT TAKE EFFECT SOON"); err != nil {
			return err
		}
		all = newList(a.out, as, announcementColumns...)
	}
	part := deskPart{List: "taking-effect", Cases: []json.RawMessage{}, TotalMore: page.GetNextPageToken() != ""}
	for _, h := range page.GetAnnouncements() {
		switch as {
		case tableFormat:
			err = all.add(h, a.announcementCells(h)...)
		case csvFormat:
			err = all.add(nil, "taking-effect", h.GetReference(), when(h.GetEffectTime()), h.GetOffice(), announcedAbout(h.GetAnnouncement()), "", "",
				brief.Text(h.GetAnnouncement().GetSubject(), a.languages()...))
		default:
			var text json.RawMessage
			text, err = marshal(h)
			part.Announced = append(part.Announced, text)
		}
		if err != nil {
			return err
		}
	}
	switch as {
	case tableFormat:
		return all.close()
	case csvFormat:
		return nil
	}
	part.TotalSize = int32(len(part.Announced)) //nolint:gosec // G115: at most a page
	return all.add(part)
}

// endOf returns when the suspension of a code ends, the earlier end of the two
// halves.
func endOf(s *spsv1.CodeStatus) *timestamppb.Timestamp {
	var first *timestamppb.Timestamp
	for _, h := range []*spsv1.CodeHalfStatus{s.GetRefused(), s.GetWithheld()} {
		end := h.GetSaid().GetEndTime()
		if h.GetState() == spsv1.CodeState_CODE_STATE_SUSPENDED && end != nil && (first == nil || end.AsTime().Before(first.AsTime())) {
			first = end
		}
	}
	return first
}
