package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// told is a stream of announcements that sends some, and then how it ends.
type told struct {
	grpc.ServerStreamingClient[spsv1.WatchOwnAnnouncementsResponse]
	all []*spsv1.WatchOwnAnnouncementsResponse
	end error
}

func (s *told) Recv() (*spsv1.WatchOwnAnnouncementsResponse, error) {
	if len(s.all) == 0 {
		return nil, s.end
	}
	e := s.all[0]
	s.all = s.all[1:]
	return e, nil
}

// TestWatchGoesOnWhereItEnded has a stream of a node end: the next begins behind the last
// cursor, also that of an event in which there is nothing to show.
func TestWatchGoesOnWhereItEnded(t *testing.T) {
	announced := func(cursor, reference string) *spsv1.WatchOwnAnnouncementsResponse {
		return &spsv1.WatchOwnAnnouncementsResponse{Cursor: cursor, Announcement: &spsv1.OwnAnnouncement{Reference: reference}}
	}
	for _, tc := range []struct {
		as   format
		want []string
	}{
		{tableFormat, []string{"CN-2026-000001", "CN-2026-00002"}}, // without what a terminal would obey
		{jsonlFormat, []string{`"cursor":"a"`, `"cursor":"c"`}},
	} {
		var out, errs bytes.Buffer
		a := &app{streams: streams{out: &out, err: &errs}, waiting: true}
		streams := []*told{
			{all: []*spsv1.WatchOwnAnnouncementsResponse{announced("a", "CN-2026-000001"), {Cursor: "b"}}, end: io.EOF},
			{all: []*spsv1.WatchOwnAnnouncementsResponse{announced("c", "CN-2026-\x0000002")}, end: status.Error(codes.PermissionDenied, "no more")},
		}
		cursor, begun := "", []string{}
		err := showEvents(t.Context(), a, tc.as, &cursor, func() (grpc.ServerStreamingClient[spsv1.WatchOwnAnnouncementsResponse], error) {
			begun = append(begun, cursor)
			return streams[len(begun)-1], nil
		}, ownLines)
		if status.Code(err) != codes.PermissionDenied || strings.Join(begun, ",") != ",b" || cursor != "c" {
			t.Errorf("%s: ended with %v at %q, begun at %q, want the refusal at c, begun anew at b", tc.as, err, cursor, begun)
		}
		lines := strings.Fields(strings.ReplaceAll(out.String(), " ", ""))
		if len(lines) != len(tc.want) {
			t.Fatalf("%s: shows %q, want %d lines", tc.as, lines, len(tc.want))
		}
		for i, want := range tc.want {
			if !strings.Contains(lines[i], want) {
				t.Errorf("%s: line %d is %q, want %q", tc.as, i, lines[i], want)
			}
		}
		if got := errs.String(); got != "the node is back\n" {
			t.Errorf("%s: says %q, want once that the node is back", tc.as, got)
		}
	}
}
