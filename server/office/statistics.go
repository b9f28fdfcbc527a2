package office

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/store"
)

// GetStatistics implements spsv1.CaseServiceServer.
func (s *Service) GetStatistics(ctx context.Context, req *spsv1.GetStatisticsRequest) (*spsv1.Statistics, error) {
	from, to, err := timeRange(req)
	if err != nil {
		return nil, err
	}
	q, err := s.selected(ctx, req.GetFilter(), req.GetQuery(), "")
	if err != nil {
		return nil, err
	}
	t := casebook.NewTally(casebook.TallyOptions{
		GroupBy: req.GetGroupBy(), Office: s.self(), Zone: s.zone(), Now: s.o.Now().UTC(),
	})
	if err := s.count(ctx, t, q.Between(from, to)); err != nil {
		return nil, err
	}
	if req.GetFilter() == "" && req.GetQuery() == "" { // inspections are not selected by what notifications say
		if err := s.countInspections(ctx, t, from, to); err != nil {
			return nil, err
		}
	}
	return t.Statistics(), nil
}

// count adds the cases that q asks for to a tally. What each counts for is kept
// beside the lists of the desk; of the cases that have changed since it is
// worked out now, so that the figures lag behind nothing. At a full store they
// are without the receipts that the desk has not come to.
func (s *Service) count(ctx context.Context, t *casebook.Tally, q casebook.Query) error {
	for more := true; more; { // receipts that came change times
		var err error
		if more, err = s.o.Book.Stir(ctx); err != nil && !errors.Is(err, store.ErrFull) {
			return err
		}
	}
	upTo := s.o.Ledger.Released().N
	for items, err := range s.casePages(ctx, q, upTo) {
		if err != nil {
			return err
		}
		kept, err := s.o.Book.Facts(ctx, items)
		if err != nil {
			return err
		}
		for i, item := range items {
			facts := kept[i]
			if facts == nil {
				if facts, err = s.factsOf(ctx, item, upTo); err != nil {
					return err
				}
			}
			if facts == nil {
				continue
			}
			if err := t.Add(*facts); err != nil {
				return tallyError(err)
			}
		}
	}
	return nil
}

// factsOf works out what a case counts for; nil if more was said in it than is
// folded.
func (s *Service) factsOf(ctx context.Context, whole casebook.Item, upTo uint64) (*casebook.Facts, error) {
	c, err := s.fold(ctx, whole, upTo)
	if err != nil || c == nil {
		return nil, err
	}
	facts := casebook.FactsOf(c.original, c.others, c.State(), c.deadlines)
	return &facts, nil
}

func tallyError(err error) error {
	if errors.Is(err, casebook.ErrGroups) {
		return &access.Refusal{
			Code: codes.InvalidArgument, Reason: access.ReasonTooLarge,
			Sentence: "there would be more than 10,000 groups: narrow the time or the filter, or group by less",
		}
	}
	return err
}

// countInspections adds what was inspected in the weeks that begin in a time.
func (s *Service) countInspections(ctx context.Context, t *casebook.Tally, from, to time.Time) error {
	zone := s.zone()
	var first, below []byte
	if !from.IsZero() {
		first = []byte(casebook.Week(from.In(zone)))
	}
	if !to.IsZero() {
		below = afterWeek(casebook.Week(to.In(zone)))
	}
	for {
		some, next, err := s.inspections(ctx, first, below, access.MaxPage, false)
		if err != nil {
			return err
		}
		for _, i := range some {
			monday, ok := casebook.Monday(i.GetWeek(), zone)
			if !ok || monday.Before(from) || !to.IsZero() && !monday.Before(to) {
				continue
			}
			if err := t.Inspected(i); err != nil {
				return tallyError(err)
			}
		}
		if below = next; next == nil {
			return nil
		}
	}
}

// timeRange returns the times of a request; the zero time is no bound.
func timeRange(req *spsv1.GetStatisticsRequest) (from, to time.Time, err error) {
	from, to = timeOf(req.GetStartTime()), timeOf(req.GetEndTime())
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return from, to, access.Invalid(access.Violation{
			Field: "end_time", Reason: "TIME_RANGE", Sentence: "give an end that is after the start",
		})
	}
	return from, to, nil
}

// timeOf returns a time, the zero time if there is none.
func timeOf(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// zone returns the zone of this office, by its card; UTC if that names none.
func (s *Service) zone() *time.Location {
	zone, err := time.LoadLocation(s.o.Roster.Own().Message().GetHours().GetTimeZone())
	if err != nil {
		return time.UTC
	}
	return zone
}
