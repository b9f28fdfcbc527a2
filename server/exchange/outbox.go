package exchange

import (
	"slices"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// outbox is what write is to send: what is due, but not what it says, which is
// looked up when it goes; and what the peer has ordered.
type outbox struct {
	hello  *spsv1.Frame // nil once it has gone
	credit bool         // send Credit even if it says nothing new
	open   bool         // the peer is known and admitted: anything may go

	wants    map[certs.Origin]bool
	stops    map[certs.Origin]bool // orders of this side that are to end
	receipts map[certs.Origin]bool // own ones
	// receipted are the own receipts sent last, which the peer has or will have
	// before what is sent next; of one of an earlier session only the time.
	receipted map[certs.Origin]seal.Receipt
	carried   [][]byte // receipts of the peer that it has forgotten
	heads     map[certs.Origin]bool
	told      map[certs.Origin]uint64 // sizes of the heads sent last

	urgent   []*spsv1.Frame // urgent entries and their heads: before all that is held
	wantBody *spsv1.Frame   // the body that this side asks for
	asked    *asked         // the one that the peer asked for, until it is looked up

	held  []*spsv1.Frame // made, and waiting for the window, in order
	page  *standing      // whose entries are the last of held; nil: none are
	start uint64         // their first sequence
	parts int            // in how many frames they were made
	// overtaken is how many urgent entries went between the parts of the page.
	// Its head must still be one of the last when its last part arrives.
	overtaken int
	orders    []*standing // of the peer; the one whose turn it is comes first
}

// standing is a standing order of the peer. A new Want puts another in its
// place.
type standing struct {
	origin certs.Origin
	next   uint64 // the sequence that goes next
	ahead

	beyond time.Time // when it was first found to be beyond the end
}

func newOutbox(hello *spsv1.Frame) outbox {
	return outbox{
		hello:    hello,
		wants:    make(map[certs.Origin]bool),
		stops:    make(map[certs.Origin]bool),
		receipts: make(map[certs.Origin]bool),
		heads:    make(map[certs.Origin]bool),
		told:     make(map[certs.Origin]uint64),

		receipted: make(map[certs.Origin]seal.Receipt),
	}
}

// order puts a standing order in place of the one for the same log. It reports
// whether there was room.
func (out *outbox) order(o certs.Origin, next uint64) bool {
	fresh := &standing{origin: o, next: next, ahead: ahead{wanted: next, looked: next}}
	i := slices.IndexFunc(out.orders, func(s *standing) bool { return s.origin == o })
	if i < 0 {
		if len(out.orders) >= maxLogs {
			return false
		}
		out.orders = append(out.orders, fresh)
		return true
	}
	out.orders[i] = fresh
	return true
}

// stop ends the order for a log, if there is one.
func (out *outbox) stop(o certs.Origin) {
	out.orders = slices.DeleteFunc(out.orders, func(s *standing) bool { return s.origin == o })
}

// served puts an order behind the others, so that no log waits for the end of
// another's backlog.
func (out *outbox) served(order *standing) {
	if i := slices.Index(out.orders, order); i >= 0 {
		out.orders = append(slices.Delete(out.orders, i, i+1), order)
	}
}

// takeBack takes back the entries that wait for the window, if any do and no
// part of them has gone: their order goes on from there again. So no newer heads
// come between them and the one that they lead to, however many urgent entries
// overtake them.
func (out *outbox) takeBack() {
	if out.page == nil || len(out.held) < out.parts {
		return
	}
	out.page.next = out.start
	out.held, out.page = out.held[:len(out.held)-out.parts], nil
}

// pop takes one log out of a set; ok is false if the set is empty.
func pop(set map[certs.Origin]bool) (o certs.Origin, ok bool) {
	for o = range set {
		delete(set, o)
		return o, true
	}
	return certs.Origin{}, false
}
