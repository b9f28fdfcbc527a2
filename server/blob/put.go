package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// Declared is what is known of a file before its bytes have come.
type Declared struct {
	MediaType string // of RFC 6838, without parameters; one of [MediaTypes]
	Size      int64  // 0: not known
	Digest    Digest // zero: not known
}

// Put keeps the bytes of r, and returns their digest and size when the file is
// held. They are never in memory together. Putting what is held already is no
// error, and begins its time to be named anew.
//
// Every error means that nothing was kept: [ErrFull], [ErrTooLarge],
// [ErrMismatch], a [*TypeError], or that of r, of ctx or of the disk.
func (s *Store) Put(ctx context.Context, r io.Reader, want Declared) (Digest, int64, error) {
	if want.Size > MaxSize {
		return Digest{}, 0, ErrTooLarge
	}
	room := want.Size
	if room == 0 {
		room = MaxSize
	}
	if err := s.reserve(room, s.o.Quota); err != nil {
		return Digest{}, 0, err
	}
	defer s.giveBack(room)
	d, size, err := s.put(ctx, r, want)
	if errors.Is(err, syscall.ENOSPC) {
		err = fmt.Errorf("%w: %w", ErrFull, err)
	}
	return d, size, err
}

func (s *Store) put(ctx context.Context, r io.Reader, want Declared) (d Digest, size int64, err error) {
	f, err := os.CreateTemp(filepath.Join(s.o.Dir, uploadFolder), "")
	if err != nil {
		return Digest{}, 0, err
	}
	defer func() {
		_ = f.Close()
		_ = os.Remove(f.Name()) // no longer there if it was kept
	}()
	hash := sha256.New()
	most := int64(MaxSize)
	if want.Size > 0 {
		most = want.Size
	}
	size, err = io.Copy(io.MultiWriter(f, hash), io.LimitReader(bound(ctx, r), most+1))
	if err != nil {
		return Digest{}, 0, err
	}
	s.step("written")
	d = Digest(hash.Sum(nil))
	switch {
	case size > MaxSize:
		return Digest{}, 0, ErrTooLarge
	case want.Size > 0 && size != want.Size:
		return Digest{}, 0, fmt.Errorf("%w: %d bytes came or more, %d were declared", ErrMismatch, size, want.Size)
	case want.Digest != (Digest{}) && d != want.Digest:
		return Digest{}, 0, fmt.Errorf("%w: their SHA-256 is %s", ErrMismatch, d)
	}
	if err := checkType(want.MediaType, f, size); err != nil {
		return Digest{}, 0, err
	}
	if err := f.Sync(); err != nil {
		return Digest{}, 0, err
	}
	s.step("synced")
	if err := f.Close(); err != nil {
		return Digest{}, 0, err
	}
	return d, size, s.keep(f.Name(), d, size)
}

// bound returns a reader that ends with ctx.
func bound(ctx context.Context, r io.Reader) io.Reader { return &boundReader{ctx, r} }

type boundReader struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (b *boundReader) Read(p []byte) (int, error) {
	if b.ctx.Err() != nil {
		return 0, context.Cause(b.ctx)
	}
	return b.r.Read(p)
}
