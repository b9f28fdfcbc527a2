package metrics

import (
	"context"
	"time"
)

// State is how a node stands at one moment.
type State struct {
	Time                time.Time // by the node's clock
	CertificateNotAfter time.Time // of the certificate that the node shows
	// WebCertificateNotAfter is of the certificate that the web listener shows.
	WebCertificateNotAfter time.Time
	ReadOnly               bool           // it issues nothing just now
	Clock                  *time.Duration // how far the median of the peers' clocks is ahead; nil: none was heard
	OwnSize                uint64         // entries of the own log
	Logs                   []Log
	Peers                  []Peer
	Store                  Store
	Damage                 Damage
	Attachments            Attachments
	Backup                 *Backup // nil: the node makes none
	Own, Others            Late    // what this office is late with, and what the others are
	Units                  Units
	Upcoming               Upcoming
	Aside                  int // cases and entries of which exporters are not told, because they cannot be read
}

// Units is in how many cases a unit of the office has not done its part: Overdue
// though its due time has passed, and Open in the others.
type Units struct{ Open, Overdue int }

// Backup is how it stands with the node's backups.
type Backup struct {
	Since    time.Time     // when the newest was made, or the node started
	Every    time.Duration // 0: only when somebody asks
	Failures uint64        // since the start
	Bytes    int64         // of the newest
	Damaged  int           // attachments that the last one lacks
}

// Log is one log that the node holds.
type Log struct {
	Origin  string // "asean-cn/VN/1"
	Office  string
	Own     bool
	Held    uint64 // entries
	Missing int    // bodies addressed to this office that are not held
}

// Peer is the link to another office. A time that is zero is not known.
type Peer struct {
	Office              string
	Connected           bool
	Since               time.Time // when the session began, or the last one ended
	Held, Known         uint64    // entries of its log, here and there
	ReceiptSize         uint64    // how many of our entries its newest receipt covers
	ReceiptTime         time.Time // the time that this receipt claims
	Clock               *time.Duration
	CertificateNotAfter time.Time // of its session
	Alarm               bool      // something that must not happen has happened since the start
}

// Store is the file of the ledger.
type Store struct {
	Commits, Updates uint64 // since it was opened
	Bytes            int64  // its size
	Room             int64  // what can be written before the node is read-only
}

// Damage is what the disk did to the ledger.
type Damage struct {
	Found int // since the start
	Logs  int // of which a damaged entry has not come again
	Lost  int // own entries whose bodies are not held
}

// Attachments are the files that belong to statements.
type Attachments struct {
	Held         int   // whole files
	Bytes        int64 // of them
	Quota        int64 // that they may have
	Awaited      int   // named by a statement, and not here
	AwaitedBytes int64 // of them that have not come
}

// Source reads how a node stands. It is called at each scrape, from any
// goroutine, and MUST heed ctx.
type Source func(context.Context) (State, error)
