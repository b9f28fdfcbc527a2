package drill

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spsalert/spsalert/certs"
)

// Ready waits until the node says that it is ready. It fails when the process
// ends, and after half a minute.
func (n *Node) Ready(ctx context.Context) error {
	n.mu.Lock()
	running := n.running
	n.mu.Unlock()
	if running == nil {
		return errors.New("not started")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, readyWithin, errors.New("not ready in time"))
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		if n.answersReady(ctx) && n.answersItself(ctx) {
			return nil
		}
		select {
		case <-ticker.C:
		case <-running.done:
			return fmt.Errorf("the process ended: %w", endOf(running))
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func endOf(p *process) error {
	if p.err == nil {
		return errors.New("exit status 0")
	}
	return p.err
}

func (n *Node) answersReady(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.listen.Ops+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, resp.Body) // lets the connection be used again
	return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
}

// answersItself reports whether it is this node that listens, by its
// certificate: a program that took the port of /readyz, such as the node of
// another federation, would answer there in its name.
func (n *Node) answersItself(ctx context.Context) bool {
	c, err := n.Client(ctx, certs.RoleAdmin)
	return err == nil && c.Close() == nil
}

func (n *Node) portTaken() bool {
	return bytes.Contains(n.logEnd(), []byte("address already in use"))
}
