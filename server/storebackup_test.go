package server_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server"
	"github.com/spsalert/spsalert/server/backup"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/store"
)

// identity returns what opens backups, and to whom they are encrypted.
func identity(t *testing.T) ([]age.Identity, []age.Recipient) {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return []age.Identity{key}, []age.Recipient{key.Recipient()}
}

func TestBackupAndRestore(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	issue(t, vn, notification("before the backup"))
	c := w.config("VN")
	file := filepath.Join(t.TempDir(), "b.tar.age")
	identities, recipients := identity(t)
	o := server.BackupOptions{Recipients: recipients, Software: "test", Now: time.Now}
	if _, err := server.Backup(t.Context(), c, file, o); !errors.Is(err, store.ErrLocked) {
		t.Errorf("Backup beside a node: %v, want %v", err, store.ErrLocked)
	}
	vn.stop()
	made, err := server.Backup(t.Context(), c, file, o)
	if err != nil || made.Size != 2 || made.Origin != "asean-cn/VN/1" {
		t.Fatalf("Backup = %+v, %v, want two entries", made, err)
	}
	vn = w.start("VN")
	issue(t, vn, notification("after the backup"))
	vn.stop()

	back := server.RestoreOptions{Identities: identities, Now: time.Now}
	if got, err := server.VerifyBackup(t.Context(), file, back); err != nil || got.Found.Ledger.Entries != 2 || got.Fingerprint != w.fed.Office("VN").Card.Fingerprint() {
		t.Errorf("VerifyBackup = %+v, %v, want two entries of VN", got, err)
	}
	if _, err := server.Restore(t.Context(), c, file, back); !errors.Is(err, server.ErrOccupied) {
		t.Errorf("Restore over a ledger: %v, want %v", err, server.ErrOccupied)
	}
	other := w.config("CN")
	if err := os.Remove(other.Ledger()); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Restore(t.Context(), other, file, back); !errors.Is(err, server.ErrOtherOffice) {
		t.Errorf("Restore at another office: %v, want %v", err, server.ErrOtherOffice)
	}
	if err := errors.Join(os.Remove(c.Ledger()), os.Remove(filepath.Join(c.Peers, "CN.card"))); err != nil {
		t.Fatal(err)
	}
	got, err := server.Restore(t.Context(), c, file, back)
	if err != nil || got.Found.Ledger.Entries != 2 || !strings.Contains(got.NotNewest, "older than the anchor") {
		t.Fatalf("Restore = %+v, %v, want two entries, older than the anchor", got, err)
	}
	// CN may have been revoked after the backup: its card is no more than proposed.
	if _, err := os.Lstat(filepath.Join(c.Peers, "CN.card")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the card of CN, removed after the backup: %v, want it not accepted", err)
	}
	proposal := server.Proposal{Office: "CN", Fingerprint: w.fed.Office("CN").Card.Fingerprint(), File: filepath.Join(c.Peers, "restored", "CN.card")}
	if diff := cmp.Diff([]server.Proposal{proposal}, got.Proposals); diff != "" {
		t.Errorf("proposals (-want +got):\n%s", diff)
	}
	if card, err := certs.LoadCard(proposal.File); err != nil || card.Fingerprint() != proposal.Fingerprint {
		t.Errorf("the proposed card: %v, want that of CN", err)
	}
	if left, err := filepath.Glob(filepath.Join(c.Data, "*.tmp")); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v, want nothing", left, err)
	}
	vn = w.start("VN")
	_, err = vn.validator().IssueStatement(t.Context(), request(vn, notification("fork")))
	if status.Code(err) != codes.FailedPrecondition || reason(err) != "READ_ONLY" {
		t.Errorf("issue from a restored ledger: %v, want READ_ONLY", err)
	}
	admin := spsv1.NewNodeServiceClient(vn.as(certs.RoleAdmin, "minh"))
	if node, err := admin.GetNode(t.Context(), &spsv1.GetNodeRequest{}); err != nil || !node.GetReadOnly() {
		t.Errorf("node = %v, %v, want read-only", node, err)
	}
	vn.stopped = true // its stop wants a store that is the newest
	if err := vn.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// What is damaged is neither backed up nor restored.
func TestDamageIsFound(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	c := w.config("VN")
	dir := t.TempDir()
	file := filepath.Join(dir, "b.tar")
	o := server.BackupOptions{Now: time.Now}
	if _, err := server.Backup(t.Context(), c, file, o); err != nil {
		t.Fatal(err)
	}
	spoil(t, file)
	back := server.RestoreOptions{Now: time.Now}
	if _, err := server.VerifyBackup(t.Context(), file, back); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("VerifyBackup: %v, want %v", err, backup.ErrDamaged)
	}
	if err := os.Rename(c.Ledger(), c.Ledger()+".old"); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Restore(t.Context(), c, file, back); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("Restore: %v, want %v", err, backup.ErrDamaged)
	}
	if _, err := os.Lstat(c.Ledger()); err == nil {
		t.Error("a damaged backup was restored")
	}
	if err := os.Rename(c.Ledger()+".old", c.Ledger()); err != nil {
		t.Fatal(err)
	}
	spoil(t, c.Ledger())
	if _, err := server.Backup(t.Context(), c, filepath.Join(dir, "c.tar"), o); err == nil {
		t.Error("a damaged store was backed up")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("the folder holds %v, %v, want the first backup only", left, err)
	}
}

// An attachment goes with the statement, draft or finding that names it; what is
// lost is counted.
func TestAttachmentsAreBackedUpAndRestored(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	c := w.config("VN")
	photo := []byte("what the inspector saw")
	at := filepath.Join(c.Blobs(), blob.Path(sha256.Sum256(photo)))
	vn := w.start("VN")
	st := notification("with a photo")
	st.Attachments = []*spsv1.Attachment{vn.upload(vn.attachments(), "a1", photo)}
	issue(t, vn, st)
	st = notification("not issued yet")
	st.Attachments = []*spsv1.Attachment{vn.upload(vn.attachments(), "a1", []byte("of a draft"))}
	begin(t, vn.drafts(certs.RoleValidator, "lan.nguyen"), st)
	report := labReport(t, "L-1")
	report.Attachments = []*spsv1.Attachment{vn.upload(spsv1.NewAttachmentServiceClient(vn.as(certs.RoleLab, "hanoi-lab")), "a1", []byte("of a finding"))}
	vn.lab("hanoi-lab").mustPost(report)
	vn.stop()
	dir := t.TempDir()
	o, back := server.BackupOptions{Now: time.Now}, server.RestoreOptions{Now: time.Now}
	file := filepath.Join(dir, "whole.tar")
	if _, err := server.Backup(t.Context(), c, file, o); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(c.Ledger()), os.RemoveAll(c.Blobs())); err != nil {
		t.Fatal(err)
	}
	if got, err := server.Restore(t.Context(), c, file, back); err != nil || got.Attachments != 3 || got.Missing != 0 {
		t.Fatalf("Restore = %+v, %v, want three attachments", got.Unpacked, err)
	}
	if got, err := os.ReadFile(at); err != nil || !bytes.Equal(got, photo) {
		t.Errorf("restored attachment = %q, %v, want %q", got, err, photo)
	}
	if err := os.Remove(at); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, "lost.tar")
	if _, err := server.Backup(t.Context(), c, file, o); err != nil {
		t.Fatal(err)
	}
	if got, err := server.VerifyBackup(t.Context(), file, back); err != nil || got.Attachments != 2 || got.Missing != 1 {
		t.Errorf("VerifyBackup = %+v, %v, want one attachment missing", got.Unpacked, err)
	}
}
