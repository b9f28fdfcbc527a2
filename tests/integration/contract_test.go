package integration

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"reflect"
	"strings"
	"testing"
)

// contract is what the OpenAPI file says, as far as a client needs it.
type contract struct {
	Paths map[string]map[string]struct {
		Parameters []struct {
			Name, In string
			Schema   schema
		}
		Responses map[string]struct{ Schema schema }
	}
	Definitions map[string]schema
}

// schema describes a value.
type schema struct {
	Ref        string `json:"$ref"`
	Type       string
	Enum       []string
	Items      *schema
	Properties map[string]schema
}

func readContract(t *testing.T) *contract {
	t.Helper()
	text, err := os.ReadFile("../../gen/openapi/sps.swagger.json")
	if err != nil {
		t.Fatal(err)
	}
	c := new(contract)
	if err := json.Unmarshal(text, c); err != nil {
		t.Fatal(err)
	}
	return c
}

// request checks a request: the path is there with the method, takes all
// parameters, and its body has only fields that are described.
func (c *contract) request(method, template string, parameters map[string]string, body any) error {
	operation, ok := c.Paths[template][strings.ToLower(method)]
	if !ok {
		return fmt.Errorf("the contract has no %s %s", method, template)
	}
	left := maps.Clone(parameters)
	for _, p := range operation.Parameters {
		delete(left, p.Name)
		if p.In == "body" && body != nil {
			if err := c.value(p.Schema, body, "body"); err != nil {
				return err
			}
			body = nil
		}
	}
	if len(left) > 0 || body != nil {
		return fmt.Errorf("the contract of %s %s has no parameters %v, or takes no body", method, template, left)
	}
	return nil
}

// resolve follows a reference.
func (c *contract) resolve(s schema) schema {
	if s.Ref == "" {
		return s
	}
	return c.Definitions[path.Base(s.Ref)]
}

// value checks that a value that is sent has only what its schema has.
func (c *contract) value(s schema, v any, at string) error {
	s = c.resolve(s)
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			p, ok := s.Properties[name]
			if !ok {
				return fmt.Errorf("the contract has no field %s.%s", at, name)
			}
			if err := c.value(p, member, at+"."+name); err != nil {
				return err
			}
		}
	case []any:
		if s.Items == nil {
			return fmt.Errorf("%s is no list in the contract", at)
		}
		for _, item := range v {
			if err := c.value(*s.Items, item, at); err != nil {
				return err
			}
		}
	case string:
		if len(s.Enum) > 0 && !strings.Contains(" "+strings.Join(s.Enum, " ")+" ", " "+v+" ") {
			return fmt.Errorf("%s has no value %s in the contract", at, v)
		}
	}
	return nil
}

// answer checks that every field of a struct that answers are read into is in
// the answer of an operation.
func (c *contract) answer(method, template string, into any) error {
	operation, ok := c.Paths[template][strings.ToLower(method)]
	if !ok {
		return fmt.Errorf("the contract has no %s %s", method, template)
	}
	return c.fields(operation.Responses["200"].Schema, reflect.TypeOf(into), template)
}

func (c *contract) fields(s schema, t reflect.Type, at string) error {
	s = c.resolve(s)
	switch t.Kind() {
	case reflect.Pointer:
		return c.fields(s, t.Elem(), at)
	case reflect.Slice:
		if s.Items == nil {
			return fmt.Errorf("%s is no list in the contract", at)
		}
		return c.fields(*s.Items, t.Elem(), at)
	case reflect.Struct:
		for f := range t.Fields() {
			name := f.Tag.Get("json")
			p, ok := s.Properties[name]
			if !ok {
				return fmt.Errorf("the contract has no field %s.%s", at, name)
			}
			if err := c.fields(p, f.Type, at+"."+name); err != nil {
				return err
			}
		}
	}
	return nil
}

// TestContractCanFail holds that the checks above find what is not there.
func TestContractCanFail(t *testing.T) {
	c := readContract(t)
	for name, err := range map[string]error{
		"path":      c.request("GET", "/v1/offices/{office}/nothing", nil, nil),
		"method":    c.request("DELETE", pollPath, nil, nil),
		"parameter": c.request("GET", pollPath, map[string]string{"colour": "red"}, nil),
		"field":     c.request("POST", issuePath, nil, map[string]any{"statement": map[string]any{"colour": "red"}}),
		"enum":      c.request("POST", issuePath, nil, map[string]any{"statement": map[string]any{"status": "PERHAPS"}}),
		"answer": c.answer("GET", pollPath, struct {
			Colour string `json:"colour"`
		}{}),
	} {
		if err == nil {
			t.Errorf("an unknown %s is in the contract, want an error", name)
		}
	}
}
