package server_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/gen/openapi"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// web is who calls a node over HTTPS with a token.
type web struct {
	t      testing.TB
	client *http.Client
	base   string
	token  string
}

// lims makes a token of a laboratory, and calls with it.
func (n *node) lims(id, unit string) web {
	n.w.t.Helper()
	made, err := n.admin().CreateToken(n.w.t.Context(), &spsv1.CreateTokenRequest{Token: &spsv1.Token{DisplayName: "LIMS", Role: "lab", Id: id, Unit: unit}})
	if err != nil {
		n.w.t.Fatal(err)
	}
	nobody, err := n.office.Person(certs.RoleLab, id)
	if err != nil {
		n.w.t.Fatal(err)
	}
	tls := certs.ClientTLS(nobody, n.office.Card, nil)
	tls.GetClientCertificate, tls.Certificates = nil, nil
	transport := &http.Transport{TLSClientConfig: tls}
	n.w.t.Cleanup(transport.CloseIdleConnections)
	return web{n.w.t, &http.Client{Transport: transport, Timeout: 20 * time.Second}, "https://" + n.Addrs().Web.String(), made.GetSecret()}
}

// call returns the code of an answer, and its body.
func (w web) call(method, path, body string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.base+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := w.client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// report posts a report of a number over HTTPS, and returns its name.
func (w web) report(number string) string {
	w.t.Helper()
	code, body := w.call(http.MethodPost, "/v1/findings", `{"reportNumber": "`+number+`", "stage": "RESULT_STAGE_FINAL",
		"product": {"name": [{"lang": "en", "text": "durian"}]}, "sample": {"number": "S-1", "results": [{"analyte": {"asWritten": "cadmium"},
		"value": {"value": "0.2", "ucum": "mg/kg"}}]}}`)
	var kept struct{ Name string }
	if err := json.Unmarshal([]byte(body), &kept); err != nil || code != http.StatusOK {
		w.t.Fatalf("post %s: %d %s", number, code, body)
	}
	return kept.Name
}

// listed returns the numbers of the reports that a list over HTTPS shows.
func (w web) listed() string {
	w.t.Helper()
	code, body := w.call(http.MethodGet, "/v1/findings", "")
	var list struct {
		Findings []struct{ ReportNumber string }
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || code != http.StatusOK {
		w.t.Fatalf("list: %d %s", code, body)
	}
	var numbers []string
	for _, f := range list.Findings {
		numbers = append(numbers, f.ReportNumber)
	}
	return strings.Join(numbers, ", ")
}

// namesIn are the names that a request gave, in its answer.
var namesIn = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|statements/1-[0-9]+|H-1|X-9|accounts/[a-z0-9]+|"cursor":"[^"]+"`)

// inPath is what stands for a name in a path of the contract.
var inPath = regexp.MustCompile(`\{[^}]*\}`)

// TestLaboratoryOverREST calls every method of the published contract with the
// token of a laboratory, guesses names, and changes the card meanwhile.
func TestLaboratoryOverREST(t *testing.T) {
	w := newWorld(t, "VN")
	w.web = true
	vn := w.start("VN")
	hanoi, hue := vn.lims("hanoi-lab", ""), vn.lims("hue-lab", "")
	mine, theirs := hanoi.report("L-1"), hue.report("H-1")

	t.Run("every other method is refused", func(t *testing.T) {
		var contract struct {
			Paths map[string]map[string]struct{ OperationID string }
		}
		if err := json.Unmarshal(openapi.JSON, &contract); err != nil {
			t.Fatal(err)
		}
		tried := 0
		for path, methods := range contract.Paths {
			for method, op := range methods {
				if labMay[strings.Replace(op.OperationID, "_", "/", 1)] {
					continue
				}
				tried++
				code, body := hanoi.call(strings.ToUpper(method), inPath.ReplaceAllString(path, "x"), "{}")
				if code != http.StatusForbidden || !strings.Contains(body, `"PERMISSION_DENIED"`) {
					t.Errorf("%s %s: %d %s, want 403 PERMISSION_DENIED", method, path, code, body)
				}
			}
		}
		if tried < 55 {
			t.Errorf("tried %d methods, want every one of the contract", tried)
		}
	})

	t.Run("what is another's is as if it were not", func(t *testing.T) {
		none := "findings/" + uuid.NewString()
		order, err := vn.findings(certs.RoleOfficer).OrderTest(t.Context(), &spsv1.OrderTestRequest{Order: &spsv1.TestOrder{
			SampleNumber: "S-7", Laboratory: "hue-lab", Analytes: []*spsv1.Concept{{AsWritten: "cadmium"}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		st := notification("fruit fly in durian")
		st.Attachments = []*spsv1.Attachment{vn.upload(vn.attachments(), "a1", []byte("of the office"))}
		stated := issue(t, vn, st).GetName()
		number := func(n string) string { return `{"reportNumber": "` + n + `", "reason": [{"lang": "en", "text": "x"}]}` }
		for _, c := range []struct{ name, method, theirs, none, body, noneBody string }{
			{"finding", "GET", "/v1/" + theirs, "/v1/" + none, "", ""},
			{"file of a finding", "GET", "/v1/" + theirs + "/attachments/a1", "/v1/" + none + "/attachments/a1", "", ""},
			{"file of a statement", "GET", "/v1/" + stated + "/attachments/a1", "/v1/offices/VN/statements/1-999/attachments/a1", "", ""},
			{"order", "GET", "/v1/" + order.GetName(), "/v1/testOrders/" + none[len("findings/"):], "", ""},
			{"withdrawal", "POST", "/v1/findings:withdraw", "/v1/findings:withdraw", number("H-1"), number("X-9")},
			{"list of a laboratory", "GET", "/v1/findings?laboratory=hue-lab", "/v1/findings?laboratory=nobody", "", ""},
			{"list of a report", "GET", "/v1/findings?reportNumber=H-1", "/v1/findings?reportNumber=X-9", "", ""},
			{"statement", "GET", "/v1/" + stated, "/v1/offices/VN/statements/1-999", "", ""},
			{"evidence", "GET", "/v1/" + stated + "/evidence", "/v1/offices/VN/statements/1-999/evidence", "", ""},
			{"draft", "POST", "/v1/findings:draft", "/v1/findings:draft", `{"names": ["` + theirs + `"]}`, `{"names": ["` + none + `"]}`},
			{"account", "GET", "/v1/accounts/lan", "/v1/accounts/x9", "", ""},
		} {
			code, body := hanoi.call(c.method, c.theirs, c.body)
			absent, answer := hanoi.call(c.method, c.none, c.noneBody)
			if code != absent || namesIn.ReplaceAllString(body, "") != namesIn.ReplaceAllString(answer, "") || strings.HasPrefix(c.name, "list") != (code == http.StatusOK) {
				t.Errorf("%s: %d %s, of what is not there %d %s, want the same", c.name, code, body, absent, answer)
			}
		}
		if code, body := hanoi.call("GET", "/v1/"+mine, ""); code != http.StatusOK || !strings.Contains(body, "L-1") {
			t.Errorf("the own finding: %d %s", code, body)
		}
		if code, body := hanoi.call("GET", "/v1/findings?proposed=true", ""); code != http.StatusBadRequest || !strings.Contains(body, "OFFICE_ONLY") {
			t.Errorf("what findings propose: %d %s, want it refused", code, body)
		}
	})

	t.Run("the unit on the card decides", func(t *testing.T) {
		unit := func(kind spsv1.UnitKind) {
			t.Helper()
			card, err := vn.office.NextCard(func(c *spsv1.Card) {
				c.Units = nil
				if kind != spsv1.UnitKind_UNIT_KIND_UNSPECIFIED {
					c.Units = []*spsv1.Unit{{Id: "north", Kind: kind, Name: []*spsv1.LocalizedText{{Lang: "en", Text: "North"}}}}
				}
			})
			if err == nil {
				err = errors.Join(os.WriteFile(w.config("VN").Identity.Card, card, 0o600), vn.Reload(t.Context()))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		unit(spsv1.UnitKind_UNIT_KIND_PROVINCE)
		one, two := vn.lims("north-1", "north"), vn.lims("north-2", "north")
		unit(spsv1.UnitKind_UNIT_KIND_UNSPECIFIED)
		one.report("N-1") // there is no such unit any more
		see := func() string { return fmt.Sprintf("%s | %s", one.listed(), two.listed()) }
		if got, want := see(), "N-1 | "; got != want {
			t.Errorf("without the unit they see %q, want %q", got, want)
		}
		unit(spsv1.UnitKind_UNIT_KIND_PROVINCE)
		if got, want := see(), "N-1 | "; got != want {
			t.Errorf("of a province they see %q, want %q", got, want)
		}
		unit(spsv1.UnitKind_UNIT_KIND_LABORATORY)
		one.report("N-2")
		if got, want := see(), "N-2 | N-2"; got != want {
			t.Errorf("of a laboratory they see %q, want %q", got, want)
		}
		unit(spsv1.UnitKind_UNIT_KIND_PROVINCE)
		if got, want := see(), "N-1 | "; got != want {
			t.Errorf("of a province again they see %q, want %q", got, want)
		}
	})
}
