package ledger

import (
	"bytes"
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

const (
	// MaxPage is the largest budget of [Ledger.Page], in bytes.
	MaxPage = 1 << 20

	// maxPageLeaves bounds the leaves of a page, below what a frame may hold.
	maxPageLeaves = 4096

	// entryOverhead is what an entry adds to a frame besides its bytes.
	entryOverhead = 24
)

// Page returns the entries of a log from a sequence on, for a reader: as many
// as fit into budget bytes and at least one, up to the newest checkpoint that
// is released, each with its body if the reader is in its audience. The bytes
// are those that were signed, and are the caller's to keep.
//
// If there is nothing from there on, the package has no leaves, and
// Checkpoint is the newest all the same (nil if there is none yet): wait for
// [Ledger.Changed]. If from lies beyond the end of what is held, the error is
// [ErrAhead]; for a log that is not held, [ErrNotFound]. What the disk gives
// back otherwise than it was signed is [ErrCorrupt].
func (l *Ledger) Page(ctx context.Context, o certs.Origin, from uint64, reader certs.Office, budget int) (p Package, err error) {
	released := l.released()
	err = l.view(ctx, func(r store.Reader) error {
		row, err := l.find(r, o)
		if err != nil {
			return err
		}
		newest, err := l.newest(o, row, released)
		if err != nil {
			return err
		}
		p = Package{Origin: o, Start: from, Checkpoint: newest.note}
		if from >= newest.Size {
			if from > row.size {
				return fmt.Errorf("%w: %d of %s, which has %d entries", ErrAhead, from, o, row.size)
			}
			return nil
		}
		if err := l.fill(r, row.id, &p, newest.Size, reader, min(budget, MaxPage)); err != nil {
			return err
		}
		t := tree{r, row.id}
		if p.End() < newest.Size {
			if p.Proof, err = tlog.ProveTree(int64(newest.Size), int64(p.End()), t); err != nil {
				return err
			}
		}
		return t.checkPage(p, newest.Checkpoint)
	})
	if err != nil {
		return Package{}, err
	}
	return p, nil
}

// fill copies entries below size into p, at least one.
func (l *Ledger) fill(r store.Reader, id logID, p *Package, size uint64, reader certs.Office, budget int) error {
	seq := p.Start
	for item, err := range r.Scan(tableLeaves, entryKey(id, seq), entryKey(id, size), false) {
		if err != nil {
			return err
		}
		if !bytes.Equal(item.Key, entryKey(id, seq)) {
			return fmt.Errorf("%w: entry %d of %s is gone", ErrCorrupt, seq, p.Origin)
		}
		row, err := decodeLeafRow(item.Value)
		if err != nil {
			return err
		}
		body, err := bodyFor(r, id, seq, row, reader)
		if err != nil {
			return err
		}
		budget -= len(row.leaf) + len(body) + entryOverhead
		if len(p.Leaves) > 0 && (budget < 0 || len(p.Leaves) == maxPageLeaves) {
			return nil
		}
		p.Leaves = append(p.Leaves, bytes.Clone(row.leaf))
		if body != nil {
			p.Bodies = append(p.Bodies, Body{Sequence: seq, Envelope: body})
		}
		seq++
	}
	if seq == p.Start {
		return fmt.Errorf("%w: entry %d of %s is gone", ErrCorrupt, seq, p.Origin)
	}
	return nil
}

// bodyFor returns the body of an entry if it is held and the reader is in the
// audience. A leaf that does not parse has no audience.
func bodyFor(r store.Reader, id logID, seq uint64, row leafRow, reader certs.Office) ([]byte, error) {
	leaf, err := seal.ParseLeaf(row.leaf)
	if err != nil || !seal.MayRead(leaf, reader) {
		return nil, nil //nolint:nilerr // it was marked when it was recorded
	}
	return bodyOf(r, id, seq, leaf)
}
