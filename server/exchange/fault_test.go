package exchange

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

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

// What a peer says when it ends a stream is shown to the administrator, in the
// list of all peers: it must not keep that from being sent.
func TestWordsOfABrokenStreamCanBeShown(t *testing.T) {
	for _, err := range []error{
		status.Error(codes.Unavailable, "go\xff away"),
		status.Error(codes.ResourceExhausted, "too\xff much"),
		status.Error(codes.Unknown, strings.Repeat("é", maxWords)),
		errors.New("read: \xff"),
	} {
		if got := broken(err).words; !utf8.ValidString(got) || len(got) > maxWords || got == "" {
			t.Errorf("broken(%q) has words %q, want at most %d bytes of UTF-8", err, got, maxWords)
		}
	}
}
