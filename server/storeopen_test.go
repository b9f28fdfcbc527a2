package server_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server"
	"github.com/spsalert/spsalert/server/ledger"
)

// countdown is a context that ends when it has been asked so many times.
type countdown struct {
	context.Context
	left atomic.Int64
}

// Err implements context.Context.
func (c *countdown) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func TestReindex(t *testing.T) {
	w := newWorld(t, "VN")
	vn := w.start("VN")
	issue(t, vn, notification("mango"))
	if _, err := server.Reindex(t.Context(), w.config("VN"), time.Now); err == nil {
		t.Error("Reindex beside a node: no error")
	}
	vn.stop()
	// One that is interrupted is made up for by the next, or by the next start.
	interrupted := 0
	for left := int64(1); ; left += 2 {
		ctx := &countdown{Context: t.Context()}
		ctx.left.Store(left)
		_, err := server.Reindex(ctx, w.config("VN"), time.Now)
		if err == nil {
			break
		}
		if interrupted++; !errors.Is(err, context.Canceled) {
			t.Fatalf("Reindex that is interrupted: %v, want %v", err, context.Canceled)
		}
	}
	if interrupted < 5 {
		t.Errorf("Reindex was interrupted %d times, want every step", interrupted)
	}
	ctx := &countdown{Context: t.Context()}
	ctx.left.Store(int64(interrupted))
	if _, err := server.Reindex(ctx, w.config("VN"), time.Now); err == nil {
		t.Error("Reindex was not interrupted half way")
	}
	vn = w.start("VN")
	cases := spsv1.NewCaseServiceClient(vn.as(certs.RoleValidator, "lan.nguyen"))
	if got, err := cases.ListStatements(t.Context(), &spsv1.ListStatementsRequest{Parent: "offices/-"}); err != nil || len(got.GetStatements()) != 1 {
		t.Errorf("after a start %v, %v are listed, want one statement", got.GetStatements(), err)
	}
	vn.stop()
	if n, err := server.Reindex(t.Context(), w.config("VN"), time.Now); err != nil || n != 2 {
		t.Errorf("Reindex = %d, %v, want the card and the statement", n, err)
	}
	vn = w.start("VN")
	issue(t, vn, notification("longan"))
}

func TestNoEpochWithoutNeed(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	c := w.config("VN")
	if _, err := server.PlanEpoch(t.Context(), c, time.Now); !errors.Is(err, ledger.ErrEpochKey) {
		t.Errorf("PlanEpoch with the present card: %v, want %v", err, ledger.ErrEpochKey)
	}
	if _, err := server.OpenEpoch(t.Context(), c, nil, "", time.Now); !errors.Is(err, ledger.ErrGateOpen) {
		t.Errorf("OpenEpoch of the newest store: %v, want %v", err, ledger.ErrGateOpen)
	}
	if err := os.Rename(c.Anchor, filepath.Join(t.TempDir(), "anchor")); err != nil {
		t.Fatal(err)
	}
	if _, err := server.OpenEpoch(t.Context(), c, nil, "", time.Now); !errors.Is(err, ledger.ErrSilent) {
		t.Errorf("OpenEpoch that does not name CN: %v, want %v", err, ledger.ErrSilent)
	}
}
