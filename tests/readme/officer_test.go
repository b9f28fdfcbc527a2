package readme

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// told finds the blocks that are to be run, with lines of their output below
// them.
var told = regexp.MustCompile("(?s)<!-- run -->\n```sh\n(.*?)```\n\n```text\n(.*?)```\n")

// placeholder finds what is another in every demo: references, drafts and notices. What
// stands in its place in the output of one block stands for it in those below.
var placeholder = regexp.MustCompile(`[A-Z]{2}-2026-[0-9]{6}|(?:drafts|consignmentNotices)/[0-9a-f]{8}-[0-9a-f-]{27}`)

// runOfficer runs the blocks of a page such as the officer's day, and holds that each writes the
// lines that are printed below it, in their order; … is anything on a line.
func runOfficer(t *testing.T, dir, page string) {
	t.Helper()
	text, err := os.ReadFile("../../" + page)
	if err != nil {
		t.Fatal(err)
	}
	blocks := told.FindAllStringSubmatch(string(text), -1)
	if got, want := strings.Count(string(text), "<!-- run -->"), len(blocks); got != want || got == 0 {
		t.Fatalf("%d blocks are marked, %d have an output below them, want all, and some", got, want)
	}
	exports, bound := "", make(map[string]string)
	for _, block := range blocks {
		script := placeholder.ReplaceAllStringFunc(block[1], func(name string) string {
			if bound[name] == "" {
				t.Fatalf("%s stands in\n%s\nand no block above has written it", name, block[1])
			}
			return bound[name]
		})
		out := shell(t, dir, exports+script)
		rest := out
		for line := range strings.Lines(block[2]) {
			line = strings.TrimSpace(line)
			names, found := placeholder.FindAllString(line, -1), outputForm(line, bound).FindStringSubmatchIndex(rest)
			if found == nil {
				t.Fatalf("%s\nwrites\n%s\nwithout the line %q behind those before it", script, out, line)
			}
			for i, name := range names {
				bound[name] = rest[found[2*i+2]:found[2*i+3]]
			}
			rest = rest[found[1]:]
		}
		for line := range strings.Lines(block[1]) {
			if strings.HasPrefix(line, "export ") {
				exports += line
			}
		}
	}
}

// outputForm is what matches a printed line: each placeholder what it stands for
// already, or else anything of its kind.
func outputForm(line string, bound map[string]string) *regexp.Regexp {
	var form strings.Builder
	last := 0
	for _, at := range placeholder.FindAllStringIndex(line, -1) {
		form.WriteString(literal(line[last:at[0]]))
		name := line[at[0]:at[1]]
		switch {
		case bound[name] != "":
			form.WriteString("(" + regexp.QuoteMeta(bound[name]) + ")")
		case strings.Contains(name, "/"):
			collection, _, _ := strings.Cut(name, "/")
			form.WriteString("(" + collection + "/[0-9a-f-]{36})")
		default:
			form.WriteString("(" + name[:2] + "-[0-9]{4}-[0-9]{6})")
		}
		last = at[1]
	}
	form.WriteString(literal(line[last:]))
	return regexp.MustCompile(form.String())
}

// literal matches a text in which … is anything on a line, and blanks are any
// number of them.
func literal(text string) string {
	text = regexp.MustCompile(` +`).ReplaceAllString(regexp.QuoteMeta(text), ` +`)
	return strings.ReplaceAll(strings.ReplaceAll(text, " +… +", ".*"), "…", ".*")
}
