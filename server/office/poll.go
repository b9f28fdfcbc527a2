package office

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/watch"
)

// PollStatements implements spsv1.CaseServiceServer. It is the loop of
// WatchStatements, left as soon as there is something and nothing more.
func (s *Service) PollStatements(ctx context.Context, req *spsv1.PollStatementsRequest) (*spsv1.PollStatementsResponse, error) {
	at, err := parseCursor(req.GetCursor())
	if err != nil {
		return nil, err
	}
	f, err := s.followed(ctx, req)
	if err != nil {
		return nil, err
	}
	most := access.PageSize(req.GetPageSize())
	resp, bytes := &spsv1.PollStatementsResponse{}, 0
	patience := time.NewTimer(req.GetWait().AsDuration())
	defer patience.Stop()
	for {
		changed := s.o.Ledger.Changed()
		records, err := s.o.Ledger.After(ctx, at, watch.Page)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			event, err := s.event(ctx, r, f)
			if err != nil {
				return nil, err
			}
			at = r.Position
			if event == nil {
				continue
			}
			resp.Events = append(resp.Events, event)
			bytes += proto.Size(event)
			if len(resp.Events) == most || bytes > maxPageBytes {
				break
			}
		}
		resp.Cursor = at.String()
		full := len(resp.Events) == most || bytes > maxPageBytes
		if full || len(records) == 0 && len(resp.Events) > 0 {
			return resp, nil
		}
		if len(records) > 0 {
			continue
		}
		select {
		case <-patience.C:
			return resp, nil
		case <-s.o.Draining:
		case <-ctx.Done():
		case <-changed:
			continue
		}
		return nil, s.watches().Over(ctx)
	}
}
