package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// What was found damaged is had again by the digest under which it stands, so
// nobody has to be believed: a body becomes missing, and is fetched from whoever
// may read it; a tree hash follows from the leaves, for which the signed root
// vouches; a leaf comes again with the log, from a peer that holds it; the
// checkpoint of another office's log comes with its next head. Until something
// better is here, nothing of what is damaged is removed.

// damages is the damage that was found since the ledger was opened. It is found
// again when it is read again.
type damages struct {
	mending sync.Mutex // held while something is mended; taken before mu

	mu    sync.Mutex // never held over a transaction
	found int
	logs  map[certs.Origin]*damagedLog
}

// damagedLog is a log with leaves that do not lead to the root that was signed.
// It is replaced and not changed, but for what came.
type damagedLog struct {
	from uint64                       // no leaf before it is known to be damaged
	came map[certs.Office]*cameLeaves // by who sent them; under mending
}

// of returns what is known of a log with damaged leaves, nil if it has none.
func (d *damages) of(o certs.Origin) *damagedLog {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.logs[o]
}

// count counts one more thing that was found damaged.
func (d *damages) count() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.found++
}

// set notes what is known of a log with damaged leaves; nil: it has none any more.
func (d *damages) set(o certs.Origin, log *damagedLog) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if log == nil {
		delete(d.logs, o)
		return
	}
	if d.logs == nil {
		d.logs = make(map[certs.Origin]*damagedLog)
	}
	d.logs[o] = log
}

// Damage returns how often something was found damaged since the ledger was
// opened. A disk that damages one thing may damage another: look at it.
func (l *Ledger) Damage() int {
	l.damages.mu.Lock()
	defer l.damages.mu.Unlock()
	return l.damages.found
}

// DamagedFrom returns from which entry on a log has to be wanted again, since a
// leaf that is held is not the one that was signed; false if there is none.
// [Ledger.Record] and [Ledger.Refill] put right what comes.
func (l *Ledger) DamagedFrom(o certs.Origin) (from uint64, damaged bool) {
	d := l.damages.of(o)
	if d == nil {
		return 0, false
	}
	return d.from, true
}

// DamagedLogs returns the logs for which [Ledger.DamagedFrom] is true, sorted; the
// slice is the caller's.
func (l *Ledger) DamagedLogs() []certs.Origin {
	l.damages.mu.Lock()
	defer l.damages.mu.Unlock()
	return slices.SortedFunc(maps.Keys(l.damages.logs), func(a, b certs.Origin) int { return strings.Compare(a.String(), b.String()) })
}

// mend does what can be done at once about the damage that an error tells of.
func (l *Ledger) mend(ctx context.Context, err error) error {
	var d *damageError
	if !errors.As(err, &d) {
		return nil
	}
	l.damages.mending.Lock()
	defer l.damages.mending.Unlock()
	ctx = store.WithReserve(context.WithoutCancel(ctx))
	switch d.part {
	case damagedBody:
		l.damages.count()
		return l.missBody(ctx, d.origin, d.seq)
	case damagedNote:
		l.damages.count()
		return l.dropNote(ctx, d.origin)
	}
	return l.mendTree(ctx, d.origin)
}

// missBody lists a body that is damaged as missing, unless it is listed already.
func (l *Ledger) missBody(ctx context.Context, o certs.Origin, seq uint64) error {
	err := l.o.Store.Update(ctx, func(tx store.Tx) error {
		row, err := l.find(tx, o)
		if err != nil {
			return err
		}
		key := entryKey(row.id, seq)
		if missing, err := tx.Get(tableMissing, key); missing != nil || err != nil {
			return err
		}
		return tx.Put(tableMissing, key, []byte(wasHeld))
	})
	if err != nil {
		return fmt.Errorf("list the body of entry %d of %s as missing: %w", seq, o, err)
	}
	l.wake()
	return nil
}

// dropNote forgets the checkpoint of another office's log, in whose place
// [Ledger.CheckHead] puts the next ones.
func (l *Ledger) dropNote(ctx context.Context, o certs.Origin) error {
	err := l.o.Store.Update(ctx, func(tx store.Tx) error {
		row, err := l.find(tx, o)
		if err != nil {
			return err
		}
		row.note = nil
		return putLog(tx, o, row)
	})
	if err != nil {
		return fmt.Errorf("forget the checkpoint of %s: %w", o, err)
	}
	return nil
}

// renewNote takes a checkpoint of a log of another office, to which the entries
// held lead, if it covers more than the one that is held.
func (l *Ledger) renewNote(ctx context.Context, c signedTree) error {
	err := l.o.Store.Update(store.WithReserve(ctx), func(tx store.Tx) error {
		row, err := l.find(tx, c.Origin)
		if err != nil {
			return err
		}
		if was, err := seal.ParseCheckpoint(row.note); err == nil && was.Size >= c.Size {
			return nil // another one came meanwhile
		}
		row.note = c.note
		return putLog(tx, c.Origin, row)
	})
	if err != nil {
		return fmt.Errorf("keep the checkpoint of %s: %w", c.Origin, err)
	}
	l.wake()
	return nil
}

// signedPart returns the largest tree of a log that was signed and is held, for
// sure; its size is 0 if there is none.
func (l *Ledger) signedPart(r store.Reader, o certs.Origin) (row logRow, signed seal.Checkpoint, err error) {
	if row, err = l.find(r, o); err != nil {
		return row, signed, err
	}
	newest, err := l.newest(o, row, l.released())
	return row, newest.Checkpoint, err
}

// mendTree makes the tree hashes of a log anew if its leaves lead to the root
// that was signed. If they do not, the log has to come again; damages.mending
// is held.
func (l *Ledger) mendTree(ctx context.Context, o certs.Origin) error {
	if l.damages.of(o) != nil {
		return nil // its leaves are being asked for
	}
	var signed seal.Checkpoint
	err := l.o.Store.View(ctx, func(r store.Reader) (err error) {
		_, signed, err = l.signedPart(r, o)
		return err
	})
	if err != nil || signed.Size == 0 {
		return err
	}
	made, err := l.fitTree(ctx, signed, nil)
	if err != nil || made.root == signed.Root && len(made.hashes) == 0 {
		return err
	}
	l.damages.count()
	if made.root == signed.Root {
		return nil
	}
	l.damages.set(o, &damagedLog{from: made.suspect, came: make(map[certs.Office]*cameLeaves)})
	l.wake()
	return nil
}

// mendOwnTree makes the tree hashes of the own log anew, if its leaves lead to
// the tree that was signed last, and reports whether they do.
func (l *Ledger) mendOwnTree(signed seal.Checkpoint) (mended bool, err error) {
	l.damages.mending.Lock()
	defer l.damages.mending.Unlock()
	made, err := l.fitTree(store.WithReserve(context.Background()), signed, nil)
	if err != nil || made.root != signed.Root {
		return false, err
	}
	l.damages.count()
	return true, nil
}

// fitTree makes the tree of a log anew, with some leaves exchanged, and writes
// what is otherwise in the store if it leads to the root that was signed;
// damages.mending is held. In the own log the hashes behind that tree, which follow
// from those in it, are made anew too.
func (l *Ledger) fitTree(ctx context.Context, signed seal.Checkpoint, came map[uint64][]byte) (*madeTree, error) {
	var row logRow
	err := l.o.Store.View(ctx, func(r store.Reader) (err error) {
		row, err = l.find(r, signed.Origin)
		return err
	})
	if err != nil {
		return nil, err
	}
	end := signed.Size
	if signed.Origin == l.own {
		end = row.size
	}
	made, err := l.makeTree(ctx, row.id, signed.Size, end, came)
	if err == nil && made.root == signed.Root {
		err = l.putMended(ctx, row.id, made.hashes, came)
	}
	return made, err
}

// damagedLeaf reports whether a leaf is not found to be the one that was signed;
// it is asked before anybody is told that what this office signed contradicts it.
func (l *Ledger) damagedLeaf(ctx context.Context, o certs.Origin, seq uint64) bool {
	_, err := l.Seal(ctx, o, seq)
	if errors.Is(err, ErrCorrupt) {
		_, err = l.Seal(ctx, o, seq) // by tree hashes that were made anew
	}
	return errors.Is(err, ErrCorrupt)
}

// putMended writes leaves and tree hashes in the place of damaged ones.
func (l *Ledger) putMended(ctx context.Context, id logID, hashes map[uint64][]tlog.Hash, leaves map[uint64][]byte) error {
	if len(hashes)+len(leaves) == 0 {
		return nil
	}
	rows := maps.Clone(hashes)
	for seq := range leaves {
		if _, ok := rows[seq]; !ok {
			rows[seq] = nil
		}
	}
	err := l.o.Store.Update(ctx, func(tx store.Tx) error {
		for seq, above := range rows {
			row, err := getLeaf(tx, id, seq)
			if err != nil {
				return err
			}
			row.leaf = bytes.Clone(row.leaf)
			if above != nil {
				row.hashes = above
			}
			if leaf := leaves[seq]; leaf != nil {
				row.leaf = leaf
			}
			if err := tx.Put(tableLeaves, entryKey(id, seq), row.encode()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("mend log %d: %w", id, err)
	}
	l.wake()
	return nil
}
