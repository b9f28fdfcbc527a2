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
		"TH officer", "TH validator  TH-", "acknowledges the alert by name", "asks to see the lot by video", "disputes the alert",
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
		t.Errorf("the demo came to %+v, want all deliveries and the whole story", came)
	}
}
