package ledger

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// CardPayload is the payload type of an envelope that holds a peer card.
const CardPayload = "application/vnd.sps.card.v1"

// Init begins the log of an office: epoch 1, whose first entry is the office's
// own card, in a store without entries. It is what `spsd store init` does. If
// it was interrupted it can be run again. It returns [ErrInitialised] if the
// store or the anchor is in use; then nothing was changed.
//
// A power cut leaves behind: before the first transaction, nothing; after it,
// entries without an anchor, which Open refuses and Init completes; after the
// anchor, both, which Init marks as complete.
func Init(ctx context.Context, o Options) error {
	if err := o.check(); err != nil {
		return fmt.Errorf("begin ledger: %w", err)
	}
	own := o.Roster.Own()
	l := &Ledger{
		o:       o,
		changed: make(chan struct{}),
		own:     certs.Origin{Federation: own.Federation(), Office: own.Office(), Epoch: 1},
	}
	if err := l.checkKeys(); err != nil {
		return fmt.Errorf("begin ledger: %w", err)
	}
	if err := l.init(ctx, own); err != nil {
		return fmt.Errorf("begin ledger: %w", err)
	}
	return nil
}

func (l *Ledger) init(ctx context.Context, card *certs.Card) error {
	a, err := openAnchor(l.o.Anchor)
	anchorThere := !errors.Is(err, errNoAnchor)
	if a != nil {
		defer a.close()
	}
	if err := l.o.Store.Update(ctx, func(tx store.Tx) error { return l.begin(tx, card, anchorThere) }); err != nil {
		return err
	}
	var first anchored
	err = l.o.Store.View(ctx, func(r store.Reader) (err error) {
		first, err = ownTree(r, l.own)
		return err
	})
	if err != nil {
		return err
	}
	if anchorThere && (a == nil || a.last != first) {
		return fmt.Errorf("%w: the anchor %s is of another ledger", ErrInitialised, l.o.Anchor)
	}
	if !anchorThere {
		if err := createAnchor(l.o.Anchor, first); errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%w: %s", ErrInitialised, l.o.Anchor)
		} else if err != nil {
			return fmt.Errorf("create anchor: %w", err)
		}
	}
	return l.o.Store.Update(ctx, func(tx store.Tx) error { return tx.Put(tableMeta, keyState, stateComplete) })
}

// begin writes the first entry, unless an interrupted Init did.
func (l *Ledger) begin(tx store.Tx, card *certs.Card, anchorThere bool) error {
	state, err := tx.Get(tableMeta, keyState)
	switch {
	case err != nil:
		return err
	case bytes.Equal(state, stateBegun):
		return nil
	case state != nil:
		return fmt.Errorf("%w: the store has entries", ErrInitialised)
	case anchorThere:
		return fmt.Errorf("%w: there is an anchor at %s, so there was a store: restore it", ErrInitialised, l.o.Anchor)
	}
	rand.Read(l.incarnation[:])
	for key, value := range map[string][]byte{
		string(keyFormat): valueFormat, string(keyIncarnation): l.incarnation[:], string(keyState): stateBegun,
	} {
		if err := tx.Put(tableMeta, []byte(key), value); err != nil {
			return err
		}
	}
	d, err := CardDraft(card)
	if err != nil {
		return err
	}
	_, err = l.enter(tx, l.own, d, l.o.Now())
	return err
}

// cardRequestPrefix begins the request IDs of cards; their number follows.
const cardRequestPrefix = "card-"

// CardDraft returns the draft that publishes a card of the own office. The same
// card gives the same request, so that it is published once.
func CardDraft(card *certs.Card) (Draft, error) {
	envelope, err := proto.MarshalOptions{Deterministic: true}.Marshal(&spsv1.Envelope{
		PayloadType: CardPayload,
		Payload:     card.Bytes(),
	})
	if err != nil {
		return Draft{}, fmt.Errorf("%w: card: %w", ErrDraft, err)
	}
	return Draft{
		RequestID:   fmt.Sprintf("%s%d", cardRequestPrefix, card.Number()),
		Fingerprint: sha256.Sum256(card.Bytes()),
		Type:        spsv1.LeafType_LEAF_TYPE_CARD,
		Network:     true,
		Envelope:    envelope,
	}, nil
}
