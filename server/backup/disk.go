package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// syncEvery is how much is written before it is brought to the disk. Much that
// waits in memory would be written at once by the next sync of the ledger, whose
// writers wait for it.
const syncEvery = 8 << 20

// stepWriter writes a large file without getting in the way of others who wait
// for the same disk.
type stepWriter struct {
	file  *os.File
	n     int64 // written
	since int64 // not synced
	wrote func(int64)
}

// Write implements io.Writer.
func (w *stepWriter) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	w.n += int64(n)
	w.since += int64(n)
	if err == nil && w.since >= syncEvery {
		w.since = 0
		err = w.file.Sync()
		w.wrote(w.n)
	}
	return n, err
}

// nopCloser is a writer that is closed by somebody else.
type nopCloser struct{ io.Writer }

// Close implements io.Closer.
func (nopCloser) Close() error { return nil }

// heeding reads until its context ends.
type heeding struct {
	ctx context.Context // of the one call that it lives for
	r   io.Reader
}

// Read implements io.Reader.
func (h heeding) Read(p []byte) (int, error) {
	if err := h.ctx.Err(); err != nil {
		return 0, err
	}
	return h.r.Read(p)
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// leave is what a backup leaves free on a disk, so that the node can go on.
const leave = 256 << 20

// NeedRoom returns an error unless so many bytes can be written to the disk of a
// folder with enough left for a node to go on.
func NeedRoom(folder string, bytes int64) error {
	var st unix.Statfs_t
	if err := unix.Statfs(folder, &st); err != nil {
		return fmt.Errorf("ask for the free space of %s: %w", folder, err)
	}
	if free := int64(st.Bavail) * int64(st.Bsize); free < bytes+leave {
		return fmt.Errorf("the disk of %s has %d MB free, and %d MB are needed: free some, or name another folder", folder, free>>20, (bytes+leave)>>20)
	}
	return nil
}
