package server_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// trading is an exporter that calls, and what it must not see.
type trading struct {
	id      string
	conn    *grpc.ClientConn
	own     []string // names of its notices
	secrets []string // of others, of which none may be in any byte of any answer
	file    *spsv1.Attachment
	token   string // of a second page of its notices
	cursor  string // of its notices
}

func (e *trading) notices() spsv1.ConsignmentServiceClient {
	return spsv1.NewConsignmentServiceClient(e.conn)
}

// sharedCase is a case of two exporters who each have a lot in it: both are named,
// with and without goods, texts name one or the other, and papers and samples are of
// both.
func sharedCase() *spsv1.Statement {
	s := dragonfruit(spsv1.Classification_CLASSIFICATION_ALERT)
	s.Addressees, s.Network = nil, true
	n := s.GetNotification()
	vn, both := &spsv1.Area{Code: "VN"}, []string{"p1.l1", "p1.l2"}
	n.Parties = append(
		n.GetParties(),
		&spsv1.Party{Id: "o3", Roles: []spsv1.PartyRole{spsv1.PartyRole_PARTY_ROLE_EXPORTER}, Name: "HTX Thanh Long Bình Thuận", Area: vn, TaxId: "3400123456"},
		&spsv1.Party{Id: "o4", Roles: []spsv1.PartyRole{spsv1.PartyRole_PARTY_ROLE_GROWER}, Name: "Ham Thuan Co., Ltd", Area: vn, Codes: []*spsv1.SiteCode{
			{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_GROWING_AREA, Code: "VN BT 002"},
		}},
	)
	n.Products[0].Marks = []string{"BT001/BT002"}
	n.Findings[0].About, n.Findings[0].Text = both, append(
		in1("en", "worse in what the Binh Thuan cooperative sent, lot LOT-A"),
		in1("vi", "nhẹ hơn ở lô LOT B của Hàm Thuận")[0], in1("th", "พบแมลงในผลไม้")[0],
	)
	n.Documents = []*spsv1.Document{{
		Id: "d1", Kind: spsv1.DocumentKind_DOCUMENT_KIND_PHYTOSANITARY_CERTIFICATE, Number: "PC-BT001-BT002", About: both,
		AdditionalDeclaration: in1("en", "grown at VN.BT.001 and VN.BT.002"),
	}}
	n.Samples = []*spsv1.Sample{
		{Id: "s1", About: []string{"p1.l1"}, Number: "SAMPLE-OF-A"}, {Id: "s2", About: []string{"p1.l2"}, Number: "SAMPLE-OF-B"},
	}
	return s
}

// followed adds to a shared case what is said later: again of each exporter apart, and
// of both.
func followed(t *testing.T, vn *node, original *spsv1.IssuedStatement) {
	say := func(f *spsv1.Facts) {
		t.Helper()
		s := in(original, &spsv1.Statement{Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Facts: f}}})
		s.Addressees, s.Network = nil, true
		issue(t, vn, s)
	}
	suspended := func(id, code string) *spsv1.Measure {
		return &spsv1.Measure{Id: id, CodeStatus: &spsv1.CodeStatusChange{
			Code:   &spsv1.SiteCode{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_GROWING_AREA, Code: code, Area: &spsv1.Area{Code: "VN"}},
			Action: spsv1.CodeAction_CODE_ACTION_SUSPENDED, Market: &spsv1.Area{Code: "CN"}, Conditions: in1("en", "conditions of "+code),
		}}
	}
	detained := &spsv1.Concept{Codings: []*spsv1.Coding{{System: "sps-measure", Code: "detained"}}}
	say(&spsv1.Facts{Measures: []*spsv1.Measure{suspended("m1", "BT-001"), suspended("m2", "BT 002")}})
	say(&spsv1.Facts{
		Parties:  []*spsv1.Party{{Id: "o1", Roles: []spsv1.PartyRole{spsv1.PartyRole_PARTY_ROLE_OPERATOR}, Name: "Hợp tác xã Thanh Long Bình Thuận"}},
		Measures: []*spsv1.Measure{{Id: "m1", Action: detained, Text: in1("en", "told Hàm Thuận; asked Bình Thuận")}},
		Products: []*spsv1.Product{{Id: "p1", Name: in1("en", "more fruit"), Lots: []*spsv1.Lot{
			{Id: "p1.l1", Number: "LOT-A9", Codes: []*spsv1.SiteCode{{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_GROWING_AREA, Code: "VN-BT-001"}}},
			{Id: "p1.l2", Number: "LOT-B9", Codes: []*spsv1.SiteCode{{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_GROWING_AREA, Code: "VN-BT-002"}}},
		}}},
	})
}

// sharing registers exporters, issues shared cases, and has the two whose lots are in
// them answer with a file each. The third has no part in them, and is named in none.
func sharing(t *testing.T, vn *node) (a, b, third *trading, cases []*spsv1.IssuedStatement) {
	desk := vn.operators()
	_, err := desk.CreateExporter(t.Context(), &spsv1.CreateExporterRequest{ExporterId: "cao-lanh", Exporter: &spsv1.Exporter{
		DisplayName: in1("vi", "Hợp tác xã Xoài Cao Lãnh"), Languages: []string{"vi"}, Codes: growing("VN-DT-0017"),
		Roles: []spsv1.ExporterRole{spsv1.ExporterRole_EXPORTER_ROLE_EXPORTER},
	}})
	if err != nil {
		t.Fatal(told(err))
	}
	for range 2 { // so that there is a second page
		cases = append(cases, issue(t, vn, sharedCase()))
	}
	followed(t, vn, cases[0])
	a, b, third = &trading{id: "binh-thuan"}, &trading{id: "ham-thuan"}, &trading{id: "cao-lanh"}
	for _, e := range []*trading{a, b, third} {
		e.conn = vn.as(certs.RoleExporter, e.id)
	}
	a.answer(t, vn, cases)
	b.answer(t, vn, cases)
	ofA := a.leaves("LOT-A", "LOT A", "BT 001", "BT-001", "BT001", "BT.001", "Bình Thuận", "Binh Thuan", "3400123456", "SAMPLE-OF-A")
	ofB := b.leaves("LOT-B", "LOT B", "BT 002", "BT-002", "BT002", "BT.002", "Hàm Thuận", "Ham Thuan", "SAMPLE-OF-B")
	ofAll := []string{"Pingxiang", "PH 009", "HOANG HAU", "Hoàng Hậu", "hau.tran"}
	a.secrets = slices.Concat(ofAll, ofB, []string{"DT-0017", "Cao Lãnh"})
	b.secrets = slices.Concat(ofAll, ofA, []string{"DT-0017", "Cao Lãnh"})
	third.secrets = slices.Concat(ofAll, ofA, ofB)
	return a, b, third, cases
}

// answer waits until an exporter was told all of some cases, and answers the first with
// a file.
func (e *trading) answer(t *testing.T, vn *node, cases []*spsv1.IssuedStatement) {
	t.Helper()
	eventually(t, "both notices are sent, and what was said later", func() bool {
		all := notices(t, e.notices(), "")
		return len(all) == 2 && slices.ContainsFunc(all, func(n *spsv1.ConsignmentNotice) bool {
			return len(n.GetContent().GetNotification().GetProducts()) == 2 && len(n.GetContent().GetNotification().GetMeasures()) > 1
		})
	})
	for _, s := range cases {
		e.own = append(e.own, notices(t, e.notices(), s.GetReference())[0].GetName())
	}
	page, err := e.notices().ListConsignmentNotices(t.Context(), &spsv1.ListConsignmentNoticesRequest{PageSize: 1})
	if err != nil || page.GetNextPageToken() == "" {
		t.Fatal(page, told(err))
	}
	e.token, e.cursor = page.GetNextPageToken(), page.GetCursor()
	e.file = vn.upload(spsv1.NewAttachmentServiceClient(e.conn), "", []byte("own paper of "+e.id))
	_, err = e.notices().AnswerConsignmentNotice(t.Context(), &spsv1.AnswerConsignmentNoticeRequest{
		Name: e.own[0], RequestId: newID(), Kinds: []spsv1.AnswerKind{spsv1.AnswerKind_ANSWER_KIND_QUESTION},
		Text: in1("vi", "hỏi bởi "+e.id), Attachments: []*spsv1.Attachment{e.file},
	})
	if err != nil {
		t.Fatal(told(err))
	}
}

// leaves returns what another sees if it sees anything of an exporter: words of its
// own, its notices, its answer and its file, each as text and as bytes.
func (e *trading) leaves(words ...string) []string {
	sum := e.file.GetSha256()
	all := append(words, "own paper of "+e.id, "hỏi bởi "+e.id, string(sum), fmt.Sprintf("%x", sum), base64.StdEncoding.EncodeToString(sum))
	for _, name := range e.own {
		id := uuid.MustParse(strings.TrimPrefix(name, "consignmentNotices/"))
		all = append(all, id.String(), string(id[:]))
	}
	return all
}
