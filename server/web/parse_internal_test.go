package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

func TestJSONPath(t *testing.T) {
	for path, want := range map[string]string{
		"":                                     "",
		"request_id":                           "requestId",
		"statement.case_ref.original":          "statement.caseRef.original",
		`peer.display_names["zh_hant"].a_b`:    `peer.displayNames["zh_hant"].aB`,
		"statement.products[0].hs_code":        "statement.products[0].hsCode",
		"statement.notification.products[10].": "statement.notification.products[10].",
	} {
		if got := jsonPath(path); got != want {
			t.Errorf("jsonPath(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestAccepts(t *testing.T) {
	for _, tc := range []struct {
		accept []string
		want   bool
	}{
		{nil, false},
		{[]string{"text/event-stream"}, true},
		{[]string{"application/json, text/event-stream;q=0.9"}, true},
		{[]string{"application/json", "text/event-stream"}, true},
		{[]string{"text/event-stream;q=0"}, false},
		{[]string{"*/*"}, false},
		{[]string{";;;"}, false},
	} {
		r := &http.Request{Header: http.Header{"Accept": tc.accept}}
		if got := accepts(r, eventsType); got != tc.want {
			t.Errorf("accepts(%q) = %t, want %t", tc.accept, got, tc.want)
		}
	}
}

func TestForwardedHeaders(t *testing.T) {
	for header, want := range map[string]string{
		"Accept-Language": "accept-language", "If-Match": "if-match",
		"Authorization": "", "Grpc-Metadata-Role": "", "Cookie": "", "X-Forwarded-For": "", "Grpc-Timeout": "",
	} {
		if got, ok := forwarded(header); got != want || ok != (want != "") {
			t.Errorf("forwarded(%s) = %q, %t, want %q", header, got, ok, want)
		}
	}
}

func TestHasTag(t *testing.T) {
	for _, tc := range []struct {
		lines []string
		want  bool
	}{
		{nil, false},
		{[]string{`"a"`}, true},
		{[]string{`W/"a"`}, true},
		{[]string{`"b", "a"`}, true},
		{[]string{`"b"`, `"c"`}, false},
		{[]string{`*`}, true},
		{[]string{`a`}, false},
	} {
		if got := hasTag(tc.lines, `"a"`); got != tc.want {
			t.Errorf("hasTag(%q) = %t, want %t", tc.lines, got, tc.want)
		}
	}
}

// tagged is a resource with a tag of its own.
type tagged struct{ *spsv1.Node }

func (tagged) GetEtag() string { return "7" }

func TestOwnTagStandsAboveTheDigest(t *testing.T) {
	answer := httptest.NewRecorder()
	whole := &wholeWriter{ResponseWriter: answer}
	if err := announce(t.Context(), whole, tagged{&spsv1.Node{}}); err != nil {
		t.Fatal(err)
	}
	_, _ = whole.Write([]byte("{}"))
	whole.finish(&http.Request{Method: http.MethodGet, Header: http.Header{"If-None-Match": {`"7"`}}})
	if answer.Code != http.StatusNotModified || answer.Header().Get("ETag") != `"7"` {
		t.Errorf("answer = %d with tag %s, want 304 with the resource's own", answer.Code, answer.Header().Get("ETag"))
	}
}

func TestMismatchIsPreconditionFailed(t *testing.T) {
	for ifMatch, want := range map[string]int{`"7"`: http.StatusPreconditionFailed, "": http.StatusConflict} {
		r := httptest.NewRequest(http.MethodPatch, "/v1/drafts/1", nil)
		if ifMatch != "" {
			r.Header.Set("If-Match", ifMatch)
		}
		answer := httptest.NewRecorder()
		callFailed(t.Context(), nil, nil, answer, r, status.Error(codes.Aborted, "changed meanwhile"))
		if answer.Code != want {
			t.Errorf("If-Match %s: %d, want %d", ifMatch, answer.Code, want)
		}
	}
}

func TestEveryCodeHasAReason(t *testing.T) {
	for c := codes.Canceled; c <= codes.Unauthenticated; c++ {
		p := problemOf(status.New(c, "row 17 of table x"))
		if p.GetReason() == "" || p.GetTitle() == "" || p.GetStatus() < 400 || p.GetDetail() == "" {
			t.Errorf("problem of %s = %v, want reason, title, status and detail", c, p)
		}
		hidden := c == codes.Internal || c == codes.Unknown || c == codes.DataLoss || c == codes.Unavailable
		if hidden && p.GetDetail() == "row 17 of table x" {
			t.Errorf("problem of %s shows %q", c, p.GetDetail())
		}
	}
	draining := problemOf(access.Status(access.Draining()))
	if draining.GetRetryAfter() != 1 || draining.GetStatus() != http.StatusServiceUnavailable {
		t.Errorf("draining = %v, want 503 with a time to wait", draining)
	}
}

func TestParametersOfRoutes(t *testing.T) {
	watch := newRoutes()["GET /v1/{parent=offices/*}/statements:watch"]
	if want := []string{"cursor", "view", "filter", "query"}; !slices.Equal(watch.parameters, want) || !watch.streams {
		t.Errorf("watch = %+v, want a stream with %q", watch, want)
	}
	poll := newRoutes()["GET /v1/{parent=offices/*}/statements:poll"]
	for _, test := range []struct {
		route route
		query string
		want  []string // field and reason of each misfit
	}{
		{watch, "", nil},
		{watch, "cursor=a&view=STATEMENT_VIEW_FULL", nil},
		{watch, "parent=offices/CN", []string{"parent UNKNOWN_FIELD"}},
		{watch, "a=1&b=2", []string{"a UNKNOWN_FIELD", "b UNKNOWN_FIELD"}},
		{watch, "cursor.x=1", []string{"cursor.x VALUE"}},
		{poll, "wait=5s&pageSize=7&page_size=8", nil},
		{poll, "wait=5&pageSize=abc&view=ALL&x=1", []string{"pageSize VALUE", "view VALUE", "wait VALUE", "x UNKNOWN_FIELD"}},
		{poll, "pageSize=1&pageSize=2", []string{"pageSize VALUE"}},
	} {
		values, err := url.ParseQuery(test.query)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range test.route.misfits(values) {
			got = append(got, v.Field+" "+v.Reason)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("misfits in %q: %q, want %q", test.query, got, test.want)
		}
	}
}

// FuzzRequest reads any bytes as a request: what does not fit is what the decoder
// refuses, and whatever is refused is refused with a sentence.
func FuzzRequest(f *testing.F) {
	for _, text := range []string{
		``, ` `, `{}`, `null`, `[]`, `{"parent":1}`, `{"statement":{"salt":"AA=="}}`, `{"report":{}}`, `{"a":{},"a":{}}`,
		`{"statement":{"notification":{"findings":[{"pest":{}}]},"allowances":{"acknowledge":"3s"}}}`, `{"request_id":"x","requestId":"y"}`,
		`{"statement":{"notification":{"products":[null,{"x":1}]}}}`, `{"validateOnly":"yes","statement":{"addressees":{},"salt":"?"}}`, "\xff", `{"statement":{"issued_by":{"id":"\ud800"}}}`,
	} {
		f.Add([]byte(text))
	}
	c := newCodec()
	f.Fuzz(func(t *testing.T, text []byte) {
		b := &body{Reader: bytes.NewReader(text)}
		request := &spsv1.IssueStatementRequest{}
		err := c.NewDecoder(b).Decode(request)
		found := misfits(text, request.ProtoReflect().Descriptor())
		if (err == nil) && len(found) > 0 {
			t.Errorf("%q was taken, and does not fit: %v", text, found)
		}
		if b.refusal != nil && (err == nil || b.refusal.Sentence == "" || len(b.refusal.Violations) == 0) {
			t.Errorf("%q: error %v, refusal %+v", text, err, b.refusal)
		}
		lax := protojson.UnmarshalOptions{DiscardUnknown: true}
		if err != nil && json.Valid(text) && len(found) == 0 && lax.Unmarshal(text, &spsv1.IssueStatementRequest{}) == nil {
			t.Errorf("%q was refused with %v, and nothing of it is unknown", text, err)
		}
	})
}
