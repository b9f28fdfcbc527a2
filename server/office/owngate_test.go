package office_test

import (
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// TestAPostAnnouncesItsOwnGate has a border post announce its own gate by a draft,
// which a validator issues, and nothing else.
func TestAPostAnnouncesItsOwnGate(t *testing.T) {
	vn := authority.ForTest(t, "VN", "CN").Office("VN")
	if _, err := vn.NextCard(func(c *spsv1.Card) {
		c.Units = []*spsv1.Unit{{
			Id: "lang-son", Kind: spsv1.UnitKind_UNIT_KIND_BORDER_POST, Name: []*spsv1.LocalizedText{{Lang: "en", Text: "Lang Son"}},
			Place: &spsv1.Place{Locode: "VNLSN"},
		}}
	}); err != nil {
		t.Fatal(err)
	}
	w := newWicketOf(t, vn)
	cases, drafts := spsv1.NewCaseServiceClient(w.conn), spsv1.NewDraftServiceClient(w.conn)
	post := func(unit string) access.Caller {
		return access.Caller{
			Identity: certs.Identity{Federation: w.roster.Federation(), Office: "VN", Role: certs.RolePost, ID: "an"},
			Until:    w.now.AddDate(1, 0, 0), Unit: unit,
		}
	}
	announce := func(unit, gate string, draft bool) (*spsv1.IssuedStatement, error) {
		return cases.Announce(access.As(t.Context(), post(unit)), &spsv1.AnnounceRequest{
			Parent: "offices/VN", RequestId: uuid.NewString(), Draft: draft, Announcement: &spsv1.Announcement{
				Subject: []*spsv1.LocalizedText{{Lang: "en", Text: "flood"}},
				Body: &spsv1.Announcement_BorderGateStatus{BorderGateStatus: &spsv1.BorderGateStatus{
					Gate: &spsv1.Place{Locode: gate}, Status: spsv1.GateStatus_GATE_STATUS_SUSPENDED,
				}},
			},
		})
	}
	for _, test := range []struct {
		name, unit, gate string
		draft            bool
		want             codes.Code
	}{
		{"its own gate", "lang-son", "VNLSN", true, codes.OK},
		{"its own gate at once", "lang-son", "VNLSN", false, codes.PermissionDenied},
		{"the gate of another", "lang-son", "VNMCA", true, codes.InvalidArgument},
		{"of a post without a unit", "", "VNLSN", true, codes.InvalidArgument},
		{"of a unit without a place", "hanoi", "VNLSN", true, codes.InvalidArgument},
	} {
		if _, err := announce(test.unit, test.gate, test.draft); status.Code(err) != test.want {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	mine := access.As(t.Context(), post("lang-son"))
	all, err := drafts.ListDrafts(mine, &spsv1.ListDraftsRequest{})
	if err != nil || len(all.GetDrafts()) != 1 {
		t.Fatalf("drafts of the post: %v, %v, want one", all, err)
	}
	draft := all.GetDrafts()[0]
	if draft, err = drafts.SubmitDraft(mine, &spsv1.SubmitDraftRequest{Name: draft.GetName(), Etag: draft.GetEtag()}); err != nil {
		t.Fatal(err)
	}
	issued, err := drafts.IssueDraft(w.as(t.Context(), certs.RoleValidator, "binh"), &spsv1.IssueDraftRequest{Name: draft.GetName(), Etag: draft.GetEtag()})
	if err != nil || issued.GetStatement().GetUnit() != "lang-son" || issued.GetStatement().GetDraftedBy().GetId() != "an" {
		t.Errorf("issued %v, %v, want the word of the unit, drafted by the post", issued, err)
	}
	rule, err := drafts.CreateDraft(mine, &spsv1.CreateDraftRequest{Draft: &spsv1.Draft{Statement: &spsv1.Statement{
		Status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL, Handling: spsv1.Handling_HANDLING_NETWORK, Network: true,
		Body: &spsv1.Statement_Announcement{Announcement: &spsv1.Announcement{
			Subject: []*spsv1.LocalizedText{{Lang: "en", Text: "a rule"}},
			Body: &spsv1.Announcement_RuleChange{RuleChange: &spsv1.RuleChange{
				Proposed: true, Text: []*spsv1.LocalizedText{{Lang: "en", Text: "cold treatment"}},
			}},
		}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := drafts.SubmitDraft(mine, &spsv1.SubmitDraftRequest{Name: rule.GetName(), Etag: rule.GetEtag()}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a rule that a post announces: %v, want a refusal", err)
	}
}
