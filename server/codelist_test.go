package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestCodeListsAreReloaded puts files of a list into the folder of a node that
// runs: a good one is in force without a restart, a bad one takes nothing away.
func TestCodeListsAreReloaded(t *testing.T) {
	w := newWorld(t, "VN")
	w.codes = t.TempDir()
	n := w.start("VN")
	client := spsv1.NewCodeServiceClient(n.as(certs.RoleExporter, "co-op"))
	put := func(text string, at int64) {
		t.Helper()
		path := filepath.Join(w.codes, "hs@2022.csv")
		if err := os.WriteFile(path, []byte("hscode,description,parent\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Unix(at, 0), time.Unix(at, 0)); err != nil {
			t.Fatal(err)
		}
		_ = n.Reload(t.Context()) // whose error is seen in the fault
	}
	meaning := func() (display, fault string) {
		t.Helper()
		lists, err := client.ListCodeLists(t.Context(), &spsv1.ListCodeListsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lists.GetCodeLists() {
			if l.GetSystem() == "hs" {
				fault = l.GetFault()
			}
		}
		c, err := client.GetCode(t.Context(), &spsv1.GetCodeRequest{Name: "codeLists/hs/codes/01"})
		if err != nil {
			t.Fatal(err)
		}
		return c.GetDisplay(), fault
	}
	if got, fault := meaning(); got != "live animals" || fault != "" {
		t.Errorf("built in: 01 is %q, fault %q", got, fault)
	}
	put("01,Animals; live,TOTAL\n", 1_700_000_000)
	if got, fault := meaning(); got != "Animals; live" || fault != "" {
		t.Errorf("a file: 01 is %q, fault %q", got, fault)
	}
	put("01,Beasts,TOTAL\n1,x,TOTAL\n", 1_700_000_001)
	if got, fault := meaning(); got != "Animals; live" || !strings.Contains(fault, "line 3") {
		t.Errorf("a bad file: 01 is %q, fault %q", got, fault)
	}
}
