package statement

import (
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// content gathers the versions of the notification. The current one is the
// issuer's last that stands.
func (f *folder) content() {
	f.state.Versions = []*spsv1.Version{version(f.original)}
	current := f.original
	for i := range f.entries {
		e := &f.entries[i]
		if !f.isVersion(e) {
			continue
		}
		v := version(e.CaseEntry)
		v.TakenBack = !e.holds()
		f.state.Versions = append(f.state.Versions, v)
		if e.holds() {
			current = e.CaseEntry
		}
	}
	f.state.Current = current.Name()
	f.state.Notification = Content(current.Statement)
	f.state.Handling = current.Statement.GetHandling()
	f.state.Allowances = current.Statement.GetAllowances()
}

func version(e CaseEntry) *spsv1.Version {
	content := Content(e.Statement)
	return &spsv1.Version{
		Said:           e.mark(),
		Classification: content.GetClassification(),
		Preliminary:    content.GetPreliminary(),
		Reason:         e.Statement.GetAmendment().GetReason(),
		Changes:        e.Statement.GetAmendment().GetChanges(),
		Allowances:     e.Statement.GetAllowances(),
	}
}

// status is what the issuer last said of the case as a whole.
func (f *folder) status() {
	f.state.Status = spsv1.CaseStatus_CASE_STATUS_OPEN
	for i := range f.entries {
		e := &f.entries[i]
		if !e.holds() || e.office() != f.issuer() {
			continue
		}
		s := e.Statement
		switch {
		case s.GetClosure() != nil:
			f.setStatus(spsv1.CaseStatus_CASE_STATUS_CLOSED, e)
			f.state.Outcome = s.GetClosure().GetOutcome()
		case f.withdrawsCase(e):
			f.setStatus(spsv1.CaseStatus_CASE_STATUS_WITHDRAWN, e)
			f.state.WithdrawalReason = s.GetWithdrawal().GetReason()
		case s.GetReopening() != nil:
			f.setStatus(spsv1.CaseStatus_CASE_STATUS_OPEN, e)
		}
	}
}

func (f *folder) setStatus(status spsv1.CaseStatus, e *folded) {
	f.state.Status, f.state.StatusSaid = status, e.mark()
	f.state.Outcome, f.state.WithdrawalReason = 0, 0
}
