package backup

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"iter"
	"path"
	"path/filepath"
	"syscall"

	"github.com/spsalert/spsalert/server/blob"
)

// maxDamaged is how many damaged attachments a backup names.
const maxDamaged = 1000

// nothingNamed is the Named of a source that has none.
func nothingNamed(_ context.Context, _ string, use func(iter.Seq2[blob.Digest, error]) error) error {
	return use(func(func(blob.Digest, error) bool) {})
}

// attachments writes what is in the folder of attachments, and counts what the
// store names and the folder lacks. Both come in ascending order and are walked
// side by side, so that nothing is kept in memory. A named one that came into
// the folder after that part of it was read is taken when its turn has passed.
func (a *archive) attachments(from blob.Folder, named iter.Seq2[blob.Digest, error]) error {
	next, stop := iter.Pull2(named)
	defer stop()
	want, err, more := next()
	advance := func() {
		for last := want; more && err == nil && want == last; {
			want, err, more = next()
		}
	}
	// reach goes through what is named before a digest; to the end if it is nil.
	reach := func(d *blob.Digest) error {
		for more && err == nil && (d == nil || bytes.Compare(want[:], d[:]) < 0) {
			written, failed := a.attachment(from, want)
			if failed != nil {
				return failed
			}
			if !written {
				a.end.Missing++
			}
			advance()
		}
		return err
	}
	if from != "" {
		failed := from.Walk(func(d blob.Digest, _ int64) error {
			if err := reach(&d); err != nil {
				return err
			}
			written, failed := a.attachment(from, d)
			if more && want == d {
				if !written {
					a.end.Missing++
				}
				advance()
			}
			return failed
		})
		if failed != nil {
			return failed
		}
	}
	return reach(nil)
}

// attachment writes one attachment, and reports whether it is there and whole.
// It is read twice: what stands in the archive cannot be taken back.
func (a *archive) attachment(from blob.Folder, d blob.Digest) (written bool, err error) {
	if from == "" {
		return false, nil
	}
	switch err := from.Verify(a.ctx, d); {
	case errors.Is(err, blob.ErrNotHeld):
		return false, nil // not fetched yet, or erased
	case errors.Is(err, blob.ErrDamaged), errors.Is(err, syscall.EIO):
		if len(a.end.Damaged) < maxDamaged {
			a.end.Damaged = append(a.end.Damaged, d.String())
		}
		if a.damaged != nil {
			a.damaged(a.ctx, d)
		}
		return false, nil
	case err != nil:
		return false, err
	}
	below := blob.Path(d)
	n, err := a.file(path.Join(blobsFolder, filepath.ToSlash(below)), filepath.Join(string(from), below), d.String())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // erased just now
	}
	if err != nil {
		return false, err
	}
	a.end.Attachments++
	a.end.AttachmentBytes += n
	return true, nil
}
