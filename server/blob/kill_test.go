package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

const (
	killEnv   = "BLOB_TEST_KILL" // step at which the process kills itself
	folderEnv = "BLOB_TEST_FOLDER"
)

// TestMain is also the writer that TestKill kills.
func TestMain(m *testing.M) {
	if at := os.Getenv(killEnv); at != "" {
		os.Exit(writeUntilKilled(at))
	}
	os.Exit(m.Run())
}

// writeUntilKilled uploads one file and fetches another, and kills itself with
// SIGKILL at a step. It returns 0 if that step never came.
func writeUntilKilled(at string) int {
	s, err := Open(Options{Dir: os.Getenv(folderEnv), Quota: 1 << 30, Keep: time.Hour})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	s.step = func(step string) {
		if step == at {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	if err := uploadAndFetch(s); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func uploadAndFetch(s *Store) error {
	uploaded, fetched := pdf(70_000, 1), pdf(90_000, 2)
	if _, _, err := s.Put(context.Background(), bytes.NewReader(uploaded), Declared{MediaType: "application/pdf"}); err != nil {
		return err
	}
	p, err := s.Resume(sha256.Sum256(fetched), int64(len(fetched)))
	if err != nil {
		return err
	}
	defer p.Close()
	for !p.Whole() {
		next := fetched[p.Offset():]
		if _, err := p.Write(next[:min(len(next), 30_000)]); err != nil {
			return err
		}
	}
	_, err = p.Finish(context.Background())
	return err
}

// TestKill kills a writer at each of its steps. Afterwards what is held is
// whole, nothing else lies about, and the writer can do it all again.
func TestKill(t *testing.T) {
	for _, step := range []string{"written", "synced", "before the rename", "renamed", "part written", "part synced"} {
		t.Run(step, func(t *testing.T) {
			dir := t.TempDir()
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), killEnv+"="+step, folderEnv+"="+dir)
			out, _ := cmd.CombinedOutput()
			if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || ws.Signal() != syscall.SIGKILL {
				t.Fatalf("the writer ended with %v, want it killed: %s", cmd.ProcessState, out)
			}
			s := open(t, dir, nil)
			if err := s.Folder().Walk(func(d Digest, _ int64) error { return s.Folder().Verify(t.Context(), d) }); err != nil {
				t.Error(err)
			}
			if err := uploadAndFetch(s); err != nil {
				t.Fatal(err)
			}
			checkHeld(t, s, pdf(70_000, 1), pdf(90_000, 2))
			if got := s.Usage().Partial; got != 0 {
				t.Errorf("%d bytes stay set aside, want 0", got)
			}
		})
	}
}
