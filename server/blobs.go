package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spsalert/spsalert/server/blob"
)

const (
	// spareDisk is left to the ledger when attachments fill the disk: they must
	// never be why a statement is refused.
	spareDisk = 512 << 20
	// sweepEvery is how often attachments are looked for that no statement
	// names.
	sweepEvery = 10 * time.Minute
)

// openBlobs opens the attachments, and notes which of those that statements
// name are not here.
func (s *Server) openBlobs(ctx context.Context) (err error) {
	s.blobs, err = blob.Open(blob.Options{
		Dir: s.config.Blobs(), Quota: s.config.Limits.Attachments, Keep: s.config.Limits.AttachmentsKeep,
		Spare: spareDisk, Now: s.now,
	})
	if err != nil {
		return err
	}
	return s.awaitBlobs(ctx)
}

// awaitBlobs notes which of the attachments that statements name are not here,
// so that they are fetched.
func (s *Server) awaitBlobs(ctx context.Context) error {
	err := s.book.Await(ctx, func(sum [32]byte) bool {
		_, held := s.blobs.Size(sum)
		return held
	})
	if err != nil {
		return fmt.Errorf("look for attachments: %w", err)
	}
	return nil
}

// fetchRefilled has the attachments fetched of own statements that came back
// from peers, until ctx is done: their files were here once, so the casebook
// does not await them.
func (s *Server) fetchRefilled(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.refilled:
		}
		if err := s.awaitBlobs(ctx); err != nil && ctx.Err() == nil {
			s.logger.Error("attachments of statements that came back are not fetched before the next start", "err", err)
		}
		s.exchange.Fetch()
	}
}

// wakeRefilled wakes fetchRefilled.
func (s *Server) wakeRefilled() {
	select {
	case s.refilled <- struct{}{}:
	default:
	}
}

// sweepOnce removes attachments that no statement, draft, finding, answer or import names.
func (s *Server) sweepOnce(ctx context.Context) (int, error) {
	drafted, err := s.office.Drafts().Files(ctx)
	if err != nil {
		return 0, err
	}
	imported, err := s.imports.Named(ctx)
	if err != nil {
		return 0, err
	}
	removed, err := s.blobs.Sweep(ctx, func(ctx context.Context, d blob.Digest) (bool, error) {
		if drafted[d] || imported[d] {
			return true, nil
		}
		if reported, err := s.findings.Names(ctx, d); reported || err != nil {
			return reported, err
		}
		if answered, err := s.traders.Names(ctx, d); answered || err != nil {
			return answered, err
		}
		return s.book.Names(ctx, d, nil)
	})
	return removed, errors.Join(err, s.office.ForgetUploads(ctx))
}

// sweepBlobs removes attachments that no statement names, until ctx is done.
func (s *Server) sweepBlobs(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		removed, err := s.sweepOnce(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.logger.Error("attachments that no statement names are not removed", "err", err)
		case removed > 0:
			s.logger.Info("attachments removed that no statement names", "files", removed)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
