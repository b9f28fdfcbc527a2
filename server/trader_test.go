package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// dragonfruit is an alert about two lots of two growing areas of one packing
// house, with the importer and what another office would not tell an exporter.
func dragonfruit(classification spsv1.Classification) *spsv1.Statement {
	s := notification("mealybug in dragon fruit of Thanh Long Binh Thuan", "VN")
	s.Handling = spsv1.Handling_HANDLING_NETWORK
	code := func(kind spsv1.SiteCodeKind, code string) []*spsv1.SiteCode {
		return []*spsv1.SiteCode{{Kind: kind, Code: code}}
	}
	n := s.GetNotification()
	n.Classification = classification
	n.Risk = &spsv1.Risk{Decision: spsv1.RiskDecision_RISK_DECISION_SERIOUS}
	n.Products = []*spsv1.Product{{
		Id: "p1", Name: []*spsv1.LocalizedText{{Lang: "en", Text: "dragon fruit"}, {Lang: "vi", Text: "thanh long"}},
		Origins: []*spsv1.Origin{{State: spsv1.OriginState_ORIGIN_STATE_STATED, Area: &spsv1.Area{Code: "VN"}}},
		Codes:   code(spsv1.SiteCodeKind_SITE_CODE_KIND_PACKING_HOUSE, "VN-BT PH 009"),
		Lots: []*spsv1.Lot{
			{Id: "p1.l1", Number: "LOT-A", Codes: code(spsv1.SiteCodeKind_SITE_CODE_KIND_GROWING_AREA, "VN BT 001")},
			{Id: "p1.l2", Number: "LOT-B", Codes: code(spsv1.SiteCodeKind_SITE_CODE_KIND_GROWING_AREA, "VN BT 002")},
		},
	}}
	n.Findings[0].About = []string{"p1.l1"}
	n.Parties = []*spsv1.Party{
		{Id: "o1", Roles: []spsv1.PartyRole{spsv1.PartyRole_PARTY_ROLE_IMPORTER}, Name: "Pingxiang Fruit Import Co., Ltd", Area: &spsv1.Area{Code: "CN"}},
		{Id: "o2", Roles: []spsv1.PartyRole{spsv1.PartyRole_PARTY_ROLE_EXPORTER}, Name: "CONG TY TNHH HOANG HAU", Area: &spsv1.Area{Code: "VN"}},
	}
	n.Consignment = &spsv1.Consignment{
		PointOfEntry: &spsv1.Place{Name: []*spsv1.LocalizedText{{Lang: "en", Text: "Youyi Guan"}}, Area: &spsv1.Area{Code: "CN"}},
		Transports:   []*spsv1.Transport{{Id: "t1", Vehicle: "51C-12345"}},
	}
	n.Measures = []*spsv1.Measure{{
		Id: "m1", About: []string{"p1.l1"}, Action: &spsv1.Concept{Codings: []*spsv1.Coding{{System: "sps-measure", Code: "detained"}}},
		Text: []*spsv1.LocalizedText{{Lang: "zh-Hans", Text: "等待处理"}, {Lang: "en", Text: "ask Pingxiang Fruit Import Co., Ltd for the truck"}},
	}}
	return s
}

// operators registers three exporters: of each growing area one, and one whose
// name alone stands in the case.
func (n *node) operators() spsv1.ExporterServiceClient {
	n.w.t.Helper()
	desk := spsv1.NewExporterServiceClient(n.as(certs.RoleOfficer, "lan"))
	for id, e := range map[string]*spsv1.Exporter{
		"binh-thuan": {DisplayName: in1("vi", "Hợp tác xã Thanh Long Bình Thuận"), Languages: []string{"vi"}, TakesPartInExercises: true, Codes: growing("VN-BT-001")},
		"ham-thuan":  {DisplayName: in1("vi", "Công ty Hàm Thuận"), Languages: []string{"en"}, Codes: growing("VN-BT-002")},
		"hoang-hau":  {DisplayName: in1("vi", "Công ty TNHH Hoàng Hậu"), Languages: []string{"th", "vi"}, People: []string{"hau.tran", "hau.le"}},
	} {
		e.Roles = []spsv1.ExporterRole{spsv1.ExporterRole_EXPORTER_ROLE_EXPORTER}
		if _, err := desk.CreateExporter(n.w.t.Context(), &spsv1.CreateExporterRequest{ExporterId: id, Exporter: e}); err != nil {
			n.w.t.Fatalf("register %s: %v", id, told(err))
		}
	}
	return desk
}

func growing(code string) []*spsv1.ExporterCode {
	return []*spsv1.ExporterCode{{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_GROWING_AREA, Code: code, Markets: []*spsv1.Area{{Code: "CN"}}}}
}

func (n *node) exporter(id string) spsv1.ConsignmentServiceClient {
	return spsv1.NewConsignmentServiceClient(n.as(certs.RoleExporter, id))
}

// notices returns what a caller is shown of a case, newest version first.
func notices(t *testing.T, c spsv1.ConsignmentServiceClient, reference string) []*spsv1.ConsignmentNotice {
	t.Helper()
	resp, err := c.ListConsignmentNotices(t.Context(), &spsv1.ListConsignmentNoticesRequest{Reference: reference})
	if err != nil {
		t.Fatal(told(err))
	}
	return resp.GetNotices()
}

// standings writes how the notices of a case stand, by exporter.
func standings(all []*spsv1.ConsignmentNotice) string {
	var lines []string
	for _, n := range all {
		line := strings.TrimPrefix(n.GetExporter(), "exporters/") + " " + strings.TrimPrefix(n.GetState().String(), "NOTICE_STATE_")
		if h := n.GetOffice().GetHoldReason(); h != 0 {
			line += " " + strings.TrimPrefix(h.String(), "HOLD_REASON_")
		}
		if len(n.GetVersions()) > 0 {
			for _, what := range n.GetVersions()[len(n.GetVersions())-1].GetNews() {
				line += " " + strings.TrimPrefix(what.String(), "NOTICE_NEWS_")
			}
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

// standsSo waits until the one code of an exporter stands so for China by a case of
// which it was told.
func standsSo(t *testing.T, c spsv1.ConsignmentServiceClient, by *spsv1.IssuedStatement, want spsv1.CodeAnswer) {
	t.Helper()
	eventually(t, want.String(), func() bool {
		resp, err := c.ListOwnCodeStatus(t.Context(), &spsv1.ListOwnCodeStatusRequest{})
		if err != nil || len(resp.GetCodeStatuses()) != 1 {
			t.Fatalf("codes: %v, %v, want one", resp, told(err))
		}
		got := resp.GetCodeStatuses()[0]
		return got.GetCode() == "VN-BT-001" && got.GetMarket() == "CN" && got.GetAnswer() == want && (by == nil || slices.Equal(got.GetReferences(), []string{by.GetReference()}))
	})
}

func linesOf(n *spsv1.ConsignmentNotice) string {
	var all []string
	for _, l := range n.GetLines() {
		all = append(all, l.GetLabel()+": "+l.GetText())
	}
	return strings.Join(all, "\n")
}

// TestConsignmentNotices follows cases to the exporters of their lots and back.
func TestConsignmentNotices(t *testing.T) {
	w := newWorld(t, "CN", "VN")
	w.eyes = "four_eyes: {alone: all}\nexporters: {at_once: alert}"
	cn, vn := w.start("CN"), w.start("VN")
	early := issue(t, cn, dragonfruit(spsv1.Classification_CLASSIFICATION_ALERT)) // before anybody is registered
	arrived(early, cn, vn)
	desk := vn.operators()
	office := spsv1.NewConsignmentServiceClient(vn.as(certs.RoleOfficer, "lan"))
	settled := func(s *spsv1.IssuedStatement, want string) []*spsv1.ConsignmentNotice {
		t.Helper()
		var all []*spsv1.ConsignmentNotice
		got := ""
		for deadline := time.Now().Add(20 * time.Second); got != want && time.Now().Before(deadline); {
			eventually(t, want, func() bool {
				all = notices(t, office, s.GetReference())
				got = standings(all)
				return got == want || time.Now().After(deadline)
			})
		}
		if got != want {
			t.Fatalf("the notices stand so:\n%s\nwant\n%s", got, want)
		}
		return all
	}
	const toldTwo = "binh-thuan SENT NEW; ham-thuan SENT NEW; hoang-hau PROPOSED"
	t.Run("of a case that was there before the exporters", func(t *testing.T) { settled(early, toldTwo) })

	alert := issue(t, cn, dragonfruit(spsv1.Classification_CLASSIFICATION_ALERT))
	arrived(alert, cn, vn)
	all := settled(alert, toldTwo)
	grower := vn.exporter("binh-thuan")
	t.Run("what is shown is the exporter's part, in its language", func(t *testing.T) {
		mine := notices(t, grower, alert.GetReference())
		if len(mine) != 1 {
			t.Fatalf("the exporter sees %d notices of the case, want its own", len(mine))
		}
		n, text := mine[0], fmt.Sprint(mine[0])
		for _, never := range []string{"Pingxiang", "HOANG HAU", "LOT-B", "BT 002", "PH 009", "Thanh Long Binh Thuan", "o1", "lan.nguyen"} {
			if strings.Contains(text, never) {
				t.Errorf("the exporter is shown %q: %s", never, text)
			}
		}
		if n.GetOffice() != nil || n.GetEtag() != "" {
			t.Errorf("the exporter is shown what is the office's: %v", n)
		}
		for _, want := range []string{
			"Loại: cảnh báo", "Số tham chiếu: " + alert.GetReference(), "Sản phẩm: thanh long", "Lô hàng: LOT-A", "Mã số của quý vị: VN BT 001",
			"Nơi: Youyi Guan", "Phương tiện: 51C-12345", "Phát hiện: Bactrocera dorsalis", "Biện pháp: tạm giữ", "Biện pháp: 等待处理", "Trả lời trước: ",
		} {
			if !strings.Contains(linesOf(n), want) {
				t.Errorf("the notice does not say %q:\n%s", want, linesOf(n))
			}
		}
	})
	t.Run("the other exporter sees its lot alone", func(t *testing.T) {
		n := notices(t, vn.exporter("ham-thuan"), alert.GetReference())[0]
		if text := linesOf(n); !strings.Contains(text, "Lot: LOT-B") || strings.Contains(text, "LOT-A") || strings.Contains(text, "Bactrocera") {
			t.Errorf("the exporter of the other lot reads\n%s", text)
		}
	})
	t.Run("a name waits for an officer's yes", func(t *testing.T) {
		named := all[slices.IndexFunc(all, func(n *spsv1.ConsignmentNotice) bool { return n.GetExporter() == "exporters/hoang-hau" })]
		hau := vn.exporter("hau.tran")
		if seen := notices(t, hau, alert.GetReference()); len(seen) != 0 {
			t.Fatalf("before the release the exporter sees %v", seen)
		}
		preview, err := desk.PreviewConsignmentNotice(t.Context(), &spsv1.PreviewConsignmentNoticeRequest{Name: named.GetName()})
		if err != nil {
			t.Fatal(told(err))
		}
		_, err = desk.ReleaseConsignmentNotice(t.Context(), &spsv1.ReleaseConsignmentNoticeRequest{Name: named.GetName(), Etag: preview.GetEtag() + "0"})
		wantReason(t, "release of another version", err, "ETAG")
		_, err = desk.ReleaseConsignmentNotice(t.Context(), &spsv1.ReleaseConsignmentNoticeRequest{Name: named.GetName(), Etag: preview.GetEtag()})
		if err != nil {
			t.Fatal(told(err))
		}
		n := notices(t, hau, alert.GetReference())[0]
		if got, want := fmt.Sprint(n.GetContent()), fmt.Sprint(preview.GetContent()); got != want || n.GetLang() != "th" || n.GetLang() != preview.GetLang() {
			t.Errorf("the exporter is shown, in %s,\n%s\nthe preview, in %s, was\n%s", n.GetLang(), got, preview.GetLang(), want)
		}
		if n := notices(t, vn.exporter("hau.le"), alert.GetReference()); len(n) != 1 {
			t.Errorf("another of the people who speak for the exporter sees %d notices, want 1", len(n))
		}
		_, err = vn.exporter("hoang-hau").ListConsignmentNotices(t.Context(), &spsv1.ListConsignmentNoticesRequest{})
		wantReason(t, "list of an exporter for whom others speak", err, "PERMISSION_DENIED")
	})
	t.Run("answered with a file, forwarded", func(t *testing.T) { answers(t, vn, desk, alert) })
	t.Run("told of release, reinstatement and closure", func(t *testing.T) {
		own := notices(t, grower, alert.GetReference())[0]
		cursor := ""
		say := func(f *spsv1.Facts, want string) {
			t.Helper()
			s := in(alert, &spsv1.Statement{Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Facts: f}}}, "VN")
			s.Handling = spsv1.Handling_HANDLING_NETWORK // else an officer would release it
			arrived(issue(t, cn, s), cn, vn)
			eventually(t, want, func() bool { return strings.Contains(standings(notices(t, grower, alert.GetReference())), want) })
		}
		change := func(action spsv1.CodeAction) *spsv1.Facts {
			return &spsv1.Facts{Measures: []*spsv1.Measure{{Id: "m1", CodeStatus: &spsv1.CodeStatusChange{
				Code: &spsv1.SiteCode{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_GROWING_AREA, Code: "VN BT 001"}, Action: action, Market: &spsv1.Area{Code: "CN"},
			}}}}
		}
		say(change(spsv1.CodeAction_CODE_ACTION_SUSPENDED), "CODE_SUSPENDED")
		standsSo(t, grower, alert, spsv1.CodeAnswer_CODE_ANSWER_REFUSED)
		say(change(spsv1.CodeAction_CODE_ACTION_REINSTATED), "CODE_REINSTATED")
		standsSo(t, grower, alert, spsv1.CodeAnswer_CODE_ANSWER_GOOD)
		say(&spsv1.Facts{Measures: []*spsv1.Measure{{Id: "m1", About: []string{"n:p1.l1"}, Action: &spsv1.Concept{Codings: []*spsv1.Coding{{System: "sps-measure", Code: "released"}}}}}}, "GOODS_RELEASED")
		arrived(issue(t, cn, closing(alert, "VN")), cn, vn)
		eventually(t, "closed", func() bool {
			return strings.Contains(standings(notices(t, grower, alert.GetReference())), "CASE_CLOSED")
		})
		n, err := grower.GetConsignmentNotice(t.Context(), &spsv1.GetConsignmentNoticeRequest{Name: own.GetName()})
		if err != nil || len(n.GetVersions()) != 5 || n.GetAcknowledgeTime() != nil {
			t.Errorf("%d versions, acknowledged %v, %v, want 5 of which the last is not acknowledged", len(n.GetVersions()), n.GetAcknowledgeTime(), err)
		}
		stream, err := grower.WatchConsignmentNotices(t.Context(), &spsv1.WatchConsignmentNoticesRequest{Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			event := next(t, stream, func(e *spsv1.WatchConsignmentNoticesResponse) bool { return e.GetNotice() != nil })
			if event.GetNotice().GetExporter() != "exporters/binh-thuan" {
				t.Fatalf("event %d of the watch is %v, want a notice of the exporter", i, event)
			}
			cursor = event.GetCursor()
		}
		_, err = vn.exporter("ham-thuan").WatchConsignmentNotices(t.Context(), &spsv1.WatchConsignmentNoticesRequest{Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
	})
	t.Run("fraud is held", func(t *testing.T) {
		s := dragonfruit(spsv1.Classification_CLASSIFICATION_FRAUD)
		s.GetNotification().Measures = append(s.GetNotification().GetMeasures(), &spsv1.Measure{Id: "m2", CodeStatus: &spsv1.CodeStatusChange{
			Code: &spsv1.SiteCode{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_GROWING_AREA, Code: "VN BT 001"}, Action: spsv1.CodeAction_CODE_ACTION_SUSPENDED, Market: &spsv1.Area{Code: "CN"},
		}})
		fraud := issue(t, cn, s)
		arrived(fraud, cn, vn)
		eventually(t, "the office knows that the code is refused", func() bool {
			good, err := spsv1.NewCodeStatusServiceClient(vn.as(certs.RoleOfficer, "lan")).GetCodeStatus(t.Context(), &spsv1.GetCodeStatusRequest{Code: "VN-BT-001", Market: "CN"})
			return err == nil && good.GetAnswer() == spsv1.CodeAnswer_CODE_ANSWER_REFUSED
		})
		standsSo(t, grower, nil, spsv1.CodeAnswer_CODE_ANSWER_UNKNOWN) // of which it was not told
		all := settled(fraud, "binh-thuan HELD FRAUD; ham-thuan HELD FRAUD; hoang-hau HELD FRAUD")
		rejected, err := desk.RejectConsignmentNotice(t.Context(), &spsv1.RejectConsignmentNoticeRequest{Name: all[0].GetName(), Reason: "another firm"})
		if err != nil || rejected.GetState() != spsv1.NoticeState_NOTICE_STATE_REJECTED || rejected.GetOffice().GetDecidedBy() != "lan" {
			t.Errorf("rejected: %v, %v", rejected, told(err))
		}
		_, err = grower.GetConsignmentNotice(t.Context(), &spsv1.GetConsignmentNoticeRequest{Name: all[1].GetName()})
		if got := status.Code(err); got != codes.NotFound {
			t.Errorf("the exporter is told %s of a held notice, want NotFound", got)
		}
	})
	t.Run("an exercise reaches who takes part", func(t *testing.T) {
		s := dragonfruit(spsv1.Classification_CLASSIFICATION_ALERT)
		s.Status = spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE
		exercise := issue(t, cn, s)
		arrived(exercise, cn, vn)
		settled(exercise, "binh-thuan SENT NEW")
		if text := linesOf(notices(t, grower, exercise.GetReference())[0]); !strings.Contains(text, "đây là diễn tập") {
			t.Errorf("the notice does not say that it is an exercise:\n%s", text)
		}
	})
	t.Run("by hand, held, taken back", func(t *testing.T) { madeByHand(t, cn, vn, desk) })
	t.Run("restart tells nobody twice", func(t *testing.T) {
		before := notices(t, office, "")
		vn.stop()
		vn = w.start("VN")
		office = spsv1.NewConsignmentServiceClient(vn.as(certs.RoleOfficer, "lan"))
		again := issue(t, cn, dragonfruit(spsv1.Classification_CLASSIFICATION_ALERT))
		arrived(again, cn, vn)
		settled(again, toldTwo)
		if got := len(notices(t, office, "")); got != len(before)+3 {
			t.Errorf("after a restart and one more case there are %d notices, want %d", got, len(before)+3)
		}
	})
}
