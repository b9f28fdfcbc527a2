package main

import (
	"fmt"
	"strings"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// writeNagios writes what a Nagios plugin does (monitoring-plugins.org,
// development guidelines), and ends with its exit code.
func (a *app) writeNagios(s standing, t thresholds) error {
	worst, all := s.judge(t)
	up := 0
	for _, p := range s.peers {
		if p.GetConnected() {
			up++
		}
	}
	summary := fmt.Sprintf("%d of %d links up, issues and receives", up, len(s.peers))
	if len(all) > 0 {
		summary = all[0].text
	}
	line := fmt.Sprintf("SPSD %s - %s", worst, nagiosText(summary))
	if data := s.performance(t); len(data) > 0 {
		line += " | " + strings.Join(data, " ")
	}
	fmt.Fprintln(a.out, line)
	for _, p := range all {
		fmt.Fprintf(a.out, "%s: %s\n", p.level, nagiosText(p.text))
	}
	if worst == levelOK {
		return nil
	}
	return codeError(worst)
}

// nagiosText is one line without the sign that begins performance data.
func nagiosText(s string) string {
	return strings.ReplaceAll(printable(s), "|", "/")
}

// performance returns the numbers behind the words: label=value;warning;critical.
func (s standing) performance(t thresholds) (data []string) {
	if s.node == nil || s.away != nil {
		return nil
	}
	data = append(data, fmt.Sprintf("certificate=%.1f;%d:;%d:", s.days(s.node.GetCertificateExpireTime().AsTime()), t.certificateWarning, t.certificateCritical),
		fmt.Sprintf("entries=%dc", s.node.GetSize()))
	for _, p := range s.peers {
		data = append(data,
			fmt.Sprintf("behind_%s=%d;%s;%s;0", p.GetOffice(), missing(p), atLeast(t.behindWarning), atLeast(t.behindCritical)),
			fmt.Sprintf("disconnected_%s=%.0fs;%.0f;%.0f;0", p.GetOffice(), s.disconnected(p).Seconds(), t.disconnectedWarning.Seconds(), t.disconnectedCritical.Seconds()))
	}
	return data
}

// atLeast is the range of Nagios that alarms from n on: it alarms above.
func atLeast(n uint64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n - 1)
}

// writePrometheus writes metrics for a textfile collector.
func (a *app) writePrometheus(s standing) error {
	if s.setup != nil {
		return s.setup
	}
	answers := s.away == nil
	a.metric("spsctl_check_up", "1 if the node answers.", reading{"", truth(answers)})
	if !answers {
		return nil
	}
	a.metric("spsctl_check_read_only", "1 if the node issues nothing.", reading{"", truth(s.node.GetReadOnly())})
	a.metric("spsctl_check_certificate_left_days", "Days until the node's certificate expires.", reading{"", s.days(s.node.GetCertificateExpireTime().AsTime())})
	a.metric("spsctl_check_entries", "Entries of the office's own log.", reading{"", float64(s.node.GetSize())})
	for _, m := range []struct {
		name, help string
		value      func(*spsv1.Peer) float64
	}{
		{"spsctl_check_peer_session_up", "1 while a session with the peer is up.", func(p *spsv1.Peer) float64 { return truth(p.GetConnected()) }},
		{"spsctl_check_peer_disconnected_seconds", "Seconds without a session with the peer.", func(p *spsv1.Peer) float64 { return s.disconnected(p).Seconds() }},
		{"spsctl_check_peer_behind_entries", "Entries that the peer is known to have and the node has not.", func(p *spsv1.Peer) float64 { return float64(missing(p)) }},
		{"spsctl_check_peer_unreceipted_entries", "Entries of the own log that the peer's newest receipt does not cover.", func(p *spsv1.Peer) float64 {
			return float64(max(p.GetOwnSize(), p.GetReceiptSize()) - p.GetReceiptSize())
		}},
	} {
		var all []reading
		for _, p := range s.peers {
			all = append(all, reading{fmt.Sprintf("{office=%q}", p.GetOffice()), m.value(p)})
		}
		a.metric(m.name, m.help, all...)
	}
	return nil
}

type reading struct {
	labels string
	value  float64
}

// metric writes a gauge in the text format of Prometheus.
func (a *app) metric(name, help string, all ...reading) {
	fmt.Fprintf(a.out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
	for _, s := range all {
		fmt.Fprintf(a.out, "%s%s %g\n", name, s.labels, s.value)
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
