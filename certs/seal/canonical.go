package seal

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// shape says which fields of a message are messages themselves and which may
// repeat. Fields that it does not know may repeat and are not looked into.
type shape struct {
	last     protowire.Number // the largest field number known
	repeated protowire.Number // the one field that may repeat, 0 if none does
	inner    map[protowire.Number]*shape
}

var leafShape = &shape{
	last: 10,
	inner: map[protowire.Number]*shape{
		3:  {last: 2},              // time
		6:  {last: 2, repeated: 2}, // audience
		10: {last: 3},              // subject
	},
}

// checkCanonical returns an error unless b is a message in canonical form.
// Protobuf merges a message field that is written twice and lets the last of
// two values win, so that parsers of two makes could read two audiences out of
// one leaf; here only one reading is left.
func checkCanonical(b []byte, s *shape) error {
	var before protowire.Number
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("field tag: %w", protowire.ParseError(n))
		}
		if n != protowire.SizeTag(num) {
			return errors.New("field tag is not of minimal length")
		}
		if num < before || num == before && num <= s.last && num != s.repeated {
			return fmt.Errorf("field %d out of order or repeated", num)
		}
		before, b = num, b[n:]
		value := b
		if n = protowire.ConsumeFieldValue(num, typ, b); n < 0 {
			return fmt.Errorf("field %d: %w", num, protowire.ParseError(n))
		}
		value, b = b[:n], b[n:]
		if err := checkValue(typ, value, s.inner[num]); err != nil {
			return fmt.Errorf("field %d: %w", num, err)
		}
	}
	return nil
}

func checkValue(typ protowire.Type, value []byte, inner *shape) error {
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
