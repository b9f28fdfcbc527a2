package server_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// How people of a unit fare with a method. Whatever it says, the people of another
// unit are shown nothing of what is the unit's.
const (
	fareOwn    = "own"    // it shows the unit what is its own
	fareFocal  = "focal"  // for the focal point; it may be tried, or drafted
	fareOffice = "office" // for the whole office: it shows nothing of a case, draft or finding
	fareTell   = "tell"   // it writes where the caller is shown, and shows at most that
	fareRoles  = "roles"  // not for officers, validators and posts
)

// fares says of every method of the node how people of a unit fare with it. It is
// written by hand: a method that is not here has not been thought of.
var fares = map[string]string{
	"CaseService": "GetStatement own, ListStatements own, WatchStatements own, PollStatements own, GetCase own, ListCases own, GetStatistics own, " +
		"IssueStatement focal, ReaddressCase focal, AcknowledgeCase focal, FollowUpCase focal, RequestInCase focal, RespondInCase focal, AmendCase focal, " +
		"WithdrawCase focal, CloseCase focal, ReopenCase focal, AddExternalReference focal, Announce focal, RecordCall tell",
	"DraftService":      "CreateDraft tell, GetDraft own, ListDrafts own, UpdateDraft tell, DeleteDraft tell, CheckDraft own, SubmitDraft tell, ReturnDraft tell, IssueDraft focal",
	"EvidenceService":   "GetEvidence own",
	"ExportService":     "ExportCases own, ExportStatements own, ExportStatistics own, ExportCodeStatus office",
	"AttachmentService": "UploadAttachment tell, DownloadAttachment own",
	"FindingService": "GetFinding own, ListFindings own, WatchFindings own, DraftFromFindings own, RouteFinding focal, OrderTest tell, GetTestOrder own, ListTestOrders own, " +
		"CancelTestOrder tell, SetAsideFinding tell, PostFinding roles, BatchPostFindings roles, WithdrawFinding roles",
	"UnitService": "ListUnits office, GetRouting office, ListRoutingHistory office, GetDutyRota office, GetDuty office, TryRouting own, RouteCase focal, FinishPart tell, " +
		"UpdateRouting focal, UpdateDutyRota focal",
	"AnnouncementService": "ListAnnouncements office, GetAnnouncement office, WatchAnnouncements office, ListGates office, GetGate office",
	"CodeStatusService":   "GetCodeStatus office, ListCodeStatus office, ListCodeHistory office, WatchCodeStatus office",
	"CodeService":         "ListCodeLists office, SearchCodes office, GetCode office",
	"SearchService":       "CreateSearch tell, GetSearch office, ListSearches office, UpdateSearch tell, DeleteSearch tell",
	"InspectionService":   "EnterInspections tell, ListInspections office",
	// No exporter is registered here: what units see of notices is tested with those.
	"ConsignmentService": "GetConsignmentNotice tell, ListConsignmentNotices tell, WatchConsignmentNotices tell, ListNoticeAnswers tell, GetRegistration roles, ListOwnCodeStatus roles, ListOwnAnnouncements roles, WatchOwnAnnouncements roles, " +
		"AcknowledgeConsignmentNotice roles, AnswerConsignmentNotice roles",
	"ExporterService": "CreateExporter tell, GetExporter tell, ListExporters tell, UpdateExporter tell, DeactivateExporter tell, ReactivateExporter tell, ListRegisteredCodes tell, " +
		"CreateConsignmentNotice tell, PreviewConsignmentNotice tell, ReleaseConsignmentNotice tell, HoldConsignmentNotice tell, RejectConsignmentNotice tell, " +
		"WithdrawConsignmentNotice tell, ForwardAnswer tell, WatchOutreach tell, RecordSending tell",
	"ImportService": "CreateImport tell, GetImport tell, ListImports tell, ListRowErrors tell, CommitImport tell, CancelImport tell, DeleteImport tell, WatchImport tell, " +
		"DownloadTemplate tell, GetImportMapping tell, SetImportMapping tell, DeleteImportMapping tell",
	"NodeService": "GetNode office, ListPeers office, GetPeer office, GetCaller office, GetAccount office, SetPassword tell, EnrolTotp tell, ConfirmTotp tell, " +
		"TestPeer roles, RevokePeer roles, ConfirmClock roles, CreateToken roles, GetToken roles, ListTokens roles, RevokeToken roles, CreateAccount roles, ListAccounts roles, " +
		"ResetAccount roles, DisableAccount roles, EnableAccount roles, ListAuditRecords roles, ConfirmCredentials roles, CreateBackup roles, GetBackup roles, ListBackups roles, LendRole roles, ListLendings roles, EndLending roles",
	"ExchangeService": "Exchange roles",
}

// theirs is what a unit has that another must not see.
type theirs struct {
	names     []string // of case, statement, file, draft, finding
	secrets   []string // words in them
	reference string   // of the case
}

// possess gives the unit north a case with a file, a draft and a finding.
func possess(t *testing.T, vn unitsOf) theirs {
	t.Helper()
	vn.route(`rules { name: "fruit" site_codes: "VN-BT" units: "north" } rules { name: "lab" laboratories: "lab" units: "north" }`)
	s := dragonfruit(spsv1.Classification_CLASSIFICATION_BORDER_REJECTION)
	s.Attachments = []*spsv1.Attachment{vn.upload(spsv1.NewAttachmentServiceClient(vn.as(certs.RoleValidator, "lan.nguyen")), "a1", []byte("the seal was 4711"))}
	original := vn.said(s)
	finding := vn.lab("lab.people").mustPost(labReport(t, "L-NORTH"))
	draft := begin(t, spsv1.NewDraftServiceClient(vn.as(certs.RoleOfficer, "north.people")), notification("thrips in orchids"))
	order, err := vn.reads(certs.RoleOfficer, "north").OrderTest(t.Context(), &spsv1.OrderTestRequest{Order: &spsv1.TestOrder{
		Laboratory: "lab", SampleNumber: "S-NORTH", Analytes: []*spsv1.Concept{{AsWritten: "cadmium"}},
	}})
	if err != nil {
		t.Fatal(told(err))
	}
	return theirs{
		names: []string{
			"cases/" + original.GetReference(), original.GetName(), original.GetName() + "/attachments/a1", original.GetName() + "/evidence", draft.GetName(), finding.GetName(), order.GetName(),
		},
		secrets:   []string{"LOT-A", "mealybug", "the seal was", "thrips", "L-NORTH", "carbendazim", "S-NORTH"},
		reference: original.GetReference(),
	}
}

// TestEveryMethodKeepsToUnits has the people of one unit try every method with what
// is another's, and the unit itself what is its own.
func TestEveryMethodKeepsToUnits(t *testing.T) {
	w := newWorld(t, "VN")
	w.logs, w.eyes = io.Discard, "four_eyes: {alone: all}\nrates: {read: off, write: off}" // a thousand refusals
	vn := startUnits(t, w)
	its := possess(t, vn)
	own := []*grpc.ClientConn{vn.as(certs.RoleOfficer, "north.people"), vn.as(certs.RoleValidator, "north.people"), vn.as(certs.RolePost, "north.people")}
	others := []*grpc.ClientConn{vn.as(certs.RoleOfficer, "food.people"), vn.as(certs.RoleValidator, "food.people"), vn.as(certs.RolePost, "gate.people"), vn.as(certs.RolePost, "nobody")}
	listed := make(map[string]string)
	for service, methods := range fares {
		for one := range strings.SplitSeq(methods, ", ") {
			method, fare, _ := strings.Cut(one, " ")
			listed[service+"/"+method] = fare
		}
	}
	protoregistry.GlobalFiles.RangeFilesByPackage("sps.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			service := f.Services().Get(i)
			for j := range service.Methods().Len() {
				method := service.Methods().Get(j)
				at := fmt.Sprintf("%s/%s", service.Name(), method.Name())
				fare := listed[at]
				delete(listed, at)
				if fare == "" {
					t.Errorf("%s is not among the fares: say how people of a unit fare with it, and see that it is so", at)
				}
				if service.Name() == "ExchangeService" || method.IsStreamingClient() { // an upload names nothing; peers have tests of their own
					continue
				}
				t.Run(at, func(t *testing.T) {
					t.Parallel() // a watch that shows nothing says so after a second
					its.tries(t, fare, service, method, own, others)
				})
			}
		}
		return true
	})
	for at := range listed {
		t.Errorf("%s is among the fares, and no method", at)
	}
}

// tries calls one method for everybody.
func (its theirs) tries(t *testing.T, fare string, service protoreflect.ServiceDescriptor, method protoreflect.MethodDescriptor, own, others []*grpc.ClientConn) {
	by := slices.Clone(others)
	if fare != fareTell && fare != fareRoles {
		by = append(by, own...)
	}
	all := its.answers(t, by, service, method)
	for _, answer := range slices.Concat(all[:len(others)]...) {
		if its.shows(method, answer) {
			t.Errorf("another unit is shown %s", answer.text)
		}
		if got := reason(answer.err); fare == fareRoles && got != "PERMISSION_DENIED" {
			t.Errorf("%v, want PERMISSION_DENIED", answer.err)
		}
	}
	if fare == fareTell || fare == fareRoles {
		return
	}
	shown, refused := false, false
	for _, answer := range slices.Concat(all[len(others):]...) {
		shown = shown || its.shows(method, answer)
		refused = refused || reason(answer.err) == "PERMISSION_DENIED"
		if fare == fareFocal && answer.err == nil {
			t.Errorf("%s is for the focal point, and a unit may: %s", method.Name(), answer.text)
		}
	}
	if shown != (fare == fareOwn) || fare == fareFocal && !refused {
		t.Errorf("%s is shown to the unit itself: %t, refused to it: %t; it is listed as %s", method.Name(), shown, refused, fare)
	}
}

// answered is what a call came to.
type answered struct {
	text string // everything that it answers with, refusals too
	err  error
}

// answers has several call a method at once, each with every name that it may take.
func (its theirs) answers(t *testing.T, by []*grpc.ClientConn, service protoreflect.ServiceDescriptor, method protoreflect.MethodDescriptor) [][]answered {
	of := make([][]answered, len(by))
	var calling sync.WaitGroup
	for i, conn := range by {
		calling.Go(func() {
			for j, name := range its.names {
				if fields := method.Input().Fields(); j > 0 && fields.ByName("name") == nil && fields.ByName("names") == nil {
					return // it takes none
				}
				text, err := call(t, conn, service, method, its.request(method.Input(), name))
				of[i] = append(of[i], answered{text: strings.ReplaceAll(text+fmt.Sprint(err), name, ""), err: err})
			}
		})
	}
	calling.Wait()
	return of
}

// request fills a request with what is the unit's.
func (its theirs) request(d protoreflect.MessageDescriptor, name string) proto.Message {
	m := filled(d, name, its.reference, "binh-thuan").ProtoReflect()
	for _, field := range []protoreflect.Name{"query", "laboratory"} {
		if f := d.Fields().ByName(field); f != nil {
			m.Clear(f)
		}
	}
	if f := d.Fields().ByName("format"); f != nil {
		m.Set(f, protoreflect.ValueOfEnum(protoreflect.EnumNumber(spsv1.ExportFormat_EXPORT_FORMAT_CSV)))
	}
	if f := d.Fields().ByName("names"); f != nil && f.IsList() {
		m.Mutable(f).List().Append(protoreflect.ValueOfString(name))
	}
	return m.Interface()
}

// shows reports whether an answer shows what is the unit's.
func (its theirs) shows(method protoreflect.MethodDescriptor, answer answered) bool {
	secrets := its.secrets
	switch method.Name() {
	case "GetEvidence": // sealed bytes, without a word in clear
		return answer.err == nil
	case "GetStatistics", "ExportStatistics": // numbers: of one case
		secrets = []string{"cases:1", "total,1,"}
	}
	return slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(answer.text, secret) })
}
