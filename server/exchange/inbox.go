package exchange

import (
	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
)

const (
	// maxLogs is how many logs a peer may speak about in one session; frames
	// about more are passed over. A federation has some dozens.
	maxLogs = 256
	// keptHeads is how many heads of a log wait for the entries that lead to
	// them.
	keptHeads = 4
	// maxPosted is how many receipts wait at most, of all offices and logs. Of
	// more, the newest of a log takes the place of the one before.
	maxPosted = 1024
)

// inbox is what receive has put down for others to pick up: one slot for each
// thing, in which the newest replaces what nobody has looked at yet, and the
// queue of entries, which the flow bounds.
type inbox struct {
	hello    *spsv1.Hello
	entries  []delivery
	urgent   []delivery              // before all entries
	heads    map[certs.Origin][]head // the last few of each log, oldest first
	unseen   map[certs.Origin]bool   // logs whose newest head the clerk has not examined
	receipts map[receiptKey][]posted // oldest first, one for each second
	posted   int                     // how many there are
	conflict *spsv1.TreeConflict     // a proof that came, nil if none waits
	wanted   map[certs.Origin]*order // what this side wants
	parts    [2]parted               // of entries, of an urgent entry
	whole    int                     // bytes of frames that came in parts and wait

	body   *bodyKey        // the body that this side asks for; nil: none
	chunks []chunkDelivery // of it

	holds  map[certs.Origin]uint64 // of own logs, how many entries the peer says it holds
	unsaid map[certs.Origin]bool   // those of which the ledger has not been told
	asked  map[certs.Origin]bool   // own logs of which the peer has sent all that it holds, damaged ones that came again
}

func newInbox() inbox {
	return inbox{
		heads:    make(map[certs.Origin][]head),
		unseen:   make(map[certs.Origin]bool),
		receipts: make(map[receiptKey][]posted),
		wanted:   make(map[certs.Origin]*order),
		holds:    make(map[certs.Origin]uint64),
		unsaid:   make(map[certs.Origin]bool),
		asked:    make(map[certs.Origin]bool),
	}
}

// head is a checkpoint that the peer sent. Its signature is not checked yet.
type head struct {
	seal.Checkpoint
	note []byte
}

// receiptKey names a slot: whose receipt, for which log.
type receiptKey struct {
	office certs.Office
	origin certs.Origin
}

// delivery is a frame of entries, or an urgent entry, that waits to be
// recorded.
type delivery struct {
	origin  certs.Origin
	entries *spsv1.Entries
	urgent  *ledger.Urgent
	target  []byte // the checkpoint that the entries lead to
	size    int    // of the frame, or its last part
	whole   int    // of the frame if it came in parts, else 0
}

// order is a standing order of this side. While it is to be repeated, since
// what came could not be taken, entries are passed over until those come that
// begin at next.
type order struct {
	next   uint64
	repeat bool // what came last could not be taken
	asked  bool // and was wanted again

	stopped bool // of an own log: nothing more is wanted, and what still comes is taken
}

// putHead keeps a head, and reports whether there was room.
func (in *inbox) putHead(h head) bool {
	heads := in.heads[h.Origin]
	if heads == nil && len(in.heads) >= maxLogs {
		return false
	}
	if len(heads) == keptHeads {
		heads = append(heads[:0], heads[1:]...)
	}
	in.heads[h.Origin] = append(heads, h)
	in.unseen[h.Origin] = true
	return true
}

// target returns the checkpoint of a size that came in a head.
func (in *inbox) target(o certs.Origin, size uint64) []byte {
	for _, h := range in.heads[o] {
		if h.Size == size {
			return h.note
		}
	}
	return nil
}

// posted is a receipt that the peer sent. Its signature is not checked yet.
type posted struct {
	time int64
	note []byte
}

// putReceipt keeps a receipt, and reports whether there was room. One of the same
// second takes the place of the one before.
func (in *inbox) putReceipt(key receiptKey, p posted) bool {
	waiting := in.receipts[key]
	if waiting == nil && len(in.receipts) >= maxLogs {
		return false
	}
	if last := len(waiting) - 1; last >= 0 && (waiting[last].time == p.time || in.posted >= maxPosted) {
		waiting[last] = p
		return true
	}
	in.receipts[key] = append(waiting, p)
	in.posted++
	return true
}

// takeReceipt takes the oldest receipt of one office over one log; false if
// none waits.
func (in *inbox) takeReceipt() (key receiptKey, note []byte, ok bool) {
	for key, waiting := range in.receipts {
		if in.posted--; len(waiting) == 1 {
			delete(in.receipts, key)
		} else {
			in.receipts[key] = waiting[1:]
		}
		return key, waiting[0].note, true
	}
	return receiptKey{}, nil, false
}
