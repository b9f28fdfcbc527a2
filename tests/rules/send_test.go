package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// send sends a request of a method over REST and returns the violations that it
// is refused with, in a language, in the order of [told]. It is false if the
// request has no path, for want of a name.
func (w *web) send(t *testing.T, m method, request proto.Message, language string) (violations []violation, ok bool) {
	t.Helper()
	verb, target, body, ok := transcode(t, m, request)
	if !ok {
		return nil, false
	}
	for {
		req, err := http.NewRequestWithContext(t.Context(), verb, w.url+target, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", w.bearer)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept-Language", language)
		resp, err := w.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode == http.StatusTooManyRequests { // faster than a person may
			<-time.After(time.Second)
			continue
		}
		return violationsOf(t, resp.StatusCode, answer), true
	}
}

// violationsOf reads a problem that says what is wrong with a request.
func violationsOf(t *testing.T, status int, answer []byte) []violation {
	t.Helper()
	var problem struct {
		Reason     string
		Violations []struct{ Field, Reason, Sentence string }
	}
	if err := json.Unmarshal(answer, &problem); err != nil || status != http.StatusBadRequest || problem.Reason != "INVALID" {
		t.Fatalf("REST: %d %s (%v), want 400 INVALID", status, answer, err)
	}
	var all []violation
	for _, v := range problem.Violations {
		all = append(all, violation{v.Field, v.Reason, v.Sentence})
	}
	return sorted(all)
}

var variable = regexp.MustCompile(`\{([^=}]+)=([^}]*)\}`)

// transcode writes a request as the contract says that REST has it: names in the
// path, the body, and all else as parameters.
func transcode(t *testing.T, m method, request proto.Message) (verb, target string, body []byte, ok bool) {
	t.Helper()
	rule, _ := proto.GetExtension(m.Options(), annotations.E_Http).(*annotations.HttpRule)
	var pattern string
	for _, way := range []struct{ verb, pattern string }{
		{http.MethodGet, rule.GetGet()}, {http.MethodPost, rule.GetPost()}, {http.MethodPatch, rule.GetPatch()}, {http.MethodDelete, rule.GetDelete()},
	} {
		if way.pattern != "" {
			verb, pattern = way.verb, way.pattern
		}
	}
	rest, ok := proto.Clone(request), true
	target = variable.ReplaceAllStringFunc(pattern, func(text string) string {
		found := variable.FindStringSubmatch(text)
		value := taken(rest.ProtoReflect(), found[1])
		ok = ok && value != "" && strings.Count(value, "/") == strings.Count(found[2], "/")
		return value
	})
	var fields map[string]json.RawMessage
	text, err := protojson.Marshal(rest)
	if err == nil {
		err = json.Unmarshal(text, &fields)
	}
	if err != nil {
		t.Fatal(err)
	}
	switch rule.GetBody() {
	case "*":
		return verb, target, text, ok
	case "":
		// A value without a name has no place in a parameter: it is refused before.
		request.ProtoReflect().Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			unnamed := func(v protoreflect.Value) bool { return f.Enum().Values().ByNumber(v.Enum()) == nil }
			switch {
			case f.Enum() == nil:
			case f.IsList():
				for i := range v.List().Len() {
					ok = ok && !unnamed(v.List().Get(i))
				}
			case unnamed(v):
				ok = false
			}
			return true
		})
	default:
		body = fields[rule.GetBody()]
		delete(fields, rule.GetBody())
	}
	return verb, target + "?" + parameters(t, fields).Encode(), body, ok
}

// taken returns the text at the path of a field, and takes it out.
func taken(m protoreflect.Message, path string) string {
	name, rest, more := strings.Cut(path, ".")
	f := m.Descriptor().Fields().ByName(protoreflect.Name(name))
	if more {
		if !m.Has(f) {
			return ""
		}
		return taken(m.Mutable(f).Message(), rest)
	}
	value := m.Get(f).String()
	m.Clear(f)
	return value
}

// parameters writes fields as those of a URL.
func parameters(t *testing.T, fields map[string]json.RawMessage) url.Values {
	t.Helper()
	all := make(url.Values)
	for name, text := range fields {
		var value any
		if err := json.Unmarshal(text, &value); err != nil {
			t.Fatal(err)
		}
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		for _, one := range list {
			all.Add(name, fmt.Sprint(one))
		}
	}
	return all
}
