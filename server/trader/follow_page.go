package trader

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// page is what a page of the ledger comes to.
type page struct {
	cases   map[string]bool // whose notices may change
	sought  map[string]bool // keys of tableSought
	waiting map[uint64]ledger.Entry
	here    []uint64 // positions of what had not arrived, and has

	aside   map[string]error // by key of tableAside, what cannot be read, and why
	settled []string         // keys of tableAside that are tried again
}

func newPage() *page {
	return &page{
		cases: make(map[string]bool), sought: make(map[string]bool), waiting: make(map[uint64]ledger.Entry),
		aside: make(map[string]error),
	}
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
		whole, err := s.ifPreceded(ctx, note.Case)
		if err != nil && !isOfOne(ctx, err) {
			return err
		}
		if err != nil {
			p.aside[note.Case] = err
		}
		if whole != nil {
			m = whole
		}
	}
	return s.seek(ctx, p, note.Case, m)
}

// ifPreceded returns a case to which something refers that is here; nil if nothing
// does.
func (s *Service) ifPreceded(ctx context.Context, reference string) (*matter, error) {
	_, parts, err := s.o.Book.Case(ctx, reference, 0, s.o.Ledger.Released().N, 1)
	if errors.Is(err, casebook.ErrNotFound) {
		return nil, nil
	}
	if err != nil || len(parts) == 0 {
		return nil, err
	}
	return s.matter(ctx, reference)
}

// seek notes what stands in a case, and the case if it may be an exporter's.
func (s *Service) seek(ctx context.Context, p *page, reference string, m *matter) error {
	return s.o.Store.View(ctx, func(r store.Reader) error {
		known, err := hasAny(r, tableOfCase, under(reference))
		for _, at := range m.sightings {
			p.sought[string(append(soughtKey(at.sort, at.folded), reference...))] = true
			for _, key := range at.keys(s.office()) {
				if err == nil && !known {
					known, err = hasAny(r, tablesOf[at.sort], under(key))
				}
			}
		}
		if known {
			p.cases[reference] = true
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

// placeOf returns where an entry is found again: origin, 0, sequence.
func placeOf(e ledger.Entry) []byte {
	return binary.BigEndian.AppendUint64(under(e.Origin.String()), e.Sequence)
}
