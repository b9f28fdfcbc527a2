package demo

import (
	"context"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
)

// linkPatience is how long nodes that have just been started get to find each
// other. Statements wait for links that come later, so going on without is safe.
const linkPatience = 10 * time.Second

// AwaitLinks waits until every node is connected to every other and holds its
// first receipt, so that the times of a run are those of a running federation
// and not of its start. It gives up after some seconds.
func AwaitLinks(ctx context.Context, nodes map[certs.Office]*client.Client) {
	ctx, cancel := context.WithTimeout(ctx, linkPatience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for _, node := range nodes {
		for !linked(ctx, node) {
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return
			}
		}
	}
}

func linked(ctx context.Context, node *client.Client) bool {
	peers, err := node.Peers(ctx)
	if err != nil {
		return false
	}
	for _, p := range peers {
		if !p.GetConnected() || p.GetReceiptSize() == 0 {
			return false
		}
	}
	return true
}
