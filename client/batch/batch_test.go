package batch_test

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/batch"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
)

func TestMain(m *testing.M) { os.Exit(drilltest.Main(m)) }

func items(n int) (all []batch.Item) {
	for i := range n {
		label := fmt.Sprintf("row %d", i)
		all = append(all, batch.Item{Label: label, RequestID: client.NameRequest("batch test", label), Statement: drilltest.Notification(label)})
	}
	return all
}

// collect issues items and returns the results by label.
func collect(t *testing.T, node *client.Client, from batch.Source) (map[string]batch.Result, error) {
	t.Helper()
	results := map[string]batch.Result{}
	err := batch.Issue(t.Context(), map[certs.Office]*client.Client{node.Office(): node}, from, 8, func(r batch.Result) {
		if _, twice := results[r.Label]; twice {
			t.Errorf("%s was reported twice", r.Label)
		}
		results[r.Label] = r
	})
	return results, err
}

func TestIssue(t *testing.T) {
	fed := drilltest.Start(t, drill.Options{Offices: []certs.Office{"VN"}})
	node := drilltest.Client(t, fed.Node("VN"), certs.RoleValidator)
	first, err := collect(t, node, batch.Items(items(50)...))
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != 50 {
		t.Errorf("%d results, want 50", len(first))
	}

	t.Run("again issues nothing again, and what cannot be taken holds up nothing", func(t *testing.T) {
		all := items(52)
		all[3].Statement = drilltest.Notification("another statement under an ID that was used")
		all[4] = batch.Item{Label: all[4].Label, Err: errors.New("line 5 has no subject")}
		all[50].Statement.Status = 0
		second, err := collect(t, node, batch.Items(all...))
		if err != nil {
			t.Fatal(err)
		}
		var e *client.Error
		if got := second["row 3"].Err; !errors.As(got, &e) || e.Reason != "ID_CONFLICT" {
			t.Errorf("another statement: %v, want ID_CONFLICT", got)
		}
		if got := second["row 4"].Err; !errors.Is(got, all[4].Err) {
			t.Errorf("no statement: %v, want %v", got, all[4].Err)
		}
		if got := second["row 50"].Err; !errors.As(got, &e) || e.Code != codes.InvalidArgument || len(e.Fields) == 0 {
			t.Errorf("an invalid statement: %v, want its fields", got)
		}
		for label, r := range second {
			if before := first[label].Issued; r.Issued != nil && before != nil && r.Issued.GetName() != before.GetName() {
				t.Errorf("%s was issued again as %s, want %s", label, r.Issued.GetName(), before.GetName())
			}
		}
		n, err := node.Node(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := n.GetSize(), uint64(1+51); got != want {
			t.Errorf("the log has %d entries, want %d: the card and 51 statements", got, want)
		}
	})

	t.Run("an officer may not", func(t *testing.T) {
		officer := drilltest.Client(t, fed.Node("VN"), certs.RoleOfficer)
		_, err := collect(t, officer, batch.Items(items(3)...))
		var e *client.Error
		if !errors.As(err, &e) || e.Code != codes.PermissionDenied {
			t.Errorf("error %v, want PermissionDenied", err)
		}
	})

	t.Run("an office that is not here", func(t *testing.T) {
		if _, err := collect(t, node, batch.Items(batch.Item{Label: "x", Office: "CN", Statement: drilltest.Notification("x")})); err == nil {
			t.Error("issued, want an error")
		}
	})
}

// chain is a source whose later rounds need the results of earlier ones.
type chain struct {
	left int
	last string
	told []string
}

func (c *chain) Rows() int { return c.left }

func (c *chain) Round() []batch.Item {
	if c.left == 0 {
		return nil
	}
	c.left--
	subject := "after " + c.last
	return []batch.Item{{Label: subject, RequestID: client.NewRequestID(), Statement: drilltest.Notification(subject)}}
}

func (c *chain) Done(r batch.Result) {
	c.last = r.Issued.GetReference()
	c.told = append(c.told, c.last)
}

func TestIssueInRounds(t *testing.T) {
	fed := drilltest.Start(t, drill.Options{Offices: []certs.Office{"VN"}})
	node := drilltest.Client(t, fed.Node("VN"), certs.RoleValidator)
	c := &chain{left: 3}
	results, err := collect(t, node, c)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.told) != 3 {
		t.Fatalf("the source was told of %q, want 3", c.told)
	}
	for _, earlier := range c.told[:2] {
		if _, ok := results["after "+earlier]; !ok {
			t.Errorf("nothing was made of %s, want something", earlier)
		}
	}
}
