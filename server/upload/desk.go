package upload

import (
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/server/access"
)

const (
	maxUploads       = 64 // under way at once
	maxCallerUploads = 8  // of one caller
)

// Desk counts what is under way, by caller. The zero Desk is ready; it is safe
// for concurrent use. All services of a node share one.
type Desk struct {
	mu    sync.Mutex
	total int
	of    map[string]int
}

// Enter counts an upload until leave is called, or refuses it. The caller is
// named by its identity.
func (d *Desk) Enter(caller string) (leave func(), err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.total >= maxUploads || d.of[caller] >= maxCallerUploads {
		return nil, &access.Refusal{
			Code: codes.ResourceExhausted, Reason: access.ReasonRate, RetryAfter: time.Second,
			Sentence: fmt.Sprintf("%d uploads of yours are under way, %d of all callers: send the next when one has ended", d.of[caller], d.total),
			Metadata: map[string]string{"limit": "uploads"},
		}
	}
	if d.of == nil {
		d.of = make(map[string]int)
	}
	d.total++
	d.of[caller]++
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.total--
		if d.of[caller]--; d.of[caller] == 0 {
			delete(d.of, caller)
		}
	}, nil
}
