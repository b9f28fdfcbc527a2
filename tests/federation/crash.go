package federation

import (
	"context"
	"errors"
	"os"

	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/storetest"
)

// Fail makes the next commit of the node fail in this way, whatever it is for; 0
// takes that back. The node then is [Node.Broken].
func (n *Node) Fail(fault storetest.Fault) { n.faulty.Fail(fault) }

// Broken reports whether a commit has failed, so that the process has to end.
func (n *Node) Broken() bool {
	err := n.faulty.View(context.Background(), func(store.Reader) error { return nil })
	return errors.Is(err, store.ErrUnknown)
}

// Crash ends a node, running or not, as SIGKILL does: nothing is committed any
// more, its connections break, and what the disk holds is opened. It does not
// run then. If lagging is true, the anchor of the last request, which is written
// while others are told already, did not get to the disk.
func (n *Node) Crash(lagging bool) {
	n.tb.Helper()
	n.killed = true
	n.faulty.Fail(storetest.Lost)
	if err := n.faulty.Update(context.Background(), func(store.Tx) error { return nil }); !errors.Is(err, store.ErrUnknown) {
		n.tb.Fatalf("kill %s: %v, want %v", n.Office.Code(), err, store.ErrUnknown)
	}
	n.f.Network.Reset(n.Office.Code())
	if n.running() {
		n.Stop()
	}
	n.close()
	if lagging && n.anchored != nil {
		if err := os.WriteFile(n.anchor(), n.anchored, 0o600); err != nil {
			n.tb.Fatal(err)
		}
	}
	n.killed = false
	n.open()
}

// Running reports whether the node was started and has not ended.
func (n *Node) Running() bool { return n.running() }
