package statement

import (
	"slices"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// terms gathers what the issuer asked and allowed, in the order of its log. They
// change where it amends, and where it takes an amendment back: what was in
// force at some entry stays so for that entry, whatever comes later.
func (f *folder) terms() {
	f.state.Terms = []*spsv1.Terms{termsOf(f.original, f.original)}
	takers := make(map[string]bool)
	for i := range f.entries {
		if e := &f.entries[i]; f.isVersion(e) {
			takers[e.by] = true
		}
	}
	var standing []*folded // amendments that stood so far, oldest first
	current := f.original
	for i := range f.entries {
		e := &f.entries[i]
		if e.office() != f.issuer() {
			continue
		}
		if f.isVersion(e) {
			standing = append(standing, e)
		}
		if name := e.Name(); takers[name] {
			standing = slices.DeleteFunc(standing, func(v *folded) bool { return v.by == name })
		}
		next := f.original
		if n := len(standing); n > 0 {
			next = standing[n-1].CaseEntry
		}
		if next.place() != current.place() {
			current = next
			f.state.Terms = append(f.state.Terms, termsOf(e.CaseEntry, current))
		}
	}
}

// termsOf returns the terms of a version, in force from an entry on.
func termsOf(since, version CaseEntry) *spsv1.Terms {
	return &spsv1.Terms{
		Said: since.mark(), Allowances: version.Statement.GetAllowances(), Flags: version.Statement.GetFlags(),
	}
}

// isVersion reports whether an entry gave the notification new content, though it
// may have been taken back since.
func (f *folder) isVersion(e *folded) bool {
	taken := e.standing == spsv1.EntryStanding_ENTRY_STANDING_TAKEN_BACK
	return e.Statement.GetAmendment() != nil && e.office() == f.issuer() && (taken || e.holds())
}
