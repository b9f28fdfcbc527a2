package drill

import (
	"context"
	"time"
)

// Supervise starts nodes again that have ended by themselves, or were killed
// from outside, until ctx is done. It leaves alone what Kill and Stop ended.
// report is told of each such end, and why a node did not start again if it did
// not; it may be called from several goroutines.
func (f *Federation) Supervise(ctx context.Context, report func(n *Node, end error, again error)) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, n := range f.nodes {
			if end, ok := n.endedAlone(); ok && ctx.Err() == nil {
				report(n, end, n.Start(ctx))
			}
		}
	}
}

// endedAlone reports whether the process has ended without having been told
// to, and how.
func (n *Node) endedAlone() (end error, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.running == nil || !n.running.ended() {
		return nil, false
	}
	return endOf(n.running), true
}
