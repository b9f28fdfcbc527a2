package admin

import (
	"context"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// ListAuditRecords implements spsv1.NodeServiceServer.
func (s *Service) ListAuditRecords(ctx context.Context, req *spsv1.ListAuditRecordsRequest) (*spsv1.ListAuditRecordsResponse, error) {
	filter := proto.CloneOf(req)
	filter.PageSize, filter.PageToken = 0, ""
	key, err := parsePageToken(req.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	var from uint64
	if key != "" {
		if from, err = strconv.ParseUint(key, 10, 63); err != nil {
			return nil, access.Invalid(access.Violation{Field: "page_token", Reason: "PAGE_TOKEN", Sentence: "give the nextPageToken of the page before"})
		}
	}
	records, next, err := s.o.Register.AuditRecords(ctx, access.AuditQuery{
		Caller: req.GetCaller(), MethodPrefix: req.GetMethodPrefix(), Resource: req.GetResource(),
		Since: timeOf(req.GetSinceTime()), Until: timeOf(req.GetUntilTime()),
		NotDone: req.GetNotDone(), After: uint64(req.GetAfterPosition()),
		OldestFirst: req.GetOldestFirst(), From: from, Most: access.PageSize(req.GetPageSize()),
	})
	if err != nil {
		return nil, err
	}
	resp := &spsv1.ListAuditRecordsResponse{AuditRecords: records}
	if next > 0 {
		resp.NextPageToken = pageToken(strconv.FormatUint(next, 10), filter)
	}
	return resp, nil
}

func timeOf(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}
