package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Folder is the folder of a [Store], to be read by whoever likes, also beside a
// running node: files are never changed, they come whole and may go. The paths
// below it are the same in a backup.
type Folder string

// Path returns where the file of a digest is, relative to the folder.
func Path(d Digest) string {
	name := d.String()
	return filepath.Join(name[:2], name)
}

func (f Folder) path(d Digest) string { return filepath.Join(string(f), Path(d)) }

// Walk calls visit with each whole file, in the order of digests, and with its
// size; an error of visit ends it and is returned. Files that come or go
// meanwhile may be left out. A folder that is not there has no files.
func (f Folder) Walk(visit func(Digest, int64) error) error {
	shelves, err := os.ReadDir(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("attachments: %w", err)
	}
	for _, shelf := range shelves {
		if len(shelf.Name()) != 2 || !shelf.IsDir() {
			continue
		}
		files, err := os.ReadDir(filepath.Join(string(f), shelf.Name()))
		if err != nil {
			return fmt.Errorf("attachments: %w", err)
		}
		for _, file := range files {
			d, err := ParseDigest(file.Name())
			if err != nil || Path(d) != filepath.Join(shelf.Name(), file.Name()) {
				continue
			}
			info, err := file.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return fmt.Errorf("attachments: %w", err)
			}
			if err := visit(d, info.Size()); err != nil {
				return err
			}
		}
	}
	return nil
}

// Open opens a whole file for reading, or returns [ErrNotHeld]. The caller
// closes it. Its bytes are not compared with the digest: see [Folder.Verify].
func (f Folder) Open(d Digest) (*os.File, error) {
	file, err := os.Open(f.path(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNotHeld, d)
	}
	return file, err
}

// Verify reads a file and compares its bytes with its digest. The error is
// [ErrNotHeld], [ErrDamaged], or that of the disk or of ctx.
func (f Folder) Verify(ctx context.Context, d Digest) error {
	file, err := f.Open(d)
	if err != nil {
		return err
	}
	defer file.Close()
	got, _, err := digestOf(ctx, file)
	if err != nil {
		return fmt.Errorf("attachment %s: %w", d, err)
	}
	if got != d {
		return fmt.Errorf("%w: %s has the digest %s", ErrDamaged, d, got)
	}
	return nil
}

// digestOf reads to the end.
func digestOf(ctx context.Context, r io.Reader) (Digest, int64, error) {
	hash := sha256.New()
	var size int64
	for buf := make([]byte, 128<<10); ; {
		if err := ctx.Err(); err != nil {
			return Digest{}, size, err
		}
		n, err := r.Read(buf)
		hash.Write(buf[:n])
		size += int64(n)
		if errors.Is(err, io.EOF) {
			return Digest(hash.Sum(nil)), size, nil
		}
		if err != nil {
			return Digest{}, size, err
		}
	}
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// sniff returns the beginning of a file.
func sniff(r io.ReaderAt) ([]byte, error) {
	head := make([]byte, sniffed)
	n, err := r.ReadAt(head, 0)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return bytes.Clone(head[:n]), err
}
