package office

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"testing"
	"time"

	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// TestUploadsAreForgottenWithTheirFiles drops, page by page, who uploaded files that
// are not held any more, and keeps those of one that is.
func TestUploadsAreForgottenWithTheirFiles(t *testing.T) {
	s, err := bolt.Create(filepath.Join(t.TempDir(), "ledger.db"), bolt.Options{Tables: []store.Table{tableUploads}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	blobs, err := blob.Open(blob.Options{Dir: t.TempDir(), Quota: 1 << 30, Keep: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	held, _, err := blobs.Put(t.Context(), bytes.NewReader([]byte("chromatogram")), blob.Declared{MediaType: "text/plain"})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx store.Tx) error {
		for i := range uint64(2*forgetPage + 1) {
			gone := make([]byte, len(held))
			binary.BigEndian.PutUint64(gone, i<<52)
			if err := tx.Put(tableUploads, append(gone, "laboratory/hanoi-lab"...), nil); err != nil {
				return err
			}
		}
		for _, owner := range []string{"laboratory/hanoi-lab", "person/lan"} {
			if err := tx.Put(tableUploads, append(held[:], owner...), nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := (&Service{o: Options{Store: s, Blobs: blobs}}).ForgetUploads(t.Context()); err != nil {
		t.Fatal(err)
	}
	var left []string
	err = s.View(t.Context(), func(r store.Reader) error {
		for row, err := range r.Scan(tableUploads, nil, nil, false) {
			if err != nil {
				return err
			}
			left = append(left, string(row.Key))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := string(held[:]); len(left) != 2 || left[0] != want+"laboratory/hanoi-lab" || left[1] != want+"person/lan" {
		t.Errorf("%d uploads are left, %q, want the two of the file that is held", len(left), left)
	}
}
