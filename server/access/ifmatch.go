package access

import (
	"context"
	"strings"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// ifMatchKey is the metadata by which a caller says which version of a resource
// it means, as the header If-Match does.
const ifMatchKey = "if-match"

// Versioned reports whether a request can say which version of a resource it
// means: in its own etag, or in that of the resource that it carries.
func Versioned(request protoreflect.MessageDescriptor) bool {
	_, at := etagOf(request)
	return at != nil
}

// etagOf returns the field that holds the etag of a request, and the field of
// the resource that it is in; nil if it is the request's own.
func etagOf(request protoreflect.MessageDescriptor) (in, at protoreflect.FieldDescriptor) {
	fields := request.Fields()
	if own := fields.ByName("etag"); own != nil {
		return nil, own
	}
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.Message() == nil || f.IsList() || f.IsMap() {
			continue
		}
		if inner := f.Message().Fields().ByName("etag"); inner != nil {
			return f, inner
		}
	}
	return nil, nil
}

// takeIfMatch puts the version that the metadata of a call names into a request
// that names none. One that names another is left as it is: the service says
// what it thinks of that one.
func takeIfMatch(ctx context.Context, request proto.Message) {
	md, _ := metadata.FromIncomingContext(ctx)
	given := md.Get(ifMatchKey)
	if len(given) != 1 || given[0] == "*" {
		return
	}
	in, at := etagOf(request.ProtoReflect().Descriptor())
	if at == nil || at.Kind() != protoreflect.StringKind {
		return
	}
	m := request.ProtoReflect()
	if in != nil {
		if !m.Has(in) {
			return
		}
		m = m.Mutable(in).Message()
	}
	if !m.Has(at) {
		m.Set(at, protoreflect.ValueOfString(strings.Trim(strings.TrimSpace(given[0]), `"`)))
	}
}
