package ledger

import (
	"bytes"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// Handed returns the statement that a readdress hands on, as it stands in its
// log, with the body that is held under either of the two. Its position is that
// of the readdress, by which it came here. It returns false if e is no readdress
// that follows the rules, or if its subject is not held.
//
// r may be the transaction that records e.
func Handed(r store.Reader, e Entry) (Entry, bool, error) {
	if e.Leaf.GetType() != spsv1.LeafType_LEAF_TYPE_READDRESS || e.Fault != "" {
		return Entry{}, false, nil
	}
	o, err := certs.ParseOrigin(e.Leaf.GetSubject().GetOrigin())
	if err != nil {
		return Entry{}, false, nil //nolint:nilerr // a subject that names no log is held nowhere
	}
	log, ok, err := getLog(r, o)
	if err != nil || !ok {
		return Entry{}, false, err
	}
	seq := e.Leaf.GetSubject().GetSequence()
	value, err := r.Get(tableLeaves, entryKey(log.id, seq))
	if err != nil || value == nil {
		return Entry{}, false, err
	}
	row, err := decodeLeafRow(value)
	if err != nil {
		return Entry{}, false, err
	}
	subject := Entry{
		Position: e.Position, Origin: o, Sequence: seq,
		LeafBytes: bytes.Clone(row.leaf), Hash: seal.RecordHash(row.leaf), Fault: row.fault, Envelope: e.Envelope,
	}
	if !bytes.Equal(subject.Hash[:], e.Leaf.GetSubject().GetRecordHash()) {
		return Entry{}, false, nil
	}
	if subject.Leaf, err = seal.ParseLeaf(subject.LeafBytes); err != nil {
		return Entry{}, false, nil //nolint:nilerr // it was marked when it was recorded
	}
	if subject.Envelope == nil {
		subject.Envelope, err = getBody(r, log.id, seq)
	}
	return subject, err == nil, err
}
