package certs

import (
	"errors"
	"slices"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/reflect/protoreflect"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// DetailFields returns what an office says of itself on its card, besides where
// its node is reached and which keys speak for it: the names of these fields of
// the Card.
func DetailFields() []protoreflect.Name {
	return []protoreflect.Name{"name", "languages", "duty_contacts", "hours", "units"}
}

// CheckDetails checks the [DetailFields] of a card before it is signed, as
// [ParseCard] does afterwards. It returns all problems; the text of each begins
// with the path of the field, such as units[2].hours.time_zone, and a colon.
func CheckDetails(m *spsv1.Card) (problems []error) {
	card := m.ProtoReflect().Descriptor().FullName()
	only := protovalidate.FilterFunc(func(in protoreflect.Message, d protoreflect.Descriptor) bool {
		return in.Descriptor().FullName() != card || slices.Contains(DetailFields(), d.Name())
	})
	err := protovalidate.Validate(m, protovalidate.WithFilter(only))
	var invalid *protovalidate.ValidationError
	switch {
	case errors.As(err, &invalid):
		for _, v := range invalid.Violations {
			problems = append(problems, errors.New(v.String()))
		}
	case err != nil:
		return []error{err}
	}
	c := &Card{message: m}
	for _, err := range []error{c.checkUnits(), c.checkZones()} {
		var several interface{ Unwrap() []error }
		if errors.As(err, &several) {
			problems = append(problems, several.Unwrap()...)
		}
	}
	return problems
}
