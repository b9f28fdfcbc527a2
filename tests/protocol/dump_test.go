package protocol

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// A dump writes the bytes of a message field by field, sixteen to a line, with
// what they mean beside them.
type dump struct {
	t     testing.TB
	lines [][2]string // bytes, meaning
}

// inside are the messages that stand in fields of bytes.
var inside = map[protoreflect.FullName]proto.Message{
	"sps.v1.Envelope.payload": (*spsv1.Statement)(nil),
	"sps.v1.SignedCard.card":  (*spsv1.Card)(nil),
	"sps.v1.Seal.leaf":        (*spsv1.Leaf)(nil),
}

// dumped returns the lines of a block.
func dumped(t testing.TB, m proto.Message, b []byte) string {
	t.Helper()
	d := &dump{t: t}
	d.message(m.ProtoReflect().Descriptor(), b, "")
	return d.String()
}

// plain returns bytes without meaning, sixteen to a line.
func plain(b []byte) string {
	d := &dump{}
	d.add("", b, "")
	return d.String()
}

func (d *dump) add(indent string, b []byte, meaning string) {
	for {
		n := min(16, len(b))
		d.lines = append(d.lines, [2]string{indent + fmt.Sprintf("% x", b[:n]), meaning})
		if b, meaning = b[n:], ""; len(b) == 0 {
			return
		}
	}
}

func (d *dump) String() string {
	width := 0
	for _, l := range d.lines {
		width = max(width, len(l[0]))
	}
	var s strings.Builder
	for _, l := range d.lines {
		if l[1] == "" {
			s.WriteString(l[0] + "\n")
			continue
		}
		fmt.Fprintf(&s, "%-*s  # %s\n", width, l[0], l[1])
	}
	return s.String()
}

func (d *dump) message(md protoreflect.MessageDescriptor, b []byte, indent string) {
	d.t.Helper()
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		size := n + max(0, protowire.ConsumeFieldValue(num, typ, b[n:]))
		fd := md.Fields().ByNumber(num)
		if n < 0 || size == n || fd == nil {
			d.t.Fatalf("%s: field %d is unknown or does not parse", md.FullName(), num)
		}
		d.field(fd, b[:size], n, indent)
		b = b[size:]
	}
}

// field writes one field; its tag has n bytes.
func (d *dump) field(fd protoreflect.FieldDescriptor, b []byte, n int, indent string) {
	name := string(fd.Name())
	if fd.Kind() != protoreflect.MessageKind && fd.Kind() != protoreflect.BytesKind && fd.Kind() != protoreflect.StringKind && !fd.IsPacked() {
		v, _ := protowire.ConsumeVarint(b[n:])
		d.add(indent, b, name+" = "+number(fd, v))
		return
	}
	value, _ := protowire.ConsumeBytes(b[n:])
	head := b[:len(b)-len(value)]
	md := fd.Message()
	if m, ok := inside[fd.FullName()]; ok {
		md = m.ProtoReflect().Descriptor()
		name += " (" + string(md.Name()) + ")"
	}
	switch {
	case fd.IsPacked():
		var list []string
		for len(value) > 0 {
			v, n := protowire.ConsumeVarint(value)
			list, value = append(list, number(fd, v)), value[n:]
		}
		d.add(indent, b, fmt.Sprintf("%s = [%s]", name, strings.Join(list, "; ")))
	case md != nil:
		d.add(indent, head, fmt.Sprintf("%s, %d bytes%s", name, len(value), instant(md, value)))
		if len(value) > 0 {
			d.message(md, value, indent+"  ")
		}
	case fd.Kind() == protoreflect.StringKind:
		d.add(indent, b, fmt.Sprintf("%s = %q", name, value))
	case len(b) <= 16:
		d.add(indent, b, fmt.Sprintf("%s, %d bytes", name, len(value)))
	default:
		d.add(indent, head, fmt.Sprintf("%s, %d bytes", name, len(value)))
		d.add(indent+"  ", value, "")
	}
}

func number(fd protoreflect.FieldDescriptor, v uint64) string {
	if fd.Kind() == protoreflect.EnumKind {
		if e := fd.Enum().Values().ByNumber(protoreflect.EnumNumber(v)); e != nil {
			return fmt.Sprintf("%d, %s", v, e.Name())
		}
	}
	if fd.Kind() == protoreflect.BoolKind {
		return fmt.Sprint(v != 0)
	}
	return fmt.Sprint(v)
}

// instant says what a timestamp means, and nothing about other messages.
func instant(md protoreflect.MessageDescriptor, b []byte) string {
	var ts timestamppb.Timestamp
	if md.FullName() != ts.ProtoReflect().Descriptor().FullName() || proto.Unmarshal(b, &ts) != nil {
		return ""
	}
	return ": " + ts.AsTime().Format(time.RFC3339Nano)
}
