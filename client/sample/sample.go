// Package sample holds notifications that this project wrote itself from facts
// about the trade, for demonstrations and tests. Firms, codes of growing areas
// and packing houses, certificates and containers in them are invented.
//
// They are in one YAML file per issuing office. Under `statement` each has the
// names of proto3 JSON, so that it can be copied, changed and issued by hand.
package sample

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

//go:embed *.yaml
var files embed.FS

// Item is one notification and who issues it.
type Item struct {
	// Name tells the item from the others, for example "CN/mango-fruit-fly".
	Name string
	// Office is whose node issues it.
	Office certs.Office
	// RequestID follows from the name, so that it is issued once only.
	RequestID string
	Statement *spsv1.Statement
}

// Statements returns all items: the first of each office, then the second, and
// so on. The caller may change them. What a node fills in at issue (salt,
// federation, office, request ID, issuing person, card numbers) is left empty.
func Statements() []Item {
	all, err := load()
	if err != nil {
		// The files are part of the program, and its tests read them all.
		panic(fmt.Sprintf("sample: %v", err))
	}
	return all
}

// load reads all files.
func load() ([]Item, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var offices [][]Item
	longest := 0
	for _, entry := range entries {
		data, err := files.ReadFile(entry.Name())
		if err != nil {
			return nil, err
		}
		items, err := parse(certs.Office(strings.TrimSuffix(entry.Name(), ".yaml")), data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Name(), err)
		}
		offices = append(offices, items)
		longest = max(longest, len(items))
	}
	var all []Item
	for i := range longest {
		for _, items := range offices {
			if i < len(items) {
				all = append(all, items[i])
			}
		}
	}
	return all, nil
}

// parse reads the file of one office: YAML documents, each with a name and a
// statement.
func parse(office certs.Office, data []byte) ([]Item, error) {
	var items []Item
	in := yaml.NewDecoder(bytes.NewReader(data))
	in.KnownFields(true)
	for {
		var document struct {
			Name      string `yaml:"name"`
			Statement any    `yaml:"statement"`
		}
		if err := in.Decode(&document); errors.Is(err, io.EOF) {
			return items, nil
		} else if err != nil {
			return nil, err
		}
		text, err := json.Marshal(document.Statement)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", document.Name, err)
		}
		s := new(spsv1.Statement)
		if err := protojson.Unmarshal(text, s); err != nil {
			return nil, fmt.Errorf("%s: %w", document.Name, err)
		}
		name := string(office) + "/" + document.Name
		items = append(items, Item{
			Name: name, Office: office, RequestID: client.NameRequest("sample", name), Statement: s,
		})
	}
}
