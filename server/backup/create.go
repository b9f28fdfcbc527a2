package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/blob"
)

// Source is what a backup is made of. Snapshot, Describe, Roster, Work and Now
// are required.
type Source struct {
	// Snapshot writes the store as one transaction sees it. As long as it runs the
	// store gives no space back, so it writes to a local file first.
	Snapshot func(context.Context, io.Writer) error
	// Describe looks at the file that Snapshot wrote, and refuses one that is not
	// in order: a backup of a damaged store would push a good one out.
	Describe func(ctx context.Context, ledger string) (About, error)
	Roster   *certs.Roster // whose cards go into it
	// Blobs is the folder of attachments; it may be missing. It is read after the
	// snapshot, and an attachment is durable before the entry that names it, so
	// that every one that the snapshot names is in the backup.
	Blobs blob.Folder
	// Named calls use with the digests of all attachments that the file that
	// Snapshot wrote names, in ascending order, perhaps more than once. nil: none.
	Named func(ctx context.Context, ledger string, use func(iter.Seq2[blob.Digest, error]) error) error
	// Damaged is told of each attachment that is left out since its bytes have
	// changed on the disk, or cannot be read. nil: nobody wants to know.
	Damaged func(context.Context, blob.Digest)
	// Bytes is about what Snapshot writes.
	Bytes int64
	// Work is a folder on a disk that is quick, with room for the store once more.
	Work       string
	Recipients []age.Recipient // none: the backup is not encrypted
	Software   string
	Now        func() time.Time
	Progress   func(Progress) // nil: nobody wants to know; MUST NOT block
}

// Progress is how far a backup, or the unpacking of one, has come.
type Progress struct {
	Step  string // in words
	Bytes int64  // of the step
	Of    int64  // 0: not known
}

// tell reports progress of a step.
func tell(to func(Progress), step string, n, of int64) {
	if to != nil {
		to(Progress{Step: step, Bytes: n, Of: of})
	}
}

// The steps of a backup.
const (
	stepSnapshot = "copying the store"
	stepCheck    = "checking the copy"
	stepWrite    = "writing the backup"
	stepUnpack   = "reading the backup"
)

// newSuffix ends the name of a file that is being written.
const newSuffix = ".new"

// Made is a backup that was made.
type Made struct {
	Manifest
	// Damaged are attachments that are not in it, since they are damaged on the
	// disk that it was made from: their digests, as far as they are named.
	Damaged []string
}

// Create makes a backup in a new file. It is durable on return; an existing file
// is never replaced. A crash leaves no file of that name.
//
// A store that is damaged is not backed up: what it says might be wrong. An
// attachment that is damaged is left out: its statement says what it was, and
// the rest must not wait for it.
func Create(ctx context.Context, file string, s Source) (Made, error) {
	made, err := create(ctx, file, s)
	if err != nil {
		return Made{}, fmt.Errorf("back up to %s: %w", file, err)
	}
	return made, nil
}

func create(ctx context.Context, file string, s Source) (made Made, err error) {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return Made{}, errors.Join(fs.ErrExist, err)
	}
	own := s.Roster.Own()
	work := filepath.Join(s.Work, fmt.Sprintf("backup-of-%s.tmp", own.Office()))
	if err := os.RemoveAll(work); err != nil { // of one that was interrupted
		return Made{}, err
	}
	if err := NeedRoom(s.Work, s.Bytes); err != nil {
		return Made{}, err
	}
	if err := os.Mkdir(work, 0o700); err != nil {
		return Made{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	m := Manifest{
		Format: format, Software: s.Software, Time: s.Now().UTC(),
		Federation: own.Federation(), Office: string(own.Office()),
	}
	ledger := filepath.Join(work, ledgerName)
	if err := snapshot(ctx, ledger, s); err != nil {
		return Made{}, err
	}
	tell(s.Progress, stepCheck, 0, 0)
	if m.About, err = s.Describe(ctx, ledger); err != nil {
		return Made{}, fmt.Errorf("the store is not backed up, since it is not in order: %w", err)
	}
	if err := gather(work, s.Roster, &m); err != nil {
		return Made{}, err
	}
	if err := NeedRoom(filepath.Dir(file), s.Bytes); err != nil {
		return Made{}, err
	}
	written, err := write(ctx, file, work, m, s)
	return Made{Manifest: m, Damaged: written.Damaged}, err
}

// snapshot copies the store to a file of its own.
func snapshot(ctx context.Context, to string, s Source) (err error) {
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return s.Snapshot(ctx, &stepWriter{file: f, wrote: func(n int64) { tell(s.Progress, stepSnapshot, n, 0) }})
}

// gather puts the cards beside the copy of the store, and everything into the
// manifest.
func gather(work string, roster *certs.Roster, m *Manifest) error {
	if err := os.Mkdir(filepath.Join(work, cardsFolder), 0o700); err != nil {
		return err
	}
	names := []string{ledgerName}
	for _, office := range append(roster.Offices(), roster.Own().Office()) {
		card, ok := roster.Card(office)
		if !ok {
			continue // it was revoked just now
		}
		name := path.Join(cardsFolder, string(office)+certs.CardSuffix)
		if err := certs.SaveCard(filepath.Join(work, name), card); err != nil {
			return err
		}
		names = append(names, name)
	}
	slices.Sort(names[1:])
	for _, name := range names {
		n, digest, err := sum(filepath.Join(work, name))
		if err != nil {
			return err
		}
		m.Files = append(m.Files, File{Name: name, Bytes: n, SHA256: digest})
	}
	return nil
}

// sum returns size and digest of a file.
func sum(file string) (int64, string, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return n, hex.EncodeToString(h.Sum(nil)), err
}

// write writes the file of a backup under another name, and gives it its own
// when it is whole and durable.
func write(ctx context.Context, file, work string, m Manifest, s Source) (_ end, err error) {
	f, err := os.OpenFile(file+newSuffix, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return end{}, err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			_ = os.Remove(file + newSuffix) // else the next one replaces it
		}
	}()
	var all int64
	for _, one := range m.Files {
		all += one.Bytes
	}
	disk := &stepWriter{file: f, wrote: func(n int64) { tell(s.Progress, stepWrite, n, max(n, all)) }}
	var out io.WriteCloser = nopCloser{disk}
	if len(s.Recipients) > 0 {
		if out, err = age.Encrypt(disk, s.Recipients...); err != nil {
			return end{}, fmt.Errorf("encrypt: %w", err)
		}
	}
	a := &archive{ctx: ctx, tar: tar.NewWriter(out), time: m.Time, damaged: s.Damaged}
	if err := a.all(ctx, work, m, s); err != nil {
		return end{}, err
	}
	if err := errors.Join(a.tar.Close(), out.Close(), f.Sync()); err != nil {
		return end{}, err
	}
	if err := os.Rename(file+newSuffix, file); err != nil {
		return end{}, err
	}
	return a.end, syncFolder(filepath.Dir(file))
}

// archive writes the entries of a backup.
type archive struct {
	ctx  context.Context // of the one Create that it lives for
	tar  *tar.Writer
	time time.Time
	end  end

	damaged func(context.Context, blob.Digest) // told of each that is left out; may be nil
}

func (a *archive) all(ctx context.Context, work string, m Manifest, s Source) error {
	if err := a.document(manifestName, m); err != nil {
		return err
	}
	for _, f := range m.Files {
		if _, err := a.file(f.Name, filepath.Join(work, filepath.FromSlash(f.Name)), f.SHA256); err != nil {
			return err
		}
	}
	named := s.Named
	if named == nil {
		named = nothingNamed
	}
	err := named(ctx, filepath.Join(work, ledgerName), func(digests iter.Seq2[blob.Digest, error]) error {
		return a.attachments(s.Blobs, digests)
	})
	if err != nil {
		return err
	}
	return a.document(endName, a.end)
}

func (a *archive) document(name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return a.entry(name, int64(len(text)), bytes.NewReader(text))
}

// entry writes one entry of so many bytes.
func (a *archive) entry(name string, size int64, r io.Reader) error {
	err := a.tar.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o600, Size: size, ModTime: a.time.Truncate(time.Second)})
	if err == nil {
		_, err = io.Copy(a.tar, heeding{a.ctx, r})
	}
	return err
}

// file writes the file at path, which has the given digest, and returns its size.
func (a *archive) file(name, path, digest string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	h := sha256.New()
	if err := a.entry(name, info.Size(), io.TeeReader(f, h)); err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != digest {
		return 0, fmt.Errorf("%s has digest %s on the disk: it is damaged there", path, got)
	}
	return info.Size(), nil
}

// blobDigest returns the digest that the name of an entry says.
func blobDigest(name string) (string, bool) {
	m := blobName.FindStringSubmatch(name)
	if m == nil || m[1] != m[2][:2] {
		return "", false
	}
	return m[2], true
}
