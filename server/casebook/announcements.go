package casebook

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// announced returns the rows of an announcement. They depend on it alone: what it
// ends may not be here, and what ends it comes later.
func (b *Book) announced(e ledger.Entry, s *spsv1.Statement, place Place) []row {
	whole := statement.CaseEntry{
		Origin: e.Origin, Sequence: e.Sequence, Reference: e.Leaf.GetReference(), Hash: [32]byte(e.Hash),
		Time: e.Leaf.GetTime().AsTime(), Audience: e.Leaf.GetAudience(), Statement: s,
	}
	h := statement.Announced(whole)
	if h == nil {
		return nil
	}
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(h)
	if err != nil {
		return nil // never of what was parsed
	}
	number := numberKey(e.Position.N)
	at := place.append(nil)
	rows := []row{
		{tableAnnouncements, number, slices.Concat(at, e.Hash[:], text)},
		{tableAnnounced, slices.Concat(at, e.Hash[:]), number},
	}
	for _, ref := range statement.AnnouncementEnds(whole) {
		o, err := certs.ParseOrigin(ref.GetOrigin())
		before := Place{Office: o.Office, Epoch: o.Epoch, Sequence: ref.GetSequence()}
		if err != nil || o.Federation != b.o.Federation || len(ref.GetRecordHash()) != 32 || bytes.Compare(before.append(nil), at) >= 0 {
			continue
		}
		rows = append(rows, row{tableEnders, slices.Concat(before.append(nil), ref.GetRecordHash(), number), nil})
	}
	gate := s.GetAnnouncement().GetBorderGateStatus()
	if name := statement.GateName(gate.GetGate(), string(place.Office)); gate != nil && name != "" {
		rows = append(rows, row{tableGates, gateKey(name, number), nil})
		if other := statement.GateName(gate.GetOppositeGate(), ""); len(other) > 2 && other[0] != '-' {
			rows = append(rows, row{tableOpposites, gateKey(name, number), []byte(other)}, row{tableOpposites, gateKey(other, number), []byte(name)})
		}
	}
	for _, t := range statement.AnnouncementTurns(h) {
		rows = append(rows, row{tableAnnounceTurns, slices.Concat(numberKey(milliUp(t)), number), nil})
	}
	return rows
}

func gateKey(name string, number []byte) []byte {
	return slices.Concat([]byte(name), []byte{0}, number)
}

// noteAnnounced notes that an announcement changed, and with it what it ends.
func noteAnnounced(tx store.Tx, rows []row) error {
	for _, r := range rows {
		switch r.table {
		case tableAnnouncements:
			if err := noteOne(tx, r.key); err != nil {
				return err
			}
		case tableEnders:
			number, err := tx.Get(tableAnnounced, r.key[:placeSize+32])
			if err != nil {
				return err
			}
			if number != nil {
				if err := noteOne(tx, bytes.Clone(number)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// noteOne notes that an announcement changed, if it or what ends it has.
func noteOne(tx store.Tx, number []byte) error {
	value, err := tx.Get(tableAnnouncements, number)
	if err != nil {
		return err
	}
	sum := sha256.New()
	sum.Write(value)
	if len(value) >= placeSize+32 {
		at := bytes.Clone(value[:placeSize+32])
		for row, err := range tx.Scan(tableEnders, at, store.PrefixEnd(at), false) {
			if err != nil {
				return err
			}
			sum.Write(row.Key)
		}
	}
	return noteChange(tx, tableAnnounceChanges, tableAnnounceChanged, number, [32]byte(sum.Sum(nil)))
}

// announcements reads announcements in one View, each once.
type announcements struct {
	r      store.Reader
	of     map[uint64]*spsv1.HeldAnnouncement
	enders map[uint64][]uint64
}

func newAnnouncements(r store.Reader) *announcements {
	return &announcements{r: r, of: make(map[uint64]*spsv1.HeldAnnouncement), enders: make(map[uint64][]uint64)}
}

// get returns an announcement by its position, and the positions of what ends it;
// nil if there is none.
func (a *announcements) get(n uint64) (*spsv1.HeldAnnouncement, []uint64, error) {
	if h, ok := a.of[n]; ok {
		return h, a.enders[n], nil
	}
	value, err := a.r.Get(tableAnnouncements, numberKey(n))
	if err != nil || value == nil {
		return nil, nil, err
	}
	if len(value) < placeSize+32 {
		return nil, nil, fmt.Errorf("%w: announcement at position %d", ledger.ErrCorrupt, n)
	}
	h := &spsv1.HeldAnnouncement{}
	if err := proto.Unmarshal(value[placeSize+32:], h); err != nil {
		return nil, nil, fmt.Errorf("%w: announcement at position %d: %w", ledger.ErrCorrupt, n, err)
	}
	at := bytes.Clone(value[:placeSize+32])
	var by []uint64
	for row, err := range a.r.Scan(tableEnders, at, store.PrefixEnd(at), false) {
		if err != nil {
			return nil, nil, err
		}
		by = append(by, binary.BigEndian.Uint64(row.Key[len(row.Key)-8:]))
	}
	a.of[n] = h
	for _, m := range by { // what ends it comes later in the log, so this ends
		ender, its, err := a.get(m)
		if err != nil {
			return nil, nil, err
		}
		if ender != nil && len(its) == 0 && isActual(ender) == isActual(h) {
			a.enders[n] = append(a.enders[n], m)
		}
	}
	return h, a.enders[n], nil
}

func isActual(h *spsv1.HeldAnnouncement) bool {
	return h.GetStatus() == spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL
}

// word returns an announcement with what ends it; nil if there is none.
func (a *announcements) word(n uint64) (*statement.GateWord, error) {
	h, enders, err := a.get(n)
	if err != nil || h == nil {
		return nil, err
	}
	w := &statement.GateWord{Said: h}
	for _, m := range enders {
		by, _, err := a.get(m)
		if err != nil {
			return nil, err
		}
		w.Enders = append(w.Enders, by)
	}
	return w, nil
}

// held returns how an announcement stands in a span of time; nil if there is none.
func (a *announcements) held(n uint64, from, to time.Time) (*spsv1.HeldAnnouncement, error) {
	w, err := a.word(n)
	if err != nil || w == nil {
		return nil, err
	}
	h := proto.CloneOf(w.Said)
	statement.HoldAnnouncement(h, w.Enders, from, to)
	return h, nil
}
