package server

import (
	"context"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/admin"
	"github.com/spsalert/spsalert/server/exchange"
)

// links tells the administrator's service what the exchange knows.
func (s *Server) links(ctx context.Context) (map[certs.Office]admin.Link, error) {
	peers, err := s.exchange.Peers(ctx)
	if err != nil {
		return nil, err
	}
	links := make(map[certs.Office]admin.Link, len(peers))
	for _, p := range peers {
		links[p.Office] = admin.Link{
			Connected: p.Connected, Since: p.Since, Dialled: p.Dialled,
			Origin: p.Origin, Held: p.Held, Known: p.Known, Receipt: p.Receipt,
			Software: p.Software, NotAfter: p.NotAfter, Clock: p.Clock,
			Fault: fault(p),
		}
	}
	return links, nil
}

// fault returns what is wrong with a link now: an alarm stays, any other fault
// is over when a session has come up after it.
func fault(p exchange.Status) *admin.Fault {
	f := p.Alarm
	if f == nil {
		f = p.Last
	}
	over := f != nil && f != p.Alarm && p.Connected && f.Time.Before(p.Since)
	if f == nil || over {
		return nil
	}
	return &admin.Fault{Reason: string(f.Reason), Words: f.Words, Time: f.Time}
}

// reloadOften looks at certificate, cards and code lists until ctx is done, and logs each
// change of what is wrong with them once.
func (s *Server) reloadOften(ctx context.Context) {
	ticker := time.NewTicker(s.config.Limits.Reload)
	defer ticker.Stop()
	last := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := ""
		if err := s.Reload(ctx); err != nil {
			now = err.Error()
		}
		switch now {
		case last:
		case "":
			s.logger.Info("certificate, cards and code lists are in order again")
		default:
			s.logger.Warn("certificate, cards or code lists: what is wrong stays as it was", "err", now)
		}
		last = now
	}
}
