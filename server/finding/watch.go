package finding

import (
	"context"
	"encoding/binary"

	"google.golang.org/grpc"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/watch"
)

// WatchFindings implements spsv1.FindingServiceServer.
func (s *Service) WatchFindings(req *spsv1.WatchFindingsRequest, stream grpc.ServerStreamingServer[spsv1.WatchFindingsResponse]) error {
	who, err := s.viewer(stream.Context())
	if err != nil {
		return err
	}
	at, err := s.parseCursor(who, req.GetCursor())
	if err != nil {
		return err
	}
	return watch.Run(watch.Loop{Heartbeat: s.o.Heartbeat, Draining: s.o.Draining}, stream, watch.Source[spsv1.WatchFindingsResponse]{
		Changed: s.Changed,
		Also:    s.o.Ledger.Changed, // perhaps a draft from a finding
		Read: func(ctx context.Context, send func(*spsv1.WatchFindingsResponse) error) (watch.Turn, error) {
			changes, next, err := s.after(ctx, at)
			if err != nil {
				return watch.Turn{}, err
			}
			who.tree = s.o.Units.Tree() // may have changed since the watch began
			for _, c := range changes {
				if !who.sees(c.finding) || req.GetTold() && !told(c.finding, who.caller) {
					continue
				}
				if err := s.ends(ctx, c.finding); err != nil {
					return watch.Turn{}, err
				}
				event := &spsv1.WatchFindingsResponse{
					Cursor: s.cursor(who, c.n), Event: &spsv1.WatchFindingsResponse_Finding{Finding: who.show(ctx, c.finding)},
				}
				if err := send(event); err != nil {
					return watch.Turn{}, err
				}
			}
			more := next > at
			at = next
			return watch.Turn{More: more}, nil
		},
		Beat: func() *spsv1.WatchFindingsResponse { return &spsv1.WatchFindingsResponse{Cursor: s.cursor(who, at)} },
	})
}

func changeKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// change is one change of a finding.
type change struct {
	n       uint64
	finding *spsv1.LabFinding
}

// after returns a page of the changes behind one, each with its finding as it is
// now and each finding once, at its last change of the page; and the number of
// the last change that it looked at. A change by an entry that is not released yet
// is told when it is, and so is what came after it.
func (s *Service) after(ctx context.Context, at uint64) (changes []change, next uint64, err error) {
	released := s.o.Ledger.Released().N
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		changes, next = nil, at
		last, err := lastChange(r)
		if err != nil {
			return err
		}
		if at > last {
			return access.CursorAhead("cursor")
		}
		told, err := tellable(r, released)
		if err != nil || at >= told {
			return err
		}
		newest := make(map[string]uint64)
		var order []string
		for row, err := range r.Scan(tableChanges, changeKey(at+1), changeKey(told+1), false) {
			if err != nil {
				return err
			}
			id, n := string(row.Value), binary.BigEndian.Uint64(row.Key)
			newest[id], next, order = n, n, append(order, id)
			if len(order) == watch.Page {
				break
			}
		}
		for i, id := range order {
			n := at + 1 + uint64(i)
			if newest[id] != n {
				continue
			}
			f, err := held(r, []byte(id))
			if err == nil {
				err = s.used(ctx, r, f)
			}
			if err != nil {
				return err
			}
			changes = append(changes, change{n, f})
		}
		return nil
	})
	return changes, next, err
}
