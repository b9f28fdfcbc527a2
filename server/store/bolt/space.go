package bolt

import (
	"fmt"

	"go.etcd.io/bbolt"
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
	return int64(st.Bavail) * int64(st.Bsize), nil //nolint:unconvert // the types differ between systems
}

// room returns the bytes that can still be written, reserve included: those
// free on the disk or, if it is less, those left under the size limit.
//
// Free pages inside the file count for the limit only. Some file systems need
// new space to overwrite old.
func (s *Store) room(tx *bbolt.Tx) (int64, error) {
	room, err := s.freeDisk()
	if err != nil || s.maxSize == 0 {
		return room, err
	}
	st := s.db.Stats()
	unused := int64(st.FreePageN+st.PendingPageN) * pageSize
	return min(room, s.maxSize-allocSize-tx.Size()+unused), nil
}

// needed estimates, rather high, the bytes that the commit of tx will write
// after size bytes of keys and values were put.
func (s *Store) needed(tx *bbolt.Tx, size int64) int64 {
	st := tx.Stats()
	// Each page that was touched is written elsewhere; pages that overflow
	// split into two that are half full; the freelist is written whole.
	return (st.GetNodeCount()+2)*pageSize + 2*size + int64(s.db.Stats().FreelistInuse) + margin
}
