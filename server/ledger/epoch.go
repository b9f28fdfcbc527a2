package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// EpochPayload is the payload type of an envelope that ties an epoch to the one
// before.
const EpochPayload = "application/vnd.sps.epoch.v1"

// referenceGap is how many reference numbers a new epoch leaves out, for what
// was issued in the old one and is lost.
const referenceGap = 1000

// Errors of [NewEpoch]. Nothing was changed.
var (
	// ErrGateOpen says that the node would open and issue, so that no new epoch
	// is called for.
	ErrGateOpen = errors.New("the store is the newest: start the node, no new epoch is needed")

	// ErrAnswered says that an office was named as silent that has answered.
	ErrAnswered = errors.New("has answered: do not name it")

	// ErrSilent says that an office has not answered and was not named. Start
	// the node and wait for it, or name it.
	ErrSilent = errors.New("has not answered")

	// ErrEpochKey says that the own card does not name the log key for a new
	// epoch. Make the next card with `spsctl ca card --new-epoch`.
	ErrEpochKey = errors.New("the own card names the log key for no new epoch: make the next card with `spsctl ca card --new-epoch` and configure it")

	// ErrEpochOpened says that the epoch of the own card was opened before: a peer
	// showed a checkpoint of it, or of a later one, so that opening it again would
	// fork it. Make the next card with `spsctl ca card --new-epoch`.
	ErrEpochOpened = errors.New("the epoch was opened before: make the next card with `spsctl ca card --new-epoch` and configure it")
)

// Epoch is what [NewEpoch] began.
type Epoch struct {
	Origin certs.Origin // the new log
	// Previous is the end of the old one, as it is held here. What peers hold
	// beyond it comes back when they are met, and stays in the old log.
	Previous seal.Checkpoint
	Without  []certs.Office // who had not answered
	// Reference is the number after which references go on in the year of the
	// opening.
	Reference uint64
}

// NewEpoch opens a new log of the office in a store whose gate is shut, so that
// it issues again without the answers of some peers: the old log is never
// appended to any more, and therefore cannot be forked. It is what `spsd store
// open --without` does; no ledger may be open on the store. without MUST be
// exactly the offices that had not answered when the node last ran. reason, if
// not empty, is told to everybody.
//
// The own card of the roster MUST be newer than the one published last, and
// name the log key in o for the new epoch, which is the highest that it names.
// It MUST be above every epoch that the store, the anchor, or the checkpoints
// that peers showed know of; what those in without hold, nobody here knows.
// The first entries of the log are that card, and an EpochLink to the old one.
// References go on 1,000 above what store and anchor know. The next Open signs.
//
// If the power fails, nothing has happened, or the next Open completes it. The
// errors are those above, those of the store, and of the options.
func NewEpoch(ctx context.Context, o Options, without []certs.Office, reason string) (Epoch, error) {
	begun, err := newEpoch(ctx, o, without, reason)
	if err != nil {
		return Epoch{}, fmt.Errorf("open a new epoch: %w", err)
	}
	return begun, nil
}

func newEpoch(ctx context.Context, o Options, without []certs.Office, reason string) (begun Epoch, err error) {
	if err := o.check(); err != nil {
		return begun, err
	}
	l := &Ledger{o: o, changed: make(chan struct{})}
	state, err := l.readState(ctx)
	switch {
	case err != nil:
		return begun, err
	case !bytes.Equal(state, stateComplete):
		return begun, ErrNotInitialised
	}
	a, anchorErr := openAnchor(o.Anchor)
	defer func() {
		if a != nil { // also the one that was made where there was none
			err = errors.Join(err, a.close())
		}
	}()
	if unusable(anchorErr) {
		return begun, fmt.Errorf("open anchor: %w", anchorErr)
	}
	old := l.own
	if begun.Origin, begun.Without, err = l.mayOpenEpoch(ctx, a, anchorErr, without); err != nil {
		return begun, err
	}
	err = o.Store.Update(store.WithReserve(ctx), func(tx store.Tx) error {
		if begun.Previous, err = l.held(tx, old); err != nil {
			return err
		}
		begun.Reference, err = l.beginEpoch(tx, begun, lastOf(a), reason)
		return err
	})
	if err != nil {
		return begun, err
	}
	l.own = begun.Origin
	a, err = l.finishEpoch(ctx, a)
	return begun, err
}

func lastOf(a *anchor) anchored {
	if a == nil {
		return anchored{}
	}
	return a.last
}

// held returns the tree of a log as it is held here.
func (l *Ledger) held(r store.Reader, o certs.Origin) (seal.Checkpoint, error) {
	held, err := ownTree(r, o)
	return held.tree, err
}

// mayOpenEpoch returns the log to open and who has not answered, or why no epoch
// may be opened.
func (l *Ledger) mayOpenEpoch(ctx context.Context, a *anchor, anchorErr error, without []certs.Office) (next certs.Origin, silent []certs.Office, err error) {
	err = l.o.Store.View(ctx, func(r store.Reader) error {
		g, err := readGate(r, l.own, a, anchorErr)
		if err != nil {
			return err
		}
		if len(g.causes) == 0 || g.shut.kind == shutEpoch {
			return ErrGateOpen
		}
		awaited, err := l.awaited(r, g.row.id)
		if err != nil {
			return err
		}
		answered, err := keptAnswers(r)
		if err != nil {
			return err
		}
		silent = slices.DeleteFunc(awaited, func(office certs.Office) bool { return slices.Contains(answered, office) })
		if err := checkWithout(silent, without); err != nil {
			return err
		}
		published, err := l.publishedCard(r)
		if err != nil {
			return err
		}
		card := l.o.Roster.Own()
		if next, err = nextEpoch(r, l.own, lastOf(a), card); err != nil {
			return err
		}
		if published != nil && card.Number() <= published.Number() || !namesLogKey(card.LogKeys(next), l.o.Signer) {
			return ErrEpochKey
		}
		return nil
	})
	return next, silent, err
}

// checkWithout compares those who are named with those who are silent, and
// names every one that is wrong.
func checkWithout(silent, without []certs.Office) error {
	var errs []error
	for _, office := range without {
		if !slices.Contains(silent, office) {
			errs = append(errs, fmt.Errorf("%s %w", office, ErrAnswered))
		}
	}
	for _, office := range silent {
		if !slices.Contains(without, office) {
			errs = append(errs, fmt.Errorf("%s %w: wait for it, or name it", office, ErrSilent))
		}
	}
	return errors.Join(errs...)
}

// beginEpoch writes the first entries of the new log, and returns the number
// after which references go on.
func (l *Ledger) beginEpoch(tx store.Tx, begun Epoch, last anchored, reason string) (reference uint64, err error) {
	previous, _, err := getLog(tx, begun.Previous.Origin)
	if err != nil {
		return 0, err
	}
	now := l.o.Now().UTC()
	if now.Before(previous.last) {
		now = previous.last
	}
	if err := skipReferences(tx, previous.last, now, last.reference); err != nil {
		return 0, err
	}
	card, err := CardDraft(l.o.Roster.Own())
	if err != nil {
		return 0, err
	}
	if used, err := tx.Get(tableRequests, []byte(requestKey(card.RequestID))); err != nil {
		return 0, err
	} else if used != nil { // the card was published in the old log
		card.RequestID = fmt.Sprintf("epoch-%d-%s", begun.Origin.Epoch, card.RequestID)
	}
	link, err := linkDraft(begun, reason)
	if err != nil {
		return 0, err
	}
	for _, d := range []Draft{card, link} {
		if _, err := l.enter(tx, begun.Origin, d, now); err != nil {
			return 0, err
		}
	}
	if err := putShut(tx, shutRow{kind: shutEpoch, cause: "a new epoch was entered"}); err != nil {
		return 0, err
	}
	return referenceCount(tx, referenceRow(now, false))
}

// linkDraft ties the new log to the old one.
func linkDraft(begun Epoch, reason string) (Draft, error) {
	link := &spsv1.EpochLink{
		PreviousOrigin: begun.Previous.Origin.String(),
		PreviousSize:   begun.Previous.Size,
		PreviousRoot:   begun.Previous.Root[:],
	}
	if reason != "" {
		link.Reason = []*spsv1.LocalizedText{{Lang: "en", Text: reason}}
	}
	for _, office := range begun.Without {
		link.WithoutOffices = append(link.WithoutOffices, string(office))
	}
	payload, err := proto.MarshalOptions{Deterministic: true}.Marshal(link)
	if err != nil {
		return Draft{}, fmt.Errorf("%w: link: %w", ErrDraft, err)
	}
	envelope, err := proto.MarshalOptions{Deterministic: true}.Marshal(&spsv1.Envelope{PayloadType: EpochPayload, Payload: payload})
	if err != nil {
		return Draft{}, fmt.Errorf("%w: link: %w", ErrDraft, err)
	}
	return Draft{
		RequestID:   epochRequest(begun.Origin.Epoch),
		Fingerprint: sha256.Sum256(payload),
		Type:        spsv1.LeafType_LEAF_TYPE_EPOCH,
		Network:     true,
		Envelope:    envelope,
	}, nil
}

func epochRequest(epoch uint64) string { return fmt.Sprintf("epoch-%d", epoch) }

// skipReferences moves every row of references on that the lost entries may
// have used: those of the years from the last entry that is held to now.
func skipReferences(tx store.Tx, from, now time.Time, anchored string) error {
	for year := from.UTC().Year(); year <= now.Year(); year++ {
		stamp := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		for _, exercise := range []bool{false, true} {
			row := referenceRow(stamp, exercise)
			last, err := referenceCount(tx, row)
			if err != nil {
				return err
			}
			if of, number, ok := parseReference(anchored); ok && of == row {
				last = max(last, number)
			}
			if err := putReference(tx, row, last+referenceGap); err != nil {
				return err
			}
		}
	}
	return nil
}

// finishEpoch writes the anchor of a new epoch, of which nothing has been
// signed yet, and opens the gate. a is the anchor of the epoch before, if there
// is one; it returns that of this one.
func (l *Ledger) finishEpoch(ctx context.Context, a *anchor) (*anchor, error) {
	var now anchored
	err := l.o.Store.View(ctx, func(r store.Reader) (err error) {
		now, err = ownTree(r, l.own)
		return err
	})
	if err != nil {
		return a, err
	}
	if a != nil {
		if err := a.close(); err != nil {
			return nil, err
		}
	}
	if a, err = renewAnchor(l.o.Anchor, now); err != nil {
		return nil, fmt.Errorf("write anchor of %s: %w", l.own, err)
	}
	// A gate that was shut at the end of the old epoch says nothing about this one.
	return a, l.o.Store.Update(store.WithReserve(ctx), func(tx store.Tx) error {
		return errors.Join(tx.Delete(tableMeta, keyShut), clearAnswers(tx))
	})
}

// publishedCard returns the card of this office with the highest number that
// is in its own logs, nil if none can be read.
func (l *Ledger) publishedCard(r store.Reader) (newest *certs.Card, err error) {
	prefix := []byte(requestKey(cardRequestPrefix))
	for item, err := range r.Scan(tableRequests, prefix, store.PrefixEnd(prefix), false) {
		if err != nil {
			return nil, err
		}
		place, err := decodePlaceRow(item.Value)
		if err != nil {
			return nil, err
		}
		body, err := getBody(r, place.id, place.number)
		if err != nil {
			return nil, err
		}
		if card, err := parseCard(body); err == nil && (newest == nil || card.Number() > newest.Number()) {
			newest = card
		}
	}
	return newest, nil
}

// Published returns the card of this office with the highest number that it
// has published, nil if there is none here.
func (l *Ledger) Published(ctx context.Context) (card *certs.Card, err error) {
	err = l.o.Store.View(ctx, func(r store.Reader) error {
		card, err = l.publishedCard(r)
		return err
	})
	return card, err
}
