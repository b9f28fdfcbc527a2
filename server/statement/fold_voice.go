package statement

import (
	"slices"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Who may say what, in one rule. An entry is the word of the office that issued
// it. One with a source tells what somebody else was heard to say, and is the
// word of that office only if the office has no node, and was entered by the
// office that waits for that word: the one that asked, for an answer; the one
// that issued the notification, for everything else. An office with a node says
// itself what it has to say; what was heard of it stands there, and meets no
// clock.

// voice returns the code of the office whose word an entry is; empty if it is
// that of nobody who counts.
func (f *folder) voice(e CaseEntry) string {
	source := e.Statement.GetSource()
	if source == nil {
		return e.office()
	}
	teller, heard := source.GetTeller().GetOffice(), false
	if r := e.Statement.GetResponse(); r != nil && r.GetDisputeResult() == spsv1.DisputeResult_DISPUTE_RESULT_UNSPECIFIED {
		asked := f.find(relation(e.Statement, spsv1.RelationKind_RELATION_KIND_REPLIES)).entry
		heard = asked != nil && asked.office() == e.office() && handed(asked.Statement, teller)
	} else {
		heard = e.office() == f.issuer() && f.nodeless(teller, e)
	}
	if !heard {
		return ""
	}
	return teller
}

// teller returns the code of the office whose words an entry gives, whether they
// count or not: who told them if they were entered by hand, else who issued it.
// It is empty for a teller that is no office.
func teller(e CaseEntry) string {
	if source := e.Statement.GetSource(); source != nil {
		return source.GetTeller().GetOffice()
	}
	return e.office()
}

// handed reports whether a statement names an office as one to be told by hand.
func handed(s *spsv1.Statement, office string) bool {
	return slices.ContainsFunc(s.GetAddressees(), func(a *spsv1.Addressee) bool { return a.GetOffice() == office && a.GetByHand() })
}

// nodeless reports whether an office had no node when the issuing office stated
// e, as that had named it last.
func (f *folder) nodeless(office string, e CaseEntry) bool {
	none := handed(f.original.Statement, office)
	for i := range f.entries {
		at := &f.entries[i]
		if at.office() != f.issuer() || !at.reaches() || compareEntries(at.CaseEntry, e) > 0 {
			continue
		}
		switch {
		case at.Readdress != nil:
			none = none && !slices.Contains(at.Audience.GetOffices(), office)
		case slices.ContainsFunc(at.Statement.GetAddressees(), func(a *spsv1.Addressee) bool { return a.GetOffice() == office }):
			none = handed(at.Statement, office)
		}
	}
	return none
}
