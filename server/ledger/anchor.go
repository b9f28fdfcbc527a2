package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
)

const (
	// slotSize is one disk block, so that a torn write spoils one slot at most.
	slotSize   = 4096
	anchorSize = 2 * slotSize
)

var anchorMagic = []byte("sps anchor 1\n")

// anchored is what the anchor file says: the tree that was released last, and
// the last reference that was given.
type anchored struct {
	tree      seal.Checkpoint
	reference string
}

// anchor is the open anchor file: two slots that are written in turn, each with
// a counter and a digest. It is for one goroutine at a time.
type anchor struct {
	file    *os.File
	counter uint64 // of the slot written last
	last    anchored
}

// errNoAnchor says that there is no anchor file, and errAnchorDamaged that no
// slot of it is whole.
var (
	errNoAnchor      = errors.New("no anchor")
	errAnchorDamaged = errors.New("the anchor file is damaged")
)

// createAnchor makes the anchor file with its first content: complete and
// durable under its name, or not at all. It never replaces a file; the caller
// holds the store, so nobody else makes one meanwhile. The file system may be
// one without hard links, as on a memory stick.
func createAnchor(path string, a anchored) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fmt.Errorf("%s: %w", path, fs.ErrExist)
		}
		return err
	}
	return putAnchor(path, a)
}

// renewAnchor opens the anchor after it was lost, or the store, and makes it say
// what is released now. It is never lowered: one that says more is an error.
func renewAnchor(path string, now anchored) (*anchor, error) {
	a, err := openAnchor(path)
	switch {
	case err == nil:
		if err := a.write(now); err != nil {
			return nil, errors.Join(err, a.close())
		}
		return a, nil
	case !errors.Is(err, errNoAnchor) && !errors.Is(err, errAnchorDamaged):
		return nil, err
	}
	if err := putAnchor(path, now); err != nil {
		return nil, err
	}
	return openAnchor(path)
}

// putAnchor writes an anchor file in place of what is there.
func putAnchor(path string, a anchored) error {
	f, err := os.OpenFile(path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	content := make([]byte, anchorSize)
	copy(content, encodeSlot(1, a))
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// openAnchor opens the file. The error is errNoAnchor, errAnchorDamaged or
// that of the disk.
func openAnchor(path string) (*anchor, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w at %s", errNoAnchor, path)
	}
	if err != nil {
		return nil, err
	}
	content := make([]byte, anchorSize)
	if _, err := f.ReadAt(content, 0); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s: %w", errAnchorDamaged, path, err), f.Close())
	}
	a := &anchor{file: f}
	for i := range 2 {
		counter, last, err := decodeSlot(content[i*slotSize : (i+1)*slotSize])
		if err == nil && counter > a.counter {
			a.counter, a.last = counter, last
		}
	}
	if a.counter == 0 {
		return nil, errors.Join(fmt.Errorf("%w: %s", errAnchorDamaged, path), f.Close())
	}
	return a, nil
}

// write makes next durable. It is never lower than what was written before.
func (a *anchor) write(next anchored) error {
	was, is := a.last.tree, next.tree
	if is.Origin.Epoch < was.Origin.Epoch || is.Origin == was.Origin && is.Size < was.Size {
		return fmt.Errorf("anchor would fall from %s size %d to %s size %d", was.Origin, was.Size, is.Origin, is.Size)
	}
	counter := a.counter + 1
	// Odd counters lie in the first slot; the one written before stays whole.
	if _, err := a.file.WriteAt(encodeSlot(counter, next), int64((counter+1)%2)*slotSize); err != nil {
		return err
	}
	if err := syncData(a.file); err != nil {
		return fmt.Errorf("sync anchor: %w", err)
	}
	a.counter, a.last = counter, next
	return nil
}

func (a *anchor) close() error { return a.file.Close() }

// encodeSlot lays out a slot: magic, counter, size, root, then origin and
// reference each with its length, and the SHA-256 of all that. The rest of the
// block is left alone.
func encodeSlot(counter uint64, a anchored) []byte {
	b := bytes.Clone(anchorMagic)
	b = binary.BigEndian.AppendUint64(b, counter)
	b = binary.BigEndian.AppendUint64(b, a.tree.Size)
	b = append(b, a.tree.Root[:]...)
	for _, s := range []string{a.tree.Origin.String(), a.reference} {
		b = append(append(b, byte(len(s))), s...)
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

func decodeSlot(b []byte) (counter uint64, a anchored, err error) {
	const fixed = 8 + 8 + tlog.HashSize
	rest, ok := bytes.CutPrefix(b, anchorMagic)
	if !ok || len(rest) < fixed {
		return 0, anchored{}, errAnchorDamaged
	}
	counter = binary.BigEndian.Uint64(rest)
	a.tree.Size = binary.BigEndian.Uint64(rest[8:])
	a.tree.Root = tlog.Hash(rest[16:fixed])
	rest = rest[fixed:]
	var texts [2]string
	for i := range texts {
		if len(rest) < 1 || len(rest) < 1+int(rest[0]) {
			return 0, anchored{}, errAnchorDamaged
		}
		end := 1 + int(rest[0])
		texts[i], rest = string(rest[1:end]), rest[end:]
	}
	sum := sha256.Sum256(b[:len(b)-len(rest)])
	if !bytes.HasPrefix(rest, sum[:]) {
		return 0, anchored{}, errAnchorDamaged
	}
	a.reference = texts[1]
	if a.tree.Origin, err = certs.ParseOrigin(texts[0]); err != nil {
		return 0, anchored{}, fmt.Errorf("%w: %w", errAnchorDamaged, err)
	}
	return counter, a, nil
}
