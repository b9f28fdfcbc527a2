package web

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/spsalert/spsalert/gen/openapi"
)

// attachmentPaths are the paths of the contract whose bodies are files. The
// generator knows nothing but JSON.
//
//go:embed attachments.json
var attachmentPaths []byte

// contract returns the OpenAPI description with the paths of attachments.
func contract() ([]byte, error) {
	var whole, paths, more map[string]json.RawMessage
	err := json.Unmarshal(openapi.JSON, &whole)
	if err == nil {
		err = json.Unmarshal(whole["paths"], &paths)
	}
	if err == nil {
		err = json.Unmarshal(attachmentPaths, &more)
	}
	if err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	for path, methods := range more {
		if paths[path], err = joined(paths[path], methods); err != nil {
			return nil, fmt.Errorf("contract of %s: %w", path, err)
		}
	}
	if whole["paths"], err = json.Marshal(paths); err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	return json.Marshal(whole)
}

// joined returns the methods of a path that both have.
func joined(one, other json.RawMessage) (json.RawMessage, error) {
	methods := make(map[string]json.RawMessage)
	for _, some := range []json.RawMessage{one, other} {
		if some == nil {
			continue
		}
		if err := json.Unmarshal(some, &methods); err != nil {
			return nil, err
		}
	}
	return json.Marshal(methods)
}
