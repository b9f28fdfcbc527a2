package access

import (
	"slices"
	"strings"

	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Class is what kind of call a method is. It decides which limit of a caller the
// call counts against, and what the audit log keeps of it.
type Class string

// The classes.
const (
	ClassRead  Class = "read"
	ClassWrite Class = "write" // changes something at this node; audited
	ClassIssue Class = "issue" // speaks for the office; audited
	ClassWatch Class = "watch" // stays open
	// ClassSession is the exchange with peers, which has its own limits and
	// leaves its own proof.
	ClassSession Class = "session"
)

// Rule says who may call a method, and what kind of call it is. The zero Rule
// lets nobody in.
type Rule struct {
	Class Class
	// Peers lets in the nodes of other offices.
	Peers bool
	// Roles lets in the people and systems of this office in one of these roles.
	Roles []certs.Role

	// scope, if set, refuses what a request asks beyond the scope of a role or
	// token.
	scope func(Caller, proto.Message) error
	// ownCheck leaves the field rules of requests to the service, which reports
	// them together with what else is wrong, or has no time for them.
	ownCheck bool
	// shows, if set, says which statements an answer shows, for the audit log,
	// where its messages do not. With an error the answer is not given.
	shows func(request, answer proto.Message) ([]string, error)
}

// Allows reports whether a caller of the given identity may call the method at
// the node of the given federation and office.
func (r Rule) Allows(federation string, office certs.Office, id certs.Identity) bool {
	switch {
	case id.Federation != federation:
		return false
	case id.IsNode():
		return r.Peers && id.Office != office
	default:
		return id.Office == office && slices.Contains(r.Roles, id.Role)
	}
}

// who says in words whom the rule lets in.
func (r Rule) who() string {
	var names []string
	if r.Peers {
		names = append(names, "nodes of other offices")
	}
	switch len(r.Roles) {
	case 0:
	case 1:
		names = append(names, "the role "+string(r.Roles[0]))
	default:
		names = append(names, "the roles "+joinRoles(r.Roles))
	}
	if len(names) == 0 {
		return "nobody"
	}
	return strings.Join(names, " and ")
}

func joinRoles(roles []certs.Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// Methods returns the caller table: for each method of every service of a
// node, by its full name, who may call it. The map is the caller's.
//
// Laboratories and exporters see what is their own only, which takes services of
// their own: they are in no rule of CaseService. Border posts read there what
// goes to their unit, and draft announcements of their gate.
func Methods() map[string]Rule {
	var (
		issuers = []certs.Role{certs.RoleOfficer, certs.RoleValidator, certs.RoleSystem} // officers not everything, see issueScope
		act     = Rule{Class: ClassIssue, Roles: issuers, scope: issueScope, ownCheck: true}
		// Who hands evidence to others does it in person.
		exhibitors = []certs.Role{certs.RoleOfficer, certs.RoleValidator, certs.RoleAuditor}
		readers    = []certs.Role{certs.RoleOfficer, certs.RoleValidator, certs.RoleSystem, certs.RoleAuditor}
		// Posts see the cases that go to their unit, as all people of units do.
		caseReaders = append(slices.Clone(readers), certs.RolePost)
		keepers     = append(slices.Clone(readers), certs.RoleAdmin) // of searches: an administrator clears up
		// Posts draft, and see their own drafts only, see office.Drafts.
		drafters     = []certs.Role{certs.RoleOfficer, certs.RoleValidator, certs.RolePost}
		uploaders    = append(slices.Clone(issuers), certs.RolePost, certs.RoleLab, certs.RoleExporter) // for statements, drafts, findings and answers
		draftReaders = append(slices.Clone(drafters), certs.RoleAuditor)
		validators   = []certs.Role{certs.RoleValidator}
		// A post drafts the status of its own gate, see issueScope and office.Service.
		announce  = Rule{Class: ClassIssue, Roles: append(slices.Clone(issuers), certs.RolePost), scope: issueScope, ownCheck: true}
		announced = append(slices.Clone(readers), certs.RolePost)        // a post has to know which gates are open
		callers   = []certs.Role{certs.RoleOfficer, certs.RoleValidator} // people telephone, and draft from findings
		// Systems too ask who is on the network before they address anybody.
		members = append(slices.Clone(readers), certs.RoleAdmin)
		labs    = []certs.Role{certs.RoleLab}
		// Each kind of import says for which of them it is, and whose imports they
		// see, see package intake.
		importers = []certs.Role{certs.RoleLab, certs.RoleOfficer, certs.RoleValidator}
		// Laboratories see their own findings only, see package finding.
		findingReaders = []certs.Role{certs.RoleLab, certs.RoleOfficer, certs.RoleValidator, certs.RoleAuditor}
		traders        = []certs.Role{certs.RoleExporter}
		// Exporters see their own notices only, see package trader.
		noticeReaders   = []certs.Role{certs.RoleExporter, certs.RoleOfficer, certs.RoleValidator, certs.RoleAuditor}
		exporterReaders = []certs.Role{certs.RoleOfficer, certs.RoleValidator, certs.RoleAuditor}
		// A system of the office sends e-mail and text messages.
		carriers = []certs.Role{certs.RoleOfficer, certs.RoleValidator, certs.RoleSystem}
		admins   = []certs.Role{certs.RoleAdmin}
		// What the office goes by; changed at the focal point only, see package unit.
		keepersOfRules = []certs.Role{certs.RoleValidator, certs.RoleAdmin}
		// Whoever deals with what is routed asks how, and who is on duty.
		insiders = []certs.Role{certs.RoleOfficer, certs.RoleValidator, certs.RolePost, certs.RoleAuditor, certs.RoleAdmin}
		auditors = []certs.Role{certs.RoleAuditor, certs.RoleAdmin}
		// Everybody whom the office vouches for: methods that show nothing but
		// what the published contract says, whether the node is up, or the
		// caller's own.
		people = slices.DeleteFunc(certs.Roles(), func(r certs.Role) bool { return r == certs.RoleNode })
	)
	return map[string]Rule{
		spsv1.CaseService_IssueStatement_FullMethodName:  {Class: ClassIssue, Roles: issuers, scope: issueScope, ownCheck: true},
		spsv1.CaseService_GetStatement_FullMethodName:    {Class: ClassRead, Roles: caseReaders},
		spsv1.CaseService_ListStatements_FullMethodName:  {Class: ClassRead, Roles: caseReaders},
		spsv1.CaseService_WatchStatements_FullMethodName: {Class: ClassWatch, Roles: caseReaders},
		spsv1.CaseService_PollStatements_FullMethodName:  {Class: ClassRead, Roles: caseReaders},
		spsv1.CaseService_GetCase_FullMethodName:         {Class: ClassRead, Roles: caseReaders},
		spsv1.CaseService_ReaddressCase_FullMethodName:   {Class: ClassIssue, Roles: validators, scope: focalOnly},
		spsv1.CaseService_RecordCall_FullMethodName:      {Class: ClassWrite, Roles: callers},
		spsv1.CaseService_ListCases_FullMethodName:       {Class: ClassRead, Roles: caseReaders},
		spsv1.CaseService_GetStatistics_FullMethodName:   {Class: ClassRead, Roles: readers},

		spsv1.CaseService_AcknowledgeCase_FullMethodName:      act,
		spsv1.CaseService_FollowUpCase_FullMethodName:         act,
		spsv1.CaseService_RequestInCase_FullMethodName:        act,
		spsv1.CaseService_RespondInCase_FullMethodName:        act,
		spsv1.CaseService_AmendCase_FullMethodName:            act,
		spsv1.CaseService_WithdrawCase_FullMethodName:         act,
		spsv1.CaseService_CloseCase_FullMethodName:            act,
		spsv1.CaseService_ReopenCase_FullMethodName:           act,
		spsv1.CaseService_AddExternalReference_FullMethodName: act,
		spsv1.CaseService_Announce_FullMethodName:             announce,

		spsv1.EvidenceService_GetEvidence_FullMethodName: {Class: ClassRead, Roles: exhibitors, shows: evidenceOf},
		// They stay open for as long as the files take.
		spsv1.ExportService_ExportCases_FullMethodName:      {Class: ClassWatch, Roles: readers},
		spsv1.ExportService_ExportStatements_FullMethodName: {Class: ClassWatch, Roles: readers},
		spsv1.ExportService_ExportStatistics_FullMethodName: {Class: ClassWatch, Roles: readers},
		spsv1.ExportService_ExportCodeStatus_FullMethodName: {Class: ClassWatch, Roles: readers},

		spsv1.AnnouncementService_ListAnnouncements_FullMethodName:  {Class: ClassRead, Roles: announced},
		spsv1.AnnouncementService_GetAnnouncement_FullMethodName:    {Class: ClassRead, Roles: announced},
		spsv1.AnnouncementService_WatchAnnouncements_FullMethodName: {Class: ClassWatch, Roles: announced},
		spsv1.AnnouncementService_ListGates_FullMethodName:          {Class: ClassRead, Roles: announced},
		spsv1.AnnouncementService_GetGate_FullMethodName:            {Class: ClassRead, Roles: announced},

		spsv1.CodeStatusService_GetCodeStatus_FullMethodName:   {Class: ClassRead, Roles: readers},
		spsv1.CodeStatusService_ListCodeStatus_FullMethodName:  {Class: ClassRead, Roles: readers},
		spsv1.CodeStatusService_ListCodeHistory_FullMethodName: {Class: ClassRead, Roles: readers},
		spsv1.CodeStatusService_WatchCodeStatus_FullMethodName: {Class: ClassWatch, Roles: readers},

		spsv1.SearchService_CreateSearch_FullMethodName: {Class: ClassWrite, Roles: readers},
		spsv1.SearchService_GetSearch_FullMethodName:    {Class: ClassRead, Roles: readers},
		spsv1.SearchService_ListSearches_FullMethodName: {Class: ClassRead, Roles: keepers},
		spsv1.SearchService_UpdateSearch_FullMethodName: {Class: ClassWrite, Roles: readers},
		spsv1.SearchService_DeleteSearch_FullMethodName: {Class: ClassWrite, Roles: keepers},

		spsv1.InspectionService_EnterInspections_FullMethodName: {Class: ClassWrite, Roles: []certs.Role{certs.RoleOfficer, certs.RoleValidator, certs.RoleSystem}},
		spsv1.InspectionService_ListInspections_FullMethodName:  {Class: ClassRead, Roles: readers},

		spsv1.DraftService_CreateDraft_FullMethodName:             {Class: ClassWrite, Roles: drafters},
		spsv1.DraftService_GetDraft_FullMethodName:                {Class: ClassRead, Roles: draftReaders},
		spsv1.DraftService_ListDrafts_FullMethodName:              {Class: ClassRead, Roles: draftReaders},
		spsv1.DraftService_UpdateDraft_FullMethodName:             {Class: ClassWrite, Roles: drafters},
		spsv1.DraftService_DeleteDraft_FullMethodName:             {Class: ClassWrite, Roles: drafters},
		spsv1.DraftService_CheckDraft_FullMethodName:              {Class: ClassRead, Roles: draftReaders},
		spsv1.DraftService_SubmitDraft_FullMethodName:             {Class: ClassWrite, Roles: drafters},
		spsv1.DraftService_ReturnDraft_FullMethodName:             {Class: ClassWrite, Roles: drafters},
		spsv1.DraftService_IssueDraft_FullMethodName:              {Class: ClassIssue, Roles: validators, scope: focalOnly},
		spsv1.AttachmentService_UploadAttachment_FullMethodName:   {Class: ClassWrite, Roles: uploaders},
		spsv1.AttachmentService_DownloadAttachment_FullMethodName: {Class: ClassRead, Roles: append(slices.Clone(caseReaders), certs.RoleLab, certs.RoleExporter)}, // of findings and notices, see office.Service

		spsv1.FindingService_PostFinding_FullMethodName:       {Class: ClassWrite, Roles: labs, ownCheck: true},
		spsv1.FindingService_BatchPostFindings_FullMethodName: {Class: ClassWrite, Roles: labs, ownCheck: true},
		spsv1.FindingService_WithdrawFinding_FullMethodName:   {Class: ClassWrite, Roles: labs},
		spsv1.FindingService_GetFinding_FullMethodName:        {Class: ClassRead, Roles: findingReaders},
		spsv1.FindingService_ListFindings_FullMethodName:      {Class: ClassRead, Roles: findingReaders},
		spsv1.FindingService_OrderTest_FullMethodName:         {Class: ClassWrite, Roles: callers, ownCheck: true},
		spsv1.FindingService_GetTestOrder_FullMethodName:      {Class: ClassRead, Roles: findingReaders},
		spsv1.FindingService_ListTestOrders_FullMethodName:    {Class: ClassRead, Roles: findingReaders},
		spsv1.FindingService_CancelTestOrder_FullMethodName:   {Class: ClassWrite, Roles: callers},
		spsv1.FindingService_DraftFromFindings_FullMethodName: {Class: ClassWrite, Roles: callers},
		spsv1.FindingService_SetAsideFinding_FullMethodName:   {Class: ClassWrite, Roles: callers},
		spsv1.FindingService_WatchFindings_FullMethodName:     {Class: ClassWatch, Roles: findingReaders},

		spsv1.ImportService_CreateImport_FullMethodName:        {Class: ClassWrite, Roles: importers},
		spsv1.ImportService_GetImport_FullMethodName:           {Class: ClassRead, Roles: importers},
		spsv1.ImportService_ListImports_FullMethodName:         {Class: ClassRead, Roles: importers},
		spsv1.ImportService_ListRowErrors_FullMethodName:       {Class: ClassRead, Roles: importers},
		spsv1.ImportService_CommitImport_FullMethodName:        {Class: ClassWrite, Roles: importers},
		spsv1.ImportService_CancelImport_FullMethodName:        {Class: ClassWrite, Roles: importers},
		spsv1.ImportService_DeleteImport_FullMethodName:        {Class: ClassWrite, Roles: importers},
		spsv1.ImportService_WatchImport_FullMethodName:         {Class: ClassWatch, Roles: importers},
		spsv1.ImportService_DownloadTemplate_FullMethodName:    {Class: ClassRead, Roles: importers},
		spsv1.ImportService_GetImportMapping_FullMethodName:    {Class: ClassRead, Roles: importers},
		spsv1.ImportService_SetImportMapping_FullMethodName:    {Class: ClassWrite, Roles: importers},
		spsv1.ImportService_DeleteImportMapping_FullMethodName: {Class: ClassWrite, Roles: importers},

		spsv1.FindingService_RouteFinding_FullMethodName: {Class: ClassWrite, Roles: callers, ownCheck: true},

		spsv1.UnitService_ListUnits_FullMethodName:          {Class: ClassRead, Roles: append(slices.Clone(members), certs.RolePost)},
		spsv1.UnitService_GetRouting_FullMethodName:         {Class: ClassRead, Roles: insiders},
		spsv1.UnitService_UpdateRouting_FullMethodName:      {Class: ClassWrite, Roles: keepersOfRules, ownCheck: true},
		spsv1.UnitService_ListRoutingHistory_FullMethodName: {Class: ClassRead, Roles: insiders},
		spsv1.UnitService_TryRouting_FullMethodName:         {Class: ClassRead, Roles: callers, ownCheck: true},
		spsv1.UnitService_RouteCase_FullMethodName:          {Class: ClassWrite, Roles: callers, ownCheck: true},
		spsv1.UnitService_FinishPart_FullMethodName:         {Class: ClassWrite, Roles: append(slices.Clone(callers), certs.RolePost)},
		spsv1.UnitService_GetDutyRota_FullMethodName:        {Class: ClassRead, Roles: insiders},
		spsv1.UnitService_UpdateDutyRota_FullMethodName:     {Class: ClassWrite, Roles: keepersOfRules, ownCheck: true},
		spsv1.UnitService_GetDuty_FullMethodName:            {Class: ClassRead, Roles: insiders},

		spsv1.ConsignmentService_GetRegistration_FullMethodName:              {Class: ClassRead, Roles: traders},
		spsv1.ConsignmentService_ListOwnCodeStatus_FullMethodName:            {Class: ClassRead, Roles: traders},
		spsv1.ConsignmentService_ListOwnAnnouncements_FullMethodName:         {Class: ClassRead, Roles: traders},
		spsv1.ConsignmentService_WatchOwnAnnouncements_FullMethodName:        {Class: ClassWatch, Roles: traders},
		spsv1.ConsignmentService_GetConsignmentNotice_FullMethodName:         {Class: ClassRead, Roles: noticeReaders},
		spsv1.ConsignmentService_ListConsignmentNotices_FullMethodName:       {Class: ClassRead, Roles: noticeReaders},
		spsv1.ConsignmentService_ListNoticeAnswers_FullMethodName:            {Class: ClassRead, Roles: noticeReaders},
		spsv1.ConsignmentService_WatchConsignmentNotices_FullMethodName:      {Class: ClassWatch, Roles: noticeReaders},
		spsv1.ConsignmentService_AcknowledgeConsignmentNotice_FullMethodName: {Class: ClassWrite, Roles: traders},
		spsv1.ConsignmentService_AnswerConsignmentNotice_FullMethodName:      {Class: ClassWrite, Roles: traders, ownCheck: true},

		spsv1.ExporterService_CreateExporter_FullMethodName:            {Class: ClassWrite, Roles: callers},
		spsv1.ExporterService_GetExporter_FullMethodName:               {Class: ClassRead, Roles: exporterReaders},
		spsv1.ExporterService_ListExporters_FullMethodName:             {Class: ClassRead, Roles: exporterReaders},
		spsv1.ExporterService_UpdateExporter_FullMethodName:            {Class: ClassWrite, Roles: callers},
		spsv1.ExporterService_DeactivateExporter_FullMethodName:        {Class: ClassWrite, Roles: callers},
		spsv1.ExporterService_ReactivateExporter_FullMethodName:        {Class: ClassWrite, Roles: callers},
		spsv1.ExporterService_ListRegisteredCodes_FullMethodName:       {Class: ClassRead, Roles: exporterReaders},
		spsv1.ExporterService_CreateConsignmentNotice_FullMethodName:   {Class: ClassWrite, Roles: callers},
		spsv1.ExporterService_PreviewConsignmentNotice_FullMethodName:  {Class: ClassRead, Roles: exporterReaders},
		spsv1.ExporterService_ReleaseConsignmentNotice_FullMethodName:  {Class: ClassWrite, Roles: callers},
		spsv1.ExporterService_HoldConsignmentNotice_FullMethodName:     {Class: ClassWrite, Roles: callers},
		spsv1.ExporterService_RejectConsignmentNotice_FullMethodName:   {Class: ClassWrite, Roles: callers},
		spsv1.ExporterService_WithdrawConsignmentNotice_FullMethodName: {Class: ClassWrite, Roles: callers},
		spsv1.ExporterService_WatchOutreach_FullMethodName:             {Class: ClassWatch, Roles: carriers},
		spsv1.ExporterService_RecordSending_FullMethodName:             {Class: ClassWrite, Roles: carriers},
		spsv1.ExporterService_ForwardAnswer_FullMethodName:             {Class: ClassWrite, Roles: callers},

		spsv1.CodeService_ListCodeLists_FullMethodName: {Class: ClassRead, Roles: people},
		spsv1.CodeService_SearchCodes_FullMethodName:   {Class: ClassRead, Roles: people},
		spsv1.CodeService_GetCode_FullMethodName:       {Class: ClassRead, Roles: people},

		spsv1.NodeService_GetNode_FullMethodName:   {Class: ClassRead, Roles: members},
		spsv1.NodeService_ListPeers_FullMethodName: {Class: ClassRead, Roles: members},
		spsv1.NodeService_GetPeer_FullMethodName:   {Class: ClassRead, Roles: members},

		spsv1.NodeService_TestPeer_FullMethodName:   {Class: ClassWrite, Roles: admins}, // it dials
		spsv1.NodeService_RevokePeer_FullMethodName: {Class: ClassWrite, Roles: admins},

		spsv1.NodeService_ConfirmClock_FullMethodName: {Class: ClassWrite, Roles: admins},

		spsv1.NodeService_GetCaller_FullMethodName:        {Class: ClassRead, Roles: people},
		spsv1.NodeService_CreateToken_FullMethodName:      {Class: ClassWrite, Roles: admins},
		spsv1.NodeService_GetToken_FullMethodName:         {Class: ClassRead, Roles: auditors},
		spsv1.NodeService_ListTokens_FullMethodName:       {Class: ClassRead, Roles: auditors},
		spsv1.NodeService_RevokeToken_FullMethodName:      {Class: ClassWrite, Roles: admins},
		spsv1.NodeService_LendRole_FullMethodName:         {Class: ClassWrite, Roles: admins},
		spsv1.NodeService_ListLendings_FullMethodName:     {Class: ClassRead, Roles: auditors},
		spsv1.NodeService_EndLending_FullMethodName:       {Class: ClassWrite, Roles: admins},
		spsv1.NodeService_CreateAccount_FullMethodName:    {Class: ClassWrite, Roles: admins},
		spsv1.NodeService_GetAccount_FullMethodName:       {Class: ClassRead, Roles: people}, // others than auditors: the own
		spsv1.NodeService_ListAccounts_FullMethodName:     {Class: ClassRead, Roles: auditors},
		spsv1.NodeService_ResetAccount_FullMethodName:     {Class: ClassWrite, Roles: admins},
		spsv1.NodeService_DisableAccount_FullMethodName:   {Class: ClassWrite, Roles: admins},
		spsv1.NodeService_EnableAccount_FullMethodName:    {Class: ClassWrite, Roles: admins},
		spsv1.NodeService_SetPassword_FullMethodName:      {Class: ClassWrite, Roles: people}, // the own
		spsv1.NodeService_EnrolTotp_FullMethodName:        {Class: ClassWrite, Roles: people}, // the own
		spsv1.NodeService_ConfirmTotp_FullMethodName:      {Class: ClassWrite, Roles: people}, // the own
		spsv1.NodeService_ListAuditRecords_FullMethodName: {Class: ClassRead, Roles: auditors},

		spsv1.NodeService_ConfirmCredentials_FullMethodName: {Class: ClassWrite, Roles: admins},
		spsv1.NodeService_CreateBackup_FullMethodName:       {Class: ClassWrite, Roles: admins},
		spsv1.NodeService_GetBackup_FullMethodName:          {Class: ClassRead, Roles: auditors},
		spsv1.NodeService_ListBackups_FullMethodName:        {Class: ClassRead, Roles: auditors},

		spsv1.ExchangeService_Exchange_FullMethodName: {Class: ClassSession, Peers: true, ownCheck: true},

		grpc_health_v1.Health_Check_FullMethodName: {Class: ClassRead, Peers: true, Roles: people},
		grpc_health_v1.Health_List_FullMethodName:  {Class: ClassRead, Peers: true, Roles: people},
		grpc_health_v1.Health_Watch_FullMethodName: {Class: ClassWatch, Peers: true, Roles: people},

		grpc_reflection_v1.ServerReflection_ServerReflectionInfo_FullMethodName: {Class: ClassWatch, Roles: people},
	}
}
