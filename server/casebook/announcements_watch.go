package casebook

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// AnnouncementEvent is an announcement that was recorded or has changed, that
// begins or ends, or that takes effect in so many days.
type AnnouncementEvent struct {
	Cursor       ChangeCursor // of a watch that was told of it
	Announcement *spsv1.HeldAnnouncement
	Reminder     uint32 // days before its effective date; 0 for no reminder
}

// LastAnnouncementChange returns the cursor of now.
func (b *Book) LastAnnouncementChange(ctx context.Context) (at ChangeCursor, err error) {
	at.Until = b.o.Now().Truncate(time.Millisecond)
	err = b.o.Store.View(ctx, func(r store.Reader) (err error) {
		at.N, err = lastChange(r, tableAnnounceChanges)
		return err
	})
	if err != nil {
		return at, fmt.Errorf("last change of an announcement: %w", err)
	}
	return at, nil
}

// AnnouncementsAfter returns what changed behind a cursor, at most about limit
// announcements: those recorded, replaced or taken back, then those that began or
// ended, then reminders so many days before the effective date of a rule that
// holds; the cursor behind all of them; and when the clock has more to tell, the
// zero time for never. [ErrNotFound] says that the cursor is ahead of the book.
func (b *Book) AnnouncementsAfter(ctx context.Context, q AnnouncementQuery, at ChangeCursor, remind []uint32, limit int) (
	events []AnnouncementEvent, after ChangeCursor, next time.Time, err error,
) {
	w := announcementWatch{q: q, now: b.o.Now().Truncate(time.Millisecond), limit: limit}
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		w.all, w.line, w.events, w.at, w.next = newAnnouncements(r), b.line(r), nil, at, time.Time{}
		more, err := w.recorded()
		if err != nil || more {
			return err
		}
		since := w.at.Until
		if since.IsZero() { // what began before is in what was recorded
			since = w.now
		}
		for _, days := range append([]uint32{0}, remind...) {
			if err := w.turned(since, days); err != nil {
				return err
			}
		}
		if w.at.Until = w.now; since.After(w.now) { // the clock was set back
			w.at.Until = since
		}
		return nil
	})
	if err != nil {
		return nil, at, time.Time{}, fmt.Errorf("changes of announcements: %w", err)
	}
	return w.events, w.at, w.next, nil
}

// announcementWatch is a page of a watch of announcements.
type announcementWatch struct {
	q      AnnouncementQuery
	now    time.Time
	limit  int
	all    *announcements
	line   line
	events []AnnouncementEvent
	at     ChangeCursor
	next   time.Time
}

// recorded adds what was recorded, replaced or taken back. It reports whether
// there may be more.
func (w *announcementWatch) recorded() (more bool, err error) {
	last, err := lastChange(w.all.r, tableAnnounceChanges)
	if err != nil {
		return false, err
	}
	if w.at.N > last {
		return false, ErrNotFound
	}
	for row, err := range w.all.r.Scan(tableAnnounceChanges, numberKey(w.at.N+1), nil, false) {
		if err != nil {
			return false, err
		}
		if len(w.events) == w.limit {
			return true, nil
		}
		if len(row.Value) != 8 {
			return false, ledger.ErrCorrupt
		}
		w.at.N = binary.BigEndian.Uint64(row.Key)
		h, err := w.all.held(binary.BigEndian.Uint64(row.Value), w.now, w.now)
		if err != nil {
			return false, err
		}
		w.add(h, 0)
	}
	return false, nil
}

// turned adds what begins or ends after an instant and until now, so many days
// later. The cursor stays before all of it: who resumes there is told again.
func (w *announcementWatch) turned(since time.Time, days uint32) error {
	later := time.Duration(days) * 24 * time.Hour
	for row, err := range w.all.r.Scan(tableAnnounceTurns, numberKey(milli(since.Add(later))+1), nil, false) {
		if err != nil {
			return err
		}
		if len(row.Key) != 16 {
			return ledger.ErrCorrupt
		}
		turn := time.UnixMilli(int64(binary.BigEndian.Uint64(row.Key))).Add(-later)
		if turn.After(w.now) {
			if w.next.IsZero() || turn.Before(w.next) {
				w.next = turn
			}
			return nil
		}
		h, err := w.all.held(binary.BigEndian.Uint64(row.Key[8:]), w.now, w.now)
		if err != nil {
			return err
		}
		if turns(h, days) {
			w.add(h, days)
		}
	}
	return nil
}

// add adds the event of an announcement, if the query asks for it.
func (w *announcementWatch) add(h *spsv1.HeldAnnouncement, reminder uint32) {
	if h != nil && w.q.matches(&w.line, h) {
		w.events = append(w.events, AnnouncementEvent{Cursor: w.at, Announcement: h, Reminder: reminder})
	}
}

// turns reports whether it is worth an event that an announcement begins or ends
// now, or in so many days: what was replaced or taken back does neither, and people
// are reminded of rules.
func turns(h *spsv1.HeldAnnouncement, days uint32) bool {
	switch h.GetState() {
	case spsv1.AnnouncementState_ANNOUNCEMENT_STATE_UPCOMING:
		return days == 0 || h.GetAnnouncement().GetRuleChange() != nil
	case spsv1.AnnouncementState_ANNOUNCEMENT_STATE_IN_FORCE, spsv1.AnnouncementState_ANNOUNCEMENT_STATE_ENDED:
		return days == 0
	}
	return false
}

// Upcoming returns how many rules take effect within each of some numbers of days.
// What was replaced or withdrawn, is proposed or an exercise is left out.
func (b *Book) Upcoming(ctx context.Context, days ...int) (within map[int]int, err error) {
	now := b.o.Now()
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		within = make(map[int]int)
		all := newAnnouncements(r)
		end := now.AddDate(0, 0, slices.Max(append([]int{0}, days...)))
		for row, err := range r.Scan(tableAnnounceTurns, numberKey(milli(now)+1), numberKey(milli(end)+1), false) {
			if err != nil {
				return err
			}
			if len(row.Key) != 16 {
				return ledger.ErrCorrupt
			}
			turn := time.UnixMilli(int64(binary.BigEndian.Uint64(row.Key)))
			h, err := all.held(binary.BigEndian.Uint64(row.Key[8:]), now, now)
			if err != nil {
				return err
			}
			if h == nil || !isActual(h) || h.GetAnnouncement().GetRuleChange() == nil || h.GetState() != spsv1.AnnouncementState_ANNOUNCEMENT_STATE_UPCOMING {
				continue
			}
			for _, d := range days {
				if !turn.After(now.AddDate(0, 0, d)) {
					within[d]++
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("rules that take effect soon: %w", err)
	}
	return within, nil
}
