package integration

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The paths that the system uses, as the contract writes them.
const (
	issuePath = "/v1/offices/{office}/statements:issue"
	listPath  = "/v1/offices/{office}/statements"
	pollPath  = "/v1/offices/{office}/statements:poll"
	watchPath = "/v1/offices/{office}/statements:watch"
)

// What the system reads of answers.
type (
	issued struct {
		Name      string `json:"name"`
		Statement struct {
			ExternalReferences []struct {
				System string `json:"system"`
				Number string `json:"number"`
			} `json:"externalReferences"`
		} `json:"statement"`
	}
	event struct {
		Cursor    string   `json:"cursor"`
		Statement *issued  `json:"statement"`
		End       *problem `json:"end"`
	}
	events struct {
		Events []event `json:"events"`
		Cursor string  `json:"cursor"`
	}
	page struct {
		Statements    []issued `json:"statements"`
		NextPageToken string   `json:"nextPageToken"`
	}
	problem struct {
		Status int    `json:"status"`
		Reason string `json:"reason"`
		Detail string `json:"detail"`
	}
)

func (p *problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Reason, p.Detail) }

// passing reports whether an error is one after which to try again: the node
// was not there, went away, or is busy.
func passing(err error) bool {
	var p *problem
	return err != nil && (!errors.As(err, &p) || p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests)
}

// system is the office's own system.
type system struct {
	contract *contract
	http     *http.Client
	base     string // https://host:port
	token    string
}

// do makes a request. The body of the answer is the caller's to close.
func (s *system) do(ctx context.Context, method, template, office string, query map[string]string, body any) (*http.Response, error) {
	if err := s.contract.request(method, template, query, body); err != nil {
		return nil, &problem{Reason: "CONTRACT", Detail: err.Error()}
	}
	values := url.Values{}
	for name, value := range query {
		values.Set(name, value)
	}
	target := s.base + strings.ReplaceAll(template, "{office}", office) + "?" + values.Encode()
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		sent = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, target, sent)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	p := new(problem)
	if err := json.NewDecoder(resp.Body).Decode(p); err != nil {
		return nil, err
	}
	return nil, p
}

// ask makes a request until it is answered, and reads the answer.
func (s *system) ask(ctx context.Context, method, template, office string, query map[string]string, body, into any) error {
	for {
		resp, err := s.do(ctx, method, template, office, query, body)
		if err == nil {
			err = json.NewDecoder(resp.Body).Decode(into)
			_ = resp.Body.Close() // it was read
		}
		if !passing(err) || !pause(ctx) {
			return err
		}
	}
}

// pause waits before another try; false if ctx is done first.
func pause(ctx context.Context) bool {
	select {
	case <-time.After(50 * time.Millisecond):
		return true
	case <-ctx.Done():
		return false
	}
}

// issue issues a notification under a number of the system's own.
func (s *system) issue(ctx context.Context, number string) (name string, err error) {
	text := func(t string) []any { return []any{map[string]any{"lang": "en", "text": t}} }
	var answer issued
	err = s.ask(ctx, http.MethodPost, issuePath, "VN", nil, map[string]any{"statement": map[string]any{
		"status": "STATEMENT_STATUS_ACTUAL", "handling": "HANDLING_NETWORK", "network": true,
		"draftedBy": map[string]any{"id": "an.tran"}, "approvedBy": map[string]any{"id": "binh.le"},
		"externalReferences": []any{map[string]any{"system": "PPD", "number": number}},
		"notification": map[string]any{
			"classification": "CLASSIFICATION_BORDER_REJECTION", "type": "NOTIFICATION_TYPE_PLANT",
			"subject":  text("fruit fly in mango, " + number),
			"products": []any{map[string]any{"id": "p1", "name": text("mango")}},
			"findings": []any{map[string]any{"id": "f1", "organism": map[string]any{"taxon": map[string]any{"scientificName": "Bactrocera dorsalis"}}}},
		},
	}}, &answer)
	return answer.Name, err
}

// list returns all that the node holds.
func (s *system) list(ctx context.Context) (all []issued, err error) {
	for token := ""; ; {
		var p page
		if err := s.ask(ctx, http.MethodGet, listPath, "-", map[string]string{"pageSize": "300", "pageToken": token}, nil, &p); err != nil {
			return nil, err
		}
		all = append(all, p.Statements...)
		if token = p.NextPageToken; token == "" {
			return all, nil
		}
	}
}

// poll follows by polling, until take has had enough.
func (s *system) poll(ctx context.Context, take func(issued) (more bool)) error {
	for cursor := ""; ; {
		var got events
		if err := s.ask(ctx, http.MethodGet, pollPath, "-", map[string]string{"cursor": cursor, "wait": "5s", "pageSize": "40"}, nil, &got); err != nil {
			return err
		}
		for _, e := range got.Events {
			if e.Statement != nil && !take(*e.Statement) {
				return nil
			}
		}
		cursor = got.Cursor
	}
}

// watch follows by lines, until take has had enough.
func (s *system) watch(ctx context.Context, take func(issued) (more bool)) (cuts int, err error) {
	for cursor := ""; ; cuts++ {
		done, err := s.watchOnce(ctx, &cursor, take)
		if done || err != nil && !passing(err) || !pause(ctx) {
			return cuts, err
		}
	}
}

// watchOnce reads lines until the connection is cut or ends. A line without its
// end was cut, and comes again.
func (s *system) watchOnce(ctx context.Context, cursor *string, take func(issued) (more bool)) (done bool, err error) {
	resp, err := s.do(ctx, http.MethodGet, watchPath, "-", map[string]string{"cursor": *cursor}, nil)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	for lines := bufio.NewReader(resp.Body); ; {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return false, err
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return false, &problem{Reason: "LINE", Detail: err.Error()}
		}
		if e.End != nil {
			return false, e.End
		}
		if e.Statement != nil && !take(*e.Statement) {
			return true, nil
		}
		*cursor = e.Cursor
	}
}
