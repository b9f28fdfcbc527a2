package backup_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/server/backup"
)

// victimEnv has a process of this test run victim in the folder that it holds.
const victimEnv = "BACKUP_TEST_VICTIM"

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimEnv); dir != "" {
		victim(dir)
		return
	}
	os.Exit(m.Run())
}

// large is the store of the victim, long enough to be killed in each step.
var large = bytes.Repeat([]byte("0123456789abcdef"), 1<<16)

// victim makes one backup after the other, for ever.
func victim(dir string) {
	fed, err := authority.NewFederation("asean-cn", time.Now, authority.Options{Office: "VN"})
	if err != nil {
		fmt.Println(err)
		return
	}
	s := backup.Source{
		Snapshot: func(_ context.Context, w io.Writer) error { _, err := w.Write(large); return err },
		Describe: func(context.Context, string) (backup.About, error) {
			return backup.About{Origin: "asean-cn/VN/1", Size: 1, Root: make([]byte, 32), StoreFormat: 1}, nil
		},
		Roster: fed.Office("VN").Roster, Work: dir, Now: time.Now,
	}
	for i := 0; ; i++ {
		file := filepath.Join(dir, fmt.Sprintf("%d-%d.tar", os.Getpid(), i))
		if _, err := backup.Create(context.Background(), file, s); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(file)
	}
}

// TestKill kills a process while it makes backups, at random moments, and
// expects every file of a backup to be whole, and all that were said to be made.
func TestKill(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	whole := 0
	for round := range 12 {
		after := time.Duration(random.Int64N(int64(200 * time.Millisecond)))
		whole += expectWhole(t, dir, kill(t, dir, round%2 == 0, after))
	}
	t.Logf("%d backups are whole", whole)
	if whole == 0 {
		t.Error("no kill came after a backup: the test shows nothing")
	}
}

// kill starts a victim, kills it so long after its start, or after its first
// backup, and returns what it said.
func kill(t *testing.T, dir string, early bool, after time.Duration) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), victimEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	lines := bufio.NewScanner(out)
	if !early && lines.Scan() {
		said.WriteString(lines.Text() + "\n")
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
	}
	if err := cmd.Wait(); err == nil {
		t.Fatalf("the victim ended before it was killed: %s", said.String())
	}
	return said.String()
}

// expectWhole checks all backups in a folder and removes them; said are the
// lines of the victim.
func expectWhole(t *testing.T, dir, said string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.tar"))
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, file := range files {
		there[file] = true
		to := t.TempDir()
		u, err := backup.Unpack(t.Context(), file, to, nil, nil)
		if err != nil {
			t.Errorf("after a kill: %v", err)
			continue
		}
		if got, err := os.ReadFile(u.Ledger()); err != nil || !bytes.Equal(got, large) {
			t.Errorf("after a kill the store in %s is another (%v)", file, err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(to); err != nil {
			t.Fatal(err)
		}
	}
	for line := range strings.Lines(said) {
		if line = strings.TrimSpace(line); !there[line] {
			t.Errorf("the victim said %q, and it is not there", line)
		}
	}
	return len(files)
}
