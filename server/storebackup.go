package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/backup"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// BackupOptions says how [Backup] works.
type BackupOptions struct {
	Recipients []age.Recipient // to whom it is encrypted; none: it is not
	Software   string          // that makes it
	Now        func() time.Time
	Progress   func(backup.Progress) // may be nil
}

// Backup makes a backup of a store that no node has open, in a new file. It is
// what `spsd store backup` does. The store is not changed, and verified before
// anything is kept of it.
func Backup(ctx context.Context, c Config, file string, o BackupOptions) (made backup.Made, err error) {
	card, err := certs.LoadCard(c.Identity.Card)
	if err != nil {
		return backup.Made{}, err
	}
	roster, err := certs.OpenRoster(c.Peers, card)
	if err != nil {
		return backup.Made{}, err
	}
	s, err := bolt.OpenReadOnly(c.Ledger(), storeOptions(c))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%s: %w", c.Ledger(), ledger.ErrNotInitialised)
	}
	if err != nil {
		return backup.Made{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	source, err := backupSource(c, s, roster, o)
	if err != nil {
		return backup.Made{}, err
	}
	return backup.Create(ctx, file, source)
}

// backupSource returns what a backup of a store is made of.
func backupSource(c Config, s *bolt.Store, roster *certs.Roster, o BackupOptions) (backup.Source, error) {
	info, err := os.Stat(c.Ledger())
	if err != nil {
		return backup.Source{}, err
	}
	return backup.Source{
		Snapshot: s.Backup, Bytes: info.Size(),
		Describe: func(ctx context.Context, file string) (backup.About, error) {
			about, _, err := describe(ctx, file, roster)
			return about, err
		},
		Roster: roster, Blobs: blob.Folder(c.Blobs()), Named: named, Work: c.Backup.Work,
		Recipients: o.Recipients, Software: o.Software, Now: o.Now, Progress: o.Progress,
	}, nil
}

// describe verifies the file of a store that nobody writes, and says how far its
// ledger goes.
func describe(ctx context.Context, file string, roster *certs.Roster) (about backup.About, v Verified, err error) {
	s, err := bolt.OpenReadOnly(file, storeOptions(Config{}))
	if err != nil {
		return backup.About{}, Verified{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if v, err = inspect(ctx, s, roster); err != nil {
		return backup.About{}, v, err
	}
	own, err := ledger.OwnTree(ctx, s, roster)
	return backup.About{
		Origin: own.Origin.String(), Size: own.Size, Root: own.Root[:], StoreFormat: s.Format(),
	}, v, err
}

// newKeeper returns what makes the backups of this node; nil if it was given no
// folder for them.
func (s *Server) newKeeper() (*backup.Keeper, error) {
	c := s.config
	if c.Backup.Folder == "" {
		return nil, nil
	}
	if _, err := c.Backup.LoadRecipients(); err != nil { // before anybody relies on it
		return nil, fmt.Errorf("%w\n%w", err, ErrIdentity)
	}
	return backup.NewKeeper(backup.KeeperOptions{
		Folder: c.Backup.Folder, Office: c.Office, Every: c.Backup.Every, Keep: c.Backup.Keep,
		Encrypted: c.Backup.Recipients != "", Now: s.now, Logger: s.logger,
		Source: func() (backup.Source, error) {
			recipients, err := c.Backup.LoadRecipients()
			if err != nil {
				return backup.Source{}, err
			}
			source, err := backupSource(c, s.store, s.id.roster, BackupOptions{
				Recipients: recipients, Software: "spsd " + s.version, Now: s.now,
			})
			source.Damaged, source.Describe = s.fetchAgain, s.rereading(source.Describe)
			return source, err
		},
	}), nil
}

// fetchAgain puts an attachment aside that was found damaged, and has it fetched
// from the peers that hold it.
func (s *Server) fetchAgain(ctx context.Context, d blob.Digest) {
	err := s.blobs.Verify(ctx, d)
	if !errors.Is(err, blob.ErrDamaged) { // it cannot be read now, or was put aside before
		return
	}
	if err := s.awaitBlobs(ctx); err != nil {
		s.logger.Error("a damaged attachment is not fetched again before the next start", "attachment", d, "err", err)
	}
	s.exchange.Fetch()
}

// rereading lets the node read its whole ledger when a copy of it is not in
// order: what it finds damaged it gets again from its peers, so that a later
// backup succeeds.
func (s *Server) rereading(describe func(context.Context, string) (backup.About, error)) func(context.Context, string) (backup.About, error) {
	return func(ctx context.Context, file string) (backup.About, error) {
		about, err := describe(ctx, file)
		if errors.Is(err, ledger.ErrCorrupt) {
			err = errors.Join(err, s.ledger.Reread(ctx))
		}
		return about, err
	}
}

// missing counts the attachments that an unpacked store names and that are not
// beside it.
func missing(ctx context.Context, u backup.Unpacked) (n uint64, err error) {
	err = named(ctx, u.Ledger(), func(digests iter.Seq2[blob.Digest, error]) error {
		var last blob.Digest
		for d, err := range digests {
			if err != nil {
				return err
			}
			if d == last {
				continue
			}
			last = d
			_, err := os.Lstat(filepath.Join(string(u.Blobs()), blob.Path(d)))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			if err != nil {
				n++
			}
		}
		return nil
	})
	return n, err
}
