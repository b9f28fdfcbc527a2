package server_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// TestDraftFromFindings follows a finding from the laboratory to the end of its
// case: draft, statement, case, outcome, each shown to the laboratory.
func TestDraftFromFindings(t *testing.T) {
	vn := newWorld(t, "VN").start("VN")
	hanoi := vn.lab("hanoi-lab")
	first := hanoi.mustPost(labReport(t, "L-1", "stage: RESULT_STAGE_PRELIMINARY"))
	second := hanoi.mustPost(labReport(t, "L-2", `text { lang: "en" text: "the second lot" } product { lots { number: "DR-18" } }`))
	names := []string{first.GetName(), second.GetName()}
	desk, drafts := vn.findings(certs.RoleOfficer), spsv1.NewDraftServiceClient(vn.as(certs.RoleOfficer, "lan"))
	begin := &spsv1.DraftFromFindingsRequest{Names: names, RequestId: uuid.NewString()}
	draft, err := desk.DraftFromFindings(t.Context(), begin)
	if err != nil {
		t.Fatal(err)
	}
	n := draft.GetStatement().GetNotification()
	got := fmt.Sprint(n.GetClassification(), n.GetRisk().GetDecision(), n.GetPreliminary(), len(n.GetProducts()), len(n.GetSamples()), len(n.GetFindings()),
		" ", n.GetSamples()[1].GetAbout(), n.GetSamples()[1].GetResults()[0].GetId(), n.GetFindings()[1].GetAbout(), n.GetFindings()[1].GetEvidence(),
		n.GetSamples()[1].GetResults()[0].GetReportNumber(), n.GetProducts()[1].GetLots()[1].GetId())
	if want := "CLASSIFICATION_ALERT RISK_DECISION_POTENTIALLY_SERIOUS true 2 2 2 [p2]s2.r1[p2] [s2.r1]L-2p2.l2"; got != want {
		t.Errorf("the draft says %s, want %s", got, want)
	}
	if again, err := desk.DraftFromFindings(t.Context(), begin); err != nil || again.GetName() != draft.GetName() {
		t.Errorf("the same request again: %v, %v, want the same draft", again.GetName(), err)
	}
	became := func() string {
		f, err := hanoi.GetFinding(t.Context(), &spsv1.GetFindingRequest{Name: second.GetName()})
		if err != nil || len(f.GetUses()) != 1 {
			t.Fatalf("the finding is %v, %v, want one use", f, err)
		}
		u := f.GetUses()[0]
		return fmt.Sprint(u.GetDraftState(), " ", u.GetReference(), " ", u.GetCase(), " ", u.GetCaseStatus(), " ", u.GetCaseOutcome())
	}
	if got, want := became(), "DRAFT_STATE_DRAFTING   CASE_STATUS_UNSPECIFIED CLOSURE_OUTCOME_UNSPECIFIED"; got != want {
		t.Errorf("it became %q, want %q", got, want)
	}
	// What the findings did not say, a person does.
	st := draft.GetStatement()
	st.Handling, st.Addressees = spsv1.Handling_HANDLING_NETWORK, []*spsv1.Addressee{{
		Office: "TH", ByHand: true, Roles: []spsv1.AddresseeRole{spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN},
	}}
	n.Type = spsv1.NotificationType_NOTIFICATION_TYPE_FOOD
	draft, err = drafts.UpdateDraft(t.Context(), &spsv1.UpdateDraftRequest{Draft: draft})
	if err == nil {
		draft, err = drafts.SubmitDraft(t.Context(), &spsv1.SubmitDraftRequest{Name: draft.GetName(), Etag: draft.GetEtag()})
	}
	if err != nil {
		t.Fatal(err, told(err))
	}
	validator := vn.as(certs.RoleValidator, "minh")
	issued, err := spsv1.NewDraftServiceClient(validator).IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: draft.GetName(), Etag: draft.GetEtag()})
	if err != nil {
		t.Fatal(err, told(err))
	}
	reference := issued.GetReference()
	if got, want := became(), "DRAFT_STATE_ISSUED "+reference+" cases/"+reference+" CASE_STATUS_OPEN CLOSURE_OUTCOME_UNSPECIFIED"; got != want {
		t.Errorf("issued, it became %q, want %q", got, want)
	}
	cases := spsv1.NewCaseServiceClient(validator)
	open, err := cases.GetCase(t.Context(), &spsv1.GetCaseRequest{Name: "cases/" + reference})
	if err != nil {
		t.Fatal(err)
	}
	_, err = cases.CloseCase(t.Context(), &spsv1.CloseCaseRequest{
		Name: "cases/" + reference, RequestId: uuid.NewString(), Etag: open.GetEtag(), Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED},
	})
	if err != nil {
		t.Fatal(err, told(err))
	}
	if got, want := became(), "DRAFT_STATE_ISSUED "+reference+" cases/"+reference+" CASE_STATUS_CLOSED CLOSURE_OUTCOME_SETTLED"; got != want {
		t.Errorf("closed, it became %q, want %q", got, want)
	}
	hanoi.mustPost(labReport(t, "L-1"))
	if _, err := desk.DraftFromFindings(t.Context(), &spsv1.DraftFromFindingsRequest{Names: names}); told(err) != "INVALID, names[0] FINDING_ENDED" {
		t.Errorf("from one that was superseded: %q", told(err))
	}
}

// labMay are the methods that a laboratory may call, written anew: what it sees
// through each is its own, as the other tests show.
var labMay = map[string]bool{
	"FindingService/PostFinding": true, "FindingService/BatchPostFindings": true, "FindingService/WithdrawFinding": true,
	"FindingService/GetFinding": true, "FindingService/ListFindings": true, "FindingService/WatchFindings": true,
	"FindingService/GetTestOrder": true, "FindingService/ListTestOrders": true,
	"ImportService/CreateImport": true, "ImportService/GetImport": true, "ImportService/ListImports": true, "ImportService/WatchImport": true,
	"ImportService/CommitImport": true, "ImportService/CancelImport": true, "ImportService/DeleteImport": true, "ImportService/ListRowErrors": true,
	"ImportService/GetImportMapping": true, "ImportService/SetImportMapping": true, "ImportService/DeleteImportMapping": true, "ImportService/DownloadTemplate": true,
	"AttachmentService/UploadAttachment": true, "AttachmentService/DownloadAttachment": true, // see TestFilesOfFindings
	"CodeService/ListCodeLists": true, "CodeService/SearchCodes": true, "CodeService/GetCode": true,
	"NodeService/GetCaller": true, "NodeService/GetAccount": true, "NodeService/SetPassword": true, "NodeService/EnrolTotp": true, "NodeService/ConfirmTotp": true,
}

// TestLaboratoryIsRefusedEverythingElse tries every method of the caller table at
// a real node, as a laboratory.
func TestLaboratoryIsRefusedEverythingElse(t *testing.T) {
	vn := newWorld(t, "VN").start("VN")
	conn := vn.as(certs.RoleLab, "hanoi-lab")
	tried := 0
	for method := range access.Methods() {
		service, ours := strings.CutPrefix(method, "/sps.v1.")
		if !ours || labMay[service] || strings.HasPrefix(service, "ExchangeService/") {
			continue
		}
		tried++
		stream, err := conn.NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, method)
		if err == nil { // that sending fails says only that the call has ended; RecvMsg says how
			_, _ = stream.SendMsg(&emptypb.Empty{}), stream.CloseSend()
			err = stream.RecvMsg(&emptypb.Empty{})
		}
		if status.Code(err) != codes.PermissionDenied || told(err) != "PERMISSION_DENIED" {
			t.Errorf("%s as laboratory: %v, want PERMISSION_DENIED", method, err)
		}
	}
	if tried < 50 {
		t.Errorf("tried %d methods, want every one of the table", tried)
	}
}

// TestLaboratorySeesNothingOfOthers tries what it may call with what is not its
// own.
func TestLaboratorySeesNothingOfOthers(t *testing.T) {
	vn := newWorld(t, "VN").start("VN")
	hanoi, hue := vn.lab("hanoi-lab"), vn.lab("hue-lab")
	theirs := hue.mustPost(labReport(t, "H-1", `supersedes_reports: []`))
	_, get := hanoi.GetFinding(t.Context(), &spsv1.GetFindingRequest{Name: theirs.GetName()})
	_, withdraw := hanoi.WithdrawFinding(t.Context(), withdrawal("H-1"))
	_, account := spsv1.NewNodeServiceClient(vn.as(certs.RoleLab, "hanoi-lab")).GetAccount(t.Context(), &spsv1.GetAccountRequest{Name: "accounts/lan"})
	if got, want := told(get)+", "+told(withdraw)+", "+told(account), "NOT_FOUND, NOT_FOUND, PERMISSION_DENIED"; got != want {
		t.Errorf("get, withdraw, another's account: %s, want %s", got, want)
	}
	if _, err := hanoi.post(labReport(t, "L-1", `supersedes_reports: "H-1"`)); told(err) != "INVALID, finding.supersedes_reports[0] REPORT_UNKNOWN" {
		t.Errorf("superseding another's: %q, want that it is not known", told(err))
	}
	// What only the node says is not taken from a laboratory.
	forged := labReport(t, "L-2", `name: "`+theirs.GetName()+`" laboratory { id: "hue-lab" } state: FINDING_STATE_WITHDRAWN posted_by { id: "lan" }
		supersedes: "`+theirs.GetName()+`" uses { draft: "drafts/x" } proposal { classification: CLASSIFICATION_ALERT } post_time { seconds: 1 }`)
	kept := hanoi.mustPost(forged)
	if kept.GetName() == theirs.GetName() || kept.GetLaboratory().GetId() != "hanoi-lab" || kept.GetPostedBy().GetId() != "hanoi-lab" ||
		kept.GetState() != spsv1.FindingState_FINDING_STATE_CURRENT || len(kept.GetUses())+len(kept.GetSupersedes()) > 0 || kept.GetProposal() != nil ||
		time.Since(kept.GetPostTime().AsTime()) > time.Hour {
		t.Errorf("kept %v, want what the node says", kept)
	}
	if got := standing(t, hue, &spsv1.ListFindingsRequest{}); cmp.Diff("H-1 CURRENT", got) != "" {
		t.Errorf("the other laboratory has %q, want its own as it was", got)
	}
}

// TestNobodyIsTakenForALaboratory gives the office a laboratory of a unit, whose
// id somebody has who does not belong to it.
func TestNobodyIsTakenForALaboratory(t *testing.T) {
	w := newWorld(t, "VN")
	vn := w.start("VN")
	hue := vn.lab("hue-lab")
	mine := hue.mustPost(labReport(t, "H-1"))
	card, err := vn.office.NextCard(func(c *spsv1.Card) {
		c.Units = []*spsv1.Unit{{
			Id: "hue-lab", Kind: spsv1.UnitKind_UNIT_KIND_LABORATORY, Name: []*spsv1.LocalizedText{{Lang: "en", Text: "Laboratory of Hue"}},
		}}
	})
	if err == nil {
		err = errors.Join(os.WriteFile(w.config("VN").Identity.Card, card, 0o600), vn.Reload(t.Context()))
	}
	if err != nil {
		t.Fatal(err)
	}
	_, post := hue.post(labReport(t, "H-2"))
	_, list := hue.ListFindings(t.Context(), &spsv1.ListFindingsRequest{})
	_, get := hue.GetFinding(t.Context(), &spsv1.GetFindingRequest{Name: mine.GetName()})
	_, withdraw := hue.WithdrawFinding(t.Context(), withdrawal("H-1"))
	upload, err := spsv1.NewAttachmentServiceClient(vn.as(certs.RoleLab, "hue-lab")).UploadAttachment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, file := upload.CloseAndRecv()
	for what, err := range map[string]error{"post": post, "list": list, "get": get, "withdraw": withdraw, "upload": file} {
		wantReason(t, what+" by who has the id of a unit", err, "PERMISSION_DENIED")
	}
	_, order := vn.findings(certs.RoleOfficer).OrderTest(t.Context(), &spsv1.OrderTestRequest{Order: &spsv1.TestOrder{
		SampleNumber: "S-1", Laboratory: "nobody", Analytes: []*spsv1.Concept{{AsWritten: "lead"}},
	}})
	if want := "no laboratory has this id here: name one of hue-lab, or "; !strings.Contains(order.Error(), want) {
		t.Errorf("an order to nobody is told %v, want %q", order, want)
	}
}
