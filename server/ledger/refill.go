package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// Gap is what is missing here of a log of this office, and may be held by peers.
type Gap struct {
	Origin certs.Origin
	// From is where to want the log from: at the first missing body, and not
	// beyond what is known to be under a checkpoint of this office.
	From uint64
	Size uint64 // entries held
	// Leaves says that entries from Size on are wanted; otherwise only bodies are.
	Leaves bool
	Bodies int // own bodies that are missing
	// Damaged says that a leaf from From on is not the one that was signed, and
	// is to come again.
	Damaged bool
}

// Gaps returns the logs of this office of which peers may hold more than this
// node: the current one while the gate is shut ([Ledger.Recovering]), those of
// earlier epochs, and any of which a body is missing.
func (l *Ledger) Gaps(ctx context.Context) (gaps []Gap, err error) {
	recovering := l.Recovering()
	err = l.o.Store.View(ctx, func(r store.Reader) error {
		all, err := origins(r)
		if err != nil {
			return err
		}
		for _, o := range all {
			if !l.isOwn(o) {
				continue
			}
			g, err := gapOf(r, o)
			if err != nil {
				return err
			}
			g.Leaves = o != l.own || recovering
			if from, damaged := l.DamagedFrom(o); damaged {
				g.Damaged, g.From = true, min(g.From, from)
			}
			if g.Leaves || g.Bodies > 0 || g.Damaged {
				gaps = append(gaps, g)
			}
		}
		return nil
	})
	return gaps, err
}

func gapOf(r store.Reader, o certs.Origin) (Gap, error) {
	row, _, err := getLog(r, o)
	if err != nil {
		return Gap{}, err
	}
	g := Gap{Origin: o, Size: row.size}
	if c, err := seal.ParseCheckpoint(row.note); err == nil {
		g.From = c.Size
	}
	for item, err := range r.Scan(tableMissing, entryKey(row.id, 0), entryKey(row.id, row.size), false) {
		if err != nil {
			return Gap{}, err
		}
		if g.Bodies++; g.Bodies == 1 {
			_, seq, err := decodeEntryKey(item.Key)
			if err != nil {
				return Gap{}, err
			}
			g.From = min(g.From, seq)
		}
	}
	return g, nil
}

// Lost is an own entry whose body is not held here.
type Lost struct {
	Origin    certs.Origin
	Sequence  uint64
	Reference string // "" if it has none, or its leaf is damaged
}

// Lost returns own entries whose bodies are not held, at most limit, and how
// many there are. While peers are still being asked, some may come back.
func (l *Ledger) Lost(ctx context.Context, limit int) (lost []Lost, all int, err error) {
	err = l.o.Store.View(ctx, func(r store.Reader) error {
		logs, err := origins(r)
		if err != nil {
			return err
		}
		for item, err := range r.Scan(tableMissing, nil, nil, false) {
			if err != nil {
				return err
			}
			id, seq, err := decodeEntryKey(item.Key)
			if err != nil {
				return err
			}
			o := logs[id]
			if !l.isOwn(o) {
				continue
			}
			if all++; all > limit {
				continue
			}
			row, err := getLeaf(r, id, seq)
			if err != nil {
				return err
			}
			leaf, _ := seal.ParseLeaf(row.leaf) // nil if it is damaged too
			lost = append(lost, Lost{Origin: o, Sequence: seq, Reference: leaf.GetReference()})
		}
		return nil
	})
	return lost, all, err
}

// Refill takes back own entries that a peer holds, with their bodies, and
// returns how many of the log are then held. Every leaf has to be under a
// checkpoint of this office, by a key of its own card. In the current log
// leaves are taken only while the gate is shut; in one of an earlier epoch, to
// which nothing is appended any more, at any time; missing bodies always.
// Everything that follows from an entry follows from one that came back: its
// request ID leads to it, its reference is not given again, the fold is told.
//
// Errors are those of [Ledger.Record]; [ErrInconsistent] if what this office
// signed contradicts what is held here, which shuts the gate for good.
func (l *Ledger) Refill(ctx context.Context, from certs.Office, p Package) (size uint64, err error) {
	l.recovery.mu.Lock()
	size, err = l.refill(ctx, from, p)
	l.recovery.mu.Unlock()
	if err != nil {
		return size, fmt.Errorf("refill %s from %d, sent by %s: %w", p.Origin, p.Start, from, err)
	}
	return size, l.refilled(ctx)
}

// refill does it; recovery.mu is held, so that the gate does not open
// meanwhile, and nothing is appended to what grows here.
func (l *Ledger) refill(ctx context.Context, from certs.Office, p Package) (uint64, error) {
	if !l.isOwn(p.Origin) || p.Origin.Epoch > l.own.Epoch {
		return 0, fmt.Errorf("%w: not an own log that is held here", ErrNotFound)
	}
	target, err := l.openTarget(p)
	if err != nil {
		return 0, err
	}
	if damaged, err := l.refit(ctx, from, p); damaged || err != nil {
		return 0, err
	}
	var run *run
	var late []Body
	err = l.o.Store.View(ctx, func(r store.Reader) error {
		if run, err = l.proveOwn(r, p, target); err != nil {
			return err
		}
		late, err = missingOf(r, run.row, p.Bodies)
		return err
	})
	var fork *forkError
	if errors.As(err, &fork) && l.damagedLeaf(ctx, p.Origin, fork.seq) {
		return 0, fmt.Errorf("%w: entry %d of %s", ErrCorrupt, fork.seq, p.Origin)
	}
	if errors.As(err, &fork) && p.Origin == l.own {
		err = errors.Join(err, l.forked(ctx, from, target.Checkpoint))
	}
	if err != nil {
		return 0, err
	}
	if p.Origin == l.own && !l.recovery.active {
		run.entries = nil // on their way when the gate opened
	}
	if len(run.entries) > 0 {
		if err := l.judge(ctx, run, from, p.Bodies); err != nil {
			return run.row.size, err
		}
	}
	if len(run.entries)+len(late) == 0 {
		return run.row.size, nil
	}
	var at recordedAt
	err = l.o.Store.Update(store.WithReserve(ctx), func(tx store.Tx) error {
		// With the gate open, entries may have been appended since the run was
		// proved; bodies alone do not depend on where the log ends.
		if len(run.entries) > 0 {
			if err := l.putRefilled(tx, run); err != nil {
				return err
			}
			if err := l.stayShut(tx, p.Origin); err != nil {
				return err
			}
		}
		for _, b := range late {
			if err := l.putLate(tx, run.origin, run.row.id, b); err != nil {
				return err
			}
		}
		at, err = l.recordedAt(tx)
		return err
	})
	if err != nil {
		return run.row.size, err
	}
	if len(run.entries) > 0 && p.Origin == l.own && target.Size <= run.end() {
		l.release.offer(target)
	}
	l.show(at)
	return run.end(), nil
}

// missingOf returns those of some bodies that are missing here.
func missingOf(r store.Reader, row logRow, bodies []Body) (late []Body, err error) {
	for _, b := range bodies {
		if b.Sequence >= row.size {
			break
		}
		missing, err := r.Get(tableMissing, entryKey(row.id, b.Sequence))
		if err != nil {
			return nil, err
		}
		if missing != nil {
			late = append(late, b)
		}
	}
	return late, nil
}

// refilled looks at what was waiting for entries.
func (l *Ledger) refilled(ctx context.Context) error {
	l.recovery.mu.Lock()
	l.recovery.takeNotes()
	l.recovery.mu.Unlock()
	if err := l.addPending(ctx); err != nil { // first, since receipts are answers
		return err
	}
	l.recovery.mu.Lock()
	var err error
	if l.recovery.active {
		err = l.evaluate(ctx)
	}
	l.recovery.mu.Unlock()
	return errors.Join(err, l.addPending(ctx))
}

// forkError says that this office signed other entries than those held here.
type forkError struct {
	seq    uint64
	target seal.Checkpoint
}

func (e *forkError) Error() string {
	return fmt.Sprintf("entry %d of %s is held here with other bytes than the checkpoint of size %d covers, which this office signed",
		e.seq, e.target.Origin, e.target.Size)
}

func (e *forkError) Is(target error) bool { return target == ErrInconsistent }

// proveOwn shows that the leaves of p stand in the own log: on top of what is
// held here, if that is the same as far as both go. If they do, and something
// else is held in their place, it is a fork. Whatever does not lead to the
// signed root is the sender's fault.
func (l *Ledger) proveOwn(r store.Reader, p Package, target signedTree) (*run, error) {
	next := &run{origin: p.Origin, target: target}
	var err error
	if next.row, _, err = getLog(r, p.Origin); err != nil {
		return next, err
	}
	if p.Start > next.row.size {
		return next, fmt.Errorf("%w: it begins at %d, and %d are held", ErrGap, p.Start, next.row.size)
	}
	same := min(next.row.size, p.End()) // up to here both are the same
	for seq := p.Start; seq < same; seq++ {
		held, err := getLeaf(r, next.row.id, seq)
		if err != nil {
			return next, err
		}
		if !bytes.Equal(held.leaf, p.Leaves[seq-p.Start]) {
			same = seq
		}
	}
	grown, err := tree{r, next.row.id}.grow(same)
	if err != nil {
		return next, err
	}
	next.last = next.row.last
	for i, leaf := range p.Leaves[same-p.Start:] {
		e := incoming{Entry: Entry{Origin: p.Origin, Sequence: same + uint64(i), LeafBytes: leaf, Hash: seal.RecordHash(leaf)}}
		if e.above, err = grown.append(e.Hash); err != nil {
			return next, err
		}
		next.entries = append(next.entries, e)
	}
	root, err := grown.root()
	if err != nil {
		return next, err
	}
	if err := seal.CheckConsistency(p.Proof, target.Checkpoint, same+uint64(len(next.entries)), root); err != nil {
		return next, fmt.Errorf("%w: %w", ErrWrongRoot, err)
	}
	if same < next.row.size && same < p.End() {
		return next, &forkError{seq: same, target: target.Checkpoint}
	}
	return next, nil
}

// putRefilled writes the entries, one at least, of a run of the own log, with everything that
// [Ledger.Append] would have written.
func (l *Ledger) putRefilled(tx store.Tx, run *run) error {
	row, _, err := getLog(tx, run.origin)
	switch {
	case err != nil:
		return err
	case row.size != run.row.size:
		return fmt.Errorf("%w: log %s grew while it was refilled", ErrCorrupt, run.origin)
	}
	for i := range run.entries {
		e := &run.entries[i]
		if err := l.putRecorded(tx, row.id, e); err != nil {
			return err
		}
		if _, number, ok := parseReference(e.Leaf.GetReference()); ok && e.Leaf.GetSubject() == nil {
			if err := raiseReference(tx, e.Leaf.GetReference(), number); err != nil {
				return err
			}
		}
		if err := l.putRequest(tx, row.id, e.Entry); err != nil {
			return err
		}
	}
	row.size, row.last = run.end(), run.last
	if c, err := seal.ParseCheckpoint(row.note); run.target.Size <= row.size && (err != nil || c.Size < run.target.Size) {
		row.note = run.target.note
	}
	return putLog(tx, run.origin, row)
}

// putLate writes a body that came for an entry that is held without it. One that
// is not the right one is passed over: another peer may have it.
func (l *Ledger) putLate(tx store.Tx, o certs.Origin, id logID, b Body) error {
	err := l.addBody(tx, id, o, b.Sequence, b.Envelope)
	if errors.Is(err, ErrNotMissing) || errors.Is(err, ErrBody) {
		return nil
	}
	return err
}

// putRequest lets the request ID of an own entry that came back lead to it. If
// it was used again meanwhile, in a later epoch, it leads there.
func (l *Ledger) putRequest(tx store.Tx, id logID, e Entry) error {
	requestID, fingerprint, ok := l.requestOf(e)
	if !ok {
		return nil
	}
	key := requestKey(requestID)
	used, err := tx.Get(tableRequests, []byte(key))
	if err != nil || used != nil {
		return err
	}
	row, err := getLeaf(tx, id, e.Sequence)
	if err != nil {
		return err
	}
	row.leaf = bytes.Clone(row.leaf)
	row.request, row.fingerprint = key, fingerprint
	if err := tx.Put(tableLeaves, entryKey(id, e.Sequence), row.encode()); err != nil {
		return err
	}
	return tx.Put(tableRequests, []byte(key), placeRow{id: id, number: e.Sequence}.encode())
}

// requestOf returns the request with which an own entry was appended, as far
// as its body says.
func (l *Ledger) requestOf(e Entry) (requestID string, fingerprint [32]byte, ok bool) {
	if e.Envelope == nil || e.Fault != "" {
		return "", fingerprint, false
	}
	switch e.Leaf.GetType() {
	case spsv1.LeafType_LEAF_TYPE_CARD:
		if card, err := parseCard(e.Envelope); err == nil {
			return fmt.Sprintf("%s%d", cardRequestPrefix, card.Number()), sha256.Sum256(card.Bytes()), true
		}
	case spsv1.LeafType_LEAF_TYPE_EPOCH:
		var outer spsv1.Envelope
		if proto.Unmarshal(e.Envelope, &outer) == nil && outer.GetPayloadType() == EpochPayload {
			return epochRequest(e.Origin.Epoch), sha256.Sum256(outer.GetPayload()), true
		}
	case spsv1.LeafType_LEAF_TYPE_STATEMENT:
		if l.o.Request != nil {
			requestID, fingerprint, ok = l.o.Request(e)
		}
	}
	return requestID, fingerprint, ok && len(requestID) >= 1 && len(requestID) <= maxRequestID
}
