package sample

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
)

// TestStatements holds that the files can be read, that the same items come
// every time, and that a caller's changes stay with the caller. Whether a node
// would issue them is tested in tests/realdata.
func TestStatements(t *testing.T) {
	items, again := Statements(), Statements()
	if len(items) < 60 || len(items) != len(again) {
		t.Fatalf("%d and %d items, want the same 60 or more", len(items), len(again))
	}
	for i, item := range items {
		s := item.Statement
		if item.Name != again[i].Name || item.RequestID != again[i].RequestID || !proto.Equal(s, again[i].Statement) {
			t.Errorf("%s is another item at the second time", item.Name)
		}
		if len(s.GetSalt()) > 0 || s.GetFederation() != "" || s.GetOffice() != "" || s.GetRequestId() != "" || s.GetIssuedBy() != nil {
			t.Errorf("%s has what the node fills in", item.Name)
		}
		if !strings.HasPrefix(item.Name, string(item.Office)+"/") {
			t.Errorf("%s is issued by %s", item.Name, item.Office)
		}
	}
	items[0].Statement.OnBehalfOf = "changed"
	if got := Statements()[0].Statement.GetOnBehalfOf(); got == "changed" {
		t.Error("a caller's change is seen by the next caller")
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"not YAML", "name: [", "yaml"},
		{"another key", "name: x\nexplanation: {}\n", "explanation"},
		{"another field", "name: odd\nstatement: {colour: red}\n", "odd: "},
		{"a key that is no text", "name: odd\nstatement: {1: red}\n", "odd: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := parse("VN", []byte(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error = %v, want one about %q", err, c.want)
			}
		})
	}
}
