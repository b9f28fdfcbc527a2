package bolt_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
	"github.com/spsalert/spsalert/server/store/storetest"
)

// Whatever page is spoilt, and wherever the file is cut, opening and checking
// end with an error, or find nothing since the page was not in use.
func TestCheckOfSpoiltPages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s, err := bolt.Create(path, options)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx store.Tx) error {
		for i := range 300 {
			if err := tx.Put(storetest.Fruit, fmt.Appendf(nil, "%0200d", i), make([]byte, 1000)); err != nil {
				return err
			}
		}
		return tx.Put(storetest.Fruit, []byte("large"), make([]byte, 100<<10))
	})
	if err = errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(data []byte) error {
		t.Helper()
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		var errs [2]error
		for i, open := range []func(string, bolt.Options) (*bolt.Store, error){bolt.OpenReadOnly, bolt.Open} {
			s, err := open(path, options)
			if err == nil {
				err = errors.Join(s.Check(t.Context()), s.Close())
			}
			errs[i] = err
		}
		if (errs[0] == nil) != (errs[1] == nil) {
			t.Errorf("opened to be read only: %v, else: %v", errs[0], errs[1])
		}
		return errs[1]
	}
	if err := check(good); err != nil {
		t.Fatalf("Check of the file as written: %v", err)
	}
	const pageSize = 16 << 10
	damaged := 0
	for at := 2 * pageSize; at < len(good); at += pageSize {
		if bytes.Count(good[at:at+pageSize], []byte{0}) == pageSize {
			continue // never written
		}
		for name, spoil := range map[string]func([]byte){
			"ones":    func(p []byte) { copy(p, bytes.Repeat([]byte{0xff}, pageSize)) },
			"noughts": func(p []byte) { clear(p[:pageSize]) },
			"element": func(p []byte) { copy(p[16:], bytes.Repeat([]byte{0x7f}, 16)) },
		} {
			data := bytes.Clone(good)
			spoil(data[at:])
			err := check(data)
			if errors.Is(err, store.ErrDamaged) {
				damaged++
			} else if err != nil {
				t.Errorf("page %d of %s: %v, want %v or nothing", at/pageSize, name, err, store.ErrDamaged)
			}
		}
	}
	if damaged < 30 { // some pages hold only what a large value goes on with
		t.Errorf("%d spoilt pages were found, want at least 30", damaged)
	}
	for _, size := range []int{0, 100, pageSize, 3 * pageSize, 10*pageSize + 1} {
		if err := check(good[:size]); !errors.Is(err, store.ErrDamaged) {
			t.Errorf("file cut to %d bytes: %v, want %v", size, err, store.ErrDamaged)
		}
	}
}
