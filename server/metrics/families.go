package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Family describes all metrics of one name.
type Family struct {
	Name   string
	Type   string // "counter", "gauge" or "histogram"
	Labels []string
	Help   string
}

// Families returns everything that a node tells, in the order of the document,
// but for the go_… and process_… metrics of the client library.
func Families() []Family {
	var all []Family
	for _, g := range nodeGauges {
		all = append(all, g.Family)
	}
	for _, g := range backupGauges {
		all = append(all, g.Family)
	}
	all = append(all, overdue, unacknowledged, unitCases, upcoming)
	for _, g := range logGauges {
		all = append(all, g.Family)
	}
	for _, g := range peerGauges {
		all = append(all, g.Family)
	}
	return append(all, clockOffset, readable, info, signatures, commitSeconds, issueSeconds, receiptSeconds, sessionsEnded, calls, callsRefused, handshakesRefused, openStreams)
}

// What is read at each scrape. The values come from the state alone.
var (
	nodeGauges = []struct {
		Family
		value func(*State) float64
	}{
		{gauge("spsd_read_only", "1 if the node issues nothing just now; spsctl node show says why."), func(s *State) float64 { return number(s.ReadOnly) }},
		{gauge("spsd_certificate_left_days", "Days until the node's certificate expires."), func(s *State) float64 { return days(s.Time, s.CertificateNotAfter) }},
		{gauge("spsd_web_certificate_left_days", "Days until the certificate of the web listener expires; that of the node if it has none of its own."), func(s *State) float64 { return days(s.Time, s.WebCertificateNotAfter) }},
		{counter("spsd_entries_issued_total", "Entries of the own logs: statements, and the office's cards. Kept with the ledger, over restarts."), issued},
		{counter("spsd_entries_received_total", "Entries of the logs of all other offices that are held. Kept with the ledger, over restarts."), received},
		{counter("spsd_store_commits_total", "Groups of updates that became durable in one commit."), func(s *State) float64 { return float64(s.Store.Commits) }},
		{counter("spsd_store_updates_total", "Updates that became durable in them."), func(s *State) float64 { return float64(s.Store.Updates) }},
		{gauge("spsd_store_bytes", "Size of ledger.db."), func(s *State) float64 { return float64(s.Store.Bytes) }},
		{gauge("spsd_store_room_bytes", "Bytes that can be written before the node is read-only but for urgent entries and receipts; not above 0 if it is."), func(s *State) float64 { return float64(s.Store.Room) }},
		{counter("spsd_ledger_damage_total", "Times that something in the ledger was found damaged on the disk since the start; spsctl node show says more."), func(s *State) float64 { return float64(s.Damage.Found) }},
		{gauge("spsd_ledger_damaged_logs", "Logs of which a damaged entry has not come again from a peer yet."), func(s *State) float64 { return float64(s.Damage.Logs) }},
		{gauge("spsd_ledger_lost_bodies", "Own entries whose bodies were lost, and that no peer has sent back."), func(s *State) float64 { return float64(s.Damage.Lost) }},
		{gauge("spsd_exporter_cases_aside", "Cases, and entries of cases, that cannot be read and are set aside: exporters are not told what is new in them. Each is tried again every minute."), func(s *State) float64 { return float64(s.Aside) }},
	}

	// Left out if the node makes no backups.
	backupGauges = []struct {
		Family
		value func(*State) float64
	}{
		{gauge("spsd_backup_age_seconds", "Seconds since the newest good backup in backup.folder was begun; since the start if there is none. Left out, as the next four are, without backup.folder."), func(s *State) float64 { return s.Time.Sub(s.Backup.Since).Seconds() }},
		{gauge("spsd_backup_period_seconds", "How often a backup is made; 0 if only when somebody asks."), func(s *State) float64 { return s.Backup.Every.Seconds() }},
		{gauge("spsd_backup_bytes", "Size of the newest good backup in backup.folder."), func(s *State) float64 { return float64(s.Backup.Bytes) }},
		{gauge("spsd_backup_damaged_attachments", "Attachments that the last backup since the start lacks, because they are damaged on the disk."), func(s *State) float64 { return float64(s.Backup.Damaged) }},
		{counter("spsd_backup_failures_total", "Backups that failed since the start."), func(s *State) float64 { return float64(s.Backup.Failures) }},
		{gauge("spsd_attachments_held", "Files of statements that are held."), func(s *State) float64 { return float64(s.Attachments.Held) }},
		{gauge("spsd_attachments_bytes", "Bytes of the files that are held."), func(s *State) float64 { return float64(s.Attachments.Bytes) }},
		{gauge("spsd_attachments_quota_bytes", "Bytes that files may have together; what is fetched from peers, three quarters of it."), func(s *State) float64 { return float64(s.Attachments.Quota) }},
		{gauge("spsd_attachments_awaited", "Files that a statement names and that have not arrived yet."), func(s *State) float64 { return float64(s.Attachments.Awaited) }},
		{gauge("spsd_attachments_awaited_bytes", "Bytes of them that have not come yet."), func(s *State) float64 { return float64(s.Attachments.AwaitedBytes) }},
	}

	logGauges = []struct {
		Family
		value func(*Log) float64
	}{
		{gauge("spsd_log_entries", "Entries of a log that are held.", "log", "office"), func(l *Log) float64 { return float64(l.Held) }},
		{gauge("spsd_log_missing_bodies", "Bodies addressed to this office that are not held though their entries are.", "log", "office"), func(l *Log) float64 { return float64(l.Missing) }},
	}

	// The value is left out where it is not known.
	peerGauges = []struct {
		Family
		value func(*State, *Peer) (v float64, known bool)
	}{
		{gauge("spsd_peer_session_up", "1 while a session with the peer is up.", "office"), func(_ *State, p *Peer) (float64, bool) { return number(p.Connected), true }},
		{gauge("spsd_peer_session_changed_seconds", "Seconds since the session came up, or since the last one ended; left out if there was none since the start.", "office"), func(s *State, p *Peer) (float64, bool) {
			return s.Time.Sub(p.Since).Seconds(), !p.Since.IsZero()
		}},
		{gauge("spsd_peer_behind_entries", "Entries of the peer's log that it is known to have and that are not held here.", "office"), func(_ *State, p *Peer) (float64, bool) {
			return float64(max(p.Known, p.Held) - p.Held), true
		}},
		{gauge("spsd_peer_receipt_entries", "Entries of the own log that the peer's newest receipt covers.", "office"), func(_ *State, p *Peer) (float64, bool) { return float64(p.ReceiptSize), true }},
		{gauge("spsd_peer_unreceipted_entries", "Entries of the own log that it does not cover.", "office"), func(s *State, p *Peer) (float64, bool) {
			return float64(max(s.OwnSize, p.ReceiptSize) - p.ReceiptSize), true
		}},
		{gauge("spsd_peer_receipt_age_seconds", "Seconds since the time that this receipt claims; left out without one.", "office"), func(s *State, p *Peer) (float64, bool) {
			return s.Time.Sub(p.ReceiptTime).Seconds(), !p.ReceiptTime.IsZero()
		}},
		{gauge("spsd_peer_clock_offset_seconds", "How far the peer's clock is ahead of the node's, as it last said and as time has passed since; left out if it was not heard since the start.", "office"), func(_ *State, p *Peer) (float64, bool) {
			if p.Clock == nil {
				return 0, false
			}
			return p.Clock.Seconds(), true
		}},
		{gauge("spsd_peer_certificate_left_days", "Days until the certificate of the peer's session expires; left out if there was none since the start.", "office"), func(s *State, p *Peer) (float64, bool) {
			return days(s.Time, p.CertificateNotAfter), !p.CertificateNotAfter.IsZero()
		}},
		{gauge("spsd_peer_alarm", "1 if something that must not happen has happened with the peer since the start; spsctl peer list says what.", "office"), func(_ *State, p *Peer) (float64, bool) { return number(p.Alarm), true }},
	}
)

// What is counted, and the rest.
var (
	clockOffset       = gauge("spsd_clock_offset_seconds", "How far the median of the peers' clocks is ahead of the node's; left out if none was heard since the start.")
	readable          = gauge("spsd_state_readable", "1 if the node could read how it stands; without it everything above is left out.")
	info              = gauge("spsd_info", "Always 1; says which node this is.", "federation", "office", "version")
	signatures        = counter("spsd_signatures_total", "Signatures made, by kind: checkpoint (one for each group of entries), receipt.", "kind")
	commitSeconds     = histogram("spsd_store_commit_seconds", "How long a commit took to become durable.")
	issueSeconds      = histogram("spsd_issue_seconds", "How long a statement took from the call until it was signed and durable; checks alone are left out.")
	receiptSeconds    = histogram("spsd_receipt_seconds", "How long after its issue the newest entry of the own log that an office's receipt covers was receipted; after an absence it is as long as that.", "office")
	sessionsEnded     = counter("spsd_sessions_ended_total", "Sessions with peers that ended, by the reason that the log has; docs/protocol.md has the table.", "office", "reason")
	calls             = counter("spsd_calls_total", "Calls that ended, by method and gRPC code, of people, systems and peers.", "method", "code")
	callsRefused      = counter("spsd_calls_refused_total", "Calls that ended with a reason; docs/protocol.md has the table.", "method", "reason")
	handshakesRefused = counter("spsd_handshakes_refused_total", "Handshakes that the node refused, by listener and by the check that failed; other: no TLS at all, a cut.", "listener", "check")
	openStreams       = gauge("spsd_open_streams", "Streams under way, by method: watches, and sessions that peers dialled.", "method")
)

func gauge(name, help string, labels ...string) Family {
	return Family{Name: name, Type: "gauge", Labels: labels, Help: help}
}

func counter(name, help string, labels ...string) Family {
	return Family{Name: name, Type: "counter", Labels: labels, Help: help}
}

func histogram(name, help string, labels ...string) Family {
	return Family{Name: name, Type: "histogram", Labels: labels, Help: help}
}

func (f Family) desc() *prometheus.Desc { return prometheus.NewDesc(f.Name, f.Help, f.Labels, nil) }

func (f Family) valueType() prometheus.ValueType {
	if f.Type == "counter" {
		return prometheus.CounterValue
	}
	return prometheus.GaugeValue
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func days(now, at time.Time) float64 { return at.Sub(now).Hours() / 24 }

func issued(s *State) (n float64) {
	for _, l := range s.Logs {
		if l.Own {
			n += float64(l.Held)
		}
	}
	return n
}

func received(s *State) (n float64) {
	for _, l := range s.Logs {
		if !l.Own {
			n += float64(l.Held)
		}
	}
	return n
}
