package rules

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/drill"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// told returns the violations that a call over gRPC was refused with, sorted.
func told(t *testing.T, err error) []violation {
	t.Helper()
	var refused *client.Error
	if !errors.As(err, &refused) || refused.Reason != "INVALID" {
		t.Fatalf("error = %v, want INVALID", err)
	}
	var all []violation
	for _, f := range refused.Fields {
		all = append(all, violation{f.Field, f.Reason, f.Description})
	}
	return sorted(all)
}

func sorted(all []violation) []violation {
	slices.SortStableFunc(all, func(a, b violation) int { return strings.Compare(a.String(), b.String()) })
	return all
}

// web is the web listener of a node.
type web struct {
	http        *http.Client
	url, bearer string
}

func newWeb(ctx context.Context, t *testing.T, n *drill.Node) *web {
	t.Helper()
	return newWebAs(ctx, t, n, certs.RoleValidator)
}

// newWebAs is newWeb for another role.
func newWebAs(ctx context.Context, t *testing.T, n *drill.Node, role certs.Role) *web {
	t.Helper()
	root, err := os.ReadFile(n.Root())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(root) {
		t.Fatalf("%s holds no certificate", n.Root())
	}
	token, err := n.Token(ctx, role)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}}
	t.Cleanup(transport.CloseIdleConnections)
	return &web{http: &http.Client{Transport: transport}, url: "https://" + n.Addresses().Web, bearer: "Bearer " + token}
}

// issue issues a statement over REST and returns the violations that it is
// refused with, in a language, in the order of [told].
func (w *web) issue(t *testing.T, request *spsv1.IssueStatementRequest, language string) []violation {
	t.Helper()
	body, err := protojson.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/v1/offices/VN/statements:issue", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", w.bearer)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Language", language)
	resp, err := w.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return violationsOf(t, resp.StatusCode, answer)
}

var underscore = regexp.MustCompile(`_([a-z0-9])`)

// jsonNames returns violations as REST names them.
func jsonNames(all []string) []string {
	var names []string
	for _, v := range all {
		field, reason, _ := strings.Cut(v, " ")
		names = append(names, underscore.ReplaceAllStringFunc(field, func(s string) string { return strings.ToUpper(s[1:]) })+" "+reason)
	}
	slices.Sort(names)
	return names
}

// Drafts are written faster here than a person may: what is refused for that is
// tried again.

// begin begins the draft into which one statement after the other is written.
func (d *desk) begin(t *testing.T) *spsv1.Draft {
	t.Helper()
	draft, err := d.client.DraftService().CreateDraft(t.Context(), &spsv1.CreateDraftRequest{
		Draft: &spsv1.Draft{Statement: d.statement(t, row{base: "notice"})},
	})
	if err != nil {
		t.Fatal(err)
	}
	return draft
}

// refusedDraft holds that a draft may hold the statement, that its check finds
// the violations, and that it cannot be submitted and stays as it is.
func (d *desk) refusedDraft(t *testing.T, draft **spsv1.Draft, s *spsv1.Statement, want []string) {
	t.Helper()
	drafts := d.client.DraftService()
	var written *spsv1.Draft
	err := client.Retry(t.Context(), func() (err error) {
		written, err = drafts.UpdateDraft(t.Context(), &spsv1.UpdateDraftRequest{Draft: &spsv1.Draft{
			Name: (*draft).GetName(), Etag: (*draft).GetEtag(), Statement: s,
		}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	*draft = written
	check, err := drafts.CheckDraft(t.Context(), &spsv1.CheckDraftRequest{Name: written.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	var found []violation
	for _, p := range check.GetProblems() {
		found = append(found, violation{p.GetField(), p.GetReason(), p.GetSentence()})
	}
	d.wantTold(t, "draft checked", sorted(found), want)
	err = client.Retry(t.Context(), func() error {
		_, err := drafts.SubmitDraft(t.Context(), &spsv1.SubmitDraftRequest{Name: written.GetName(), Etag: written.GetEtag()})
		return err
	})
	d.wantTold(t, "draft submitted", told(t, err), want)
	after, err := drafts.GetDraft(t.Context(), &spsv1.GetDraftRequest{Name: written.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	if after.GetEtag() != written.GetEtag() || after.GetState() != spsv1.DraftState_DRAFT_STATE_DRAFTING {
		t.Errorf("the refused draft is %s with etag %s, want DRAFTING with %s", after.GetState(), after.GetEtag(), written.GetEtag())
	}
}

func (d *desk) drop(t *testing.T, draft *spsv1.Draft) {
	t.Helper()
	err := client.Retry(t.Context(), func() error {
		_, err := d.client.DraftService().DeleteDraft(t.Context(), &spsv1.DeleteDraftRequest{Name: draft.GetName(), Etag: draft.GetEtag()})
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// state says what the node has: entries, drafts, searches, numbers of inspections
// and calls.
func (d *desk) state(t *testing.T) string {
	t.Helper()
	node, err := d.client.Node(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	drafts, err := d.client.DraftService().ListDrafts(t.Context(), &spsv1.ListDraftsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	searches, err := d.client.SearchService().ListSearches(t.Context(), &spsv1.ListSearchesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	inspections, err := d.client.InspectionService().ListInspections(t.Context(), &spsv1.ListInspectionsRequest{History: true})
	if err != nil {
		t.Fatal(err)
	}
	own, err := d.client.CaseService().GetCase(t.Context(), &spsv1.GetCaseRequest{Name: d.cases.Replace("$ownCase")})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d entries, %d drafts, %d searches, %d inspections and %d calls", node.GetSize(),
		len(drafts.GetDrafts()), len(searches.GetSearches()), len(inspections.GetInspections()), len(own.GetCalls()))
}
