package evidence

import (
	"bytes"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/spsalert/spsalert/certs/seal"
)

// What an entry says is read here field by field, so that two verifiers never
// read two things out of the same bytes: a field that is needed stands once, in
// its own wire type. Everything else in the message is passed over.

// statementPayload is the payload type of a statement.
const statementPayload = "application/vnd.sps.statement.v1"

// Fields of Envelope, Statement, CaseRef and EntryRef.
const (
	envelopeType, envelopePayload                protowire.Number = 1, 2
	statementFederation, statementOffice         protowire.Number = 2, 3
	statementCaseRef, caseRefOriginal            protowire.Number = 16, 1
	entryRefOrigin, entryRefSequence, entryRefID protowire.Number = 1, 2, 3
)

// ref names an entry.
type ref struct {
	origin   string
	sequence uint64
	hash     [32]byte
}

func (p parsed) ref() ref {
	return ref{origin: p.origin.String(), sequence: p.leaf.GetSequence(), hash: p.hash}
}

// caseOf checks that an envelope is that of its leaf and holds a statement of
// the log's office, and returns the original of the case that it is in: the
// one that it refers to, or itself.
func caseOf(p parsed) (ref, error) {
	if err := seal.CheckEnvelope(p.leaf, p.Envelope); err != nil {
		return ref{}, err
	}
	kind, err := onlyBytes(p.Envelope, envelopeType)
	if err != nil || string(kind) != statementPayload {
		return ref{}, failf(ErrStatement, "entry %s: its envelope holds no statement of version 1", p.name())
	}
	payload, err := onlyBytes(p.Envelope, envelopePayload)
	if err != nil {
		return ref{}, err
	}
	if len(payload) < 34 || !bytes.HasPrefix(payload, []byte{0x0a, 0x20}) {
		return ref{}, failf(ErrStatement, "entry %s: its payload does not begin with a salt", p.name())
	}
	federation, err := onlyBytes(payload, statementFederation)
	if err != nil || string(federation) != p.origin.Federation {
		return ref{}, failf(ErrStatement, "entry %s: it does not say that it is of federation %s", p.name(), p.origin.Federation)
	}
	office, err := onlyBytes(payload, statementOffice)
	if err != nil || string(office) != string(p.origin.Office) {
		return ref{}, failf(ErrStatement, "entry %s: it does not say that it is of %s", p.name(), p.origin.Office)
	}
	return caseRef(p, payload)
}

func caseRef(p parsed, payload []byte) (ref, error) {
	values, wrong, err := fields(payload, statementCaseRef)
	if err != nil {
		return ref{}, err
	}
	if len(values)+len(wrong) == 0 {
		return p.ref(), nil
	}
	outer, err := onlyBytes(payload, statementCaseRef)
	if err != nil {
		return ref{}, err
	}
	original, err := onlyBytes(outer, caseRefOriginal)
	if err != nil {
		return ref{}, err
	}
	var r ref
	origin, err := onlyBytes(original, entryRefOrigin)
	if err != nil {
		return ref{}, err
	}
	r.origin = string(origin)
	hash, err := onlyBytes(original, entryRefID)
	if err != nil {
		return ref{}, err
	}
	if copy(r.hash[:], hash) != len(hash) || len(hash) != len(r.hash) {
		return ref{}, failf(ErrStatement, "entry %s: record hash of %d bytes", p.name(), len(hash))
	}
	texts, numbers, err := fields(original, entryRefSequence)
	if err != nil || len(numbers) > 1 || len(texts) > 0 {
		return ref{}, failf(ErrStatement, "entry %s: case without a sequence", p.name())
	}
	if len(numbers) == 1 { // none is 0
		r.sequence = numbers[0]
	}
	return r, nil
}

// onlyBytes returns the value of a field that stands exactly once.
func onlyBytes(message []byte, num protowire.Number) ([]byte, error) {
	values, numbers, err := fields(message, num)
	if err != nil {
		return nil, err
	}
	if len(values) != 1 || len(numbers) != 0 {
		return nil, failf(ErrStatement, "field %d stands %d times", num, len(values)+len(numbers))
	}
	return values[0], nil
}

// fields returns all values of a field: those with a length, and the numbers.
func fields(message []byte, num protowire.Number) (values [][]byte, numbers []uint64, err error) {
	for len(message) > 0 {
		got, typ, n := protowire.ConsumeTag(message)
		if n < 0 || got > protowire.MaxValidNumber { // ConsumeTag lets larger ones pass
			return nil, nil, failf(ErrStatement, "not protobuf")
		}
		message = message[n:]
		n = protowire.ConsumeFieldValue(got, typ, message)
		switch {
		case n < 0 || typ == protowire.StartGroupType:
			return nil, nil, failf(ErrStatement, "not protobuf")
		case got != num:
		case typ == protowire.BytesType:
			value, _ := protowire.ConsumeBytes(message)
			values = append(values, value)
		case typ == protowire.VarintType:
			number, _ := protowire.ConsumeVarint(message)
			numbers = append(numbers, number)
		default:
			return nil, nil, failf(ErrStatement, "field %d has wire type %d", num, typ)
		}
		message = message[n:]
	}
	return values, numbers, nil
}
