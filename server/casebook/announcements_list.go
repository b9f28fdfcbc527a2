package casebook

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// AnnouncementQuery says which announcements a list has, as of when. The zero
// AnnouncementQuery is all of them. It is safe for concurrent use.
type AnnouncementQuery struct{ dayQuery }

// ParseAnnouncementQuery reads a filter of AIP-160 over [AnnouncementFields] and a
// day, see [Day], and returns what is wrong with them, by the names of the fields
// of a list request.
func (l Limits) ParseAnnouncementQuery(filter, day string) (q AnnouncementQuery, problems statement.Problems) {
	q.dayQuery, problems = l.parseDayQuery(filter, day, announcementFields)
	return q, problems
}

func (q AnnouncementQuery) matches(l *line, h *spsv1.HeldAnnouncement) bool {
	l.announcement = h
	return q.holds(l)
}

// Announcements returns a page of announcements, the last recorded first, and the
// position behind which the next page goes on, 0 after the last. below is such a
// position, 0 for the first page. About budget rows are looked at.
func (b *Book) Announcements(ctx context.Context, q AnnouncementQuery, below uint64, limit, budget int) (page []*spsv1.HeldAnnouncement, next uint64, err error) {
	from, to := q.span(b.o.Now())
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		page, next = nil, 0
		l, all := b.line(r), newAnnouncements(r)
		var end []byte
		if below != 0 {
			end = numberKey(below)
		}
		looked := 0
		for row, err := range r.Scan(tableAnnouncements, nil, end, true) {
			if err != nil {
				return err
			}
			n := binary.BigEndian.Uint64(row.Key)
			if len(page) == limit || looked == budget {
				next = n + 1
				return nil
			}
			looked++
			h, err := all.held(n, from, to)
			if err != nil {
				return err
			}
			if q.matches(&l, h) {
				page = append(page, h)
			}
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list announcements: %w", err)
	}
	return page, next, nil
}

// Announcement returns the announcement of a reference, as it stands now. It
// returns [ErrNotFound] if there is none.
func (b *Book) Announcement(ctx context.Context, reference string) (found *spsv1.HeldAnnouncement, err error) {
	now := b.o.Now()
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		found = nil
		all := newAnnouncements(r)
		prefix := append([]byte(reference), 0)
		for row, err := range r.Scan(tableReferences, prefix, store.PrefixEnd(prefix), false) {
			if err != nil {
				return err
			}
			if len(row.Value) != 8 {
				return ledger.ErrCorrupt
			}
			if found, err = all.held(binary.BigEndian.Uint64(row.Value), now, now); found != nil || err != nil {
				return err
			}
		}
		return ErrNotFound
	})
	if err != nil {
		return nil, fmt.Errorf("announcement %s: %w", reference, err)
	}
	return found, nil
}

// AnnouncementsThat returns the query of the announcements of which something holds.
// holds MUST be safe for concurrent use, and MUST NOT change what it is given.
func AnnouncementsThat(holds func(*spsv1.HeldAnnouncement) bool) AnnouncementQuery {
	return AnnouncementQuery{dayQuery{test: test{holds: func(l *line) bool { return holds(l.announcement) }}}}
}

// Gates returns a page of the gates as they stand in a span of time, in the order
// of their names, and the name with which the next page begins, "" after the last.
// begin is such a name, "" for the first page.
func (b *Book) Gates(ctx context.Context, office string, goods *spsv1.Concept, from, to time.Time, begin string, limit int) (page []*spsv1.Gate, next string, err error) {
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		page, next = nil, ""
		all := newAnnouncements(r)
		at := []byte(begin)
		for {
			name, err := nextGate(r, at)
			if name == "" || err != nil {
				return err
			}
			if len(page) == limit {
				next = name
				return nil
			}
			g, err := all.gate(name, goods, from, to)
			if err != nil {
				return err
			}
			if g.GetOffice() != "" && (office == "" || g.GetOffice() == office) {
				page = append(page, g)
			}
			at = append([]byte(name), 1) // behind its rows
		}
	})
	if err != nil {
		return nil, "", fmt.Errorf("list gates: %w", err)
	}
	return page, next, nil
}

// nextGate returns the name of the first gate from a key on; "" if there is none.
func nextGate(r store.Reader, from []byte) (string, error) {
	for row, err := range r.Scan(tableGates, from, nil, false) {
		if err != nil {
			return "", err
		}
		name, _, ok := bytes.Cut(row.Key, []byte{0})
		if !ok {
			return "", ledger.ErrCorrupt
		}
		return string(name), nil
	}
	return "", nil
}

// Gate returns how a gate stands in a span of time, with the gate on the other
// side. It returns [ErrNotFound] if nothing was announced of it.
func (b *Book) Gate(ctx context.Context, name string, goods *spsv1.Concept, from, to time.Time) (g *spsv1.Gate, err error) {
	err = b.o.Store.View(ctx, func(r store.Reader) (err error) {
		all := newAnnouncements(r)
		if g, err = all.gate(name, goods, from, to); err != nil {
			return err
		}
		prefix := append([]byte(name), 0)
		other := ""
		for row, err := range r.Scan(tableOpposites, prefix, store.PrefixEnd(prefix), true) { // the last word
			if err != nil {
				return err
			}
			other = string(row.Value)
			break
		}
		if other != "" {
			if g.Opposite, err = all.gate(other, goods, from, to); err != nil {
				return err
			}
		}
		if g.GetOffice() == "" && g.GetOpposite().GetOffice() == "" {
			return ErrNotFound
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("gate %s: %w", name, err)
	}
	return g, nil
}

// gate returns how one gate stands.
func (a *announcements) gate(name string, goods *spsv1.Concept, from, to time.Time) (*spsv1.Gate, error) {
	var words []statement.GateWord
	prefix := append([]byte(name), 0)
	for row, err := range a.r.Scan(tableGates, prefix, store.PrefixEnd(prefix), false) {
		if err != nil {
			return nil, err
		}
		if len(row.Key) != len(prefix)+8 {
			return nil, ledger.ErrCorrupt
		}
		w, err := a.word(binary.BigEndian.Uint64(row.Key[len(prefix):]))
		if err != nil {
			return nil, err
		}
		if w != nil {
			words = append(words, *w)
		}
	}
	g := statement.GateOf(words, goods, from, to)
	g.Name = "gates/" + name
	for _, said := range append([]*spsv1.HeldAnnouncement{g.GetSaid()}, g.GetLimitedToGoods()...) {
		if said == nil {
			continue
		}
		n := slices.IndexFunc(words, func(w statement.GateWord) bool { return w.Said == said })
		statement.HoldAnnouncement(said, words[n].Enders, from, to)
	}
	return g, nil
}
