package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
	"golang.org/x/sys/unix"

	"github.com/spsalert/spsalert/server/store"
)

const (
	// lockWait is how long Open waits for another process to let go of the
	// file: long enough for one that is stopping, short for a person.
	lockWait = time.Second

	// newSuffix marks a file that is being created. One that is found was left
	// by a Create that was interrupted, and is written anew by the next.
	newSuffix = ".new"
)

// Create makes a new store file and opens it. It refuses to touch one that
// exists, with an error that is [fs.ErrExist].
//
// The file appears under its name complete, with all tables, and durable, or
// not at all: an interrupted Create leaves at most a file with the suffix
// ".new", which the next Create replaces.
func Create(path string, o Options) (*Store, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("create store %s: %w", path, err)
	}
	if err := create(path, o); err != nil {
		return nil, fmt.Errorf("create store %s: %w", path, err)
	}
	return Open(path, o)
}

func create(path string, o Options) error {
	if err := refuseExisting(path); err != nil {
		return err
	}
	db, err := bbolt.Open(path+newSuffix, 0o600, &bbolt.Options{
		Timeout:      lockWait,
		PageSize:     pageSize,
		FreelistType: bbolt.FreelistMapType,
		OpenFile:     openEmpty,
	})
	if err != nil {
		return explain(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		mark, err := tx.CreateBucket(markTable)
		if err != nil {
			return err
		}
		if err := mark.Put(markKey, markValue(o.Format)); err != nil {
			return err
		}
		return addTables(tx, o.Tables)
	})
	err = errors.Join(err, db.Sync())
	// The name is taken while the lock on the file is still held, so that two
	// Creates at once cannot both succeed.
	if err == nil {
		err = takeName(path)
	}
	return errors.Join(err, db.Close())
}

// takeName gives the finished file its name, durably.
func takeName(path string) error {
	if err := refuseExisting(path); err != nil {
		return err
	}
	if err := os.Rename(path+newSuffix, path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func refuseExisting(path string) error {
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return fmt.Errorf("%w: open it, or move it away first", fs.ErrExist)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return err
	}
}

// openEmpty opens the file of an interrupted Create, or a new one, and empties
// it once it is locked.
func openEmpty(path string, flag int, perm os.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, flag, perm)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = bbolterrors.ErrTimeout
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Open opens a store file that [Create] made. It returns an error that is
// [fs.ErrNotExist] if there is none, and refuses a file that another process
// has open, that is no store, or that is damaged.
//
// What Open finds is what the disk holds, also after a process was killed or
// the disk reported an error: before it reads the file it writes back what
// the operating system still has in memory and then drops it there.
//
// The caller MUST Close the store.
func Open(path string, o Options) (*Store, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	s, err := openStore(path, o)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	folder := filepath.Dir(path)
	s.freeDisk = func() (int64, error) { return freeDisk(folder) }
	go s.write()
	return s, nil
}

// OpenReadOnly opens a store file that nobody writes, and cannot write it
// either: what is in it stays as it is, to the byte, and several processes may
// have it open so. Every Update returns [ErrReadOnly]. A file of an older
// format can be read, and tables that it does not have are empty.
//
// The caller MUST Close the store.
func OpenReadOnly(path string, o Options) (*Store, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	o.readOnly, o.MaxSize = true, 0
	s, err := openStore(path, o)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	close(s.stopped) // there is no writer
	return s, nil
}

// openStore opens the file; nobody writes it yet.
func openStore(path string, o Options) (*Store, error) {
	db, found, err := open(path, o)
	if err != nil {
		return nil, err
	}
	return &Store{
		db:      db,
		fills:   o.fills(),
		maxSize: o.MaxSize,
		reserve: o.Reserve,
		durable: found.durable,
		format:  found.format,
		wake:    make(chan struct{}, 1),
		stopped: make(chan struct{}),
		commit:  (*bbolt.Tx).Commit,

		committed: o.Committed,
		readOnly:  o.readOnly,
	}, nil
}

// found is what a file says of itself.
type found struct {
	durable int // number of the newest transaction
	format  int
}

// open opens the file and returns what it says of itself.
func open(path string, o Options) (db *bbolt.DB, f found, err error) {
	// Where pages are damaged or missing, bbolt panics, or the processor faults.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	var file *os.File
	defer func() {
		if v := recover(); v != nil {
			// bbolt is in no state to do it, and its map would keep the lock.
			_ = unix.Flock(int(file.Fd()), unix.LOCK_UN)
			_ = file.Close()
			err = fmt.Errorf("%w, restore a backup or refill a new one: %v", store.ErrDamaged, v)
		}
	}()
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:         lockWait,
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: int(o.InitialMmapSize),
		MaxSize:         int(o.MaxSize),
		ReadOnly:        o.readOnly,
		OpenFile: func(path string, flag int, perm os.FileMode) (_ *os.File, err error) {
			file, err = openExisting(path, flag, perm)
			return file, err
		},
	})
	if err != nil {
		return nil, found{}, explain(err)
	}
	db.AllocSize = allocSize
	f, err = prepare(db, o)
	if err != nil {
		return nil, found{}, errors.Join(err, db.Close())
	}
	return db, f, nil
}

// openExisting opens a file that has content, as it is on disk.
func openExisting(path string, flag int, perm os.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, flag&^os.O_CREATE, perm)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() == 0 {
		// bbolt would take it for a new one.
		err = fmt.Errorf("%w: the file is empty, it is no store: restore a backup, or remove it and create a new one", store.ErrDamaged)
	}
	if err == nil && info.Size() < 2*pageSize {
		err = fmt.Errorf("%w: it is cut short, restore a backup: it has %d bytes", store.ErrDamaged, info.Size())
	}
	// In this order: a killed process leaves pages that are not written yet,
	// and cannot be dropped; after an error of a sync the pages count as
	// written although the disk lacks them.
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = dropPageCache(f)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// prepare checks the mark and adds the tables that the file does not have yet.
func prepare(db *bbolt.DB, o Options) (f found, err error) {
	missing := false
	err = db.View(func(tx *bbolt.Tx) error {
		f.durable = tx.ID()
		info, err := os.Stat(db.Path())
		if err != nil {
			return err
		}
		if info.Size() < tx.Size() {
			return fmt.Errorf("%w: the file is cut short, restore a backup: it has %d bytes of %d", store.ErrDamaged, info.Size(), tx.Size())
		}
		if f.format, err = readMark(tx, o); err != nil {
			return err
		}
		for _, t := range o.Tables {
			missing = missing || tx.Bucket([]byte(t)) == nil
		}
		return nil
	})
	if err != nil || !missing || o.readOnly {
		return f, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		f.durable = tx.ID()
		return addTables(tx, o.Tables)
	})
	return f, err
}

func addTables(tx *bbolt.Tx, tables []store.Table) error {
	for _, t := range tables {
		if _, err := tx.CreateBucketIfNotExists([]byte(t)); err != nil {
			return fmt.Errorf("add table %q: %w", t, err)
		}
	}
	return nil
}

// explain says what to do about an error of bbolt's Open.
func explain(err error) error {
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		return fmt.Errorf("%w: stop it (fuser shows which), or use another folder", store.ErrLocked)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: create it first", err)
	case errors.Is(err, bbolterrors.ErrInvalid), errors.Is(err, bbolterrors.ErrChecksum):
		return fmt.Errorf("%w: %w", store.ErrDamaged, err)
	default:
		return err
	}
}
