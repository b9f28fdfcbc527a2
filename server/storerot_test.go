package server_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/spsalert/spsalert/server/blob"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// An attachment that has rotted on the disk does not keep a node from its
// backups: it is left out and told of, and fetched again from the office that
// has it.
func TestBackupWithoutADamagedAttachment(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	w.backups = t.TempDir()
	cn, vn := w.start("CN"), w.start("VN")
	photo := bytes.Repeat([]byte("what the inspector saw\n"), 20_000)
	st := notification("fruit fly in mango", "VN")
	st.Attachments = []*spsv1.Attachment{cn.upload(cn.attachments(), "a1", photo)}
	name := issue(t, cn, st).GetName() + "/attachments/a1"
	sum := blob.Digest(st.GetAttachments()[0].GetSha256())
	file := filepath.Join(w.config("VN").Blobs(), blob.Path(sum))
	whole := func() bool {
		got, err := os.ReadFile(file)
		return err == nil && bytes.Equal(got, photo)
	}
	eventually(t, "the file has come to VN", whole)
	rotten := bytes.Clone(photo)
	rotten[1000] ^= 1
	if err := os.WriteFile(file, rotten, 0o600); err != nil {
		t.Fatal(err)
	}

	admin := vn.admin()
	made, err := admin.CreateBackup(t.Context(), &spsv1.CreateBackupRequest{})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the backup has ended", func() bool {
		made, err = admin.GetBackup(t.Context(), &spsv1.GetBackupRequest{Name: made.GetName()})
		return err != nil || made.GetState() != spsv1.BackupState_BACKUP_STATE_RUNNING
	})
	if made.GetState() != spsv1.BackupState_BACKUP_STATE_COMPLETE || len(made.GetDamagedAttachments()) != 1 ||
		made.GetDamagedAttachments()[0] != hex.EncodeToString(sum[:]) {
		t.Errorf("backup = %v, %v, want a complete one that names %s", made, err, sum)
	}
	shown, err := admin.GetNode(t.Context(), &spsv1.GetNodeRequest{})
	if err != nil || shown.GetBackups().GetDamagedAttachments() != 1 || shown.GetBackups().GetError() != "" {
		t.Errorf("backups of the node = %v, %v, want one damaged attachment and no error", shown.GetBackups(), err)
	}
	eventually(t, "VN has the file again", whole)
	if got, err := download(t.Context(), vn.attachments(), name); err != nil || !bytes.Equal(got, photo) {
		t.Errorf("download: %d bytes, %v, want the %d uploaded", len(got), err, len(photo))
	}
}
