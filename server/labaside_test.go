package server_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// setAside asks to set a finding aside in some words.
func setAside(name, why string) *spsv1.SetAsideFindingRequest {
	return &spsv1.SetAsideFindingRequest{Name: name, Reason: []*spsv1.LocalizedText{{Lang: "en", Text: why}}}
}

// aside is what a finding says of having been set aside: in which words, and by whom.
func aside(f *spsv1.LabFinding) string {
	if f.GetSetAside() == nil {
		return ""
	}
	return f.GetSetAside().GetReason()[0].GetText() + " by " + f.GetSetAside().GetSetAsideBy().GetId()
}

// TestFindingSetAside settles a finding without a draft: its laboratory reads why
// and not by whom, it waits for nobody, and a draft takes that back.
func TestFindingSetAside(t *testing.T) {
	vn := startUnits(t, newWorld(t, "VN"))
	vn.route(`rules { name: "plants" units: "plant" }`)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	hanoi, plant := vn.lab("lab.people"), vn.reads(certs.RoleOfficer, "plant")
	name := hanoi.mustPost(labReport(t, "L-1")).GetName()
	get := func(who spsv1.FindingServiceClient) *spsv1.LabFinding {
		t.Helper()
		f, err := who.GetFinding(ctx, &spsv1.GetFindingRequest{Name: name})
		if err != nil {
			t.Fatal(told(err))
		}
		return f
	}
	wantAside := func(step, words, by, waiting string) {
		t.Helper()
		if got := aside(get(plant)); got != words+by {
			t.Errorf("%s: the office reads %q, want %q", step, got, words+by)
		}
		if got := aside(get(hanoi)); got != words {
			t.Errorf("%s: the laboratory reads %q, want %q", step, got, words)
		}
		if got := standing(t, plant, &spsv1.ListFindingsRequest{Waiting: true}); got != waiting {
			t.Errorf("%s: %q waits, want %q", step, got, waiting)
		}
	}
	page, err := hanoi.ListFindings(ctx, &spsv1.ListFindingsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	events, err := hanoi.WatchFindings(ctx, &spsv1.WatchFindingsRequest{Cursor: page.GetCursor()})
	if err != nil {
		t.Fatal(err)
	}
	first, err := plant.SetAsideFinding(ctx, setAside(name, "dealt with by telephone"))
	if err != nil {
		t.Fatal(told(err))
	}
	wantAside("set aside", "dealt with by telephone by ", "plant.people", "")
	for {
		event, err := events.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if f := event.GetFinding(); f != nil {
			if got, want := aside(f), "dealt with by telephone by "; got != want {
				t.Errorf("the watch tells the laboratory %q, want %q", got, want)
			}
			break
		}
	}
	again, err := vn.reads(certs.RoleValidator, "hq").SetAsideFinding(ctx, setAside(name, "dealt with by telephone"))
	if err != nil || !proto.Equal(again.GetSetAside(), first.GetSetAside()) {
		t.Errorf("the same again: %v, %q, want it as it was, %v", again.GetSetAside(), told(err), first.GetSetAside())
	}
	if _, err := vn.reads(certs.RoleValidator, "hq").SetAsideFinding(ctx, setAside(name, "below our limit")); err != nil {
		t.Fatal(told(err))
	}
	wantAside("in other words", "below our limit by ", "hq.people", "")
	draft, err := plant.DraftFromFindings(ctx, &spsv1.DraftFromFindingsRequest{Names: []string{name}})
	if err != nil {
		t.Fatal(told(err))
	}
	wantAside("a draft is begun", "", "", "")
	if _, err := vn.drafts(certs.RoleOfficer, "plant.people").DeleteDraft(ctx, &spsv1.DeleteDraftRequest{Name: draft.GetName(), Etag: draft.GetEtag()}); err != nil {
		t.Fatal(told(err))
	}
	wantAside("and deleted", "", "", "L-1 CURRENT")
	if log := strings.Join(audited(t, vn.node), "\n"); strings.Count(log, "SetAsideFinding ["+name+"]") != 2 || !strings.Contains(log, "plant.people SetAsideFinding ["+name+"]") {
		t.Errorf("the audit log has\n%s\nwant two times that the finding was set aside, and by whom", log)
	}
}

// TestWhoSetsFindingsAside tries it as everybody who may not, and with findings for
// which it is too late.
func TestWhoSetsFindingsAside(t *testing.T) {
	vn := startUnits(t, newWorld(t, "VN"))
	vn.route(`rules { name: "all" laboratories: "lab" units: "north" units: "gate" } `)
	hanoi, north := vn.lab("lab.people"), vn.reads(certs.RoleOfficer, "north")
	hq := vn.reads(certs.RoleOfficer, "hq")
	current, drafted, old := hanoi.mustPost(labReport(t, "L-1")).GetName(), hanoi.mustPost(labReport(t, "L-2")).GetName(), hanoi.mustPost(labReport(t, "L-3")).GetName()
	hanoi.mustPost(labReport(t, "L-4", `supersedes_reports: "L-3"`))
	shared := hanoi.mustPost(labReport(t, "L-5")).GetName()
	_, err := hq.DraftFromFindings(t.Context(), &spsv1.DraftFromFindingsRequest{Names: []string{drafted}})
	if err == nil {
		_, err = hq.RouteFinding(t.Context(), &spsv1.RouteFindingRequest{Name: shared, To: []string{"food"}, Reason: "they ask for it"})
	}
	if err != nil {
		t.Fatal(told(err))
	}
	for _, tc := range []struct {
		name    string
		who     spsv1.FindingServiceClient
		finding string
		want    string
	}{
		{"its laboratory", hanoi, current, "PERMISSION_DENIED"},
		{"a post", vn.reads(certs.RolePost, "gate"), current, "PERMISSION_DENIED"},
		{"an auditor", vn.reads(certs.RoleAuditor, "hq"), current, "PERMISSION_DENIED"},
		{"an exporter", vn.reads(certs.RoleExporter, "hq"), current, "PERMISSION_DENIED"},
		{"a unit that is not shown it", vn.reads(certs.RoleOfficer, "food"), current, "NOT_FOUND"},
		{"a unit that has it with one below it", north, current, ""},
		{"a unit that has a part of it", vn.reads(certs.RoleOfficer, "gate"), current, "PERMISSION_DENIED"},
		{"a unit that shares it with another", north, shared, "PERMISSION_DENIED"},
		{"the focal point", hq, shared, ""},
		{"one in a draft", hq, drafted, "INVALID, name FINDING_DRAFTED"},
		{"one that was superseded", north, old, "INVALID, name FINDING_ENDED"},
	} {
		if _, err := tc.who.SetAsideFinding(t.Context(), setAside(tc.finding, "not ours")); told(err) != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, told(err), tc.want)
		}
	}
	_, err = hq.SetAsideFinding(t.Context(), &spsv1.SetAsideFindingRequest{Name: current})
	if got, want := told(err), "INVALID, reason REPEATED_MIN_ITEMS"; got != want {
		t.Errorf("without a word: %q, want %q", got, want)
	}
}
