package server_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// answers has an exporter acknowledge and answer its notice of a case, and an
// officer forward the answer.
func answers(t *testing.T, vn *node, desk spsv1.ExporterServiceClient, alert *spsv1.IssuedStatement) {
	conn := vn.as(certs.RoleExporter, "binh-thuan")
	grower, files := spsv1.NewConsignmentServiceClient(conn), spsv1.NewAttachmentServiceClient(conn)
	name := notices(t, grower, alert.GetReference())[0].GetName()
	for range 2 { // the second time changes nothing
		n, err := grower.AcknowledgeConsignmentNotice(t.Context(), &spsv1.AcknowledgeConsignmentNoticeRequest{Name: name, Version: 1})
		if err != nil || n.GetAcknowledgedBy() != "binh-thuan" {
			t.Fatalf("acknowledged: %v, %v", n, told(err))
		}
	}
	report := vn.upload(files, "", []byte("cleaned twice"))
	secret := vn.upload(vn.attachments(), "", []byte("of the office"))
	answer := &spsv1.AnswerConsignmentNoticeRequest{
		Name: name, RequestId: newID(), Attachments: []*spsv1.Attachment{report}, Text: in1("vi", "Chúng tôi đã khử trùng vườn."),
		Kinds: []spsv1.AnswerKind{spsv1.AnswerKind_ANSWER_KIND_OUR_GOODS, spsv1.AnswerKind_ANSWER_KIND_CORRECTIVE_ACTION},
	}
	for _, tc := range []struct {
		name   string
		change func(*spsv1.AnswerConsignmentNoticeRequest)
		want   string
	}{
		{"a file that somebody else uploaded", func(a *spsv1.AnswerConsignmentNoticeRequest) { a.Attachments = []*spsv1.Attachment{secret} }, "attachments[0].sha256 NOT_HELD"},
		{"goods that are ours and not", func(a *spsv1.AnswerConsignmentNoticeRequest) { a.Kinds = append(a.Kinds, 2) }, "kinds ANSWER_GOODS"},
		{"corrective action without a word", func(a *spsv1.AnswerConsignmentNoticeRequest) { a.Text = nil }, " ANSWER_TEXT"},
		{"nothing", func(a *spsv1.AnswerConsignmentNoticeRequest) { a.Kinds = nil }, "kinds REPEATED_MIN_ITEMS"},
	} {
		wrong := &spsv1.AnswerConsignmentNoticeRequest{Name: name, RequestId: newID(), Attachments: answer.GetAttachments(), Text: answer.GetText(), Kinds: answer.GetKinds()[:2:2]}
		tc.change(wrong)
		_, err := grower.AnswerConsignmentNotice(t.Context(), wrong)
		if got := strings.Join(violated(err), "; "); got != tc.want {
			t.Errorf("%s: %s (%v), want %s", tc.name, got, err, tc.want)
		}
	}
	for range 2 {
		n, err := grower.AnswerConsignmentNotice(t.Context(), answer)
		if err != nil || len(n.GetAnswers()) != 1 || n.GetAnswers()[0].GetAttachments()[0].GetId() != "a1" {
			t.Fatalf("answered: %v, %v", n, told(err))
		}
	}
	answer.Kinds = answer.GetKinds()[:1]
	_, err := grower.AnswerConsignmentNotice(t.Context(), answer)
	wantReason(t, "another answer of the same request id", err, "ID_CONFLICT")
	question := &spsv1.AnswerConsignmentNoticeRequest{Name: name, RequestId: newID(), Kinds: []spsv1.AnswerKind{spsv1.AnswerKind_ANSWER_KIND_QUESTION}, Text: in1("vi", "Khi nào?")}
	if n, err := grower.AnswerConsignmentNotice(t.Context(), question); err != nil || len(n.GetAnswers()) != 2 {
		t.Errorf("a second answer: %v, %v", n, told(err))
	}
	file := name + "/attachments/a1"
	for who, as := range map[string]spsv1.AttachmentServiceClient{"the exporter": files, "the officer": spsv1.NewAttachmentServiceClient(vn.as(certs.RoleOfficer, "lan"))} {
		if got, err := download(t.Context(), as, file); err != nil || string(got) != "cleaned twice" {
			t.Errorf("%s reads %q, %v", who, got, err)
		}
	}
	for who, as := range map[string]spsv1.AttachmentServiceClient{
		"another exporter": spsv1.NewAttachmentServiceClient(vn.as(certs.RoleExporter, "ham-thuan")), "a laboratory": spsv1.NewAttachmentServiceClient(vn.as(certs.RoleLab, "hanoi-lab")),
	} {
		if _, err := download(t.Context(), as, file); status.Code(err) != codes.NotFound {
			t.Errorf("%s: %v, want NotFound", who, err)
		}
	}
	forwards(t, vn, desk, name, alert)
}

// forwards has an officer forward the first answer to a notice.
func forwards(t *testing.T, vn *node, desk spsv1.ExporterServiceClient, name string, alert *spsv1.IssuedStatement) {
	draft, err := desk.ForwardAnswer(t.Context(), &spsv1.ForwardAnswerRequest{Name: name, Answer: 1})
	if err != nil {
		t.Fatal(told(err))
	}
	st := draft.GetStatement()
	if text := st.GetFollowUp().GetText()[0].GetText(); !strings.Contains(text, "corrective action was taken") || !strings.Contains(text, "khử trùng") ||
		len(st.GetAttachments()) != 1 || st.GetCaseRef().GetReference() != alert.GetReference() {
		t.Errorf("the draft says %v", st)
	}
	again, err := desk.ForwardAnswer(t.Context(), &spsv1.ForwardAnswerRequest{Name: name, Answer: 1})
	if err != nil || again.GetName() != draft.GetName() {
		t.Errorf("forwarded again: %s, %v, want the same draft", again.GetName(), told(err))
	}
	_, err = desk.ForwardAnswer(t.Context(), &spsv1.ForwardAnswerRequest{Name: name, Answer: 3})
	if got := strings.Join(violated(err), ""); got != "answer ANSWER_UNKNOWN" {
		t.Errorf("an answer that was not given: %v", err)
	}
	c, err := spsv1.NewCaseServiceClient(vn.as(certs.RoleOfficer, "lan")).GetCase(t.Context(), &spsv1.GetCaseRequest{Name: "cases/" + alert.GetReference()})
	if err != nil || len(c.GetConsignmentNotices()) != 3 {
		t.Fatalf("the case shows %d notices, %v, want 3", len(c.GetConsignmentNotices()), err)
	}
	for _, n := range c.GetConsignmentNotices() {
		if n.GetName() == name && (len(n.GetAnswers()) != 2 || n.GetAnswers()[0].GetDraft() != draft.GetName()) {
			t.Errorf("the case shows the answers %v", n.GetAnswers())
		}
	}
	own, err := vn.exporter("binh-thuan").GetConsignmentNotice(t.Context(), &spsv1.GetConsignmentNoticeRequest{Name: name})
	if err != nil || own.GetAnswers()[0].GetDraft() != "" {
		t.Errorf("the exporter is shown the draft %q, %v", own.GetAnswers()[0].GetDraft(), err)
	}
}

// madeByHand has an officer make a notice, hold it, release it with words, and take
// it back.
func madeByHand(t *testing.T, cn, vn *node, desk spsv1.ExporterServiceClient) {
	s := notification("something else", "VN")
	s.Handling = spsv1.Handling_HANDLING_NETWORK
	quiet := issue(t, cn, s)
	arrived(quiet, cn, vn)
	make := &spsv1.CreateConsignmentNoticeRequest{Case: "cases/" + quiet.GetReference(), Exporter: "exporters/ham-thuan", Reason: "the province says so", About: []string{"p7"}}
	_, err := desk.CreateConsignmentNotice(t.Context(), make)
	if got := strings.Join(violated(err), ""); got != "about[0] GOODS_UNKNOWN" {
		t.Errorf("of goods that are not there: %v", err)
	}
	make.About = []string{"p1"}
	n, err := desk.CreateConsignmentNotice(t.Context(), make)
	if err != nil || n.GetState() != spsv1.NoticeState_NOTICE_STATE_PROPOSED {
		t.Fatalf("made by hand: %v, %v", n, told(err))
	}
	_, err = desk.WithdrawConsignmentNotice(t.Context(), &spsv1.WithdrawConsignmentNoticeRequest{Name: n.GetName(), Reason: in1("en", "an error")})
	wantReason(t, "withdrawal of what was not sent", err, "NOTICE_STATE")
	if n, err = desk.HoldConsignmentNotice(t.Context(), &spsv1.HoldConsignmentNoticeRequest{Name: n.GetName(), Reason: "ask first"}); err != nil || n.GetOffice().GetReason() != "ask first" {
		t.Errorf("held: %v, %v", n, told(err))
	}
	ham := vn.exporter("ham-thuan")
	if n, err = desk.ReleaseConsignmentNotice(t.Context(), &spsv1.ReleaseConsignmentNoticeRequest{Name: n.GetName(), Text: in1("en", "bring the papers")}); err != nil {
		t.Fatal(told(err))
	}
	got := notices(t, ham, quiet.GetReference())[0]
	if text := linesOf(got); !strings.Contains(text, "Your office writes: bring the papers") || !strings.Contains(text, "Product: mango") {
		t.Errorf("released, it says\n%s", text)
	}
	_, err = desk.RejectConsignmentNotice(t.Context(), &spsv1.RejectConsignmentNoticeRequest{Name: n.GetName(), Reason: "no"})
	wantReason(t, "rejection of what was sent", err, "NOTICE_STATE")
	if _, err = desk.WithdrawConsignmentNotice(t.Context(), &spsv1.WithdrawConsignmentNoticeRequest{Name: n.GetName(), Reason: in1("en", "sent in error")}); err != nil {
		t.Fatal(told(err))
	}
	got = notices(t, ham, quiet.GetReference())[0]
	if text := linesOf(got); got.GetState() != spsv1.NoticeState_NOTICE_STATE_WITHDRAWN || !strings.Contains(text, "sent in error") || !strings.Contains(text, "took this notice back") {
		t.Errorf("withdrawn, it is %s and says\n%s", got.GetState(), text)
	}
}
