package oracle

import (
	"fmt"

	"github.com/spsalert/spsalert/server/ledger"
)

// log is what a ledger holds of one origin, read in the order of positions. That
// is the order of the log, except for what is urgent: it may come ahead of those
// that stand in front of it, and keeps its position when its turn comes.
type log struct {
	entries []ledger.Entry // without a gap
	ahead   map[uint64]ledger.Entry
}

// add takes the next entry, and says what is wrong with its place, "" if nothing
// is.
func (l *log) add(e ledger.Entry) string {
	next := uint64(len(l.entries))
	_, early := l.ahead[e.Sequence]
	switch {
	case e.Sequence < next || early:
		return fmt.Sprintf("has entry %d of %s twice", e.Sequence, e.Origin)
	case e.Sequence > next && !e.Leaf.GetUrgent():
		return fmt.Sprintf("has entry %d of %s where %d follows", e.Sequence, e.Origin, next)
	}
	if l.ahead == nil {
		l.ahead = map[uint64]ledger.Entry{}
	}
	l.ahead[e.Sequence] = e
	for ; ; next++ {
		e, there := l.ahead[next]
		if !there {
			break
		}
		l.entries = append(l.entries, e)
		delete(l.ahead, next)
	}
	return ""
}
