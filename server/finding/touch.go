package finding

import (
	"slices"
	"strings"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// Touch notes, in a transaction that changes a draft, that what became of the
// findings from which it was begun is to be shown anew to whoever watches them. If
// an entry issued the draft, position is its, and use says which case that is in. A
// use without a state says that the draft was deleted: then it is none any more.
func Touch(tx store.Tx, names []string, use *spsv1.FindingUse, position uint64) error {
	for _, name := range names {
		f, err := named(tx, name)
		if err != nil {
			return err
		}
		if f == nil {
			continue
		}
		for _, noted := range f.GetUses() {
			if noted.GetDraft() == use.GetDraft() {
				noted.Case = use.GetCase()
			}
		}
		if use.GetDraftState() == spsv1.DraftState_DRAFT_STATE_UNSPECIFIED {
			f.Uses = slices.DeleteFunc(f.GetUses(), func(noted *spsv1.FindingUse) bool { return noted.GetDraft() == use.GetDraft() })
		}
		if err := putAfter(tx, f, position); err != nil {
			return err
		}
	}
	return nil
}

// Entry notes, in the transaction that records an entry, that it may have changed
// what became of findings: if it says something in the case that a draft from them
// became, and the office says it whose case that is. What others say moves neither
// how far a case is nor how it ended.
func Entry(tx store.Tx, e ledger.Entry, own certs.Office) error {
	if some, err := stands(tx, tableIndex, []byte{termCase}); err != nil || !some {
		return err
	}
	reading, ok := casebook.Read(e, own)
	of := reading.Statement.GetCaseRef()
	issuer := e.Origin.Federation + "/" + string(e.Origin.Office) + "/"
	if !ok || reading.Fault != "" || of == nil || !strings.HasPrefix(of.GetOriginal().GetOrigin(), issuer) {
		return nil
	}
	behind, err := inCase(tx, casePrefix+of.GetReference())
	if err != nil {
		return err
	}
	for _, f := range behind {
		if err := putAfter(tx, f, e.Position.N); err != nil {
			return err
		}
	}
	return nil
}

const casePrefix = "cases/"

// inCase returns the findings behind statements of a case.
func inCase(r store.Reader, name string) ([]*spsv1.LabFinding, error) {
	var behind []*spsv1.LabFinding
	prefix := term(termCase, name)
	for row, err := range r.Scan(tableIndex, prefix, store.PrefixEnd(prefix), false) {
		if err != nil {
			return nil, err
		}
		f, err := held(r, row.Key[len(row.Key)-idSize:])
		if err != nil {
			return nil, err
		}
		behind = append(behind, f)
	}
	return behind, nil
}

// stands reports whether a prefix begins any key of a table.
func stands(r store.Reader, t store.Table, prefix []byte) (some bool, err error) {
	for _, err := range r.Scan(t, prefix, store.PrefixEnd(prefix), false) {
		return err == nil, err
	}
	return false, nil
}
