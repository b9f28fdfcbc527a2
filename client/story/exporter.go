package story

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Exporter is the id of the exporter of the story, and of who speaks for it.
const Exporter = "thanh-long-long-an"

// Notice is what an exporter is told of the case, as somebody of the story was
// shown it.
type Notice struct {
	State string   `json:"state"`
	News  []string `json:"news,omitempty"`  // what is new in what was told last
	Lang  string   `json:"lang"`            // in which the exporter is told it
	Lines []string `json:"lines,omitempty"` // as the exporter reads them, each with its label; where it does
}

// registration: the office of the origin knows whose the code is.
func (p *player) registration(ctx context.Context) {
	p.trades(ctx, certs.RoleOfficer, "registers the exporter to whom the code "+packingHouse+" belongs, who reads Vietnamese", func() (*spsv1.ConsignmentNotice, error) {
		_, err := p.desks[origin].Officer.ExporterService().CreateExporter(ctx, &spsv1.CreateExporterRequest{
			ExporterId: Exporter, Exporter: &spsv1.Exporter{
				DisplayName: []*spsv1.LocalizedText{{Lang: "vi", Text: "Hợp tác xã Thanh Long Long An"}, {Lang: "en", Text: "Long An Dragon Fruit Cooperative"}},
				Roles:       []spsv1.ExporterRole{spsv1.ExporterRole_EXPORTER_ROLE_EXPORTER, spsv1.ExporterRole_EXPORTER_ROLE_CODE_OWNER},
				Languages:   []string{"vi", "en"},
				Codes: []*spsv1.ExporterCode{{
					Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_PACKING_HOUSE, Code: packingHouse,
					Province: &spsv1.Area{Code: "VN-41"}, Markets: []*spsv1.Area{{Code: string(notifier)}},
				}},
			},
		})
		return nil, err
	})
}

// notice: from the case to its exporter, by an officer's yes.
func (p *player) notice(ctx context.Context) {
	p.trades(ctx, certs.RoleOfficer, "is shown whose code stands in the case, and releases the notice to the exporter", func() (*spsv1.ConsignmentNotice, error) {
		proposed, err := p.noticeAt(ctx, p.desks[origin].Officer, func(n *spsv1.ConsignmentNotice) bool {
			return n.GetState() == spsv1.NoticeState_NOTICE_STATE_PROPOSED
		})
		if err != nil {
			return nil, err
		}
		return p.desks[origin].Officer.ExporterService().ReleaseConsignmentNotice(ctx, &spsv1.ReleaseConsignmentNoticeRequest{
			Name: proposed.GetName(), Etag: proposed.GetEtag(), Text: vietnamese("hãy gửi nhật ký phun thuốc"),
		})
	})
	p.reads(ctx)
	p.trades(ctx, certs.RoleExporter, "says that it has read the notice", func() (*spsv1.ConsignmentNotice, error) {
		n, err := p.noticeAt(ctx, p.desks[origin].Exporter, nil)
		if err != nil {
			return nil, err
		}
		return p.desks[origin].Exporter.ConsignmentService().AcknowledgeConsignmentNotice(ctx, &spsv1.AcknowledgeConsignmentNoticeRequest{Name: n.GetName(), Version: newest(n).GetNumber()})
	})
}

// reads has the exporter read the notice, line by line.
func (p *player) reads(ctx context.Context) {
	p.step(ctx, origin, certs.RoleExporter, "reads the notice in Vietnamese", func(s *Step) (*spsv1.IssuedStatement, error) {
		n, err := p.noticeAt(ctx, p.desks[origin].Exporter, func(n *spsv1.ConsignmentNotice) bool { return n.GetLang() == "vi" })
		if err != nil {
			return nil, err
		}
		s.Notice = toldOf(n)
		for _, line := range n.GetLines() {
			s.Notice.Lines = append(s.Notice.Lines, line.GetLabel()+": "+line.GetText())
		}
		return nil, private(n)
	})
}

// isTold holds that the exporter is told news by itself.
func (p *player) isTold(ctx context.Context, did string, news spsv1.NoticeNews) {
	p.trades(ctx, certs.RoleExporter, did, func() (*spsv1.ConsignmentNotice, error) {
		return p.noticeAt(ctx, p.desks[origin].Exporter, func(n *spsv1.ConsignmentNotice) bool { return slices.Contains(newest(n).GetNews(), news) })
	})
}

// answers: the exporter answers, and its office hands that on as its report.
func (p *player) answers(ctx context.Context) {
	p.trades(ctx, certs.RoleExporter, "answers its office: the goods are its own, and the spraying was stopped", func() (*spsv1.ConsignmentNotice, error) {
		n, err := p.noticeAt(ctx, p.desks[origin].Exporter, nil)
		if err != nil {
			return nil, err
		}
		return p.desks[origin].Exporter.ConsignmentService().AnswerConsignmentNotice(ctx, &spsv1.AnswerConsignmentNoticeRequest{
			Name: n.GetName(), RequestId: client.NewRequestID(),
			Kinds: []spsv1.AnswerKind{spsv1.AnswerKind_ANSWER_KIND_OUR_GOODS, spsv1.AnswerKind_ANSWER_KIND_CORRECTIVE_ACTION},
			Text:  vietnamese("đã ngừng phun thuốc và kiểm tra lại vườn"),
		})
	})
	p.drafts(ctx, origin, "the report of the corrective action, with what the exporter answered, and that its part is done", func(desk Desk) (string, error) {
		n, err := p.noticeAt(ctx, desk.Officer, func(n *spsv1.ConsignmentNotice) bool { return n.GetAnswerCount() == 1 })
		if err != nil {
			return "", err
		}
		draft, err := desk.Officer.ExporterService().ForwardAnswer(ctx, &spsv1.ForwardAnswerRequest{Name: n.GetName(), Answer: 1})
		if err != nil {
			return "", err
		}
		f := draft.GetStatement().GetFollowUp()
		f.Outcome, f.Part = destroyed("the spraying was stopped, the growers were trained, the lot was destroyed"), spsv1.Part_PART_DONE
		_, err = desk.Officer.DraftService().UpdateDraft(ctx, &spsv1.UpdateDraftRequest{Draft: draft})
		return draft.GetName(), err
	})
	p.issues(ctx, origin, "issues the report")
}

// trades has a person of the origin, an officer or the exporter, do something
// about the notice, and returns it as that person was shown it, none if it was not.
func (p *player) trades(ctx context.Context, role certs.Role, did string, do func() (*spsv1.ConsignmentNotice, error)) {
	p.step(ctx, origin, role, did, func(s *Step) (*spsv1.IssuedStatement, error) {
		shown, err := do()
		if shown != nil {
			s.Notice = toldOf(shown)
		}
		return nil, err
	})
}

// noticeAt waits until somebody is shown the notice of the case for which
// something holds; nil: until there is one.
func (p *player) noticeAt(ctx context.Context, at *client.Client, holds func(*spsv1.ConsignmentNotice) bool) (n *spsv1.ConsignmentNotice, err error) {
	err = p.until(ctx, func() (bool, error) {
		page, err := at.ConsignmentService().ListConsignmentNotices(ctx, &spsv1.ListConsignmentNoticesRequest{Reference: p.told.Case})
		if err != nil || len(page.GetNotices()) == 0 {
			return false, err
		}
		n, err = at.ConsignmentService().GetConsignmentNotice(ctx, &spsv1.GetConsignmentNoticeRequest{Name: page.GetNotices()[0].GetName()})
		return err == nil && (holds == nil || holds(n)), err
	})
	if err != nil {
		return nil, fmt.Errorf("the notice of %s: %w", p.told.Case, err)
	}
	return n, nil
}

// private holds that the exporter is shown what was found in its goods, and not
// by which laboratory, nor what is for its office alone.
func private(n *spsv1.ConsignmentNotice) error {
	samples := n.GetContent().GetNotification().GetSamples()
	if len(samples) != 1 || len(samples[0].GetResults()) != 1 {
		return fmt.Errorf("the exporter is shown the samples %v, want the one with its result", samples)
	}
	if n.GetOffice() != nil || samples[0].GetResults()[0].GetLaboratory() != nil {
		return errors.New("the exporter is shown what is for its office alone")
	}
	return nil
}

// toldOf is a notice in words.
func toldOf(n *spsv1.ConsignmentNotice) *Notice {
	t := &Notice{State: brief.Words(n.GetState()), Lang: n.GetLang()}
	for _, news := range newest(n).GetNews() {
		t.News = append(t.News, brief.Words(news))
	}
	return t
}

// newest returns what was told last; nil if nothing was.
func newest(n *spsv1.ConsignmentNotice) (last *spsv1.NoticeVersion) {
	for _, v := range n.GetVersions() {
		if v.GetNumber() > last.GetNumber() {
			last = v
		}
	}
	return last
}

func vietnamese(text string) []*spsv1.LocalizedText {
	return []*spsv1.LocalizedText{{Lang: "vi", Text: text}}
}
