package seal

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// shape says which fields of a message are known, in ascending order of their
// numbers. Fields that it does not know may repeat and are not looked into.
type shape []knownField

// knownField is a field that a shape knows.
type knownField struct {
	num      protowire.Number
	typ      protowire.Type
	repeated bool
	inner    shape // of a field that is a message
}

const (
	number = protowire.VarintType
	length = protowire.BytesType
)

var leafShape = shape{
	{num: 1, typ: length}, // origin
	{num: 2, typ: number}, // sequence
	{num: 3, typ: length, inner: shape{{num: 1, typ: number}, {num: 2, typ: number}}}, // time
	{num: 4, typ: number}, // type
	{num: 5, typ: number}, // urgent
	{num: 6, typ: length, inner: shape{{num: 1, typ: number}, {num: 2, typ: length, repeated: true}}}, // audience
	{num: 7, typ: length}, // reference
	{num: 8, typ: length}, // envelope_sha256
	{num: 9, typ: number}, // envelope_size
	{num: 10, typ: length, inner: shape{{num: 1, typ: length}, {num: 2, typ: number}, {num: 3, typ: length}}}, // subject
}

// field returns what is known of a field, or false if nothing is.
func (s shape) field(num protowire.Number) (knownField, bool) {
	for _, k := range s {
		if k.num == num {
			return k, true
		}
	}
	return knownField{}, false
}

// checkCanonical returns an error unless b is a message in canonical form.
// Protobuf merges a message field that is written twice and lets the last of
// two values win, so that parsers of two makes could read two audiences out of
// one leaf; some pass over a known field of another wire type, others refuse
// it. Here only one reading is left. That values are in the range of their
// types, and that defaults are left out, is not seen here: the caller encodes
// again and compares.
func checkCanonical(b []byte, s shape) error {
	var before protowire.Number
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("field tag: %w", protowire.ParseError(n))
		}
		if n != protowire.SizeTag(num) {
			return errors.New("field tag is not of minimal length")
		}
		k, ok := s.field(num)
		switch {
		case num < before || num == before && ok && !k.repeated:
			return fmt.Errorf("field %d out of order or repeated", num)
		case ok && typ != k.typ:
			return fmt.Errorf("field %d has wire type %d, want %d", num, typ, k.typ)
		}
		before, b = num, b[n:]
		if n = protowire.ConsumeFieldValue(num, typ, b); n < 0 {
			return fmt.Errorf("field %d: %w", num, protowire.ParseError(n))
		}
		value := b[:n]
		b = b[n:]
		if err := checkValue(typ, value, k.inner); err != nil {
			return fmt.Errorf("field %d: %w", num, err)
		}
	}
	return nil
}

func checkValue(typ protowire.Type, value []byte, inner shape) error {
	switch typ {
	case protowire.StartGroupType, protowire.EndGroupType:
		return errors.New("groups are not used")
	case protowire.VarintType:
		if v, n := protowire.ConsumeVarint(value); n != protowire.SizeVarint(v) {
			return errors.New("number is not of minimal length")
		}
	case protowire.BytesType:
		content, n := protowire.ConsumeBytes(value)
		if n != protowire.SizeBytes(len(content)) {
			return errors.New("length is not of minimal length")
		}
		if inner != nil {
			return checkCanonical(content, inner)
		}
	}
	return nil
}
