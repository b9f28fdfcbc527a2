package trader

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/server/store"
)

// follower returns what follows for the service, and its log.
func (d *desk) follower() (*follower, *bytes.Buffer) {
	log := &bytes.Buffer{}
	return &follower{Service: d.Service, logger: slog.New(slog.NewTextHandler(log, nil)), round: true}, log
}

// turn follows until there is no more to do, as every minute.
func (f *follower) turn(t *testing.T) {
	t.Helper()
	f.round = true
	for more := true; more; {
		var err error
		if more, err = f.once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func (d *desk) wantAside(when string, want int) {
	d.t.Helper()
	if got, err := d.Aside(d.t.Context()); err != nil || got != want {
		d.t.Errorf("%s %d cases are set aside, %v, want %d", when, got, err, want)
	}
}

// TestACaseThatCannotBeReadIsSetAside has one of two cases be unreadable: the other is
// told, and the one is once it can be read.
func TestACaseThatCannotBeReadIsSetAside(t *testing.T) {
	d := newDesk(t)
	d.register("grower", aCode)
	f, log := d.follower()
	const other = "CN-2026-000002"
	broken := &written{notification: alert + oneLot, status: 1, unreadable: errors.New("damaged on the disk")}
	d.cases[testCase], d.cases[other] = broken, &written{notification: alert + oneLot, status: 1}
	p := newPage()
	p.cases[testCase], p.cases[other] = true, true
	noted := false
	if err := f.finish(t.Context(), p, func(store.Tx) error { noted = true; return nil }); err != nil || !noted {
		t.Fatalf("finish = %v, noted %t, want the position noted", err, noted)
	}
	if got := d.notice("grower"); got.GetReference() != other {
		t.Errorf("told of %q, want the case that can be read, %s", got.GetReference(), other)
	}
	d.wantAside("at first", 1)
	f.turn(t)
	d.wantAside("tried again", 1)
	if got := strings.Count(log.String(), "is set aside"); got != 1 || !strings.Contains(log.String(), "case="+testCase) {
		t.Errorf("the log says %d times that a case is set aside, want once:\n%s", got, log)
	}
	broken.unreadable = nil
	f.turn(t)
	d.wantAside("mended", 0)
	if got := d.stands("grower"); got != "SENT 1 NEW [p1.l1]" || d.notice("grower").GetReference() == "" {
		t.Errorf("mended, the notice stands %q", got)
	}
	if all, err := d.OfCase(t.Context(), testCase); err != nil || len(all) != 1 {
		t.Errorf("%d notices of the case that was mended, %v, want 1", len(all), err)
	}
}

// TestAFullStoreSetsNothingAside has the store refuse what is written: that is not the
// fault of a case.
func TestAFullStoreSetsNothingAside(t *testing.T) {
	d := newDesk(t)
	d.register("grower", aCode)
	f, _ := d.follower()
	d.cases[testCase] = &written{notification: alert + oneLot, status: 1, unreadable: fmt.Errorf("settle: %w", store.ErrFull)}
	p := newPage()
	p.cases[testCase] = true
	if err := f.finish(t.Context(), p, func(store.Tx) error { return nil }); !errors.Is(err, store.ErrFull) {
		t.Errorf("finish = %v, want the error of the store", err)
	}
	d.wantAside("of a full store", 0)
}

// TestWhatIsAwaitedGoesRound has many entries await their bodies: each has its turn.
func TestWhatIsAwaitedGoesRound(t *testing.T) {
	d := newDesk(t)
	d.register("grower", aCode)
	f, _ := d.follower()
	const many = 2*followPage + 10
	err := d.db.Update(t.Context(), func(tx store.Tx) error {
		for n := range uint64(many) { // of no log that is here: each that has its turn is set aside
			place := binary.BigEndian.AppendUint64(under("asean-cn/CN/1"), n+1)
			if err := tx.Put(tableWaiting, binary.BigEndian.AppendUint64(nil, n+1), place); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{followPage, 2 * followPage, many} {
		if more, err := f.once(t.Context()); err != nil || more != (i < 2) || (f.late != nil) != more {
			t.Fatalf("once = %t, %v, and goes on behind %x, want %t", more, err, f.late, i < 2)
		}
		d.wantAside(fmt.Sprint("after page ", i+1), want)
	}
}
