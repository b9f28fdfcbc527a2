package rules

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// A method is one of an office's services, with the client's function for it.
type method struct {
	protoreflect.MethodDescriptor
	call reflect.Value
}

// methods are those of the services for the trade that take one request and give
// one answer, by name. What an administrator asks for is tested elsewhere.
func (d *desk) methods() map[string]method {
	all := make(map[string]method)
	for file, service := range map[protoreflect.FileDescriptor]any{
		spsv1.File_sps_v1_case_service_proto: d.client.CaseService(),
		spsv1.File_sps_v1_draft_proto:        d.client.DraftService(),
		spsv1.File_sps_v1_search_proto:       d.client.SearchService(),
		spsv1.File_sps_v1_inspection_proto:   d.client.InspectionService(),
		spsv1.File_sps_v1_code_service_proto: d.client.CodeService(),
	} {
		described := file.Services().Get(0).Methods()
		for i := range described.Len() {
			if m := described.Get(i); !m.IsStreamingServer() {
				all[string(m.Name())] = method{m, reflect.ValueOf(service).MethodByName(string(m.Name()))}
			}
		}
	}
	return all
}

// send calls a method over gRPC and returns its error.
func (m method) send(ctx context.Context, request proto.Message) error {
	return client.Retry(ctx, func() error {
		result := m.call.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(request)})
		err, _ := result[1].Interface().(error)
		return err
	})
}

// request makes a request of a method: the valid one, with something taken out
// and something put in.
func (d *desk) request(t *testing.T, m method, clear, put string) proto.Message {
	t.Helper()
	text, ok := requests[string(m.Name())]
	if !ok {
		text, ok = findingRequests[string(m.Name())]
	}
	if !ok {
		t.Fatalf("there is no request of %s: add one", m.Name())
	}
	parse := func(text string) proto.Message {
		text = strings.NewReplacer("$id", client.NewRequestID(), "$draft", d.draft, "$token", d.token, "$file", d.file).Replace(d.cases.Replace(text))
		made, ok := reflect.New(m.call.Type().In(1).Elem()).Interface().(proto.Message)
		if !ok {
			t.Fatalf("%s takes no message", m.Name())
		}
		if err := prototext.Unmarshal([]byte(text), made); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		return made
	}
	made := parse(text)
	for _, path := range strings.Fields(clear) {
		takeOut(t, made.ProtoReflect(), path)
	}
	proto.Merge(made, parse(put))
	return made
}

// TestEveryMethod breaks each rule of each field of each request by itself, and
// whatever else the services look at.
func TestEveryMethod(t *testing.T) {
	d := newDesk(t)
	d.draft = d.begin(t).GetName()
	page, err := d.client.CaseService().ListCases(t.Context(), &spsv1.ListCasesRequest{PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	d.token = page.GetNextPageToken()
	d.upload(t)
	if _, err := d.client.SearchService().CreateSearch(t.Context(), &spsv1.CreateSearchRequest{
		Search: &spsv1.Search{Title: "taken", Shared: true},
	}); err != nil {
		t.Fatal(err)
	}
	before := d.state(t)
	said := make(map[violation]bool)
	methods := d.methods()
	for name, m := range methods {
		for _, s := range singles(t, d.request(t, m, "", "")) {
			t.Run(name+" "+s.want, func(t *testing.T) { d.broken(t, m, s.request, s.want, "zh-Hans") })
		}
	}
	for _, b := range breaches {
		m := methods[b.method]
		t.Run(b.method+" "+b.want, func(t *testing.T) {
			for _, v := range d.broken(t, m, d.request(t, m, b.clear, b.put), b.want, "vi", "th", "zh-Hans") {
				said[violation{reason: v.reason, sentence: v.sentence}] = true
			}
		})
	}
	if after := d.state(t); after != before {
		t.Errorf("after all refusals %s, want %s as before", after, before)
	}
	coveredRequests(t, methods, said)
}

// broken holds that a request is refused over gRPC and REST in the same words,
// for what is wanted and nothing else, and in other words in other languages.
func (d *desk) broken(t *testing.T, m method, request proto.Message, wanted string, languages ...string) []violation {
	t.Helper()
	want := strings.Split(wanted, ", ")
	slices.Sort(want)
	grpc := told(t, m.send(t.Context(), request))
	d.wantTold(t, "over gRPC", grpc, want)
	for _, language := range append([]string{"en"}, languages...) {
		rest, ok := d.web.send(t, m, request, language)
		if !ok {
			break // such a request has no path
		}
		d.wantTold(t, "over REST in "+language, rest, jsonNames(want))
		for i := range min(len(rest), len(grpc)) {
			if same := rest[i].sentence == grpc[i].sentence; same != (language == "en") {
				t.Errorf("%s in %s: %q, in English %q", rest[i], language, rest[i].sentence, grpc[i].sentence)
			}
		}
	}
	return grpc
}

// tested are what server/office finds wrong that no request of the methods can
// show by itself, and why.
var tested = map[string]string{
	"GATE_FOREIGN": "wants a border post: office.TestAPostAnnouncesItsOwnGate",
	"DRAFT_SYSTEM": "wants a system: server.TestActsThatAreRefused",
	"REQUIRED":     "wants a draft of another person: server.TestDraftOfAnotherIsDeletedAsRead",
	"NOT_HELD":     "of a file that goes away between the check and the issue",
	"MISMATCH":     "is of uploads: TestUploads",
	"HEADER":       "is of uploads: TestUploads",
	"RANGE":        "is of downloads: TestUploads",
	"NAME":         "what the pattern of a name lets through is one",
}

// coveredRequests fails for everything that the services say of requests and no
// row breaks: the rules of our own in the contract, and each sentence of package
// office.
func coveredRequests(t *testing.T, methods map[string]method, said map[violation]bool) {
	t.Helper()
	reasons := make(map[string]bool)
	for v := range said {
		reasons[v.reason] = true
	}
	for name, m := range methods {
		for _, rule := range across(m.Input()) {
			if !reasons[rule] {
				t.Errorf("%s: no breach of %s: add one", name, rule)
			}
		}
	}
	for rule := range sentences(t, "office", 30) {
		if !breaks(said, rule) && tested[rule.reason] == "" {
			t.Errorf("no row breaks %s, %q: add one", rule.reason, rule.sentence)
		}
	}
}
