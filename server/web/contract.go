package web

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"

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
	maps.Copy(paths, more)
	if whole["paths"], err = json.Marshal(paths); err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	return json.Marshal(whole)
}
