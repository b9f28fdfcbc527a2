package access

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// validator compiles the field rules of a message when it first sees its type.
var validator = sync.OnceValues(func() (protovalidate.Validator, error) { return protovalidate.New() })

// Check returns every field rule of the contract that a request breaks. A
// Statement that is there is left out: package statement checks it, fields and
// law together. An error means that a rule itself does not compile or run.
func Check(request proto.Message) ([]Violation, error) {
	v, err := validator()
	if err == nil {
		err = v.Validate(request, protovalidate.WithFilter(protovalidate.FilterFunc(notStatement)))
	}
	var broken *protovalidate.ValidationError
	switch {
	case err == nil:
		return nil, nil
	case !errors.As(err, &broken):
		return nil, fmt.Errorf("field rules of %s: %w", request.ProtoReflect().Descriptor().FullName(), err)
	}
	violations := make([]Violation, len(broken.Violations))
	for i, b := range broken.Violations {
		violations[i] = Violation{
			Field:    protovalidate.FieldPathString(b.Proto.GetField()),
			Reason:   strings.ToUpper(strings.ReplaceAll(b.Proto.GetRuleId(), ".", "_")),
			Sentence: sentence(b),
		}
	}
	return violations, nil
}

// sentence says what to do about a broken rule.
func sentence(b *protovalidate.Violation) string {
	switch b.Proto.GetRuleId() {
	case "required", "enum.not_in":
		return "give a value"
	case "string.uuid", "string.uuid_empty":
		return "give a UUID such as 0a3c1d2e-5b6f-4a7b-8c9d-0e1f2a3b4c5d"
	case "string.pattern":
		return "write it to fit " + b.RuleValue.String()
	case "enum.defined_only":
		return "give one of the values that this version of the contract defines"
	}
	return b.Proto.GetMessage()
}

var statementName = (&spsv1.Statement{}).ProtoReflect().Descriptor().FullName()

func notStatement(m protoreflect.Message, d protoreflect.Descriptor) bool {
	field, ok := d.(protoreflect.FieldDescriptor)
	return !ok || field.Message() == nil || field.Message().FullName() != statementName || !m.Has(field)
}
