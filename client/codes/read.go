package codes

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Limits of a file.
const (
	maxFile    = 256 << 20 // bytes
	maxEntries = 1_000_000
	maxRow     = 64 << 10 // bytes of one row
	maxCode    = 100      // characters of a code
	maxText    = 1000     // characters of a name
	maxNamed   = 100      // problems that are named; more are counted
)

// Problem is one thing that is wrong with a file.
type Problem struct {
	Line     int    // counted from 1; 0: the file as a whole
	Column   string // empty: the row as a whole
	Sentence string // what to do
}

// String returns the problem as a sentence, with where it is.
func (p Problem) String() string {
	switch {
	case p.Line == 0:
		return p.Sentence
	case p.Column == "":
		return fmt.Sprintf("line %d: %s", p.Line, p.Sentence)
	}
	return fmt.Sprintf("line %d, %s: %s", p.Line, p.Column, p.Sentence)
}

// FileError is everything that is wrong with a file, at once.
type FileError struct {
	File     string
	Problems []Problem // the first hundred
	More     int       // how many there are after these
}

// Error returns each problem on a line of its own.
func (e *FileError) Error() string {
	lines := make([]string, len(e.Problems), len(e.Problems)+1)
	for i, p := range e.Problems {
		lines[i] = e.File + ": " + p.String()
	}
	if e.More > 0 {
		lines = append(lines, fmt.Sprintf("%s: and %d more", e.File, e.More))
	}
	return strings.Join(lines, "\n")
}

// fileName is how a file of a list is named: its list, perhaps its version, and
// what it is.
var fileName = regexp.MustCompile(`^([a-z][a-z0-9-]{0,62})(?:@([A-Za-z0-9._+-]{1,50}))?\.(csv|tsv|txt|xml)$`)

// Read reads a list from a file of the given name (without a folder), which says
// which list it is and perhaps which version; see the comment of the package for
// the layouts. What is wrong with the content is a *[FileError] with everything
// at once. It reads row by row and keeps the entries only: a file that never
// ends is an error at 256 MiB, or at a million entries.
func Read(r io.Reader, file string) (*List, error) {
	named := fileName.FindStringSubmatch(file)
	if named == nil {
		return nil, &FileError{File: file, Problems: []Problem{{
			Sentence: "name the file after its list and version, in the manner of hs@2022.csv, or ucum.xml",
		}}}
	}
	rd := &reader{
		list:     &List{System: named[1], Version: named[2], File: file, Source: "file " + file},
		places:   make(map[string]place),
		problems: FileError{File: file},
	}
	if base, ok := Builtin().List(rd.list.System); ok {
		rd.check = forms[base.form]
		rd.foreign = base.Parents != ""
	}
	limited := &io.LimitedReader{R: r, N: maxFile + 1}
	if err := rd.read(newReader(limited)); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if limited.N == 0 {
		rd.add(0, "", "split the list or leave out columns, a file may have %d MiB", maxFile>>20)
	}
	if len(rd.list.entries) == 0 && len(rd.problems.Problems) == 0 {
		rd.add(0, "", "give at least one row below the names of the columns")
	}
	if len(rd.problems.Problems) > 0 {
		return nil, &rd.problems
	}
	rd.list.name()
	rd.list.ready()
	return rd.list, nil
}

// reader reads one file.
type reader struct {
	list     *List
	check    func(string) error // the form of the codes of the list; nil: none is known
	foreign  bool               // parents belong to another list
	places   map[string]place   // of the codes
	problems FileError
}

// place is where a code stands: on which line, and as which entry.
type place struct{ line, index int }

func (rd *reader) add(line int, column, format string, args ...any) {
	if len(rd.problems.Problems) == maxNamed {
		rd.problems.More++
		return
	}
	rd.problems.Problems = append(rd.problems.Problems, Problem{Line: line, Column: column, Sentence: fmt.Sprintf(format, args...)})
}

// read reads a whole file. The error is one of reading, not of the content.
func (rd *reader) read(r *bufio.Reader) error {
	if start, err := r.Peek(3); err == nil && bytes.Equal(start, []byte("\ufeff")) {
		_, _ = r.Discard(3) // just peeked at
	}
	start, err := r.Peek(1)
	if err != nil {
		if errors.Is(err, io.EOF) {
			rd.add(0, "", "the file is empty")
			return nil
		}
		return err
	}
	if start[0] == '<' {
		return rd.ucum(r)
	}
	return rd.table(r)
}

// entry takes an entry that stands on a line, unless something is wrong with it.
func (rd *reader) entry(e Entry, line int) {
	code := "code"
	switch n := len([]rune(e.Code)); {
	case n == 0:
		rd.add(line, code, "give the code")
		return
	case n > maxCode:
		rd.add(line, code, "shorten %.20q… to %d characters, it has %d", e.Code, maxCode, n)
		return
	}
	if rd.check != nil {
		if err := rd.check(e.Code); err != nil {
			rd.add(line, code, "correct %q: %v", e.Code, err)
			return
		}
	}
	for _, n := range e.Names {
		if length := len([]rune(n.Text)); length > maxText {
			rd.add(line, n.Lang, "shorten %.20q… to %d characters, it has %d", n.Text, maxText, length)
			return
		}
	}
	for _, other := range e.Other {
		if length := len([]rune(other)); length > maxText {
			rd.add(line, "", "shorten %.20q… to %d characters, it has %d", other, maxText, length)
			return
		}
	}
	if first, twice := rd.places[e.Code]; twice {
		rd.again(&rd.list.entries[first.index], e, line, first.line)
		return
	}
	if len(rd.list.entries) == maxEntries {
		rd.add(line, "", "split the list, it may have %d entries", maxEntries)
		return
	}
	rd.places[e.Code] = place{line: line, index: len(rd.list.entries)}
	rd.list.entries = append(rd.list.entries, e)
}

// again takes a code that was given already on the line first: lists that give a
// row to each name, and those that repeat a row, are whole.
func (rd *reader) again(had *Entry, e Entry, line, first int) {
	if had.Parent != e.Parent {
		rd.add(line, "code", "give %q once, line %d has it under another parent", e.Code, first)
		return
	}
	for _, n := range e.Names {
		if text := in(had.Names, n.Lang); text != "" && text != n.Text {
			had.Other = append(had.Other, n.Text)
		}
	}
	had.Names = merge(had.Names, e.Names)
	had.Other = append(had.Other, e.Other...)
	had.Retired = had.Retired && e.Retired
}

// newReader returns a reader with a buffer of the size that reading needs.
func newReader(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, 64<<10) }
