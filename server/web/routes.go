package web

import (
	"context"
	"net/http"
	"regexp"
	"slices"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	gateway "github.com/spsalert/spsalert/gen/gateway"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// services are the services that have a REST face.
var services = []struct {
	descriptor protoreflect.ServiceDescriptor
	register   func(context.Context, *runtime.ServeMux, *grpc.ClientConn) error
}{
	{spsv1.File_sps_v1_case_service_proto.Services().ByName("CaseService"), gateway.RegisterCaseServiceHandler},
	{spsv1.File_sps_v1_evidence_proto.Services().ByName("EvidenceService"), gateway.RegisterEvidenceServiceHandler},
	{spsv1.File_sps_v1_draft_proto.Services().ByName("DraftService"), gateway.RegisterDraftServiceHandler},
	{spsv1.File_sps_v1_inspection_proto.Services().ByName("InspectionService"), gateway.RegisterInspectionServiceHandler},
	{spsv1.File_sps_v1_search_proto.Services().ByName("SearchService"), gateway.RegisterSearchServiceHandler},
	{spsv1.File_sps_v1_export_proto.Services().ByName("ExportService"), gateway.RegisterExportServiceHandler},
	{spsv1.File_sps_v1_finding_service_proto.Services().ByName("FindingService"), gateway.RegisterFindingServiceHandler},
	{spsv1.File_sps_v1_announcement_service_proto.Services().ByName("AnnouncementService"), gateway.RegisterAnnouncementServiceHandler},
	{spsv1.File_sps_v1_code_status_proto.Services().ByName("CodeStatusService"), gateway.RegisterCodeStatusServiceHandler},
	{spsv1.File_sps_v1_import_service_proto.Services().ByName("ImportService"), gateway.RegisterImportServiceHandler},
	{spsv1.File_sps_v1_unit_service_proto.Services().ByName("UnitService"), gateway.RegisterUnitServiceHandler},
	{spsv1.File_sps_v1_consignment_service_proto.Services().ByName("ConsignmentService"), gateway.RegisterConsignmentServiceHandler},
	{spsv1.File_sps_v1_exporter_service_proto.Services().ByName("ExporterService"), gateway.RegisterExporterServiceHandler},
	{spsv1.File_sps_v1_code_service_proto.Services().ByName("CodeService"), gateway.RegisterCodeServiceHandler},
	{spsv1.File_sps_v1_node_service_proto.Services().ByName("NodeService"), gateway.RegisterNodeServiceHandler},
}

// A route is what the contract says about a method at a path.
type route struct {
	input      protoreflect.MessageDescriptor
	parameters []string // what the query may hold, in the names of JSON
	streams    bool
	file       bool // it answers with a file, as it is
	tagged     bool // the request says which version of the resource it means
}

// routes are keyed by method and pattern, such as "GET /v1/{name=cases/*}".
type routes map[string]route

// newRoutes reads the annotations of all services.
func newRoutes() routes {
	all := make(routes)
	for _, service := range services {
		methods := service.descriptor.Methods()
		for i := range methods.Len() {
			rule, ok := proto.GetExtension(methods.Get(i).Options(), annotations.E_Http).(*annotations.HttpRule)
			if !ok || rule == nil {
				continue
			}
			for _, binding := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
				verb, pattern := verbAndPattern(binding)
				all[verb+" "+pattern] = newRoute(methods.Get(i), binding, pattern)
			}
		}
	}
	return all
}

func verbAndPattern(rule *annotations.HttpRule) (verb, pattern string) {
	switch {
	case rule.GetGet() != "":
		verb, pattern = http.MethodGet, rule.GetGet()
	case rule.GetPost() != "":
		verb, pattern = http.MethodPost, rule.GetPost()
	case rule.GetPut() != "":
		verb, pattern = http.MethodPut, rule.GetPut()
	case rule.GetPatch() != "":
		verb, pattern = http.MethodPatch, rule.GetPatch()
	case rule.GetDelete() != "":
		verb, pattern = http.MethodDelete, rule.GetDelete()
	default:
		verb, pattern = rule.GetCustom().GetKind(), rule.GetCustom().GetPath()
	}
	return verb, bare.ReplaceAllString(pattern, "{$1=*}") // as the gateway writes it
}

var (
	bare     = regexp.MustCompile(`\{([^=}]+)\}`)
	captured = regexp.MustCompile(`\{([^=}]+)=`)
)

func newRoute(method protoreflect.MethodDescriptor, rule *annotations.HttpRule, pattern string) route {
	r := route{
		input: method.Input(), streams: method.IsStreamingServer(),
		file:   method.Output().FullName() == (&httpbody.HttpBody{}).ProtoReflect().Descriptor().FullName(),
		tagged: access.Versioned(method.Input()),
	}
	if rule.GetBody() == "*" {
		return r
	}
	taken := []string{rule.GetBody()}
	for _, match := range captured.FindAllStringSubmatch(pattern, -1) {
		taken = append(taken, match[1])
	}
	fields := r.input.Fields()
	for i := range fields.Len() {
		if f := fields.Get(i); !slices.Contains(taken, string(f.Name())) {
			r.parameters = append(r.parameters, f.JSONName())
		}
	}
	return r
}
