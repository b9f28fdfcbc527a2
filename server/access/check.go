package access

import (
	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// Check returns every field rule of the contract that a request breaks. A
// Statement that is there is left out: package statement checks it, fields and
// law together. An error means that a rule itself does not compile or run.
func Check(request proto.Message) ([]Violation, error) {
	problems, err := statement.CheckFields(request, protovalidate.WithFilter(protovalidate.FilterFunc(notStatement)))
	if err != nil {
		return nil, err
	}
	return violationsOf(problems), nil
}

// CheckAll refuses a request for every field rule of [Check] that it breaks, and
// for what else was found wrong with it; it returns nil if that is nothing.
func CheckAll(request proto.Message, found statement.Problems) error {
	violations, err := Check(request)
	if err != nil {
		return err
	}
	if violations = append(violations, violationsOf(found)...); len(violations) > 0 {
		return Invalid(violations...)
	}
	return nil
}

// Problems refuses a request for problems that the law or the casebook found in
// it; there MUST be at least one.
func Problems(problems statement.Problems) *Refusal { return Invalid(violationsOf(problems)...) }

func violationsOf(problems statement.Problems) []Violation {
	violations := make([]Violation, len(problems))
	for i, p := range problems {
		violations[i] = Violation{Field: p.Field, Reason: p.Reason, Sentence: p.Sentence}
	}
	return violations
}

var statementName = (&spsv1.Statement{}).ProtoReflect().Descriptor().FullName()

func notStatement(m protoreflect.Message, d protoreflect.Descriptor) bool {
	field, ok := d.(protoreflect.FieldDescriptor)
	return !ok || field.Message() == nil || field.Message().FullName() != statementName || !m.Has(field)
}
