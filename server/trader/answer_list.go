package trader

import (
	"context"
	"encoding/binary"
	"iter"
	"slices"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/store"
)

const (
	answersShown  = 256 << 10 // bytes of answers in a notice that is read by itself
	answersListed = 10        // in one that is listed, without texts and files
	answersPage   = 1 << 20   // bytes of a page of answers
)

// answers puts the newest answers into a notice: what they say as far as there is
// room, or only that they were given.
func (s *Service) answers(r store.Reader, who viewer, n *spsv1.ConsignmentNotice, say bool) error {
	n.Answers = nil
	size := 0
	for a, err := range answersTo(r, n, 0, true) {
		if err != nil {
			return err
		}
		if size += proto.Size(a); say && size > answersShown || !say && len(n.GetAnswers()) == answersListed {
			break
		}
		if err := s.shownAnswer(r, who, a); err != nil {
			return err
		}
		if !say {
			a.Text, a.Attachments = nil, nil
		}
		n.Answers = append(n.Answers, a)
	}
	slices.Reverse(n.Answers)
	return nil
}

// answersTo yields the answers to a notice behind a number, 0 for all; with back the
// newest first.
func answersTo(r store.Reader, n *spsv1.ConsignmentNotice, behind uint32, back bool) iter.Seq2[*spsv1.NoticeAnswer, error] {
	id, _ := keyOf(n.GetName())
	return rowsIn[spsv1.NoticeAnswer](r, tableSaid, versionKey(id, behind+1), store.PrefixEnd(id), back)
}

// getAnswer returns an answer to a notice by its number; nil if there is none.
func getAnswer(r store.Reader, n *spsv1.ConsignmentNotice, number uint32) (*spsv1.NoticeAnswer, error) {
	id, _ := keyOf(n.GetName())
	a := &spsv1.NoticeAnswer{}
	if found, err := read(r, tableSaid, versionKey(id, number), a); err != nil || !found {
		return nil, err
	}
	return a, nil
}

// shownAnswer completes an answer by what became of it, and takes out what a viewer
// does not see. A draft that was deleted is as none.
func (s *Service) shownAnswer(r store.Reader, who viewer, a *spsv1.NoticeAnswer) error {
	a.AttachmentCount = uint32(len(a.GetAttachments()))
	draft := a.GetDraft()
	if a.Draft = ""; draft == "" || who.exporter != "" {
		return nil
	}
	use, err := s.o.Drafts.UseOf(r, draft)
	if err != nil || use == nil {
		return err
	}
	a.Draft, a.ForwardedReference = draft, use.GetReference()
	return nil
}

// ListNoticeAnswers implements spsv1.ConsignmentServiceServer.
func (s *Service) ListNoticeAnswers(ctx context.Context, req *spsv1.ListNoticeAnswersRequest) (*spsv1.ListNoticeAnswersResponse, error) {
	var resp *spsv1.ListNoticeAnswersResponse
	err := s.o.Store.View(ctx, func(r store.Reader) error {
		resp = &spsv1.ListNoticeAnswersResponse{}
		who, n, err := s.shownTo(ctx, r, req.GetName())
		if err != nil {
			return err
		}
		asked := askedFor("answers for "+who.exporter, req, req.GetPageToken())
		mark, err := asked.after()
		if err != nil {
			return err
		}
		behind, size := uint32(0), 0
		if len(mark) == 4 {
			behind = binary.BigEndian.Uint32(mark)
		}
		for a, err := range answersTo(r, n, behind, false) {
			if err != nil {
				return err
			}
			if size += proto.Size(a); len(resp.GetAnswers()) > 0 && (size > answersPage || len(resp.GetAnswers()) == access.PageSize(req.GetPageSize())) {
				resp.NextPageToken = asked.token(binary.BigEndian.AppendUint32(nil, a.GetNumber()-1))
				return nil
			}
			if err := s.shownAnswer(r, who, a); err != nil {
				return err
			}
			resp.Answers = append(resp.Answers, a)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// Names reports whether an answer names a file: it is kept as if a statement did,
// and the people of the office may name it.
func (s *Service) Names(ctx context.Context, file blob.Digest) (named bool, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) (err error) {
		named, err = hasAny(r, tableFiles, file[:])
		return err
	})
	return named, err
}

// Shows reports whether an answer to a notice that is shown to the caller of ctx
// names a file.
func (s *Service) Shows(ctx context.Context, file blob.Digest) (shown bool, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		shown = false
		who, err := s.viewerIn(ctx, r)
		if err != nil {
			return err
		}
		for row, err := range r.Scan(tableFiles, file[:], store.PrefixEnd(file[:]), false) {
			if err != nil {
				return err
			}
			n, err := noticeAt(r, row.Key[len(file):])
			if err == nil {
				shown, err = who.sees(r, n)
			}
			if err != nil || shown {
				return err
			}
		}
		return nil
	})
	return shown, err
}

// File returns what an answer says of a file by its local id, if the notice is
// shown to the caller of ctx.
func (s *Service) File(ctx context.Context, notice, id string) (file *spsv1.Attachment, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		_, n, err := s.shownTo(ctx, r, notice)
		if isMissing(err) {
			return missing(notice + "/attachments/" + id)
		}
		if err != nil {
			return err
		}
		for a, err := range answersTo(r, n, 0, false) {
			if err != nil {
				return err
			}
			at := slices.IndexFunc(a.GetAttachments(), func(f *spsv1.Attachment) bool { return f.GetId() == id })
			if at >= 0 {
				file = a.GetAttachments()[at]
				return nil
			}
		}
		return missing(notice + "/attachments/" + id)
	})
	if err != nil {
		return nil, err
	}
	return file, nil
}
