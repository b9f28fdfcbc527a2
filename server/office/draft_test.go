package office_test

import (
	"context"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/casebook"
)

// wicket is a desk with files.
type wicket struct {
	*desk
	// hook is asked whether the node may issue; nil: it may.
	hook func() error
}

func newWicket(t testing.TB, code certs.Office) *wicket {
	t.Helper()
	return newWicketOf(t, authority.ForTest(t, "VN", "CN").Office(code))
}

// newWicketOf is newWicket for an office that a test has minted.
func newWicketOf(t testing.TB, of *authority.Office) *wicket {
	t.Helper()
	w := &wicket{desk: newDesk(t, of, casebook.DefaultLimits())}
	blobs, err := blob.Open(blob.Options{Dir: t.TempDir(), Quota: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	o := &w.options
	o.Blobs = blobs
	o.FourEyes.Alone.Classifications = []spsv1.Classification{spsv1.Classification_CLASSIFICATION_BORDER_REJECTION}
	o.MayIssue = func(context.Context) error {
		if w.hook == nil {
			return nil
		}
		return w.hook()
	}
	w.serve(t)
	return w
}

// found is a notification of which nothing is missing.
func found(subject string) *spsv1.Statement {
	return &spsv1.Statement{
		Status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL, Handling: spsv1.Handling_HANDLING_NETWORK, Network: true,
		Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{
			Classification: spsv1.Classification_CLASSIFICATION_BORDER_REJECTION,
			Type:           spsv1.NotificationType_NOTIFICATION_TYPE_PLANT,
			Subject:        []*spsv1.LocalizedText{{Lang: "en", Text: subject}},
			Products:       []*spsv1.Product{{Id: "p1", CommodityCodes: []*spsv1.Coding{{System: "hs", Code: "080450"}}}},
			Findings:       []*spsv1.Finding{{Id: "f1", Organism: &spsv1.Organism{Taxon: &spsv1.Taxon{ScientificName: "Bactrocera dorsalis"}}}},
		}},
	}
}

func reasonOf(err error) string {
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

// TestWhatIsIssuedIsWhatWasRead changes a draft, and submits it again, at the
// moment at which the validator's call has checked it: what the validator read is
// not issued under the etag of another content.
func TestWhatIsIssuedIsWhatWasRead(t *testing.T) {
	w := newWicket(t, "VN")
	drafts := spsv1.NewDraftServiceClient(w.conn)
	an, binh := w.as(t.Context(), certs.RoleOfficer, "an"), w.as(t.Context(), certs.RoleValidator, "binh")
	must := func(d *spsv1.Draft, err error) *spsv1.Draft {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	submit := func(d *spsv1.Draft) *spsv1.Draft {
		t.Helper()
		return must(drafts.SubmitDraft(an, &spsv1.SubmitDraftRequest{Name: d.GetName(), Etag: d.GetEtag()}))
	}
	d := submit(must(drafts.CreateDraft(an, &spsv1.CreateDraftRequest{Draft: &spsv1.Draft{Statement: found("as it was read")}})))
	later := "5" // returned, changed and submitted once more
	w.hook = func() error {
		w.hook = nil
		d := must(drafts.ReturnDraft(an, &spsv1.ReturnDraftRequest{
			Name: d.GetName(), Etag: d.GetEtag(), Reason: []*spsv1.LocalizedText{{Lang: "en", Text: "wrong"}},
		}))
		d.Statement = found("as it was changed")
		if d = submit(must(drafts.UpdateDraft(an, &spsv1.UpdateDraftRequest{Draft: d}))); d.GetEtag() != later {
			t.Errorf("the changed draft has etag %s, want %s", d.GetEtag(), later)
		}
		return nil
	}
	for _, c := range []struct{ name, etag, want string }{
		{"an etag that is not there yet", later, string(access.ReasonEtag)},
		{"the etag that was read", d.GetEtag(), string(access.ReasonEtag)},
		{"the etag of what it became", later, ""},
	} {
		issued, err := drafts.IssueDraft(binh, &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: c.etag})
		if got := reasonOf(err); got != c.want {
			t.Errorf("%s: issued %v, %v, want reason %q", c.name, issued.GetStatement().GetNotification().GetSubject(), err, c.want)
		}
		if err == nil && issued.GetStatement().GetNotification().GetSubject()[0].GetText() != "as it was changed" {
			t.Errorf("%s: issued %v, want what it became", c.name, issued.GetStatement().GetNotification().GetSubject())
		}
	}
}
