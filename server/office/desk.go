package office

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/routing"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

const (
	// summarizedAtOnce is how many cases one transaction of KeepDesk summarizes.
	summarizedAtOnce = 128
	// DeskPause is how long KeepDesk waits after each transaction, so that its
	// commits cost those of statements next to nothing.
	DeskPause = 50 * time.Millisecond
	// deskAgain is when KeepDesk tries again what it could not do.
	deskAgain = time.Minute
)

// KeepDesk summarizes the cases that change, for the lists, until ctx ends. What
// it has to do lies in the store, so it goes on where it was stopped. It gives
// way to what is recorded meanwhile: of a backlog lists may lag behind. Cards
// are looked at anew when it begins, since they may have changed before.
func (s *Service) KeepDesk(ctx context.Context, logger *slog.Logger) {
	failed := make(map[casebook.Place]bool) // until the next try
	again := time.NewTicker(deskAgain)
	defer again.Stop()
	cards, stirred := s.o.Roster.Changed(), false
	for {
		changed, rerouted := s.o.Ledger.Changed(), s.o.Book.Rerouted()
		stirred = stirred && !closed(cards)
		begun, before := time.Now(), s.o.Ledger.Released().N
		n, err := 0, error(nil)
		if !stirred {
			cards = s.o.Roster.Changed()
			err = s.o.Book.StirAll(ctx)
			stirred = err == nil
		}
		if err == nil {
			n, err = s.keepDesk(ctx, logger, failed)
		}
		if ctx.Err() != nil {
			return
		}
		if err == nil && n > 0 {
			switch busy := s.o.Ledger.Released().N > before+summarizedAtOnce; {
			case busy:
				rest(ctx, max(DeskPause, 3*time.Since(begun)))
			case n < summarizedAtOnce:
				rest(ctx, DeskPause)
			}
			continue
		}
		if err != nil {
			logger.Error("the lists of the desk are not kept up to date", "err", err)
			rest(ctx, time.Second)
		}
		select {
		case <-changed:
		case <-rerouted:
		case <-cards:
		case <-again.C:
			clear(failed)
		case <-ctx.Done():
			return
		}
	}
}

// closed reports whether a channel that carries nothing is closed.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// rest waits.
func rest(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// keepDesk summarizes some cases, and returns how many. One that cannot be read
// keeps its mark, and is passed over until the next try.
func (s *Service) keepDesk(ctx context.Context, logger *slog.Logger, failed map[casebook.Place]bool) (n int, err error) {
	for more := true; more; {
		if more, err = s.o.Book.Stir(store.WithReserve(ctx)); err != nil {
			return 0, err
		}
	}
	upTo := s.o.Ledger.Released().N
	marks, err := s.o.Book.Marked(ctx, upTo, summarizedAtOnce+len(failed))
	if err != nil {
		return 0, err
	}
	var done []casebook.Summarized
	for _, m := range marks {
		if failed[m.Place] {
			continue
		}
		one, err := s.summarize(ctx, m, upTo)
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err != nil {
			failed[m.Place] = true
			logger.Error("a case is not in the lists of the desk", "err", err)
			continue
		}
		done = append(done, one)
	}
	if len(done) == 0 {
		return 0, nil
	}
	return len(done), s.o.Book.Summarize(ctx, done)
}

// summarize works out what a marked case comes to.
func (s *Service) summarize(ctx context.Context, m casebook.Mark, upTo uint64) (casebook.Summarized, error) {
	one := casebook.Summarized{Mark: m}
	whole, err := s.o.Book.MarkedOriginal(ctx, m)
	if errors.Is(err, casebook.ErrNotFound) {
		return one, nil
	}
	if err != nil {
		return one, err
	}
	one.Whole = whole
	f, err := s.fold(ctx, whole, upTo)
	if err != nil || f == nil {
		return one, err
	}
	one.Facts = casebook.FactsOf(f.original, f.others, f.State(), f.deadlines)
	one.Summary = statement.Summarize(s.self(), f.original, f.others, f.State(), f.deadlines, s.o.CallAfter)
	one.References = f.State().GetExternalReferences()
	one.Named = f.named(s.self())
	one.Codes = f.State().GetCodeStatements()
	one.Matter = func() routing.Matter { return routing.OfCase(f.State().GetNotification(), f.added()...) }
	for _, d := range f.deadlines {
		if d.GetState() == spsv1.DeadlineState_DEADLINE_STATE_UNDELIVERED {
			one.Awaits, err = s.await(one.Awaits, d.GetOffice(), d.GetStatement())
			if err != nil {
				return one, err
			}
		}
	}
	return one, s.undelivered(ctx, &one, append(f.others, f.original))
}

// added returns what was added to the notification of a case by follow-ups that
// hold.
func (f *folded) added() []*spsv1.Facts {
	holds := make(map[string]bool)
	for _, e := range f.State().GetEntries() {
		holds[e.GetStatement()] = e.GetStanding() == spsv1.EntryStanding_ENTRY_STANDING_EFFECTIVE
	}
	var all []*spsv1.Facts
	for _, e := range f.others {
		if added := e.Statement.GetFollowUp().GetFacts(); added != nil && holds[e.Name()] {
			all = append(all, added)
		}
	}
	return all
}

// named returns the units of an office that are named by what holds in a case, or
// held until it was taken back.
func (f *folded) named(self certs.Office) []string {
	held := make(map[string]bool)
	for _, e := range f.State().GetEntries() {
		switch e.GetStanding() {
		case spsv1.EntryStanding_ENTRY_STANDING_EFFECTIVE, spsv1.EntryStanding_ENTRY_STANDING_TAKEN_BACK:
			held[e.GetStatement()] = true
		}
	}
	var units []string
	for _, e := range f.others {
		if e.Statement != nil && held[e.Name()] {
			units = append(units, casebook.UnitsNamed(e.Statement, e.Origin.Office, self)...)
		}
	}
	return units
}

// undelivered adds to a summary to whom own entries of its case, by name, are
// not delivered.
func (s *Service) undelivered(ctx context.Context, one *casebook.Summarized, entries []statement.CaseEntry) error {
	lacking := make(map[string]bool)
	for _, e := range entries {
		if e.Origin.Office != s.self() {
			continue
		}
		offices := s.awaited(e)
		if len(offices) == 0 {
			continue
		}
		standings, err := s.o.Ledger.Standings(ctx, e.Origin, e.Sequence, offices)
		if err != nil {
			return fmt.Errorf("deliveries of %s: %w", e.Name(), err)
		}
		for i, st := range standings {
			if st.Covering == nil {
				lacking[string(offices[i])] = true
				if one.Awaits, err = s.await(one.Awaits, string(offices[i]), e.Name()); err != nil {
					return err
				}
			}
		}
	}
	one.Summary.Undelivered = slices.Sorted(maps.Keys(lacking))
	return nil
}

// awaited returns the offices with a node whose receipts over an entry are
// awaited: its audience, or whom it names if that is the network.
func (s *Service) awaited(e statement.CaseEntry) []certs.Office {
	told := slices.Clone(e.Audience.GetOffices())
	if e.Audience.GetNetwork() {
		for _, a := range e.Statement.GetAddressees() {
			if !a.GetByHand() {
				told = append(told, a.GetOffice())
			}
		}
	}
	var offices []certs.Office
	for _, office := range told {
		if _, known := s.o.Roster.Card(certs.Office(office)); known && office != string(s.self()) {
			offices = append(offices, certs.Office(office))
		}
	}
	return offices
}

// await adds that a receipt of an office over a statement is awaited.
func (s *Service) await(all []casebook.Awaiting, office, name string) ([]casebook.Awaiting, error) {
	origin, seq, err := parseName(name, s.o.Roster.Federation())
	if err != nil {
		return nil, err
	}
	a := casebook.Awaiting{
		From: certs.Office(office), Over: casebook.Place{Office: origin.Office, Epoch: origin.Epoch, Sequence: seq},
	}
	if slices.Contains(all, a) {
		return all, nil
	}
	return append(all, a), nil
}

// summaries returns what the cases of some originals come to now, by their
// positions; none for one that was not worked out yet.
func (s *Service) summaries(ctx context.Context, of []casebook.Item) (map[uint64]*spsv1.CaseSummary, error) {
	all, err := s.o.Book.Summaries(ctx, of)
	if err != nil {
		return nil, err
	}
	byPosition := make(map[uint64]*spsv1.CaseSummary, len(all))
	for i, sum := range all {
		if sum != nil {
			statement.Refresh(sum, s.o.Now())
			byPosition[of[i].N] = sum
		}
	}
	return byPosition, nil
}
