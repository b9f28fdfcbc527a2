package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
)

// record is what a follower needs of a record; the rest is the integrator's.
type record struct {
	Cursor    string `json:"cursor"`
	Statement *struct {
		Name string `json:"name"`
	} `json:"statement"`
	End *struct {
		Status     int    `json:"status"`
		Code       string `json:"code"`
		Reason     string `json:"reason"`
		RetryAfter int    `json:"retryAfter"`
	} `json:"end"`
}

// notification is a request as a national system writes it.
func notification(number string) string {
	return `{"statement": {"status": "STATEMENT_STATUS_ACTUAL", "handling": "HANDLING_NETWORK", "network": true,
		"draftedBy": {"id": "an"}, "approvedBy": {"id": "binh"},
		"externalReferences": [{"system": "PPD", "number": "` + number + `"}],
		"notification": {"classification": "CLASSIFICATION_BORDER_REJECTION", "type": "NOTIFICATION_TYPE_PLANT",
		"subject": [{"lang": "en", "text": "fruit fly in mango"}],
		"products": [{"id": "p1", "name": [{"lang": "en", "text": "mango"}]}],
		"findings": [{"id": "f1", "organism": {"taxon": {"scientificName": "Bactrocera dorsalis"}}}]}}}`
}

// issue issues a notification and returns its name. It tries again as long as
// the node is away: that is what numbers are for.
func (n *node) issue(c *http.Client, number string) (string, error) {
	for {
		n.waitUp()
		resp, err := c.Do(n.request("POST", "/v1/offices/VN/statements:issue", "system", notification(number)))
		if err != nil {
			if n.t.Context().Err() != nil {
				return "", err
			}
			continue
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode == http.StatusServiceUnavailable {
			continue
		}
		var issued struct {
			Name string `json:"name"`
		}
		if resp.StatusCode != http.StatusOK || json.Unmarshal(text, &issued) != nil {
			return "", fmt.Errorf("issue %s: %s %s", number, resp.Status, text)
		}
		return issued.Name, nil
	}
}

func (n *node) mustIssue(c *http.Client, number string) string {
	n.t.Helper()
	name, err := n.issue(c, number)
	if err != nil {
		n.t.Fatal(err)
	}
	return name
}

// watching is a stream that is read line by line. It ends with the test.
type watching struct {
	status                int
	contentType, protocol string
	lines                 *bufio.Scanner
}

func (n *node) watch(c *http.Client, cursor string, header ...string) *watching {
	n.t.Helper()
	resp, err := c.Do(n.request("GET", "/v1/offices/-/statements:watch?cursor="+url.QueryEscape(cursor), "system", "", header...))
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { _ = resp.Body.Close() })
	w := &watching{
		status: resp.StatusCode, contentType: resp.Header.Get("Content-Type"), protocol: resp.Proto,
		lines: bufio.NewScanner(resp.Body),
	}
	w.lines.Buffer(nil, 1<<20)
	return w
}

// next returns the next line, or false at the end.
func (w *watching) next() (string, bool) {
	ok := w.lines.Scan()
	return w.lines.Text(), ok
}

func decode(t *testing.T, line string) record {
	t.Helper()
	var r record
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		t.Fatalf("line %q is no JSON: %v", line, err)
	}
	return r
}

func TestLines(t *testing.T) {
	n := newNode(t)
	c := n.client("")
	w := n.watch(c, "")
	if w.status != http.StatusOK || w.contentType != "application/x-ndjson" || w.protocol != "HTTP/2.0" {
		t.Fatalf("watch = %d, %s, %s, want 200, application/x-ndjson, HTTP/2.0 at once", w.status, w.contentType, w.protocol)
	}
	want := n.mustIssue(c, "1")
	var last record
	for last.Statement == nil {
		line, ok := w.next()
		if !ok {
			t.Fatal("the stream ended without a statement")
		}
		last = decode(t, line)
	}
	if last.Statement.Name != want || last.Cursor == "" {
		t.Errorf("record = %+v, want %s and a cursor", last, want)
	}
	if line, ok := w.next(); !ok || line != `{"cursor":"`+last.Cursor+`"}` {
		t.Errorf("heartbeat = %q, want a line with the cursor alone", line)
	}
	n.stop()
	for last.End == nil {
		line, ok := w.next()
		if !ok {
			t.Fatal("the stream ended without an end")
		}
		last = decode(t, line)
	}
	if last.End.Reason != "DRAINING" || last.End.Status != 503 || last.End.Code != "UNAVAILABLE" || last.End.RetryAfter != 1 || last.Cursor == "" {
		t.Errorf("end = %+v at cursor %q, want DRAINING and the cursor", last.End, last.Cursor)
	}
	if line, ok := w.next(); ok {
		t.Errorf("after the end comes %q, want nothing", line)
	}
}

// sse is one event as a browser's EventSource reads it.
type sse struct{ id, event, data string }

// event reads one event.
func event(t *testing.T, w *watching) sse {
	t.Helper()
	var e sse
	for {
		line, ok := w.next()
		if !ok {
			t.Fatal("the stream ended within an event")
		}
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "id":
			e.id = value
		case "event":
			e.event = value
		case "data":
			e.data = value
		case "":
			if e.data != "" {
				return e
			}
		}
	}
}

func TestEvents(t *testing.T) {
	n := newNode(t)
	c := n.client("")
	first, second := n.mustIssue(c, "1"), n.mustIssue(c, "2")
	w := n.watch(c, "", "Accept: text/event-stream, */*;q=0.1")
	if w.contentType != "text/event-stream" {
		t.Fatalf("content type = %s, want text/event-stream", w.contentType)
	}
	if line, _ := w.next(); line != "retry: 2000" {
		t.Errorf("first line = %q, want retry", line)
	}
	e := event(t, w)
	if r := decode(t, e.data); e.event != "statement" || r.Statement.Name != first || e.id == "" || r.Cursor != e.id {
		t.Errorf("event = %+v, want the statement %s with its cursor as id", e, first)
	}

	// As an EventSource comes again: with the address that it began with.
	w = n.watch(c, "", "Accept: text/event-stream", "Last-Event-ID: "+e.id)
	if e = event(t, w); decode(t, e.data).Statement.Name != second {
		t.Errorf("resumed with %+v, want %s", e, second)
	}
	if beat := event(t, w); beat.event != "heartbeat" || beat.id != e.id {
		t.Errorf("event = %+v, want a heartbeat with the same id", beat)
	}
	n.stop()
	for e = event(t, w); e.event == "heartbeat"; e = event(t, w) {
	}
	if r := decode(t, e.data); e.event != "end" || r.End == nil || r.End.Reason != "DRAINING" {
		t.Errorf("last event = %+v, want an end", e)
	}
}

func TestStreamEndsWithItsToken(t *testing.T) {
	n := newNode(t)
	n.stop()
	n.lasts = 2 * time.Second // from when it is shown, however long the node took to start
	n.start()
	w := n.watch(n.client(""), "")
	for {
		line, ok := w.next()
		if !ok {
			t.Fatal("the stream ended without an end")
		}
		if r := decode(t, line); r.End != nil {
			if r.End.Reason != "CERTIFICATE_EXPIRED" || r.End.Status != 401 {
				t.Errorf("end = %+v, want CERTIFICATE_EXPIRED", r.End)
			}
			return
		}
	}
}

func TestStreamEndsWhenTheCallerGoes(t *testing.T) {
	n := newNode(t)
	for _, protocol := range []string{"HTTP/2.0", "HTTP/1.1"} {
		c := n.client("")
		if protocol == "HTTP/1.1" {
			transport := c.Transport.(*http.Transport)
			transport.ForceAttemptHTTP2, transport.TLSClientConfig.NextProtos = false, []string{"http/1.1"}
		}
		ctx, cancel := context.WithCancel(t.Context())
		resp, err := c.Do(n.request("GET", "/v1/offices/-/statements:watch", "system", "").WithContext(ctx))
		if err != nil {
			t.Fatal(err)
		}
		if resp.Proto != protocol {
			t.Errorf("protocol = %s, want %s", resp.Proto, protocol)
		}
		cancel()
		if rest, err := io.ReadAll(resp.Body); err == nil {
			t.Errorf("%s: after the caller went, its stream ends with %q, want it cut", protocol, rest)
		}
		_ = resp.Body.Close()
	}
	n.stop() // returns only when the handlers have
}

// TestNothingIsLostThroughRestarts is an integration with net/http and JSON
// alone: it issues by number, follows by line, event and page, and is cut off
// twice by a node that stops and comes again.
func TestNothingIsLostThroughRestarts(t *testing.T) {
	const total, workers = 150, 12
	n := newNode(t)
	var (
		issuers  sync.WaitGroup
		mu       sync.Mutex
		want     []string
		progress = make(chan struct{}, total)
	)
	for worker := range workers {
		issuers.Go(func() {
			c := n.client("")
			for number := worker; number < total; number += workers {
				name, err := n.issue(c, fmt.Sprintf("2026/%d", number))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				want = append(want, name)
				mu.Unlock()
				progress <- struct{}{}
			}
		})
	}
	followers := map[string]func(*http.Client, string) ([]string, string){
		"lines": n.followLines, "events": n.followEvents, "pages": n.followPages,
	}
	got := make(map[string][]string)
	var following sync.WaitGroup
	for kind, follow := range followers {
		following.Go(func() {
			c, cursor := n.client(certs.RoleOfficer), ""
			var names []string
			for len(names) < total && t.Context().Err() == nil {
				n.waitUp()
				var more []string
				more, cursor = follow(c, cursor)
				names = append(names, more...)
			}
			mu.Lock()
			got[kind] = names
			mu.Unlock()
		})
	}
	for range 2 {
		for range total / 3 {
			<-progress
		}
		n.stop()
		n.start()
	}
	issuers.Wait()
	following.Wait()
	slices.Sort(want)
	if want = slices.Compact(want); len(want) != total {
		t.Errorf("%d numbers became %d statements", total, len(want))
	}
	for kind, names := range got {
		if names := slices.Sorted(slices.Values(names)); !slices.Equal(names, want) {
			t.Errorf("followed by %s: %d statements, want the %d issued, each once", kind, len(names), total)
		}
	}
}

// follow* follow from a cursor until the node goes, or a second has brought
// nothing, and return what they saw and the last cursor.

func (n *node) followLines(c *http.Client, cursor string) ([]string, string) {
	return n.follow(c, cursor, "")
}

func (n *node) followEvents(c *http.Client, cursor string) ([]string, string) {
	return n.follow(c, cursor, "text/event-stream")
}

func (n *node) follow(c *http.Client, cursor, accept string) (names []string, at string) {
	r := n.request("GET", "/v1/offices/-/statements:watch", "", "")
	if accept == "" {
		r.URL.RawQuery = url.Values{"cursor": {cursor}}.Encode()
	} else {
		r.Header.Set("Accept", accept)
		r.Header.Set("Last-Event-ID", cursor)
	}
	resp, err := c.Do(r)
	if err != nil {
		return nil, cursor
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() && resp.StatusCode == http.StatusOK {
		text := strings.TrimPrefix(lines.Text(), "data: ")
		var seen record
		if !strings.HasPrefix(text, "{") || json.Unmarshal([]byte(text), &seen) != nil {
			continue
		}
		cursor = seen.Cursor
		if seen.Statement == nil { // a heartbeat, or the end
			break
		}
		names = append(names, seen.Statement.Name)
	}
	return names, cursor
}

func (n *node) followPages(c *http.Client, cursor string) ([]string, string) {
	query := url.Values{"cursor": {cursor}, "wait": {"1s"}, "pageSize": {"7"}}
	resp, err := c.Do(n.request("GET", "/v1/offices/-/statements:poll?"+query.Encode(), "", ""))
	if err != nil {
		return nil, cursor
	}
	defer resp.Body.Close()
	var page struct {
		Events []record `json:"events"`
		Cursor string   `json:"cursor"`
	}
	if resp.StatusCode != http.StatusOK || json.NewDecoder(resp.Body).Decode(&page) != nil {
		return nil, cursor
	}
	var names []string
	for _, e := range page.Events {
		if e.Statement != nil {
			names = append(names, e.Statement.Name)
		}
	}
	return names, page.Cursor
}
