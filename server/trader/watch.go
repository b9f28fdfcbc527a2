package trader

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// watchPage is how many changes a watch reads at once.
const watchPage = 64

// feed is the changes that a viewer follows: those of all notices, or of what one
// exporter was told. Each exporter's are counted apart, so that no number tells
// how much others are told.
func (v viewer) feed() (store.Table, []byte) {
	if v.exporter == "" {
		return tableChanges, nil
	}
	return tableToldNews, under(v.exporter)
}

// cursor is the text form of a place in a viewer's feed. It is of no use to
// another exporter.
func (s *Service) cursor(v viewer, n uint64) string {
	return ledger.Position{Incarnation: s.incarnation(v), N: n}.String()
}

func (s *Service) incarnation(v viewer) [16]byte {
	own := s.o.Ledger.Released().Incarnation
	sum := sha256.Sum256(append(own[:], "trader "+v.exporter...))
	return [16]byte(sum[:])
}

// newest returns the cursor behind everything that is in a viewer's feed.
func (s *Service) newest(r store.Reader, v viewer) (string, error) {
	table, prefix := v.feed()
	n, err := last(r, table, prefix)
	return s.cursor(v, n), err
}

// parseCursor reads the cursor of a watch.
func (s *Service) parseCursor(v viewer, cursor string) (uint64, error) {
	at, err := ledger.ParsePosition(cursor)
	if err != nil {
		return 0, access.Invalid(access.Violation{
			Field: "cursor", Reason: "CURSOR", Sentence: "give a cursor of a list or watch as it came, or none",
		})
	}
	if cursor != "" && at.Incarnation != s.incarnation(v) {
		return 0, access.CursorAhead("cursor")
	}
	return at.N, nil
}

// WatchConsignmentNotices implements spsv1.ConsignmentServiceServer. What is
// there and what comes next is one loop over the changes: the wake-up carries no
// data.
func (s *Service) WatchConsignmentNotices(req *spsv1.WatchConsignmentNoticesRequest, stream grpc.ServerStreamingServer[spsv1.WatchConsignmentNoticesResponse]) error {
	ctx := stream.Context()
	who, err := s.viewer(ctx)
	if err != nil {
		return err
	}
	at, err := s.parseCursor(who, req.GetCursor())
	if err != nil {
		return err
	}
	beat := time.NewTimer(s.o.Heartbeat)
	defer beat.Stop()
	for opened := false; ; {
		changed := s.Changed()
		events, next, err := s.behind(ctx, at)
		if err != nil {
			return err
		}
		if !opened { // tells the caller that the watch stands, though there may be nothing for long
			if err := stream.SendHeader(nil); err != nil {
				return err
			}
			opened = true
		}
		for _, e := range events {
			if err := stream.Send(e); err != nil {
				return err
			}
			beat.Reset(s.o.Heartbeat)
		}
		more := next > at
		at = next
		select {
		case <-s.o.Draining:
			return access.Draining()
		case <-ctx.Done():
			return context.Cause(ctx)
		default:
		}
		if more {
			continue
		}
		select {
		case <-changed:
		case <-s.o.Draining:
		case <-ctx.Done():
		case <-beat.C:
			beat.Reset(s.o.Heartbeat)
			if err := stream.Send(&spsv1.WatchConsignmentNoticesResponse{Cursor: s.cursor(who, at)}); err != nil {
				return err
			}
		}
	}
}

// behind returns a page of the events behind a number of the caller's feed, each
// notice once, at its last change of the page, and the number of the last change
// looked at. The caller is asked for anew: an exporter that is served no more sees
// nothing more.
func (s *Service) behind(ctx context.Context, at uint64) (events []*spsv1.WatchConsignmentNoticesResponse, next uint64, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		events, next = nil, at
		who, err := s.viewerIn(ctx, r)
		if err != nil {
			return err
		}
		table, prefix := who.feed()
		if newest, err := last(r, table, prefix); err != nil || at > newest {
			if err == nil {
				err = access.CursorAhead("cursor")
			}
			return err
		}
		ids, newest := []string(nil), make(map[string]uint64)
		for row, err := range r.Scan(table, binary.BigEndian.AppendUint64(prefix, at+1), store.PrefixEnd(prefix), false) {
			if err != nil {
				return err
			}
			if len(ids) == watchPage {
				break
			}
			next = binary.BigEndian.Uint64(row.Key[len(prefix):])
			ids, newest[string(row.Value)] = append(ids, string(row.Value)), next
		}
		size := 0
		for i, id := range ids {
			n := at + 1 + uint64(i)
			if newest[id] != n {
				continue
			}
			shown, err := s.event(r, who, []byte(id))
			if err != nil {
				return err
			}
			if shown == nil {
				continue
			}
			events = append(events, &spsv1.WatchConsignmentNoticesResponse{
				Cursor: s.cursor(who, n), Event: &spsv1.WatchConsignmentNoticesResponse_Notice{Notice: shown},
			})
			if size += proto.Size(shown); size > maxPageBytes {
				next = n
				return nil
			}
		}
		return nil
	})
	return events, next, err
}

// event returns a notice as a viewer is shown it, nil if it is not.
func (s *Service) event(r store.Reader, who viewer, id []byte) (*spsv1.ConsignmentNotice, error) {
	n, err := getNotice(r, id)
	if err == nil && n == nil {
		err = fmt.Errorf("%w: no notice %x", ledger.ErrCorrupt, id)
	}
	if err != nil {
		return nil, err
	}
	if shown, err := who.sees(r, n); err != nil || !shown {
		return nil, err
	}
	return s.show(r, who, n)
}
