package metrics_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/metrics"
)

const document = "../../docs/reference/metrics.md"

// table is what the document must have between the lines of its table.
func table() string {
	var b strings.Builder
	b.WriteString("| metric | type | labels | meaning |\n|---|---|---|---|\n")
	for _, f := range metrics.Families() {
		var labels []string
		for _, l := range f.Labels {
			labels = append(labels, "`"+l+"`")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, f.Type, strings.Join(labels, ", "), f.Help)
	}
	return b.String()
}

func TestTheDocumentHasEveryMetric(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var rows strings.Builder
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "|") {
			rows.WriteString(line)
		}
	}
	if diff := cmp.Diff(table(), rows.String()); diff != "" {
		t.Errorf("%s differs from the code (-code +document):\n%s", document, diff)
	}
}

// TestEveryMetricIsTold holds the list of families to what a scrape has.
func TestEveryMetricIsTold(t *testing.T) {
	ahead := time.Second
	m := newMetrics(t, func(context.Context) (metrics.State, error) {
		return metrics.State{
			Time: now, CertificateNotAfter: now, Clock: &ahead, Backup: &metrics.Backup{Since: now}, Logs: []metrics.Log{{Origin: "asean-cn/CN/1", Office: "CN"}},
			Peers: []metrics.Peer{{Office: "CN", Since: now, ReceiptTime: now, Clock: &ahead, CertificateNotAfter: now}},
		}, nil
	})
	m.HandshakeRefused("peers", "card")
	m.SessionEnded("CN", "SILENT")
	m.Receipted("CN", time.Second)
	cases := serve(t, m, func(*spsv1.IssueStatementRequest) error { return access.Status(access.NotFound("none")).Err() })
	_, _ = cases.IssueStatement(t.Context(), &spsv1.IssueStatementRequest{}) // refused, and counted as such
	watch, err := cases.WatchStatements(t.Context(), &spsv1.WatchStatementsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := watch.Header(); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, f := range metrics.Families() {
		want = append(want, "# HELP "+f.Name+" "+f.Help, "# TYPE "+f.Name+" "+f.Type)
	}
	got := regexp.MustCompile(`(?m)^# (HELP|TYPE) spsd_.*$`).FindAllString(scrape(t, m), -1)
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("families (-listed +told):\n%s", diff)
	}
}

func TestNamesHaveTheirUnit(t *testing.T) {
	ends := map[string]string{"counter": "_total", "histogram": "_seconds"}
	for _, f := range metrics.Families() {
		if !strings.HasPrefix(f.Name, "spsd_") || !strings.HasSuffix(f.Name, ends[f.Type]) {
			t.Errorf("%s is a %s, want spsd_…%s", f.Name, f.Type, ends[f.Type])
		}
		if !strings.HasSuffix(f.Help, ".") {
			t.Errorf("%s: its help is no sentence: %s", f.Name, f.Help)
		}
	}
}
