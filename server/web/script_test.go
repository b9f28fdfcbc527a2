package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// An exchange is one request of web_test.txt and the answer expected.
type exchange struct {
	line         int
	name         string
	method, path string
	token        string
	header       []string
	body         string
	status       string
	wantHeader   []string
	wantBody     string
}

// TestScript holds a real node to web_test.txt, which says how to read it.
func TestScript(t *testing.T) {
	n := newNode(t)
	client := n.client("")
	client.Transport.(*http.Transport).DisableCompression = true // whose entity tags are weak
	values := make(map[string]string)
	for _, x := range readScript(t, "web_test.txt") {
		fill := func(s string) string {
			for _, name := range slices.Backward(slices.Sorted(maps.Keys(values))) {
				s = strings.ReplaceAll(s, "$"+name, values[name])
			}
			return s
		}
		header := make([]string, len(x.header))
		for i, line := range x.header {
			header[i] = fill(line)
		}
		got := n.do(client, n.request(x.method, fill(x.path), x.token, fill(x.body), header...))
		where := fmt.Sprintf("web_test.txt:%d: %s", x.line, x.name)
		if got.Status[:3] != x.status {
			t.Errorf("%s: status %s, want %s; body %s", where, got.Status, x.status, got.body)
			continue
		}
		for _, line := range x.wantHeader {
			name, want, _ := strings.Cut(line, ":")
			if problem := match(strings.TrimSpace(want), got.Header.Get(name), values); problem != "" {
				t.Errorf("%s: header %s: %s", where, name, problem)
			}
		}
		if problem := matchBody(x.wantBody, got.body, values); problem != "" {
			t.Errorf("%s: %s", where, problem)
		}
	}
}

// readScript reads the file. It has a grammar of its own, since the body of a
// request and what is looked for in an answer are JSON and should look so.
func readScript(t *testing.T, file string) []exchange {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []exchange
	for i, line := range strings.Split(string(text), "\n") {
		switch {
		case strings.HasPrefix(line, "== "):
			all = append(all, exchange{line: i + 1, name: line[3:]})
		case line == "" || line[0] == '#':
		case len(all) == 0 || len(line) < 2 || line[1] != ' ':
			t.Fatalf("%s:%d: what is %q?", file, i+1, line)
		case line[0] == '>':
			all[len(all)-1].ask(line[2:])
		case line[0] == '<':
			all[len(all)-1].want(line[2:])
		default:
			t.Fatalf("%s:%d: what is %q?", file, i+1, line)
		}
	}
	return all
}

func (x *exchange) ask(line string) {
	switch {
	case x.method == "":
		fields := strings.Fields(line)
		x.method, x.path = fields[0], fields[1]
		if len(fields) == 4 && fields[2] == "as" {
			x.token = fields[3]
		}
	case x.body == "" && !strings.HasPrefix(line, "{") && strings.Contains(line, ": "):
		x.header = append(x.header, line)
	default:
		x.body += line
	}
}

func (x *exchange) want(line string) {
	switch {
	case x.status == "":
		x.status = line
	case x.wantBody == "" && !strings.HasPrefix(line, "{") && strings.Contains(line, ": "):
		x.wantHeader = append(x.wantHeader, line)
	default:
		x.wantBody += line
	}
}

// match compares a text: * is anything, and $name is anything the first time
// and the same from then on. It returns what is wrong.
func match(want, got string, values map[string]string) string {
	name, isName := strings.CutPrefix(want, "$")
	known, isKnown := values[name]
	switch {
	case want == "*" && got != "":
	case isName && !isKnown && got != "":
		values[name] = got
	case isName && isKnown && got == known:
	case got == want:
	default:
		return fmt.Sprintf("%q, want %q", got, want)
	}
	return ""
}

func matchBody(want string, got []byte, values map[string]string) string {
	if want == "" {
		return ""
	}
	if !strings.HasPrefix(want, "{") {
		if !bytes.Contains(got, []byte(want)) {
			return fmt.Sprintf("body %s, want %s in it", got, want)
		}
		return ""
	}
	var w, g any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		return fmt.Sprintf("the expectation is no JSON: %v", err)
	}
	if err := json.Unmarshal(got, &g); err != nil {
		return fmt.Sprintf("body %s is no JSON: %v", got, err)
	}
	return matchJSON("body", w, g, values)
}

// matchJSON returns what of want is not in got: objects may have more, lists
// may not.
func matchJSON(path string, want, got any, values map[string]string) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v, want an object", path, got)
		}
		for _, name := range slices.Sorted(maps.Keys(w)) {
			if _, there := g[name]; !there {
				return fmt.Sprintf("%s has no %s: %v", path, name, got)
			}
			if problem := matchJSON(path+"."+name, w[name], g[name], values); problem != "" {
				return problem
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Sprintf("%s is %v, want a list of %d", path, got, len(w))
		}
		for i := range w {
			if problem := matchJSON(fmt.Sprintf("%s[%d]", path, i), w[i], g[i], values); problem != "" {
				return problem
			}
		}
		return ""
	case string:
		g, ok := got.(string)
		if !ok {
			return fmt.Sprintf("%s is %v, want %q", path, got, w)
		}
		if problem := match(w, g, values); problem != "" {
			return path + " is " + problem
		}
		return ""
	}
	if want != got {
		return fmt.Sprintf("%s is %v, want %v", path, got, want)
	}
	return ""
}
