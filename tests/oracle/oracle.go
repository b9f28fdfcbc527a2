package oracle

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
)

// Oracle keeps what was acknowledged and signed. Its methods are safe for
// concurrent use; the zero Oracle has seen nothing.
type Oracle struct {
	// Whole says that every request was repeated until it was acknowledged, so
	// that a statement that was not is the effect of a request that had two.
	Whole bool
	// Hostile offices sign what they like: they, and their logs at others, are
	// not held to P1, P2 and P3.
	Hostile []certs.Office

	mu       sync.Mutex
	acked    []acked
	signed   map[string]signed // by what was signed, so that each is kept once
	receipts map[string]receipt
}

// acked is a statement that its issuer's node has acknowledged.
type acked struct {
	origin   certs.Origin
	sequence uint64
	record   tlog.Hash
	envelope [sha256.Size]byte
}

// signed is a tree that an office has signed.
type signed struct {
	seal.Checkpoint
	where string // it was seen
}

type receipt struct {
	seal.Receipt
	from  certs.Office
	where string
}

// Entry keeps an entry that a ledger has returned from Append.
func (o *Oracle) Entry(e ledger.Entry) {
	o.ack(acked{origin: e.Origin, sequence: e.Sequence, record: e.Hash, envelope: sha256.Sum256(e.Envelope)})
}

// Issued keeps a statement that a node has answered with, and the tree in its
// seal.
func (o *Oracle) Issued(s *spsv1.IssuedStatement) error {
	origin, err := certs.ParseOrigin(s.GetEntry().GetOrigin())
	if err != nil {
		return fmt.Errorf("%s: %w", s.GetName(), err)
	}
	if n := len(s.GetEntry().GetRecordHash()); n != tlog.HashSize {
		return fmt.Errorf("%s: a record hash of %d bytes", s.GetName(), n)
	}
	o.ack(acked{
		origin: origin, sequence: s.GetEntry().GetSequence(), record: tlog.Hash(s.GetEntry().GetRecordHash()),
		envelope: sha256.Sum256(s.GetEnvelope()),
	})
	return o.Checkpoint(s.GetSeal().GetCheckpoint(), "the answer to an issue")
}

func (o *Oracle) ack(a acked) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.acked = append(o.acked, a)
}

// Acknowledged returns how many statements were.
func (o *Oracle) Acknowledged() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.acked)
}

// Checkpoint keeps a signed tree that was seen somewhere.
func (o *Oracle) Checkpoint(note []byte, where string) error {
	c, err := seal.ParseCheckpoint(note)
	if err != nil {
		return fmt.Errorf("checkpoint in %s: %w", where, err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.signed == nil {
		o.signed = map[string]signed{}
	}
	o.signed[c.Text()] = signed{c, where}
	return nil
}

// Receipt keeps a receipt that was seen somewhere.
func (o *Oracle) Receipt(from certs.Office, note []byte, where string) error {
	r, err := seal.ParseReceipt(note)
	if err != nil {
		return fmt.Errorf("receipt in %s: %w", where, err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.receipts == nil {
		o.receipts = map[string]receipt{}
	}
	o.receipts[string(from)+"\n"+r.Text()] = receipt{r, from, where}
	return nil
}

// Check fails the test for each promise that the ledgers of some offices break.
// Nothing may move any more.
func (o *Oracle) Check(t testing.TB, ledgers map[certs.Office]*ledger.Ledger) {
	t.Helper()
	broken, err := o.Judge(context.WithoutCancel(t.Context()), ledgers)
	if err != nil {
		t.Fatalf("look into the ledgers: %v", err)
	}
	for _, line := range broken {
		t.Error(line)
	}
}

// Judge returns a line for each promise that the ledgers break; it begins with
// the promise, as in "P1: ".
func (o *Oracle) Judge(ctx context.Context, ledgers map[certs.Office]*ledger.Ledger) ([]string, error) {
	j := judgement{logs: map[certs.Office]map[certs.Origin][]ledger.Entry{}}
	for office, l := range ledgers {
		if slices.Contains(o.Hostile, office) {
			continue
		}
		if _, err := l.Verify(ctx); err != nil {
			j.broken("P4: the ledger of %s: %v", office, err)
		}
		if err := o.read(ctx, &j, office, l); errors.Is(err, ledger.ErrCorrupt) {
			j.broken("P4: reading the ledger of %s: %v", office, err)
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", office, err)
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, logs := range j.logs {
		maps.DeleteFunc(logs, func(origin certs.Origin, _ []ledger.Entry) bool { return o.hostile(origin) })
	}
	j.trees()
	for _, s := range o.signed {
		if !o.hostile(s.Origin) {
			j.signed(s)
		}
	}
	for _, r := range o.receipts {
		if !o.hostile(r.Origin) && !slices.Contains(o.Hostile, r.from) {
			j.receipt(r)
		}
	}
	j.repeated()
	for _, a := range o.acked {
		if !o.hostile(a.origin) {
			j.acked(a)
		}
	}
	if o.Whole {
		j.unacknowledged(o.acked)
	}
	return j.lines, nil
}

func (o *Oracle) hostile(log certs.Origin) bool { return slices.Contains(o.Hostile, log.Office) }

// read takes everything that a ledger holds.
func (o *Oracle) read(ctx context.Context, j *judgement, office certs.Office, l *ledger.Ledger) error {
	where := "the ledger of " + string(office)
	logs := map[certs.Origin]*log{}
	var at ledger.Position
	for {
		records, err := l.After(ctx, at, 1000)
		if err != nil {
			return err
		}
		for _, r := range records {
			at = r.Position
			if r.Receipt != nil {
				if err := o.Receipt(r.Receipt.From, r.Receipt.Note, where); err != nil {
					return err
				}
				continue
			}
			if r.Entry.Position != r.Position {
				continue // there again, because its body came late
			}
			if logs[r.Entry.Origin] == nil {
				logs[r.Entry.Origin] = &log{}
			}
			if wrong := logs[r.Entry.Origin].add(*r.Entry); wrong != "" {
				j.broken("P1: %s %s", where, wrong)
			}
		}
		if len(records) == 0 {
			break
		}
	}
	j.logs[office] = map[certs.Origin][]ledger.Entry{}
	for origin, read := range logs {
		if n := len(read.ahead); n > 0 {
			j.broken("P1: %s has %d entries of %s beyond entry %d, which it does not have", where, n, origin, len(read.entries))
		}
		j.logs[office][origin] = read.entries
	}
	heads, err := l.Heads(ctx)
	if err != nil {
		return err
	}
	for _, h := range heads {
		if len(h.Note) == 0 {
			continue
		}
		if err := o.Checkpoint(h.Note, where); err != nil {
			return err
		}
	}
	return nil
}
