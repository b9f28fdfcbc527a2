package main

import (
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs/seal/evidence"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// laterOf returns what the issuer of a proven statement said about it later, by
// the entries of its case in the file: that it is amended, taken back, or its case
// closed or opened again. It says nothing of the effect, for which the whole case
// would have to be folded.
func laterOf(p *evidence.Proof) (later []said) {
	of, ok := stated(p.Statement)
	if !ok {
		return nil
	}
	for _, e := range p.Case {
		st, ok := stated(e)
		if ok && e.Origin.Office == p.Statement.Origin.Office && laterThan(e, p.Statement) && concerns(st, of, p.Statement) {
			later = append(later, sayingOf(e))
		}
	}
	return later
}

// laterThan reports whether an entry was entered later: by its place in the same
// log, else by the time that the office claims.
func laterThan(e, than evidence.Proven) bool {
	if e.Origin == than.Origin {
		return e.Leaf.GetSequence() > than.Leaf.GetSequence()
	}
	return e.Leaf.GetTime().AsTime().After(than.Leaf.GetTime().AsTime())
}

// concerns reports whether what an issuer says in a case is about an earlier
// statement of its own: a withdrawal about the one that it names, else about
// the notification; an amendment, a closure and a reopening about the content of
// the case.
func concerns(st, of *spsv1.Statement, entry evidence.Proven) bool {
	content := of.GetNotification() != nil || of.GetAmendment() != nil
	switch st.GetBody().(type) {
	case *spsv1.Statement_Amendment, *spsv1.Statement_Closure, *spsv1.Statement_Reopening:
		return content
	case *spsv1.Statement_Withdrawal:
		for _, r := range st.GetRelatesTo() {
			if r.GetKind() == spsv1.RelationKind_RELATION_KIND_WITHDRAWS {
				return string(r.GetEntry().GetRecordHash()) == string(entry.Hash[:])
			}
		}
		return content
	}
	return false
}

// stated returns the statement of an entry; false of a readdress, and of what this
// version cannot read.
func stated(p evidence.Proven) (*spsv1.Statement, bool) {
	var envelope spsv1.Envelope
	st := &spsv1.Statement{}
	if p.Envelope == nil || proto.Unmarshal(p.Envelope, &envelope) != nil || proto.Unmarshal(envelope.GetPayload(), st) != nil {
		return nil, false
	}
	return st, true
}

// laterWords says what was said later, for people.
func laterWords(s said) string {
	return s.Kind + " " + s.Reference + " of " + s.Time + prefixed(": ", first(s.Says, s.Subject))
}
