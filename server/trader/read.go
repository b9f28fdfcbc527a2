package trader

import (
	"context"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// mostVersions is how many versions of a notice are shown, the newest ones.
const mostVersions = 100

// GetConsignmentNotice implements spsv1.ConsignmentServiceServer.
func (s *Service) GetConsignmentNotice(ctx context.Context, req *spsv1.GetConsignmentNoticeRequest) (n *spsv1.ConsignmentNotice, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		who, found, err := s.shownTo(ctx, r, req.GetName())
		if err != nil {
			return err
		}
		if n, err = s.show(r, who, found, true); err != nil {
			return err
		}
		id, _ := keyOf(n.GetName())
		n.Versions, err = versionsOf(r, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return n, nil
}

// versionsOf returns the newest versions of a notice in their order.
func versionsOf(r store.Reader, id []byte) (all []*spsv1.NoticeVersion, err error) {
	size := 0
	for v, err := range rowsIn[spsv1.NoticeVersion](r, tableVersions, id, store.PrefixEnd(id), true) {
		if err != nil {
			return nil, err
		}
		if size += proto.Size(v); size > maxPageBytes {
			v.Content = nil // the oldest of very large ones
		}
		if all = append(all, v); len(all) == mostVersions {
			break
		}
	}
	slices.Reverse(all)
	return all, nil
}

// show returns a notice as a viewer is shown it: with what was told last, in the
// language of its exporter, and with what was answered, see [Service.answers]. It may
// change n.
func (s *Service) show(r store.Reader, who viewer, n *spsv1.ConsignmentNotice, say bool) (*spsv1.ConsignmentNotice, error) {
	e, err := getExporter(r, exporterID(n.GetExporter()))
	if err != nil {
		return nil, err
	}
	told, err := toldContent(r, n)
	if err != nil {
		return nil, err
	}
	var text []*spsv1.LocalizedText
	if told != nil {
		n.Content, text = told.GetContent(), told.GetText()
	}
	if who.exporter != "" {
		hide(n)
	} else {
		n.Office.ExporterName = e.GetDisplayName()
		n.Office.Overdue = overdue(n, told.GetContent(), s.o.Now())
		if err := sendings(r, n); err != nil {
			return nil, err
		}
	}
	n.Lang = languageOf(e)
	n.Lines = s.lines(e, n, text)
	return n, s.answers(r, who, n, say)
}

// hide takes out of a notice what its exporter does not see.
func hide(n *spsv1.ConsignmentNotice) {
	n.Office, n.CreateTime = nil, n.GetSendTime()
	// How often the office changed it, and when it last did, is the office's matter.
	n.Etag, n.UpdateTime = "", n.GetVersions()[0].GetTellTime()
}

// overdue reports whether an answer is due and there is none; told is what was told
// last.
func overdue(n *spsv1.ConsignmentNotice, told *spsv1.NoticeContent, now time.Time) bool {
	return n.GetState() == spsv1.NoticeState_NOTICE_STATE_SENT && n.GetAnswerCount() == 0 && n.GetDueTime() != nil &&
		told.GetCaseStatus() == spsv1.CaseStatus_CASE_STATUS_OPEN && now.After(n.GetDueTime().AsTime())
}

// languageOf returns the language in which an exporter is told things.
func languageOf(e *spsv1.Exporter) string {
	for _, wanted := range e.GetLanguages() {
		if tag := access.LanguageOf(wanted); tag != "" {
			return tag
		}
	}
	return access.Languages()[0]
}

// languagesOf returns the languages of an exporter in its order; that in which it is
// told things if it names none.
func languagesOf(e *spsv1.Exporter) []string {
	if len(e.GetLanguages()) == 0 {
		return []string{languageOf(e)}
	}
	return e.GetLanguages()
}

// ListConsignmentNotices implements spsv1.ConsignmentServiceServer.
func (s *Service) ListConsignmentNotices(ctx context.Context, req *spsv1.ListConsignmentNoticesRequest) (*spsv1.ListConsignmentNoticesResponse, error) {
	var resp *spsv1.ListConsignmentNoticesResponse
	err := s.o.Store.View(ctx, func(r store.Reader) error {
		resp = &spsv1.ListConsignmentNoticesResponse{}
		who, err := s.viewerIn(ctx, r)
		if err != nil {
			return err
		}
		asked := askedFor("notices of "+who.exporter, req, req.GetPageToken())
		l := listing{s: s, r: r, who: who, req: req, resp: resp, asked: asked, table: tableTimes}
		if who.exporter != "" {
			l.table, l.prefix = tableTold, under(who.exporter)
		}
		if resp.Cursor, err = s.newest(r, who); err != nil {
			return err
		}
		return l.read()
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// listing is a page of notices that is being read.
type listing struct {
	s      *Service
	r      store.Reader
	who    viewer
	req    *spsv1.ListConsignmentNoticesRequest
	resp   *spsv1.ListConsignmentNoticesResponse
	asked  list
	table  store.Table
	prefix []byte
}

func (l *listing) read() error {
	below := store.PrefixEnd(l.prefix)
	mark, err := l.asked.after()
	if err != nil {
		return err
	}
	if mark != nil {
		below = append(append(slices.Clone(l.prefix), mark...), 0)
	}
	looked, size := 0, 0
	for row, err := range l.r.Scan(l.table, l.prefix, below, true) {
		if err != nil {
			return err
		}
		if looked++; len(l.resp.GetNotices()) >= access.PageSize(l.req.GetPageSize()) || looked > noticeLook || size > maxPageBytes {
			l.resp.NextPageToken = l.asked.token(row.Key[len(l.prefix):])
			return nil
		}
		n, err := noticeAt(l.r, row.Key[len(row.Key)-idSize:])
		if err != nil {
			return err
		}
		if wanted, err := l.wants(n); err != nil {
			return err
		} else if !wanted {
			continue
		}
		if n, err = l.s.show(l.r, l.who, n, false); err != nil {
			return err
		}
		l.resp.Notices = append(l.resp.Notices, n)
		size += proto.Size(n)
	}
	return nil
}

// noticeLook is how many notices are looked at for one page.
const noticeLook = 2000

// wants reports whether the list asks for a notice that the viewer sees.
func (l *listing) wants(n *spsv1.ConsignmentNotice) (bool, error) {
	if !l.asks(n) {
		return false, nil
	}
	if l.req.GetOverdue() { // by what was told: the exporter does not learn of what is held
		told, err := toldContent(l.r, n)
		if err != nil || !overdue(n, told.GetContent(), l.s.o.Now()) {
			return false, err
		}
	}
	return l.who.sees(l.r, n)
}

// asks reports whether the list asks for a notice, but for what is overdue.
func (l *listing) asks(n *spsv1.ConsignmentNotice) bool {
	q := l.req
	waits := n.GetOffice().GetNewsHeld() || n.GetState() == spsv1.NoticeState_NOTICE_STATE_PROPOSED || n.GetState() == spsv1.NoticeState_NOTICE_STATE_HELD
	return (len(q.GetStates()) == 0 || slices.Contains(q.GetStates(), n.GetState())) &&
		(q.GetExporter() == "" || q.GetExporter() == n.GetExporter()) &&
		(q.GetReference() == "" || q.GetReference() == n.GetReference()) &&
		(q.Answered == nil || q.GetAnswered() == (n.GetAnswerCount() > 0)) &&
		(!q.GetWaiting() || waits && l.who.caller.Role != certs.RoleExporter)
}

// mostOfCase is how many notices a case shows: ListConsignmentNotices has all.
const mostOfCase = 100

// OfCase returns the notices of a case as the people of the office see them,
// without what they say; the newest, if there are many.
func (s *Service) OfCase(ctx context.Context, reference string) (all []*spsv1.ConsignmentNotice, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		all = nil
		known, err := noticesOf(r, reference)
		if err != nil {
			return err
		}
		all = slices.SortedFunc(maps.Values(known), func(a, b *spsv1.ConsignmentNotice) int {
			return a.GetCreateTime().AsTime().Compare(b.GetCreateTime().AsTime())
		})
		all = all[max(0, len(all)-mostOfCase):]
		for i, n := range all {
			if all[i], err = s.show(r, viewer{}, n, false); err != nil {
				return err
			}
			n.Content, n.Lines = nil, nil
		}
		return nil
	})
	return all, err
}
