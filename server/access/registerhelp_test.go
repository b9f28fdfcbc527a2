package access_test

import (
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// clock is one that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// desk is the register of Vietnam over a real store, with a clock in hand.
type desk struct {
	*access.Register
	clock   *clock
	log     *logBuffer
	store   *bolt.Store
	options access.RegisterOptions
	open    bool
}

func openDesk(t *testing.T, change func(*access.RegisterOptions)) *desk {
	t.Helper()
	s, err := bolt.Create(filepath.Join(t.TempDir(), "ledger.db"), bolt.Options{
		Tables: access.Tables(), Appended: access.AppendedTables(), InitialMmapSize: 64 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{clock: newClock(), log: &logBuffer{}, store: s}
	d.options = access.RegisterOptions{
		Store: s, Roster: authority.ForTest(t, "VN", "CN").Office("VN").Roster, Now: d.clock.Now,
		Logger: slog.New(slog.NewTextHandler(d.log, nil)), Limits: access.DefaultLimits(),
	}
	d.options.Cheap()
	if change != nil {
		change(&d.options)
	}
	d.Register, d.open = access.OpenRegister(d.options), true
	t.Cleanup(func() {
		if d.open {
			d.Close()
		}
		if err := s.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	return d
}

// restart closes the register, which writes all that waits, and opens it again.
func (d *desk) restart() {
	d.Close()
	d.Register = access.OpenRegister(d.options)
}

// records returns the audit log, the oldest first, after all that waits was
// written.
func (d *desk) records(t *testing.T, q access.AuditQuery) []*spsv1.AuditRecord {
	t.Helper()
	d.restart()
	q.OldestFirst, q.Most = true, 10_000
	records, next, err := d.AuditRecords(t.Context(), q)
	if err != nil || next != 0 {
		t.Fatalf("AuditRecords: %v, next = %d, want all", err, next)
	}
	return records
}

// raw returns every key and value of the register's tables as one text.
func (d *desk) raw(t *testing.T) string {
	t.Helper()
	var all []byte
	err := d.store.View(t.Context(), func(r store.Reader) error {
		for _, table := range access.Tables() {
			for item, err := range r.Scan(table, nil, nil, false) {
				if err != nil {
					return err
				}
				all = append(append(all, item.Key...), item.Value...)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

// wantRefused fails the test unless err is a refusal of the code and reason.
func wantRefused(t *testing.T, what string, err error, code codes.Code, why access.Reason) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want %s, %s", what, code, why)
		return
	}
	if st := access.Status(err); st.Code() != code || reason(st) != string(why) {
		t.Errorf("%s: %v, want %s, %s", what, err, code, why)
	}
}
