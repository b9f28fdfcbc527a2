package tests

import (
	"fmt"
	"go/token"
	"path"
	"slices"
	"strings"
)

// floor is the height of each part of the tree. What is not named here stands
// above all (tests), and nothing of the product imports it.
var floor = map[string]int{"gen": 0, "certs": 1, "client": 2, "server": 3}

// checkFloors finds imports that run upward.
func checkFloors(t *tree) []string {
	var broken []string
	for _, f := range t.files {
		from, known := floor[root(f.dir)]
		if !known {
			continue
		}
		for _, line := range f.imports {
			to, ours := floor[root(line.path)]
			switch {
			case ours && to > from:
				broken = append(broken, t.at(line.pos, "%s imports %s, which stands above it", f.dir, line.path))
			case root(line.path) == "tests":
				broken = append(broken, t.at(line.pos, "%s imports %s, which is for tests", f.dir, line.path))
			}
		}
	}
	return broken
}

func root(dir string) string {
	first, _, _ := strings.Cut(dir, "/")
	return first
}

// services are the parts of a node that never import each other.
var services = []string{
	"server/admin", "server/codelist", "server/exchange", "server/finding", "server/intake", "server/lab", "server/office", "server/outreach", "server/trader", "server/web",
}

// checkServices finds imports between services.
func checkServices(t *tree) []string {
	var broken []string
	for _, f := range t.files {
		for _, line := range f.imports {
			for _, service := range services {
				if within(f.dir, services...) && within(line.path, service) && !within(f.dir, service) {
					broken = append(broken, t.at(line.pos, "%s imports %s", f.dir, line.path))
				}
			}
		}
	}
	return broken
}

// A confined is a set of imports and names that only some folders may use.
type confined struct {
	imports []string // import paths, with all below
	names   []string // "import/path.Name"
	to      []string // folders, with all below
	tests   bool     // hold test files to it too
}

func (c confined) check(t *tree) []string {
	var broken []string
	for _, f := range t.files {
		if within(f.dir, c.to...) || f.test && !c.tests {
			continue
		}
		for _, line := range f.imports {
			for _, refused := range c.imports {
				if within(line.path, strings.TrimPrefix(refused, module+"/")) {
					broken = append(broken, t.at(line.pos, "%s imports %s", f.dir, line.path))
				}
			}
		}
		for _, name := range c.names {
			dot := strings.LastIndex(name, ".")
			f.uses(name[:dot], name[dot+1:], func(pos token.Pos) {
				broken = append(broken, t.at(pos, "%s mentions %s", f.dir, path.Base(name)))
			})
		}
	}
	return broken
}

// An unreachable is a folder that must not be linked, by whatever way, into
// any of some others.
type unreachable struct {
	from []string
	to   string
}

func (u unreachable) check(t *tree) []string {
	edges := map[string][]string{}
	for _, f := range t.files {
		if f.test {
			continue
		}
		for _, line := range f.imports {
			edges[f.dir] = append(edges[f.dir], line.path)
		}
	}
	var broken []string
	for _, from := range u.from {
		if way := route(edges, from, u.to); way != nil {
			broken = append(broken, fmt.Sprintf("%s links %s: %s", from, u.to, strings.Join(way, " → ")))
		}
	}
	return broken
}

// route returns a shortest way from one folder to another, or nil.
func route(edges map[string][]string, from, to string) []string {
	before := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == to {
			var way []string
			for at := to; at != ""; at = before[at] {
				way = append(way, at)
			}
			slices.Reverse(way)
			return way
		}
		for _, next := range edges[queue[0]] {
			if _, seen := before[next]; !seen {
				before[next] = queue[0]
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// checkAlias finds imports of generated code under another name than spsv1.
func checkAlias(t *tree) []string {
	var broken []string
	for _, f := range t.written() {
		for _, line := range f.imports {
			if line.path == "gen/sps/v1" && line.name != "spsv1" && line.name != "_" {
				broken = append(broken, t.at(line.pos, "%s imports %s as %s, not as spsv1", f.dir, line.path, line.name))
			}
		}
	}
	return broken
}
