package access_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// allowed is written anew, method by method: the caller table is what stands
// between an office and its neighbours, so it says everything twice.
var allowed = map[string]string{
	"/sps.v1.CaseService/IssueStatement":                        "validator system",
	"/sps.v1.CaseService/GetStatement":                          "officer validator post system auditor",
	"/sps.v1.CaseService/ListStatements":                        "officer validator post system auditor",
	"/sps.v1.CaseService/WatchStatements":                       "officer validator post system auditor",
	"/sps.v1.CaseService/PollStatements":                        "officer validator post system auditor",
	"/sps.v1.CaseService/GetCase":                               "officer validator post system auditor",
	"/sps.v1.CaseService/RecordCall":                            "officer validator",
	"/sps.v1.CaseService/ReaddressCase":                         "validator",
	"/sps.v1.CaseService/ListCases":                             "officer validator post system auditor",
	"/sps.v1.CaseService/AcknowledgeCase":                       "officer validator system",
	"/sps.v1.CaseService/FollowUpCase":                          "officer validator system",
	"/sps.v1.CaseService/RequestInCase":                         "officer validator system",
	"/sps.v1.CaseService/RespondInCase":                         "officer validator system",
	"/sps.v1.CaseService/AmendCase":                             "validator system",
	"/sps.v1.CaseService/WithdrawCase":                          "validator system",
	"/sps.v1.CaseService/CloseCase":                             "validator system",
	"/sps.v1.CaseService/ReopenCase":                            "validator system",
	"/sps.v1.CaseService/AddExternalReference":                  "officer validator system",
	"/sps.v1.CaseService/Announce":                              "validator system",
	"/sps.v1.AttachmentService/UploadAttachment":                "officer validator lab post system exporter",
	"/sps.v1.CaseService/GetStatistics":                         "officer validator system auditor",
	"/sps.v1.SearchService/CreateSearch":                        "officer validator system auditor",
	"/sps.v1.SearchService/GetSearch":                           "officer validator system auditor",
	"/sps.v1.SearchService/ListSearches":                        "officer validator system auditor admin",
	"/sps.v1.SearchService/UpdateSearch":                        "officer validator system auditor",
	"/sps.v1.SearchService/DeleteSearch":                        "officer validator system auditor admin",
	"/sps.v1.InspectionService/EnterInspections":                "officer validator system",
	"/sps.v1.InspectionService/ListInspections":                 "officer validator system auditor",
	"/sps.v1.ExportService/ExportCases":                         "officer validator system auditor",
	"/sps.v1.ExportService/ExportStatements":                    "officer validator system auditor",
	"/sps.v1.ExportService/ExportStatistics":                    "officer validator system auditor",
	"/sps.v1.ExportService/ExportCodeStatus":                    "officer validator system auditor",
	"/sps.v1.CodeStatusService/GetCodeStatus":                   "officer validator system auditor",
	"/sps.v1.CodeStatusService/ListCodeStatus":                  "officer validator system auditor",
	"/sps.v1.CodeStatusService/ListCodeHistory":                 "officer validator system auditor",
	"/sps.v1.CodeStatusService/WatchCodeStatus":                 "officer validator system auditor",
	"/sps.v1.AttachmentService/DownloadAttachment":              "officer validator lab post system exporter auditor",
	"/sps.v1.AnnouncementService/ListAnnouncements":             "officer validator post system auditor",
	"/sps.v1.AnnouncementService/GetAnnouncement":               "officer validator post system auditor",
	"/sps.v1.AnnouncementService/WatchAnnouncements":            "officer validator post system auditor",
	"/sps.v1.AnnouncementService/ListGates":                     "officer validator post system auditor",
	"/sps.v1.AnnouncementService/GetGate":                       "officer validator post system auditor",
	"/sps.v1.FindingService/PostFinding":                        "lab",
	"/sps.v1.FindingService/BatchPostFindings":                  "lab",
	"/sps.v1.FindingService/WithdrawFinding":                    "lab",
	"/sps.v1.FindingService/GetFinding":                         "lab officer validator auditor",
	"/sps.v1.FindingService/ListFindings":                       "lab officer validator auditor",
	"/sps.v1.FindingService/DraftFromFindings":                  "officer validator",
	"/sps.v1.FindingService/SetAsideFinding":                    "officer validator",
	"/sps.v1.FindingService/OrderTest":                          "officer validator",
	"/sps.v1.FindingService/GetTestOrder":                       "lab officer validator auditor",
	"/sps.v1.FindingService/ListTestOrders":                     "lab officer validator auditor",
	"/sps.v1.FindingService/CancelTestOrder":                    "officer validator",
	"/sps.v1.FindingService/WatchFindings":                      "lab officer validator auditor",
	"/sps.v1.ImportService/CreateImport":                        "lab officer validator",
	"/sps.v1.ImportService/GetImport":                           "lab officer validator",
	"/sps.v1.ImportService/ListImports":                         "lab officer validator",
	"/sps.v1.ImportService/ListRowErrors":                       "lab officer validator",
	"/sps.v1.ImportService/CommitImport":                        "lab officer validator",
	"/sps.v1.ImportService/CancelImport":                        "lab officer validator",
	"/sps.v1.ImportService/DeleteImport":                        "lab officer validator",
	"/sps.v1.ImportService/WatchImport":                         "lab officer validator",
	"/sps.v1.ImportService/DownloadTemplate":                    "lab officer validator",
	"/sps.v1.ImportService/GetImportMapping":                    "lab officer validator",
	"/sps.v1.ImportService/SetImportMapping":                    "lab officer validator",
	"/sps.v1.ImportService/DeleteImportMapping":                 "lab officer validator",
	"/sps.v1.FindingService/RouteFinding":                       "officer validator",
	"/sps.v1.UnitService/ListUnits":                             "officer validator post system auditor admin",
	"/sps.v1.UnitService/GetRouting":                            "officer validator post auditor admin",
	"/sps.v1.UnitService/UpdateRouting":                         "validator admin",
	"/sps.v1.UnitService/ListRoutingHistory":                    "officer validator post auditor admin",
	"/sps.v1.UnitService/TryRouting":                            "officer validator",
	"/sps.v1.UnitService/RouteCase":                             "officer validator",
	"/sps.v1.UnitService/FinishPart":                            "officer validator post",
	"/sps.v1.UnitService/GetDutyRota":                           "officer validator post auditor admin",
	"/sps.v1.UnitService/UpdateDutyRota":                        "validator admin",
	"/sps.v1.UnitService/GetDuty":                               "officer validator post auditor admin",
	"/sps.v1.ConsignmentService/GetRegistration":                "exporter",
	"/sps.v1.ConsignmentService/ListOwnCodeStatus":              "exporter",
	"/sps.v1.ConsignmentService/ListOwnAnnouncements":           "exporter",
	"/sps.v1.ConsignmentService/WatchOwnAnnouncements":          "exporter",
	"/sps.v1.ConsignmentService/GetConsignmentNotice":           "exporter officer validator auditor",
	"/sps.v1.ConsignmentService/ListConsignmentNotices":         "exporter officer validator auditor",
	"/sps.v1.ConsignmentService/ListNoticeAnswers":              "exporter officer validator auditor",
	"/sps.v1.ConsignmentService/WatchConsignmentNotices":        "exporter officer validator auditor",
	"/sps.v1.ConsignmentService/AcknowledgeConsignmentNotice":   "exporter",
	"/sps.v1.ConsignmentService/AnswerConsignmentNotice":        "exporter",
	"/sps.v1.ExporterService/CreateExporter":                    "officer validator",
	"/sps.v1.ExporterService/UpdateExporter":                    "officer validator",
	"/sps.v1.ExporterService/DeactivateExporter":                "officer validator",
	"/sps.v1.ExporterService/ReactivateExporter":                "officer validator",
	"/sps.v1.ExporterService/CreateConsignmentNotice":           "officer validator",
	"/sps.v1.ExporterService/ReleaseConsignmentNotice":          "officer validator",
	"/sps.v1.ExporterService/HoldConsignmentNotice":             "officer validator",
	"/sps.v1.ExporterService/RejectConsignmentNotice":           "officer validator",
	"/sps.v1.ExporterService/WithdrawConsignmentNotice":         "officer validator",
	"/sps.v1.ExporterService/WatchOutreach":                     "officer validator system",
	"/sps.v1.ExporterService/RecordSending":                     "officer validator system",
	"/sps.v1.ExporterService/ForwardAnswer":                     "officer validator",
	"/sps.v1.ExporterService/GetExporter":                       "officer validator auditor",
	"/sps.v1.ExporterService/ListExporters":                     "officer validator auditor",
	"/sps.v1.ExporterService/ListRegisteredCodes":               "officer validator auditor",
	"/sps.v1.ExporterService/PreviewConsignmentNotice":          "officer validator auditor",
	"/sps.v1.CodeService/ListCodeLists":                         "officer validator lab post system exporter auditor admin",
	"/sps.v1.CodeService/SearchCodes":                           "officer validator lab post system exporter auditor admin",
	"/sps.v1.CodeService/GetCode":                               "officer validator lab post system exporter auditor admin",
	"/sps.v1.NodeService/GetNode":                               "officer validator system auditor admin",
	"/sps.v1.NodeService/ListPeers":                             "officer validator system auditor admin",
	"/sps.v1.NodeService/GetPeer":                               "officer validator system auditor admin",
	"/sps.v1.NodeService/GetCaller":                             "officer validator lab post system exporter auditor admin",
	"/sps.v1.NodeService/CreateToken":                           "admin",
	"/sps.v1.NodeService/GetToken":                              "auditor admin",
	"/sps.v1.NodeService/ListTokens":                            "auditor admin",
	"/sps.v1.NodeService/TestPeer":                              "admin",
	"/sps.v1.NodeService/RevokePeer":                            "admin",
	"/sps.v1.NodeService/ConfirmClock":                          "admin",
	"/sps.v1.NodeService/RevokeToken":                           "admin",
	"/sps.v1.NodeService/LendRole":                              "admin",
	"/sps.v1.NodeService/ListLendings":                          "auditor admin",
	"/sps.v1.NodeService/EndLending":                            "admin",
	"/sps.v1.NodeService/CreateAccount":                         "admin",
	"/sps.v1.NodeService/GetAccount":                            "officer validator lab post system exporter auditor admin",
	"/sps.v1.NodeService/ListAccounts":                          "auditor admin",
	"/sps.v1.NodeService/ResetAccount":                          "admin",
	"/sps.v1.NodeService/DisableAccount":                        "admin",
	"/sps.v1.NodeService/EnableAccount":                         "admin",
	"/sps.v1.NodeService/SetPassword":                           "officer validator lab post system exporter auditor admin",
	"/sps.v1.NodeService/EnrolTotp":                             "officer validator lab post system exporter auditor admin",
	"/sps.v1.NodeService/ConfirmTotp":                           "officer validator lab post system exporter auditor admin",
	"/sps.v1.NodeService/ListAuditRecords":                      "auditor admin",
	"/sps.v1.NodeService/ConfirmCredentials":                    "admin",
	"/sps.v1.NodeService/CreateBackup":                          "admin",
	"/sps.v1.NodeService/GetBackup":                             "auditor admin",
	"/sps.v1.NodeService/ListBackups":                           "auditor admin",
	"/sps.v1.ExchangeService/Exchange":                          "node",
	"/grpc.health.v1.Health/Check":                              "node officer validator lab post system exporter auditor admin",
	"/grpc.health.v1.Health/List":                               "node officer validator lab post system exporter auditor admin",
	"/grpc.health.v1.Health/Watch":                              "node officer validator lab post system exporter auditor admin",
	"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo": "officer validator lab post system exporter auditor admin",
}

func TestEveryRoleAtEveryMethod(t *testing.T) {
	n := startGuarded(t, time.Now, services{}, func(g *access.Guard) {
		g.Systems = map[string]access.Scope{"lan.nguyen": access.WholeScope()}
	})
	var methods []string
	for service, info := range n.server.GetServiceInfo() {
		for _, m := range info.Methods {
			methods = append(methods, "/"+service+"/"+m.Name)
		}
	}
	if len(methods) != len(allowed) {
		t.Errorf("the services have %d methods, the test knows %d: %q", len(methods), len(allowed), methods)
	}
	conns := map[certs.Role]*grpc.ClientConn{certs.RoleNode: n.dialPeer(t)}
	for _, role := range certs.Roles()[1:] {
		conns[role] = n.dialPerson(t, role)
	}
	for _, method := range methods {
		if _, ok := access.Methods()[method]; !ok {
			t.Errorf("%s is not in the caller table", method)
		}
		for role, conn := range conns {
			want := slices.Contains(strings.Fields(allowed[method]), string(role))
			got := call(t.Context(), conn, method)
			if refused(got) == want {
				t.Errorf("%s as %s: got %v, want allowed = %t", method, role, got, want)
			}
			if !want && reason(got) != "PERMISSION_DENIED" {
				t.Errorf("%s as %s: reason %q, want PERMISSION_DENIED", method, role, reason(got))
			}
		}
	}
}

// TestOfficersIssueWhatNeedsOne is why the table above does not let officers issue:
// they may have anything checked, and issue what one person is enough for.
func TestOfficersIssueWhatNeedsOne(t *testing.T) {
	n := startNode(t, time.Now, services{})
	closure := &spsv1.Statement{Body: &spsv1.Statement_Closure{}}
	acknowledgement := &spsv1.Statement{Body: &spsv1.Statement_Acknowledgement{}}
	for _, tc := range []struct {
		role      certs.Role
		statement *spsv1.Statement
		only      bool
		want      bool
	}{
		{certs.RoleOfficer, closure, true, true},
		{certs.RoleOfficer, closure, false, false},
		{certs.RoleOfficer, nil, false, false},
		{certs.RoleOfficer, acknowledgement, false, true},
		{certs.RoleValidator, closure, true, true},
		{certs.RoleValidator, closure, false, true},
		{certs.RoleAuditor, closure, true, false},
		{certs.RoleAuditor, acknowledgement, false, false},
	} {
		_, err := spsv1.NewCaseServiceClient(n.dialPerson(t, tc.role)).
			IssueStatement(t.Context(), &spsv1.IssueStatementRequest{ValidateOnly: tc.only, Statement: tc.statement})
		got := status.Convert(err)
		if refused(got) == tc.want {
			t.Errorf("%s, validate_only %t: got %v, want allowed = %t", tc.role, tc.only, got, tc.want)
		}
		if tc.role == certs.RoleOfficer && !tc.want && !strings.Contains(got.Message(), "this a validator issues") {
			t.Errorf("%s is told %q, want who issues", tc.role, got.Message())
		}
	}
}

func TestMethodWithoutRuleIsForNobody(t *testing.T) {
	var zero access.Rule
	for _, role := range certs.Roles() {
		for _, office := range []certs.Office{"VN", "CN"} {
			if zero.Allows("asean-cn", "VN", certs.Identity{Federation: "asean-cn", Office: office, Role: role}) {
				t.Errorf("the zero Rule lets in %s of %s, want nobody", role, office)
			}
		}
	}
}

func TestRuleKnowsOffices(t *testing.T) {
	rule := access.Rule{Peers: true, Roles: []certs.Role{certs.RoleOfficer}}
	for _, tc := range []struct {
		name string
		id   certs.Identity
		want bool
	}{
		{"officer of this office", certs.Identity{Federation: "f", Office: "VN", Role: certs.RoleOfficer, ID: "a"}, true},
		{"officer of another", certs.Identity{Federation: "f", Office: "CN", Role: certs.RoleOfficer, ID: "a"}, false},
		{"node of another", certs.Identity{Federation: "f", Office: "CN", Role: certs.RoleNode}, true},
		{"own node", certs.Identity{Federation: "f", Office: "VN", Role: certs.RoleNode}, false},
		{"node of another federation", certs.Identity{Federation: "g", Office: "CN", Role: certs.RoleNode}, false},
		{"officer of another federation", certs.Identity{Federation: "g", Office: "VN", Role: certs.RoleOfficer, ID: "a"}, false},
		{"other role", certs.Identity{Federation: "f", Office: "VN", Role: certs.RoleLab, ID: "a"}, false},
	} {
		if got := rule.Allows("f", "VN", tc.id); got != tc.want {
			t.Errorf("%s: Allows = %t, want %t", tc.name, got, tc.want)
		}
	}
}

func TestMetadataIsNoIdentity(t *testing.T) {
	n := startNode(t, time.Now, services{})
	const issue = spsv1.CaseService_IssueStatement_FullMethodName
	forged := metadata.AppendToOutgoingContext(t.Context(),
		"authorization", "Bearer sps://asean-cn/VN/validator/lan.nguyen",
		"x-forwarded-client-cert", "URI=sps://asean-cn/VN/validator/lan.nguyen",
		"identity", "sps://asean-cn/VN/validator/lan.nguyen", "role", "validator", "x-ssl-client-s-dn", "validator")
	if got := call(forged, n.dialPerson(t, certs.RoleLab), issue); got.Code() != codes.PermissionDenied {
		t.Errorf("lab with forged metadata: %v, want PermissionDenied", got)
	}
	if got := call(forged, n.dialPeer(t), issue); got.Code() != codes.PermissionDenied {
		t.Errorf("node of China with forged metadata: %v, want PermissionDenied", got)
	}
	if got := n.log.String(); strings.Count(got, "call refused") != 2 || !strings.Contains(got, "caller=sps://asean-cn/VN/lab/lan.nguyen") {
		t.Errorf("log = %q, want a line for each refusal that names the caller", got)
	}
}

func TestRefusalNamesTheRoleNeeded(t *testing.T) {
	n := startNode(t, time.Now, services{})
	got := call(t.Context(), n.dialPerson(t, certs.RoleLab), spsv1.CaseService_IssueStatement_FullMethodName)
	const want = "IssueStatement is for the roles officer, validator and system; your certificate or token says lab of VN"
	if got.Message() != want {
		t.Errorf("message = %q, want %q", got.Message(), want)
	}
}

// scripted is a service whose methods do what a test says.
type scripted struct {
	spsv1.UnimplementedNodeServiceServer
	spsv1.UnimplementedCaseServiceServer
	node  func(context.Context) (*spsv1.Node, error)
	watch func(grpc.ServerStreamingServer[spsv1.WatchStatementsResponse]) error
}

func (s *scripted) GetNode(ctx context.Context, _ *spsv1.GetNodeRequest) (*spsv1.Node, error) {
	return s.node(ctx)
}

func (s *scripted) WatchStatements(_ *spsv1.WatchStatementsRequest, stream grpc.ServerStreamingServer[spsv1.WatchStatementsResponse]) error {
	return s.watch(stream)
}

func TestCallerReachesTheService(t *testing.T) {
	s := &scripted{node: func(ctx context.Context) (*spsv1.Node, error) {
		caller, ok := access.From(ctx)
		if !ok {
			return nil, errors.New("no caller")
		}
		return &spsv1.Node{Office: caller.URI()}, nil
	}}
	n := startNode(t, time.Now, services{nodes: s})
	got, err := spsv1.NewNodeServiceClient(n.dialPerson(t, certs.RoleAdmin)).GetNode(t.Context(), &spsv1.GetNodeRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if want := "sps://asean-cn/VN/admin/lan.nguyen"; got.GetOffice() != want {
		t.Errorf("caller = %s, want %s", got.GetOffice(), want)
	}
	if _, ok := access.From(t.Context()); ok {
		t.Error("From without a guard = true, want false")
	}
}

func TestFaultsShowNothing(t *testing.T) {
	const secret = "the key is under the mat"
	for _, tc := range []struct {
		name, logged string
		node         func(context.Context) (*spsv1.Node, error)
	}{
		{"panic", "panic in a call", func(context.Context) (*spsv1.Node, error) { panic(secret) }},
		{"unknown error", "call failed", func(context.Context) (*spsv1.Node, error) { return nil, errors.New(secret) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n := startNode(t, time.Now, services{nodes: &scripted{node: tc.node}})
			_, err := spsv1.NewNodeServiceClient(n.dialPerson(t, certs.RoleAdmin)).GetNode(t.Context(), &spsv1.GetNodeRequest{})
			got := status.Convert(err)
			if got.Code() != codes.Internal || strings.Contains(got.String(), secret) {
				t.Errorf("got %v, want Internal without the cause", got)
			}
			if log := n.log.String(); !strings.Contains(log, tc.logged) || !strings.Contains(log, secret) {
				t.Errorf("log = %q, want %q with the cause", log, tc.logged)
			}
		})
	}
}

func TestRequestsAreCheckedWhole(t *testing.T) {
	n := startNode(t, time.Now, services{})
	cases := spsv1.NewCaseServiceClient(n.dialPerson(t, certs.RoleOfficer))
	_, err := cases.ListStatements(t.Context(), &spsv1.ListStatementsRequest{Parent: "offices/vn", PageSize: -1, View: 7})
	wantFields(t, err, "parent", "page_size", "view")

	stream, err := cases.WatchStatements(t.Context(), &spsv1.WatchStatementsRequest{Parent: "VN", Cursor: strings.Repeat("x", 300)})
	if err == nil {
		_, err = stream.Recv()
	}
	wantFields(t, err, "parent", "cursor")
}

func wantFields(t *testing.T, err error, want ...string) {
	t.Helper()
	st := status.Convert(err)
	if st.Code() != codes.InvalidArgument || reason(st) != "INVALID" {
		t.Fatalf("got %v, want InvalidArgument, INVALID", st)
	}
	var got []string
	for _, d := range st.Details() {
		if bad, ok := d.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				got = append(got, v.GetField())
				if v.GetReason() == "" || v.GetDescription() == "" {
					t.Errorf("violation of %s has reason %q and description %q, want both", v.GetField(), v.GetReason(), v.GetDescription())
				}
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("violations of %q, want %q", got, want)
	}
}

func TestExpiredCertificate(t *testing.T) {
	n := startNode(t, func() time.Time { return time.Now().AddDate(50, 0, 0) }, services{})
	got := call(t.Context(), n.dialPerson(t, certs.RoleOfficer), spsv1.CaseService_GetCase_FullMethodName)
	if got.Code() != codes.Unauthenticated || reason(got) != "CERTIFICATE_EXPIRED" {
		t.Errorf("got %v with reason %s, want Unauthenticated, CERTIFICATE_EXPIRED", got, reason(got))
	}
}

func TestStreamEndsWithItsCertificate(t *testing.T) {
	s := &scripted{watch: func(stream grpc.ServerStreamingServer[spsv1.WatchStatementsResponse]) error {
		<-stream.Context().Done()
		return context.Cause(stream.Context())
	}}
	var notAfter time.Time
	n := startNode(t, func() time.Time { return notAfter.Add(-50 * time.Millisecond) }, services{cases: s})
	officer, err := n.office.Person(certs.RoleOfficer, "lan.nguyen")
	if err != nil {
		t.Fatal(err)
	}
	notAfter = officer.NotAfter()
	stream, err := spsv1.NewCaseServiceClient(n.dialPerson(t, certs.RoleOfficer)).WatchStatements(t.Context(), &spsv1.WatchStatementsRequest{Parent: "offices/-"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = stream.Recv()
	got := status.Convert(err)
	if got.Code() != codes.Unauthenticated || reason(got) != "CERTIFICATE_EXPIRED" {
		t.Errorf("got %v with reason %s, want Unauthenticated, CERTIFICATE_EXPIRED", got, reason(got))
	}
}

func reason(s *status.Status) string {
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok && info.GetDomain() == access.Domain {
			return info.GetReason()
		}
	}
	return ""
}
