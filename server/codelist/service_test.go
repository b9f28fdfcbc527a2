package codelist_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	lists "github.com/spsalert/spsalert/client/codes"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/codelist"
)

// reading returns the context of a call by somebody who reads these languages.
func reading(t *testing.T, accept string) context.Context {
	return metadata.NewIncomingContext(t.Context(), metadata.Pairs("accept-language", accept))
}

// refused returns what a call was refused with.
func refused(t *testing.T, err error) *access.Refusal {
	t.Helper()
	var r *access.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("error = %v, want a refusal", err)
	}
	return r
}

func TestGetCode(t *testing.T) {
	s := codelist.New(lists.Builtin())
	for _, tc := range []struct{ name, accept, code, display string }{
		{"codeLists/hs/codes/081060", "vi", "081060", "sầu riêng tươi"},
		{"codeLists/hs/codes/081060", "de, th;q=0.5", "081060", "ทุเรียนสด"},
		{"codeLists/hs/codes/081060", "de", "081060", "durians, fresh"},
		{"codeLists/hs/codes/081060", "vi;q=0", "081060", "durians, fresh"},
		{"codeLists/ucum/codes/mg%2Fkg", "", "mg/kg", "milligram per kilogram"},
		{"codeLists/ucum/codes/mg/kg", "", "mg/kg", "milligram per kilogram"},
		{"codeLists/rasff-hazard-category/codes/adulteration %2F fraud", "", "adulteration / fraud", "adulteration / fraud"},
	} {
		got, err := s.GetCode(reading(t, tc.accept), &spsv1.GetCodeRequest{Name: tc.name})
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if got.GetCode() != tc.code || got.GetDisplay() != tc.display {
			t.Errorf("%s for %q is %s %q, want %s %q", tc.name, tc.accept, got.GetCode(), got.GetDisplay(), tc.code, tc.display)
		}
		if again, err := s.GetCode(t.Context(), &spsv1.GetCodeRequest{Name: got.GetName()}); err != nil || again.GetCode() != tc.code {
			t.Errorf("its name %s finds %v, %v", got.GetName(), again, err)
		}
	}
	for _, name := range []string{"codeLists/hs/codes/999999", "codeLists/nothing/codes/01"} {
		if _, err := s.GetCode(t.Context(), &spsv1.GetCodeRequest{Name: name}); refused(t, err).Code != codes.NotFound {
			t.Errorf("%s: %v, want NOT_FOUND", name, err)
		}
	}
}

// TestSearchCodesInPages holds that the pages are the whole list, each code
// once, and that a token is good for nothing else.
func TestSearchCodesInPages(t *testing.T) {
	s := codelist.New(lists.Builtin())
	whole, err := s.SearchCodes(t.Context(), &spsv1.SearchCodesRequest{Parent: "codeLists/area", PageSize: 5000})
	if err != nil || whole.GetNextPageToken() != "" || len(whole.GetCodes()) < 200 {
		t.Fatalf("the whole list is %d codes, token %q, %v", len(whole.GetCodes()), whole.GetNextPageToken(), err)
	}
	var got []string
	token := ""
	for {
		page, err := s.SearchCodes(t.Context(), &spsv1.SearchCodesRequest{Parent: "codeLists/area", PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.GetCodes() {
			got = append(got, c.GetCode())
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
		if len(page.GetCodes()) != 50 {
			t.Fatalf("a page has %d codes, want 50", len(page.GetCodes()))
		}
	}
	for i, c := range whole.GetCodes() {
		if i >= len(got) || got[i] != c.GetCode() {
			t.Fatalf("code %d of %d differs from the whole list of %d", i, len(got), len(whole.GetCodes()))
		}
	}
	first, err := s.SearchCodes(t.Context(), &spsv1.SearchCodesRequest{Parent: "codeLists/area", PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, req := range map[string]*spsv1.SearchCodesRequest{
		"another list":  {Parent: "codeLists/hs", PageToken: first.GetNextPageToken()},
		"another query": {Parent: "codeLists/area", Query: "a", PageToken: first.GetNextPageToken()},
		"another code":  {Parent: "codeLists/area", ParentCode: "VN", PageToken: first.GetNextPageToken()},
		"no token":      {Parent: "codeLists/area", PageToken: "x"},
		"a longer one":  {Parent: "codeLists/area", PageToken: first.GetNextPageToken() + "AAAA"},
	} {
		_, err := s.SearchCodes(t.Context(), req)
		if r := refused(t, err); len(r.Violations) != 1 || r.Violations[0].Reason != "PAGE_TOKEN" {
			t.Errorf("%s: %v, want PAGE_TOKEN", name, err)
		}
	}
}

func TestSearchCodesUnderACode(t *testing.T) {
	s := codelist.New(lists.Builtin())
	got, err := s.SearchCodes(reading(t, "zh"), &spsv1.SearchCodesRequest{Parent: "codeLists/rasff-hazard", ParentCode: "mycotoxins", Query: "aflatoxin"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.GetCodes()) == 0 {
		t.Error("no aflatoxin is found")
	}
	for _, c := range got.GetCodes() {
		if c.GetParentCode() != "mycotoxins" || !strings.HasPrefix(strings.ToLower(c.GetCode()), "aflatoxin") {
			t.Errorf("found %v, want aflatoxins only", c)
		}
	}
}

func TestListCodeLists(t *testing.T) {
	got, err := codelist.New(lists.Builtin()).ListCodeLists(reading(t, "zh-CN"), &spsv1.ListCodeListsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range got.GetCodeLists() {
		if l.GetSystem() == "cxg25-reason" {
			if l.GetDisplay() != "拒绝进口的原因，CXG 25" || l.GetVersion() != "1997" || l.GetOpen() || l.GetEntryCount() != 11 || l.GetFile() != "" {
				t.Errorf("the list is %v", l)
			}
			return
		}
	}
	t.Error("cxg25-reason is not listed")
}
