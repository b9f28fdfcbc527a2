package trader

import (
	"context"
	"crypto/sha256"
	"encoding/binary"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/watch"
)

// feed is changes of notices that somebody follows.
type feed struct {
	of     string // what its cursors are for: they are of no use for another
	table  store.Table
	prefix []byte
}

// feed is the changes that a viewer follows: those of all notices, or of what one
// exporter was told. Each exporter's are counted apart, so that no number tells
// how much others are told.
func (v viewer) feed() feed {
	if v.exporter == "" {
		return feed{table: tableChanges}
	}
	return feed{of: v.exporter, table: tableToldNews, prefix: under(v.exporter)}
}

// change is a change of a notice.
type change struct {
	n  uint64 // its number in the feed
	id []byte // of the notice
}

// behind returns a page of the changes behind a number, each notice once, at its last
// change of the page, and the number of the last change looked at.
func (f feed) behind(r store.Reader, at uint64) (changes []change, next uint64, err error) {
	if newest, err := last(r, f.table, f.prefix); err != nil || at > newest {
		if err == nil {
			err = access.CursorAhead("cursor")
		}
		return nil, 0, err
	}
	var all []change
	newest := make(map[string]uint64)
	next = at
	for row, err := range r.Scan(f.table, binary.BigEndian.AppendUint64(f.prefix[:len(f.prefix):len(f.prefix)], at+1), store.PrefixEnd(f.prefix), false) {
		if err != nil {
			return nil, 0, err
		}
		if len(all) == watch.Page {
			break
		}
		next = binary.BigEndian.Uint64(row.Key[len(f.prefix):])
		all = append(all, change{n: next, id: []byte(string(row.Value))})
		newest[string(row.Value)] = next
	}
	for _, c := range all {
		if newest[string(c.id)] == c.n {
			changes = append(changes, c)
		}
	}
	return changes, next, nil
}

// cursor is the text form of a place in a feed.
func (s *Service) cursor(f feed, n uint64) string {
	return ledger.Position{Incarnation: s.incarnation(f), N: n}.String()
}

func (s *Service) incarnation(f feed) [16]byte {
	own := s.o.Ledger.Released().Incarnation
	sum := sha256.Sum256(append(own[:], "trader "+f.of...))
	return [16]byte(sum[:])
}

// newest returns the cursor behind everything that is in a viewer's feed.
func (s *Service) newest(r store.Reader, v viewer) (string, error) {
	f := v.feed()
	n, err := last(r, f.table, f.prefix)
	return s.cursor(f, n), err
}

// parseCursor reads the cursor of a watch.
func (s *Service) parseCursor(f feed, cursor string) (uint64, error) {
	at, err := ledger.ParsePosition(cursor)
	if err != nil {
		return 0, badCursor()
	}
	if cursor != "" && at.Incarnation != s.incarnation(f) {
		return 0, access.CursorAhead("cursor")
	}
	return at.N, nil
}

// badCursor refuses what is no cursor.
func badCursor() error {
	return invalid("cursor", "CURSOR", "give a cursor of a list or watch as it came, or none")
}

// WatchConsignmentNotices implements spsv1.ConsignmentServiceServer.
func (s *Service) WatchConsignmentNotices(req *spsv1.WatchConsignmentNoticesRequest, stream grpc.ServerStreamingServer[spsv1.WatchConsignmentNoticesResponse]) error {
	who, err := s.viewer(stream.Context())
	if err != nil {
		return err
	}
	at, err := s.parseCursor(who.feed(), req.GetCursor())
	if err != nil {
		return err
	}
	return follow(s, stream, at, s.behind, func(at uint64) *spsv1.WatchConsignmentNoticesResponse {
		return &spsv1.WatchConsignmentNoticesResponse{Cursor: s.cursor(who.feed(), at)}
	})
}

// watches is what the watches of the service have in common.
func (s *Service) watches() watch.Loop {
	return watch.Loop{Heartbeat: s.o.Heartbeat, Draining: s.o.Draining, Now: s.o.Now}
}

// follow runs a watch of changes: it sends what page returns behind a number, and the
// number of the last change looked at. beat makes the event that says that the watch
// stands.
func follow[E any](s *Service, stream grpc.ServerStreamingServer[E], at uint64,
	page func(context.Context, uint64) ([]*E, uint64, error), beat func(at uint64) *E,
) error {
	return watch.Run(s.watches(), stream, watch.Source[E]{
		Changed: s.changed,
		Read: func(ctx context.Context, send func(*E) error) (watch.Turn, error) {
			events, next, err := page(ctx, at)
			if err != nil {
				return watch.Turn{}, err
			}
			for _, e := range events {
				if err := send(e); err != nil {
					return watch.Turn{}, err
				}
			}
			more := next > at
			at = next
			return watch.Turn{More: more}, nil
		},
		Beat: func() *E { return beat(at) },
	})
}

// behind returns a page of the events behind a number of the caller's feed, and the
// number of the last change looked at. The caller is asked for anew: an exporter that
// is served no more sees nothing more.
func (s *Service) behind(ctx context.Context, at uint64) (events []*spsv1.WatchConsignmentNoticesResponse, next uint64, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		events = nil
		who, err := s.viewerIn(ctx, r)
		if err != nil {
			return err
		}
		var changes []change
		if changes, next, err = who.feed().behind(r, at); err != nil {
			return err
		}
		size := 0
		for _, c := range changes {
			shown, err := s.event(r, who, c.id)
			if err != nil {
				return err
			}
			if shown == nil {
				continue
			}
			events = append(events, &spsv1.WatchConsignmentNoticesResponse{
				Cursor: s.cursor(who.feed(), c.n), Event: &spsv1.WatchConsignmentNoticesResponse_Notice{Notice: shown},
			})
			if size += proto.Size(shown); size > maxPageBytes {
				next = c.n
				return nil
			}
		}
		return nil
	})
	return events, next, err
}

// event returns a notice as a viewer is shown it, nil if it is not.
func (s *Service) event(r store.Reader, who viewer, id []byte) (*spsv1.ConsignmentNotice, error) {
	n, err := noticeAt(r, id)
	if err != nil {
		return nil, err
	}
	if shown, err := who.sees(r, n); err != nil || !shown {
		return nil, err
	}
	return s.show(r, who, n, false)
}
