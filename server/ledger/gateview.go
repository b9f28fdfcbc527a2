package ledger

import (
	"fmt"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// gateView is what the store says about opening the gate.
type gateView struct {
	size         uint64
	awaited      []certs.Office
	blocked      string           // why the gate would stay shut even if all had answered
	contradicted *seal.Checkpoint // signed by this office, and not a tree of the store
}

// viewGate reads it, and compares the heads that waited for entries. While a leaf
// is damaged here they wait for it too.
func (l *Ledger) viewGate(r store.Reader, released *signedTree) (v gateView, err error) {
	row, _, err := getLog(r, l.own)
	if err != nil {
		return v, err
	}
	v.size = row.size
	if v.awaited, err = l.awaited(r, row.id); err != nil {
		return v, err
	}
	if _, damaged := l.DamagedFrom(l.own); !damaged {
		for _, a := range l.recovery.peers {
			contradicted, err := l.compareWaiting(r, row, a, released)
			if err != nil {
				return v, err
			}
			if contradicted != nil {
				v.contradicted = contradicted
			}
		}
	}
	// An anchor of an earlier epoch says nothing about this log, as if it were missing.
	if a := l.recovery.anchor; a != nil && a.tree.Origin.Epoch >= l.own.Epoch {
		v.blocked, err = compareAnchor(r, row, l.own.Epoch, *a)
		if err != nil {
			return v, err
		}
	}
	if newest := newestOf(l.o.Roster.Own()); v.blocked == "" && newest > l.own.Epoch {
		v.blocked = fmt.Sprintf("the own card names epoch %d, and the store ends with epoch %d", newest, l.own.Epoch)
	}
	return v, nil
}

// compareWaiting compares those heads of a peer that waited for entries which are
// here now, and returns one that contradicts them, or nil.
func (l *Ledger) compareWaiting(r store.Reader, row logRow, a *answer, released *signedTree) (contradicted *seal.Checkpoint, err error) {
	var rest []seal.Checkpoint
	for _, c := range a.heads {
		if c.Size > row.size {
			rest = append(rest, c)
			continue
		}
		root, err := tree{r, row.id}.root(c.Size)
		switch {
		case err != nil:
			return nil, err
		case root == c.Root:
			a.agrees = max(a.agrees, c.Size)
			continue
		}
		if err := l.vouched(r, row, seal.Checkpoint{Origin: l.own, Size: c.Size, Root: root}, released); err != nil {
			return nil, err
		}
		contradicted, a.forks = &c, true
	}
	a.heads = rest
	return contradicted, nil
}

// newestOf returns the highest epoch for which a card names a log key.
func newestOf(card *certs.Card) uint64 {
	var newest uint64
	for _, o := range card.Origins() {
		newest = max(newest, o.Epoch)
	}
	return newest
}
