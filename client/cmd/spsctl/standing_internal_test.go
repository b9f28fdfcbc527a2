package main

import (
	"bytes"
	"strings"
	"testing"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestCaseShowsWhatIsToBeToldByHand has an office without a node that was told of
// the notification, and not yet that it was withdrawn.
func TestCaseShowsWhatIsToBeToldByHand(t *testing.T) {
	const original, withdrawal = "offices/TH/statements/1-7", "offices/TH/statements/1-9"
	var out bytes.Buffer
	a := app{streams: streams{out: &out}}
	err := a.printStanding(&spsv1.Case{
		Reference: "TH-2026-000007", Original: &spsv1.IssuedStatement{Name: original},
		Statements: []*spsv1.IssuedStatement{{
			Name: withdrawal, Reference: "TH-2026-000009", Statement: &spsv1.Statement{Body: &spsv1.Statement_Withdrawal{}},
		}},
		State: &spsv1.CaseState{Participants: []*spsv1.Participant{
			{Office: "LA", ByHand: true, HandDeliveries: []*spsv1.HandDelivery{{Office: "LA"}}},
			{Office: "MM", ByHand: true, HandDeliveries: []*spsv1.HandDelivery{{Office: "MM"}}},
		}},
		ToTell: []*spsv1.TellPrompt{{Office: "LA", Statements: []string{withdrawal, "offices/TH/statements/1-12"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "  to be told") {
			lines = append(lines, strings.Join(strings.Fields(line), " "))
		}
	}
	want := "to be told withdrawal TH-2026-000009, offices/TH/statements/1-12"
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("to be told: %q, want %q, in\n%s", got, want, out.String())
	}
}
