package server_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestFilesOfFindings lets a laboratory attach a file, and shows it to nobody but
// that laboratory and the office; the file goes into the draft.
func TestFilesOfFindings(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	as := func(role certs.Role, id string) spsv1.AttachmentServiceClient {
		return spsv1.NewAttachmentServiceClient(vn.as(role, id))
	}
	report := bytes.Repeat([]byte("chromatogram\n"), 20_000)
	file := vn.upload(as(certs.RoleLab, "hanoi-lab"), "", report)
	f := labReport(t, "L-1")
	f.Attachments = append(f.Attachments, file)
	kept := vn.lab("hanoi-lab").mustPost(f)
	name := kept.GetName() + "/attachments/a1"

	st := notification("fruit fly in durian", "CN")
	st.Attachments = []*spsv1.Attachment{vn.upload(vn.attachments(), "a1", []byte("of the office"))}
	stated := issue(t, vn, st).GetName() + "/attachments/a1"
	for _, tc := range []struct {
		role           certs.Role
		id, name, want string
	}{
		{certs.RoleLab, "hanoi-lab", name, "260000 bytes"},
		{certs.RoleOfficer, "lan", name, "260000 bytes"},
		{certs.RoleAuditor, "an", name, "260000 bytes"},
		{certs.RoleLab, "hue-lab", name, "NOT_FOUND"},
		{certs.RoleSystem, "plant-portal", name, "NOT_FOUND"},
		{certs.RolePost, "lang-son", name, "NOT_FOUND"},
		{certs.RoleLab, "hanoi-lab", stated, "NOT_FOUND"},
		{certs.RoleLab, "hanoi-lab", kept.GetName() + "/attachments/a2", "NOT_FOUND"},
		{certs.RoleOfficer, "lan", stated, "13 bytes"},
	} {
		content, err := download(t.Context(), as(tc.role, tc.id), tc.name)
		got := told(err)
		if err == nil {
			got = fmt.Sprint(len(content), " bytes")
		}
		if got != tc.want {
			t.Errorf("%s %s of %s: %s, want %s", tc.role, tc.id, tc.name, got, tc.want)
		}
	}
	wrong := labReport(t, "L-2")
	file.MediaType, file.SizeBytes = "application/pdf", 7
	wrong.Attachments = append(wrong.Attachments, file)
	const want = "INVALID, finding.attachments[0].media_type TYPE_MISMATCH, finding.attachments[0].size_bytes SIZE"
	if _, err := vn.lab("hanoi-lab").post(wrong); told(err) != want {
		t.Errorf("named as what it is not: %q, want %q", told(err), want)
	}
	if _, err := vn.lab("hanoi-lab").post(labReport(t, "L-1")); told(err) != "INVALID, finding.attachments REPORT_NUMBER_USED" {
		t.Errorf("the same report without its file: %q, want that its files are others", told(err))
	}
	draft, err := vn.findings(certs.RoleOfficer).DraftFromFindings(t.Context(), &spsv1.DraftFromFindingsRequest{Names: []string{kept.GetName()}})
	if err != nil || len(draft.GetStatement().GetAttachments()) != 1 || draft.GetStatement().GetAttachments()[0].GetId() != "a1" {
		t.Errorf("the draft is %v, %v, want the file in it", draft, err)
	}
}
