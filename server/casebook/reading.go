package casebook

import (
	"strings"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
)

// Reading is what an entry says.
type Reading struct {
	// Statement is nil if there is none that could be read; Fault then says why.
	Statement *spsv1.Statement
	// Fault says why the entry is without effect, in words; "" if it has one.
	Fault string
}

// Read returns what an entry says to an office, or false if it says nothing to
// it: it is no statement, or not addressed to the office. It is pure, so all
// nodes read an entry in the same way.
//
// A statement of another office is not held to [statement.Check]: the rules of
// a newer version, or codes that only it knows, are no fault.
func Read(e ledger.Entry, reader certs.Office) (Reading, bool) {
	if e.Leaf.GetType() != spsv1.LeafType_LEAF_TYPE_STATEMENT || !addressed(e, reader) {
		return Reading{}, false
	}
	return read(e), true
}

// read reads a statement.
func read(e ledger.Entry) Reading {
	if e.Envelope == nil {
		return Reading{Fault: "its body has not arrived here"}
	}
	s, err := statement.Decode(e.Envelope, e.Origin.Federation, e.Origin.Office)
	switch {
	case err != nil:
		return Reading{Fault: "its body cannot be read: " + err.Error()}
	case e.Fault != "":
		return Reading{Statement: s, Fault: e.Fault}
	case !strings.HasPrefix(e.Leaf.GetReference(), string(e.Origin.Office)+"-"):
		return Reading{Statement: s, Fault: "its reference is not one of its office"}
	}
	return Reading{Statement: s}
}

func addressed(e ledger.Entry, reader certs.Office) bool {
	return e.Origin.Office == reader || seal.MayRead(e.Leaf, reader)
}

// original returns the place and record hash of the original that a statement
// refers to, or false if it refers to none of this federation.
func original(s *spsv1.Statement, federation string) (Place, []byte, bool) {
	return referred(s.GetCaseRef().GetOriginal(), federation)
}

// referred returns the place and record hash that a reference names, or false if
// it names no entry of this federation.
func referred(ref *spsv1.EntryRef, federation string) (Place, []byte, bool) {
	o, err := certs.ParseOrigin(ref.GetOrigin())
	if err != nil || o.Federation != federation || len(ref.GetRecordHash()) != 32 {
		return Place{}, nil, false
	}
	return Place{Office: o.Office, Epoch: o.Epoch, Sequence: ref.GetSequence()}, ref.GetRecordHash(), true
}
