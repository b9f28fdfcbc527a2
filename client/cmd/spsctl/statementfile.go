package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// maxStatementFile is the largest file that is read as a statement; the
// envelope that is made of it has at most 256 KiB.
const maxStatementFile = 4 << 20

// readStatement reads a statement from a YAML or JSON file, "-" for standard
// input, with the names of proto3 JSON; a draft or an issued statement as get
// prints it will do. Where it names an entry or a case, a reference is enough.
func (a *app) readStatement(path string, refer referrer) (*spsv1.Statement, error) {
	s := &spsv1.Statement{}
	err := a.readMessage(path, s, refer)
	if err != nil {
		return nil, err
	}
	if err = refer.complete(s); err != nil {
		if _, answered := answer(err); answered {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return nil, invalidError{fmt.Errorf("%s: %w", path, err)}
	}
	return s, nil
}

// readMessage reads a message from a YAML or JSON file, "-" for standard input,
// as readStatement does.
func (a *app) readMessage(path string, m proto.Message, refer referrer) error {
	data, err := a.readInput(path)
	if err != nil {
		return err
	}
	err = parseMessage(data, m, refer)
	if err == nil {
		return nil
	}
	if _, answered := answer(err); answered {
		return fmt.Errorf("%s: %w", path, err)
	}
	return invalidError{fmt.Errorf("%s: %w", path, err)}
}

// readInput reads a file that a person wrote, "-" for standard input.
func (a *app) readInput(path string) ([]byte, error) {
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
	return data, nil
}

// parseMessage parses a message in YAML, of which JSON is a part. Names that it
// does not know, and values of lists that there are not, are refused, all of
// them at once.
func parseMessage(data []byte, m proto.Message, refer referrer) error {
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return err
	}
	if len(document.Content) == 0 {
		return errors.New("the file is empty")
	}
	said := document.Content[0]
	if _, is := m.(*spsv1.Statement); is {
		said = statementIn(said)
	}
	text, err := toProtoJSON(said, m.ProtoReflect().Descriptor(), refer)
	if err != nil {
		return err
	}
	if err := protojson.Unmarshal(text, m); err != nil {
		return plainError(err)
	}
	return nil
}

// statementIn returns what a document says of a statement: the whole of it, or
// what stands under "statement" in a draft or an issued statement, as get prints
// them with -o yaml and -o json.
func statementIn(document *yaml.Node) *yaml.Node {
	if document.Kind != yaml.MappingNode {
		return document
	}
	for i := 0; i+1 < len(document.Content); i += 2 {
		if document.Content[i].Value == "statement" {
			return document.Content[i+1]
		}
	}
	return document
}

// plainError takes off what protojson puts before its errors, which differs
// from build to build.
func plainError(err error) error {
	text := strings.ReplaceAll(err.Error(), "\u00a0", " ")
	return errors.New(strings.TrimPrefix(text, "proto: "))
}
