// Package drilltest finds the programs or builds them once for the tests of a package,
// runs federations of it, and makes statements to issue.
package drilltest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/drill"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// binary is the node's program, which Main finds.
var binary string

// Main finds or builds the node's program, and runs the tests of a package. TestMain
// hands its result to os.Exit.
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "spsd-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	folder, err := Programs(dir, "spsd")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	binary = filepath.Join(folder, "spsd")
	return m.Run()
}

// Binary returns the path of the node's program.
func Binary() string { return binary }

// Start runs a federation until the end of the test, in a folder of the test.
// If the test fails, the end of each node's log is shown.
func Start(t *testing.T, opts drill.Options) *drill.Federation {
	t.Helper()
	opts.Binary, opts.Dir = binary, t.TempDir()
	fed, err := drill.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The processes end with the test's context, which is done by now.
		if err := fed.Close(); err != nil {
			t.Errorf("stop the federation: %v", err)
		}
		if t.Failed() {
			for _, n := range fed.Nodes() {
				t.Logf("the end of the log of %s:\n%s", n.Office(), end(n.Log()))
			}
		}
	})
	return fed
}

// Client connects to a node, until the end of the test.
func Client(t *testing.T, n *drill.Node, role certs.Role) *client.Client {
	t.Helper()
	c, err := n.Client(t.Context(), role)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close the connection to %s: %v", n.Office(), err)
		}
	})
	return c
}

// Notification returns a small notification about a pest in mango, for the
// offices named, or for everyone.
func Notification(subject string, to ...certs.Office) *spsv1.Statement {
	s := &spsv1.Statement{
		Status:   spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL,
		Handling: spsv1.Handling_HANDLING_NETWORK,
		Network:  len(to) == 0,
		Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{
			Classification: spsv1.Classification_CLASSIFICATION_BORDER_REJECTION,
			Type:           spsv1.NotificationType_NOTIFICATION_TYPE_PLANT,
			Subject:        []*spsv1.LocalizedText{{Lang: "en", Text: subject}},
			Products: []*spsv1.Product{{
				Id: "p1", Name: []*spsv1.LocalizedText{{Lang: "en", Text: "mango"}},
				CommodityCodes: []*spsv1.Coding{{System: "hs", Code: "080450"}},
			}},
			Findings: []*spsv1.Finding{{
				Id: "f1", Organism: &spsv1.Organism{Taxon: &spsv1.Taxon{ScientificName: "Bactrocera dorsalis"}},
			}},
		}},
	}
	if len(to) > 0 {
		s.Handling = spsv1.Handling_HANDLING_ADDRESSEES_ONLY
	}
	for _, office := range to {
		s.Addressees = append(s.Addressees, &spsv1.Addressee{
			Office: string(office), Roles: []spsv1.AddresseeRole{spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN},
		})
	}
	return s
}

func end(path string) []byte {
	const most = 4 << 10
	data, err := os.ReadFile(path)
	if err != nil {
		return []byte(err.Error())
	}
	return data[max(0, len(data)-most):]
}
