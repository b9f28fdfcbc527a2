package second

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// field is one field of a protobuf message.
type field struct {
	num    uint64
	wire   byte   // 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes
	number uint64 // of a varint
	bytes  []byte // of a length-delimited field
}

// split takes a message apart. Every varint must have the fewest bytes.
func split(b []byte) ([]field, error) {
	var all []field
	for len(b) > 0 {
		tag, rest, err := varint(b)
		if err != nil {
			return nil, err
		}
		f := field{num: tag >> 3, wire: byte(tag & 7)}
		if f.num < 1 || f.num > 1<<29-1 {
			return nil, fmt.Errorf("field number %d", f.num)
		}
		if b, err = f.value(rest); err != nil {
			return nil, fmt.Errorf("field %d: %w", f.num, err)
		}
		all = append(all, f)
	}
	return all, nil
}

// value reads what follows the tag, and returns the rest.
func (f *field) value(b []byte) (rest []byte, err error) {
	size := uint64(0)
	switch f.wire {
	case 0:
		f.number, rest, err = varint(b)
		return rest, err
	case 1:
		size = 8
	case 5:
		size = 4
	case 2:
		if size, b, err = varint(b); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("wire type %d", f.wire)
	}
	if uint64(len(b)) < size {
		return nil, errors.New("cut short")
	}
	f.bytes = b[:size]
	return b[size:], nil
}

// varint reads a number of 64 bits in the fewest bytes.
func varint(b []byte) (v uint64, rest []byte, err error) {
	for i, c := range b {
		if i == 9 && c > 1 {
			return 0, nil, errors.New("number above 64 bits")
		}
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			if c == 0 && i > 0 {
				return 0, nil, errors.New("number with more bytes than it needs")
			}
			return v, b[i+1:], nil
		}
	}
	return 0, nil, errors.New("number without an end")
}

// kind is what a known field holds.
type kind int

const (
	number kind = iota // up to 64 bits
	small              // up to 32 bits
	choice             // an enum: below 2^31
	truth              // 0 or 1
	text
	octets
	message
	texts    // text, any number of times
	messages // a message, any number of times
)

// fields is a message in the form of a leaf, by field number.
type fields map[uint64][]field

// form checks the form that section 3 gives a leaf and what is in it. known
// says which fields there are.
func form(b []byte, known map[uint64]kind) (fields, error) {
	all, err := split(b)
	if err != nil {
		return nil, err
	}
	byNumber := fields{}
	before := uint64(0)
	for _, f := range all {
		k, ok := known[f.num]
		switch {
		case f.num < before:
			return nil, fmt.Errorf("field %d is out of order", f.num)
		case ok && k != texts && k != messages && len(byNumber[f.num]) > 0:
			return nil, fmt.Errorf("field %d stands twice", f.num)
		case ok:
			if err := f.check(k); err != nil {
				return nil, fmt.Errorf("field %d: %w", f.num, err)
			}
		}
		before = f.num
		byNumber[f.num] = append(byNumber[f.num], f)
	}
	return byNumber, nil
}

// check holds a field to what its kind may be.
func (f field) check(k kind) error {
	most := map[kind]uint64{number: 1<<64 - 1, small: 1<<32 - 1, choice: 1<<31 - 1, truth: 1}
	limit, isNumber := most[k]
	switch {
	case isNumber != (f.wire == 0), !isNumber && f.wire != 2:
		return fmt.Errorf("wire type %d", f.wire)
	case isNumber && f.number > limit:
		return fmt.Errorf("number %d, at most %d", f.number, limit)
	case isNumber && f.number == 0, (k == text || k == octets) && len(f.bytes) == 0:
		return errors.New("the default is written out")
	case (k == text || k == texts) && !utf8.Valid(f.bytes):
		return errors.New("not UTF-8")
	}
	return nil
}

func (m fields) has(num uint64) bool      { return len(m[num]) > 0 }
func (m fields) number(num uint64) uint64 { return m.first(num).number }
func (m fields) bytes(num uint64) []byte  { return m.first(num).bytes }
func (m fields) text(num uint64) string   { return string(m.bytes(num)) }

func (m fields) first(num uint64) field {
	if m.has(num) {
		return m[num][0]
	}
	return field{}
}
