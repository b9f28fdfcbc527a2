package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/client/drill/drilltest"
)

func TestDemoPlaysTheStory(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config.yaml")
	args := []string{"demo", "--once", "--offices", "TH,VN,CN", "--limit", "2", "--spsd", drilltest.Binary()}
	text := must(t, config, args...)
	for _, want := range []string{
		"TH officer", "orders a test", "posts the final finding", "proposes alert, potentially serious", "TH validator  TH-",
		"statement TH-", "the case is closed, settled", "acknowledges the alert by name", "asks to see the lot by video",
		"VN long-an   ", "is given the case by itself", "issues what the province found",
		"reads the notice in Vietnamese", "Sản phẩm: thanh long", "the spraying was stopped", "its code is reinstated",
		"disputes the alert", "withholds goods under code", "is good for TH",
		"amends the alert", "brings in China", "reports the outcome", "closes the case", "were shown the same case",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the demo says\n%s\nwithout %q", text, want)
		}
	}
	var came demoSummary
	if err := json.Unmarshal([]byte(must(t, config, append(args, "-o", "json")...)), &came); err != nil {
		t.Fatal(err)
	}
	if came.Story == nil || !came.Story.Complete || !came.Complete || len(came.Story.Steps) < 15 {
		t.Fatalf("the demo came to %+v, want all deliveries and the whole story", came)
	}
	if last := came.Story.Steps[len(came.Story.Steps)-1]; last.Finding == nil || last.Finding.Outcome != "settled" {
		t.Errorf("the last step is %+v, want that the laboratory is shown the outcome", last)
	}
}
