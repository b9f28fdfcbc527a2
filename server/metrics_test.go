package server_test

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// metrics returns what a node tells Prometheus.
func (n *node) metrics() string {
	n.w.t.Helper()
	resp, err := http.Get("http://" + n.Addrs().Ops.String() + "/metrics")
	if err != nil {
		n.w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		n.w.t.Fatal(err)
	}
	return string(body)
}

func TestMetricsOfARealNode(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn, cn := w.start("VN"), w.start("CN")
	issued := issue(t, vn, notification("fruit fly in mango", "CN"))
	events := vn.watch("offices/-", "")
	events.receipt("CN", 1) // the card is entry 0

	// A reader without a role that may issue is refused by name.
	_, err := spsv1.NewCaseServiceClient(vn.as("officer", "minh")).IssueStatement(t.Context(), &spsv1.IssueStatementRequest{})
	if reason(err) != "PERMISSION_DENIED" {
		t.Fatalf("an officer issues: %v, want PERMISSION_DENIED", err)
	}
	// China's person at Vietnam's office listener fails the check of the office.
	stranger := spsv1.NewNodeServiceClient(vn.dialAs(cn.office, "officer", "wang"))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := stranger.GetNode(ctx, &spsv1.GetNodeRequest{}); err == nil {
		t.Fatal("a person of CN is let in by VN, want a refusal")
	}

	// A client hears of the refusal before the listener has counted it.
	refused := regexp.MustCompile(`(?m)^spsd_handshakes_refused_total\{check="(office|role)",listener="office"\} [1-9]$`)
	eventually(t, "the refused handshake is counted", func() bool { return refused.MatchString(vn.metrics()) })

	got := vn.metrics()
	for _, want := range []string{
		`spsd_info\{federation="asean-cn",office="VN",version="test"\} 1`,
		`spsd_read_only 0`,
		`spsd_certificate_left_days 39[0-9]\.\d+`,
		`spsd_entries_issued_total 2`,
		`spsd_entries_received_total 1`,
		`spsd_log_entries\{log="asean-cn/CN/1",office="CN"\} 1`,
		`spsd_peer_session_up\{office="CN"\} 1`,
		`spsd_peer_behind_entries\{office="CN"\} 0`,
		`spsd_peer_receipt_entries\{office="CN"\} 2`,
		`spsd_peer_unreceipted_entries\{office="CN"\} 0`,
		`spsd_peer_certificate_left_days\{office="CN"\} 39[0-9]\.\d+`,
		`spsd_peer_clock_offset_seconds\{office="CN"\} \S+`,
		`spsd_signatures_total\{kind="checkpoint"\} [1-9]`,
		`spsd_signatures_total\{kind="receipt"\} [1-9]`,
		`spsd_store_commit_seconds_count [1-9]\d*`,
		`spsd_issue_seconds_count 1`,
		`spsd_calls_refused_total\{method="sps.v1.CaseService/IssueStatement",reason="PERMISSION_DENIED"\} 1`,
		`spsd_open_streams\{method="sps.v1.CaseService/WatchStatements"\} 1`,
	} {
		if !regexp.MustCompile(`(?m)^` + want + `$`).MatchString(got) {
			t.Errorf("no line %s in the metrics of VN", want)
		}
	}
	if strings.Contains(got, issued.GetReference()) || strings.Contains(got, "lan.nguyen") || strings.Contains(got, "mango") {
		t.Error("the metrics tell what was said, or who said it")
	}
	if t.Failed() {
		for line := range strings.Lines(got) {
			if strings.HasPrefix(line, "spsd_") {
				t.Log(strings.TrimSpace(line))
			}
		}
	}
}
