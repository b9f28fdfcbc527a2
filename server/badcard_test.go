package server_test

import (
	"bytes"
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
