package second

import (
	"errors"
	"strings"
)

const statementType = "application/vnd.sps.statement.v1"

var errProtobuf = errors.New("not protobuf that can be read in one way")

// theCase checks the envelope of a statement, and returns the entry that its
// case is named by: rules 2 and 3.
func (e Entry) theCase() (EntryRef, error) {
	if err := e.CheckEnvelope(e.envelope); err != nil {
		return EntryRef{}, err
	}
	outer, err := loose(e.envelope)
	if err != nil {
		return EntryRef{}, err
	}
	payloadType, payload := outer.once(1), outer.once(2)
	if string(payloadType) != statementType || len(payload) < 34 || !strings.HasPrefix(string(payload), "\x0a\x20") {
		return EntryRef{}, errors.New("not a statement with a salt")
	}
	inner, err := loose(payload)
	if err != nil {
		return EntryRef{}, err
	}
	federation, office, _ := splitOrigin(e.Origin)
	if string(inner.once(2)) != federation || string(inner.once(3)) != office {
		return EntryRef{}, errors.New("the statement of another office")
	}
	if !inner.has(16) {
		return EntryRef{e.Origin, e.Sequence, RecordHash(e.leaf)}, nil
	}
	return readCase(inner.once(16))
}

// readCase reads field 16 of a statement.
func readCase(b []byte) (ref EntryRef, err error) {
	outer, err := loose(b)
	if err != nil {
		return ref, err
	}
	if outer.once(1) == nil {
		return ref, errProtobuf
	}
	inner, err := loose(outer.once(1))
	if err != nil {
		return ref, err
	}
	seq := inner[2]
	if len(seq) > 1 || len(seq) == 1 && seq[0].wire != 0 || inner.once(1) == nil {
		return ref, errProtobuf
	}
	ref.Origin, ref.Sequence = string(inner.once(1)), inner.number(2)
	ref.RecordHash, err = hash(inner.once(3))
	return ref, err
}

// loose reads protobuf as others write it: its varints may have more bytes than
// they need, its fields any order.
func loose(b []byte) (fields, error) {
	all := fields{}
	for len(b) > 0 {
		tag, rest, err := looseVarint(b)
		if err != nil {
			return nil, err
		}
		f := field{num: tag >> 3, wire: byte(tag & 7)}
		size := uint64(0)
		switch f.wire {
		case 0:
			f.number, rest, err = looseVarint(rest)
		case 1:
			size = 8
		case 2:
			size, rest, err = looseVarint(rest)
		case 5:
			size = 4
		default:
			err = errProtobuf
		}
		if err != nil || f.num < 1 || f.num > 1<<29-1 || uint64(len(rest)) < size {
			return nil, errProtobuf
		}
		f.bytes, b = rest[:size:size], rest[size:]
		all[f.num] = append(all[f.num], f)
	}
	return all, nil
}

func looseVarint(b []byte) (v uint64, rest []byte, err error) {
	for i, c := range b {
		if i == 9 && c > 1 {
			break
		}
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return v, b[i+1:], nil
		}
	}
	return 0, nil, errProtobuf
}

// once returns the bytes of a field that stands once and is length-delimited;
// nil otherwise.
func (m fields) once(num uint64) []byte {
	if len(m[num]) != 1 || m[num][0].wire != 2 {
		return nil
	}
	return m[num][0].bytes
}
