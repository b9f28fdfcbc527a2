package main

import (
	"context"
	"errors"
	"log/slog"
	"syscall"

	"github.com/spsalert/spsalert/server"
)

// run is the life of a node: it ends by a signal, or by itself when it must not
// go on. A second signal to end does not wait for anybody.
func (p *program) run(ctx context.Context) error {
	c, err := p.config()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	logger := p.logger(c.Log)
	node, err := server.New(ctx, server.Options{Config: c, Version: version, Logger: logger})
	if err != nil {
		return err
	}
	if err := node.Start(ctx); err != nil {
		return errors.Join(err, node.Stop(ctx))
	}
	failure := p.wait(node, logger)
	go func() {
		for s := range p.signals {
			if s != syscall.SIGHUP {
				stop()
				return
			}
		}
	}()
	return errors.Join(failure, node.Stop(ctx))
}

// wait returns when the node is to end: nil by a signal, else why.
func (p *program) wait(node *server.Server, logger *slog.Logger) error {
	for {
		select {
		case err := <-node.Failed():
			return err
		case s := <-p.signals:
			if s != syscall.SIGHUP {
				return nil
			}
			if err := node.Reload(); err != nil {
				logger.Warn("certificate or cards stay as they were", "err", err)
			} else {
				logger.Info("reloaded certificate and cards")
			}
		}
	}
}

func (p *program) logger(l server.Log) *slog.Logger {
	o := &slog.HandlerOptions{Level: l.Level}
	if l.Format == "text" {
		return slog.New(slog.NewTextHandler(p.err, o))
	}
	return slog.New(slog.NewJSONHandler(p.err, o))
}
