package blob

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// freeBytes returns how many bytes the disk of a folder has left for this
// process.
func freeBytes(folder string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(folder, &st); err != nil {
		return 0, fmt.Errorf("disk of %s: %w", folder, err)
	}
	return int64(st.Bavail) * int64(st.Bsize), nil // the types differ between systems
}
