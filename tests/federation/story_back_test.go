package federation

import (
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestStoryOfACaseTakenBack lives the life of a notification that is preliminary,
// confirmed and withdrawn, while two offices are brought in one after the other:
// all four are shown the same, whichever of their lines were cut.
func TestStoryOfACaseTakenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWhole(t, "TH", "VN", "CN", "KH")
		th, vn, cn := w.desks["TH"], w.desks["VN"], w.desks["CN"]
		all := []certs.Office{"TH", "VN", "CN", "KH"}
		flags := []*spsv1.Flag{{Office: "VN", Kind: spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP}}

		// Malee gives the draft back, Somchai submits it again.
		preliminary := pepper("salmonella in black pepper, not confirmed yet", "L-17")
		preliminary.Preliminary = true
		drafts := spsv1.NewDraftServiceClient(th.as(certs.RoleOfficer, "somchai"))
		draft, err := drafts.CreateDraft(t.Context(), &spsv1.CreateDraftRequest{Draft: &spsv1.Draft{Statement: inCase(nil, &spsv1.Statement{
			Addressees: to("VN"), Flags: flags, Body: &spsv1.Statement_Notification{Notification: preliminary},
		})}})
		if err == nil {
			draft, err = drafts.SubmitDraft(t.Context(), &spsv1.SubmitDraftRequest{Name: draft.GetName(), Etag: draft.GetEtag()})
		}
		const reason = "the second sample is to be named"
		validator := spsv1.NewDraftServiceClient(th.as(certs.RoleValidator, "malee"))
		if err == nil {
			draft, err = validator.ReturnDraft(t.Context(), &spsv1.ReturnDraftRequest{Name: draft.GetName(), Etag: draft.GetEtag(), Reason: english(reason)})
		}
		if err != nil || len(draft.GetReturnReason()) != 1 || draft.GetReturnReason()[0].GetText() != reason {
			t.Fatalf("the draft that was returned is %v, %v, want the reason", draft, err)
		}
		draft, err = drafts.SubmitDraft(t.Context(), &spsv1.SubmitDraftRequest{Name: draft.GetName(), Etag: draft.GetEtag()})
		if err != nil {
			t.Fatal(err)
		}
		alert, err := validator.IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: draft.GetName(), Etag: draft.GetEtag()})
		if err != nil {
			t.Fatal(err)
		}
		w.settle()

		// Viet Nam asks for a day more while its line is cut, and gets it.
		w.network.Cut("TH", "VN")
		vn.says("lan", alert, &spsv1.Statement{Addressees: to("TH"), Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{}}})
		until := vn.clock(alert, "VN", spsv1.Clock_CLOCK_OUTCOME).GetDueTime().AsTime().Add(24 * time.Hour)
		asked := vn.says("lan", alert, &spsv1.Statement{Addressees: to("TH"), Body: &spsv1.Statement_Request{Request: &spsv1.Request{
			Kind: spsv1.RequestKind_REQUEST_KIND_EXTENSION, Offices: []string{"TH"},
			Extension: &spsv1.Extension{Clock: spsv1.Clock_CLOCK_OUTCOME, DueTime: timestamppb.New(until)},
		}}})
		w.network.Heal("TH", "VN")
		w.settle()
		th.says("malee", alert, &spsv1.Statement{Addressees: to("VN"), RelatesTo: replies(asked), Body: &spsv1.Statement_Response{Response: &spsv1.Response{
			Result: spsv1.ResponseResult_RESPONSE_RESULT_GRANTED, Text: english("a day more"),
		}}})
		w.settle()
		for _, d := range []*desk{th, vn} {
			if due := d.clock(alert, "VN", spsv1.Clock_CLOCK_OUTCOME).GetDueTime().AsTime(); !due.Equal(until) {
				t.Errorf("the outcome of VN is due at %s as %s is shown it, want %s", due, d.office.Code(), until)
			}
		}

		// China is brought in, then Cambodia, while the two do not hear each other.
		w.network.Cut("CN", "KH")
		for _, newcomer := range all[2:] {
			th.bringsIn("malee", alert, newcomer)
			vn.bringsIn("minh", alert, newcomer)
		}
		w.settle()
		cn.restart()
		w.network.Heal("CN", "KH")
		w.settle()
		w.wantSame(alert, all...)

		// Thailand confirms it, and takes it back when the laboratory errs.
		th.issues("somchai", "malee", alert, &spsv1.Statement{
			Addressees: to("VN", "CN", "KH"), Flags: flags,
			RelatesTo: []*spsv1.Relation{{Kind: spsv1.RelationKind_RELATION_KIND_AMENDS, Entry: alert.GetEntry()}},
			Body: &spsv1.Statement_Amendment{Amendment: &spsv1.Amendment{
				Notification: pepper("salmonella in black pepper", "L-17"), Reason: english("the second sample has it too"),
				Changes: []*spsv1.Change{{Kind: spsv1.ChangeKind_CHANGE_KIND_CONFIRMATION}},
			}},
		})
		w.settle()
		w.wantSame(alert, all...)
		if cn.sees(alert).GetState().GetNotification().GetPreliminary() {
			t.Error("at CN the notification is preliminary, want it confirmed")
		}
		w.network.Cut("TH", "KH")
		th.issues("somchai", "malee", alert, &spsv1.Statement{
			Addressees: to("VN", "CN", "KH"),
			RelatesTo:  []*spsv1.Relation{{Kind: spsv1.RelationKind_RELATION_KIND_WITHDRAWS, Entry: alert.GetEntry()}},
			Body: &spsv1.Statement_Withdrawal{Withdrawal: &spsv1.Withdrawal{
				Reason: spsv1.WithdrawalReason_WITHDRAWAL_REASON_UNFOUNDED, Text: english("the samples were exchanged"),
			}},
		})
		w.settle()
		w.network.Heal("TH", "KH")
		w.settle()
		w.wantSame(alert, all...)
		for _, office := range all {
			if got := w.desks[office].sees(alert).GetState().GetStatus(); got != spsv1.CaseStatus_CASE_STATUS_WITHDRAWN {
				t.Errorf("at %s the case is %s, want withdrawn", office, got)
			}
		}
		w.wantOverdue(alert)
	})
}
