package standing

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"

	"google.golang.org/grpc"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/watch"
)

const (
	announcementPrefix = "announcements/"
	gatePrefix         = "gates/"
)

// RemindDays are the days before an effective date on which a watch reminds who
// does not say which.
var RemindDays = []uint32{30, 7, 1}

// Announcements implements spsv1.AnnouncementServiceServer. It is safe for
// concurrent use.
type Announcements struct {
	spsv1.UnimplementedAnnouncementServiceServer
	o Options
}

// NewAnnouncements returns the service.
func NewAnnouncements(o Options) *Announcements { return &Announcements{o: o} }

// ListAnnouncements implements spsv1.AnnouncementServiceServer.
func (s *Announcements) ListAnnouncements(ctx context.Context, req *spsv1.ListAnnouncementsRequest) (*spsv1.ListAnnouncementsResponse, error) {
	q, problems := s.o.Queries.ParseAnnouncementQuery(req.GetFilter(), req.GetDay())
	if len(problems) > 0 {
		return nil, access.Problems(problems)
	}
	asked := digest("announcements", req.GetFilter(), req.GetDay())
	mark, err := parseToken(req.GetPageToken(), asked)
	if err != nil {
		return nil, err
	}
	var below uint64
	if mark != nil {
		if len(mark) != 8 {
			return nil, badToken()
		}
		below = binary.BigEndian.Uint64(mark)
	}
	last, err := s.o.Book.LastAnnouncementChange(ctx)
	if err != nil {
		return nil, err
	}
	resp := &spsv1.ListAnnouncementsResponse{Cursor: s.o.cursor(last)}
	if resp.Announcements, below, err = s.o.Book.Announcements(ctx, q, below, access.PageSize(req.GetPageSize()), s.o.Queries.Rows); err != nil {
		return nil, err
	}
	if below != 0 {
		resp.NextPageToken = token(asked, binary.BigEndian.AppendUint64(nil, below))
	}
	return resp, nil
}

// GetAnnouncement implements spsv1.AnnouncementServiceServer.
func (s *Announcements) GetAnnouncement(ctx context.Context, req *spsv1.GetAnnouncementRequest) (*spsv1.HeldAnnouncement, error) {
	found, err := s.o.Book.Announcement(ctx, strings.TrimPrefix(req.GetName(), announcementPrefix))
	if errors.Is(err, casebook.ErrNotFound) {
		return nil, access.NotFound("there is no %s here, or it was not addressed to this office", req.GetName())
	}
	return found, err
}

// ListGates implements spsv1.AnnouncementServiceServer.
func (s *Announcements) ListGates(ctx context.Context, req *spsv1.ListGatesRequest) (*spsv1.ListGatesResponse, error) {
	from, to, wrong := casebook.Day(req.GetDay(), s.o.Now())
	if wrong != nil {
		return nil, access.Problems(statement.Problems{*wrong})
	}
	asked := digest("gates", req.GetDay(), req.GetProduct(), req.GetOffice())
	mark, err := parseToken(req.GetPageToken(), asked)
	if err != nil {
		return nil, err
	}
	resp := &spsv1.ListGatesResponse{}
	page, next, err := s.o.Book.Gates(ctx, req.GetOffice(), statement.GoodsOf(req.GetProduct()), from, to, string(mark), access.PageSize(req.GetPageSize()))
	if err != nil {
		return nil, err
	}
	if resp.Gates = page; next != "" {
		resp.NextPageToken = token(asked, []byte(next))
	}
	return resp, nil
}

// GetGate implements spsv1.AnnouncementServiceServer.
func (s *Announcements) GetGate(ctx context.Context, req *spsv1.GetGateRequest) (*spsv1.Gate, error) {
	from, to, wrong := casebook.Day(req.GetDay(), s.o.Now())
	if wrong != nil {
		return nil, access.Problems(statement.Problems{*wrong})
	}
	name := statement.GateAsked(strings.TrimPrefix(req.GetName(), gatePrefix))
	g, err := s.o.Book.Gate(ctx, name, statement.GoodsOf(req.GetProduct()), from, to)
	if errors.Is(err, casebook.ErrNotFound) {
		return nil, access.NotFound("nothing was announced here of %s", gatePrefix+name)
	}
	return g, err
}

// WatchAnnouncements implements spsv1.AnnouncementServiceServer.
func (s *Announcements) WatchAnnouncements(req *spsv1.WatchAnnouncementsRequest, stream grpc.ServerStreamingServer[spsv1.WatchAnnouncementsResponse]) error {
	at, err := s.o.parseCursor(req.GetCursor())
	if err != nil {
		return err
	}
	q, problems := s.o.Queries.ParseAnnouncementQuery(req.GetFilter(), "")
	if len(problems) > 0 {
		return access.Problems(problems)
	}
	remind := req.GetRemindDays()
	if len(remind) == 0 {
		remind = RemindDays
	}
	return watch.Run(s.o.watches(), stream, watch.Source[spsv1.WatchAnnouncementsResponse]{
		Changed: s.o.Ledger.Changed,
		Read: func(ctx context.Context, send func(*spsv1.WatchAnnouncementsResponse) error) (watch.Turn, error) {
			events, after, turn, err := s.o.Book.AnnouncementsAfter(ctx, q, at, remind, watch.Page)
			if err != nil {
				return watch.Turn{}, ahead(err)
			}
			for _, e := range events {
				resp := &spsv1.WatchAnnouncementsResponse{Cursor: s.o.cursor(e.Cursor), Announcement: e.Announcement, Reminder: e.Reminder}
				if err := send(resp); err != nil {
					return watch.Turn{}, err
				}
			}
			at = after
			return watch.Turn{More: len(events) >= watch.Page, At: turn}, nil
		},
		Beat: func() *spsv1.WatchAnnouncementsResponse {
			return &spsv1.WatchAnnouncementsResponse{Cursor: s.o.cursor(at)}
		},
	})
}
