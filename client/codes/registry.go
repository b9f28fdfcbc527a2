package codes

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Registry is the lists that are known at a node: the built-in ones, and those
// of the files in a folder laid over them. It is safe for concurrent use.
type Registry struct {
	folder string
	lists  atomic.Pointer[map[string]*List]

	mu     sync.Mutex
	seen   map[string]*file  // by name
	faults map[string]string // by list: why its newest file is not in force
}

// file is what was made of a file when it was last read.
type file struct {
	size int64 // with time, as it was read; zero if it is to be read again
	time time.Time
	list *List // the last good one
	err  error // of the last reading
}

// Builtin returns the registry of the built-in lists alone.
func Builtin() *Registry { return New("") }

// New returns a registry of the built-in lists, and after [Registry.Reload] of
// the files in a folder; of none if that is empty.
func New(folder string) *Registry {
	r := &Registry{folder: folder, seen: make(map[string]*file)}
	all := builtin()
	r.lists.Store(&all)
	return r
}

// Lists returns all lists, in the order of their names.
func (r *Registry) Lists() []*List {
	all := *r.lists.Load()
	sorted := make([]*List, 0, len(all))
	for _, system := range slices.Sorted(maps.Keys(all)) {
		sorted = append(sorted, all[system])
	}
	return sorted
}

// List returns the list of a name, as in Coding.system.
func (r *Registry) List(system string) (*List, bool) {
	l, ok := (*r.lists.Load())[system]
	return l, ok
}

// Name returns what a code means, in the first of the languages that is there,
// else in English; empty if no list here has it.
func (r *Registry) Name(system, code string, languages ...string) string {
	l, ok := r.List(system)
	if !ok {
		return ""
	}
	e, ok := l.Entry(code)
	if !ok {
		return ""
	}
	return e.Name(languages...)
}

// Fault says why the newest file of a list is not in force; empty if it is.
func (r *Registry) Fault(system string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.faults[system]
}

// Reload looks at the folder again and reads the files that changed. Of several
// files of one list the last by name that is good is in force. A bad file takes
// nothing away: what was in force stays, until the file is mended or removed.
// The error has a *[FileError] for each bad file that would be in force.
func (r *Registry) Reload() error {
	if r.folder == "" {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	names, err := r.look()
	if err != nil {
		return err
	}
	all := maps.Clone(builtin())
	faults := make(map[string]string)
	var errs []error
	for system, files := range names {
		slices.Sort(files)
		for _, name := range slices.Backward(files) {
			f := r.file(name)
			if f.err != nil {
				errs = append(errs, f.err)
				if faults[system] == "" {
					faults[system] = f.err.Error()
				}
			}
			if f.list != nil {
				all[system] = f.list
				break
			}
		}
	}
	r.lists.Store(&all)
	r.faults = faults
	return errors.Join(errs...)
}

// look returns the names of the files in the folder by list, and forgets those
// that are gone. Names that are not those of lists are left alone.
func (r *Registry) look() (map[string][]string, error) {
	entries, err := os.ReadDir(r.folder)
	if err != nil {
		return nil, fmt.Errorf("code lists: %w", err)
	}
	names, here := make(map[string][]string), make(map[string]bool)
	for _, entry := range entries {
		if named := fileName.FindStringSubmatch(entry.Name()); named != nil && !entry.IsDir() {
			names[named[1]] = append(names[named[1]], entry.Name())
			here[entry.Name()] = true
		}
	}
	maps.DeleteFunc(r.seen, func(name string, _ *file) bool { return !here[name] })
	return names, nil
}

// file returns what a file holds, read again if it changed.
func (r *Registry) file(name string) *file {
	f := r.seen[name]
	if f == nil {
		f = &file{}
		r.seen[name] = f
	}
	path := filepath.Join(r.folder, name)
	info, err := os.Stat(path)
	if err == nil && f.size == info.Size() && f.time.Equal(info.ModTime()) {
		return f
	}
	f.size, f.time = 0, time.Time{}
	if err != nil {
		f.err = fmt.Errorf("code list: %w", err)
		return f
	}
	l, err := ReadFile(path)
	f.err = err
	if bad := (*FileError)(nil); err == nil || errors.As(err, &bad) { // what the disk refuses is tried again
		f.size, f.time = info.Size(), info.ModTime()
	}
	if err != nil {
		return f
	}
	f.list = l
	if base, ok := builtin()[l.System]; ok {
		f.list = l.over(base)
	}
	return f
}

// ReadFile is [Read] of the file at a path.
func ReadFile(path string) (*List, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("code list: %w", err)
	}
	defer f.Close() // only read
	return Read(f, filepath.Base(path))
}

// Errors of [Registry.Check].
var (
	// ErrNoList means that no list has the name. It may be one of another office:
	// the code stays as it is.
	ErrNoList = errors.New("no code list has this name")
	// ErrNoCode means that the list does not have the code.
	ErrNoCode = errors.New("the code list does not have this code")
	// ErrRetired means that the list had the code and took it out.
	ErrRetired = errors.New("the code list has taken this code out")
)

// Check returns what a person should look at in a coding: [ErrNoList],
// [ErrNoCode], [ErrRetired], or a *[NumberError] if the code cannot be one of the
// list by its form or check digit. It is nil for a list whose name is a URI, for
// a code that an open list does not have, and for one of another version of the
// list than the one here.
func (r *Registry) Check(system, code, version string) error {
	if strings.ContainsAny(system, ":/") {
		return nil
	}
	l, ok := r.List(system)
	if !ok {
		return ErrNoList
	}
	if check := forms[l.form]; check != nil {
		if err := check(code); err != nil {
			return err
		}
	}
	if version != "" && l.Version != "" && version != l.Version {
		return nil
	}
	base, _, _ := strings.Cut(code, "#") // the facets of FoodEx2
	switch e, ok := l.Entry(base); {
	case !ok && !l.Open && !packages(system, code):
		return ErrNoCode
	case ok && e.Retired:
		return ErrRetired
	}
	return nil
}

// packages reports whether a code stands in a list of units for a package: an X
// and a code of UN/ECE Recommendation 21, which has a list of its own.
func packages(system, code string) bool {
	return system == "unece-rec20" && len(code) == 3 && code[0] == 'X'
}
