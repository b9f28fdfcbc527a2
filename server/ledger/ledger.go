package ledger

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/store"
)

// Options is what a ledger works with. All fields but Request are required.
type Options struct {
	// Store holds the tables of [Tables]. It stays the caller's, who closes it
	// after the ledger.
	Store store.Store

	// Fold is called in every transaction that records.
	Fold Fold

	// Roster says which office this is, and whose signatures count.
	Roster *certs.Roster

	// Signer is the key of the own log, Ed25519 or ECDSA P-256, and Receipts
	// the receipt key, Ed25519. The own card MUST name both.
	Signer, Receipts crypto.Signer

	// Now is the clock from which entries and receipts take their time.
	Now func() time.Time

	// Request reads the request ID and the fingerprint with which an own entry was
	// appended out of its body, for entries that come back from peers; ok is false
	// if the body does not say. nil: no body says. Cards and links of epochs are
	// known without it.
	Request func(Entry) (requestID string, fingerprint [32]byte, ok bool)

	// Anchor is the path of the anchor file. It MUST NOT be part of a backup,
	// and is best kept on other media than the store.
	Anchor string

	// PeerReserve is how much of the store's reserve the urgent entries of one
	// peer may take in a day, in bytes; 0: [PeerReserve].
	PeerReserve int64
}

// check returns an error unless the fields go together.
func (o Options) check() error {
	if o.Store == nil || o.Fold == nil || o.Roster == nil || o.Signer == nil || o.Receipts == nil || o.Now == nil || o.Anchor == "" {
		return errors.New("an option is missing")
	}
	return nil
}

// Ledger is all logs that a node holds. Its methods are safe for concurrent
// use. Open makes one.
type Ledger struct {
	o Options

	own         certs.Origin
	incarnation [16]byte

	release  releaser
	verified verifiedHeads
	beyond   heldBeyond
	receipts ownReceipts
	shown    shown

	recovery recovery
	damages  damages

	mu      sync.Mutex
	why     string        // why the gate is closed
	changed chan struct{} // closed and replaced when more can be read
}

// Open opens the ledger and decides at the gate whether it may append. It
// returns [ErrNotInitialised] if there is neither an entry nor an anchor, and
// an error if the own card does not name the keys in o. A closed gate is no
// error: see [Ledger.Why].
//
// If the gate is open, Open signs the checkpoint of everything durable: a crash
// may have come between a transaction and its signature.
func Open(ctx context.Context, o Options) (*Ledger, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	l := &Ledger{o: o, changed: make(chan struct{})}
	l.release.closing = make(chan struct{})
	if err := l.open(ctx); err != nil {
		_ = l.release.close() // nothing was released
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	return l, nil
}

func (l *Ledger) open(ctx context.Context) error {
	state, err := l.readState(ctx)
	if err != nil {
		return err
	}
	switch {
	case state == nil:
		return l.noStore()
	case bytes.Equal(state, stateBegun):
		return fmt.Errorf("%w: `spsd store init` was interrupted, run it again", ErrNotInitialised)
	}
	if err := l.checkKeys(); err != nil {
		return err
	}
	return l.gate(ctx)
}

// noStore returns why a store without entries cannot be opened.
func (l *Ledger) noStore() error {
	a, err := openAnchor(l.o.Anchor)
	if errors.Is(err, errNoAnchor) {
		return ErrNotInitialised
	}
	err = fmt.Errorf("the store has no entries and there is an anchor at %s: restore a backup of the store", l.o.Anchor)
	if a != nil {
		err = errors.Join(err, a.close())
	}
	return err
}

// readState reads what Init left, nil if it never ran.
func (l *Ledger) readState(ctx context.Context) (state []byte, err error) {
	err = l.o.Store.View(ctx, func(r store.Reader) error {
		b, err := r.Get(tableMeta, keyState)
		if err != nil || b == nil {
			return err
		}
		state = bytes.Clone(b)
		format, err := r.Get(tableMeta, keyFormat)
		if err != nil {
			return err
		}
		if !bytes.Equal(format, valueFormat) {
			return fmt.Errorf("the ledger has format %q, this program reads %q", format, valueFormat)
		}
		incarnation, err := r.Get(tableMeta, keyIncarnation)
		if err != nil {
			return err
		}
		if len(incarnation) != len(l.incarnation) {
			return fmt.Errorf("%w: incarnation of %d bytes", ErrCorrupt, len(incarnation))
		}
		l.incarnation = [16]byte(incarnation)
		l.own, err = newestEpoch(r, l.o.Roster)
		return err
	})
	return state, err
}

// newestEpoch returns the office's own log of the highest epoch.
func newestEpoch(r store.Reader, roster *certs.Roster) (certs.Origin, error) {
	own := certs.Origin{Federation: roster.Federation(), Office: roster.Own().Office()}
	for item, err := range r.Scan(tableLogs, nil, nil, false) {
		if err != nil {
			return certs.Origin{}, err
		}
		o, err := certs.ParseOrigin(string(item.Key))
		if err != nil {
			return certs.Origin{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		if o.Federation == own.Federation && o.Office == own.Office {
			own.Epoch = max(own.Epoch, o.Epoch)
		}
	}
	if own.Epoch == 0 {
		return certs.Origin{}, fmt.Errorf("the store is that of another office: it has no log of %s in %s", own.Office, own.Federation)
	}
	return own, nil
}

// checkKeys returns an error unless the own card names the keys that sign.
func (l *Ledger) checkKeys() error {
	if !namesLogKey(l.o.Roster.Keys(l.own), l.o.Signer) {
		return fmt.Errorf("the own card does not name the log key for %s: %w", l.own, ErrKeys)
	}
	for _, key := range l.o.Roster.Own().ReceiptKeys() {
		if key.Public.Equal(l.o.Receipts.Public()) && !key.Revoked {
			return nil
		}
	}
	return fmt.Errorf("the own card does not name the receipt key: %w", ErrKeys)
}

func namesLogKey(keys []certs.LogKey, signer crypto.Signer) bool {
	type equaler interface{ Equal(crypto.PublicKey) bool }
	for _, key := range keys {
		if pub, ok := key.Public.(equaler); ok && pub.Equal(signer.Public()) {
			return true
		}
	}
	return false
}

// Close waits until the anchor is written. Nothing can be appended afterwards;
// the other methods work as long as the store does.
func (l *Ledger) Close() error { return l.release.close() }

// Why returns why the ledger is read-only, in words for the administrator with
// what to do, or "" if it is not.
func (l *Ledger) Why() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.why
}

// shut closes the gate. The first reason stays.
func (l *Ledger) shut(why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.why == "" {
		l.why = why
	}
	l.shown.shut()
	l.wakeLocked()
}

// writable returns [ErrReadOnly] if the gate is closed.
func (l *Ledger) writable() error {
	if why := l.Why(); why != "" {
		return fmt.Errorf("%w: %s", ErrReadOnly, why)
	}
	return nil
}

// Origin returns the own log.
func (l *Ledger) Origin() certs.Origin { return l.own }

// Office returns the own office.
func (l *Ledger) Office() certs.Office { return l.own.Office }

// Changed returns a channel that is closed when more can be read than now:
// from After, Page, Head, Receipt. To miss nothing, take the channel first,
// then read, then wait.
func (l *Ledger) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

// wake tells all readers to read again.
func (l *Ledger) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wakeLocked()
}

func (l *Ledger) wakeLocked() {
	close(l.changed)
	l.changed = make(chan struct{})
}
