package story_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
	"github.com/spsalert/spsalert/client/story"
)

func TestMain(m *testing.M) { os.Exit(drilltest.Main(m)) }

func desks(t *testing.T, fed *drill.Federation) map[certs.Office]story.Desk {
	t.Helper()
	all := make(map[certs.Office]story.Desk)
	for _, n := range fed.Nodes() {
		desk := story.Desk{Officer: drilltest.Client(t, n, certs.RoleOfficer), Validator: drilltest.Client(t, n, certs.RoleValidator)}
		if n.Office() == story.Notifier() {
			desk.Laboratory = drilltest.Client(t, n, certs.RoleLab)
		}
		if n.Office() == story.Origin() {
			desk.Exporter = further(t, n, certs.RoleExporter, story.Exporter)
			desk.Province = further(t, n, certs.RoleOfficer, story.Province)
		}
		all[n.Office()] = desk
	}
	return all
}

// further connects to a node as one more person.
func further(t *testing.T, n *drill.Node, role certs.Role, id string) *client.Client {
	t.Helper()
	c, err := n.ClientAs(t.Context(), role, id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestPlay(t *testing.T) {
	fed := drilltest.Start(t, drill.Options{Offices: story.Offices(), Card: story.Card, Units: story.Units()})
	var shown []story.Step
	told, err := story.Play(t.Context(), desks(t, fed), func(s story.Step) { shown = append(shown, s) })
	if err != nil {
		t.Fatal(err)
	}
	if !told.Complete || told.Case == "" || len(told.Steps) != len(shown) || len(shown) < 15 {
		t.Errorf("told = %+v, shown %d steps, want a case, complete, each step shown", told, len(shown))
	}
	issued := 0
	for _, s := range told.Steps {
		if s.Reference == "" {
			continue
		}
		issued++
		if len(s.Arrived) == 0 {
			t.Errorf("%s of %s %s: %s arrived nowhere", s.Role, s.Office, s.Did, s.Reference)
		}
	}
	if issued < 10 {
		t.Errorf("%d statements were issued, want at least 10", issued)
	}
	wantFindings(t, told)
	wantCode(t, told)
	wantNotice(t, told)
	wantProvince(t, told)
}

// wantProvince holds that the province was given the case, and what it did.
func wantProvince(t *testing.T, told story.Told) {
	t.Helper()
	var got []string
	for _, s := range told.Steps {
		if s.Unit == story.ProvinceUnit {
			did, _, _ := strings.Cut(s.Did, ", and has until")
			got = append(got, did)
		}
	}
	want := []string{
		"is given the case by itself, by the rule for packing houses of Long An",
		"drafts and submits what it found at the packing house", "has done its part",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the province did (-want +got):\n%s", diff)
	}
}

// wantNotice holds what the exporter was shown of its notice: it reads it in
// Vietnamese, and is told by itself what changes.
func wantNotice(t *testing.T, told story.Told) {
	t.Helper()
	var lines, news []string
	for _, s := range told.Steps {
		if s.Role != certs.RoleExporter || s.Notice == nil {
			continue
		}
		if s.Notice.Lang != "vi" {
			t.Errorf("the exporter %s: in %q, want Vietnamese", s.Did, s.Notice.Lang)
		}
		lines = append(lines, s.Notice.Lines...)
		if strings.HasPrefix(s.Did, "is told by itself") {
			news = append(news, strings.Join(s.Notice.News, ", "))
		}
	}
	for _, want := range []string{"Sản phẩm: thanh long", "Mã số của quý vị: VN-LAPH-0117", "Giới hạn: 0.01 mg/kg"} {
		if !strings.Contains(strings.Join(lines, "\n"), want) {
			t.Errorf("the exporter reads\n%s\nwithout %q", strings.Join(lines, "\n"), want)
		}
	}
	want := []string{"code suspended", "code reinstated", "case closed"}
	if !slices.EqualFunc(want, news, func(want, got string) bool { return strings.Contains(got, want) }) {
		t.Errorf("the exporter was told by itself %q, want %q", news, want)
	}
}

// wantCode holds what the officers were told of the code of the packing house, in
// order: it is refused and withheld, then refused only, then good.
func wantCode(t *testing.T, told story.Told) {
	t.Helper()
	var got []string
	for _, s := range told.Steps {
		if sentence, ok := strings.CutPrefix(s.Did, "looks up the code: "); ok {
			refused, withheld := strings.Contains(sentence, "TH refuses goods"), strings.Contains(sentence, "VN withholds goods")
			got = append(got, fmt.Sprintf("refused %v, withheld %v, good %v", refused, withheld, strings.Contains(sentence, "is good for TH")))
		}
	}
	want := []string{"refused true, withheld true, good false", "refused true, withheld false, good false", "refused false, withheld false, good true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what was told of the code (-want +got):\n%s", diff)
	}
}

// wantFindings holds what people of the office with the laboratory were shown of
// the finding, in order, and that only an officer was shown what it proposes.
func wantFindings(t *testing.T, told story.Told) {
	t.Helper()
	opened := story.Finding{Report: "LAB-9001", Stage: "final", Draft: "issued", Reference: told.Case, Case: "cases/" + told.Case, CaseStatus: "open"}
	closed := opened
	closed.CaseStatus, closed.Outcome = "closed", "settled"
	want := []story.Finding{
		{Report: "LAB-9001", Stage: "preliminary"},
		{Report: "LAB-9001", Stage: "final"},
		{Report: "LAB-9001", Stage: "final", Proposes: "alert, potentially serious"},
		{Report: "LAB-9001", Stage: "final", Draft: "submitted"},
		opened, closed,
	}
	var got []story.Finding
	for _, s := range told.Steps {
		if s.Finding == nil {
			continue
		}
		got = append(got, *s.Finding)
		if proposed := s.Finding.Proposes != ""; proposed != (s.Role == certs.RoleOfficer) {
			t.Errorf("%s is shown %+v, want a proposal for the officer, and for nobody else", s.Role, s.Finding)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what was shown of the finding (-want +got):\n%s", diff)
	}
}

// TestPlayAfterANodeWasKilled holds that a story that cannot go on says where it
// ended, and is not complete.
func TestPlayAfterANodeWasKilled(t *testing.T) {
	fed := drilltest.Start(t, drill.Options{Offices: story.Offices(), Card: story.Card, Units: story.Units()})
	people := desks(t, fed)
	const amended = "amends the alert; both versions stay visible"
	told, err := story.Play(t.Context(), people, func(s story.Step) {
		if s.Did == amended {
			if err := fed.Node("TH").Kill(); err != nil {
				t.Error(err)
			}
		}
	})
	if err == nil || told.Complete {
		t.Fatalf("complete %v, error %v, want an error", told.Complete, err)
	}
	if last := told.Steps[len(told.Steps)-1]; last.Did != amended {
		t.Errorf("the last step is %+v, want that %s %s", last, "TH", amended)
	}
}
