package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// maxStatementFile is the largest file that is read as a statement; the
// envelope that is made of it has at most 256 KiB.
const maxStatementFile = 4 << 20

// readStatement reads a statement from a YAML or JSON file, "-" for standard
// input, with the names of proto3 JSON. Where it names an entry or a case, a
// reference is enough.
func (a *app) readStatement(path string, refer referrer) (*spsv1.Statement, error) {
	in := a.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxStatementFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxStatementFile {
		return nil, invalidError{fmt.Errorf("%s is larger than %d bytes", path, maxStatementFile)}
	}
	s, err := parseStatement(data, refer)
	if err == nil {
		err = refer.complete(s)
	}
	if _, answered := answer(err); answered {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err != nil {
		return nil, invalidError{fmt.Errorf("%s: %w", path, err)}
	}
	return s, nil
}

// parseStatement parses a statement in YAML, of which JSON is a part. Names
// that it does not know, and values of lists that there are not, are refused,
// all of them at once.
func parseStatement(data []byte, refer referrer) (*spsv1.Statement, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, err
	}
	if len(document.Content) == 0 {
		return nil, errors.New("the file is empty")
	}
	s := &spsv1.Statement{}
	text, err := toProtoJSON(document.Content[0], s.ProtoReflect().Descriptor(), refer)
	if err != nil {
		return nil, err
	}
	if err := protojson.Unmarshal(text, s); err != nil {
		return nil, plainError(err)
	}
	return s, nil
}

// plainError takes off what protojson puts before its errors, which differs
// from build to build.
func plainError(err error) error {
	text := strings.ReplaceAll(err.Error(), "\u00a0", " ")
	return errors.New(strings.TrimPrefix(text, "proto: "))
}
