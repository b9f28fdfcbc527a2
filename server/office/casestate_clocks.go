package office

import (
	"cmp"
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
)

// delivery is the [statement.Delivery] of a case. It keeps the first error.
type delivery struct {
	ctx context.Context //nolint:containedctx // lives as long as one call of Deadlines
	s   *Service
	err error
}

// Receipt implements [statement.Delivery]. The time of this office's own is in
// the ledger, whether the receipt has reached its issuer yet or not.
func (d *delivery) Receipt(office, name string) (time.Time, bool) {
	origin, seq, err := parseName(name, d.s.o.Roster.Federation())
	if err != nil || d.err != nil {
		d.err = cmp.Or(d.err, err)
		return time.Time{}, false
	}
	switch certs.Office(office) {
	case origin.Office:
		e, err := d.s.o.Ledger.Entry(d.ctx, origin, seq)
		d.err = cmp.Or(d.err, err)
		return e.Leaf.GetTime().AsTime(), err == nil
	case d.s.self():
		return d.held(origin, seq)
	}
	receipt, err := d.s.o.Ledger.Covering(d.ctx, certs.Office(office), origin, seq)
	if err != nil || receipt == nil {
		d.err = cmp.Or(d.err, err)
		return time.Time{}, false
	}
	return time.Unix(receipt.Time, 0).UTC(), true
}

// held returns since when this office holds a statement of another.
func (d *delivery) held(origin certs.Origin, seq uint64) (time.Time, bool) {
	e, err := d.s.o.Ledger.Entry(d.ctx, origin, seq)
	if err != nil {
		d.err = cmp.Or(d.err, err)
		return time.Time{}, false
	}
	e, _, ok, err := d.s.read(d.ctx, e)
	whole := e.Envelope != nil || e.Leaf.GetType() == spsv1.LeafType_LEAF_TYPE_READDRESS // which has no bytes of its own
	if err != nil || !ok || !whole {
		d.err = cmp.Or(d.err, err)
		return time.Time{}, false
	}
	since, ok, err := d.s.o.Ledger.Held(d.ctx, origin, seq)
	if err != nil || ok {
		d.err = cmp.Or(d.err, err)
		return time.Unix(since, 0).UTC(), err == nil
	}
	at, err := d.s.o.Book.Recorded(d.ctx, e.Position.N) // by a version that did not note it
	d.err = cmp.Or(d.err, err)
	return at.Truncate(time.Second), err == nil && !at.IsZero()
}

// Hours implements [statement.Delivery]. Cards are entries of their office's
// log, so every node finds the same.
func (d *delivery) Hours(office string, number uint64, name string) *spsv1.OfficeHours {
	if accepted, ok := d.s.o.Roster.Card(certs.Office(office)); ok && accepted.Number() == number {
		return accepted.Message().GetHours()
	}
	card, err := d.card(certs.Office(office), number, name)
	d.err = cmp.Or(d.err, err)
	return card.GetHours()
}

// card returns the card of a number; of number 0 the one that was in force when
// the statement was issued. A card that comes later never moves what was due
// before, and every node that holds both logs finds the same one.
func (d *delivery) card(office certs.Office, number uint64, name string) (*spsv1.Card, error) {
	logs, err := d.s.logsOf(d.ctx, office)
	if err != nil {
		return nil, err
	}
	later := func(ledger.Entry) bool { return false }
	if number == 0 {
		if later, err = d.laterThan(name); err != nil {
			return nil, err
		}
	}
	var inForce *spsv1.Card
	for _, o := range logs {
		p, err := d.s.past.of(d.ctx, d.s.o.Ledger, o)
		if err != nil {
			return nil, err
		}
		for _, place := range p.cards {
			e, err := d.s.o.Ledger.Entry(d.ctx, o, place)
			if err != nil {
				return nil, err
			}
			card := cardOf(e)
			switch {
			case card == nil:
			case number != 0 && card.GetNumber() == number:
				return card, nil
			case number == 0 && inForce != nil && later(e):
				return inForce, nil
			default:
				inForce = card
			}
		}
	}
	if number != 0 {
		return nil, nil
	}
	return inForce, nil
}

// laterThan returns what tells whether an entry that publishes a card is later
// than a statement: by its place in the same office's logs; in those of another
// by the times of both, which never fall in a log.
func (d *delivery) laterThan(name string) (func(ledger.Entry) bool, error) {
	at, seq, err := parseName(name, d.s.o.Roster.Federation())
	if err != nil {
		return nil, err
	}
	st, err := d.s.o.Ledger.Entry(d.ctx, at, seq)
	return func(e ledger.Entry) bool {
		if e.Origin.Office == at.Office {
			return e.Origin.Epoch > at.Epoch || e.Origin.Epoch == at.Epoch && e.Sequence > seq
		}
		return e.Leaf.GetTime().AsTime().After(st.Leaf.GetTime().AsTime())
	}, err
}

// cardOf returns the card that an entry publishes; nil if it is no sound one.
func cardOf(e ledger.Entry) *spsv1.Card {
	if e.Fault != "" || e.Envelope == nil {
		return nil
	}
	var outer spsv1.Envelope
	if err := proto.Unmarshal(e.Envelope, &outer); err != nil {
		return nil // it was marked when it was recorded
	}
	card, err := certs.ParseCard(outer.GetPayload())
	if err != nil {
		return nil // as well
	}
	return card.Message()
}
