package exchange

import (
	"errors"
	"fmt"
	"testing"

	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
)

// What a parser finds wrong in this node's own store is not blamed on the peer.
func TestWhoIsToBlame(t *testing.T) {
	w := newWorld(t, "CN")
	x := New(Options{Ledger: w.nodes["CN"].ledger, Roster: w.nodes["CN"].office.Roster})
	for _, tc := range []struct {
		err  error
		want access.Reason
	}{
		{fmt.Errorf("head: %w", seal.ErrFormat), ReasonBadEncoding},
		{fmt.Errorf("%w: checkpoint: %w", ledger.ErrCorrupt, seal.ErrFormat), access.ReasonInternal},
		{fmt.Errorf("record: %w", ledger.ErrWrongRoot), ReasonWrongRoot},
		{errors.New("disk"), access.ReasonInternal},
	} {
		if got := x.failure(tc.err); got.reason != tc.want {
			t.Errorf("failure(%v) = %s, want %s", tc.err, got.reason, tc.want)
		}
	}
}
