package oracle

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// Opened is a ledger with the store below it.
type Opened struct {
	*ledger.Ledger
	store *bolt.Store
}

// Close closes both.
func (o *Opened) Close() error { return errors.Join(o.Ledger.Close(), o.store.Close()) }

// Open opens the ledger of an office from the files that a node has left, and
// checks the pages of the store, which belongs to P4. It writes to the files, as
// a node would.
func Open(ctx context.Context, office *authority.Office, file, anchor string) (*Opened, error) {
	s, err := bolt.Open(file, StoreOptions())
	if err != nil {
		return nil, err
	}
	if err := s.Check(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	l, err := ledger.Open(ctx, ledgertest.OptionsOf(office, s, anchor))
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &Opened{l, s}, nil
}

// OpenFolder opens the ledger in the folder of an office whose node does not
// run, as package drill lays it out, until the test ends. It opens a copy: what
// the node left stays as it is.
func OpenFolder(t testing.TB, folder string) *ledger.Ledger {
	t.Helper()
	file, anchor := CopyFolder(t, folder)
	office, err := authority.LoadOffice(folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	o, err := Open(context.WithoutCancel(t.Context()), office, file, anchor)
	if err != nil {
		t.Fatalf("open what is in %s: %v", folder, err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Errorf("close the copy of %s: %v", folder, err)
		}
	})
	return o.Ledger
}

// CopyFolder copies the ledger and the anchor of an office, and returns where
// they are.
func CopyFolder(t testing.TB, folder string) (file, anchor string) {
	t.Helper()
	dir := t.TempDir()
	file, anchor = filepath.Join(dir, "ledger.db"), filepath.Join(dir, "anchor")
	for from, to := range map[string]string{"data/ledger.db": file, "anchor/anchor": anchor} {
		b, err := os.ReadFile(filepath.Join(folder, from))
		if err == nil {
			err = os.WriteFile(to, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return file, anchor
}

// StoreOptions are those with which a node opens its store.
func StoreOptions() bolt.Options {
	return bolt.Options{
		Tables:          slices.Concat(ledger.Tables(), casebook.Tables(), access.Tables()),
		Appended:        slices.Concat(ledger.AppendedTables(), casebook.Appended(), access.AppendedTables()),
		InitialMmapSize: 64 << 20,
	}
}
