package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/server/backup"
	"github.com/spsalert/spsalert/server/blob"
)

// onOneShelf returns two texts whose digests begin alike, in the order of their
// digests.
func onOneShelf() (first, second string) {
	for i := 0; ; i++ {
		a, b := digest("first"), digest(fmt.Sprint("second ", i))
		if a[0] == b[0] && bytes.Compare(a[:], b[:]) < 0 {
			return "first", fmt.Sprint("second ", i)
		}
	}
}

// Every attachment that the store names is in the backup, or was not there.
func TestWhatTheStoreNamesIsInTheBackup(t *testing.T) {
	first, late := onOneShelf()
	for _, tc := range []struct {
		name    string
		held    []string
		named   []blob.Digest // in ascending order, perhaps twice
		late    string        // put into the folder when it is about to be named
		want    int           // attachments in the backup
		missing uint64
	}{
		{"all are held", []string{first}, []blob.Digest{digest(first), digest(first)}, "", 1, 0},
		{"none is held", nil, []blob.Digest{digest(first), digest(first), digest(late)}, "", 0, 2},
		{"held and not named", []string{first, late}, nil, "", 2, 0},
		{"one is missing before those that are held", []string{late}, []blob.Digest{digest(first), digest(late)}, "", 1, 1},
		{"one is missing behind them", []string{first}, []blob.Digest{digest(first), digest(late)}, "", 1, 1},
		{"one came after its folder was read", []string{first}, []blob.Digest{digest(first), digest(late)}, late, 2, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := source(t, tc.held...)
			s.Named = func(_ context.Context, _ string, use func(iter.Seq2[blob.Digest, error]) error) error {
				return use(func(yield func(blob.Digest, error) bool) {
					for _, d := range tc.named {
						if tc.late != "" && d == digest(tc.late) {
							put(t, s.Blobs, tc.late)
						}
						if !yield(d, nil) {
							return
						}
					}
				})
			}
			got, err := backup.Unpack(t.Context(), create(t, s), t.TempDir(), nil, nil)
			if err != nil || got.Attachments != uint64(tc.want) || got.Missing != tc.missing {
				t.Errorf("the backup has %d attachments and misses %d, %v, want %d and %d", got.Attachments, got.Missing, err, tc.want, tc.missing)
			}
		})
	}
}

// An attachment that is damaged on the disk is left out and named; everything
// else is backed up, and can be unpacked.
func TestADamagedAttachmentIsLeftOut(t *testing.T) {
	first, second := onOneShelf()
	s := source(t, first, second)
	bad := digest(second)
	if err := os.WriteFile(filepath.Join(string(s.Blobs), blob.Path(bad)), []byte("a smudge"), 0o600); err != nil {
		t.Fatal(err)
	}
	var told []blob.Digest
	s.Damaged = func(_ context.Context, d blob.Digest) { told = append(told, d) }
	s.Named = func(_ context.Context, _ string, use func(iter.Seq2[blob.Digest, error]) error) error {
		return use(func(yield func(blob.Digest, error) bool) { _ = yield(digest(first), nil) && yield(bad, nil) })
	}
	file := filepath.Join(t.TempDir(), "b.tar")
	made, err := backup.Create(t.Context(), file, s)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{bad.String()}
	if diff := cmp.Diff(want, made.Damaged); diff != "" || len(told) != 1 || told[0] != bad {
		t.Errorf("damaged (-want +got):\n%s\ntold of %v, want %s", diff, told, bad)
	}
	got, err := backup.Unpack(t.Context(), file, t.TempDir(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.Damaged); diff != "" || got.Attachments != 1 || got.Missing != 1 {
		t.Errorf("the backup has %d attachments and misses %d, want one each; it says of damage (-want +got):\n%s", got.Attachments, got.Missing, diff)
	}
	if text, err := os.ReadFile(filepath.Join(got.Blobs(), blob.Path(digest(first)))); err != nil || string(text) != first {
		t.Errorf("the attachment that is whole = %q, %v, want %q", text, err, first)
	}
}

func TestNoBackupWithoutWhatTheStoreNames(t *testing.T) {
	broken := errors.New("a row cannot be read")
	s := source(t, "a photo")
	s.Named = func(_ context.Context, _ string, use func(iter.Seq2[blob.Digest, error]) error) error {
		return use(func(yield func(blob.Digest, error) bool) { yield(blob.Digest{}, broken) })
	}
	dir := t.TempDir()
	if _, err := backup.Create(t.Context(), filepath.Join(dir, "b.tar"), s); !errors.Is(err, broken) {
		t.Errorf("Create: %v, want %v", err, broken)
	}
	if left := tree(t, dir); len(left) > 0 {
		t.Errorf("it left %d files", len(left))
	}
}

// put puts an attachment into a folder.
func put(t testing.TB, folder blob.Folder, text string) {
	t.Helper()
	path := filepath.Join(string(folder), blob.Path(digest(text)))
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}
