package server_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/server"
)

// One bad file among the cards keeps no node from starting; it is an alarm.
func TestStartBesideABadCard(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	c := w.config("VN")
	if err := os.WriteFile(filepath.Join(c.Peers, "TH.card"), []byte("no card"), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	n, err := server.New(t.Context(), server.Options{Config: c, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatalf("New = %v, want a node", err)
	}
	if err := n.Stop(t.Context()); err != nil {
		t.Errorf("Stop = %v", err)
	}
	if got := log.String(); !strings.Contains(got, "level=ERROR") || !strings.Contains(got, "TH.card") {
		t.Errorf("log is %q, want an alarm that names TH.card", got)
	}
}

// Nor does it keep the store from being verified: it is named, after all else.
func TestVerifyBesideABadCard(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	issue(t, vn, notification("mango"))
	vn.stop()
	c := w.config("VN")
	if err := os.WriteFile(filepath.Join(c.Peers, "TH.card"), []byte("no card"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := server.Verify(t.Context(), c)
	if !errors.Is(err, server.ErrUnchecked) || !strings.Contains(err.Error(), "TH.card") {
		t.Errorf("Verify: %v, want %v, with the name of the card", err, server.ErrUnchecked)
	}
	if got.Ledger.Entries != 2 || got.Register.AuditRecords != 1 {
		t.Errorf("Verify = %+v, want 2 entries and 1 audit record", got)
	}
}

func TestVerifyNamesABadCardBesideDamage(t *testing.T) {
	w := newWorld(t, "VN")
	c := w.config("VN")
	if err := os.WriteFile(filepath.Join(c.Peers, "TH.card"), []byte("no card"), 0o600); err != nil {
		t.Fatal(err)
	}
	spoil(t, c.Ledger())
	if _, err := server.Verify(t.Context(), c); !errors.Is(err, server.ErrDamaged) || !strings.Contains(err.Error(), "TH.card") {
		t.Errorf("Verify of a damaged one: %v, want %v, with the name of the card", err, server.ErrDamaged)
	}
}
