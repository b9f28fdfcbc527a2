package bolt

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// dropPageCache makes the next read of f come from the disk.
func dropPageCache(f *os.File) error {
	if err := unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		return fmt.Errorf("drop from the page cache: %w", err)
	}
	return nil
}
