package tests

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A tree is the Go source of the module, parsed, with build tags ignored: a
// rule holds on every platform.
type tree struct {
	fset  *token.FileSet
	files []*file // in order of path
	gomod []byte
}

// A file is one Go source file. Imports and Dir are relative to the module
// where they are ours: "certs/seal", but "crypto/x509".
type file struct {
	path    string
	dir     string
	test    bool // the name ends in _test.go
	lines   int
	syntax  *ast.File
	imports []imported
}

// An imported is one import line.
type imported struct {
	path string
	name string // as written, or the last part of the path
	pos  token.Pos
}

// wholeTree is this module, parsed once for all tests, which only read it.
var wholeTree = sync.OnceValues(func() (*tree, error) { return load(os.DirFS("..")) })

// load parses the module whose root is fsys. It leaves out other modules,
// folders that Go leaves out too, and third_party.
func load(fsys fs.FS) (*tree, error) {
	t := &tree{fset: token.NewFileSet()}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return enter(fsys, name)
		case name == "go.mod":
			t.gomod, err = fs.ReadFile(fsys, name)
			return err
		case path.Ext(name) == ".go":
			return t.add(fsys, name)
		}
		return nil
	})
	return t, err
}

// enter returns fs.SkipDir for a folder that is not part of the module.
func enter(fsys fs.FS, name string) error {
	if name == "." {
		return nil
	}
	base := path.Base(name)
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" || name == "third_party" {
		return fs.SkipDir
	}
	if _, err := fs.Stat(fsys, path.Join(name, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

func (t *tree) add(fsys fs.FS, name string) error {
	source, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	syntax, err := parser.ParseFile(t.fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	f := &file{
		path:   name,
		dir:    path.Dir(name),
		test:   strings.HasSuffix(name, "_test.go"),
		lines:  bytes.Count(source, []byte("\n")),
		syntax: syntax,
	}
	for _, spec := range syntax.Imports {
		full, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
		}
		line := imported{path: strings.TrimPrefix(full, module+"/"), name: path.Base(full), pos: spec.Pos()}
		if full == module {
			line.path = "."
		}
		if spec.Name != nil {
			line.name = spec.Name.Name
		}
		f.imports = append(f.imports, line)
	}
	t.files = append(t.files, f)
	return nil
}

// at writes one line of a report.
func (t *tree) at(pos token.Pos, format string, args ...any) string {
	position := t.fset.Position(pos)
	return fmt.Sprintf("%s:%d: %s", position.Filename, position.Line, fmt.Sprintf(format, args...))
}

// written returns the files that people wrote, in order of path.
func (t *tree) written() []*file {
	return slices.DeleteFunc(slices.Clone(t.files), func(f *file) bool { return within(f.dir, "gen") })
}

// folders groups the files that people wrote by folder, in order of path.
func (t *tree) folders() [][]*file {
	var folders [][]*file
	at := map[string]int{}
	for _, f := range t.written() {
		i, known := at[f.dir]
		if !known {
			i = len(folders)
			at[f.dir] = i
			folders = append(folders, nil)
		}
		folders[i] = append(folders[i], f)
	}
	return folders
}

// importing reports whether f imports path.
func (f *file) importing(path string) bool {
	return slices.ContainsFunc(f.imports, func(i imported) bool { return i.path == path })
}

// uses calls found for each mention in f of name in the package with the
// given import path, however the package is called in f.
func (f *file) uses(path, name string, found func(token.Pos)) {
	for _, line := range f.imports {
		if line.path != path {
			continue
		}
		ast.Inspect(f.syntax, func(node ast.Node) bool {
			selector, ok := node.(*ast.SelectorExpr)
			if !ok || selector.Sel.Name != name {
				return true
			}
			if base, ok := selector.X.(*ast.Ident); ok && base.Name == line.name {
				found(selector.Pos())
			}
			return true
		})
	}
}

// within reports whether dir is one of folders or lies below one.
func within(dir string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool {
		return dir == folder || strings.HasPrefix(dir, folder+"/")
	})
}
