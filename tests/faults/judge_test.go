package faults

import (
	"context"
	"testing"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/tests/oracle"
)

// judgeFolders waits until all is receipted, stops all nodes, and asks the
// oracle about what they left.
func judgeFolders(ctx context.Context, t *testing.T, fed *drill.Federation, nodes oracle.Clients, judge *oracle.Oracle) {
	t.Helper()
	oracle.AwaitReceipts(ctx, t, nodes)
	ledgers := map[certs.Office]*ledger.Ledger{}
	for _, n := range fed.Nodes() {
		if err := n.Stop(); err != nil {
			t.Error(err)
		}
		ledgers[n.Office()] = oracle.OpenFolder(t, n.Dir())
	}
	judge.Check(t, ledgers)
}
