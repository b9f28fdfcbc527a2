package protocol

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// root is the root of the repository, as this test sees it.
const root = "../.."

// source is the Go code of a folder, without tests.
type source struct {
	dir   string // from the root
	files []*ast.File
}

// sources parses every folder below dir that holds Go code.
func sources(t testing.TB, dir string) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(filepath.Join(root, dir), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if s := parse(t, filepath.ToSlash(rel)); len(s.files) > 0 {
			all = append(all, s)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// parsed remembers the folders that were parsed.
var parsed = map[string]source{}

// parse parses one folder, once.
func parse(t testing.TB, dir string) source {
	t.Helper()
	if s, ok := parsed[dir]; ok {
		return s
	}
	names, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	s := source{dir: dir}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		s.files = append(s.files, file)
	}
	parsed[dir] = s
	return s
}

// constants calls visit for every constant that is declared outside functions.
func (s source) constants(visit func(group *ast.GenDecl, spec *ast.ValueSpec, name string, value ast.Expr)) {
	for _, file := range s.files {
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				spec := spec.(*ast.ValueSpec)
				for i, value := range spec.Values {
					visit(group, spec, spec.Names[i].Name, value)
				}
			}
		}
	}
}

// valueOf returns the value of a constant that is named by folder and name, as
// in "certs/seal.MaxLeaf". A duration is in nanoseconds.
func valueOf(t testing.TB, full string) (constant.Value, error) {
	t.Helper()
	dot := strings.LastIndex(full, ".")
	s := parse(t, full[:dot])
	found := map[string]ast.Expr{}
	s.constants(func(_ *ast.GenDecl, _ *ast.ValueSpec, name string, value ast.Expr) { found[name] = value })
	return evaluate(t, full[:dot], found, &ast.Ident{Name: full[dot+1:]})
}

// evaluate computes a constant expression from the constants of its package,
// those of other packages of ours, and the units of package time.
func evaluate(t testing.TB, dir string, known map[string]ast.Expr, e ast.Expr) (constant.Value, error) {
	t.Helper()
	switch e := e.(type) {
	case *ast.BasicLit:
		return constant.MakeFromLiteral(e.Value, e.Kind, 0), nil
	case *ast.ParenExpr:
		return evaluate(t, dir, known, e.X)
	case *ast.Ident:
		value, ok := known[e.Name]
		if !ok {
			return nil, fmt.Errorf("%s has no constant %s", dir, e.Name)
		}
		return evaluate(t, dir, known, value)
	case *ast.SelectorExpr:
		return selected(e)
	case *ast.BinaryExpr:
		x, err := evaluate(t, dir, known, e.X)
		if err != nil {
			return nil, err
		}
		y, err := evaluate(t, dir, known, e.Y)
		if err != nil {
			return nil, err
		}
		switch e.Op {
		case token.SHL, token.SHR:
			n, _ := constant.Uint64Val(y)
			return constant.Shift(x, e.Op, uint(n)), nil
		case token.QUO:
			return constant.BinaryOp(x, token.QUO_ASSIGN, y), nil // of integers
		}
		return constant.BinaryOp(x, e.Op, y), nil
	}
	return nil, fmt.Errorf("constant of %s: %T is not understood", dir, e)
}

func selected(e *ast.SelectorExpr) (constant.Value, error) {
	units := map[string]time.Duration{
		"Millisecond": time.Millisecond, "Second": time.Second, "Minute": time.Minute, "Hour": time.Hour,
	}
	if unit, ok := units[e.Sel.Name]; ok {
		return constant.MakeInt64(int64(unit)), nil
	}
	return nil, fmt.Errorf("%s is not understood", e.Sel.Name)
}

// imports returns the import paths of a folder.
func (s source) imports(t testing.TB) []string {
	t.Helper()
	var all []string
	for _, file := range s.files {
		for _, line := range file.Imports {
			name, err := strconv.Unquote(line.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, name)
		}
	}
	return all
}

// TestSecondReaderStandsAlone holds the second reader to the standard library,
// and within it to what a reader needs.
func TestSecondReaderStandsAlone(t *testing.T) {
	for _, name := range parse(t, "tests/protocol/second").imports(t) {
		if first, _, _ := strings.Cut(name, "/"); strings.Contains(first, ".") || path.Dir(name) == "crypto/x509" {
			t.Errorf("the second reader imports %s, which is not of the standard library", name)
		}
	}
}
