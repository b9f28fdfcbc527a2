package backup_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/server/backup"
)

// keep runs a keeper over a folder until the test ends, and returns what its
// source is asked before each backup.
func keep(t *testing.T, folder string, every time.Duration, most int) (*backup.Keeper, *faults) {
	t.Helper()
	s := source(t)
	f := &faults{}
	k := backup.NewKeeper(backup.KeeperOptions{
		Folder: folder, Office: "VN", Every: every, Keep: most, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		Source: func() (backup.Source, error) {
			s.Now = time.Now
			return s, f.next()
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { k.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return k, f
}

// faults says which backups fail.
type faults struct {
	mu   sync.Mutex
	fail error
}

func (f *faults) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = err
}

func (f *faults) next() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fail
}

func TestBackupsAreMadeOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		for _, name := range []string{"spsd-CN-20000101T000000.000Z.tar", "notes.txt", "spsd-VN-19991201T000000.000Z.tar.new"} {
			if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		k, f := keep(t, folder, 24*time.Hour, 2)
		want := func(what string, files int, failures uint64, age time.Duration) {
			t.Helper()
			synctest.Wait()
			kept, err := backup.List(folder, "VN")
			if err != nil || len(kept) != files {
				t.Errorf("%s: %d backups, %v, want %d", what, len(kept), err, files)
			}
			s, err := k.Standing()
			if err != nil || s.Failures != failures || time.Since(s.Since).Round(time.Hour) != age || s.Running {
				t.Errorf("%s: standing %+v, %v, want %d failures, age %s", what, s, err, failures, age)
			}
		}
		time.Sleep(time.Minute)
		want("at the start, since there is none", 1, 0, 0)
		time.Sleep(23 * time.Hour)
		want("before the next is due", 1, 0, 23*time.Hour)
		time.Sleep(2 * time.Hour)
		want("when it was due", 2, 0, time.Hour)
		f.set(errors.New("the share is away"))
		time.Sleep(24 * time.Hour)
		s, err := k.Standing()
		if err != nil || s.Failure == nil || s.Failures < 3 {
			t.Errorf("standing = %+v, %v, want it tried again and again", s, err)
		}
		f.set(nil)
		time.Sleep(time.Hour)
		want("when the share is back", 2, s.Failures, time.Hour)
		time.Sleep(24 * time.Hour)
		want("the day after", 2, s.Failures, time.Hour)
		for name, there := range map[string]bool{"spsd-CN-20000101T000000.000Z.tar": true, "notes.txt": true, "spsd-VN-19991201T000000.000Z.tar.new": false} {
			if _, err := os.Stat(filepath.Join(folder, name)); (err == nil) != there {
				t.Errorf("%s is there: %t, want %t", name, err == nil, there)
			}
		}
	})
}

func TestBackupsAreMadeWhenAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		k, f := keep(t, folder, 0, 3)
		time.Sleep(100 * time.Hour)
		if jobs, err := k.Jobs(); err != nil || len(jobs) != 0 {
			t.Errorf("Jobs = %v, %v, want none: nobody has asked", jobs, err)
		}
		asked := k.Ask()
		if again := k.Ask(); again.Name != asked.Name || asked.State != backup.Running {
			t.Errorf("Ask = %+v, then %+v, want the same, running", asked, again)
		}
		synctest.Wait()
		if got, err := k.Job(asked.Name); err != nil || got.State != backup.Complete || got.About.Size != 42 || got.Bytes == 0 {
			t.Errorf("Job = %+v, %v, want it complete", got, err)
		}
		time.Sleep(time.Hour)
		f.set(errors.New("the share is away"))
		failed := k.Ask()
		synctest.Wait()
		jobs, err := k.Jobs()
		if err != nil || len(jobs) != 2 || jobs[0].Name != failed.Name || jobs[0].State != backup.Failed || jobs[0].Err == nil {
			t.Errorf("Jobs = %+v, %v, want the one that failed, and the first", jobs, err)
		}
		if _, err := k.Job("spsd-VN-20000101T000000.000Z.tar"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("Job of none: %v, want %v", err, os.ErrNotExist)
		}
	})
}

// Names that a wrong clock left do not push out what is made now.
func TestTheBackupJustMadeIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		for _, name := range []string{"spsd-VN-20980101T000000.000Z.tar", "spsd-VN-20990101T000000.000Z.tar"} {
			if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		k, _ := keep(t, folder, 0, 2)
		made := k.Ask()
		synctest.Wait()
		kept, err := backup.List(folder, "VN")
		if err != nil || len(kept) != 2 || kept[1].Name != made.Name {
			t.Errorf("kept %v, %v, want 2 with %s", kept, err, made.Name)
		}
	})
}
