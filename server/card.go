package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// checkCard returns why peers would not take the own card after the one that was
// published last: a card that they refuse cannot be taken back, and none that
// follows it would be taken either. Of a store that may not be the newest nobody
// knows which card that is.
func (s *Server) checkCard(ctx context.Context) error {
	if s.ledger.Why() != "" {
		return nil
	}
	published, err := s.ledger.Published(ctx)
	if err != nil || published == nil {
		return err
	}
	if err := certs.Follows(published, s.id.roster.Own()); err != nil {
		return fmt.Errorf("own card %d cannot follow card %d, which was published last: %w: configure card %d\n%w",
			s.id.roster.Own().Number(), published.Number(), err, published.Number()+1, ErrIdentity)
	}
	return nil
}

// publishCard enters the own card that is in force into the own log, from where
// peers take it. A card that was entered before is not entered again, so it may
// be called at any time, and is called at every start: a crash may have come
// between the roster and the log.
func (s *Server) publishCard(ctx context.Context) error {
	card := s.id.roster.Own()
	if s.published.Load() == card.Number() {
		return nil
	}
	if err := s.checkCard(ctx); err != nil {
		return err
	}
	if err := s.mayIssue(ctx); err != nil {
		return fmt.Errorf("publish own card %d: %w", card.Number(), err)
	}
	draft, err := ledger.CardDraft(card)
	if err != nil {
		return err
	}
	entry, err := s.ledger.Append(ctx, func(store.Tx) (ledger.Draft, error) { return draft, nil })
	if errors.Is(err, ledger.ErrConflict) {
		return fmt.Errorf("own card %d is not the card %d that was published: make the next one", card.Number(), card.Number())
	}
	if err != nil {
		return fmt.Errorf("publish own card %d: %w", card.Number(), err)
	}
	s.published.Store(card.Number())
	s.logger.Info("own card is published", "number", card.Number(), "sequence", entry.Sequence)
	return nil
}
