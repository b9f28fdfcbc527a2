package main

import (
	"fmt"
	"strings"

	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// versionWords says which content a notification has now, if it had others.
func versionWords(s *spsv1.CaseState) string {
	n := 0
	for _, v := range s.GetVersions() {
		if !v.GetTakenBack() {
			n++
		}
	}
	text := fmt.Sprintf("%d of %d, %s", n, len(s.GetVersions()), brief.Words(s.GetNotification().GetClassification()))
	if s.GetNotification().GetPreliminary() {
		text += ", preliminary"
	}
	return text
}

// addVersions adds, of a notification that was amended, each version: when and by
// whom it was said, why, and what changed against the one before.
func addVersions(f *facts, c *spsv1.Case, languages []string) {
	versions := c.GetState().GetVersions()
	if len(versions) < 2 {
		return
	}
	var before *spsv1.Notification
	for i, v := range versions {
		s := statementNamed(c, v.GetSaid().GetStatement())
		text := saidAt(c, v.GetSaid()) + prefixed(", issued by ", issuerWords(s.GetStatement())) + prefixed(": ", brief.Text(v.GetReason(), languages...))
		switch {
		case v.GetTakenBack():
			text += " (taken back)"
		case v.GetSaid().GetStatement() == c.GetState().GetCurrent():
			text += " (holds now)"
		}
		f.add(fmt.Sprintf("  %d", i+1), text)
		content := brief.Content(s.GetStatement())
		if before != nil && content != nil {
			for _, line := range brief.Differences(before, content) {
				f.add("    changed", line)
			}
		}
		for _, change := range v.GetChanges() {
			if part, ok := strings.CutPrefix(change.GetPath(), "statement."); ok {
				f.add("    changed", brief.Words(change.GetKind())+" of "+strings.ReplaceAll(part, "_", " "))
			}
		}
		if content != nil && !v.GetTakenBack() {
			before = content
		}
	}
}
