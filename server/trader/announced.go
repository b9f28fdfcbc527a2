package trader

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/watch"
)

const (
	// announcedLook is how many announcements are looked at for one page.
	announcedLook = 5000
	// mostTouched is how many codes one announcement names.
	mostTouched = 100
)

// remindDays are the days before an effective date on which a watch reminds who does
// not say which.
var remindDays = []uint32{30, 7, 1}

// reader returns the exporter for which the caller of ctx reads.
func (s *Service) reader(ctx context.Context) (who viewer, e *spsv1.Exporter, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		if who, err = s.viewerIn(ctx, r); err != nil {
			return err
		}
		e, err = getExporter(r, who.exporter)
		return err
	})
	return who, e, err
}

// ListOwnAnnouncements implements spsv1.ConsignmentServiceServer.
func (s *Service) ListOwnAnnouncements(ctx context.Context, req *spsv1.ListOwnAnnouncementsRequest) (*spsv1.ListOwnAnnouncementsResponse, error) {
	who, e, err := s.reader(ctx)
	if err != nil {
		return nil, err
	}
	asked := askedFor("announcements of "+who.exporter, req, req.GetPageToken())
	mark, err := asked.after()
	if err != nil {
		return nil, err
	}
	var below uint64
	if len(mark) == 8 {
		below = binary.BigEndian.Uint64(mark)
	}
	last, err := s.o.Book.LastAnnouncementChange(ctx)
	if err != nil {
		return nil, err
	}
	live := casebook.AnnouncementsThat(func(h *spsv1.HeldAnnouncement) bool { return stands(h) && s.touches(e, h) != nil })
	page, below, err := s.o.Book.Announcements(ctx, live, below, access.PageSize(req.GetPageSize()), announcedLook)
	if err != nil {
		return nil, err
	}
	resp := &spsv1.ListOwnAnnouncementsResponse{Cursor: last.Text(s.incarnation(who.feed()))}
	for _, h := range page {
		resp.Announcements = append(resp.Announcements, s.announced(e, h))
	}
	if below != 0 {
		resp.NextPageToken = asked.token(binary.BigEndian.AppendUint64(nil, below))
	}
	return resp, nil
}

// stands reports whether an announcement holds or takes effect later.
func stands(h *spsv1.HeldAnnouncement) bool {
	switch h.GetState() {
	case spsv1.AnnouncementState_ANNOUNCEMENT_STATE_IN_FORCE, spsv1.AnnouncementState_ANNOUNCEMENT_STATE_UPCOMING,
		spsv1.AnnouncementState_ANNOUNCEMENT_STATE_PROPOSED:
		return true
	}
	return false
}

// touched is what an announcement touches of an exporter.
type touched struct{ codes []string }

// touches returns what an announcement touches of an exporter, nil if it touches
// nothing or is not shown to exporters. Codes whose registration is over do not count;
// an exporter without codes is touched by what concerns the goods of its country.
func (s *Service) touches(e *spsv1.Exporter, h *spsv1.HeldAnnouncement) *touched {
	if h.GetStatus() != spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL || h.GetRestricted() || h.GetWithoutEffect() ||
		h.GetState() == spsv1.AnnouncementState_ANNOUNCEMENT_STATE_WITHDRAWAL {
		return nil
	}
	codes := e.GetCodes()
	if len(codes) == 0 {
		codes = []*spsv1.ExporterCode{{}}
	}
	var found *touched
	today := s.o.Now().In(s.o.Roster.Own().Zone())
	for _, c := range codes {
		if !inForce(c, today) || !s.touchesCode(c, h) {
			continue
		}
		if found == nil {
			found = &touched{}
		}
		if c.GetCode() != "" && len(found.codes) < mostTouched {
			found.codes = append(found.codes, c.GetCode())
		}
	}
	return found
}

// touchesCode reports whether an announcement concerns the goods of a code, and one of
// its markets: a rule that of the market, a gate either side of the border.
func (s *Service) touchesCode(c *spsv1.ExporterCode, h *spsv1.HeldAnnouncement) bool {
	goods := make([]*spsv1.Concept, len(c.GetHsCodes()))
	for i, hs := range c.GetHsCodes() {
		goods[i] = statement.GoodsOf(hs)
	}
	if !statement.Touches(h, goods, []string{s.office()}, nil) {
		return false
	}
	market := &spsv1.Area{Code: h.GetOffice()}
	if of := h.GetAnnouncement().GetRuleChange().GetMarket(); of != nil {
		market = of
	}
	own := &spsv1.Area{Code: s.office()}
	return len(c.GetMarkets()) == 0 || statement.MarketsMeet(market, own) ||
		slices.ContainsFunc(c.GetMarkets(), func(m *spsv1.Area) bool { return statement.MarketsMeet(m, market) })
}

// announced returns an announcement as an exporter is shown it.
func (s *Service) announced(e *spsv1.Exporter, h *spsv1.HeldAnnouncement) *spsv1.OwnAnnouncement {
	a := &spsv1.OwnAnnouncement{
		Reference: h.GetReference(), Office: h.GetOffice(), State: h.GetState(), EffectTime: h.GetEffectTime(), DaysLeft: h.GetDaysLeft(),
		Announcement: proto.CloneOf(h.GetAnnouncement()), Lang: languageOf(e),
	}
	strip(a.GetAnnouncement().ProtoReflect())
	if found := s.touches(e, h); found != nil {
		a.Codes = found.codes
	}
	w := &writer{lang: a.GetLang(), langs: languagesOf(e), zone: s.o.Roster.Own().Zone()}
	w.announcement(a)
	a.Lines = w.lines
	return a
}

// WatchOwnAnnouncements implements spsv1.ConsignmentServiceServer.
func (s *Service) WatchOwnAnnouncements(req *spsv1.WatchOwnAnnouncementsRequest, stream grpc.ServerStreamingServer[spsv1.WatchOwnAnnouncementsResponse]) error {
	who, _, err := s.reader(stream.Context())
	if err != nil {
		return err
	}
	at, err := s.parseChangeCursor(who, req.GetCursor())
	if err != nil {
		return err
	}
	remind := req.GetRemindDays()
	if len(remind) == 0 {
		remind = remindDays
	}
	return watch.Run(s.watches(), stream, watch.Source[spsv1.WatchOwnAnnouncementsResponse]{
		Changed: s.o.Ledger.Changed,
		Read: func(ctx context.Context, send func(*spsv1.WatchOwnAnnouncementsResponse) error) (watch.Turn, error) {
			events, after, turn, err := s.announcedAfter(ctx, at, remind)
			if err != nil {
				return watch.Turn{}, err
			}
			for _, e := range events {
				if err := send(e); err != nil {
					return watch.Turn{}, err
				}
			}
			at = after
			return watch.Turn{More: len(events) >= watch.Page, At: turn}, nil
		},
		Beat: func() *spsv1.WatchOwnAnnouncementsResponse {
			return &spsv1.WatchOwnAnnouncementsResponse{Cursor: at.Text(s.incarnation(who.feed()))}
		},
	})
}

// parseChangeCursor reads the cursor of a watch of announcements.
func (s *Service) parseChangeCursor(who viewer, cursor string) (at casebook.ChangeCursor, err error) {
	if cursor == "" {
		return at, nil
	}
	at, of, err := casebook.ParseChangeCursor(cursor)
	if err != nil {
		return at, badCursor()
	}
	if of != s.incarnation(who.feed()) {
		return at, access.CursorAhead("cursor")
	}
	return at, nil
}

// announcedAfter returns what the caller is told behind a cursor, the cursor behind
// it, and when the clock has more to tell. The caller is asked for anew: an exporter
// that is served no more sees nothing more, and one that has other codes other things.
func (s *Service) announcedAfter(ctx context.Context, at casebook.ChangeCursor, remind []uint32) (
	events []*spsv1.WatchOwnAnnouncementsResponse, after casebook.ChangeCursor, turn time.Time, err error,
) {
	who, e, err := s.reader(ctx)
	if err != nil {
		return nil, at, turn, err
	}
	q := casebook.AnnouncementsThat(func(h *spsv1.HeldAnnouncement) bool { return s.touches(e, h) != nil })
	found, after, turn, err := s.o.Book.AnnouncementsAfter(ctx, q, at, remind, watch.Page)
	if errors.Is(err, casebook.ErrNotFound) {
		err = access.CursorAhead("cursor")
	}
	if err != nil {
		return nil, at, turn, err
	}
	for _, f := range found {
		events = append(events, &spsv1.WatchOwnAnnouncementsResponse{
			Cursor: f.Cursor.Text(s.incarnation(who.feed())), Announcement: s.announced(e, f.Announcement), Reminder: f.Reminder,
		})
	}
	return events, after, turn, nil
}
