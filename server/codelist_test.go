package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"

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

// TestCodesAreAdvisedAndKept issues a statement with codes that are not right:
// they are said before, in the language of the caller, and kept.
func TestCodesAreAdvisedAndKept(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	n := w.start("VN")
	st := notification("mango", "CN")
	product := st.GetNotification().GetProducts()[0]
	product.Gtins = []string{"4006381333932"}
	product.Category = &spsv1.Concept{Codings: []*spsv1.Coding{{System: "rasff-product-category", Code: "mangoes"}}}
	req := request(n, st)
	req.ValidateOnly = true
	ctx := metadata.AppendToOutgoingContext(t.Context(), "accept-language", "vi")
	checked, err := n.validator().IssueStatement(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, a := range checked.GetAdvice() {
		got[a.GetField()+" "+a.GetReason()] = a.GetSentence()
	}
	for what, want := range map[string]string{
		"statement.notification.products[0].category.codings[0].code CODE_UNKNOWN": "rasff-product-category không có mangoes",
		"statement.notification.products[0].gtins[0] CHECK_DIGIT":                  "số kiểm tra lẽ ra là 1",
	} {
		if !strings.Contains(got[what], want) {
			t.Errorf("advice %q is %q, want %q in it; all: %v", what, got[what], want, got)
		}
	}
	req.ValidateOnly = false
	issued, err := n.validator().IssueStatement(t.Context(), req)
	if err != nil {
		t.Fatalf("codes are no reason to refuse: %v", err)
	}
	kept := issued.GetStatement().GetNotification().GetProducts()[0]
	if kept.GetGtins()[0] != "4006381333932" || kept.GetCategory().GetCodings()[0].GetCode() != "mangoes" {
		t.Errorf("the product is kept as %v", kept)
	}
}
