package certs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// CardSuffix ends the names of card files, as in "TH.card".
const CardSuffix = ".card"

// Roster holds the cards that this office's administrator accepted, and the
// office's own. It is what decides who may connect and whose signatures count.
//
// The cards of others are files in a folder, one <OFFICE>.card for each, put
// there by the administrator or by [Roster.Accept] after the fingerprint was
// compared, and replaced by [Roster.Apply] as offices publish new ones. A card
// of the own office in the folder has no effect, so that one folder may be
// handed to all; the own card is given apart.
//
// All methods are safe for concurrent use. Reading takes a short lock and no
// I/O.
type Roster struct {
	dir     string // empty: in memory only
	skipped error  // of OpenRoster

	writing sync.Mutex // held by whoever changes files; taken before mu

	mu      sync.RWMutex
	own     *Card
	peers   map[Office]*Card
	changed chan struct{} // closed and replaced at every change
}

// OpenRoster reads the cards in a folder. own is the card of this office,
// which says what its federation is. A file that is no card, one of another
// federation, or one named for another office has no effect, and
// [Roster.Skipped] names all of them: one bad file must not keep a node from
// its other peers.
func OpenRoster(dir string, own *Card) (*Roster, error) {
	r := newRoster(dir, own)
	peers, err := r.read()
	if peers == nil {
		return nil, err
	}
	r.peers, r.skipped = peers, err
	return r, nil
}

// Skipped returns an error with a line for each file that [OpenRoster] could
// not take, nil if it took all. [Roster.Reload] reports them anew.
func (r *Roster) Skipped() error { return r.skipped }

// NewRoster returns a roster that is kept in memory only, with the given cards
// accepted.
func NewRoster(own *Card, peers ...*Card) (*Roster, error) {
	r := newRoster("", own)
	for _, card := range peers {
		if err := r.Accept(card); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func newRoster(dir string, own *Card) *Roster {
	return &Roster{dir: dir, own: own, peers: make(map[Office]*Card), changed: make(chan struct{})}
}

// Federation returns the federation of this office.
func (r *Roster) Federation() string { return r.Own().Federation() }

// Own returns the card of this office.
func (r *Roster) Own() *Card {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.own
}

// SetOwn replaces the card of this office by its next one, for example with
// new addresses. It refuses, with the errors of [Roster.Apply], a card that
// peers who hold the present one would not take: once it is published in the
// own log it cannot be taken back, and none that follows it would be taken
// either. One with a new card key is left to their administrators.
func (r *Roster) SetOwn(card *Card) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if card.Federation() != r.own.Federation() || card.Office() != r.own.Office() {
		return fmt.Errorf("own card is of %s/%s, want %s/%s", card.Federation(), card.Office(), r.own.Federation(), r.own.Office())
	}
	if err := Follows(r.own, card); err != nil {
		return fmt.Errorf("own card %d: %w", card.Number(), err)
	}
	r.own = card
	r.wake()
	return nil
}

// Peer returns the accepted card of another office, or an error that wraps
// [ErrNoCard] and says how to get one.
func (r *Roster) Peer(office Office) (*Card, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if card := r.peers[office]; card != nil {
		return card, nil
	}
	if office == r.own.Office() {
		return nil, fmt.Errorf("%w: %s is this office itself, not a peer", ErrNoCard, office)
	}
	return nil, noCardError(office)
}

// noCardError is an ErrNoCard that names the office and what to do.
type noCardError Office

func (e noCardError) Error() string {
	return fmt.Sprintf("no card of %s is accepted here; ask %s for its card, compare the fingerprint by telephone, and put it into the folder of peers as %s%s",
		string(e), string(e), string(e), CardSuffix)
}

func (e noCardError) Is(target error) bool { return target == ErrNoCard }

// Card returns the card of an office, the own one too, and whether there is
// one.
func (r *Roster) Card(office Office) (*Card, bool) {
	card, err := r.card(office)
	return card, err == nil
}

func (r *Roster) card(office Office) (*Card, error) {
	if own := r.Own(); office == own.Office() {
		return own, nil
	}
	return r.Peer(office)
}

// Offices returns the offices whose cards are accepted, sorted, without the
// own one. The slice is the caller's.
func (r *Roster) Offices() []Office {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Sorted(maps.Keys(r.peers))
}

// Keys returns the keys of the log of that origin, each with its range, from
// the card of its office; the own office's too. There are none if the card is
// not accepted here or does not name the origin. The slice is the caller's.
func (r *Roster) Keys(o Origin) []LogKey {
	card, ok := r.Card(o.Office)
	if !ok || card.Federation() != o.Federation {
		return nil
	}
	return card.LogKeys(o)
}

// Changed returns a channel that is closed at the next change of any card. To
// miss none, take the channel first, then read the roster, then wait.
func (r *Roster) Changed() <-chan struct{} {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.changed
}

// wake tells everyone who waits; r.mu is held.
func (r *Roster) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// Reload reads the folder again, so that cards that the administrator put
// there, replaced or removed act at once. The files are what was accepted, so
// a card is taken as it is, without the rule of [Roster.Apply]. The error names
// all files that are wrong; the card that one of them held before stays in
// force, and the other files act: a card that was removed must not stay because
// another is just being copied.
func (r *Roster) Reload() error {
	if r.dir == "" {
		return nil
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	peers, err := r.read()
	if peers == nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if maps.Equal(peers, r.peers) { // read keeps the pointers of unchanged cards
		return err
	}
	r.peers = peers
	r.wake()
	return err
}

// Run reloads every so often until ctx is done, and returns its error. What
// Reload reports is handed to report, the same error only once in a row; nil
// when it has gone away.
func (r *Roster) Run(ctx context.Context, every time.Duration, report func(error)) error {
	return poll(ctx, every, r.Reload, report)
}

// read parses all card files but those that have not changed. With an error
// about some of them it returns what the others hold, and the cards known so
// far of those; nil if the folder cannot be read.
func (r *Roster) read() (map[Office]*Card, error) {
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return nil, fmt.Errorf("folder of peers: %w", err)
	}
	peers := make(map[Office]*Card)
	var errs []error
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), CardSuffix)
		if !ok || strings.HasPrefix(name, ".") {
			continue // a note of the administrator, a temporary file
		}
		card, err := r.readCard(Office(name))
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", filepath.Join(r.dir, entry.Name()), err))
			card, _ = r.Peer(Office(name))
		}
		if card != nil && card.Office() != r.Own().Office() {
			peers[card.Office()] = card
		}
	}
	return peers, errors.Join(errs...)
}

func (r *Roster) readCard(office Office) (*Card, error) {
	if _, err := ParseOffice(string(office)); err != nil {
		return nil, fmt.Errorf("file name: %w", err)
	}
	signed, err := readFile(r.path(office), MaxSignedCard)
	if err != nil {
		return nil, err
	}
	if known, ok := r.Card(office); ok && bytes.Equal(known.Bytes(), signed) {
		return known, nil
	}
	card, err := ParseCard(signed)
	if err != nil {
		return nil, err
	}
	if card.Office() != office {
		return nil, fmt.Errorf("it is the card of %s; name the file %s%s", card.Office(), card.Office(), CardSuffix)
	}
	return card, r.checkFederation(card)
}

func (r *Roster) checkFederation(card *Card) error {
	if want := r.Federation(); card.Federation() != want {
		return fmt.Errorf("card of %s is of federation %s, want %s", card.Office(), card.Federation(), want)
	}
	return nil
}

func (r *Roster) path(office Office) string {
	return filepath.Join(r.dir, string(office)+CardSuffix)
}
