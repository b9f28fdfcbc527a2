package main

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// enteredWords says of a statement that was entered by hand who entered it, and
// from whom, how, when and by whom it was heard; empty for any other. at writes
// the time.
func enteredWords(s *spsv1.Statement, at func(*timestamppb.Timestamp) string) string {
	if s.GetSource() == nil {
		return ""
	}
	source := s.GetSource()
	text := s.GetOffice() + ": " + brief.Heard(source) + prefixed(", told by ", personWords(source.GetPerson())) +
		prefixed(", taken by ", personWords(source.GetReceivedBy())) + ", " + at(source.GetReceiveTime()) +
		prefixed(", scan ", strings.Join(source.GetScans(), ", "))
	if source.GetOutage() {
		text += ", while the network was down"
	}
	return text
}

// heardWords says what was heard of an office, area or body outside the network.
func heardWords(t *spsv1.Told) string {
	said := []string{brief.Words(t.GetStance().GetPosition()), prefixed("outcome ", brief.Words(t.GetOutcome().GetConclusion()))}
	if t.GetAcknowledged() {
		said = append([]string{"acknowledged"}, said...)
	}
	if t.GetPart() == spsv1.Part_PART_DONE {
		said = append(said, "its part is done")
	}
	said = slices.DeleteFunc(said, func(word string) bool { return word == "" })
	text := brief.Words(t.GetSource().GetMeans()) + ", " + instant(t.GetSource().GetReceiveTime()) + ", entered by " + t.GetEnteredBy() +
		prefixed(", its number ", t.GetSource().GetReference())
	return text + prefixed(": ", strings.Join(said, "; "))
}
