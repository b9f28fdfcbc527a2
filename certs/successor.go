package certs

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// What a card that is offered to the roster may be refused for.
var (
	// ErrNoCard says that no card of the office is accepted here, so nothing
	// of it can be believed. The administrator has to accept the first one.
	ErrNoCard = errors.New("no accepted card")

	// ErrCardOld says that a newer card of the office is in force. It is
	// normal while a log is read from its start, and needs nothing done.
	ErrCardOld = errors.New("a newer card is in force")

	// ErrCardGap says that cards between the one in force and this one are
	// missing. They come before it in the office's log; if they never will,
	// the administrator can accept the new one from a file.
	ErrCardGap = errors.New("cards before this one are missing")

	// ErrCardConflict says that the office signed two different cards of one
	// number. It is misbehaviour, or the card key was stolen: keep both cards
	// as evidence and alarm the administrator.
	ErrCardConflict = errors.New("two different cards of one number")

	// ErrCardSigner says that the card is not signed by the card key known of
	// the office, so somebody else made it. Nobody but the administrator can
	// accept such a card.
	ErrCardSigner = errors.New("card is not signed by the known card key")

	// ErrCardForgets says that the card no longer names a log key or a receipt
	// key of the card in force, so that what was sealed or receipted with it
	// could not be verified any more. A log key is retired by giving it a last
	// size, a receipt key by putting another before it, never by leaving it out.
	ErrCardForgets = errors.New("card leaves out")

	// ErrCardNeedsConfirmation says that the card is good and brings a new
	// card key, signed by both. It has no effect until the administrator
	// confirms the new fingerprint, by handing the same card to Replace.
	ErrCardNeedsConfirmation = errors.New("card brings a new card key, which an administrator has to confirm")
)

// Apply takes a card that another office published, from its log. It is in
// force and durable on return if it is signed by the card key of the card in
// force and numbered one higher. The card in force again is a success without
// effect; applied tells the two apart. The errors are the ones above, and
// those of [ParseCard]; none of them changes anything.
func (r *Roster) Apply(signed []byte) (applied bool, err error) {
	next, err := ParseCard(signed)
	if err != nil {
		return false, err
	}
	if err := r.checkFederation(next); err != nil {
		return false, err
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	known, err := r.Peer(next.Office())
	if err != nil {
		return false, err
	}
	if err := checkSuccessor(known, next); err != nil {
		return false, fmt.Errorf("card %d of %s: %w", next.Number(), next.Office(), err)
	}
	if next.Same(known) {
		return false, nil
	}
	return true, r.put(next)
}

// Follows returns nil if peers who hold one card of an office would take the
// other next, or hold it already: the rule of [Roster.Apply]. A new card key is
// left to their administrators.
func Follows(known, next *Card) error {
	if err := checkSuccessor(known, next); !errors.Is(err, ErrCardNeedsConfirmation) {
		return err
	}
	return nil
}

// checkSuccessor holds the rule by which one card follows another. It accepts
// the known card itself.
func checkSuccessor(known, next *Card) error {
	switch {
	case next.Number() < known.Number(): // perhaps of a card key that was replaced since
		return fmt.Errorf("%w: number %d", ErrCardOld, known.Number())
	case next.Same(known):
		return nil
	case !next.signedBy(known.CardKey()): // proves nothing about the office, not even a conflict
		return fmt.Errorf("%w: known fingerprint %s, this card's is %s", ErrCardSigner, known.Fingerprint(), next.Fingerprint())
	case next.Number() == known.Number():
		return fmt.Errorf("%w: SHA-256 %x is in force, this one has %x", ErrCardConflict, known.Digest(), next.Digest())
	case next.Number() > known.Number()+1:
		return fmt.Errorf("%w: number %d is in force", ErrCardGap, known.Number())
	}
	if err := keepsKeys(known, next); err != nil {
		return err
	}
	if !bytes.Equal(next.CardKey(), known.CardKey()) {
		return fmt.Errorf("%w: its fingerprint is %s", ErrCardNeedsConfirmation, next.Fingerprint())
	}
	return nil
}

// Continues returns nil if whoever trusts an earlier card of an office may trust
// c as well, without asking anybody: c has a higher number, is signed by the
// card key of the earlier card, and still names its log keys. Unlike the rule
// of [Roster.Apply] it lets cards between the two be missing, and takes a new
// card key that the old one signed for: it is for those who read the past, who
// find out which keys were whose, and not for a node that puts cards in force.
// Errors are [ErrCardOld], [ErrCardSigner] and [ErrCardForgets].
func (c *Card) Continues(earlier *Card) error {
	switch {
	case c.Federation() != earlier.Federation() || c.Office() != earlier.Office():
		return fmt.Errorf("%w: card of %s/%s after one of %s/%s", ErrCardSigner, c.Federation(), c.Office(), earlier.Federation(), earlier.Office())
	case c.Number() <= earlier.Number():
		return fmt.Errorf("%w: card %d of %s after number %d", ErrCardOld, c.Number(), c.Office(), earlier.Number())
	case !c.signedBy(earlier.CardKey()):
		return fmt.Errorf("%w: card %d of %s is not signed by the card key of number %d", ErrCardSigner, c.Number(), c.Office(), earlier.Number())
	}
	return keepsKeys(earlier, c)
}

// NewKey reports whether the card key of c is another than that of an earlier
// card.
func (c *Card) NewKey(earlier *Card) bool { return !bytes.Equal(c.CardKey(), earlier.CardKey()) }

func (c *Card) signedBy(key []byte) bool {
	return bytes.Equal(c.CardKey(), key) || bytes.Equal(c.previousKey, key)
}

// keepsKeys looks at the messages, since the views leave out keys that vouch
// for nothing.
func keepsKeys(known, next *Card) error {
	for _, old := range known.message.GetLogKeys() {
		kept := false
		for _, k := range next.message.GetLogKeys() {
			kept = kept || k.GetOrigin() == old.GetOrigin() && bytes.Equal(k.GetPublicKey(), old.GetPublicKey())
		}
		if !kept {
			return fmt.Errorf("%w a log key of %s", ErrCardForgets, old.GetOrigin())
		}
	}
	for _, old := range known.message.GetReceiptKeys() {
		kept := false
		for _, k := range next.message.GetReceiptKeys() {
			kept = kept || bytes.Equal(k.GetPublicKey(), old.GetPublicKey())
		}
		if !kept {
			return fmt.Errorf("%w a receipt key", ErrCardForgets)
		}
	}
	return nil
}

// Accept puts a card in force because the administrator says so: the first
// card of an office, or a later one of the same card key. One with another card
// key than the card in force is refused with [ErrCardSigner]; see
// [Roster.Replace]. The caller MUST have had the fingerprint confirmed by a
// person. It is durable on return.
func (r *Roster) Accept(card *Card) error { return r.accept(card, "") }

// Replace is Accept for a card that may have a new card key, such as one that
// arrived by file after a theft. fingerprint is the new one as a person has
// confirmed it; a card with another is refused.
func (r *Roster) Replace(card *Card, fingerprint string) error {
	if got := card.Fingerprint(); got != fingerprint {
		return fmt.Errorf("fingerprint of the card of %s is %s, want %s", card.Office(), got, fingerprint)
	}
	return r.accept(card, fingerprint)
}

// accept puts a card in force, one with a new card key only if its fingerprint
// was confirmed.
func (r *Roster) accept(card *Card, confirmed string) error {
	if err := r.checkFederation(card); err != nil {
		return err
	}
	if card.Office() == r.Own().Office() {
		return fmt.Errorf("card of %s is this office's own, not that of a peer", card.Office())
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	if known, err := r.Peer(card.Office()); err == nil && confirmed == "" && !bytes.Equal(known.CardKey(), card.CardKey()) {
		return fmt.Errorf("card %d of %s: %w: the fingerprint changed: was %s, is %s",
			card.Number(), card.Office(), ErrCardSigner, known.Fingerprint(), card.Fingerprint())
	}
	return r.put(card)
}

// Remove takes the card of an office out of force: its next handshake is
// refused, and nothing that it signs counts any more. It is durable on return.
// An office without a card is no error.
func (r *Roster) Remove(office Office) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	if r.dir != "" {
		if err := os.Remove(r.path(office)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove card of %s: %w", office, err)
		}
		if err := syncDir(r.dir); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.peers[office]; ok {
		delete(r.peers, office)
		r.wake()
	}
	return nil
}

// put writes a card and puts it in force, in this order; r.writing is held.
func (r *Roster) put(card *Card) error {
	if r.dir != "" {
		if err := writeFile(r.path(card.Office()), card.Bytes(), 0o644); err != nil {
			return fmt.Errorf("card of %s: %w", card.Office(), err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.peers[card.Office()] = card
	r.wake()
	return nil
}
