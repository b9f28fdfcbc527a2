package browser

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/gen/openapi"
)

// hear notes what a page says that should not be: errors and warnings on the
// console, exceptions, and what the browser refuses, such as by the policy of
// the page.
func (p *tab) hear(event any) {
	var said string
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" || e.Type == "assert" {
			said = "console: " + string(e.Type)
			for _, arg := range e.Args {
				said += " " + arg.Description + string(arg.Value)
			}
		}
	case *runtime.EventExceptionThrown:
		said = "exception: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			said += " " + e.ExceptionDetails.Exception.Description
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" || e.Entry.Level == "warning" {
			said = "browser: " + string(e.Entry.Source) + ": " + e.Entry.Text + " " + e.Entry.URL
		}
	}
	if said != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.said = append(p.said, said)
	}
}

func (p *tab) heard() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.said)
}

// summaries are the methods that the page shows.
const summaries = `Array.from(document.querySelectorAll(".opblock-summary"), s =>
	s.querySelector(".opblock-summary-method").textContent + " " +
	s.querySelector(".opblock-summary-path").dataset.path)`

// contract are the methods of the OpenAPI file, as [summaries] has them.
func contract(t *testing.T) []string {
	t.Helper()
	var file struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(openapi.JSON, &file); err != nil {
		t.Fatal(err)
	}
	var methods []string
	for path, verbs := range file.Paths {
		for verb := range verbs {
			methods = append(methods, strings.ToUpper(verb)+" "+path)
		}
	}
	slices.Sort(methods)
	return methods
}

// files are the methods that take and give files as they are. No annotation of
// the protos can say that, so the node adds them to what is generated.
var files = []string{
	"POST /v1/attachments",
	"POST /v1/imports",
	"PUT /v1/attachments/{sha256}",
	"GET /v1/offices/{office}/statements/{statement}/attachments/{attachment}",
	"GET /v1/findings/{finding}/attachments/{attachment}",
	"GET /v1/consignmentNotices/{notice}/attachments/{attachment}",
}

// TestDocs opens the page about the REST interface, finds every method on it,
// gives it a token and tries a method out.
func TestDocs(t *testing.T) {
	node := startNode(t)
	token, err := node.Token(t.Context(), certs.RoleAuditor)
	if err != nil {
		t.Fatal(err)
	}
	page := openTab(t, node)
	err = chromedp.Do(page.ctx,
		chromedp.Navigate("https://"+node.Addresses().Web+"/docs/"),
		chromedp.WaitVisible(chromedp.CSS(".opblock")),
	)
	if err != nil {
		t.Fatalf("the page does not come up: %v; it said %q", err, page.heard())
	}
	want := append(contract(t), files...)
	slices.Sort(want)
	got, err := chromedp.Run(page.ctx, chromedp.Evaluate[[]string](summaries))
	if slices.Sort(got); err != nil || !slices.Equal(got, want) {
		t.Errorf("methods on the page: %v, %q, want the %d of the contract", err, got, len(want))
	}
	page.picture(t, "docs")

	const method = "#operations-NodeService-NodeService_GetNode"
	err = chromedp.Do(page.ctx,
		chromedp.Click(chromedp.CSS(".auth-wrapper .authorize")),
		chromedp.SendKeys(chromedp.CSS(".auth-container input"), "Bearer "+token),
		chromedp.Click(chromedp.CSS(".auth-btn-wrapper .authorize")),
		chromedp.Click(chromedp.CSS(".auth-btn-wrapper .btn-done")),
		chromedp.Click(chromedp.CSS(method+" .opblock-summary-control")),
		chromedp.Click(chromedp.CSS(method+" .try-out__btn")),
		chromedp.Click(chromedp.CSS(method+" .execute")),
		chromedp.WaitVisible(chromedp.CSS(method+" .live-responses-table .response-col_status")),
		chromedp.ScrollIntoView(chromedp.CSS(method)),
	)
	if err != nil {
		page.picture(t, "docs-failed")
		t.Fatalf("try it out: %v; the page said %q", err, page.heard())
	}
	page.picture(t, "docs-tried")
	answer, err := chromedp.Run(page.ctx, chromedp.Text(chromedp.CSS(method+" .live-responses-table")))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"200", `"office": "VN"`} {
		if !strings.Contains(answer, text) {
			t.Errorf("the answer on the page is %q, want %s in it", answer, text)
		}
	}
	if said := page.heard(); len(said) > 0 {
		t.Errorf("the page said %q, want nothing", said)
	}
}
