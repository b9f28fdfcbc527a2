package trader

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
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

// Follow compares what is recorded in the ledger with the register, and exporters
// that change with the cases that are here, until ctx ends. How far it came lies
// in the store: it goes on where it was stopped. As long as no exporter is
// registered it reads nothing; then it begins with the beginning.
//
// BUG(trader): a case that cannot be read holds up those behind it, and is tried
// again every minute.
func (s *Service) Follow(ctx context.Context, logger *slog.Logger) {
	again := time.NewTicker(followAgain)
	defer again.Stop()
	for {
		recorded, changed := s.o.Ledger.Changed(), s.Changed()
		more, err := s.followOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil { // perhaps it mends itself: a body that is fetched again, room in the store
			logger.Error("exporters are not told what is new: it is tried again", "err", err)
			recorded, changed = nil, nil
		} else if more {
			continue
		}
		select {
		case <-recorded:
		case <-changed:
		case <-again.C:
		case <-ctx.Done():
			return
		}
	}
}

// followOnce follows a page of the ledger and some exporters, and reports whether
// there is more to do.
func (s *Service) followOnce(ctx context.Context) (more bool, err error) {
	if any, err := s.anyExporter(ctx); err != nil || !any {
		return false, err
	}
	if err := s.followLate(ctx); err != nil {
		return false, err
	}
	ahead, err := s.followLedger(ctx)
	if err != nil {
		return false, err
	}
	anew, err := s.followRegister(ctx)
	return ahead || anew, err
}

// anyExporter reports whether the office serves anybody.
func (s *Service) anyExporter(ctx context.Context) (any bool, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		any = false
		for _, err := range r.Scan(tableExporters, nil, nil, false) {
			any = err == nil
			return err
		}
		return nil
	})
	return any, err
}

// followLedger looks at a page of what was recorded behind the position that was
// noted, and notes the next.
func (s *Service) followLedger(ctx context.Context) (more bool, err error) {
	at, err := s.followed(ctx)
	if err != nil {
		return false, err
	}
	records, err := s.o.Ledger.After(ctx, at, followPage)
	if errors.Is(err, ledger.ErrOtherIncarnation) || errors.Is(err, ledger.ErrAhead) { // the store was restored
		at = ledger.Position{}
		records, err = s.o.Ledger.After(ctx, at, followPage)
	}
	if err != nil || len(records) == 0 {
		return false, err
	}
	p := newPage()
	for _, record := range records {
		if record.Entry == nil {
			continue
		}
		if err := s.read(ctx, p, *record.Entry); err != nil {
			return false, err
		}
	}
	next := records[len(records)-1].Position
	if err := s.finish(ctx, p, func(tx store.Tx) error { return tx.Put(tableFollowed, followedKey, []byte(next.String())) }); err != nil {
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

// page is what a page of the ledger comes to.
type page struct {
	cases   map[string]bool // whose notices may change
	sought  map[string]bool // keys of tableSought
	waiting map[uint64]ledger.Entry
	here    []uint64 // positions of what had not arrived, and has
}

func newPage() *page {
	return &page{cases: make(map[string]bool), sought: make(map[string]bool), waiting: make(map[uint64]ledger.Entry)}
}

// read looks at an entry of a case: what stands in it is noted, and its case if a
// notice of it is there or something in it is registered.
func (s *Service) read(ctx context.Context, p *page, e ledger.Entry) error {
	if e.Leaf.GetType() == spsv1.LeafType_LEAF_TYPE_READDRESS {
		handed := false
		err := s.o.Store.View(ctx, func(r store.Reader) (err error) {
			e, handed, err = ledger.Handed(r, e)
			return err
		})
		if err != nil || !handed {
			return err
		}
	}
	st, arrived := s.stated(e)
	if st == nil {
		if !arrived {
			p.waiting[e.Position.N] = e
		}
		return nil
	}
	note, err := s.o.Book.Note(ctx, e, st)
	if err != nil || note.Case == "" { // its original will bring it along
		return err
	}
	m := sightingsOf(st)
	if st.GetNotification() != nil { // what refers to it may have come before it
		_, parts, err := s.o.Book.Case(ctx, note.Case, 0, s.o.Ledger.Released().N, 1)
		if err != nil && !errors.Is(err, casebook.ErrNotFound) {
			return err
		}
		if len(parts) > 0 {
			if whole, err := s.matter(ctx, note.Case); err != nil {
				return err
			} else if whole != nil {
				m = whole
			}
		}
	}
	return s.o.Store.View(ctx, func(r store.Reader) error {
		known, err := hasAny(r, tableOfCase, under(note.Case))
		for _, at := range m.sightings {
			p.sought[string(append(soughtKey(at.sort, at.folded), note.Case...))] = true
			if err == nil && !known {
				known, err = hasAny(r, map[sort]store.Table{byCode: tableCodes, byName: tableNames, byTaxID: tableTaxIDs}[at.sort], under(at.folded))
			}
		}
		if known {
			p.cases[note.Case] = true
		}
		return err
	})
}

// stated returns what an entry says to this office, nil if that is nothing; and
// whether its body is here.
func (s *Service) stated(e ledger.Entry) (st *spsv1.Statement, arrived bool) {
	if e.Leaf.GetType() != spsv1.LeafType_LEAF_TYPE_STATEMENT {
		return nil, true
	}
	if e.Envelope == nil {
		_, ours := casebook.Read(e, certs.Office(s.office()))
		return nil, !ours
	}
	st, err := statement.Decode(e.Envelope, e.Origin.Federation, e.Origin.Office)
	if err != nil {
		return nil, true // the casebook marks it
	}
	return st, true
}

// sightingsOf returns a matter with what stands in one statement.
func sightingsOf(st *spsv1.Statement) *matter {
	m := &matter{}
	content := statement.Content(st)
	m.look("", content.GetProducts(), content.GetParties(), content.GetMeasures(), nil)
	for _, f := range []*spsv1.Facts{st.GetFollowUp().GetFacts(), st.GetRequest().GetFacts(), st.GetResponse().GetFacts()} {
		m.look("", f.GetProducts(), f.GetParties(), f.GetMeasures(), nil)
	}
	return m
}

// hasAny reports whether a table has a key that begins so.
func hasAny(r store.Reader, t store.Table, prefix []byte) (bool, error) {
	for _, err := range r.Scan(t, prefix, store.PrefixEnd(prefix), false) {
		return err == nil, err
	}
	return false, nil
}

// finish brings the notices of the cases of a page in line, and then notes what
// the page found. A crash between the two does the first again, which changes
// nothing.
func (s *Service) finish(ctx context.Context, p *page, note func(store.Tx) error) error {
	for _, reference := range slices.Sorted(maps.Keys(p.cases)) {
		if err := s.settle(ctx, reference); err != nil {
			return err
		}
	}
	return s.o.Store.Update(ctx, func(tx store.Tx) error {
		for _, key := range slices.Sorted(maps.Keys(p.sought)) {
			if err := tx.Put(tableSought, []byte(key), nil); err != nil {
				return err
			}
		}
		for n, e := range p.waiting {
			at := binary.BigEndian.AppendUint64(under(e.Origin.String()), e.Sequence)
			if err := tx.Put(tableWaiting, binary.BigEndian.AppendUint64(nil, n), at); err != nil {
				return err
			}
		}
		for _, n := range p.here {
			if err := tx.Delete(tableWaiting, binary.BigEndian.AppendUint64(nil, n)); err != nil {
				return err
			}
		}
		return note(tx)
	})
}

// followLate looks again for bodies that had not arrived when their entries were
// looked at.
func (s *Service) followLate(ctx context.Context) error {
	late := make(map[uint64][]byte)
	err := s.o.Store.View(ctx, func(r store.Reader) error {
		clear(late)
		for row, err := range r.Scan(tableWaiting, nil, nil, false) {
			if err != nil || len(late) == followPage {
				return err
			}
			late[binary.BigEndian.Uint64(row.Key)] = bytes.Clone(row.Value)
		}
		return nil
	})
	if err != nil || len(late) == 0 {
		return err
	}
	p := newPage()
	for _, n := range slices.Sorted(maps.Keys(late)) {
		text, number, ok := bytes.Cut(late[n], []byte{0})
		origin, err := certs.ParseOrigin(string(text))
		if err != nil || !ok || len(number) != 8 {
			return fmt.Errorf("%w: entry whose body is awaited, %x", ledger.ErrCorrupt, late[n])
		}
		e, err := s.o.Ledger.Entry(ctx, origin, binary.BigEndian.Uint64(number))
		if err != nil {
			return err
		}
		if e.Envelope == nil {
			continue
		}
		p.here = append(p.here, n)
		if err := s.read(ctx, p, e); err != nil {
			return err
		}
	}
	if len(p.here) == 0 {
		return nil
	}
	return s.finish(ctx, p, func(store.Tx) error { return nil })
}

// followRegister compares exporters that changed with the cases in which their
// codes and names stand.
func (s *Service) followRegister(ctx context.Context) (more bool, err error) {
	p, done := newPage(), make(map[string][]byte)
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		p = newPage()
		clear(done)
		for row, err := range r.Scan(tableAnew, nil, nil, false) {
			if err != nil || len(done) == anewPage {
				return err
			}
			done[string(row.Key)] = bytes.Clone(row.Value)
			e, err := getExporter(r, string(row.Key))
			if err != nil {
				return err
			}
			if err := casesOf(r, e, p.cases); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(done) == 0 {
		return false, err
	}
	err = s.finish(ctx, p, func(tx store.Tx) error {
		for id, etag := range done {
			now, err := tx.Get(tableAnew, []byte(id))
			if err == nil && bytes.Equal(now, etag) { // else it has changed meanwhile
				err = tx.Delete(tableAnew, []byte(id))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return true, err
}

// casesOf adds the cases in which what is registered of an exporter stands.
func casesOf(r store.Reader, e *spsv1.Exporter, cases map[string]bool) error {
	for _, prefix := range soughtOf(e) {
		for row, err := range r.Scan(tableSought, prefix, store.PrefixEnd(prefix), false) {
			if err != nil {
				return err
			}
			cases[string(row.Key[len(prefix):])] = true
		}
	}
	return nil
}
