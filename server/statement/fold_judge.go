package statement

import (
	"slices"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// takeBack marks the entries that their own office withdrew or replaced. What
// takes back comes later in the same log, so one pass from the end settles
// whether it was itself taken back.
func (f *folder) takeBack() {
	for i := len(f.entries) - 1; i >= 0; i-- {
		e := &f.entries[i]
		if !e.holds() {
			continue
		}
		for _, r := range e.Statement.GetRelatesTo() {
			if at := f.find(r.GetEntry()).entry; at != nil && takes(e.CaseEntry, r, at) {
				at.standing, at.by = spsv1.EntryStanding_ENTRY_STANDING_TAKEN_BACK, e.Name()
			}
		}
	}
}

// takes reports whether an entry that relates so to an earlier one of its office
// takes it back. A withdrawal takes back anything, but only what it names first:
// by that it is judged, and that its audience had. What takes the place of
// another is of the same kind, and never of one that takes two persons: that is
// undone only by an act that takes two itself.
func takes(e CaseEntry, how *spsv1.Relation, at *folded) bool {
	if at.office() != e.office() || !at.reaches() || compareEntries(at.CaseEntry, e) >= 0 {
		return false
	}
	switch how.GetKind() {
	case spsv1.RelationKind_RELATION_KIND_WITHDRAWS:
		return e.Statement.GetWithdrawal() != nil && how.GetEntry() == relation(e.Statement, how.GetKind())
	case spsv1.RelationKind_RELATION_KIND_SUPERSEDES:
		return kindOf(at.Statement) == kindOf(e.Statement) && !TwoPersons(at.Statement)
	}
	return false
}

// judgeAll decides how each entry stands by itself and by what it names.
func (f *folder) judgeAll() {
	for i := range f.entries {
		e := &f.entries[i]
		switch {
		case e.Readdress != nil:
			f.judgeReaddress(e)
		case exercise(e.Statement) != exercise(f.original.Statement):
			e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_STATUS_MIXED)
		default:
			f.judge(e)
		}
	}
}

// judge decides how a statement stands if its office belongs to the audience.
func (f *folder) judge(e *folded) {
	own := e.office() == f.issuer()
	switch b := e.Statement.GetBody().(type) {
	case *spsv1.Statement_Notification, *spsv1.Statement_Announcement:
		e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_NOT_OF_A_CASE)
	case *spsv1.Statement_Amendment:
		f.judgeAmendment(e, own)
	case *spsv1.Statement_Closure, *spsv1.Statement_Reopening:
		if !own {
			e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_NOT_ITS_REGISTER)
		}
	case *spsv1.Statement_Withdrawal:
		f.judgeWithdrawal(e, own)
	case *spsv1.Statement_Acknowledgement:
		if own && e.Statement.GetSource() == nil {
			e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_NOT_ITS_REGISTER)
		}
	case *spsv1.Statement_Response:
		f.judgeResponse(e, own, b.Response)
	}
}

func (f *folder) judgeAmendment(e *folded, own bool) {
	if !own {
		e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_NOT_ITS_REGISTER)
		return
	}
	ref := relation(e.Statement, spsv1.RelationKind_RELATION_KIND_AMENDS)
	at := f.find(ref)
	version := at.original || at.entry != nil && at.entry.Statement.GetAmendment() != nil && at.entry.office() == f.issuer()
	switch {
	case issuer(ref) != f.issuer():
		e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_NOT_A_VERSION)
	case at.missing:
		f.wait(e, ref)
	case at.other:
		e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_OTHER_ENTRY)
	case !version || at.entry != nil && compareEntries(at.entry.CaseEntry, e.CaseEntry) >= 0:
		e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_NOT_A_VERSION)
	}
}

// judgeWithdrawal: one without a relation, or with one to the original, takes
// back the notification, which only its issuer may; any other an entry of the
// own office.
func (f *folder) judgeWithdrawal(e *folded, own bool) {
	ref := relation(e.Statement, spsv1.RelationKind_RELATION_KIND_WITHDRAWS)
	if ref == nil {
		if !own {
			e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_NOT_ITS_REGISTER)
		}
		return
	}
	switch at := f.find(ref); {
	case issuer(ref) != e.office():
		e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_NOT_ITS_REGISTER)
	case at.missing:
		f.wait(e, ref)
	case at.other:
		e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_OTHER_ENTRY)
	}
}

// judgeResponse: a response answers a request that asked its office, or, by the
// issuer, a dispute.
func (f *folder) judgeResponse(e *folded, own bool, r *spsv1.Response) {
	ref := relation(e.Statement, spsv1.RelationKind_RELATION_KIND_REPLIES)
	at := f.find(ref)
	dispute := r.GetDisputeResult() != spsv1.DisputeResult_DISPUTE_RESULT_UNSPECIFIED
	switch {
	case at.missing:
		f.wait(e, ref)
	case at.other:
		e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_OTHER_ENTRY)
	case dispute && !own:
		e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_NOT_ITS_REGISTER)
	case at.original, dispute && !disputes(at.entry.Statement), !dispute && at.entry.Statement.GetRequest() == nil:
		e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_NOTHING_TO_ANSWER)
	case !dispute && !slices.Contains(at.entry.Statement.GetRequest().GetOffices(), teller(e.CaseEntry)):
		e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_NOT_ASKED)
	case !dispute && f.voice(e.CaseEntry) == "":
		e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_HEARSAY)
	}
}

// judgeReaddress: each office hands on its own entries.
func (f *folder) judgeReaddress(e *folded) {
	switch at := f.find(e.Readdress); {
	case at.other:
		e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_OTHER_ENTRY)
	case issuer(e.Readdress) != e.office():
		e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_NOT_ITS_REGISTER)
	}
}

// judgeAudience: what an office says that the case was never told to has no
// effect, and neither has a readdress of what has none.
func (f *folder) judgeAudience() {
	audience := f.audience()
	for i := range f.entries {
		if e := &f.entries[i]; !audience.has(e.office()) && e.reason != spsv1.NoEffectReason_NO_EFFECT_REASON_STATUS_MIXED {
			e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_OUTSIDE_AUDIENCE)
		}
	}
	for i := range f.entries {
		e := &f.entries[i]
		if e.Readdress == nil {
			continue
		}
		if at := f.find(e.Readdress).entry; at != nil && !at.reaches() {
			e.without(at.reason)
		}
	}
}

// judgeAfterWithdrawal: what the issuer amends after it withdrew, and before it
// reopened, changes nothing.
func (f *folder) judgeAfterWithdrawal() {
	withdrawn := false
	for i := range f.entries {
		e := &f.entries[i]
		if !e.holds() || e.office() != f.issuer() {
			continue
		}
		switch {
		case f.withdrawsCase(e):
			withdrawn = true
		case e.Statement.GetReopening() != nil:
			withdrawn = false
		case e.Statement.GetAmendment() != nil && withdrawn:
			e.without(spsv1.NoEffectReason_NO_EFFECT_REASON_CASE_WITHDRAWN)
		}
	}
}

// withdrawsCase reports whether an effective entry takes back the notification.
func (f *folder) withdrawsCase(e *folded) bool {
	if e.Statement.GetWithdrawal() == nil || e.office() != f.issuer() {
		return false
	}
	ref := relation(e.Statement, spsv1.RelationKind_RELATION_KIND_WITHDRAWS)
	return ref == nil || f.find(ref).original
}

// wait notes that e needs an entry that is not here. An office's own earlier
// entries are always here or not for this office, so only time or a readdress
// brings it.
func (f *folder) wait(e *folded, ref *spsv1.EntryRef) {
	e.standing, e.by = spsv1.EntryStanding_ENTRY_STANDING_WAITING, entryName(ref)
}

// entryName returns the name of the statement that a reference names; empty if it
// names none.
func entryName(ref *spsv1.EntryRef) string {
	o, err := certs.ParseOrigin(ref.GetOrigin())
	if err != nil {
		return ""
	}
	return CaseEntry{Origin: o, Sequence: ref.GetSequence()}.Name()
}

// disputes reports whether a statement disputes the notification of its case.
func disputes(s *spsv1.Statement) bool {
	return stance(s).GetPosition() == spsv1.StancePosition_STANCE_POSITION_DISPUTED
}

// stance returns the stance that a statement takes, or nil.
func stance(s *spsv1.Statement) *spsv1.Stance {
	if a := s.GetAcknowledgement(); a != nil {
		return a.GetStance()
	}
	return s.GetFollowUp().GetStance()
}

// offices is a set of offices, perhaps all.
type offices struct {
	all bool
	of  map[string]bool
}

func (o *offices) add(a *spsv1.Audience) {
	o.all = o.all || a.GetNetwork()
	for _, office := range a.GetOffices() {
		o.of[office] = true
	}
}

func (o *offices) has(office string) bool { return o.all || o.of[office] }

// audience returns who ever belonged to the case: whom its issuer told of it.
// Being told cannot be undone, so entries taken back count too; those without
// effect never told anybody of the case.
func (f *folder) audience() *offices {
	a := &offices{of: map[string]bool{f.issuer(): true}}
	a.add(f.original.Audience)
	for i := range f.entries {
		if e := &f.entries[i]; e.office() == f.issuer() && e.reaches() {
			a.add(e.Audience)
		}
	}
	return a
}
