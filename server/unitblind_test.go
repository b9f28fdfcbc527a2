package server_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestAUnitCannotProbeForCases has the people of one unit ask about a case of
// another in roundabout ways: what they are told is what they are told of a case
// that is not here.
func TestAUnitCannotProbeForCases(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn, cn := startUnits(t, w), w.start("CN")
	vn.route(`rules { name: "fruit" site_codes: "VN-BT" units: "north" } otherwise: "food"`)
	own := vn.said(notification("salmonella in pepper"))
	theirs := vn.said(withheld(dragonfruit(spsv1.Classification_CLASSIFICATION_BORDER_REJECTION)))
	arrived(theirs, vn.node, cn)
	vn.good(&spsv1.GetCodeStatusRequest{Code: "DL0123", Market: "TH"}, spsv1.CodeAnswer_CODE_ANSWER_WITHHELD)
	if vn.has(certs.RoleOfficer, "food", theirs.GetReference()) || !vn.has(certs.RoleOfficer, "food", own.GetReference()) {
		t.Fatal("food sees the case of north, or not its own")
	}
	t.Run("duplicate", func(t *testing.T) { probesDuplicate(t, vn, own, theirs) })
	t.Run("receipts", func(t *testing.T) { probesReceipts(t, vn) })
	t.Run("drafts", func(t *testing.T) { probesDrafts(t, vn, theirs) })
	t.Run("codes", func(t *testing.T) { probesCodes(t, vn, theirs) })
	t.Run("tokens", func(t *testing.T) { probesTokens(t, vn, own, theirs) })
}

// withheld adds to a notification that its origin withholds a code.
func withheld(s *spsv1.Statement) *spsv1.Statement {
	m := change(spsv1.CodeAction_CODE_ACTION_SUSPENDED, "TH", "", nil)
	m.Text = in1("en", "the seal was broken")
	s.GetNotification().Measures = []*spsv1.Measure{m}
	return s
}

// probesDuplicate drafts that the own case ends as the duplicate of another.
func probesDuplicate(t *testing.T, vn unitsOf, own, theirs *spsv1.IssuedStatement) {
	for unit, want := range map[string]string{"food": "INVALID, target NO_CASE", "hq": ""} {
		_, err := vn.desk(certs.RoleValidator, unit).CloseCase(t.Context(), &spsv1.CloseCaseRequest{
			Name: own.GetCase(), RequestId: newID(), ValidateOnly: true, Etag: vn.caseOf(own).GetEtag(), Target: theirs.GetReference(),
			Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_DUPLICATE},
		})
		wantReason(t, unit+" closes the duplicate", err, want)
	}
}

// probesReceipts follows what other offices hold of the whole log.
func probesReceipts(t *testing.T, vn unitsOf) {
	for unit, want := range map[string]bool{"food": false, "hq": true} {
		page, err := vn.desk(certs.RoleOfficer, unit).PollStatements(t.Context(), &spsv1.PollStatementsRequest{Parent: "offices/-"})
		if err != nil {
			t.Fatal(told(err))
		}
		got := false
		for _, e := range page.GetEvents() {
			got = got || e.GetReceipt() != nil
		}
		if got != want {
			t.Errorf("%s polls receipts = %t, want %t", unit, got, want)
		}
	}
}

// probesDrafts has a post draft in a case that it does not see, and an officer of
// its unit ask what is wrong with the draft.
func probesDrafts(t *testing.T, vn unitsOf, theirs *spsv1.IssuedStatement) {
	gone := proto.CloneOf(theirs)
	gone.Reference, gone.Entry.Sequence = "VN-2026-999999", 999
	answers := make(map[string]string)
	for name, of := range map[string]*spsv1.IssuedStatement{"theirs": theirs, "gone": gone} {
		st := in(of, &spsv1.Statement{Body: &spsv1.Statement_Closure{Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED}}}, "CN")
		d := begin(t, vn.drafts(certs.RolePost, "food.people"), st)
		check, err := vn.drafts(certs.RoleOfficer, "food.people").CheckDraft(t.Context(), &spsv1.CheckDraftRequest{Name: d.GetName()})
		answers[name] = fmt.Sprint("etag ", d.GetCaseEtag() != "", ", ", told(err), ", problems ", check.GetProblems(), ", gone on ", check.GetCaseGoneOn())
	}
	if answers["theirs"] != answers["gone"] {
		t.Errorf("of a draft in the case of another unit:\n%s\nand of one in no case:\n%s\nwant the same", answers["theirs"], answers["gone"])
	}
}

// probesCodes asks for the status of a code that the case decides.
func probesCodes(t *testing.T, vn unitsOf, theirs *spsv1.IssuedStatement) {
	ask := func(unit, filter string) string {
		conn := vn.as(certs.RoleOfficer, unit+".people")
		who := spsv1.NewCodeStatusServiceClient(conn)
		one, err := who.GetCodeStatus(t.Context(), &spsv1.GetCodeStatusRequest{Code: "DL0123", Market: "TH"})
		if err != nil || one.GetAnswer() != spsv1.CodeAnswer_CODE_ANSWER_WITHHELD {
			t.Errorf("%s asks for the code: %v, %v, want it withheld", unit, one, err)
		}
		list, err := who.ListCodeStatus(t.Context(), &spsv1.ListCodeStatusRequest{Filter: filter})
		if err != nil {
			t.Fatal(told(err))
		}
		history, err := who.ListCodeHistory(t.Context(), &spsv1.ListCodeHistoryRequest{Code: "DL0123"})
		if err != nil || len(history.GetCodeStatements()) != 1 {
			t.Errorf("%s asks for the history: %v, %v, want one", unit, history, err)
		}
		watch, err := who.WatchCodeStatus(t.Context(), &spsv1.WatchCodeStatusRequest{})
		if err != nil {
			t.Fatal(told(err))
		}
		event := next(t, watch, func(e *spsv1.WatchCodeStatusResponse) bool { return len(e.GetCodeStatuses()) > 0 })
		if len(event.GetCodeStatuses()) != 1 {
			t.Errorf("%s watches codes: %v, want one", unit, event)
		}
		export, err := spsv1.NewExportServiceClient(conn).ExportCodeStatus(t.Context(), &spsv1.ExportCodeStatusRequest{Format: spsv1.ExportFormat_EXPORT_FORMAT_CSV})
		if err != nil {
			t.Fatal(told(err))
		}
		return fmt.Sprint(one, list, history, event, text(t, export))
	}
	filter := `case = "` + theirs.GetReference() + `"`
	for unit, want := range map[string]bool{"food": false, "north": true, "hq": true} {
		got := ask(unit, filter)
		for _, secret := range []string{theirs.GetReference(), theirs.GetName(), "the seal was broken"} {
			if strings.Contains(got, secret) != want {
				t.Errorf("%s is told %q of the code = %t, want %t: %s", unit, secret, !want, want, got)
			}
		}
		list, err := spsv1.NewCodeStatusServiceClient(vn.as(certs.RoleOfficer, unit+".people")).ListCodeStatus(t.Context(), &spsv1.ListCodeStatusRequest{Filter: filter})
		if err != nil || (len(list.GetCodeStatuses()) > 0) != want {
			t.Errorf("%s lists codes by the case: %v, %v, want some: %t", unit, list, err, want)
		}
	}
}

// text reads a stream of a file whole.
func text(t *testing.T, stream grpc.ServerStreamingClient[httpbody.HttpBody]) string {
	t.Helper()
	var all strings.Builder
	for {
		part, err := stream.Recv()
		if err != nil {
			return all.String()
		}
		all.Write(part.GetData())
	}
}

// probesTokens looks into the token of a page behind which the case of another
// unit would come.
func probesTokens(t *testing.T, vn unitsOf, own, theirs *spsv1.IssuedStatement) {
	more := vn.said(notification("salmonella in cashew"))
	for order, want := range map[string]string{
		"reference": own.GetReference() + " " + more.GetReference(), "reference desc": more.GetReference() + " " + own.GetReference(),
		"issue_time": own.GetReference() + " " + more.GetReference(), "": more.GetReference() + " " + own.GetReference(),
	} {
		req := &spsv1.ListCasesRequest{OrderBy: order, PageSize: 1}
		var got []string
		for {
			list, err := vn.desk(certs.RoleOfficer, "food").ListCases(t.Context(), req)
			if err != nil {
				t.Fatal(told(err))
			}
			for _, c := range list.GetCases() {
				got = append(got, c.GetReference())
			}
			if req.PageToken = list.GetNextPageToken(); req.PageToken == "" {
				break
			}
			for part := range strings.SplitSeq(unwrapped(req.GetPageToken()), " ") {
				if text := unwrapped(part); strings.Contains(text, theirs.GetReference()) {
					t.Errorf("by %q a token holds %q, a case of another unit", order, text)
				}
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("by %q the pages have %v, want %s", order, got, want)
		}
	}
}

func unwrapped(token string) string {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return token
	}
	return string(b)
}

// TestRoutingByHandAsksNoRules gives a case to a unit that was here before the
// office had rules.
func TestRoutingByHandAsksNoRules(t *testing.T) {
	w := newWorld(t, "VN")
	vn := startUnits(t, w)
	before := vn.said(dragonfruit(spsv1.Classification_CLASSIFICATION_BORDER_REJECTION))
	vn.route(`rules { name: "fruit" site_codes: "VN-BT" units: "north" }`)
	if _, err := vn.rules(certs.RoleOfficer, "hq").RouteCase(t.Context(), &spsv1.RouteCaseRequest{
		Name: before.GetCase(), To: []string{"food"}, Reason: "they ask",
	}); err != nil {
		t.Fatal(told(err))
	}
	vn.settles("part_open = food", before.GetReference())
	if got := vn.with(before.GetReference()); got != "food by they ask" {
		t.Errorf("the case is with %q, want with food alone", got)
	}
	vn.stop()
	vn = unitsOf{w.start("VN"), t}
	if got := vn.with(before.GetReference()); got != "food by they ask" || !vn.has(certs.RoleOfficer, "food", before.GetReference()) || vn.has(certs.RoleOfficer, "north", before.GetReference()) {
		t.Errorf("after a restart the case is with %q, want food alone, which sees it", got)
	}
}
