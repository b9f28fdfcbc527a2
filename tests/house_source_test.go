package tests

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strings"

	"golang.org/x/mod/modfile"
)

// checkSleep finds tests that sleep outside a bubble. A file that imports
// testing/synctest is trusted to sleep inside one.
func checkSleep(t *tree) []string {
	var broken []string
	for _, f := range t.written() {
		if !f.test || f.importing("testing/synctest") {
			continue
		}
		f.uses("time", "Sleep", func(pos token.Pos) {
			broken = append(broken, t.at(pos, "time.Sleep in a test"))
		})
	}
	return broken
}

// checkPackageComments finds packages without exactly one comment that begins
// as go doc expects. A folder of tests only has its comment in a test file.
func checkPackageComments(t *tree) []string {
	var broken []string
	for _, folder := range t.folders() {
		product, tests := split(folder)
		if len(product) == 0 {
			product, tests = tests, nil
		}
		dir, name := product[0].dir, strings.TrimSuffix(product[0].syntax.Name.Name, "_test")
		want := fmt.Sprintf("Package %s ", name)
		if name == "main" {
			want = fmt.Sprintf("Command %s ", path.Base(dir))
		}
		count := 0
		for _, f := range product {
			text := f.syntax.Doc.Text()
			if text == "" {
				continue
			}
			count++
			if !strings.HasPrefix(text, want) {
				broken = append(broken, t.at(f.syntax.Package, "the package comment does not begin with %q", want))
			}
		}
		if count != 1 {
			broken = append(broken, fmt.Sprintf("%s: %d package comments, not one", dir, count))
		}
		for _, f := range tests {
			if f.syntax.Doc.Text() != "" {
				broken = append(broken, t.at(f.syntax.Package, "a package comment in a test file of %s", dir))
			}
		}
	}
	return broken
}

func split(folder []*file) (product, tests []*file) {
	for _, f := range folder {
		if f.test {
			tests = append(tests, f)
		} else {
			product = append(product, f)
		}
	}
	return product, tests
}

// checkExportedNames finds exported names of the product without a comment,
// and comments of functions and types that do not name them.
func checkExportedNames(t *tree) []string {
	var broken []string
	missing := func(name *ast.Ident, comments ...*ast.CommentGroup) {
		if !name.IsExported() {
			return
		}
		for _, comment := range comments {
			if comment.Text() != "" {
				return
			}
		}
		broken = append(broken, t.at(name.Pos(), "%s has no comment", name.Name))
	}
	for _, f := range t.written() {
		if f.test || f.syntax.Name.Name == "main" {
			continue
		}
		for _, declaration := range f.syntax.Decls {
			switch declaration := declaration.(type) {
			case *ast.FuncDecl:
				if exportedReceiver(declaration) {
					missing(declaration.Name, declaration.Doc)
					broken = append(broken, misnamed(t, declaration.Name, declaration.Doc)...)
				}
			case *ast.GenDecl:
				for _, spec := range declaration.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						missing(spec.Name, spec.Doc, declaration.Doc)
						broken = append(broken, misnamed(t, spec.Name, spec.Doc, ungrouped(declaration))...)
					case *ast.ValueSpec:
						for _, name := range spec.Names {
							missing(name, spec.Doc, spec.Comment, declaration.Doc)
						}
					}
				}
			}
		}
	}
	return broken
}

// exportedReceiver reports whether f is a function, or a method of a type
// that others can name.
func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	receiver := f.Recv.List[0].Type
	for {
		switch at := receiver.(type) {
		case *ast.StarExpr:
			receiver = at.X
		case *ast.IndexExpr:
			receiver = at.X
		case *ast.IndexListExpr:
			receiver = at.X
		case *ast.Ident:
			return at.IsExported()
		default:
			return true
		}
	}
}

// ungrouped returns the comment of a declaration without parentheses.
func ungrouped(declaration *ast.GenDecl) *ast.CommentGroup {
	if declaration.Lparen.IsValid() {
		return nil
	}
	return declaration.Doc
}

// article is what may stand before the name in the first sentence.
var article = regexp.MustCompile(`^(A|An|The) `)

func misnamed(t *tree, name *ast.Ident, comments ...*ast.CommentGroup) []string {
	for _, comment := range comments {
		text := comment.Text()
		if !name.IsExported() || text == "" {
			continue
		}
		if !strings.HasPrefix(article.ReplaceAllString(text, ""), name.Name) {
			return []string{t.at(name.Pos(), "the comment of %s does not begin with its name", name.Name)}
		}
	}
	return nil
}

// A lengths is the most lines a file may have, and the files that are longer
// and still hold one subject, each with the reason.
type lengths struct {
	most   int
	longer map[string]string
}

// check finds files that are too long, and reasons that no file needs.
func (l lengths) check(t *tree) []string {
	var broken []string
	needed := map[string]bool{}
	for _, f := range t.written() {
		if f.lines <= l.most {
			continue
		}
		needed[f.path] = true
		if l.longer[f.path] == "" {
			broken = append(broken, fmt.Sprintf("%s: %d lines: split it by subject, or give the reason beside the rule", f.path, f.lines))
		}
	}
	for name := range l.longer {
		if !needed[name] {
			broken = append(broken, fmt.Sprintf("%s: has a reason to be longer than %d lines and is not", name, l.most))
		}
	}
	return broken
}

// checkPackageNames finds packages that are named by nothing.
func checkPackageNames(t *tree) []string {
	refused := regexp.MustCompile(`^(utils?|common|helpers?|types|models?|misc|shared|base)(_test)?$`)
	var broken []string
	for _, f := range t.written() {
		if refused.MatchString(f.syntax.Name.Name) || refused.MatchString(path.Base(f.dir)) {
			broken = append(broken, t.at(f.syntax.Package, "package %s in %s", f.syntax.Name.Name, f.dir))
		}
	}
	return broken
}

// checkToDo finds comments that begin with TODO, not with TODO(#12).
func checkToDo(t *tree) []string {
	word := regexp.MustCompile(`^(?://|/\*)\s*(TODO|FIXME|XXX)\b(\(#[0-9]+\))?`)
	var broken []string
	for _, f := range t.written() {
		for _, group := range f.syntax.Comments {
			for _, comment := range group.List {
				match := word.FindStringSubmatch(comment.Text)
				if match != nil && (match[1] != "TODO" || match[2] == "") {
					broken = append(broken, t.at(comment.Pos(), "%s, not TODO with the number of an issue", match[1]))
				}
			}
		}
	}
	return broken
}

// checkReplace finds replace lines in go.mod.
func checkReplace(t *tree) []string {
	parsed, err := modfile.Parse("go.mod", t.gomod, nil)
	if err != nil {
		return []string{err.Error()}
	}
	var broken []string
	for _, line := range parsed.Replace {
		broken = append(broken, fmt.Sprintf("go.mod:%d: replaces %s", line.Syntax.Start.Line, line.Old.Path))
	}
	return broken
}
