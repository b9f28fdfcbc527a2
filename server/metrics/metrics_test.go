package metrics_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/metrics"
)

// now is when everything here happens.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newMetrics(t *testing.T, source metrics.Source) *metrics.Metrics {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(t.Output(), nil))
	return metrics.New(metrics.Node{Federation: "asean-cn", Office: "VN", Version: "v1.2.3"}, source, logger)
}

// scrape returns what a node tells, as text.
func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("scrape: status %d, want 200\n%s", w.Code, w.Body)
	}
	return w.Body.String()
}

// wantLines fails the test for each line that a scrape lacks.
func wantLines(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, line := range want {
		if !strings.Contains("\n"+got, "\n"+line+"\n") {
			t.Errorf("the scrape has no line %s", line)
		}
	}
	if t.Failed() {
		t.Log(spsd(got))
	}
}

// spsd leaves out what is not this project's.
func spsd(scraped string) string {
	var ours []string
	for line := range strings.Lines(scraped) {
		if strings.HasPrefix(line, "spsd_") {
			ours = append(ours, line)
		}
	}
	return strings.Join(ours, "")
}

func TestStateIsReadAtTheScrape(t *testing.T) {
	offset := -3 * time.Second
	state := metrics.State{
		Time: now, CertificateNotAfter: now.Add(36 * time.Hour), WebCertificateNotAfter: now.Add(12 * time.Hour), ReadOnly: true, Clock: &offset, OwnSize: 12,
		Logs: []metrics.Log{
			{Origin: "asean-cn/CN/1", Office: "CN", Held: 7, Missing: 1},
			{Origin: "asean-cn/TH/1", Office: "TH", Held: 5},
			{Origin: "asean-cn/VN/1", Office: "VN", Own: true, Held: 30},
			{Origin: "asean-cn/VN/2", Office: "VN", Own: true, Held: 12},
		},
		Peers: []metrics.Peer{
			{
				Office: "CN", Connected: true, Since: now.Add(-time.Minute), Held: 7, Known: 9, ReceiptSize: 10,
				ReceiptTime: now.Add(-time.Hour), Clock: &offset, CertificateNotAfter: now.Add(24 * time.Hour), Alarm: true,
			},
			{Office: "TH", Held: 5}, // never met since the start
		},
		Store:  metrics.Store{Commits: 20, Updates: 50, Bytes: 4096, Room: -1},
		Damage: metrics.Damage{Found: 4, Logs: 1, Lost: 2},
	}
	state.Backup = &metrics.Backup{Since: now.Add(-time.Hour), Every: 24 * time.Hour, Failures: 2, Bytes: 5000, Damaged: 3}
	state.Units = metrics.Units{Open: 3, Overdue: 1}
	state.Upcoming = metrics.Upcoming{7: 2, 30: 3}
	state.Own = metrics.Late{Overdue: map[spsv1.Clock]int{spsv1.Clock_CLOCK_ANSWER: 2}, Alert: now.Add(-2 * time.Hour)}
	state.Others = metrics.Late{Overdue: map[spsv1.Clock]int{spsv1.Clock_CLOCK_ACKNOWLEDGEMENT: 5, spsv1.Clock_CLOCK_DISPUTE: 1}}
	m := newMetrics(t, func(context.Context) (metrics.State, error) { return state, nil })
	got := scrape(t, m)
	wantLines(t, got,
		`spsd_state_readable 1`,
		`spsd_info{federation="asean-cn",office="VN",version="v1.2.3"} 1`,
		`spsd_read_only 1`,
		`spsd_clock_offset_seconds -3`,
		`spsd_certificate_left_days 1.5`,
		`spsd_web_certificate_left_days 0.5`,
		`spsd_entries_issued_total 42`,
		`spsd_entries_received_total 12`,
		`spsd_log_entries{log="asean-cn/VN/1",office="VN"} 30`,
		`spsd_log_missing_bodies{log="asean-cn/CN/1",office="CN"} 1`,
		`spsd_peer_session_up{office="CN"} 1`,
		`spsd_peer_session_up{office="TH"} 0`,
		`spsd_peer_session_changed_seconds{office="CN"} 60`,
		`spsd_peer_behind_entries{office="CN"} 2`,
		`spsd_peer_behind_entries{office="TH"} 0`,
		`spsd_peer_receipt_entries{office="CN"} 10`,
		`spsd_peer_unreceipted_entries{office="CN"} 2`,
		`spsd_peer_unreceipted_entries{office="TH"} 12`,
		`spsd_peer_receipt_age_seconds{office="CN"} 3600`,
		`spsd_peer_clock_offset_seconds{office="CN"} -3`,
		`spsd_peer_certificate_left_days{office="CN"} 1`,
		`spsd_peer_alarm{office="CN"} 1`,
		`spsd_overdue{by="own",clock="answer"} 2`,
		`spsd_overdue{by="own",clock="acknowledgement"} 0`,
		`spsd_overdue{by="others",clock="acknowledgement"} 5`,
		`spsd_overdue{by="others",clock="dispute"} 1`,
		`spsd_unit_cases{state="open"} 3`,
		`spsd_unit_cases{state="overdue"} 1`,
		`spsd_rule_changes_upcoming{within="1d"} 0`,
		`spsd_rule_changes_upcoming{within="30d"} 3`,
		`spsd_unacknowledged_alert_age_seconds{by="own"} 7200`,
		`spsd_unacknowledged_alert_age_seconds{by="others"} 0`,
		`spsd_store_commits_total 20`,
		`spsd_store_updates_total 50`,
		`spsd_store_bytes 4096`,
		`spsd_store_room_bytes -1`,
		`spsd_ledger_damage_total 4`,
		`spsd_ledger_damaged_logs 1`,
		`spsd_ledger_lost_bodies 2`,
		`spsd_backup_age_seconds 3600`,
		`spsd_backup_period_seconds 86400`,
		`spsd_backup_bytes 5000`,
		`spsd_backup_damaged_attachments 3`,
		`spsd_backup_failures_total 2`,
	)
	for _, unknown := range []string{"session_changed_seconds", "receipt_age_seconds", "clock_offset_seconds", "certificate_left_days"} {
		if strings.Contains(got, "spsd_peer_"+unknown+`{office="TH"}`) {
			t.Errorf("%s of TH is told, want it left out: nobody knows it", unknown)
		}
	}

	state.ReadOnly, state.Backup, state.Clock = false, nil, nil
	got = scrape(t, m)
	wantLines(t, got, `spsd_read_only 0`)
	if strings.Contains(got, "spsd_backup") {
		t.Error("backups are told of by a node that makes none")
	}
	if strings.Contains(got, "spsd_clock_offset_seconds") {
		t.Error("the clock is told, want it left out: no peer was heard")
	}
}

func TestAnUnreadableStateIsTold(t *testing.T) {
	m := newMetrics(t, func(context.Context) (metrics.State, error) {
		return metrics.State{}, errors.New("the store is closed")
	})
	got := scrape(t, m)
	wantLines(t, got, `spsd_state_readable 0`, `spsd_signatures_total{kind="checkpoint"} 0`)
	if strings.Contains(got, "spsd_read_only") {
		t.Error("a state that could not be read is told as if it had been")
	}
}

func TestCallsAreCounted(t *testing.T) {
	m := newMetrics(t, func(context.Context) (metrics.State, error) { return metrics.State{}, nil })
	refused, err := status.New(codes.PermissionDenied, "no").WithDetails(&errdetails.ErrorInfo{Reason: "PERMISSION_DENIED"})
	if err != nil {
		t.Fatal(err)
	}
	addr := serve(t, m, func(req *spsv1.IssueStatementRequest) error {
		if req.GetRequestId() == "refuse" {
			return refused.Err()
		}
		return nil
	})
	issue := func(req *spsv1.IssueStatementRequest) { _, _ = addr.IssueStatement(t.Context(), req) }
	issue(&spsv1.IssueStatementRequest{})
	issue(&spsv1.IssueStatementRequest{ValidateOnly: true})
	issue(&spsv1.IssueStatementRequest{RequestId: "refuse"})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	watch, err := addr.WatchStatements(ctx, &spsv1.WatchStatementsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := watch.Header(); err != nil {
		t.Fatal(err)
	}
	wantLines(t, scrape(t, m),
		`spsd_calls_total{code="OK",method="sps.v1.CaseService/IssueStatement"} 2`,
		`spsd_calls_total{code="PermissionDenied",method="sps.v1.CaseService/IssueStatement"} 1`,
		`spsd_calls_refused_total{method="sps.v1.CaseService/IssueStatement",reason="PERMISSION_DENIED"} 1`,
		`spsd_issue_seconds_count 1`,
		`spsd_open_streams{method="sps.v1.CaseService/WatchStatements"} 1`,
	)
}

func TestSignaturesCommitsAndHandshakesAreCounted(t *testing.T) {
	m := newMetrics(t, func(context.Context) (metrics.State, error) { return metrics.State{}, nil })
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signer := m.Signer(metrics.KindReceipt, key)
	if !signer.Public().(ed25519.PublicKey).Equal(key.Public()) {
		t.Error("the key that counts has another public half")
	}
	for range 3 {
		if _, err := signer.Sign(nil, []byte("text"), crypto.Hash(0)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := signer.Sign(nil, []byte("text"), crypto.MD5); err == nil {
		t.Fatal("signed with a digest that the key does not know, want an error")
	}
	m.Committed(3 * time.Millisecond)
	m.HandshakeRefused("peers", "card")
	m.HandshakeRefused("peers", "")
	wantLines(t, scrape(t, m),
		`spsd_signatures_total{kind="receipt"} 3`,
		`spsd_store_commit_seconds_count 1`,
		`spsd_handshakes_refused_total{check="card",listener="peers"} 1`,
		`spsd_handshakes_refused_total{check="other",listener="peers"} 1`,
	)
}

func TestSessionsAndReceiptsAreCounted(t *testing.T) {
	m := newMetrics(t, func(context.Context) (metrics.State, error) { return metrics.State{Time: now}, nil })
	m.SessionEnded("CN", "SILENT")
	m.SessionEnded("CN", "SILENT")
	m.SessionEnded("TH", "DRAINING")
	m.Receipted("CN", 200*time.Millisecond)
	m.Receipted("CN", 72*time.Hour)
	wantLines(t, scrape(t, m),
		`spsd_sessions_ended_total{office="CN",reason="SILENT"} 2`,
		`spsd_sessions_ended_total{office="TH",reason="DRAINING"} 1`,
		`spsd_receipt_seconds_bucket{office="CN",le="0.1"} 0`,
		`spsd_receipt_seconds_bucket{office="CN",le="0.25"} 1`,
		`spsd_receipt_seconds_bucket{office="CN",le="86400"} 1`,
		`spsd_receipt_seconds_count{office="CN"} 2`,
	)
}
