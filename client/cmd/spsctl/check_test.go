package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

var (
	checkedAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	usual     = thresholds{
		behindWarning: 1, behindCritical: 1000, certificateWarning: 30, certificateCritical: 7,
		disconnectedWarning: 15 * time.Minute, disconnectedCritical: 4 * time.Hour,
	}
)

func after(d time.Duration) *timestamppb.Timestamp { return timestamppb.New(checkedAt.Add(d)) }

const day = 24 * time.Hour

// well is a node about which there is nothing to say.
func well() standing {
	return standing{
		at:   checkedAt,
		node: &spsv1.Node{Size: 12, StartTime: after(-time.Hour), CertificateExpireTime: after(100 * day)},
		peers: []*spsv1.Peer{{
			Office: "CN", Connected: true, SinceTime: after(-time.Hour), HeldSize: 5, KnownSize: 5,
			CertificateExpireTime: after(100 * day), ReceiptSize: 12, OwnSize: 12,
		}},
	}
}

func TestJudge(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(*standing)
		want  level
		says  string
	}{
		{"well", func(*standing) {}, levelOK, ""},
		{"no context", func(s *standing) { s.setup = errors.New("no such context") }, levelUnknown, "no such context"},
		{"no answer", func(s *standing) { s.away = errors.New("connection refused") }, levelCritical, "connection refused"},
		{"read-only", func(s *standing) { s.node.ReadOnly, s.node.ReadOnlyReason = true, "the store is full" }, levelCritical, "the store is full"},
		{"damage", func(s *standing) {
			s.node.Ledger = &spsv1.LedgerStanding{DamageCount: 2, DamagedLogs: []string{"asean-cn/CN/1"}}
		}, levelWarning, "found 2 times since the start"},
		{"lost text", func(s *standing) {
			s.node.Ledger = &spsv1.LedgerStanding{
				DamageCount: 1, LostCount: 3,
				Lost: []*spsv1.LostEntry{{Origin: "asean-cn/VN/1", Sequence: 4, Reference: "VN-2026-000004"}, {Origin: "asean-cn/VN/1", Sequence: 5}},
			}
		}, levelCritical, "VN-2026-000004, entry 5 of asean-cn/VN/1, …"},
		{"29 days", func(s *standing) { s.node.CertificateExpireTime = after(29 * day) }, levelWarning, "29.0 days"},
		{"30 days", func(s *standing) { s.node.CertificateExpireTime = after(30 * day) }, levelOK, ""},
		{"6 days", func(s *standing) { s.node.CertificateExpireTime = after(6 * day) }, levelCritical, "6.0 days"},
		{"expired", func(s *standing) { s.node.CertificateExpireTime = after(-day) }, levelCritical, "-1.0 days"},
		{"a peer's, 6 days", func(s *standing) { s.peers[0].CertificateExpireTime = after(6 * day) }, levelCritical, "CN: its certificate"},
		{"behind by 1", func(s *standing) { s.peers[0].KnownSize = 6 }, levelWarning, "CN: behind by 1"},
		{"behind by 1000", func(s *standing) { s.peers[0].KnownSize = 1005 }, levelCritical, "behind by 1000"},
		{"more held than known", func(s *standing) { s.peers[0].KnownSize = 4 }, levelOK, ""},
		{"down for 14 minutes", func(s *standing) { s.peers[0].Connected, s.peers[0].SinceTime = false, after(-14*time.Minute) }, levelOK, ""},
		{"down for 15 minutes", func(s *standing) { s.peers[0].Connected, s.peers[0].SinceTime = false, after(-15*time.Minute) }, levelWarning, "no session for 15m0s"},
		{"down for 4 hours", func(s *standing) { s.peers[0].Connected, s.peers[0].SinceTime = false, after(-4*time.Hour) }, levelCritical, "4h0m0s"},
		{"never up since the start", func(s *standing) { s.peers[0].Connected, s.peers[0].SinceTime = false, nil }, levelWarning, "1h0m0s"},
		{"the worst counts", func(s *standing) { s.peers[0].KnownSize, s.node.ReadOnly = 6, true }, levelCritical, "read-only"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := well()
			tc.spoil(&s)
			got, all := s.judge(usual)
			if got != tc.want {
				t.Errorf("level %s, want %s: %v", got, tc.want, all)
			}
			if tc.says == "" && len(all) > 0 || tc.says != "" && (len(all) == 0 || !strings.Contains(all[0].text, tc.says)) {
				t.Errorf("problems %v, want first one that says %q", all, tc.says)
			}
		})
	}
}

func TestAThresholdOfZeroIsNone(t *testing.T) {
	s := well()
	s.peers[0].KnownSize = 1 << 40
	never := usual
	never.behindWarning, never.behindCritical = 0, 0
	if got, all := s.judge(never); got != levelOK {
		t.Errorf("level %s, want OK: %v", got, all)
	}
}

func TestNagiosOutput(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(*standing)
		code  error
		want  string
	}{
		{"well", func(*standing) {}, nil, "SPSD OK - 1 of 1 links up, issues and receives | certificate=100.0;30:;7: entries=12c behind_CN=0;0;999;0 disconnected_CN=0s;900;14400;0\n"},
		{"two problems", func(s *standing) {
			s.peers[0].KnownSize, s.node.ReadOnly, s.node.ReadOnlyReason = 8, true, "full | really"
		}, codeError(2), "SPSD CRITICAL - read-only: full / really | certificate=100.0;30:;7: entries=12c behind_CN=3;0;999;0 disconnected_CN=0s;900;14400;0\n" +
			"CRITICAL: read-only: full / really\nWARNING: CN: behind by 3\n"},
		{"away", func(s *standing) { *s = standing{at: checkedAt, away: errors.New("refused")} }, codeError(2), "SPSD CRITICAL - refused\nCRITICAL: refused\n"},
		{"unknown", func(s *standing) { *s = standing{at: checkedAt, setup: errors.New("no context")} }, codeError(3), "SPSD UNKNOWN - no context\nUNKNOWN: no context\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := well()
			tc.spoil(&s)
			var out bytes.Buffer
			a := &app{streams: streams{out: &out}}
			if got := a.writeNagios(s, usual); !errors.Is(got, tc.code) {
				t.Errorf("ended with %#v, want %#v", got, tc.code)
			}
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPrometheusOutput(t *testing.T) {
	var out bytes.Buffer
	a := &app{streams: streams{out: &out}}
	s := well()
	s.peers[0].KnownSize = 7
	if err := a.writePrometheus(s); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"# TYPE spsctl_check_up gauge", "spsctl_check_up 1", "spsctl_check_read_only 0",
		"spsctl_check_certificate_left_days 100", `spsctl_check_peer_behind_entries{office="CN"} 2`,
		`spsctl_check_peer_session_up{office="CN"} 1`, `spsctl_check_peer_unreceipted_entries{office="CN"} 0`,
	} {
		if !strings.Contains(out.String(), line+"\n") {
			t.Errorf("no line %s in\n%s", line, &out)
		}
	}
	out.Reset()
	if err := a.writePrometheus(standing{at: checkedAt, away: errors.New("refused")}); err != nil || !strings.HasSuffix(out.String(), "spsctl_check_up 0\n") {
		t.Errorf("of a node that is away: %v, %q; want that it is not up", err, &out)
	}
	out.Reset()
	if err := a.writePrometheus(standing{setup: errors.New("no context")}); err == nil || out.Len() > 0 {
		t.Errorf("without a context: %v, %q; want an error, and nothing that looks like a measurement", err, &out)
	}
}

func TestReportsSayNeitherWhoNorWhere(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"VN at 10.0.0.10:7444, as sps://asean-cn/VN/admin/hoa.pham", "VN at [address], as sps://asean-cn/VN/admin/[person]"},
		{"dial tcp 127.0.0.1:7444: connect: connection refused", "dial tcp [address]: connect: connection refused"},
		{"dial CN at spsd.customs.gov.cn:7443: refused", "dial CN at [address]: refused"},
		{"dial tcp: lookup x on [2001:db8::1]:53: no such host", "dial tcp: lookup x on [address]: no such host"},
		{"from 2001:db8:0:1::7 refused", "from [address] refused"},
		{"open /home/hoa/.config/spsctl/config.yaml: no such file", "open [folder]/config.yaml: no such file"},
		{"connected since 12:30:05, card number 1", "connected since 12:30:05, card number 1"},
		{"last at 2026-03-01T12:00:00Z", "last at 2026-03-01T12:00:00Z"},
		{"fingerprint Z57X-N7JC-DAZA-3YIB-UHR4-22IM-X2Q6-YRBP", "fingerprint Z57X-N7JC-DAZA-3YIB-UHR4-22IM-X2Q6-YRBP"},
		{"all 3 of asean-cn/CN/1 are here", "all 3 of asean-cn/CN/1 are here"},
	} {
		if got := redacted(tc.text); got != tc.want {
			t.Errorf("redacted(%q) = %q, want %q", tc.text, got, tc.want)
		}
	}
}
