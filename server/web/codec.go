package web

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/httpbody"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/server/access"
)

// shape is how every message is written.
var shape = protojson.MarshalOptions{EmitUnpopulated: true}

// toJSON writes a message on one line. protojson spaces its output differently
// from build to build, so that nobody relies on it; a digest of an answer does.
func toJSON(m proto.Message) ([]byte, error) {
	text, err := shape.Marshal(m)
	if err != nil {
		return nil, err
	}
	var line bytes.Buffer
	if err := json.Compact(&line, text); err != nil {
		return nil, err
	}
	return line.Bytes(), nil
}

// codec reads requests and writes answers.
type codec struct{ *runtime.JSONPb }

func newCodec() *codec {
	return &codec{&runtime.JSONPb{MarshalOptions: shape}} // unknown fields are refused, by default
}

// Marshal writes a message, or an item of a stream without what the gateway
// puts around it: the stream's writer does that.
func (c *codec) Marshal(v any) ([]byte, error) {
	switch v := v.(type) {
	case *httpbody.HttpBody: // a file, as it is
		return v.GetData(), nil
	case proto.Message:
		return toJSON(v)
	case map[string]any:
		return c.Marshal(v["result"])
	case map[string]proto.Message:
		if st, ok := v["error"].(*spb.Status); ok {
			return toJSON(problemOf(status.FromProto(st)))
		}
	}
	return c.JSONPb.Marshal(v)
}

// ContentType returns the type of an answer, or of the error that a stream
// begins with.
func (c *codec) ContentType(v any) string {
	switch v := v.(type) {
	case *httpbody.HttpBody:
		return v.GetContentType()
	case map[string]proto.Message:
		return problemType
	}
	return "application/json"
}

// Delimiter returns nothing: what stands between records is for their writer.
func (c *codec) Delimiter() []byte { return nil }

// NewDecoder returns a decoder of one message. If it fails it leaves with the
// body what the caller is to be told.
func (c *codec) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		text, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(text)) == 0 {
			return io.EOF // which the gateway takes for an empty message
		}
		err = c.Unmarshal(text, v)
		if b, ok := r.(*body); ok && err != nil {
			b.refusal = unreadable(text, v, err)
		}
		return err
	})
}

// unreadable says why a body is not the message that it should be: everything
// in it that the message cannot take, or else what the decoder says.
func unreadable(text []byte, v any, err error) *access.Refusal {
	if m := messageOf(v); m != nil {
		if found := misfits(text, m.ProtoReflect().Descriptor()); len(found) > 0 {
			return access.Invalid(found...)
		}
	}
	_, why, found := strings.Cut(err.Error(), "proto:")
	if !found {
		why = err.Error()
	}
	why = strings.TrimLeft(why, " \u00a0")
	return access.Invalid(access.Violation{Reason: "JSON", Sentence: "the body is not what /openapi.json describes: " + why})
}

// messageOf returns a message of the type that is decoded into v, or nil: v is
// a message, or points at a field of the request that holds one.
func messageOf(v any) proto.Message {
	if m, ok := v.(proto.Message); ok {
		return m
	}
	if t := reflect.TypeOf(v); t.Kind() == reflect.Pointer {
		m, _ := reflect.Zero(t.Elem()).Interface().(proto.Message)
		return m
	}
	return nil
}
