package federation

import (
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/tests/oracle"
)

// Federation is some offices, their nodes, and the network between them.
type Federation struct {
	Network *Network
	Minted  *authority.Federation
	// Oracle has seen every entry that [Node.Issue] returned.
	Oracle oracle.Oracle

	tb    testing.TB
	nodes map[certs.Office]*Node
}

// New mints offices that have accepted each other's cards, with an empty ledger
// each. Nothing runs yet. What runs at the end of the test is stopped, and every
// ledger is verified whole.
func New(tb testing.TB, offices ...certs.Office) *Federation {
	tb.Helper()
	f := &Federation{
		tb: tb, Network: newNetwork(), Minted: authority.ForTest(tb, offices...),
		nodes: make(map[certs.Office]*Node),
	}
	for _, office := range offices {
		f.nodes[office] = newNode(tb, f, office)
	}
	return f
}

// Node returns the node of an office.
func (f *Federation) Node(office certs.Office) *Node { return f.nodes[office] }

// Offices returns all offices, sorted.
func (f *Federation) Offices() []certs.Office { return slices.Sorted(maps.Keys(f.nodes)) }

// Start starts the nodes of some offices.
func (f *Federation) Start(offices ...certs.Office) {
	f.tb.Helper()
	for _, office := range offices {
		f.nodes[office].Start()
	}
}

// Stop stops the nodes of some offices, as SIGTERM would.
func (f *Federation) Stop(offices ...certs.Office) {
	f.tb.Helper()
	for _, office := range offices {
		f.nodes[office].Stop()
	}
}

// Settle waits until every node that runs has dialled its peers again and
// everything has gone where it can go. It works on perfect lines only.
func (f *Federation) Settle() {
	time.Sleep(time.Minute)
	synctest.Wait()
}

// WantSame fails the test unless every node that runs holds the log of every
// other to its end, with each body that is for it, and has its receipt for all
// of it.
func (f *Federation) WantSame() {
	f.tb.Helper()
	for _, at := range f.Offices() {
		for _, of := range f.Offices() {
			if at != of && f.nodes[at].running() && f.nodes[of].running() {
				f.nodes[at].WantHolds(of)
			}
		}
	}
}

// Judge asks the oracle about all nodes. Everything that can arrive must have
// arrived (see Settle).
func (f *Federation) Judge() {
	f.tb.Helper()
	ledgers := map[certs.Office]*ledger.Ledger{}
	for office, n := range f.nodes {
		ledgers[office] = n.Ledger
	}
	f.Oracle.Check(f.tb, ledgers)
}
