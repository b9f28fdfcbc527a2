package exchange

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// clerk examines heads and hands receipts to the ledger. It is apart from
// record so that a receipt does not wait behind a backlog, and so that the
// store can put both into one commit.
func (s *session) clerk(ctx context.Context) {
	for {
		if o, size, ok := s.unsaid(); ok {
			if err := s.heardHolds(ctx, o, size); err != nil && ctx.Err() == nil {
				s.end(s.x.failure(err))
				return
			}
			continue
		}
		if p, ok := s.conflict(); ok {
			if err := s.examineConflict(ctx, p); err != nil && ctx.Err() == nil {
				s.end(s.x.failure(err))
				return
			}
			continue
		}
		h, note, key, ok := s.post()
		if !ok {
			select {
			case <-s.posted:
			case <-ctx.Done():
				return
			}
			continue
		}
		var err error
		if note != nil {
			err = s.addReceipt(ctx, key, note)
		} else {
			err = s.examine(ctx, h)
		}
		if err != nil && ctx.Err() == nil {
			s.end(s.x.failure(err))
			return
		}
	}
}

// unsaid returns an own log of which the peer said how much it holds.
func (s *session) unsaid() (o certs.Origin, size uint64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok = pop(s.inbox.unsaid)
	return o, s.inbox.holds[o], ok
}

// post returns what came: a head, or a receipt with its note.
func (s *session) post() (h head, note []byte, key receiptKey, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o, ok := pop(s.inbox.unseen); ok {
		heads := s.inbox.heads[o]
		return heads[len(heads)-1], nil, key, true
	}
	key, note, ok = s.inbox.takeReceipt()
	return h, note, key, ok
}

// examine compares a head with what is held here. Two trees that cannot both
// be are an alarm, and not the end of the session: who is at fault is the
// office of the log, not always the peer, and cutting it off would keep
// evidence apart.
func (s *session) examine(ctx context.Context, h head) error {
	c, err := s.x.ledger.CheckHead(ctx, s.peer.Office, h.note)
	if h.Origin.Office == s.x.office {
		s.x.lack() // the gate may have shut, or opened
	}
	switch {
	case errors.Is(err, ledger.ErrInconsistent):
		return s.contradicted(ctx, h.Origin, h.note, fmt.Sprintf("head of %s at size %d: %v", h.Origin, h.Size, err))
	case errors.Is(err, seal.ErrUnknownKey), errors.Is(err, certs.ErrNoCard):
		// Of an office that is not known here, or under a key of a card that
		// is yet to come.
		s.logger.LogAttrs(ctx, slog.LevelDebug, "head passed over", slog.String("log", h.Origin.String()), slog.Any("err", err))
		return nil
	case err != nil && s.comesAgain(ctx, h.Origin, err):
		return nil
	case err != nil:
		return fmt.Errorf("head of %s: %w", h.Origin, err)
	}
	if c.Origin == s.origin {
		held := uint64(0)
		s.x.update(s.peer.Office, func(st *Status) { st.Known, held = max(st.Known, c.Size), st.Held })
		if c.Size < held {
			s.rolledBack(c.Origin, c.Size, held)
		}
	}
	return nil
}

// comesAgain reports whether nothing can be compared with a log until a damaged
// leaf of it has come again: this session may be the one that brings it.
func (s *session) comesAgain(ctx context.Context, o certs.Origin, err error) bool {
	if _, damaged := s.x.ledger.DamagedFrom(o); !damaged || !errors.Is(err, ledger.ErrCorrupt) {
		return false
	}
	s.logger.LogAttrs(ctx, slog.LevelWarn, "not compared with a damaged log", slog.String("log", o.String()), slog.Any("err", err))
	return true
}

// addReceipt records a receipt. One that does not agree with the own log is
// rejected and an alarm; the session stays, since receipts and entries of
// others do not depend on it and the alarm is seen sooner than a broken link.
func (s *session) addReceipt(ctx context.Context, key receiptKey, note []byte) error {
	if key.office == s.x.office {
		return s.recall(ctx, key, note)
	}
	own := key.origin == s.x.ledger.Origin()
	if own && s.x.receipted != nil {
		before, err := s.x.ledger.ReceiptOf(ctx, key.office, key.origin)
		if err != nil {
			return fmt.Errorf("receipt of %s: %w", key.office, err)
		}
		defer s.x.measure(ctx, key, before)
	}
	err := s.x.ledger.AddReceipt(store.WithReserve(ctx), key.office, note)
	switch {
	case own && errors.Is(err, ledger.ErrReceiptBeyond) && s.x.ledger.Recovering():
		// What was restored lacks what the receipt is over: it is being fetched, and
		// the receipt is asked for again then.
		s.logger.LogAttrs(ctx, slog.LevelInfo, "receipt waits until this node has its newest entries again",
			slog.String("of", string(key.office)), slog.String("log", key.origin.String()))
		return nil
	case errors.Is(err, ledger.ErrReceiptRoot), own && errors.Is(err, ledger.ErrReceiptBeyond):
		s.x.alarm(s.peer.Office, ReasonInconsistent, fmt.Sprintf("receipt of %s for %s: %v", key.office, key.origin, err))
		return nil
	case errors.Is(err, ledger.ErrReceiptBeyond), errors.Is(err, ledger.ErrNotFound),
		errors.Is(err, certs.ErrNoCard), errors.Is(err, seal.ErrUnknownKey):
		s.logger.LogAttrs(ctx, slog.LevelDebug, "receipt passed over", slog.String("of", string(key.office)),
			slog.String("log", key.origin.String()), slog.Any("err", err))
		return nil
	case errors.Is(err, store.ErrFull):
		// It is not lost: every session begins with the newest one.
		s.x.note(s.peer.Office, access.ReasonReadOnly, err.Error())
		return nil
	case err != nil && s.comesAgain(ctx, key.origin, err):
		return nil
	case err != nil:
		return fmt.Errorf("receipt of %s for %s: %w", key.office, key.origin, err)
	}
	return nil
}

// recall takes up a receipt of this office that the peer shows it. One that does
// not verify is none of this office, and says nothing.
func (s *session) recall(ctx context.Context, key receiptKey, note []byte) error {
	err := s.x.ledger.Recall(ctx, note)
	if errors.Is(err, seal.ErrUnknownKey) || errors.Is(err, seal.ErrBadSignature) || errors.Is(err, seal.ErrKeyRange) ||
		errors.Is(err, ledger.ErrOwnLog) || errors.Is(err, store.ErrFull) {
		s.logger.LogAttrs(ctx, slog.LevelDebug, "own receipt passed over", slog.String("log", key.origin.String()), slog.Any("err", err))
		return nil
	}
	return err
}

// measure tells how long ago the newest entry was issued that a receipt over the
// own log covers, if it covers more than the one before. What cannot be read is
// not told: the receipt itself is recorded.
func (x *Exchange) measure(ctx context.Context, key receiptKey, before *ledger.Receipt) {
	now, err := x.ledger.ReceiptOf(ctx, key.office, key.origin)
	if err != nil || now == nil || now.Size == 0 || before != nil && now.Size <= before.Size {
		return
	}
	if newest, err := x.ledger.Entry(ctx, key.origin, now.Size-1); err == nil {
		x.receipted(key.office, x.now().Sub(newest.Leaf.GetTime().AsTime()))
	}
}
