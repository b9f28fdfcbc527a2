package tests

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var redraw = flag.Bool("redraw", false, "draw docs/house.md anew")

const (
	picture      = "../docs/house.md"
	pictureBegin = "```mermaid\n"
	pictureEnd   = "```\n"
)

// TestPictureOfTheHouse holds docs/house.md to the imports of the product: who
// stands on whom, on which floor. Arrows that follow from others are left out.
func TestPictureOfTheHouse(t *testing.T) {
	source, err := wholeTree()
	if err != nil {
		t.Fatal(err)
	}
	edges := imports(source)
	if found := circles(edges); len(found) > 0 {
		t.Errorf("imports run in circles: %q", found)
	}
	want := draw(edges)
	page, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), pictureBegin)
	got, after, closed := strings.Cut(rest, pictureEnd)
	if !ok || !closed {
		t.Fatalf("%s has no picture, want a block that begins with %q", picture, pictureBegin)
	}
	if got == want {
		return
	}
	if !*redraw {
		t.Fatalf("%s does not show the imports as they are: look at what changed, then draw it anew with go test ./tests -run Picture -redraw\ngot:\n%s\nwant:\n%s",
			picture, got, want)
	}
	if err := os.WriteFile(picture, []byte(before+pictureBegin+want+pictureEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestPictureKnowsCircles shows that a circle would be found.
func TestPictureKnowsCircles(t *testing.T) {
	straight := map[string][]string{"server/a": {"server/b"}, "server/b": {"certs"}, "certs": {}}
	if got := circles(straight); len(got) != 0 {
		t.Errorf("circles of a straight line = %v, want none", got)
	}
	round := map[string][]string{"server/a": {"server/b"}, "server/b": {"server/c"}, "server/c": {"server/a"}}
	if got, want := circles(round), "server/a server/b server/c server/a"; len(got) == 0 || got[0] != want {
		t.Errorf("circles = %v, want %q among them", got, want)
	}
}

// circles returns every way that leads from a package back to it.
func circles(edges map[string][]string) []string {
	var found []string
	for _, from := range slices.Sorted(maps.Keys(edges)) {
		for _, next := range edges[from] {
			if way := route(edges, next, from); way != nil {
				found = append(found, strings.Join(append([]string{from}, way...), " "))
			}
		}
	}
	return found
}

// imports returns which packages of the product import which, tests left out.
func imports(source *tree) map[string][]string {
	edges := make(map[string][]string)
	for _, f := range source.files {
		if _, ours := floor[root(f.dir)]; !ours || f.test {
			continue
		}
		if edges[f.dir] == nil {
			edges[f.dir] = []string{}
		}
		for _, line := range f.imports {
			if _, ours := floor[root(line.path)]; ours && !slices.Contains(edges[f.dir], line.path) {
				edges[f.dir] = append(edges[f.dir], line.path)
			}
		}
	}
	return edges
}

// draw returns a Mermaid flowchart, one box for each floor, the highest first.
func draw(edges map[string][]string) string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	dirs := slices.Sorted(maps.Keys(edges))
	floors := slices.SortedFunc(maps.Keys(floor), func(a, b string) int { return floor[b] - floor[a] })
	for _, top := range floors {
		fmt.Fprintf(&b, "  subgraph %s\n", top)
		for _, dir := range dirs {
			if root(dir) == top {
				fmt.Fprintf(&b, "    %s[%s]\n", box(dir), dir)
			}
		}
		b.WriteString("  end\n")
	}
	for _, from := range dirs {
		for _, to := range slices.Sorted(slices.Values(edges[from])) {
			if !follows(edges, from, to) {
				fmt.Fprintf(&b, "  %s --> %s\n", box(from), box(to))
			}
		}
	}
	return b.String()
}

// follows reports whether an arrow says nothing new: another of the same
// package leads to where it leads.
func follows(edges map[string][]string, from, to string) bool {
	return slices.ContainsFunc(edges[from], func(via string) bool {
		return via != to && len(route(edges, via, to)) > 0
	})
}

// box names the box of a package within the flowchart.
func box(dir string) string { return strings.ReplaceAll(dir, "/", "_") }
