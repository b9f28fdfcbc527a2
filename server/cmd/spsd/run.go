package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
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
	logger := p.logger(c.Log)
	living, end := context.WithCancel(ctx)
	defer end()
	stopping, hurry := context.WithCancel(ctx)
	defer hurry()
	hangups := make(chan struct{}, 1)
	go p.heed(hangups, end, hurry)

	node, err := server.New(living, server.Options{Config: c, Version: version, Logger: logger})
	if err != nil {
		if living.Err() != nil { // asked to end while it opened the store
			return nil
		}
		return err
	}
	if err := node.Start(living); err != nil {
		return errors.Join(err, node.Stop(stopping))
	}
	manager := newSupervisor(logger)
	manager.ready(node)
	var signs sync.WaitGroup
	signs.Go(func() { manager.watch(living, node) })
	failure := live(living, node, hangups, logger)
	manager.stopping()
	end()
	signs.Wait()
	return errors.Join(failure, node.Stop(stopping))
}

// heed passes on what signals say, until there are two to end.
func (p *program) heed(hangups chan<- struct{}, ends ...func()) {
	for s := range p.signals {
		if s == syscall.SIGHUP {
			select {
			case hangups <- struct{}{}:
			default: // one is waiting
			}
			continue
		}
		ends[0]()
		if ends = ends[1:]; len(ends) == 0 {
			return
		}
	}
}

// live returns when the node is to end: nil if it was asked to, else why.
func live(ctx context.Context, node *server.Server, hangups <-chan struct{}, logger *slog.Logger) error {
	for {
		select {
		case err := <-node.Failed():
			return err
		case <-ctx.Done():
			return nil
		case <-hangups:
			if err := node.Reload(ctx); err != nil {
				logger.Warn("certificate, cards or code lists: what is wrong stays as it was", "err", err)
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
