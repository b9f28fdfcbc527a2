package server

import (
	"context"
	"errors"
	"os"
	"time"

	"google.golang.org/grpc"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/exchange"
	"github.com/spsalert/spsalert/server/metrics"
)

// state is what a scrape of /metrics reads.
func (s *Server) state(ctx context.Context) (metrics.State, error) {
	why, err := s.readOnly(ctx)
	if err != nil {
		return metrics.State{}, err
	}
	clock, err := s.clock(ctx)
	if err != nil {
		return metrics.State{}, err
	}
	st := metrics.State{Time: s.now(), CertificateNotAfter: s.id.credentials.NotAfter(), ReadOnly: why != "", Clock: clock.Offset}
	st.WebCertificateNotAfter = st.CertificateNotAfter
	if s.id.web != nil {
		st.WebCertificateNotAfter = s.id.web.NotAfter()
	}
	if st.Store, err = s.storeState(ctx); err != nil {
		return metrics.State{}, err
	}
	st.Backup = s.backupState()
	late, err := s.book.Lateness(ctx)
	if err != nil {
		return metrics.State{}, err
	}
	st.Own = metrics.Late{Overdue: late.Own, Alert: late.OldestOwn}
	st.Others = metrics.Late{Overdue: late.Others, Alert: late.OldestOthers}
	st.Units = metrics.Units{Open: late.UnitsOpen, Overdue: late.UnitsOverdue}
	if st.Upcoming, err = s.book.Upcoming(ctx, 1, 7, 30); err != nil {
		return metrics.State{}, err
	}
	if st.Aside, err = s.traders.Aside(ctx); err != nil {
		return metrics.State{}, err
	}
	if st.Attachments, err = s.attachmentState(ctx); err != nil {
		return metrics.State{}, err
	}
	st.Damage = metrics.Damage{Found: s.ledger.Damage(), Logs: len(s.ledger.DamagedLogs())}
	heads, err := s.ledger.Heads(ctx)
	if err != nil {
		return metrics.State{}, err
	}
	for _, h := range heads {
		own := h.Origin.Office == s.config.Office
		st.Logs = append(st.Logs, metrics.Log{
			Origin: h.Origin.String(), Office: string(h.Origin.Office), Own: own, Held: h.Size, Missing: h.Missing,
		})
		if own {
			st.Damage.Lost += h.Missing
		}
		if h.Origin == s.ledger.Origin() {
			st.OwnSize = h.Size
		}
	}
	peers, err := s.exchange.Peers(ctx)
	if err != nil {
		return metrics.State{}, err
	}
	for _, p := range peers {
		st.Peers = append(st.Peers, peerState(p))
	}
	return st, nil
}

// backupState returns how it stands with backups; nil if the node makes none.
func (s *Server) backupState() *metrics.Backup {
	if s.backups == nil {
		return nil
	}
	// Of a folder that cannot be read the newest backup is not known, and its age
	// counts from the start.
	b, _ := s.backups.Standing()
	return &metrics.Backup{Since: b.Since, Every: b.Every, Failures: b.Failures, Bytes: b.Bytes, Damaged: len(b.Damaged)}
}

// awaitedPage is how many awaited attachments are read at once.
const awaitedPage = 1000

func (s *Server) attachmentState(ctx context.Context) (metrics.Attachments, error) {
	use := s.blobs.Usage()
	m := metrics.Attachments{Held: use.Files, Bytes: use.Bytes, Quota: use.Quota}
	seen := make(map[[32]byte]bool)
	var after *casebook.Awaited
	for {
		page, err := s.book.Awaited(ctx, after, awaitedPage)
		if err != nil {
			return metrics.Attachments{}, err
		}
		for _, a := range page {
			after = &a
			if _, held := s.blobs.Size(a.SHA256); !held && !seen[a.SHA256] {
				seen[a.SHA256] = true
				m.Awaited++
				m.AwaitedBytes += a.Size - s.blobs.Fetched(a.SHA256)
			}
		}
		if len(page) < awaitedPage {
			return m, nil
		}
	}
}

func (s *Server) storeState(ctx context.Context) (metrics.Store, error) {
	done := s.store.Stats()
	room, err := s.store.Room(ctx)
	if err != nil {
		return metrics.Store{}, err
	}
	file, err := os.Stat(s.config.Ledger())
	if err != nil {
		return metrics.Store{}, err
	}
	return metrics.Store{Commits: done.Commits, Updates: done.Updates, Bytes: file.Size(), Room: room}, nil
}

func peerState(p exchange.Status) metrics.Peer {
	m := metrics.Peer{
		Office: string(p.Office), Connected: p.Connected, Since: p.Since, Held: p.Held, Known: p.Known,
		Clock: p.Clock, CertificateNotAfter: p.NotAfter, Alarm: p.Alarm != nil,
	}
	if r := p.Receipt; r != nil {
		m.ReceiptSize, m.ReceiptTime = r.Size, time.Unix(r.Time, 0)
	}
	return m
}

// observed returns the options of a gRPC server whose calls are traced and
// counted, and admitted by the guard, in this order.
func (s *Server) observed(guard *access.Guard) []grpc.ServerOption {
	return append(append(s.tracing.serverOptions(), s.metrics.ServerOptions()...), guard.ServerOptions()...)
}

// failedCheck names what a handshake failed on, "" if it was nothing that this
// node checks.
func failedCheck(err error) string {
	var refused *certs.RefusedError
	if errors.As(err, &refused) {
		return string(refused.Check)
	}
	return ""
}
