package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/spsalert/spsalert/certs"
)

const nameTime = "20060102T150405.000Z"

var fileName = regexp.MustCompile(`^spsd-([A-Z]{2})-([0-9]{8}T[0-9]{6}\.[0-9]{3}Z)\.tar(\.age)?$`)

// Kept is a backup in a folder.
type Kept struct {
	Name      string // of the file
	Time      time.Time
	Bytes     int64
	Encrypted bool
}

// FileName returns the name of the file of a backup made at a time. Names sort
// as their times do.
func FileName(office certs.Office, at time.Time, encrypted bool) string {
	name := fmt.Sprintf("spsd-%s-%s.tar", office, at.UTC().Format(nameTime))
	if encrypted {
		name += ".age"
	}
	return name
}

// parseFileName returns what a file name says; false if it is no backup of that
// office.
func parseFileName(office certs.Office, name string) (Kept, bool) {
	m := fileName.FindStringSubmatch(name)
	if m == nil || m[1] != string(office) {
		return Kept{}, false
	}
	at, err := time.Parse(nameTime, m[2])
	return Kept{Name: name, Time: at, Encrypted: m[3] != ""}, err == nil
}

// List returns the backups of an office in a folder, the newest first. Files of
// other names are passed over.
func List(folder string, office certs.Office) ([]Kept, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("list backups: %w", err)
	}
	var all []Kept
	for _, e := range entries {
		k, ok := parseFileName(office, e.Name())
		if !ok {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // somebody has just removed it
		}
		if err != nil {
			return nil, fmt.Errorf("list backups: %w", err)
		}
		k.Bytes = info.Size()
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b Kept) int { return b.Time.Compare(a.Time) })
	return all, nil
}

// prune removes all backups of an office but the one just made and the newest
// others, so many in all, and what interrupted ones left. The one just made
// stays whatever the names of others say: some may be of a clock that was ahead.
func prune(folder string, office certs.Office, made string, keep int) error {
	all, err := List(folder, office)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(k Kept) bool { return k.Name == made })
	var errs []error
	for _, old := range all[min(max(keep-1, 0), len(all)):] {
		errs = append(errs, os.Remove(filepath.Join(folder, old.Name)))
	}
	left, err := filepath.Glob(filepath.Join(folder, "spsd-"+string(office)+"-*"+newSuffix))
	errs = append(errs, err)
	for _, file := range left {
		errs = append(errs, os.Remove(file))
	}
	return errors.Join(errs...)
}
