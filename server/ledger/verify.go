package ledger

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// maxFindings bounds what an error of [Verify] names.
const maxFindings = 20

// Summary counts what [Verify] went through. Missing bodies are of other
// offices and are fetched again; Lost ones are of this office, which nobody who
// was met since the store was restored holds.
type Summary struct {
	Logs, Entries, Bodies, Missing, Lost, Faulty, Receipts uint64

	// Ahead are the entries that are held before those in front of them; they
	// are not among Entries.
	Ahead uint64
}

// Verify reads the whole ledger in a store and checks everything in it against
// everything else: sequences, hashes and roots, signatures of checkpoints and
// receipts, digests of bodies, positions without a gap, and that all indexes
// agree. The error names what it found, each thing once and up to
// a number, even if it could not go on to the end. It changes nothing and
// needs no Ledger; it is what `spsd store verify` does.
//
// Signatures are checked with the cards of roster; of an office whose card is
// no longer accepted they are not, nor by a key that its card has replaced. The store may be in use: entries are never
// changed, and Verify looks at those that were there when it began.
func Verify(ctx context.Context, s store.Store, roster *certs.Roster) (Summary, error) {
	v := &verifier{store: s, roster: roster}
	if err := v.run(ctx); err != nil {
		if len(v.findings) > 0 {
			err = fmt.Errorf("%w\n%s", err, strings.Join(v.findings, "\n"))
		}
		return v.sum, fmt.Errorf("verify ledger: %w", err)
	}
	if len(v.findings) > 0 {
		return v.sum, fmt.Errorf("verify ledger: %w:\n%s", ErrCorrupt, strings.Join(v.findings, "\n"))
	}
	return v.sum, nil
}

// Verify is the function [Verify] for the ledger's own store.
func (l *Ledger) Verify(ctx context.Context) (Summary, error) {
	return Verify(ctx, l.o.Store, l.o.Roster)
}

// verifier goes through a store in Views of bounded size.
type verifier struct {
	store    store.Store
	roster   *certs.Roster
	logs     []verifiedLog
	end      uint64 // the last position
	since    uint64 // the largest position found that was recorded since
	sum      Summary
	findings []string
}

// verifiedLog is a log as it was when the verifier began.
type verifiedLog struct {
	logRow

	origin certs.Origin
	own    bool
	roots  map[uint64]tlog.Hash // at the sizes of checkpoint and receipts
	aheads []verifiedAhead
}

// find notes something wrong, once.
func (v *verifier) find(format string, args ...any) {
	finding := fmt.Sprintf(format, args...)
	if len(v.findings) < maxFindings && !slices.Contains(v.findings, finding) {
		v.findings = append(v.findings, finding)
	}
}

func (v *verifier) run(ctx context.Context) error {
	if err := v.store.View(ctx, v.begin); err != nil {
		return err
	}
	for i := range v.logs {
		if err := v.verifyLog(ctx, &v.logs[i]); err != nil {
			return fmt.Errorf("log %s: %w", v.logs[i].origin, err)
		}
	}
	if err := v.verifyPositions(ctx); err != nil {
		return err
	}
	return v.verifyIndexes(ctx)
}

func (v *verifier) begin(r store.Reader) error {
	office := v.roster.Own().Office()
	for item, err := range r.Scan(tableLogs, nil, nil, false) {
		if err != nil {
			return err
		}
		o, err := certs.ParseOrigin(string(item.Key))
		if err != nil {
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		row, err := decodeLogRow(item.Value)
		if err != nil {
			return err
		}
		log := verifiedLog{logRow: row, origin: o, own: o.Office == office, roots: make(map[uint64]tlog.Hash)}
		if err := v.beginAhead(r, &log); err != nil {
			return err
		}
		v.logs = append(v.logs, log)
	}
	if len(v.logs) == 0 {
		return ErrNotInitialised
	}
	v.sum.Logs = uint64(len(v.logs))
	var err error
	v.end, err = lastPosition(r)
	return err
}

// scan calls f with the items from from to to, in Views of a bounded size. The
// slices are valid until f returns.
func (v *verifier) scan(ctx context.Context, t store.Table, from, to []byte, f func(store.Reader, store.Item) error) error {
	for done := false; !done; {
		err := v.store.View(ctx, func(r store.Reader) error {
			read := 0
			for item, err := range r.Scan(t, from, to, false) {
				if err != nil {
					return err
				}
				if read >= maxCopied {
					from = bytes.Clone(item.Key)
					return nil
				}
				if err := f(r, item); err != nil {
					return err
				}
				read += len(item.Key) + len(item.Value) + entryOverhead
			}
			done = true
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// verifyLog recomputes the tree of a log from its leaves, and checks each
// entry, the checkpoint and the receipts.
func (v *verifier) verifyLog(ctx context.Context, log *verifiedLog) error {
	grown := new(grown)
	sizes, err := v.sizes(ctx, log)
	if err != nil {
		return err
	}
	last := log.logRow
	last.last = beginning
	err = v.scan(ctx, tableLeaves, entryKey(log.id, 0), entryKey(log.id, log.size), func(r store.Reader, item store.Item) error {
		seq := grown.leaves
		if !bytes.Equal(item.Key, entryKey(log.id, seq)) {
			return fmt.Errorf("%w: entry %d is gone", ErrCorrupt, seq)
		}
		row, err := decodeLeafRow(item.Value)
		if err != nil {
			return err
		}
		above, err := grown.append(seal.RecordHash(row.leaf))
		if err != nil {
			return err
		}
		if !equalHashes(above, row.hashes) {
			v.find("%s entry %d: tree hashes do not follow from the leaves", log.origin, seq)
		}
		if sizes[seq+1] {
			if log.roots[seq+1], err = grown.root(); err != nil {
				return err
			}
		}
		return v.verifyEntry(r, log, seq, row, &last)
	})
	if err != nil {
		return err
	}
	if grown.leaves != log.size {
		return fmt.Errorf("%w: %d entries, want %d", ErrCorrupt, grown.leaves, log.size)
	}
	if !last.last.Equal(log.last) {
		v.find("%s: the last time is %v, want %v", log.origin, log.last, last.last)
	}
	v.verifyCheckpoint(log)
	if err := v.verifyAheads(ctx, log); err != nil {
		return err
	}
	return v.verifyReceipts(ctx, log)
}

func equalHashes(a, b []tlog.Hash) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// sizes returns the tree sizes whose roots are needed.
func (v *verifier) sizes(ctx context.Context, log *verifiedLog) (map[uint64]bool, error) {
	sizes := make(map[uint64]bool)
	if c, err := seal.ParseCheckpoint(log.note); err == nil {
		sizes[c.Size] = true
	}
	first := binary.BigEndian.AppendUint32(nil, uint32(log.id))
	err := v.scan(ctx, tableReceipts, first, store.PrefixEnd(first), func(_ store.Reader, item store.Item) error {
		_, _, size, _, err := decodeReceiptKey(item.Key)
		sizes[size] = true
		return err
	})
	return sizes, err
}

// verifyEntry checks one entry and its place in the other tables.
func (v *verifier) verifyEntry(r store.Reader, log *verifiedLog, seq uint64, row leafRow, last *logRow) error {
	v.sum.Entries++
	if row.fault != "" {
		v.sum.Faulty++
	}
	place, err := r.Get(tablePositions, positionKey(row.n))
	if err != nil {
		return err
	}
	if want := (placeRow{id: log.id, number: seq}).encode(); !bytes.Equal(place, want) {
		v.find("%s entry %d: position %d is %x, want %x", log.origin, seq, row.n, place, want)
	}
	leaf, err := seal.ParseLeaf(row.leaf)
	switch {
	case err != nil:
		if row.fault == "" {
			v.find("%s entry %d: %v, and is not marked", log.origin, seq, err)
		}
	case row.fault == "" && (leaf.GetOrigin() != log.origin.String() || leaf.GetSequence() != seq):
		v.find("%s entry %d: the leaf says %s entry %d, and is not marked", log.origin, seq, leaf.GetOrigin(), leaf.GetSequence())
	case leaf.GetTime().AsTime().Before(last.last):
		if row.fault == "" {
			v.find("%s entry %d: its time falls, and it is not marked", log.origin, seq)
		}
	default:
		last.last = leaf.GetTime().AsTime()
	}
	if err := v.verifyRequest(r, log, seq, row); err != nil {
		return err
	}
	if err := v.verifyUrgent(r, log, seq, row); err != nil {
		return err
	}
	return v.verifyBody(r, log, seq, row)
}

// verifyBody checks that an entry has the body that it should, or is listed as
// missing it.
func (v *verifier) verifyBody(r store.Reader, log *verifiedLog, seq uint64, row leafRow) error {
	key := entryKey(log.id, seq)
	missing, err := r.Get(tableMissing, key)
	if err != nil {
		return err
	}
	if missing != nil && log.own {
		v.sum.Lost++
	} else if missing != nil {
		v.sum.Missing++
	}
	leaf, err := seal.ParseLeaf(row.leaf)
	if err != nil {
		leaf = nil
	}
	own, err := getBody(r, log.id, seq)
	if err != nil {
		return err
	}
	body, err := bodyOf(r, log.id, seq, leaf)
	if err != nil {
		return err
	}
	mine := leaf != nil && seal.MayRead(leaf, v.roster.Own().Office())
	switch {
	case own != nil && !mine:
		v.find("%s entry %d: has a body that is not addressed to this office", log.origin, seq)
	case mine && body == nil && missing == nil:
		v.find("%s entry %d: its body is neither held nor listed as missing", log.origin, seq)
	case own != nil && missing != nil && seal.CheckEnvelope(leaf, own) == nil: // under the subject of a readdress it may be since
		v.find("%s entry %d: its body is listed as missing and is held", log.origin, seq)
	case missing != nil && !mine:
		v.find("%s entry %d: a body is listed as missing that should not be there", log.origin, seq)
	case mine && body != nil:
		v.sum.Bodies++
		if err := seal.CheckEnvelope(leaf, body); err != nil {
			v.find("%v", err)
		}
	}
	return nil
}

// sinceReplaced reports whether an error of checking a signature may come from
// the card in force being newer than what was signed: it was checked under the
// card of its time when it was recorded, and a later card may retire, revoke or
// leave out the key.
func (v *verifier) sinceReplaced(err error, office certs.Office) bool {
	card, ok := v.roster.Card(office)
	return errors.Is(err, seal.ErrKeyRange) || errors.Is(err, seal.ErrUnknownKey) && ok && card.Number() > 1
}

func (v *verifier) verifyCheckpoint(log *verifiedLog) {
	if len(log.note) == 0 {
		return
	}
	c, err := seal.ParseCheckpoint(log.note)
	if keys := v.roster.Keys(log.origin); err == nil && len(keys) > 0 {
		if _, err = seal.OpenCheckpoint(log.note, keys); v.sinceReplaced(err, log.origin.Office) {
			err = nil
		}
	}
	switch {
	case err != nil:
		v.find("%s: checkpoint: %v", log.origin, err)
	case c.Origin != log.origin || c.Size > log.size:
		v.find("%s: checkpoint of %s of size %d, and %d entries", log.origin, c.Origin, c.Size, log.size)
	case c.Root != log.roots[c.Size]:
		v.find("%s: checkpoint of size %d has another root than the entries", log.origin, c.Size)
	}
}
