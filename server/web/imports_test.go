package web_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestSheetWithItsMapping sends a mapping and a sheet in one body, as a form.
func TestSheetWithItsMapping(t *testing.T) {
	n := newNode(t)
	part := func(name, content string) string {
		return "--x\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"" + name + ".csv\"\r\n\r\n" + content + "\r\n"
	}
	const mapping, sheet, end = "columns:\n  reportId: No.\n", "No.,reportStage\nL-1,final\n", "--x--\r\n"
	for _, tc := range []struct {
		name, body, status, want string
	}{
		{"both", part("mapping", mapping) + part("sheet", sheet) + end, "200", `"filename":"sheet.csv"`},
		{"by the mapping", part("mapping", mapping) + part("sheet", sheet) + end, "200", `"IMPORT_MAPPING_SOURCE_GIVEN"`},
		{"the sheet alone", part("sheet", sheet) + end, "200", `"IMPORT_MAPPING_SOURCE_UNSPECIFIED"`},
		{"a bad mapping", part("mapping", "colums: {}") + part("sheet", sheet) + end, "400", `"header.mapping:1"`},
		{"a mapping that is too long", part("mapping", strings.Repeat("#", 1<<16+1)) + part("sheet", sheet) + end, "400", `"header.mapping"`},
		{"no sheet", part("mapping", mapping) + end, "400", `"field":"sheet"`},
		{"something else", part("table", sheet) + end, "400", `"field":"table"`},
		{"a cut sheet", part("sheet", sheet), "400", `"reason":"BODY"`},
		{"a cut mapping", part("mapping", mapping), "400", `"reason":"BODY"`},
		{"cut between mapping and sheet", part("mapping", mapping) + "--x\r\nContent-Dispo", "400", `"reason":"BODY"`},
		{"nothing", "", "400", `"reason":"BODY"`},
		{"no boundary", part("sheet", sheet) + end, "400", `"reason":"FORM"`},
	} {
		form := "Content-Type: multipart/form-data; boundary=x"
		if tc.name == "no boundary" {
			form = "Content-Type: multipart/form-data"
		}
		r := n.request(http.MethodPost, "/v1/imports?kind=findings", "lab", tc.body, form)
		got := n.do(n.client(""), r)
		if got.Status[:3] != tc.status || !strings.Contains(string(got.body), tc.want) {
			t.Errorf("%s: %s %s, want %s and %s", tc.name, got.Status, got.body, tc.status, tc.want)
		}
	}
}
