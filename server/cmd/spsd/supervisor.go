package main

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/spsalert/spsalert/server"
)

// supervisor is the service manager that started this process, by the protocol
// of sd_notify(3): a unit of Type=notify, with WatchdogSec if it likes. Where
// there is none, nobody is told anything.
type supervisor struct {
	logger *slog.Logger
	every  time.Duration // between signs of life; 0: none are wanted
}

func newSupervisor(logger *slog.Logger) supervisor {
	limit, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		logger.Warn("the service manager's watchdog is not understood, and gets no signs of life", "err", err)
	}
	return supervisor{logger: logger, every: limit / 2}
}

func (s supervisor) ready(node *server.Server) {
	s.tell(daemon.SdNotifyReady + "\nSTATUS=serving, peers at " + text(node.Addrs().Peers) + ", office at " + text(node.Addrs().Office))
}

func (s supervisor) stopping() { s.tell(daemon.SdNotifyStopping) }

func (s supervisor) tell(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		s.logger.Warn("the service manager was not told", "err", err)
	}
}

// watch gives signs of life until ctx is done, as long as the store answers. A
// node whose disk hangs gives none, and is started again.
func (s supervisor) watch(ctx context.Context, node *server.Server) {
	if s.every <= 0 {
		return
	}
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := node.Alive(ctx); err != nil {
			s.logger.Warn("no sign of life for the service manager", "err", err)
			continue
		}
		s.tell(daemon.SdNotifyWatchdog)
	}
}

func text(addr net.Addr) string {
	if addr == nil {
		return "none"
	}
	return addr.String()
}
