package server_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func TestPollLosesNothing(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	cases := vn.validator()
	var want []string
	for range 3 {
		want = append(want, issue(t, vn, notification("before")).GetName())
	}
	req := &spsv1.PollStatementsRequest{Parent: "offices/-", PageSize: 2}
	var got []string
	poll := func() *spsv1.PollStatementsResponse {
		t.Helper()
		page, err := cases.PollStatements(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.GetEvents() {
			got = append(got, e.GetStatement().GetName())
		}
		req.Cursor = page.GetCursor()
		return page
	}
	if n, m := len(poll().GetEvents()), len(poll().GetEvents()); n != 2 || m != 1 {
		t.Errorf("pages of %d and %d events, want 2 and 1", n, m)
	}
	at := req.GetCursor()
	if page := poll(); len(page.GetEvents()) != 0 || page.GetCursor() != at {
		t.Errorf("poll at the end = %v, want no events and the same cursor %s", page, at)
	}
	issued := make(chan string)
	go func() { issued <- issue(t, vn, notification("while it waits")).GetName() }()
	req.Wait = durationpb.New(time.Minute)
	poll()
	if want = append(want, <-issued); !slices.Equal(got, want) {
		t.Errorf("polled %q, want %q", got, want)
	}

	answered := make(chan error)
	go func() {
		_, err := cases.PollStatements(t.Context(), req)
		answered <- err
	}()
	vn.stop()
	if err := <-answered; status.Code(err) != codes.Unavailable {
		t.Errorf("poll of a node that stops = %v, want Unavailable", err)
	}
}

func TestExternalNumberIssuesOnce(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	system := spsv1.NewCaseServiceClient(vn.as(certs.RoleSystem, "plant-portal"))
	st := notification("by a system")
	st.DraftedBy, st.ApprovedBy = &spsv1.Person{Id: "an"}, &spsv1.Person{Id: "binh"}
	st.ExternalReferences = []*spsv1.ExternalReference{{System: "PPD", Number: "2026/117"}}
	req := &spsv1.IssueStatementRequest{Parent: "offices/VN", Statement: st}
	first, err := system.IssueStatement(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	vn.stop()
	vn = w.start("VN")
	system = spsv1.NewCaseServiceClient(vn.as(certs.RoleSystem, "plant-portal"))
	again, err := system.IssueStatement(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again, protocmp.Transform()); diff != "" {
		t.Errorf("the same number again (-first +again):\n%s", diff)
	}

	change := func(f func(*spsv1.Statement)) *spsv1.IssueStatementRequest {
		changed := proto.CloneOf(req)
		f(changed.GetStatement())
		return changed
	}
	for name, other := range map[string]*spsv1.IssueStatementRequest{
		"another number":  change(func(s *spsv1.Statement) { s.ExternalReferences[0].Number = "2026/118" }),
		"another version": change(func(s *spsv1.Statement) { s.ExternalReferences[0].Version = "2" }),
		"another kind": change(func(s *spsv1.Statement) {
			s.CaseRef, s.Body = &spsv1.CaseRef{Original: first.GetEntry(), Reference: first.GetReference()}, followUp(first, "more").GetBody()
		}),
	} {
		if got, err := system.IssueStatement(t.Context(), other); err != nil || got.GetName() == first.GetName() {
			t.Errorf("%s: %v, %v, want a statement of its own", name, got.GetName(), err)
		}
	}
	another := spsv1.NewCaseServiceClient(vn.as(certs.RoleSystem, "food-portal"))
	if got, err := another.IssueStatement(t.Context(), req); err != nil || got.GetName() == first.GetName() {
		t.Errorf("another system: %v, %v, want a statement of its own", got.GetName(), err)
	}

	_, err = system.IssueStatement(t.Context(), change(func(s *spsv1.Statement) { s.GetNotification().Subject[0].Text = "changed" }))
	if status.Code(err) != codes.AlreadyExists || reason(err) != "ID_CONFLICT" {
		t.Errorf("the number with another content: %v, want ID_CONFLICT", err)
	}
	for name, without := range map[string]*spsv1.IssueStatementRequest{
		"no number": change(func(s *spsv1.Statement) { s.ExternalReferences = nil }),
		"two numbers": change(func(s *spsv1.Statement) {
			s.ExternalReferences = append(s.ExternalReferences, &spsv1.ExternalReference{System: "X", Number: "1"})
		}),
	} {
		if _, err := system.IssueStatement(t.Context(), without); !slices.Equal(fields(err), []string{"request_id"}) {
			t.Errorf("%s and no request_id: %v, want a violation of request_id", name, err)
		}
	}
}
