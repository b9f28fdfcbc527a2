package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// call is one thing that a program asked of a file.
type call struct {
	N         int    `json:"n,omitempty"` // its number, from 1, among those that count
	Call      string `json:"call"`
	Path      string `json:"path"`
	To        string `json:"to,omitempty"` // of a rename or a link
	Offset    int64  `json:"offset,omitempty"`
	Size      int64  `json:"size,omitempty"`
	Data      []byte `json:"data,omitempty"` // what is written
	Result    int64  `json:"result,omitempty"`
	Prevented bool   `json:"prevented,omitempty"`
	Killed    bool   `json:"killed,omitempty"`
	At        int64  `json:"at"` // Unix nanoseconds, when it was entered
}

// names are the calls that are looked at.
var names = map[uint64]string{
	unix.SYS_WRITE: "write", unix.SYS_PWRITE64: "pwrite64", unix.SYS_FSYNC: "fsync", unix.SYS_FDATASYNC: "fdatasync",
	unix.SYS_FTRUNCATE: "ftruncate", unix.SYS_FALLOCATE: "fallocate", unix.SYS_RENAME: "rename",
	unix.SYS_RENAMEAT: "rename", unix.SYS_RENAMEAT2: "rename", unix.SYS_LINKAT: "link", unix.SYS_UNLINKAT: "unlink",
}

// read returns what a thread asks for, nil if that is not looked at.
func (t *tracer) read(tid int, data [8]uint64) *call {
	name, args := names[data[0]], data[1:]
	if name == "" {
		return nil
	}
	c := &call{Call: name, At: time.Now().UnixNano()}
	switch data[0] {
	case unix.SYS_RENAME:
		c.Path, c.To = text(tid, args[0]), text(tid, args[1])
	case unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_LINKAT:
		c.Path, c.To = text(tid, args[1]), text(tid, args[3])
	case unix.SYS_UNLINKAT:
		c.Path = text(tid, args[1])
	default:
		path, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", tid, int32(args[0])))
		if err != nil {
			return nil
		}
		c.Path = path
	}
	if !slices.ContainsFunc(t.folders, func(folder string) bool { return below(folder, c.Path) }) {
		return nil
	}
	switch name {
	case "pwrite64":
		c.Offset, c.Size = int64(args[3]), int64(args[2])
	case "write":
		c.Size = int64(args[2])
	case "ftruncate":
		c.Size = int64(args[1])
	}
	if t.journal != nil && (name == "write" || name == "pwrite64") {
		c.Data = memory(tid, args[1], c.Size)
	}
	return c
}

// below reports whether a path is the folder or lies below it.
func below(folder, path string) bool {
	relative, err := filepath.Rel(folder, path)
	return err == nil && relative != ".." && !strings.HasPrefix(relative, "../")
}

// text reads a path from the memory of a thread.
func text(tid int, address uint64) string {
	b := memory(tid, address, unix.PathMax)
	end := bytes.IndexByte(b, 0)
	return string(b[:max(end, 0)])
}

// memory reads from the memory of a thread as much as is there.
func memory(tid int, address uint64, size int64) []byte {
	f, err := os.Open(fmt.Sprintf("/proc/%d/mem", tid))
	if err != nil {
		return nil
	}
	defer f.Close()
	b := make([]byte, size)
	n, _ := f.ReadAt(b, int64(address)) // a path may end before an unmapped page
	return b[:n]
}

// journal is the file of all calls.
type journal struct{ *json.Encoder }

func openJournal(path string) (*journal, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &journal{json.NewEncoder(f)}, nil
}

func (j *journal) write(c *call) {
	if j == nil {
		return
	}
	if err := j.Encode(c); err != nil {
		fmt.Fprintln(os.Stderr, "tracer: journal:", err)
	}
}
