package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestExportersHearOfRulesAndGates announces rules and gates, and looks at what three
// exporters of different goods and markets are shown, and are reminded of.
func TestExportersHearOfRulesAndGates(t *testing.T) {
	w := newWorld(t, "CN", "VN")
	cn, vn := w.start("CN"), w.start("VN")
	desk := spsv1.NewExporterServiceClient(vn.as(certs.RoleOfficer, "lan"))
	for id, hs := range map[string]string{"mango": "080450", "durian": "081060"} {
		code := &spsv1.ExporterCode{
			Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_GROWING_AREA, Code: "VN-" + id, HsCodes: []string{hs}, Markets: []*spsv1.Area{{Code: "CN"}},
		}
		e := &spsv1.Exporter{
			DisplayName: in1("vi", "Vườn "+id), Languages: []string{"vi"}, Codes: []*spsv1.ExporterCode{code},
			Roles: []spsv1.ExporterRole{spsv1.ExporterRole_EXPORTER_ROLE_EXPORTER},
		}
		if _, err := desk.CreateExporter(t.Context(), &spsv1.CreateExporterRequest{ExporterId: id, Exporter: e}); err != nil {
			t.Fatal(told(err))
		}
	}
	effective := time.Now().UTC().AddDate(0, 0, 5)
	rule := func(hs string, origins ...*spsv1.Area) *spsv1.Announcement {
		return &spsv1.Announcement{Body: &spsv1.Announcement_RuleChange{RuleChange: &spsv1.RuleChange{
			Text: in1("zh-Hans", "须附检测报告"), CommodityCodes: []*spsv1.Coding{{System: "hs", Code: hs}}, Origins: origins,
			EffectiveDate: &spsv1.Date{Year: uint32(effective.Year()), Month: uint32(effective.Month()), Day: uint32(effective.Day())},
		}}}
	}
	durian := cn.announce(rule("0810"), "")
	cn.announce(rule("0810", &spsv1.Area{Code: "TH"}), "")
	gate := vn.announce(gateStatus("VNLSN", spsv1.GateStatus_GATE_STATUS_SUSPENDED, nil), "")

	list := func(id string) (all []string) {
		t.Helper()
		page, err := vn.exporter(id).ListOwnAnnouncements(t.Context(), &spsv1.ListOwnAnnouncementsRequest{})
		if err != nil {
			t.Fatal(told(err))
		}
		for _, a := range page.GetAnnouncements() {
			all = append(all, fmt.Sprintf("%s %s", a.GetReference(), strings.Join(a.GetCodes(), " ")))
		}
		slices.Sort(all) // the last recorded comes first, and two offices have announced
		return all
	}
	mango := vn.exporter("mango")
	watch, err := mango.WatchOwnAnnouncements(t.Context(), &spsv1.WatchOwnAnnouncementsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for said := 0; said == 0; { // the gate, which concerns all goods
		event, err := watch.Recv()
		if err != nil {
			t.Fatal(told(err))
		}
		if a := event.GetAnnouncement(); a != nil {
			if said++; a.GetReference() != gate.GetReference() {
				t.Errorf("the exporter of mango is told of %s, want the gate alone", a.GetReference())
			}
		}
	}
	stream, err := vn.exporter("durian").WatchOwnAnnouncements(t.Context(), &spsv1.WatchOwnAnnouncementsRequest{RemindDays: []uint32{9}})
	if err != nil {
		t.Fatal(err)
	}
	var seen *spsv1.OwnAnnouncement
	for seen == nil {
		event, err := stream.Recv()
		if err != nil {
			t.Fatal(told(err))
		}
		if a := event.GetAnnouncement(); a.GetReference() == durian.GetReference() {
			seen = a
		}
	}
	var lines []string
	for _, l := range seen.GetLines() {
		lines = append(lines, l.GetLabel()+": "+l.GetText())
	}
	if diff := cmp.Diff([]string{
		"Số tham chiếu: " + durian.GetReference(), "Từ: Trung Quốc", "Loại: thay đổi quy định", "Tình trạng: sắp có hiệu lực", "Về việc: for everybody",
		"Hiệu lực từ: " + effective.Format(time.DateOnly), "Nội dung thay đổi: 须附检测报告", "Sản phẩm: hs 0810", "Mã số của quý vị: VN-durian",
	}, lines); diff != "" {
		t.Errorf("what the exporter of durian reads (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{durian.GetReference() + " VN-durian", gate.GetReference() + " VN-durian"}, list("durian")); diff != "" {
		t.Errorf("what touches durian (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{gate.GetReference() + " VN-mango"}, list("mango")); diff != "" {
		t.Errorf("what touches mango (-want +got):\n%s", diff)
	}
	if _, err := vn.exporter("nobody").ListOwnAnnouncements(t.Context(), &spsv1.ListOwnAnnouncementsRequest{}); told(err) != "PERMISSION_DENIED" {
		t.Errorf("who is not registered: %q, want PERMISSION_DENIED", told(err))
	}
	cursor := &spsv1.WatchOwnAnnouncementsRequest{}
	page, err := vn.exporter("durian").ListOwnAnnouncements(t.Context(), &spsv1.ListOwnAnnouncementsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	cursor.Cursor = page.GetCursor()
	other, err := mango.WatchOwnAnnouncements(t.Context(), cursor)
	if err == nil {
		_, err = other.Recv()
	}
	if told(err) != "CURSOR_AHEAD" {
		t.Errorf("the cursor of another exporter: %q, want CURSOR_AHEAD", told(err))
	}
}
