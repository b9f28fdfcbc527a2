package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// ErrBusy says that a file is being fetched by another.
var ErrBusy = errors.New("the attachment is being fetched")

// Partial is a file that is being fetched. It belongs to one goroutine, which
// calls Finish or Close at the end; what came stays and can be gone on with,
// also after a restart.
type Partial struct {
	s      *Store
	d      Digest
	size   int64
	offset int64
	room   int64 // set aside for it
	file   *os.File
	begun  bool // since it was opened all its bytes came: nothing is of before
}

// Resume opens the file of a digest to be fetched from [Partial.Offset] on. Its
// size is 1 to [MaxSize]. The error is [ErrBusy], [ErrFull], or that of the
// disk. Of a file that is held nothing is to be fetched: the caller asks
// [Store.Size] first. A quarter of the quota is left to uploads: what other offices
// name must not keep the own one from speaking.
func (s *Store) Resume(d Digest, size int64) (*Partial, error) {
	if size < 1 || size > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooLarge, size)
	}
	s.mu.Lock()
	if s.fetching[d] {
		s.mu.Unlock()
		return nil, fmt.Errorf("%w: %s", ErrBusy, d)
	}
	s.fetching[d] = true
	old := s.partial[d] // stays set aside
	s.mu.Unlock()
	p := &Partial{s: s, d: d, size: size, room: old}
	if err := p.open(old); err != nil {
		p.release(old)
		return nil, err
	}
	return p, nil
}

func (p *Partial) open(old int64) error {
	if more := p.size - old; more > 0 {
		if err := p.s.reserve(more, p.s.o.Quota/4*3); err != nil {
			return err
		}
		p.room += more
	}
	file, err := os.OpenFile(p.s.partialPath(p.d), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	p.file = file
	info, err := file.Stat()
	if err == nil && info.Size() > p.size {
		err = file.Truncate(0)
	} else if err == nil {
		p.offset = info.Size()
	}
	p.begun = p.offset == 0
	if err != nil {
		_ = file.Close()
	}
	return err
}

// Offset returns how many bytes are here: the first that is wanted.
func (p *Partial) Offset() int64 { return p.offset }

// Whole reports whether all bytes are here.
func (p *Partial) Whole() bool { return p.offset == p.size }

// Write adds the bytes that come next. They are on the disk when Finish returns,
// and perhaps before. It writes no more than is missing.
func (p *Partial) Write(data []byte) (int, error) {
	if p.offset+int64(len(data)) > p.size {
		return 0, fmt.Errorf("%w: more than %d bytes", ErrMismatch, p.size)
	}
	n, err := p.file.WriteAt(data, p.offset)
	p.offset += int64(n)
	if errors.Is(err, syscall.ENOSPC) {
		err = fmt.Errorf("%w: %w", ErrFull, err)
	}
	p.s.step("part written")
	return n, err
}

// Finish compares the digest, and returns when the file is held. [ErrMismatch]
// says that the bytes are not those of the digest: they are dropped. Fresh says
// then whether all of them came since Resume, so that who sent them is at fault;
// otherwise the disk may be.
func (p *Partial) Finish(ctx context.Context) (fresh bool, err error) {
	defer func() { p.close(err != nil && !errors.Is(err, ErrMismatch)) }()
	if p.offset != p.size {
		return p.begun, fmt.Errorf("%w: %d bytes of %d", ErrMismatch, p.offset, p.size)
	}
	if err := p.file.Sync(); err != nil {
		return p.begun, err
	}
	p.s.step("part synced")
	got, _, err := digestOf(ctx, io.NewSectionReader(p.file, 0, p.size))
	if err != nil {
		return p.begun, err
	}
	if got != p.d {
		return p.begun, fmt.Errorf("%w: their SHA-256 is %s, not %s", ErrMismatch, got, p.d)
	}
	return p.begun, p.s.keep(p.s.partialPath(p.d), p.d, p.size)
}

// Close ends the fetching; what came stays.
func (p *Partial) Close() { p.close(true) }

// close ends the fetching. What came is dropped unless it stays.
func (p *Partial) close(stays bool) {
	if p.file == nil {
		return
	}
	_ = p.file.Close()
	p.file = nil
	left := int64(0)
	if stays && p.offset > 0 {
		left = p.offset
	} else {
		_ = os.Remove(p.s.partialPath(p.d)) // no longer there if it was kept
	}
	p.release(left)
}

// release gives back what was set aside but for the bytes that are left.
func (p *Partial) release(left int64) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	delete(p.s.fetching, p.d)
	p.s.aside += left - p.room
	if left > 0 {
		p.s.partial[p.d] = left
	} else {
		delete(p.s.partial, p.d)
	}
}
