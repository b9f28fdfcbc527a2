package metrics_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/spsalert/spsalert/server/metrics"
)

const (
	rulesFile     = "../../deploy/prometheus/spsd.rules.yaml"
	dashboardFile = "../../deploy/grafana/spsd.json"
	runbookFile   = "../../docs/runbook.md"
)

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// alert is an alert rule.
type alert struct {
	Alert       string
	Expr        string
	Labels      map[string]string
	Annotations map[string]string
}

func alerts(t *testing.T) (all []alert) {
	t.Helper()
	var file struct {
		Groups []struct{ Rules []alert }
	}
	if err := yaml.Unmarshal(read(t, rulesFile), &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	if len(all) == 0 {
		t.Fatalf("%s has no rule", rulesFile)
	}
	return all
}

// named returns the families of the metrics that a query names, after an error
// for each that nobody tells.
func named(t *testing.T, where, query string) (all []metrics.Family) {
	t.Helper()
	families := metrics.Families()
	for _, name := range regexp.MustCompile(`\bspsd_\w+`).FindAllString(query, -1) {
		i := slices.IndexFunc(families, func(f metrics.Family) bool {
			if f.Type == "histogram" {
				return slices.Contains([]string{f.Name + "_bucket", f.Name + "_sum", f.Name + "_count"}, name)
			}
			return f.Name == name
		})
		if i < 0 {
			t.Errorf("%s: nobody tells %s", where, name)
			continue
		}
		all = append(all, families[i])
	}
	return all
}

func TestAlertsRestOnWhatIsTold(t *testing.T) {
	anchors := make(map[string]bool)
	for _, heading := range regexp.MustCompile(`(?m)^## (\w+)$`).FindAllStringSubmatch(string(read(t, runbookFile)), -1) {
		anchors[heading[1]] = false
	}
	for _, a := range alerts(t) {
		families := named(t, a.Alert, a.Expr)
		if len(families) == 0 {
			t.Errorf("%s asks for no metric of spsd: %s", a.Alert, a.Expr)
		}
		for _, label := range regexp.MustCompile(`\$labels\.(\w+)`).FindAllStringSubmatch(a.Annotations["summary"], -1) {
			known := label[1] == "instance" || slices.ContainsFunc(families, func(f metrics.Family) bool { return slices.Contains(f.Labels, label[1]) })
			if !known {
				t.Errorf("%s: its summary has the label %s, its metrics have not", a.Alert, label[1])
			}
		}
		if seen, ok := anchors[a.Alert]; !ok || seen {
			t.Errorf("%s: the runbook has no entry of its own for it", a.Alert)
		}
		anchors[a.Alert] = true
		if got, want := a.Annotations["runbook"], "docs/runbook.md#"+strings.ToLower(a.Alert); got != want {
			t.Errorf("%s: runbook %s, want %s", a.Alert, got, want)
		}
		if severity := a.Labels["severity"]; severity != "warning" && severity != "critical" {
			t.Errorf("%s: severity %q, want warning or critical", a.Alert, severity)
		}
		if a.Annotations["summary"] == "" {
			t.Errorf("%s has no summary", a.Alert)
		}
	}
	for name, seen := range anchors {
		if !seen {
			t.Errorf("the runbook has an entry for %s, and no rule raises it", name)
		}
	}
}

func TestTheDashboardShowsWhatIsTold(t *testing.T) {
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr, LegendFormat string }
		}
	}
	if err := json.Unmarshal(read(t, dashboardFile), &board); err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, p := range board.Panels {
		for _, q := range p.Targets {
			families := named(t, p.Title, q.Expr)
			shown += len(families)
			for _, label := range regexp.MustCompile(`\{\{(\w+)\}\}`).FindAllStringSubmatch(q.LegendFormat, -1) {
				known := label[1] == "instance" || slices.ContainsFunc(families, func(f metrics.Family) bool { return slices.Contains(f.Labels, label[1]) })
				if !known {
					t.Errorf("%s: its legend has the label %s, its metrics have not", p.Title, label[1])
				}
			}
		}
	}
	if shown == 0 {
		t.Errorf("%s shows nothing", dashboardFile)
	}
}
