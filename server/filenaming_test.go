package server_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/google/uuid"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// namer is who names files, and how.
type namer struct {
	who  string
	name func(*spsv1.Attachment) error
}

// namers are those who may name files in something: a laboratory in findings, a
// post in drafts, and the people and systems of the office in statements.
func (n *node) namers(t *testing.T) (lab, post, system, officer namer, updating namer) {
	finding := n.lab("hanoi-lab")
	drafts := n.drafts(certs.RolePost, "huu-nghi")
	begun, err := drafts.CreateDraft(t.Context(), &spsv1.CreateDraftRequest{Draft: &spsv1.Draft{Statement: notification("at the gate")}})
	if err != nil {
		t.Fatal(err)
	}
	named := func(a *spsv1.Attachment) *spsv1.Statement {
		st := notification("fruit fly in durian")
		a = proto.CloneOf(a)
		a.Id = "a1"
		st.Attachments = []*spsv1.Attachment{a}
		return st
	}
	issue := func(role certs.Role, id string) func(*spsv1.Attachment) error {
		cases := spsv1.NewCaseServiceClient(n.as(role, id))
		return func(a *spsv1.Attachment) error {
			st := named(a)
			if role == certs.RoleSystem {
				st.DraftedBy, st.ApprovedBy = &spsv1.Person{Id: "an"}, &spsv1.Person{Id: "binh"}
			}
			return second(cases.IssueStatement(t.Context(), &spsv1.IssueStatementRequest{
				Parent: "offices/VN", Statement: st, RequestId: uuid.NewString(), ValidateOnly: true,
			}))
		}
	}
	lab = namer{"laboratory", func(a *spsv1.Attachment) error {
		f := labReport(t, "L-"+uuid.NewString()[:8])
		f.Attachments = []*spsv1.Attachment{a}
		return second(finding.PostFinding(t.Context(), &spsv1.PostFindingRequest{Finding: f, ValidateOnly: true}))
	}}
	post = namer{"post", func(a *spsv1.Attachment) error {
		return second(drafts.CreateDraft(t.Context(), &spsv1.CreateDraftRequest{Draft: &spsv1.Draft{Statement: named(a)}}))
	}}
	updating = namer{"post, later", func(a *spsv1.Attachment) error {
		draft := proto.CloneOf(begun)
		draft.Statement = named(a)
		_, err := drafts.UpdateDraft(t.Context(), &spsv1.UpdateDraftRequest{Draft: draft})
		return err
	}}
	return lab, post, namer{"system", issue(certs.RoleSystem, "plant-portal")}, namer{"officer", issue(certs.RoleOfficer, "lan")}, updating
}

// TestNobodyNamesAFileByItsDigestAlone has a laboratory, a post, a system and an
// officer name files that others uploaded. Who may not is told just what it is told
// of a file that is not here.
func TestNobodyNamesAFileByItsDigestAlone(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	upload := func(role certs.Role, id, content string) *spsv1.Attachment {
		return vn.upload(spsv1.NewAttachmentServiceClient(vn.as(role, id)), "", []byte(content))
	}
	absent := &spsv1.Attachment{Sha256: bytes.Repeat([]byte{7}, 32), MediaType: "text/plain", SizeBytes: 9, Filename: "seen.txt"}
	issued := upload(certs.RoleValidator, "minh", "of a statement")
	st := notification("fruit fly in mango")
	issued.Id = "a1"
	st.Attachments = []*spsv1.Attachment{issued}
	_, err := spsv1.NewCaseServiceClient(vn.as(certs.RoleValidator, "minh")).IssueStatement(t.Context(), &spsv1.IssueStatementRequest{
		Parent: "offices/VN", Statement: st, RequestId: uuid.NewString(),
	})
	if err != nil {
		t.Fatal(err)
	}
	reported := upload(certs.RoleLab, "hue-lab", "of a finding")
	report := labReport(t, "H-1")
	report.Attachments = []*spsv1.Attachment{reported}
	vn.lab("hue-lab").mustPost(report)
	files := []struct {
		name string
		file *spsv1.Attachment
		may  string // who may name it
	}{
		{"of a statement", issued, "system, officer"},
		{"of a finding", reported, "officer"},
		{"of another laboratory, named nowhere", upload(certs.RoleLab, "hue-lab", "new of Hue"), ""},
		{"of a validator, named nowhere", upload(certs.RoleValidator, "minh", "new of Minh"), ""},
		{"of another post, named nowhere", upload(certs.RolePost, "lang-son", "new of Lang Son"), ""},
		{"of another system, named nowhere", upload(certs.RoleSystem, "food-portal", "new of food"), ""},
		{"of an officer of the laboratory's id", upload(certs.RoleOfficer, "hanoi-lab", "new of an officer"), ""},
		{"of the laboratory", upload(certs.RoleLab, "hanoi-lab", "new of Hanoi"), "laboratory"},
		{"of the post", upload(certs.RolePost, "huu-nghi", "new of Huu Nghi"), "post, post, later"},
		{"of the system", upload(certs.RoleSystem, "plant-portal", "new of plants"), "system"},
		{"of the officer", upload(certs.RoleOfficer, "lan", "new of Lan"), "officer"},
	}
	both := upload(certs.RoleLab, "hue-lab", "the same twice")
	upload(certs.RoleLab, "hanoi-lab", "the same twice")
	files = append(files, struct {
		name string
		file *spsv1.Attachment
		may  string
	}{"of two", both, "laboratory"})

	try := func(t *testing.T) {
		lab, post, system, officer, updating := vn.namers(t)
		for _, by := range []namer{lab, post, system, officer, updating} {
			refused := status.Convert(by.name(absent))
			if refused.Proto().GetCode() == 0 {
				t.Fatalf("%s named a file that is not here", by.who)
			}
			for _, f := range files {
				may := bytes.Contains([]byte(", "+f.may+","), []byte(", "+by.who+","))
				wrong := proto.CloneOf(f.file) // what it has wrong is told to nobody who may not name it
				wrong.MediaType, wrong.SizeBytes, wrong.Filename = "application/pdf", 7, "a:b"
				for _, file := range []*spsv1.Attachment{f.file, wrong} {
					err := by.name(file)
					switch got := status.Convert(err).Proto(); {
					case may && file == f.file && err != nil:
						t.Errorf("%s names a file %s: %v %s, want it to", by.who, f.name, err, told(err))
					case !may:
						if diff := cmp.Diff(refused.Proto(), got, protocmp.Transform()); diff != "" {
							t.Errorf("%s names a file %s: not told what it is of a file that is not here (-want +got):\n%s", by.who, f.name, diff)
						}
					}
				}
			}
		}
	}
	t.Run("at once", try)
	vn.stop()
	vn = w.start("VN")
	t.Run("after a restart", try)
	if again := vn.lab("hue-lab").mustPost(report); again.GetReportNumber() != "H-1" {
		t.Errorf("the same report again: %v, want it as it is", again)
	}
	if _, err := vn.lab("hanoi-lab").post(report); told(err) != "INVALID, finding.attachments[0].sha256 NOT_HELD" {
		t.Errorf("another laboratory posts the same report: %q, want its file refused", told(err))
	}
}
