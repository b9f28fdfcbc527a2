package access

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/certs/seal/evidence"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// told are the messages that show a statement, what one says of a code or
// announces, or a file that belongs to one.
var told = map[protoreflect.FullName]bool{
	(&spsv1.IssuedStatement{}).ProtoReflect().Descriptor().FullName():  true,
	(&spsv1.DownloadHeader{}).ProtoReflect().Descriptor().FullName():   true,
	(&spsv1.CodeStatement{}).ProtoReflect().Descriptor().FullName():    true,
	(&spsv1.HeldAnnouncement{}).ProtoReflect().Descriptor().FullName(): true,
}

// restricted returns the names of the statements and files in an answer that
// are not for the whole network. It finds them in any message of the contract,
// so that a method that is added later is audited like the others.
func restricted(answer proto.Message) []string {
	var names []string
	restrictedIn(answer.ProtoReflect(), &names)
	seen := make(map[string]bool, len(names))
	return slices.DeleteFunc(names, func(name string) bool {
		again := seen[name]
		seen[name] = true
		return again
	})
}

// evidenceOf returns the name of the statement of which somebody is given
// evidence, and those of the restricted statements in the bundle. It is a file
// to be carried away, so what was asked for is named though it be for the whole
// network.
func evidenceOf(request, answer proto.Message) ([]string, error) {
	asked, _ := request.(*spsv1.GetEvidenceRequest)
	file, ok := answer.(*httpbody.HttpBody)
	if !ok {
		return nil, fmt.Errorf("audit of evidence: the answer is a %T", answer)
	}
	bundle, err := evidence.Parse(file.GetData())
	if err != nil {
		return nil, fmt.Errorf("audit of evidence: %w", err)
	}
	names := []string{strings.TrimSuffix(asked.GetName(), "/evidence")}
	for _, e := range append([]evidence.Entry{bundle.Statement}, bundle.Case...) {
		leaf, err := seal.ParseLeaf(e.Leaf)
		if err != nil {
			return nil, fmt.Errorf("audit of evidence: %w", err)
		}
		o, err := certs.ParseOrigin(leaf.GetOrigin())
		if err != nil {
			return nil, fmt.Errorf("audit of evidence: %w", err)
		}
		name := fmt.Sprintf("offices/%s/statements/%d-%d", o.Office, o.Epoch, leaf.GetSequence())
		if !leaf.GetAudience().GetNetwork() && name != names[0] {
			names = append(names, name)
		}
	}
	return names, nil
}

func restrictedIn(m protoreflect.Message, names *[]string) {
	if told[m.Descriptor().FullName()] {
		// By interface, since the answer may be of another Go type.
		s, ok := m.Interface().(interface {
			GetName() string
			GetAudience() *spsv1.Audience
		})
		if ok && s.GetName() != "" && !s.GetAudience().GetNetwork() {
			*names = append(*names, s.GetName())
		}
		said, ok := m.Interface().(interface {
			GetSaid() *spsv1.Mark
			GetRestricted() bool
		})
		if ok && said.GetRestricted() {
			*names = append(*names, said.GetSaid().GetStatement())
		}
		return
	}
	for _, field := range waysTo(m.Descriptor()) {
		switch v := m.Get(field); {
		case !m.Has(field):
		case field.IsList():
			for i := range v.List().Len() {
				restrictedIn(v.List().Get(i).Message(), names)
			}
		default:
			restrictedIn(v.Message(), names)
		}
	}
}

// ways holds, by message, the fields that lead to one of told.
var ways sync.Map // protoreflect.FullName → []protoreflect.FieldDescriptor

func waysTo(d protoreflect.MessageDescriptor) []protoreflect.FieldDescriptor {
	if known, ok := ways.Load(d.FullName()); ok {
		return known.([]protoreflect.FieldDescriptor)
	}
	var fields []protoreflect.FieldDescriptor
	for i := range d.Fields().Len() {
		if f := d.Fields().Get(i); leads(f, map[protoreflect.FullName]bool{}) {
			fields = append(fields, f)
		}
	}
	ways.Store(d.FullName(), fields)
	return fields
}

// leads reports whether one of told can be found under a field. Maps of
// the contract hold none.
func leads(f protoreflect.FieldDescriptor, seen map[protoreflect.FullName]bool) bool {
	d := f.Message()
	switch {
	case d == nil || f.IsMap() || seen[d.FullName()]:
		return false
	case told[d.FullName()]:
		return true
	}
	seen[d.FullName()] = true
	for i := range d.Fields().Len() {
		if leads(d.Fields().Get(i), seen) {
			return true
		}
	}
	return false
}
