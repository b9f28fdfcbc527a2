package server_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (n *node) drafts(role certs.Role, id string) spsv1.DraftServiceClient {
	n.w.t.Helper()
	return spsv1.NewDraftServiceClient(n.as(role, id))
}

// begin begins a draft.
func begin(t *testing.T, as spsv1.DraftServiceClient, s *spsv1.Statement) *spsv1.Draft {
	t.Helper()
	d, err := as.CreateDraft(t.Context(), &spsv1.CreateDraftRequest{Draft: &spsv1.Draft{Statement: s}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func submit(t *testing.T, as spsv1.DraftServiceClient, d *spsv1.Draft) *spsv1.Draft {
	t.Helper()
	d, err := as.SubmitDraft(t.Context(), &spsv1.SubmitDraftRequest{Name: d.GetName(), Etag: d.GetEtag()})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// told returns the reason of an error, and the fields that it is about.
func told(err error) string {
	var text []string
	for _, detail := range status.Convert(err).Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			text = append([]string{d.GetReason()}, text...)
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				text = append(text, v.GetField()+" "+v.GetReason())
			}
		}
	}
	return strings.Join(text, ", ")
}

func wantReason(t *testing.T, what string, err error, want string) {
	t.Helper()
	if got := told(err); got != want {
		t.Errorf("%s: %v, reason %q, want %q", what, err, got, want)
	}
}

// strict starts a node whose rule lets nobody issue alone.
func (w *world) strict(office certs.Office) *node {
	w.eyes = "four_eyes: {alone: none}"
	return w.start(office)
}

func TestDraftIsIssuedBySecondPerson(t *testing.T) {
	vn := newWorld(t, "VN").strict("VN")
	officer, validator := vn.drafts(certs.RoleOfficer, "an"), vn.drafts(certs.RoleValidator, "binh")

	incomplete := notification("fruit fly in mango")
	incomplete.GetNotification().Products = nil
	d := begin(t, officer, incomplete)
	if d.GetState() != spsv1.DraftState_DRAFT_STATE_DRAFTING || d.GetDraftedBy().GetId() != "an" {
		t.Errorf("new draft = %v, want one that an drafts", d)
	}
	check, err := validator.CheckDraft(t.Context(), &spsv1.CheckDraftRequest{Name: d.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	if got := check.GetProblems(); len(got) != 1 || got[0].GetField() != "statement.notification.products" || check.GetStatement() != nil {
		t.Errorf("check of a draft without products = %v, want that problem", check)
	}
	_, err = officer.SubmitDraft(t.Context(), &spsv1.SubmitDraftRequest{Name: d.GetName(), Etag: d.GetEtag()})
	wantReason(t, "submit without products", err, "INVALID, statement.notification.products REPEATED_MIN_ITEMS")

	_, err = validator.IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()})
	wantReason(t, "issue without products", err, "INVALID, statement.notification.products REPEATED_MIN_ITEMS")

	update := &spsv1.UpdateDraftRequest{Draft: &spsv1.Draft{Name: d.GetName(), Etag: d.GetEtag(), Statement: notification("fruit fly in mango")}}
	if d, err = officer.UpdateDraft(t.Context(), update); err != nil {
		t.Fatal(err)
	}
	_, err = officer.UpdateDraft(t.Context(), update)
	wantReason(t, "update with an old etag", err, "ETAG")
	_, err = validator.IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()})
	wantReason(t, "issue before it is submitted", err, "DRAFT_STATE")

	d = submit(t, officer, d)
	d, err = validator.ReturnDraft(t.Context(), &spsv1.ReturnDraftRequest{
		Name: d.GetName(), Etag: d.GetEtag(), Reason: []*spsv1.LocalizedText{{Lang: "en", Text: "which variety?"}},
	})
	if err != nil || d.GetState() != spsv1.DraftState_DRAFT_STATE_RETURNED || d.GetReturnedBy().GetId() != "binh" {
		t.Fatalf("returned draft = %v, %v, want one that binh returned", d, err)
	}
	d = submit(t, officer, d)
	_, err = officer.IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()})
	wantReason(t, "an officer issues", err, "PERMISSION_DENIED")
	_, err = vn.drafts(certs.RoleValidator, "an").IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()})
	wantReason(t, "who drafted issues", err, "FOUR_EYES")
	_, err = vn.drafts(certs.RoleValidator, "an").IssueDraft(t.Context(), &spsv1.IssueDraftRequest{
		Name: d.GetName(), Etag: d.GetEtag(), Waiver: &spsv1.Waiver{Reason: spsv1.WaiverReason_WAIVER_REASON_CLASSIFICATION},
	})
	wantReason(t, "who drafted issues by a waiver that no rule gives", err, "INVALID, statement.waiver FOUR_EYES")

	issued, err := validator.IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()})
	if err != nil {
		t.Fatal(err)
	}
	if s := issued.GetStatement(); s.GetDraftedBy().GetId() != "an" || s.GetIssuedBy().GetId() != "binh" || s.GetWaiver() != nil {
		t.Errorf("issued by %v, drafted by %v, waiver %v, want binh, an and none", s.GetIssuedBy(), s.GetDraftedBy(), s.GetWaiver())
	}
	again, err := validator.IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()})
	if err != nil || again.GetName() != issued.GetName() {
		t.Errorf("issued again as %s, %v, want %s", again.GetName(), err, issued.GetName())
	}
	d, err = officer.GetDraft(t.Context(), &spsv1.GetDraftRequest{Name: d.GetName()})
	if err != nil || d.GetIssued() != issued.GetName() || d.GetReference() != issued.GetReference() {
		t.Errorf("draft after its issue = %v, %v, want %s", d, err, issued.GetName())
	}
	_, err = officer.DeleteDraft(t.Context(), &spsv1.DeleteDraftRequest{Name: d.GetName()})
	wantReason(t, "delete what is issued", err, "DRAFT_STATE")
}

func TestOnePersonIsNotEnough(t *testing.T) {
	vn := newWorld(t, "VN").strict("VN")
	issue := func(s *spsv1.Statement) error {
		_, err := vn.validator().IssueStatement(t.Context(), &spsv1.IssueStatementRequest{
			Parent: "offices/VN", RequestId: "0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9", Statement: s,
		})
		return err
	}
	wantReason(t, "a notification without a draft", issue(notification("fruit fly")), "INVALID, statement.waiver FOUR_EYES")
	claimed := notification("fruit fly")
	claimed.DraftedBy = &spsv1.Person{Id: "somebody"}
	wantReason(t, "a drafter whom the caller names", issue(claimed), "INVALID, statement.drafted_by SET_BY_NODE, statement.waiver FOUR_EYES")
}

func TestWaiverIsSigned(t *testing.T) {
	w := newWorld(t, "VN")
	w.eyes = "four_eyes: {alone: border_rejection}"
	vn := w.start("VN")
	s := issue(t, vn, notification("fruit fly")).GetStatement()
	if s.GetWaiver().GetReason() != spsv1.WaiverReason_WAIVER_REASON_CLASSIFICATION || s.GetDraftedBy().GetId() != s.GetIssuedBy().GetId() {
		t.Errorf("waiver %v, drafted by %v, issued by %v, want the classification's and one person", s.GetWaiver(), s.GetDraftedBy(), s.GetIssuedBy())
	}
	validator := vn.drafts(certs.RoleValidator, "an")
	alert := notification("salmonella")
	alert.GetNotification().Classification = spsv1.Classification_CLASSIFICATION_ALERT
	alert.GetNotification().Risk = &spsv1.Risk{Decision: spsv1.RiskDecision_RISK_DECISION_SERIOUS}
	d := submit(t, validator, begin(t, validator, alert))
	_, err := validator.IssueDraft(t.Context(), &spsv1.IssueDraftRequest{
		Name: d.GetName(), Etag: d.GetEtag(), Waiver: &spsv1.Waiver{Reason: spsv1.WaiverReason_WAIVER_REASON_CLASSIFICATION},
	})
	wantReason(t, "an alert alone", err, "INVALID, statement.waiver FOUR_EYES")
}

// TestWaiverKeepsWhoBegan has a second person change a draft and issue it alone:
// who began it is signed beside who issued it.
func TestWaiverKeepsWhoBegan(t *testing.T) {
	w := newWorld(t, "VN")
	w.eyes = "four_eyes: {alone: border_rejection}"
	vn := w.start("VN")
	officer, validator := vn.drafts(certs.RoleOfficer, "an"), vn.drafts(certs.RoleValidator, "binh")
	d := begin(t, officer, notification("fruit fly"))
	d.Statement = notification("fruit fly in mango")
	d, err := validator.UpdateDraft(t.Context(), &spsv1.UpdateDraftRequest{Draft: d})
	if err != nil {
		t.Fatal(err)
	}
	d = submit(t, officer, d)
	_, err = validator.IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()})
	wantReason(t, "who changed it issues it without a waiver", err, "FOUR_EYES")
	issued, err := validator.IssueDraft(t.Context(), &spsv1.IssueDraftRequest{
		Name: d.GetName(), Etag: d.GetEtag(), Waiver: &spsv1.Waiver{Reason: spsv1.WaiverReason_WAIVER_REASON_CLASSIFICATION},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := issued.GetStatement()
	if s.GetDraftedBy().GetId() != "an" || s.GetIssuedBy().GetId() != "binh" || s.GetWaiver() == nil {
		t.Errorf("drafted by %v, issued by %v, waiver %v, want an, binh and one", s.GetDraftedBy(), s.GetIssuedBy(), s.GetWaiver())
	}
}

// TestDraftOfAnotherIsDeletedAsRead discards what another person began: only with
// the etag of what it is.
func TestDraftOfAnotherIsDeletedAsRead(t *testing.T) {
	vn := newWorld(t, "VN").strict("VN")
	officer, validator := vn.drafts(certs.RoleOfficer, "an"), vn.drafts(certs.RoleValidator, "binh")
	read := begin(t, officer, notification("fruit fly"))
	d := submit(t, officer, read)
	remove := func(as spsv1.DraftServiceClient, etag string) error {
		return second(as.DeleteDraft(t.Context(), &spsv1.DeleteDraftRequest{Name: d.GetName(), Etag: etag}))
	}
	wantReason(t, "without its etag", remove(validator, ""), "INVALID, etag REQUIRED")
	wantReason(t, "with the etag of what it was", remove(validator, read.GetEtag()), "ETAG")
	if got, err := officer.GetDraft(t.Context(), &spsv1.GetDraftRequest{Name: d.GetName()}); err != nil || !proto.Equal(got, d) {
		t.Errorf("after that the draft is %v, %v, want %v", got, err, d)
	}
	wantReason(t, "with its etag", remove(validator, d.GetEtag()), "")
	d = begin(t, officer, notification("fruit fly"))
	wantReason(t, "the own draft without its etag", remove(officer, ""), "")
}

// TestPostsSeeTheirOwnDrafts is why the caller table lets posts in at all.
func TestPostsSeeTheirOwnDrafts(t *testing.T) {
	vn := newWorld(t, "VN").strict("VN")
	gate, other := vn.drafts(certs.RolePost, "huu-nghi"), vn.drafts(certs.RolePost, "tan-thanh")
	officer := vn.drafts(certs.RoleOfficer, "an")
	own := begin(t, gate, notification("at the gate"))
	begin(t, officer, notification("in the office"))

	names := func(as spsv1.DraftServiceClient) []string {
		list, err := as.ListDrafts(t.Context(), &spsv1.ListDraftsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		var subjects []string
		for _, d := range list.GetDrafts() {
			subjects = append(subjects, d.GetStatement().GetNotification().GetSubject()[0].GetText())
		}
		slices.Sort(subjects)
		return subjects
	}
	for _, c := range []struct {
		who  string
		as   spsv1.DraftServiceClient
		want string
	}{
		{"the post", gate, "at the gate"},
		{"another post", other, ""},
		{"the officer", officer, "at the gate, in the office"},
	} {
		if got := strings.Join(names(c.as), ", "); got != c.want {
			t.Errorf("%s sees %q, want %q", c.who, got, c.want)
		}
	}
	for what, err := range map[string]error{
		"get": second(other.GetDraft(t.Context(), &spsv1.GetDraftRequest{Name: own.GetName()})),
		"update": second(other.UpdateDraft(t.Context(), &spsv1.UpdateDraftRequest{Draft: &spsv1.Draft{
			Name: own.GetName(), Etag: own.GetEtag(), Statement: notification("mine"),
		}})),
		"submit": second(other.SubmitDraft(t.Context(), &spsv1.SubmitDraftRequest{Name: own.GetName(), Etag: own.GetEtag()})),
		"check":  second(other.CheckDraft(t.Context(), &spsv1.CheckDraftRequest{Name: own.GetName()})),
		"delete": second(other.DeleteDraft(t.Context(), &spsv1.DeleteDraftRequest{Name: own.GetName()})),
	} {
		wantReason(t, what+" by another post", err, "NOT_FOUND")
	}
	photo := vn.upload(spsv1.NewAttachmentServiceClient(vn.as(certs.RolePost, "huu-nghi")), "a1", []byte("the seal was broken\n"))
	own.GetStatement().Attachments = []*spsv1.Attachment{photo}
	own, err := gate.UpdateDraft(t.Context(), &spsv1.UpdateDraftRequest{Draft: own})
	if err != nil {
		t.Fatalf("name a file that the post uploaded: %v", err)
	}
	own = submit(t, gate, own)
	if _, err := vn.drafts(certs.RoleValidator, "binh").IssueDraft(t.Context(), &spsv1.IssueDraftRequest{
		Name: own.GetName(), Etag: own.GetEtag(),
	}); err != nil {
		t.Errorf("issue what a post drafted: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// TestDraftIsIssuedOnce has many validators issue one draft at once, and then
// again after a restart.
func TestDraftIsIssuedOnce(t *testing.T) {
	w := newWorld(t, "VN")
	vn := w.strict("VN")
	officer := vn.drafts(certs.RoleOfficer, "an")
	d := submit(t, officer, begin(t, officer, notification("fruit fly")))
	names := make([]string, 8)
	var all sync.WaitGroup
	for i := range names {
		validator := vn.drafts(certs.RoleValidator, "v"+string(rune('a'+i)))
		all.Go(func() {
			issued, err := validator.IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()})
			if err != nil {
				t.Errorf("validator %d: %v", i, err)
			}
			names[i] = issued.GetName()
		})
	}
	all.Wait()
	vn.stop()
	vn = w.strict("VN")
	again, err := vn.drafts(certs.RoleValidator, "later").IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()})
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range append(names, again.GetName()) {
		if name != names[0] {
			t.Errorf("issue %d gave %s, want %s", i, name, names[0])
		}
	}
	list, err := vn.validator().ListStatements(t.Context(), &spsv1.ListStatementsRequest{Parent: "offices/VN"})
	if err != nil || len(list.GetStatements()) != 1 {
		t.Errorf("%d statements, %v, want 1", len(list.GetStatements()), err)
	}
}

func TestDraftRequestIDMakesOne(t *testing.T) {
	vn := newWorld(t, "VN").strict("VN")
	officer := vn.drafts(certs.RoleOfficer, "an")
	req := &spsv1.CreateDraftRequest{
		Draft: &spsv1.Draft{Statement: notification("fruit fly")}, RequestId: "0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9",
	}
	first, err := officer.CreateDraft(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	again, err := officer.CreateDraft(t.Context(), req)
	if err != nil || !proto.Equal(first, again) {
		t.Errorf("the same request gave %v, %v, want %v", again, err, first)
	}
	req.Draft.Statement = notification("moth")
	_, err = officer.CreateDraft(t.Context(), req)
	wantReason(t, "the same id for another draft", err, "ID_CONFLICT")
}

// TestRequestIDsOfDraftsAndStatements wants one request_id to be one thing: a
// draft that could never be issued is not begun, and nothing is issued in the
// place of one that was.
func TestRequestIDsOfDraftsAndStatements(t *testing.T) {
	vn := newWorld(t, "VN").start("VN")
	drafts := vn.drafts(certs.RoleOfficer, "an")
	issue := func(id string) (*spsv1.IssuedStatement, error) {
		req := request(vn, notification("moth"))
		req.RequestId = id
		return vn.validator().IssueStatement(t.Context(), req)
	}
	begin := func(id string) (*spsv1.Draft, error) {
		return drafts.CreateDraft(t.Context(), &spsv1.CreateDraftRequest{Draft: &spsv1.Draft{Statement: notification("fruit fly")}, RequestId: id})
	}
	const used, drafted = "0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9", "1b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9"
	first, err := issue(used)
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, "a draft under the id of a statement", second(begin(used)), "ID_CONFLICT")
	d, err := begin(drafted)
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, "a statement under the id of a draft", second(issue(drafted)), "ID_CONFLICT")
	if again, err := issue(used); err != nil || again.GetName() != first.GetName() {
		t.Errorf("the first request again = %s, %v, want %s", again.GetName(), err, first.GetName())
	}
	d = submit(t, drafts, d)
	issued, err := vn.drafts(certs.RoleValidator, "binh").IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()})
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, "a statement under the id of a draft that was issued", second(issue(drafted)), "ID_CONFLICT")
	if issued.GetName() == first.GetName() {
		t.Errorf("draft and statement are both %s", issued.GetName())
	}
}

func TestDraftsComeInPages(t *testing.T) {
	vn := newWorld(t, "VN").strict("VN")
	officer := vn.drafts(certs.RoleOfficer, "an")
	want := make(map[string]bool)
	for range 7 {
		want[begin(t, officer, notification("fruit fly")).GetName()] = true
	}
	req := &spsv1.ListDraftsRequest{PageSize: 3}
	got, pages := make(map[string]bool), 0
	for {
		list, err := officer.ListDrafts(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list.GetDrafts() {
			if got[d.GetName()] {
				t.Errorf("%s comes twice", d.GetName())
			}
			got[d.GetName()] = true
		}
		pages++
		if req.PageToken = list.GetNextPageToken(); req.PageToken == "" {
			break
		}
	}
	if len(got) != len(want) || pages != 3 {
		t.Errorf("%d drafts in %d pages, want %d in 3", len(got), pages, len(want))
	}
	_, err := officer.ListDrafts(t.Context(), &spsv1.ListDraftsRequest{PageToken: "forged"})
	wantReason(t, "a forged token", err, "INVALID, page_token PAGE_TOKEN")
}

// TestCheckFindsWhatItResembles issues a case, and drafts it again.
func TestCheckFindsWhatItResembles(t *testing.T) {
	w := newWorld(t, "VN")
	vn := w.start("VN")
	original := notification("fruit fly in mango from lot 7")
	original.GetNotification().Parties = []*spsv1.Party{{
		Id: "o1", Name: "Công ty Xoài Cát", Roles: []spsv1.PartyRole{spsv1.PartyRole_PARTY_ROLE_EXPORTER},
	}}
	original.ExternalReferences = []*spsv1.ExternalReference{{System: "PPD", Number: "2026/117"}}
	before := issue(t, vn, original)
	other := notification("another matter")
	other.GetNotification().Products[0].Name = []*spsv1.LocalizedText{{Lang: "en", Text: "longan"}}
	other.GetNotification().Products[0].CommodityCodes = nil
	issue(t, vn, other)
	officer := vn.drafts(certs.RoleOfficer, "an")

	similar := func(s *spsv1.Statement) []*spsv1.SimilarCase {
		d := begin(t, officer, s)
		check, err := officer.CheckDraft(t.Context(), &spsv1.CheckDraftRequest{Name: d.GetName()})
		if err != nil {
			t.Fatal(err)
		}
		return check.GetSimilar()
	}
	sameNumber := notification("anything")
	sameNumber.ExternalReferences = original.GetExternalReferences()
	sameParty := notification("anything")
	sameParty.GetNotification().Parties = []*spsv1.Party{{Id: "o1", Name: "cong ty XOAI cat"}}
	exercise := proto.CloneOf(sameNumber)
	exercise.Status = spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE
	for _, c := range []struct {
		name   string
		s      *spsv1.Statement
		kind   spsv1.SimilarityKind
		shared string
	}{
		{"the same number", sameNumber, spsv1.SimilarityKind_SIMILARITY_KIND_DUPLICATE, "number ppd 2026/117"},
		{"the same operator in other letters", sameParty, spsv1.SimilarityKind_SIMILARITY_KIND_RECURRENCE, "operator cong ty xoai cat"},
	} {
		got := similar(c.s)
		if len(got) != 1 || got[0].GetCase() != before.GetCase() || got[0].GetKind() != c.kind || !slices.Contains(got[0].GetShared(), c.shared) {
			t.Errorf("%s resembles %v, want %s by %q", c.name, got, before.GetCase(), c.shared)
		}
	}
	if got := similar(exercise); len(got) != 0 {
		t.Errorf("an exercise resembles %v, want nothing", got)
	}
	officer = vn.drafts(certs.RolePost, "huu-nghi")
	if got := similar(sameNumber); len(got) != 0 {
		t.Errorf("a post is told of %v, want nothing: it sees no cases", got)
	}
}
