package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"filippo.io/age"

	"github.com/spsalert/spsalert/server/blob"
)

// maxManifest bounds the manifest: a thousand cards have room in it.
const maxManifest = 1 << 20

// Unpacked is what was in a backup, and where it lies now.
type Unpacked struct {
	Manifest

	Attachments     uint64
	AttachmentBytes int64
	Missing         uint64   // attachments that the store names and that the node had not, or damaged
	Damaged         []string // digests of those that it had damaged, as far as they are named
	Encrypted       bool

	dir string
}

// Ledger returns the file of the store.
func (u Unpacked) Ledger() string { return filepath.Join(u.dir, ledgerName) }

// Cards returns the folder of cards, each OFFICE.card.
func (u Unpacked) Cards() string { return filepath.Join(u.dir, cardsFolder) }

// Blobs returns the folder of attachments; there is none if there are no
// attachments.
func (u Unpacked) Blobs() string { return filepath.Join(u.dir, blobsFolder) }

// Unpack writes what is in a backup into a folder that is empty, and checks all
// sizes and digests on the way. What it wrote is durable on return. What is in
// the store is not looked at. A file that is no backup is an [ErrDamaged];
// nothing outside the folder is ever written, whatever the file says.
func Unpack(ctx context.Context, file, dir string, identities []age.Identity, progress func(Progress)) (Unpacked, error) {
	f, err := os.Open(file)
	if err != nil {
		return Unpacked{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Unpacked{}, err
	}
	if err := NeedRoom(dir, info.Size()); err != nil {
		return Unpacked{}, err
	}
	u, err := unpack(&counted{r: heeding{ctx, f}, of: info.Size(), tell: progress}, dir, identities)
	if ctx.Err() != nil {
		err = ctx.Err() // what was not read looks like damage
	}
	if err != nil {
		return Unpacked{}, fmt.Errorf("unpack %s: %w", file, err)
	}
	return u, nil
}

// ReadManifest returns what a backup says of itself, and checks nothing else.
func ReadManifest(r io.Reader, identities []age.Identity) (Manifest, error) {
	plain, _, err := open(r, identities)
	if err != nil {
		return Manifest{}, err
	}
	x := extractor{tar: tar.NewReader(plain)}
	return x.manifest()
}

func unpack(r io.Reader, dir string, identities []age.Identity) (u Unpacked, err error) {
	plain, encrypted, err := open(r, identities)
	if err != nil {
		return Unpacked{}, err
	}
	x := extractor{tar: tar.NewReader(plain), dir: dir}
	u = Unpacked{Encrypted: encrypted, dir: dir}
	if u.Manifest, err = x.manifest(); err != nil {
		return Unpacked{}, err
	}
	for _, f := range u.Files {
		if err := x.file(f); err != nil {
			return Unpacked{}, err
		}
	}
	e, err := x.attachments()
	if err != nil {
		return Unpacked{}, err
	}
	u.Attachments, u.AttachmentBytes, u.Missing, u.Damaged = e.Attachments, e.AttachmentBytes, e.Missing, e.Damaged
	if _, err := x.tar.Next(); !errors.Is(err, io.EOF) {
		return Unpacked{}, fmt.Errorf("%w: more comes after its end", ErrDamaged)
	}
	// The last part of an age file is only known to be whole when it was read.
	n, err := io.Copy(io.Discard, plain)
	if n > 0 {
		err = errors.Join(errors.New("more comes after its end"), err)
	}
	if err != nil {
		return Unpacked{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return u, syncFolder(dir)
}

// extractor takes the entries out of an archive.
type extractor struct {
	tar *tar.Reader
	dir string
}

// next returns the header of the next entry.
func (x *extractor) next() (*tar.Header, error) {
	h, err := x.tar.Next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%w: it is cut short", ErrDamaged)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	case h.Typeflag != tar.TypeReg || len(h.PAXRecords) > 1 || len(h.PAXRecords) == 1 && h.PAXRecords["size"] == "":
		return nil, fmt.Errorf("%w: %q is no plain file", ErrDamaged, h.Name)
	}
	return h, nil
}

// document reads an entry into memory.
func (x *extractor) document(h *tar.Header) ([]byte, error) {
	if h.Size > maxManifest {
		return nil, fmt.Errorf("%w: %s of %d bytes", ErrDamaged, h.Name, h.Size)
	}
	text, err := io.ReadAll(x.tar)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, h.Name, err)
	}
	return text, nil
}

func (x *extractor) manifest() (Manifest, error) {
	h, err := x.next()
	if err != nil {
		return Manifest{}, err
	}
	if h.Name != manifestName {
		return Manifest{}, fmt.Errorf("%w: it begins with %q", ErrDamaged, h.Name)
	}
	text, err := x.document(h)
	if err != nil {
		return Manifest{}, err
	}
	return parseManifest(text)
}

// file takes out a file of the manifest.
func (x *extractor) file(f File) error {
	h, err := x.next()
	if err != nil {
		return err
	}
	if h.Name != f.Name || h.Size != f.Bytes {
		return fmt.Errorf("%w: %q of %d bytes stands where %q of %d bytes should", ErrDamaged, h.Name, h.Size, f.Name, f.Bytes)
	}
	return x.take(f.Name, f.SHA256)
}

// attachments takes out all attachments, up to the end.
func (x *extractor) attachments() (e end, err error) {
	var got end
	last := ""
	for {
		h, err := x.next()
		if err != nil {
			return end{}, err
		}
		if h.Name == endName {
			text, err := x.document(h)
			if err != nil {
				return end{}, err
			}
			if err := decode(bytes.NewReader(text), &e); err != nil {
				return end{}, fmt.Errorf("%w: %s: %w", ErrDamaged, endName, err)
			}
			if err := checkDamaged(e.Damaged); err != nil {
				return end{}, err
			}
			break
		}
		digest, ok := blobDigest(h.Name)
		if !ok || h.Name <= last {
			return end{}, fmt.Errorf("%w: %q is no attachment, or out of order", ErrDamaged, h.Name)
		}
		if err := x.take(h.Name, digest); err != nil {
			return end{}, err
		}
		last = h.Name
		got.Attachments++
		got.AttachmentBytes += h.Size
	}
	if got.Attachments != e.Attachments || got.AttachmentBytes != e.AttachmentBytes { // who reads the store sees how many are missing
		return end{}, fmt.Errorf("%w: it has %d attachments of %d bytes, and says %d of %d", ErrDamaged, got.Attachments, got.AttachmentBytes, e.Attachments, e.AttachmentBytes)
	}
	return e, nil
}

// checkDamaged refuses what no backup says of damaged attachments.
func checkDamaged(digests []string) error {
	last := ""
	for _, d := range digests {
		if _, err := blob.ParseDigest(d); err != nil || d <= last {
			return fmt.Errorf("%w: %s: %q is no digest, or out of order", ErrDamaged, endName, d)
		}
		last = d
	}
	return nil
}

// take writes the present entry, whose name was checked, to its file.
func (x *extractor) take(name, digest string) (err error) {
	path := filepath.Join(x.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	disk := &stepWriter{file: f, wrote: func(int64) {}}
	from := fromArchive{r: x.tar}
	if _, err := io.Copy(io.MultiWriter(disk, h), &from); err != nil {
		if from.err != nil {
			return fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
		}
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != digest {
		return fmt.Errorf("%w: %s has digest %s, want %s", ErrDamaged, name, got, digest)
	}
	return f.Sync()
}

// fromArchive tells an error of the backup from one of the disk that it is
// unpacked to.
type fromArchive struct {
	r   io.Reader
	err error
}

// Read implements io.Reader.
func (f *fromArchive) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// counted tells how much was read.
type counted struct {
	r    io.Reader
	n    int64
	of   int64
	tell func(Progress)
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	tell(c.tell, stepUnpack, c.n, c.of)
	return n, err
}
