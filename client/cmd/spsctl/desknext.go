package main

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// nextOf returns of a deadline what a list of the desk shows.
func nextOf(d *spsv1.Deadline) (due *timestamppb.Timestamp, who, what string) {
	if d == nil {
		return nil, "", ""
	}
	what = brief.Words(d.GetClock())
	switch d.GetState() {
	case spsv1.DeadlineState_DEADLINE_STATE_OVERDUE:
		what += ", overdue"
	case spsv1.DeadlineState_DEADLINE_STATE_UNDELIVERED:
		what += ", undelivered"
	case spsv1.DeadlineState_DEADLINE_STATE_UNSPECIFIED:
		what += ", no due time"
	}
	return d.GetDueTime(), d.GetOffice(), what
}

// nextOfAll is what is due first, whoever has to do it.
func nextOfAll(s *spsv1.CaseSummary) (*timestamppb.Timestamp, string, string) {
	if len(s.GetDeadlines()) == 0 {
		return nil, "", ""
	}
	return nextOf(s.GetDeadlines()[0])
}

func nextOwn(s *spsv1.CaseSummary) (*timestamppb.Timestamp, string, string) {
	return nextOf(s.GetNextOwn())
}

func nextAwaited(s *spsv1.CaseSummary) (*timestamppb.Timestamp, string, string) {
	return nextOf(s.GetNextAwaited())
}

// nextCall is the acknowledgement that is due first of those about which
// somebody is telephoned, and who all are to be telephoned.
func nextCall(s *spsv1.CaseSummary) (*timestamppb.Timestamp, string, string) {
	for _, d := range s.GetDeadlines() {
		if d.GetClock() == spsv1.Clock_CLOCK_ACKNOWLEDGEMENT && slices.Contains(s.GetToCall(), d.GetOffice()) {
			due, _, what := nextOf(d)
			return due, several(s.GetToCall()), what
		}
	}
	return nil, several(s.GetToCall()), ""
}

func nextReceipt(s *spsv1.CaseSummary) (*timestamppb.Timestamp, string, string) {
	return nil, several(s.GetUndelivered()), "receipt"
}

func nextByHand(s *spsv1.CaseSummary) (*timestamppb.Timestamp, string, string) {
	return nil, several(s.GetToTell()), "to be told"
}

// several names the first few, and how many more there are.
func several(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// dueCell is when something is due in a case, whoever has to do it, as one
// column of a list.
func dueCell(s *spsv1.CaseSummary) cell {
	due, _, _ := nextOfAll(s)
	face := when(due)
	if len(s.GetDeadlines()) > 0 && s.GetDeadlines()[0].GetState() == spsv1.DeadlineState_DEADLINE_STATE_OVERDUE {
		face.people += " overdue"
	}
	return face
}
