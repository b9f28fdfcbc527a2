package backup_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/server/backup"
	"github.com/spsalert/spsalert/server/blob"
)

var made = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// ledgerText stands for the store.
const ledgerText = "the store as one transaction saw it"

// source returns what backups are made of: a store, two cards, and the given
// attachments.
func source(t testing.TB, attachments ...string) backup.Source {
	t.Helper()
	blobs := t.TempDir()
	for _, text := range attachments {
		put(t, blob.Folder(blobs), text)
	}
	return backup.Source{
		Snapshot: func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, ledgerText)
			return err
		},
		Describe: func(_ context.Context, ledger string) (backup.About, error) {
			if text, err := os.ReadFile(ledger); err != nil || string(text) != ledgerText {
				t.Errorf("the copy of the store is %q, %v", text, err)
			}
			return backup.About{Origin: "asean-cn/VN/1", Size: 42, Root: make([]byte, 32), StoreFormat: 1}, nil
		},
		Roster: authority.ForTest(t, "VN", "CN").Office("VN").Roster,
		Blobs:  blob.Folder(blobs), Work: t.TempDir(), Software: "test", Now: func() time.Time { return made },
	}
}

func digest(text string) blob.Digest { return sha256.Sum256([]byte(text)) }

// create makes a backup and returns its file.
func create(t testing.TB, s backup.Source) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup.tar")
	if _, err := backup.Create(t.Context(), file, s); err != nil {
		t.Fatal(err)
	}
	return file
}

// tree returns what is in a folder: path to content.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func newIdentity(t testing.TB) *age.X25519Identity {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func TestRoundTrip(t *testing.T) {
	for _, tc := range []struct {
		name        string
		encrypted   bool
		attachments []string
	}{
		{"plain, no attachments", false, nil},
		{"plain", false, []string{"a photo", "a certificate", ""}},
		{"encrypted", true, []string{"a photo", "a certificate"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := source(t, tc.attachments...)
			identity := newIdentity(t)
			var identities []age.Identity
			if tc.encrypted {
				s.Recipients, identities = []age.Recipient{newIdentity(t).Recipient(), identity.Recipient()}, []age.Identity{identity}
			}
			file := create(t, s)
			if left := tree(t, s.Work); len(left) > 0 {
				t.Errorf("the working folder still has %v", left)
			}
			dir := t.TempDir()
			got, err := backup.Unpack(t.Context(), file, dir, identities, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got.Size != 42 || got.Office != "VN" || !got.Time.Equal(made) || got.Encrypted != tc.encrypted || got.Attachments != uint64(len(tc.attachments)) {
				t.Errorf("Unpack = %+v", got)
			}
			want := map[string]string{"ledger.db": ledgerText}
			for _, office := range s.Roster.Offices() {
				card, _ := s.Roster.Card(office)
				want["cards/"+string(office)+".card"] = string(card.Bytes())
			}
			want["cards/VN.card"] = string(s.Roster.Own().Bytes())
			for _, text := range tc.attachments {
				name := digest(text).String()
				want["blobs/"+name[:2]+"/"+name] = text
			}
			if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
				t.Errorf("unpacked (-want +got):\n%s", diff)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(text, []byte(ledgerText)) == tc.encrypted {
				t.Errorf("the store can be read in the file: %t", tc.encrypted)
			}
		})
	}
}

func TestWrongIdentity(t *testing.T) {
	s := source(t)
	s.Recipients = []age.Recipient{newIdentity(t).Recipient()}
	file := create(t, s)
	if _, err := backup.Unpack(t.Context(), file, t.TempDir(), nil, nil); !errors.Is(err, backup.ErrEncrypted) {
		t.Errorf("without an identity: %v, want %v", err, backup.ErrEncrypted)
	}
	if _, err := backup.Unpack(t.Context(), file, t.TempDir(), []age.Identity{newIdentity(t)}, nil); !errors.Is(err, backup.ErrWrongIdentity) {
		t.Errorf("with another identity: %v, want %v", err, backup.ErrWrongIdentity)
	}
}

func TestNothingIsLeftOfABackupThatFails(t *testing.T) {
	broken := errors.New("broken")
	for _, tc := range []struct {
		name  string
		spoil func(*testing.T, *backup.Source)
		want  error // nil: any
	}{
		{"the store fails", func(_ *testing.T, s *backup.Source) {
			s.Snapshot = func(context.Context, io.Writer) error { return broken }
		}, broken},
		{"the copy is not in order", func(_ *testing.T, s *backup.Source) {
			s.Describe = func(context.Context, string) (backup.About, error) { return backup.About{}, broken }
		}, broken},
		{"no working folder", func(_ *testing.T, s *backup.Source) { s.Work += "x" }, fs.ErrNotExist},
		{"no room", func(_ *testing.T, s *backup.Source) { s.Bytes = 1 << 60 }, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := source(t, "a photo")
			tc.spoil(t, &s)
			dir := t.TempDir()
			if _, err := backup.Create(t.Context(), filepath.Join(dir, "b.tar"), s); err == nil || tc.want != nil && !errors.Is(err, tc.want) {
				t.Errorf("Create: %v, want %v", err, tc.want)
			}
			if left := tree(t, dir); len(left) > 0 {
				t.Errorf("it left %d files", len(left))
			}
		})
	}
	t.Run("there is one of that name", func(t *testing.T) {
		s := source(t)
		file := create(t, s)
		if _, err := backup.Create(t.Context(), file, s); !errors.Is(err, fs.ErrExist) {
			t.Errorf("Create: %v, want %v", err, fs.ErrExist)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := source(t)
		s.Describe = func(context.Context, string) (backup.About, error) {
			cancel()
			return backup.About{Origin: "asean-cn/VN/1", Root: make([]byte, 32), StoreFormat: 1}, nil
		}
		if _, err := backup.Create(ctx, filepath.Join(t.TempDir(), "b.tar"), s); !errors.Is(err, context.Canceled) {
			t.Errorf("Create: %v, want %v", err, context.Canceled)
		}
	})
}

// step is how far from each other the bytes are that TestEveryByteCounts changes.
var step = flag.Int("step", 53, "change every so manieth byte of a backup")

// Whatever byte of a backup is changed, what is unpacked is what was packed, or
// nothing is.
func TestEveryByteCounts(t *testing.T) {
	for _, encrypted := range []bool{false, true} {
		s := source(t, "a photo")
		identity := newIdentity(t)
		if encrypted {
			s.Recipients = []age.Recipient{identity.Recipient()}
		}
		file := create(t, s)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		unpack := func(text []byte) (map[string]string, error) {
			dir := t.TempDir()
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := backup.Unpack(t.Context(), file, dir, []age.Identity{identity}, nil)
			files := tree(t, dir)
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			return files, err
		}
		want, err := unpack(text)
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(text); at += *step {
			text[at] ^= 0x11
			got, err := unpack(text)
			text[at] ^= 0x11
			if err == nil && (encrypted || !cmp.Equal(got, want)) {
				t.Errorf("encrypted %t: a change of byte %d goes unnoticed", encrypted, at)
			}
		}
		for n := 0; n < len(text); n += 5 * *step {
			if got, err := unpack(text[:n]); err == nil && (encrypted || !cmp.Equal(got, want)) {
				t.Errorf("encrypted %t: cut after %d bytes of %d goes unnoticed", encrypted, n, len(text))
			}
		}
		if _, err := unpack(append(bytes.Clone(text), 1)); !errors.Is(err, backup.ErrDamaged) {
			t.Errorf("encrypted %t: one byte more: %v, want %v", encrypted, err, backup.ErrDamaged)
		}
	}
}
