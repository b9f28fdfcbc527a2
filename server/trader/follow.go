package trader

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

const (
	// followPage is how many records are looked at before the position is noted.
	followPage = 256
	// followAgain is when bodies that had not arrived are looked for again, and
	// what failed is tried again.
	followAgain = time.Minute
	// anewPage is how many exporters are compared with cases in one go.
	anewPage = 64
)

var followedKey = []byte("followed")

// follower is how far a [Service.Follow] is.
type follower struct {
	*Service
	logger *slog.Logger

	late, aside []byte // where the rounds over what waits go on; nil at their beginning
	round       bool   // they are to come to their end
}

// Follow compares what is recorded in the ledger with the register, and exporters
// that change with the cases that are here, until ctx ends. How far it came lies
// in the store: it goes on where it was stopped. As long as no exporter is
// registered it reads nothing; then it begins with the beginning.
//
// A case that cannot be read is set aside and tried again every minute; those behind
// it do not wait for it. [Service.Aside] counts them.
func (s *Service) Follow(ctx context.Context, logger *slog.Logger) {
	again := time.NewTicker(followAgain)
	defer again.Stop()
	f := &follower{Service: s, logger: logger, round: true}
	for {
		recorded, changed := s.o.Ledger.Changed(), s.changed()
		more, err := f.once(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil { // perhaps it mends itself: room in the store
			logger.Error("exporters are not told what is new: it is tried again", "err", err)
			recorded, changed = nil, nil
		} else if more {
			continue
		}
		select {
		case <-recorded:
		case <-changed:
		case <-again.C:
			f.round = true
		case <-ctx.Done():
			return
		}
	}
}

// once follows a page of the ledger and some exporters, looks at some of what waits,
// and reports whether there is more to do.
func (f *follower) once(ctx context.Context) (more bool, err error) {
	if any, err := f.anyExporter(ctx); err != nil || !any {
		return false, err
	}
	if err := f.followLate(ctx); err != nil {
		return false, err
	}
	if err := f.followAside(ctx); err != nil {
		return false, err
	}
	if f.late == nil && f.aside == nil {
		f.round = false
	}
	ahead, err := f.followLedger(ctx)
	if err != nil {
		return false, err
	}
	anew, err := f.followRegister(ctx)
	return ahead || anew || f.round, err
}

// anyExporter reports whether the office serves anybody.
func (s *Service) anyExporter(ctx context.Context) (any bool, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		any, err = hasAny(r, tableExporters, nil)
		return err
	})
	return any, err
}

// hasAny reports whether a table has a key that begins so.
func hasAny(r store.Reader, t store.Table, prefix []byte) (bool, error) {
	for _, err := range r.Scan(t, prefix, store.PrefixEnd(prefix), false) {
		return err == nil, err
	}
	return false, nil
}

// followLedger looks at a page of what was recorded behind the position that was
// noted, and notes the next.
func (f *follower) followLedger(ctx context.Context) (more bool, err error) {
	at, err := f.followed(ctx)
	if err != nil {
		return false, err
	}
	records, err := f.o.Ledger.After(ctx, at, followPage)
	if errors.Is(err, ledger.ErrOtherIncarnation) || errors.Is(err, ledger.ErrAhead) { // the store was restored
		at = ledger.Position{}
		records, err = f.o.Ledger.After(ctx, at, followPage)
	}
	if err != nil || len(records) == 0 {
		return false, err
	}
	p := newPage()
	for _, record := range records {
		if record.Entry == nil {
			continue
		}
		if err := f.look(ctx, p, *record.Entry); err != nil {
			return false, err
		}
	}
	next := records[len(records)-1].Position
	if err := f.finish(ctx, p, func(tx store.Tx) error { return tx.Put(tableFollowed, followedKey, []byte(next.String())) }); err != nil {
		return false, err
	}
	return true, nil
}

// followed returns the position up to which the ledger was followed.
func (s *Service) followed(ctx context.Context) (at ledger.Position, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		text, err := r.Get(tableFollowed, followedKey)
		if err != nil {
			return err
		}
		if at, err = ledger.ParsePosition(string(text)); err != nil {
			return fmt.Errorf("%w: position of the notices: %w", ledger.ErrCorrupt, err)
		}
		return nil
	})
	return at, err
}

// finish brings the notices of the cases of a page in line, and then notes what
// the page found. A crash between the two does the first again, which changes
// nothing. A case of which that cannot be done is set aside.
func (f *follower) finish(ctx context.Context, p *page, note func(store.Tx) error) error {
	for _, reference := range slices.Sorted(maps.Keys(p.cases)) {
		if err := f.settle(ctx, reference); err != nil {
			if !isOfOne(ctx, err) {
				return err
			}
			p.aside[reference] = err
		}
	}
	fresh := make(map[string]error)
	err := f.o.Store.Update(ctx, func(tx store.Tx) (err error) {
		for _, key := range slices.Sorted(maps.Keys(p.sought)) {
			if err := tx.Put(tableSought, []byte(key), nil); err != nil {
				return err
			}
		}
		for n, e := range p.waiting {
			if err := tx.Put(tableWaiting, binary.BigEndian.AppendUint64(nil, n), placeOf(e)); err != nil {
				return err
			}
		}
		for _, n := range p.here {
			if err := tx.Delete(tableWaiting, binary.BigEndian.AppendUint64(nil, n)); err != nil {
				return err
			}
		}
		if fresh, err = p.putAside(tx); err != nil {
			return err
		}
		return note(tx)
	})
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(fresh)) {
		what := slog.String("case", key)
		if isPlace(key) {
			what = slog.String("entry", fmt.Sprintf("%q", key))
		}
		f.logger.Error("a case cannot be read and is set aside: its exporters are not told what is new; it is tried again every minute", what, "err", fresh[key])
	}
	return nil
}
