package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spsalert/spsalert/server/backup"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// storeFormat is the format in which this version keeps what is in the tables of
// ledger and register. (Those of the casebook have a version of their own, since
// they are made again.) Who raises it adds a step to upgrades.
const storeFormat = 1

// upgrades are the steps to the present format, by the format that they change.
// Each MUST heed what is said of the functions of [store.Store.Update].
var upgrades = map[int]func(store.Tx) error{}

// upgrade changes the tables from a format to the next.
func upgrade(tx store.Tx, from int) error {
	step, ok := upgrades[from]
	if !ok {
		return fmt.Errorf("nothing leads from format %d to %d", from, from+1)
	}
	return step(tx)
}

// older reports whether an error is that a store is of an older format.
func older(err error) bool {
	var other *bolt.FormatError
	return errors.As(err, &other) && other.Older()
}

// upgradeStore brings a store of an older format up to the present one, after it
// was copied to a file beside it. A crash leaves a store of one format or the
// other, and the copy. A store of a newer format is left alone.
func upgradeStore(ctx context.Context, path string, o bolt.Options, step func(store.Tx, int) error, logger *slog.Logger, now time.Time) error {
	s, err := bolt.Open(path, o)
	if err == nil {
		return s.Close()
	}
	var other *bolt.FormatError
	if !errors.As(err, &other) || !other.Older() {
		return err
	}
	copied := fmt.Sprintf("%s.format-%d-%s", path, other.Found, now.UTC().Format("20060102T150405Z"))
	logger.Info("the store is of an older format: it is copied, and then changed", "format", other.Found, "to", other.Want, "copy", copied)
	if err := copyStore(ctx, path, copied, o); err != nil {
		return fmt.Errorf("copy the store before its format is changed: %w", err)
	}
	return bolt.Upgrade(ctx, path, o, step)
}

// copyStore copies a store to a new file, which is whole and durable on return.
func copyStore(ctx context.Context, from, to string, o bolt.Options) (err error) {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if err := backup.NeedRoom(filepath.Dir(to), info.Size()); err != nil {
		return err
	}
	s, err := bolt.OpenReadOnly(from, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Check(ctx); err != nil {
		return err
	}
	return writeWhole(to, func(w io.Writer) error { return s.Backup(ctx, w) })
}

// writeWhole writes a file that appears under its name whole and durable, or not
// at all.
func writeWhole(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path+".new"))
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}
