package casebook

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/routing"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// Awaiting is a receipt that a case waits for: of an office, over an entry.
type Awaiting struct {
	From certs.Office
	Over Place
}

// Summarized is a case as it was worked out after it was marked.
type Summarized struct {
	Mark  Mark
	Whole Item // its original

	// Summary is nil if there is no case to be summarized.
	Summary *spsv1.CaseSummary
	// Facts are what the case counts for in statistics.
	Facts Facts
	// Awaits are the receipts that would change the summary.
	Awaits []Awaiting
	// Codes are what the case says of site codes.
	Codes []*spsv1.CodeStatement
	// Matter returns what routing rules look at, as it is known now; nil: nothing
	// more than before.
	Matter func() routing.Matter
	// References are the numbers of other systems by which the case is found,
	// whoever of it gave them.
	References []*spsv1.ExternalReference
	// Named are the units of this office that what holds in the case names, or what
	// held in it: they see it.
	Named []string
}

// A deskRow is what the desk keeps of a case, the value of a row of tableDesk:
//
//	place           18 bytes, of the original
//	lists            1 byte: a bit for each list that it is in
//	status           1 byte, of the contract
//	due, own due, awaited due, their due, first call, due of a unit
//	                 8 bytes each: Unix milliseconds, 0 for none
//	awaited          uvarint: how many receipts
//	                 for each, office and place, 20 bytes
//	references       uvarint: how long, and the words of them, as a [summary] has them
//	summary          a serialised CaseSummary
type deskRow []byte

const (
	atLists      = placeSize
	atCaseStatus = atLists + 1
	atDue        = atCaseStatus + 1
	atOwnDue     = atDue + 8
	atAwaitedDue = atOwnDue + 8
	atTheirDue   = atAwaitedDue + 8
	atCall       = atTheirDue + 8
	atUnitDue    = atCall + 8
	atAwaited    = atUnitDue + 8
)

const awaitedSize = 2 + placeSize

// deskList is a list of the desk. Each holds all cases that may be in it at some
// moment: whether something is overdue is told by the clock.
type deskList byte

const (
	listNeedsMe deskList = iota
	listWaiting
	listUndelivered
	listByHand
	listRunning       // a clock runs
	listToCall        // an alert of this office is not acknowledged
	listToAcknowledge // this office has not acknowledged an alert
	listUnits         // a unit of this office has not done its part
	deskLists         // how many there are
)

// newDeskRow returns the row of a case.
func newDeskRow(self certs.Office, s Summarized) (deskRow, error) {
	sum := s.Summary
	in := [deskLists]bool{
		listNeedsMe: sum.GetNeedsMe(), listWaiting: sum.GetWaiting(), listUndelivered: len(sum.GetUndelivered()) > 0,
		listByHand: sum.GetByHand() > 0, listRunning: sum.GetDueTime() != nil,
		listToCall: len(sum.GetCallsDue()) > 0, listToAcknowledge: statement.ToAcknowledge(sum, self), listUnits: len(sum.GetUnitsOpen()) > 0,
	}
	var theirs, call time.Time
	for _, d := range sum.GetDeadlines() {
		if due := d.GetDueTime(); due != nil && d.GetOffice() != string(self) && (theirs.IsZero() || due.AsTime().Before(theirs)) {
			theirs = due.AsTime()
		}
	}
	if in[listToCall] {
		call = timeOfStamp(sum.GetCallsDue()[0].GetCallTime())
	}
	row := s.Whole.append(make([]byte, 0, 256))
	var lists byte
	for l, is := range in {
		if is {
			lists |= 1 << l
		}
	}
	row = append(row, lists, small(sum.GetStatus()))
	for _, t := range []time.Time{
		timeOfStamp(sum.GetDueTime()), timeOfStamp(sum.GetOwnDueTime()), timeOfStamp(sum.GetNextAwaited().GetDueTime()),
		theirs, call, timeOfStamp(sum.GetUnitDueTime()),
	} {
		row = binary.BigEndian.AppendUint64(row, milli(t))
	}
	row = binary.AppendUvarint(row, uint64(len(s.Awaits)))
	for _, a := range s.Awaits {
		row = a.Over.append(append(row, a.From...))
	}
	w := &words{seen: make(map[string]bool)}
	for _, x := range s.References {
		w.external(x)
	}
	row = append(binary.AppendUvarint(row, uint64(w.size)), w.of[markSystem]...)
	return proto.MarshalOptions{}.MarshalAppend(row, sum)
}

type stamp interface {
	AsTime() time.Time
	IsValid() bool
}

func timeOfStamp(t stamp) time.Time {
	if !t.IsValid() {
		return time.Time{}
	}
	return t.AsTime()
}

// milli returns a time in milliseconds since 1970, 0 for the zero time.
func milli(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(max(1, t.UnixMilli()))
}

// valid reports whether the row is one that this version wrote.
func (d deskRow) valid() bool { return len(d) > atAwaited }

func (d deskRow) in(l deskList) bool { return d != nil && d[atLists]&(1<<l) != 0 }
func (d deskRow) time(at int) int64  { return int64(binary.BigEndian.Uint64(d[at:])) }
func (d deskRow) passed(at int, now int64) bool {
	return d != nil && d.time(at) != 0 && d.time(at) < now
}

// rest returns the awaited receipts, 20 bytes each, the words of the references,
// and the summary.
func (d deskRow) rest() (awaited, references, summary []byte, err error) {
	n, size := binary.Uvarint(d[atAwaited:])
	rest := d[atAwaited+max(size, 0):]
	if size <= 0 || n > uint64(len(rest)/awaitedSize) {
		return nil, nil, nil, fmt.Errorf("%w: summary of a case", ledger.ErrCorrupt)
	}
	awaited, rest = rest[:n*awaitedSize], rest[n*awaitedSize:]
	n, size = binary.Uvarint(rest)
	rest = rest[max(size, 0):]
	if size <= 0 || n > uint64(len(rest)) {
		return nil, nil, nil, fmt.Errorf("%w: summary of a case", ledger.ErrCorrupt)
	}
	return awaited, rest[:n], rest[n:], nil
}

// Summarize keeps what cases come to, in one transaction, and takes away the
// marks that have not been set again since.
func (b *Book) Summarize(ctx context.Context, cases []Summarized) error {
	err := b.o.Store.Update(store.WithReserve(ctx), func(tx store.Tx) error {
		for _, s := range cases {
			if err := b.summarize(tx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep summaries of cases: %w", err)
	}
	b.summarized.tell()
	return nil
}

func (b *Book) summarize(tx store.Tx, s Summarized) error {
	at := s.Mark.Place.append(nil)
	mark, err := tx.Get(tableDirty, at)
	if err != nil {
		return err
	}
	if bytes.Equal(mark, s.Mark.value) {
		if err := tx.Delete(tableDirty, at); err != nil {
			return err
		}
	}
	if s.Summary == nil {
		return nil
	}
	n := s.Whole.N
	routed, err := b.routeAgain(tx, s.Whole.Place, s.Matter)
	if err != nil {
		return err
	}
	withUnits(s.Summary, routed)
	for _, unit := range s.Named {
		if err := see(tx, unit, s.Whole.Place, seesNamed, 0); err != nil {
			return err
		}
	}
	if err := b.putFacts(tx, s); err != nil {
		return err
	}
	if err := putCodes(tx, at, s.Codes); err != nil {
		return err
	}
	before, err := tx.Get(tableDesk, numberKey(n))
	if err != nil {
		return err
	}
	next, err := newDeskRow(b.o.Office, s)
	if err != nil || bytes.Equal(before, next) && !b.awaits(next) {
		return err
	}
	if before != nil {
		if err := eachIndex(before, n, tx.Delete); err != nil {
			return err
		}
	}
	err = eachIndex(next, n, func(t store.Table, key []byte) error {
		if t == tableDeskLists {
			return tx.Put(t, key, at)
		}
		return tx.Put(t, key, nil)
	})
	if err != nil {
		return err
	}
	return tx.Put(tableDesk, numberKey(n), next)
}

// awaits reports whether a row waits for receipts: a mark by one has taken the
// rows of its index away.
func (b *Book) awaits(d deskRow) bool { return d[atAwaited] != 0 }

// eachIndex calls f with each row of the indexes of a case.
func eachIndex(d deskRow, n uint64, f func(store.Table, []byte) error) error {
	if !d.valid() {
		return fmt.Errorf("%w: summary of a case", ledger.ErrCorrupt)
	}
	for l := range deskLists {
		if d.in(l) {
			if err := f(tableDeskLists, listKey(l, n)); err != nil {
				return err
			}
		}
	}
	for whose, due := range d.dues() {
		if due != 0 {
			if err := f(tableDue, dueKey(whose, due, n)); err != nil {
				return err
			}
		}
	}
	awaited, _, _, err := d.rest()
	for ; err == nil && len(awaited) > 0; awaited = awaited[awaitedSize:] {
		err = f(tableAwaiting, append(bytes.Clone(awaited[:awaitedSize]), d[:placeSize]...))
	}
	return err
}

// An order of the desk is that in which one kind of due times comes, and begins
// the keys of tableDue.
const (
	dueOfAll byte = iota
	dueOfOwn
	dueOfAwaited
)

// never is later than every due time: something is to be done, and no clock
// runs.
const never = math.MaxUint64

// dues returns by what a case stands in each order of the desk; 0: not at all.
func (d deskRow) dues() [dueOfAwaited + 1]uint64 {
	or := func(due int64, list deskList) uint64 {
		if due == 0 && d.in(list) {
			return never
		}
		return uint64(due)
	}
	return [...]uint64{
		dueOfAll: uint64(d.time(atDue)), dueOfOwn: or(d.time(atOwnDue), listNeedsMe), dueOfAwaited: or(d.time(atAwaitedDue), listWaiting),
	}
}

func dueKey(whose int, due, n uint64) []byte {
	return append([]byte{byte(whose)}, issuedKey(due, n)...)
}

func listKey(l deskList, n uint64) []byte { return append([]byte{byte(l)}, numberKey(n)...) }

// awaitingSize is the length of a key of tableAwaiting.
const awaitingSize = awaitedSize + placeSize

// Summaries returns what the cases of some originals come to, in their order, as
// was worked out last; nil for one that was not yet.
func (b *Book) Summaries(ctx context.Context, of []Item) (all []*spsv1.CaseSummary, err error) {
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		all = make([]*spsv1.CaseSummary, len(of))
		for i, whole := range of {
			row, err := r.Get(tableDesk, numberKey(whole.N))
			if err != nil {
				return err
			}
			if row == nil {
				continue
			}
			if all[i], err = deskRow(row).summary(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("summaries of cases: %w", err)
	}
	return all, nil
}

func (d deskRow) summary() (*spsv1.CaseSummary, error) {
	if !d.valid() {
		return nil, fmt.Errorf("%w: summary of a case", ledger.ErrCorrupt)
	}
	_, _, b, err := d.rest()
	if err != nil {
		return nil, err
	}
	s := &spsv1.CaseSummary{}
	return s, proto.Unmarshal(b, s)
}
