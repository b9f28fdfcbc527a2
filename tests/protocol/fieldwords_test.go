package protocol

import (
	"go/ast"
	"strings"
	"testing"
)

// fieldWords finds what package statement says of the field rules, by reason:
// in its function sentence those of each rule, and in its table of shapes, and
// the function shape, those of patterns; oneOf has those of oneofs.
func fieldWords(t testing.TB) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, file := range parse(t, "server/statement").files {
		ast.Inspect(file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.FuncDecl:
				switch node.Name.Name {
				case "shape":
					found["STRING_PATTERN"] = append(found["STRING_PATTERN"], returned(node.Body)...)
				case "oneOf":
					found["MESSAGE_ONEOF"] = append(found["MESSAGE_ONEOF"], returned(node.Body)...)
				}
				return node.Name.Name == "sentence"
			case *ast.CaseClause: // of the function sentence
				for _, id := range node.List {
					text, _ := literal(id)
					reason := strings.ToUpper(strings.ReplaceAll(text, ".", "_"))
					found[reason] = append(found[reason], returned(node)...)
				}
			case *ast.ValueSpec:
				if node.Names[0].Name == "shapes" {
					for _, row := range node.Values[0].(*ast.CompositeLit).Elts {
						found["STRING_PATTERN"] = append(found["STRING_PATTERN"], sentence(row.(*ast.CompositeLit).Elts[1]))
					}
				}
			}
			return true
		})
	}
	if len(found["STRING_PATTERN"]) < 25 || len(found) < 10 {
		t.Errorf("%d sentences of patterns and %d reasons were found in server/statement, want more", len(found["STRING_PATTERN"]), len(found))
	}
	return found
}

// returned are the sentences that a piece of code returns, as far as it says
// them itself.
func returned(node ast.Node) (all []string) {
	ast.Inspect(node, func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) == 1 {
			if text := sentence(r.Results[0]); text != "…" {
				all = append(all, text)
			}
		}
		return true
	})
	return all
}
