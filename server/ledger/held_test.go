package ledger_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
)

// clocked are an office that issues and one that reads it, over a line that
// breaks when it likes. The reader's clock is in the test's hand.
type clocked struct {
	t       *rapid.T
	vn, cn  *ledgertest.Node
	now     *time.Time
	entries []ledger.Entry
	backup  []byte // of CN's store; nil: none
}

func newClocked(t *rapid.T, tb testing.TB, fed *authority.Federation) *clocked {
	now := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	c := &clocked{t: t, now: &now}
	c.vn = ledgertest.Start(tb, fed.Office("VN"), nil)
	c.cn = ledgertest.Start(tb, fed.Office("CN"), func(o *ledger.Options) { o.Now = func() time.Time { return now } })
	c.cn.Follow(tb, c.vn, c.vn.Origin(), 1<<20)
	return c
}

// held returns how many entries CN holds.
func (c *clocked) held() uint64 {
	h, err := c.cn.Head(c.t.Context(), c.vn.Origin())
	if err != nil {
		c.t.Fatal(err)
	}
	return h.Size
}

// session lets a session begin, which breaks when so many receipts have come.
func (c *clocked) session(receipts int) {
	o, after := c.vn.Origin(), int64(0)
	newest, err := c.vn.ReceiptOf(c.t.Context(), "CN", o)
	if err != nil {
		c.t.Fatal(err)
	}
	if newest != nil {
		after = newest.Time
	}
	forgotten, err := c.vn.Above(c.t.Context(), "CN", o, c.held(), 1000)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, note := range forgotten {
		if err := c.cn.Recall(c.t.Context(), note); err != nil {
			c.t.Fatal(err)
		}
	}
	notes, err := c.cn.Receipts(c.t.Context(), o, seal.Receipt{Time: after})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, note := range notes[:min(len(notes), receipts)] {
		if err := c.vn.AddReceipt(c.t.Context(), "CN", note); err != nil {
			c.t.Fatal(err)
		}
	}
}

// follow lets CN record up to so many entries, with their bodies or without.
func (c *clocked) follow(entries int, bodies bool) {
	p, err := c.vn.Page(c.t.Context(), c.vn.Origin(), c.held(), "CN", 1<<20)
	if err != nil {
		c.t.Fatal(err)
	}
	if len(p.Leaves) == 0 {
		return
	}
	if entries < len(p.Leaves) {
		proof, err := c.vn.Page(c.t.Context(), c.vn.Origin(), c.held(), "CN", entries*600)
		if err != nil {
			c.t.Fatal(err)
		}
		p = proof
	}
	if !bodies {
		p.Bodies = nil
	}
	if _, err := c.cn.Record(c.t.Context(), "VN", p); err != nil {
		c.t.Fatal(err)
	}
}

// late brings CN the body of an entry that it holds without.
func (c *clocked) late(e ledger.Entry) {
	if e.Sequence >= c.held() {
		return
	}
	if at, err := c.cn.Entry(c.t.Context(), e.Origin, e.Sequence); err != nil || at.Envelope != nil {
		return
	}
	if err := c.cn.AddBody(c.t.Context(), e.Origin, e.Sequence, e.Envelope); err != nil {
		c.t.Fatal(err)
	}
}

// restore puts CN back to its backup.
func (c *clocked) restore(tb testing.TB) {
	if c.backup == nil {
		return
	}
	c.cn.Stop(tb)
	if err := os.WriteFile(filepath.Join(c.cn.Folder, "ledger.db"), c.backup, 0o600); err != nil {
		c.t.Fatal(err)
	}
	c.cn.Restart(tb)
}

// TestBothEndsCountFromTheSameSecond lets receipts get lost, the reader restart
// and its store be put back to a backup, in any order, and compares the times
// from which both ends count once everything has come through.
func TestBothEndsCountFromTheSameSecond(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	for name, restores := range map[string]bool{"bodies that come late": false, "restores from a backup": true} {
		rapid.Check(t, func(rt *rapid.T) {
			tb := &cleaning{TB: t}
			defer tb.clean()
			c := newClocked(rt, tb, fed)
			for i := range rapid.IntRange(3, 25).Draw(rt, "steps") {
				*c.now = c.now.Add(time.Duration(rapid.IntRange(0, 1500).Draw(rt, "pause")) * time.Millisecond)
				switch step := rapid.SampledFrom([]string{
					"issue", "issue", "urgent", "follow", "follow", "session", "restart", "late", "backup", "restore",
				}).Draw(rt, "step"); step {
				case "issue":
					c.entries = append(c.entries, c.vn.Issue(t, fmt.Sprint("r", i), fmt.Sprint("content ", i), "CN"))
				case "urgent":
					e := issueUrgent(t, c.vn, fmt.Sprint("r", i), fmt.Sprint("content ", i), "CN")
					c.entries = append(c.entries, e)
					if err := c.cn.RecordAhead(t.Context(), "VN", urgentOf(t, c.vn, e.Sequence, "CN", c.held())); err != nil {
						rt.Fatal(err)
					}
				case "follow":
					c.follow(rapid.IntRange(1, 4).Draw(rt, "entries"), restores || rapid.Bool().Draw(rt, "with bodies"))
				case "session":
					c.session(rapid.IntRange(0, 3).Draw(rt, "receipts"))
				case "restart":
					c.cn.Restart(tb)
				case "late":
					if len(c.entries) > 0 {
						c.late(rapid.SampledFrom(c.entries).Draw(rt, "entry"))
					}
				case "backup":
					c.cn.Stop(tb)
					var err error
					if c.backup, err = os.ReadFile(filepath.Join(c.cn.Folder, "ledger.db")); err != nil {
						rt.Fatal(err)
					}
					c.cn.Restart(tb)
				case "restore":
					if restores {
						c.restore(tb)
						c.session(rapid.IntRange(0, 3).Draw(rt, "receipts"))
					}
				}
			}
			c.follow(1000, true)
			for _, e := range c.entries {
				c.late(e)
			}
			c.session(1000)
			c.cn.Restart(tb)
			for _, e := range c.entries {
				receipt, err := c.vn.Covering(t.Context(), "CN", e.Origin, e.Sequence)
				if err != nil || receipt == nil {
					rt.Fatalf("%s: Covering = %v, %v", name, receipt, err)
				}
				got, ok, err := c.cn.Held(t.Context(), e.Origin, e.Sequence)
				if err != nil || !ok || got != receipt.Time {
					rt.Errorf("%s: entry %d is held since %d, %t, %v at CN; its receipt at VN says %d", name, e.Sequence, got, ok, err, receipt.Time)
				}
			}
		})
	}
}

// cleaning ends what one run of a property began.
type cleaning struct {
	testing.TB
	after []func()
}

func (c *cleaning) Cleanup(f func()) { c.after = append(c.after, f) }

func (c *cleaning) clean() {
	for i := len(c.after) - 1; i >= 0; i-- {
		c.after[i]()
	}
}
