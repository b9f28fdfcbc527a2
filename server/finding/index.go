package finding

import (
	"bytes"
	"slices"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/store"
)

// tableIndex is what lists look up. Its keys are a term, then Unix milliseconds of
// posting or order, and id; its values are empty. It is made of the other tables,
// again by [Service.Begin] where it is of another version.
const tableIndex store.Table = "finding.index"

// indexVersion is raised whenever terms say something else.
const indexVersion = 5

// versionKey is the key in the index under which its version stands.
var versionKey = []byte{0}

// The kinds of terms, the first byte of each.
const (
	termReport   = 'r' // laboratory, 0, report number, 0; the laboratory "" is any
	termSample   = 's' // laboratory, 0, as above, sample number, 0
	termState    = 't' // laboratory, 0, as above, state
	termProposed = 'p' // laboratory, 0, as above; of findings that propose a notification
	termWaiting  = 'w' // laboratory, 0, as above; of findings that cannot wait, are in no draft and were not set aside
	termFile     = 'f' // digest, laboratory, 0
	termCase     = 'c' // name of a case that a draft from the finding became a part of, 0
	termOrders   = 'o' // laboratory, 0; of orders
	termOpen     = 'u' // laboratory, 0, as above; of orders that are open
	termAnswer   = 'a' // name of the order that a finding answers, 0
	termStanding = 'b' // as above; of findings that are current
)

// term begins the keys of the index under which something stands. No text in it
// has a 0, by the field rules.
func term(kind byte, texts ...string) []byte {
	key := []byte{kind}
	for _, text := range texts {
		key = append(append(key, text...), 0)
	}
	return key
}

func stateTerm(laboratory string, state spsv1.FindingState) []byte {
	return append(term(termState, laboratory), byte(state))
}

func fileTerm(d blob.Digest) []byte { return append([]byte{termFile}, d[:]...) }

// findingTerms returns the keys under which a finding stands in the index.
func findingTerms(f *spsv1.LabFinding) [][]byte {
	id, _ := keyOf(f.GetName())
	at, lab := timeKey(f.GetPostTime(), id), f.GetLaboratory().GetId()
	terms := [][]byte{
		term(termReport, "", f.GetReportNumber()), term(termReport, lab, f.GetReportNumber()),
		term(termSample, "", f.GetSample().GetNumber()), term(termSample, lab, f.GetSample().GetNumber()),
		stateTerm("", f.GetState()), stateTerm(lab, f.GetState()),
	}
	if f.GetOrder() != "" {
		terms = append(terms, term(termAnswer, f.GetOrder()))
		if f.GetState() == spsv1.FindingState_FINDING_STATE_CURRENT {
			terms = append(terms, term(termStanding, f.GetOrder()))
		}
	}
	if p := propose(f); p != nil {
		terms = append(terms, term(termProposed, ""), term(termProposed, lab))
		if waits(f, p) {
			terms = append(terms, term(termWaiting, ""), term(termWaiting, lab))
		}
	}
	for _, use := range f.GetUses() {
		if use.GetCase() != "" {
			terms = append(terms, term(termCase, use.GetCase()))
		}
	}
	for _, a := range f.GetAttachments() {
		if d, ok := blob.DigestOf(a.GetSha256()); ok {
			terms = append(terms, append(append(fileTerm(d), lab...), 0))
		}
	}
	for i := range terms {
		terms[i] = append(terms[i], at...)
	}
	return terms
}

// orderTerms returns the keys under which an order stands in the index.
func orderTerms(o *spsv1.TestOrder) [][]byte {
	id, _ := orderKey(o.GetName())
	at, lab := timeKey(o.GetOrderTime(), id), o.GetLaboratory()
	terms := [][]byte{term(termOrders, lab)}
	if o.GetState() == spsv1.TestOrderState_TEST_ORDER_STATE_OPEN {
		terms = append(terms, term(termOpen, ""), term(termOpen, lab))
	}
	for i := range terms {
		terms[i] = append(terms[i], at...)
	}
	return terms
}

// index moves what stood in the index under some keys to others.
func index(tx store.Tx, before, after [][]byte) error {
	in := func(keys [][]byte, key []byte) bool {
		return slices.ContainsFunc(keys, func(k []byte) bool { return bytes.Equal(k, key) })
	}
	for _, key := range before {
		if in(after, key) {
			continue
		}
		if err := tx.Delete(tableIndex, key); err != nil {
			return err
		}
	}
	for _, key := range after {
		if in(before, key) {
			continue
		}
		if err := tx.Put(tableIndex, key, nil); err != nil {
			return err
		}
	}
	return nil
}
