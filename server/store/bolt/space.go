package bolt

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"
)

// margin is left free even by urgent work, for what the estimate of a
// transaction's size may be short by, since to run into the end of the disk
// would stop the node.
const margin = 1 << 20

// freeDisk returns the bytes that a process without privileges can still write
// to the file system of folder.
func freeDisk(folder string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(folder, &st); err != nil {
		return 0, fmt.Errorf("ask for the free space of %s: %w", folder, err)
	}
	return int64(st.Bavail) * int64(st.Bsize), nil // the types differ between systems
}

// Room returns the bytes that can be written before Updates are refused with
// [store.ErrFull]. If it is not above 0, the store is read-only for all but
// urgent work.
func (s *Store) Room(ctx context.Context) (int64, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer rollback(tx)
	room, err := s.freeDisk()
	if err != nil {
		return 0, err
	}
	if s.maxSize > 0 {
		st := s.db.Stats()
		unused := int64(st.FreePageN+st.PendingPageN) * pageSize
		room = min(room, s.maxSize-allocSize-tx.Size()+unused)
	}
	return room - s.reserve, nil
}

// fits reports whether the disk has room for the commit of p, with what must
// be left after it. Free pages inside the file do not count, since some file
// systems need new space to overwrite old.
func (s *Store) fits(p *pass) bool {
	left := p.free - s.needed(p)
	if p.ordinary {
		left -= s.reserve
	}
	return left >= margin
}

// needed estimates, rather high, the bytes that the commit of p will write.
func (s *Store) needed(p *pass) int64 {
	st := p.tx.Stats()
	// Each page that was touched is written elsewhere; pages that overflow
	// split into two that are half full; the freelist is written whole.
	return (st.GetNodeCount()+2)*pageSize + 2*p.size + int64(s.db.Stats().FreelistInuse)
}

// limit sets the size that bbolt may let the file grow to for the commit of p.
// It is exact, and counts the free pages inside the file that are of use.
func (s *Store) limit(p *pass) {
	size := s.maxSize
	if size > 0 && p.ordinary {
		size -= s.reserve
	}
	s.db.MaxSize = int(size)
}
