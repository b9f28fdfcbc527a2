package brief

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Says returns in a line what a statement says: what it decides first, then its
// words in the language that [Of] would take. It is empty for a statement that
// says nothing but its kind. From whom it was heard is [Heard].
func Says(s *spsv1.Statement, languages ...string) string {
	said := body(s, languages)
	for _, h := range s.GetHandDeliveries() {
		said = append(said, "told "+first(h.GetOffice(), h.GetBody(), area(h.GetArea()))+" by hand, "+by(h.GetMeans()), Text(h.GetNote(), languages...))
	}
	for _, r := range s.GetRelatesTo() {
		said = append(said, relation(r))
	}
	if s.GetNotification() == nil && s.GetAnnouncement() == nil {
		for _, r := range s.GetExternalReferences() {
			said = append(said, "number "+strings.TrimSpace(r.GetSystem()+" "+r.GetNumber()))
		}
	}
	return joinedBy("; ", said...)
}

// Heard says how and from whom an office heard what it enters by hand; empty
// without a source: it is what the office says itself.
func Heard(s *spsv1.Source) string {
	if s == nil {
		return ""
	}
	from := first(s.GetTeller().GetOffice(), s.GetTeller().GetName(), area(s.GetTeller().GetArea()))
	text := "heard " + by(s.GetMeans()) + " from " + from
	if s.GetSystem() != "" {
		text += " (" + s.GetSystem() + ")"
	}
	if s.GetReference() != "" {
		text += ", its number " + s.GetReference()
	}
	return text
}

// body returns what the body of a statement says, in parts of which any may be
// empty.
func body(s *spsv1.Statement, languages []string) []string {
	text := func(t []*spsv1.LocalizedText) string { return Text(t, languages...) }
	switch {
	case s.GetNotification() != nil:
		return []string{text(s.GetNotification().GetSubject())}
	case s.GetAmendment() != nil:
		return append(changes(s.GetAmendment().GetChanges()), text(s.GetAmendment().GetReason()))
	case s.GetAcknowledgement() != nil:
		a := s.GetAcknowledgement()
		return append(stance(a.GetStance(), languages), prefixed("dealt with by ", a.GetUnit()), text(a.GetText()))
	case s.GetFollowUp() != nil:
		return followUp(s.GetFollowUp(), languages)
	case s.GetRequest() != nil:
		return request(s.GetRequest(), languages)
	case s.GetResponse() != nil:
		r := s.GetResponse()
		return []string{
			Words(r.GetResult()), prefixed("of the dispute: ", Words(r.GetDisputeResult())), prefixed("until ", date(r.GetDueTime())), text(r.GetText()),
		}
	case s.GetWithdrawal() != nil:
		return []string{Words(s.GetWithdrawal().GetReason()), text(s.GetWithdrawal().GetText())}
	case s.GetClosure() != nil:
		c := s.GetClosure()
		to := first(c.GetTransferredTo().GetOffice(), c.GetTransferredTo().GetName())
		return []string{Words(c.GetOutcome()), prefixed("to ", to), text(c.GetText())}
	case s.GetReopening() != nil:
		return []string{text(s.GetReopening().GetReason())}
	case s.GetAnnouncement() != nil:
		gate := s.GetAnnouncement().GetBorderGateStatus()
		place := first(gate.GetGate().GetLocode(), text(gate.GetGate().GetName()))
		return []string{joinedBy(" ", place, Words(gate.GetStatus())), text(s.GetAnnouncement().GetSubject())}
	}
	return nil
}

func followUp(f *spsv1.FollowUp, languages []string) []string {
	said := stance(f.GetStance(), languages)
	if o := f.GetOutcome(); o != nil {
		said = append(said, prefixed("outcome ", Words(o.GetConclusion())),
			prefixed("cause: ", Text(o.GetCause(), languages...)), prefixed("corrective action: ", Text(o.GetCorrectiveAction(), languages...)))
	}
	if f.GetPart() != 0 {
		said = append(said, "its part is "+Words(f.GetPart()))
	}
	return append(said, Text(f.GetText(), languages...), facts(f.GetFacts()))
}

func request(r *spsv1.Request, languages []string) []string {
	what := Words(r.GetKind())
	if of := strings.Join(r.GetOffices(), ", "); of != "" {
		what += " of " + of
	}
	said := []string{what, prefixed("for ", strings.Join(r.GetFurtherOffices(), ", "))}
	if e := r.GetExtension(); e != nil {
		said = append(said, Words(e.GetClock())+" until "+date(e.GetDueTime()))
	}
	said = append(said, corrections(r.GetCorrections())...)
	return append(said, prefixed("wanted by ", date(r.GetDueTime())), Text(r.GetText(), languages...), facts(r.GetFacts()))
}

func stance(s *spsv1.Stance, languages []string) []string {
	if s == nil {
		return nil
	}
	return append([]string{Words(s.GetPosition()), Text(s.GetReason(), languages...)}, corrections(s.GetCorrections())...)
}

func corrections(all []*spsv1.Correction) (said []string) {
	for _, c := range all {
		where := first(c.GetPath(), strings.Join(c.GetAbout(), ", "))
		said = append(said, "proposes "+joinedBy(" = ", where, c.GetProposed())+prefixed(" instead of ", c.GetCurrent()))
	}
	return said
}

// changes says what an amendment changed.
func changes(all []*spsv1.Change) (said []string) {
	for _, c := range all {
		if text := joinedBy(" ", Words(c.GetKind()), prefixed("of ", c.GetPath())); !slices.Contains(said, text) {
			said = append(said, text)
		}
	}
	return said
}

// facts counts what was reported beside the words: "findings (2), measures (1)".
func facts(f *spsv1.Facts) string {
	m := f.ProtoReflect()
	var said []string
	for i := range m.Descriptor().Fields().Len() {
		field := m.Descriptor().Fields().Get(i)
		if field.IsList() && m.Has(field) {
			said = append(said, fmt.Sprintf("%s (%d)", field.Name(), m.Get(field).List().Len()))
		}
	}
	return strings.Join(said, ", ")
}

// relation says how a statement belongs to another case; empty where that goes
// without saying, by what it answers or takes back.
func relation(r *spsv1.Relation) string {
	other := first(r.GetReference(), strings.TrimSpace(r.GetExternalReference().GetSystem()+" "+r.GetExternalReference().GetNumber()))
	switch r.GetKind() {
	case spsv1.RelationKind_RELATION_KIND_TRANSCRIBES:
		return "the real one is " + other
	case spsv1.RelationKind_RELATION_KIND_SAME_EVENT, spsv1.RelationKind_RELATION_KIND_RECURRENCE:
		return Words(r.GetKind()) + " as " + other
	case spsv1.RelationKind_RELATION_KIND_REPLIES:
		return prefixed("to ", other)
	case spsv1.RelationKind_RELATION_KIND_WITHDRAWS, spsv1.RelationKind_RELATION_KIND_SUPERSEDES:
		return prefixed(Words(r.GetKind())+" ", other)
	}
	return ""
}

func by(m spsv1.Means) string {
	if m == spsv1.Means_MEANS_MEETING {
		return "at a meeting"
	}
	return "by " + first(Words(m), "unknown means")
}

func date(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().Local().Format("2006-01-02 15:04 MST")
}

// prefixed puts a word before a text that is not empty.
func prefixed(word, text string) string {
	if text == "" {
		return ""
	}
	return word + text
}

// joinedBy joins the texts that are not empty.
func joinedBy(separator string, texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(t string) bool { return t == "" }), separator)
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
