package blob

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Folders beside those of the whole files.
const (
	uploadFolder  = "upload"
	partialFolder = "partial"
	damagedFolder = "damaged"
)

// Options is what a store works with. Dir, Quota and Keep are required.
type Options struct {
	Dir   string        // made if it is not there
	Quota int64         // bytes of all files together
	Keep  time.Duration // how long a file stays that no statement names
	Spare int64         // bytes of the disk that are left to others
	// Now is the clock by which Keep is counted; nil: time.Now.
	Now func() time.Time
}

// Store is the attachments of one node. It is the only one that writes to its
// folder. All methods are safe for concurrent use.
type Store struct {
	o      Options
	folder Folder
	free   func(folder string) (int64, error)
	step   func(string) // told of each step of a writer, by tests

	mu       sync.Mutex
	held     map[Digest]*file
	partial  map[Digest]int64 // bytes on the disk of those that nobody fetches now
	fetching map[Digest]bool
	bytes    int64 // of held
	aside    int64 // set aside for what is being written, and taken by what is partial
}

// file is one that is held.
type file struct {
	size     int64
	since    time.Time // when it was put here last
	verified bool      // its bytes were compared with its digest by this process
	pins     int
}

// Open opens the folder, removes what uploads left behind, and finds what is
// held.
func Open(o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Store{
		o: o, folder: Folder(o.Dir), free: freeBytes, step: func(string) {},
		held: make(map[Digest]*file), partial: make(map[Digest]int64), fetching: make(map[Digest]bool),
	}
	if err := s.open(); err != nil {
		return nil, fmt.Errorf("open attachments: %w", err)
	}
	return s, nil
}

func (s *Store) open() error {
	if err := os.RemoveAll(filepath.Join(s.o.Dir, uploadFolder)); err != nil {
		return err
	}
	for _, name := range []string{uploadFolder, partialFolder, damagedFolder} {
		if err := os.MkdirAll(filepath.Join(s.o.Dir, name), 0o700); err != nil {
			return err
		}
	}
	err := s.folder.Walk(func(d Digest, size int64) error {
		info, err := os.Stat(s.folder.path(d))
		if err != nil {
			return err
		}
		s.held[d] = &file{size: size, since: info.ModTime()}
		s.bytes += size
		return nil
	})
	if err != nil {
		return err
	}
	// A crash may have come between a rename and the sync of its folder.
	shelves := map[string]bool{s.o.Dir: true, filepath.Dir(filepath.Clean(s.o.Dir)): true}
	for d := range s.held {
		shelves[filepath.Dir(s.folder.path(d))] = true
	}
	for shelf := range shelves {
		if err := syncFolder(shelf); err != nil {
			return err
		}
	}
	return s.openPartial()
}

func (s *Store) openPartial() error {
	files, err := os.ReadDir(filepath.Join(s.o.Dir, partialFolder))
	if err != nil {
		return err
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			return err
		}
		d, err := ParseDigest(f.Name())
		if _, whole := s.held[d]; err != nil || whole || info.Size() > MaxSize {
			if err := os.Remove(filepath.Join(s.o.Dir, partialFolder, f.Name())); err != nil {
				return err
			}
			continue
		}
		s.partial[d] = info.Size()
		s.aside += info.Size()
	}
	return nil
}

// Folder returns where the files are.
func (s *Store) Folder() Folder { return s.folder }

// Size returns the size of a file that is held.
func (s *Store) Size(d Digest) (size int64, held bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.held[d]; f != nil {
		return f.size, true
	}
	return 0, false
}

// Fetched returns how many bytes are here of a file that is being fetched, or
// was and will be gone on with.
func (s *Store) Fetched(d Digest) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.fetching[d] {
		return s.partial[d]
	}
	info, err := os.Stat(s.partialPath(d))
	if err != nil {
		return 0
	}
	return info.Size()
}

// Usage says how much is kept.
type Usage struct {
	Files int   // whole ones
	Bytes int64 // of them
	Quota int64
	// Partial is how many bytes are taken by or set aside for files that are
	// not whole yet.
	Partial int64
}

// Usage returns how much is kept now.
func (s *Store) Usage() Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Usage{Files: len(s.held), Bytes: s.bytes, Quota: s.o.Quota, Partial: s.aside}
}

// Open opens a file that is held, after its bytes were compared with its digest
// once in the life of this process. The caller closes it. The error is
// [ErrNotHeld], [ErrDamaged], or that of the disk or of ctx.
func (s *Store) Open(ctx context.Context, d Digest) (*os.File, int64, error) {
	s.mu.Lock()
	f := s.held[d]
	verified := f != nil && f.verified
	s.mu.Unlock()
	if f == nil {
		return nil, 0, fmt.Errorf("%w: %s", ErrNotHeld, d)
	}
	if !verified {
		if err := s.Verify(ctx, d); err != nil {
			return nil, 0, err
		}
	}
	opened, err := s.folder.Open(d)
	return opened, f.size, err
}

// Verify compares the bytes of a file with its digest. One that is damaged is
// put aside, so that it can be fetched again, and is no longer held; the error
// is [ErrDamaged] then.
func (s *Store) Verify(ctx context.Context, d Digest) error {
	err := s.folder.Verify(ctx, d)
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.held[d]
	switch {
	case f == nil:
		return fmt.Errorf("%w: %s", ErrNotHeld, d)
	case err == nil:
		f.verified = true
	case errors.Is(err, ErrDamaged), errors.Is(err, ErrNotHeld):
		delete(s.held, d)
		s.bytes -= f.size
		if moveErr := os.Rename(s.folder.path(d), filepath.Join(s.o.Dir, damagedFolder, d.String())); moveErr != nil && !os.IsNotExist(moveErr) {
			return errors.Join(err, moveErr)
		}
	}
	return err
}

// Pin keeps files from being swept until release is called, and returns those
// that are not held; then nothing is pinned, and release does nothing.
func (s *Store) Pin(digests ...Digest) (release func(), missing []Digest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range digests {
		if s.held[d] == nil {
			missing = append(missing, d)
		}
	}
	if len(missing) > 0 {
		return func() {}, missing
	}
	for _, d := range digests {
		s.held[d].pins++
	}
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, d := range digests {
			if f := s.held[d]; f != nil {
				f.pins--
			}
		}
	}), nil
}

// Sweep removes the files that were put here longer ago than Keep and that no
// statement names, which named says, and what was fetched of such files. It
// returns how many files it removed.
func (s *Store) Sweep(ctx context.Context, named func(context.Context, Digest) (bool, error)) (removed int, err error) {
	before := s.o.Now().Add(-s.o.Keep)
	s.mu.Lock()
	var old []Digest
	for d, f := range s.held {
		if f.since.Before(before) {
			old = append(old, d)
		}
	}
	partial := make([]Digest, 0, len(s.partial))
	for d := range s.partial {
		partial = append(partial, d)
	}
	s.mu.Unlock()
	for _, d := range old {
		gone, err := s.sweepOne(ctx, d, before, named)
		if err != nil {
			return removed, fmt.Errorf("sweep attachment %s: %w", d, err)
		}
		if gone {
			removed++
		}
	}
	for _, d := range partial {
		if err := s.sweepPartial(ctx, d, before, named); err != nil {
			return removed, fmt.Errorf("sweep part of attachment %s: %w", d, err)
		}
	}
	return removed, nil
}

// sweepOne holds the lock while it asks who names the file: whoever pins it
// afterwards finds that it is gone, and whoever did before has it kept.
func (s *Store) sweepOne(ctx context.Context, d Digest, before time.Time, named func(context.Context, Digest) (bool, error)) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.held[d]
	if f == nil || f.pins > 0 || !f.since.Before(before) {
		return false, nil
	}
	if kept, err := named(ctx, d); kept || err != nil {
		return false, err
	}
	if err := os.Remove(s.folder.path(d)); err != nil && !os.IsNotExist(err) {
		return false, err
	}
	delete(s.held, d)
	s.bytes -= f.size
	return true, nil
}

func (s *Store) sweepPartial(ctx context.Context, d Digest, before time.Time, named func(context.Context, Digest) (bool, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.partial[d]
	if !ok || s.fetching[d] {
		return nil
	}
	info, err := os.Stat(s.partialPath(d))
	if err == nil && !info.ModTime().Before(before) {
		return nil
	}
	if kept, err := named(ctx, d); kept || err != nil {
		return err
	}
	if err := os.Remove(s.partialPath(d)); err != nil && !os.IsNotExist(err) {
		return err
	}
	delete(s.partial, d)
	s.aside -= n
	return nil
}

// reserve sets room aside below a quota, or returns [ErrFull].
func (s *Store) reserve(bytes, quota int64) error {
	free, err := s.free(s.o.Dir)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch taken := s.bytes + s.aside; {
	case taken+bytes > quota:
		return fmt.Errorf("%w: %d bytes of %d are taken: raise limits.attachments", ErrFull, taken, quota)
	case free < bytes+s.o.Spare:
		return fmt.Errorf("%w: the disk has %d bytes left: free some", ErrFull, free)
	}
	s.aside += bytes
	return nil
}

func (s *Store) giveBack(bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aside -= bytes
}

func (s *Store) partialPath(d Digest) string {
	return filepath.Join(s.o.Dir, partialFolder, d.String())
}

// keep moves a synced file to its place, and returns when it is held: durable
// under its name.
func (s *Store) keep(from string, d Digest, size int64) error {
	to := s.folder.path(d)
	shelf := filepath.Dir(to)
	if err := os.Mkdir(shelf, 0o700); err == nil {
		if err := syncFolder(s.o.Dir); err != nil {
			return err
		}
	} else if !os.IsExist(err) {
		return err
	}
	s.step("before the rename")
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Now()
	if f := s.held[d]; f != nil { // it was put here before: its time begins again
		f.since = now
		return errors.Join(os.Chtimes(to, now, now), os.Remove(from))
	}
	if err := os.Chtimes(from, now, now); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	s.step("renamed")
	if err := syncFolder(shelf); err != nil {
		return err
	}
	s.held[d] = &file{size: size, since: now, verified: true}
	s.bytes += size
	return nil
}
