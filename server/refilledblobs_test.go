package server_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server"
)

// A statement that was issued after the backup comes back from a peer, and its
// file with it, while the node runs.
func TestAttachmentsOfWhatComesBackAreFetched(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn, cn := w.start("VN"), w.start("CN")
	arrived(issue(t, vn, notification("before the backup", "CN")), vn, cn)
	vn.stop()
	c, file := w.config("VN"), filepath.Join(t.TempDir(), "b.tar")
	if _, err := server.Backup(t.Context(), c, file, server.BackupOptions{Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	vn = w.start("VN")
	photo := []byte("what the inspector saw")
	st := notification("after the backup", "CN")
	st.Attachments = []*spsv1.Attachment{vn.upload(vn.attachments(), "a1", photo)}
	issued := issue(t, vn, st)
	arrived(issued, vn, cn)
	name := issued.GetName() + "/attachments/a1"
	comes := func(n *node) {
		t.Helper()
		client := n.attachments()
		eventually(t, "the file has come", func() bool {
			got, err := download(t.Context(), client, name)
			return err == nil && bytes.Equal(got, photo)
		})
	}
	comes(cn)
	vn.stop()
	if err := errors.Join(os.Remove(c.Ledger()), os.RemoveAll(c.Blobs())); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Restore(t.Context(), c, file, server.RestoreOptions{Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	comes(w.start("VN"))
}
