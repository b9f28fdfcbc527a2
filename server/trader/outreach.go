package trader

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

const (
	// mostSendings is how many records of sending one version takes.
	mostSendings = 100
	// sendingsShown is how many of them a notice has.
	sendingsShown = 20
)

// toSend is the feed of what is to be brought to exporters. No exporter has an id
// with a blank.
var toSend = feed{of: "to send", table: tableChanges}

// WatchOutreach implements spsv1.ExporterServiceServer.
func (s *Service) WatchOutreach(req *spsv1.WatchOutreachRequest, stream grpc.ServerStreamingServer[spsv1.WatchOutreachResponse]) error {
	at, err := s.parseCursor(toSend, req.GetCursor())
	if err != nil {
		return err
	}
	return follow(s, stream, at, s.unsent, func(at uint64) *spsv1.WatchOutreachResponse {
		return &spsv1.WatchOutreachResponse{Cursor: s.cursor(toSend, at)}
	})
}

// unsent returns a page of what is to be sent behind a number of the feed, and the
// number of the last change looked at.
func (s *Service) unsent(ctx context.Context, at uint64) (events []*spsv1.WatchOutreachResponse, next uint64, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		events = nil
		who, err := s.viewerIn(ctx, r)
		if err != nil {
			return err
		}
		var changes []change
		if changes, next, err = toSend.behind(r, at); err != nil {
			return err
		}
		for _, c := range changes {
			word, err := s.word(r, who, c.id)
			if err != nil {
				return err
			}
			if word != nil {
				events = append(events, &spsv1.WatchOutreachResponse{
					Cursor: s.cursor(toSend, c.n), Event: &spsv1.WatchOutreachResponse_Outreach{Outreach: word},
				})
			}
		}
		return nil
	})
	return events, next, err
}

// word returns what is to be sent of a notice, nil if there is nothing: it was not
// told, or word of it was sent, or its exporter is not served.
func (s *Service) word(r store.Reader, who viewer, id []byte) (*spsv1.Outreach, error) {
	n, err := noticeAt(r, id)
	if err != nil || len(n.GetVersions()) == 0 {
		return nil, err
	}
	newest := n.GetVersions()[0]
	if sent, err := hasAny(r, tableSendings, versionKey(id, newest.GetNumber())); err != nil || sent {
		return nil, err
	}
	if shown, err := who.sees(r, n); err != nil || !shown {
		return nil, err
	}
	e, err := getExporter(r, exporterID(n.GetExporter()))
	if err != nil || e.GetState() != spsv1.ExporterState_EXPORTER_STATE_ACTIVE {
		return nil, err
	}
	told, err := toldContent(r, n)
	if err != nil {
		return nil, err
	}
	lang := languageOf(e)
	return &spsv1.Outreach{
		Notice: n.GetName(), Version: newest.GetNumber(), TellTime: newest.GetTellTime(), Exporter: e.GetName(), DisplayName: e.GetDisplayName(),
		Lang: lang, Text: wordOf(lang, n.GetReference(), told), Channels: e.GetChannels(),
	}, nil
}

// wordOf returns the line that says that there is news of a case. It names no goods:
// e-mail and text messages are read by others, too.
func wordOf(lang, reference string, told *spsv1.NoticeVersion) string {
	w := &writer{lang: lang}
	var news []string
	for _, what := range told.GetNews() {
		news = append(news, w.value(what))
	}
	what := strings.Join(news, ", ")
	if told.GetContent().GetStatus() != spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL {
		return w.say(fmt.Sprintf("exercise: your office has news for you of case %s (%s): read your notices", reference, what))
	}
	return w.say(fmt.Sprintf("your office has news for you of case %s (%s): read your notices", reference, what))
}

// RecordSending implements spsv1.ExporterServiceServer.
func (s *Service) RecordSending(ctx context.Context, req *spsv1.RecordSendingRequest) (*spsv1.RecordSendingResponse, error) {
	if req.GetSendTime().AsTime().After(s.o.Now().Add(time.Minute)) {
		return nil, invalid("send_time", "SENDING_LATER", "name a time that has come: record what was sent, not what is to be")
	}
	resp := &spsv1.RecordSendingResponse{}
	err := s.o.Store.Update(ctx, func(tx store.Tx) (err error) {
		resp.Sending, err = s.recordSending(ctx, tx, req)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.wake()
	return resp, nil
}

// recordSending is RecordSending in a transaction. A request without a time asks for
// the same as any that was recorded.
func (s *Service) recordSending(ctx context.Context, tx store.Tx, req *spsv1.RecordSendingRequest) (*spsv1.NoticeSending, error) {
	who, n, err := s.shownTo(ctx, tx, req.GetName())
	if err != nil {
		return nil, err
	}
	if len(n.GetVersions()) == 0 || req.GetVersion() > n.GetVersions()[0].GetNumber() {
		return nil, invalid("version", "VERSION_UNKNOWN", "give the number of a version that the exporter was told")
	}
	now := timestamppb.New(s.o.Now().UTC())
	sent := &spsv1.NoticeSending{
		Version: req.GetVersion(), Channel: req.GetChannel(), Address: req.GetAddress(), SendTime: req.GetSendTime(), Failure: req.GetFailure(), RecordedBy: who.caller.ID,
	}
	id, _ := keyOf(n.GetName())
	prefix := versionKey(id, req.GetVersion())
	for before, err := range sendingsOf(tx, prefix) {
		if err != nil {
			return nil, err
		}
		if req.GetSendTime() == nil {
			sent.SendTime = before.GetSendTime()
		}
		if proto.Equal(before, sent) {
			return before, access.Record(ctx, tx)
		}
	}
	if req.GetSendTime() == nil {
		sent.SendTime = now
	}
	count, err := last(tx, tableSendings, prefix)
	if err != nil {
		return nil, err
	}
	if count >= mostSendings {
		return nil, &access.Refusal{
			Code: codes.FailedPrecondition, Reason: access.ReasonLimit,
			Sentence: fmt.Sprintf("%d sendings of this version are recorded, and no more are kept", mostSendings),
		}
	}
	if err := write(tx, tableSendings, binary.BigEndian.AppendUint64(prefix, count+1), sent); err != nil {
		return nil, err
	}
	if err := putNotice(tx, n, now, false); err != nil {
		return nil, err
	}
	return sent, access.Record(ctx, tx, n.GetName())
}

// sendingsOf yields the records of sending under a prefix, the newest version first.
func sendingsOf(r store.Reader, prefix []byte) iter.Seq2[*spsv1.NoticeSending, error] {
	return rowsIn[spsv1.NoticeSending](r, tableSendings, prefix, store.PrefixEnd(prefix), true)
}

// sendings puts the newest records of sending into a notice for the office.
func sendings(r store.Reader, n *spsv1.ConsignmentNotice) error {
	id, _ := keyOf(n.GetName())
	n.Office.Sendings = nil
	for sent, err := range sendingsOf(r, id) {
		if err != nil {
			return err
		}
		if n.Office.Sendings = append(n.Office.Sendings, sent); len(n.GetOffice().GetSendings()) == sendingsShown {
			break
		}
	}
	slices.Reverse(n.Office.Sendings)
	return nil
}
