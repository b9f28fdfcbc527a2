package office

import (
	"context"
	"log/slog"

	"github.com/spsalert/spsalert/server/casebook"
)

// KeepDeskNow summarizes all cases that are marked, as KeepDesk does in its time.
func (s *Service) KeepDeskNow(ctx context.Context) error {
	for {
		n, err := s.keepDesk(ctx, slog.New(slog.DiscardHandler), make(map[casebook.Place]bool))
		if n == 0 || err != nil {
			return err
		}
	}
}
