package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spsalert/spsalert/certs"
)

// retry is how long after a failure the next backup is tried.
const retry = 10 * time.Minute

// KeeperOptions is what a keeper works with. All fields are required but Every.
type KeeperOptions struct {
	Folder    string
	Office    certs.Office
	Every     time.Duration // 0: only when somebody asks
	Keep      int           // so many stay in the folder
	Encrypted bool
	Source    func() (Source, error) // of the next backup
	Now       func() time.Time       // the clock of names
	Logger    *slog.Logger
}

// Keeper makes the backups of a running node, one at a time: those that are due
// and those that somebody asks for. Its methods are safe for concurrent use.
type Keeper struct {
	o     KeeperOptions
	began time.Time
	asked chan struct{} // of size one, carries no data

	mu       sync.Mutex
	current  *Job // asked for or under way; nil: none
	last     *Job // that ended last, since the start
	failures uint64
}

// State says how far a backup is.
type State int

// The states of a backup.
const (
	Running State = iota + 1 // or about to
	Complete
	Failed
)

// Job is one backup.
type Job struct {
	Name      string // of the file
	State     State
	Began     time.Time
	Ended     time.Time // zero: not yet
	Encrypted bool
	Bytes     int64    // of the file, once it is complete
	Progress  Progress // while it runs
	About     About    // of one that was made since the start; else zero
	Err       error    // why it failed
	// Damaged are the attachments that one that was made since the start lacks,
	// since they are damaged here: their digests, as far as they are named.
	Damaged []string
}

// Standing says how it stands with the backups of a node.
type Standing struct {
	Every    time.Duration // 0: none on time
	Newest   time.Time     // when the newest good one was made; zero: none is there
	Since    time.Time     // Newest, or when the node started
	Bytes    int64         // of the newest
	Running  bool
	Failures uint64 // since the start
	Failure  error  // of the last one, if it failed
	// Damaged are the attachments that the last one lacks, if it was made since
	// the start: see [Job].
	Damaged []string
}

// NewKeeper returns a keeper that does nothing until [Keeper.Run].
func NewKeeper(o KeeperOptions) *Keeper {
	return &Keeper{o: o, began: o.Now(), asked: make(chan struct{}, 1)}
}

// Run makes backups until ctx ends; one that is under way then is given up.
func (k *Keeper) Run(ctx context.Context) {
	tried := time.Time{}
	for {
		timer := time.NewTimer(k.wait(tried))
		if k.o.Every == 0 {
			timer.Stop() // it never fires
		}
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-k.asked:
			timer.Stop()
		}
		tried = k.o.Now()
		k.make(ctx)
	}
}

// wait returns how long it is until the next backup is due.
func (k *Keeper) wait(tried time.Time) time.Duration {
	s, err := k.Standing()
	due := k.o.Now()
	if err == nil && !s.Newest.IsZero() {
		due = s.Newest.Add(k.o.Every)
	}
	if !tried.IsZero() && (err != nil || s.Failure != nil) {
		due = tried.Add(min(retry, k.o.Every))
	}
	// A clock that was set back must not put a backup off for long.
	return min(max(due.Sub(k.o.Now()), 0), k.o.Every)
}

// Ask begins a backup if none is under way, and returns the one that is.
func (k *Keeper) Ask() Job {
	job := k.begin()
	select {
	case k.asked <- struct{}{}:
	default: // it was asked for already
	}
	return job
}

// begin returns the present job, or a new one.
func (k *Keeper) begin() Job {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current == nil {
		now := k.o.Now()
		k.current = &Job{Name: FileName(k.o.Office, now, k.o.Encrypted), State: Running, Began: now, Encrypted: k.o.Encrypted}
	}
	return *k.current
}

// make makes a backup, and takes old ones away if it is good.
func (k *Keeper) make(ctx context.Context) {
	job := k.begin()
	select {
	case <-k.asked: // asked for and due at once: it is this one
	default:
	}
	m, err := k.create(ctx, job.Name)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	k.finish(job.Name, m, err)
	switch {
	case ctx.Err() != nil:
		k.o.Logger.Info("the backup is given up, since the node stops", "file", job.Name)
	case err != nil:
		k.o.Logger.Error("alarm: no backup was made", "file", job.Name, "err", err)
	default:
		if len(m.Damaged) > 0 {
			k.o.Logger.Error("alarm: the backup lacks attachments that are damaged on the disk", "file", job.Name, "attachments", m.Damaged)
		}
		k.o.Logger.Info("backed up", "file", job.Name, "origin", m.Origin, "size", m.Size, "took", k.o.Now().Sub(job.Began))
		if err := prune(k.o.Folder, k.o.Office, job.Name, k.o.Keep); err != nil {
			k.o.Logger.Warn("old backups are not taken away", "err", err)
		}
	}
}

func (k *Keeper) create(ctx context.Context, name string) (Made, error) {
	source, err := k.o.Source()
	if err != nil {
		return Made{}, err
	}
	source.Progress = func(p Progress) {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.current != nil {
			k.current.Progress = p
		}
	}
	return Create(ctx, filepath.Join(k.o.Folder, name), source)
}

func (k *Keeper) finish(name string, m Made, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	job := k.current
	k.current, k.last = nil, job
	job.Ended, job.State, job.Err, job.About, job.Damaged = k.o.Now(), Complete, err, m.About, m.Damaged
	if err != nil {
		k.failures++
		job.State = Failed
	}
	if info, err := os.Stat(filepath.Join(k.o.Folder, name)); err == nil {
		job.Bytes = info.Size()
	}
}

// Jobs returns the backup that is under way, the last one if it failed, and all
// in the folder, the newest first.
func (k *Keeper) Jobs() ([]Job, error) {
	kept, err := List(k.o.Folder, k.o.Office)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	var jobs []Job
	if k.current != nil {
		jobs = append(jobs, *k.current)
	}
	if k.last != nil && k.last.State == Failed {
		jobs = append(jobs, *k.last)
	}
	for _, file := range kept {
		job := Job{Name: file.Name, State: Complete, Began: file.Time, Encrypted: file.Encrypted, Bytes: file.Bytes}
		if k.last != nil && k.last.Name == file.Name {
			job = *k.last
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}

// Job returns a backup by the name of its file, or an error that is
// [fs.ErrNotExist].
func (k *Keeper) Job(name string) (Job, error) {
	jobs, err := k.Jobs()
	if err != nil {
		return Job{}, err
	}
	for _, job := range jobs {
		if job.Name == name {
			return job, nil
		}
	}
	return Job{}, fmt.Errorf("backup %s: %w", name, fs.ErrNotExist)
}

// Standing returns how it stands. An error is that of the folder, which may be on
// a machine that does not answer.
func (k *Keeper) Standing() (Standing, error) {
	kept, err := List(k.o.Folder, k.o.Office)
	k.mu.Lock()
	defer k.mu.Unlock()
	s := Standing{Every: k.o.Every, Since: k.began, Running: k.current != nil, Failures: k.failures}
	if len(kept) > 0 {
		s.Newest, s.Since, s.Bytes = kept[0].Time, kept[0].Time, kept[0].Bytes
	}
	if k.last != nil && k.last.State == Failed && !errors.Is(k.last.Err, context.Canceled) {
		s.Failure = k.last.Err
	}
	if k.last != nil {
		s.Damaged = k.last.Damaged
	}
	return s, err
}
