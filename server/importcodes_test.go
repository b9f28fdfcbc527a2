package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/metadata"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// registrar uploads sheets of the code register.
func (n *node) registrar() importer {
	return importer{spsv1.NewImportServiceClient(n.as(certs.RoleOfficer, "lan")), n.w.t}
}

// codeColumns are those of the sheets of these tests.
var codeColumns = []string{
	"code", "codeKind", "province", "markets", "products", "validFrom", "validUntil", "ended", "sitePhone",
	"ownerId", "ownerRegNo", "ownerName", "ownerNameEn", "ownerLanguages", "ownerEmail",
}

// codeRow returns a row of a growing area for China; more are columns and values.
func codeRow(code, owner string, more ...string) []string {
	row := make([]string, len(codeColumns))
	set := func(column, value string) {
		for i, name := range codeColumns {
			if name == column {
				row[i] = value
			}
		}
	}
	for i, pair := 0, append([]string{"code", code, "codeKind", "vùng trồng", "province", "VN-45", "markets", "CN", "ownerName", owner, "ownerLanguages", "vi"}, more...); i < len(pair); i += 2 {
		set(pair[i], pair[i+1])
	}
	return row
}

// codeSheet joins rows below the header.
func codeSheet(rows ...[]string) []byte {
	var b strings.Builder
	for _, row := range append([][]string{codeColumns}, rows...) {
		b.WriteString(`"` + strings.Join(row, `","`) + "\"\r\n")
	}
	return []byte(b.String())
}

// codesHeader is that of a sheet of codes.
func codesHeader(commit spsv1.ImportCommit) *spsv1.ImportHeader {
	return &spsv1.ImportHeader{Kind: "codes", Commit: commit}
}

// registered lists the code register, a line each.
func (n *node) registered() (all []string) {
	n.w.t.Helper()
	desk := spsv1.NewExporterServiceClient(n.as(certs.RoleOfficer, "lan"))
	page, err := desk.ListRegisteredCodes(n.w.t.Context(), &spsv1.ListRegisteredCodesRequest{PageSize: 1000})
	if err != nil {
		n.w.t.Fatal(err)
	}
	for _, c := range page.GetCodes() {
		var markets []string
		for _, m := range c.GetCode().GetMarkets() {
			markets = append(markets, m.GetCode())
		}
		until := ""
		if d := c.GetCode().GetUntilDate(); d != nil {
			until = fmt.Sprintf(" until %04d-%02d-%02d", d.GetYear(), d.GetMonth(), d.GetDay())
		}
		all = append(all, fmt.Sprintf("%s %s %s%s", c.GetCode().GetCode(), c.GetExporter(), strings.Join(markets, "+"), until))
	}
	return all
}

// previewed shows what an import counts of the register.
func previewed(m *spsv1.Import) string {
	c := m.GetCounts()
	return fmt.Sprintf("%s; %d changed, %d end, %d new owners", reported(m), c.GetChanged(), c.GetEnds(), c.GetNewOwners())
}

// TestSheetOfCodes uploads sheets of the code register to a real node: what is new,
// what changes and ends, the same again, and what only some may do.
func TestSheetOfCodes(t *testing.T) {
	w := newWorld(t, "VN")
	vn := w.start("VN")
	vn.operators()
	desk := vn.registrar()
	ctx := metadata.AppendToOutgoingContext(t.Context(), "accept-language", "vi")
	sheet := codeSheet(
		codeRow("VN-DT-0017", "Hợp tác xã Xoài Cao Lãnh", "validFrom", "2025-03-01", "products", "0804.50; 081060"),
		codeRow("VN-DT-0018", "HỢP TÁC XÃ  XOÀI CAO LÃNH", "ownerEmail", "htx@example.vn"),
		codeRow("VN-DT-0018", "Hợp tác xã Xoài Cao Lãnh", "markets", "Hàn Quốc; CN"),
		codeRow("VN-DT-0019", "Hợp tác xã Xoài Cao Lãnh", "province", "VN-51"),
		codeRow("VN-DT-0020", "", "ownerRegNo", "14 001", "ownerNameEn", "Sa Dec Fruit"),
		codeRow("VN-BT-001", "", "ownerId", "binh-thuan", "ended", "có", "markets", ""),
	)
	preview := desk.upload(ctx, sheet, codesHeader(0))
	if got, want := previewed(preview), "CHECKED: 6 good, 0 unchanged, 0 refused, 0 kept; 2 changed, 1 end, 3 new owners"; got != want {
		t.Errorf("the preview: %s, want %s; %v", got, want, desk.rowErrors(ctx, preview.GetName()))
	}
	before := []string{"VN-BT-001 exporters/binh-thuan CN", "VN-BT-002 exporters/ham-thuan CN"}
	if diff := cmp.Diff(before, vn.registered()); diff != "" {
		t.Errorf("a preview has changed the register (-want +got):\n%s", diff)
	}
	page, err := desk.ListRowErrors(ctx, &spsv1.ListRowErrorsRequest{Parent: preview.GetName(), Notes: true})
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	for _, n := range page.GetRowErrors() {
		notes = append(notes, fmt.Sprintf("%s%d %s", n.GetColumn(), n.GetRow(), n.GetSentence()))
	}
	yesterday := time.Now().In(vn.office.Card.Zone()).AddDate(0, 0, -1).Format("2006-01-02")
	if diff := cmp.Diff([]string{
		"L2 chủ sở hữu là mới: được đăng ký là exporters/hop-tac-xa-xoai-cao-lanh-vn-45",
		"A4 nội dung đăng ký của mã thay đổi: markets",
		"L5 hop-tac-xa-xoai-cao-lanh-vn-45 có cùng tên và không có mã nào ở tỉnh này: nếu là chủ đó, hãy ghi mã của chủ",
		"L5 chủ sở hữu là mới: được đăng ký là exporters/hop-tac-xa-xoai-cao-lanh-vn-51",
		"L6 chủ sở hữu là mới: được đăng ký là exporters/reg-14001",
		"G7 mã hết hiệu lực: ngày cuối là " + yesterday,
	}, notes); diff != "" {
		t.Errorf("what the preview says (-want +got):\n%s", diff)
	}

	done, err := desk.CommitImport(ctx, &spsv1.CommitImportRequest{Name: preview.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := previewed(desk.await(ctx, done)), "DONE: 6 good, 0 unchanged, 0 refused, 6 kept; 2 changed, 1 end, 3 new owners"; got != want {
		t.Errorf("committed: %s, want %s", got, want)
	}
	after := []string{
		"VN-BT-001 exporters/binh-thuan CN until " + yesterday, "VN-BT-002 exporters/ham-thuan CN",
		"VN-DT-0017 exporters/hop-tac-xa-xoai-cao-lanh-vn-45 CN", "VN-DT-0018 exporters/hop-tac-xa-xoai-cao-lanh-vn-45 CN+KR",
		"VN-DT-0019 exporters/hop-tac-xa-xoai-cao-lanh-vn-51 CN", "VN-DT-0020 exporters/reg-14001 CN",
	}
	if diff := cmp.Diff(after, vn.registered()); diff != "" {
		t.Errorf("the register (-want +got):\n%s", diff)
	}
	again := desk.upload(ctx, sheet, codesHeader(spsv1.ImportCommit_IMPORT_COMMIT_IF_GOOD))
	if got, want := previewed(again), "DONE: 0 good, 6 unchanged, 0 refused, 0 kept; 0 changed, 0 end, 0 new owners"; got != want {
		t.Errorf("the same sheet again: %s, want %s", got, want)
	}
	// What has ended at one owner may be another's from a later day on.
	given := desk.upload(ctx, codeSheet(codeRow("VN BT 001", "", "ownerId", "ham-thuan", "validFrom", time.Now().AddDate(0, 0, 1).Format("2006-01-02"))), codesHeader(spsv1.ImportCommit_IMPORT_COMMIT_IF_GOOD))
	if got, want := previewed(given), "DONE: 1 good, 0 unchanged, 0 refused, 1 kept; 0 changed, 0 end, 0 new owners"; got != want {
		t.Errorf("a code given anew: %s, want %s; %v", got, want, desk.rowErrors(ctx, given.GetName()))
	}

	// The notices follow the register, as if each owner had been registered by hand.
	own, err := spsv1.NewExporterServiceClient(vn.as(certs.RoleOfficer, "lan")).GetExporter(ctx, &spsv1.GetExporterRequest{Name: "exporters/hop-tac-xa-xoai-cao-lanh-vn-45"})
	if err != nil || len(own.GetCodes()) != 2 || own.GetDisplayName()[0].GetText() != "Hợp tác xã Xoài Cao Lãnh" || own.GetChannels()[0].GetAddress() != "htx@example.vn" ||
		own.GetCodes()[0].GetHsCodes()[0] != "080450" || own.GetState() != spsv1.ExporterState_EXPORTER_STATE_ACTIVE || own.GetEtag() == "" {
		t.Errorf("an owner of two codes: %v, %v", own, err)
	}
	lab := importer{spsv1.NewImportServiceClient(vn.as(certs.RoleLab, "hanoi-lab")), t}
	if _, err := lab.GetImport(ctx, &spsv1.GetImportRequest{Name: done.GetName()}); told(err) != "NOT_FOUND" {
		t.Errorf("a laboratory gets an import of codes: %q, want NOT_FOUND", told(err))
	}
	if page, err := desk.ListImports(ctx, &spsv1.ListImportsRequest{}); err != nil || len(page.GetImports()) != 3 {
		t.Errorf("the imports of the office: %v, %v", page, err)
	}
}

// TestEveryKindOfErrorInASheetOfCodes sends one sheet in which nearly every row is
// wrong in its own way, and wants each error where it is, and no other.
func TestEveryKindOfErrorInASheetOfCodes(t *testing.T) {
	w := newWorld(t, "VN")
	vn := w.start("VN")
	vn.operators()
	office := spsv1.NewExporterServiceClient(vn.as(certs.RoleOfficer, "lan"))
	if _, err := office.DeactivateExporter(t.Context(), &spsv1.DeactivateExporterRequest{Name: "exporters/hoang-hau", Reason: "left"}); err != nil {
		t.Fatal(err)
	}
	desk := vn.registrar()
	ctx := metadata.AppendToOutgoingContext(t.Context(), "accept-language", "vi")
	m := desk.upload(ctx, codeSheet(
		codeRow("VN-1", "Vườn Một"),
		codeRow(" - ", "Vườn Hai"),
		codeRow("VN-3", "Vườn Ba", "codeKind", "vườn", "markets", "CN; Utopia", "products", "08O450"),
		codeRow("VN-4", "Vườn Bốn", "codeKind", "", "validFrom", "01/02/2026", "validUntil", "2026-02-30"),
		codeRow("VN-5", "Vườn Năm", "validFrom", "2026-05-01", "validUntil", "2026-04-01"),
		codeRow("VN-6", "", "ownerLanguages", ""),
		codeRow("VN-7", "Vườn Bảy", "ownerLanguages", "tiếng Việt", "ownerEmail", "không có", "sitePhone", "0277 3123"),
		codeRow("VN-8", "", "ownerId", "Vườn 8"),
		codeRow("VN-9", "", "ownerId", "vuon-9", "ownerLanguages", ""),
		codeRow("VN BT 002", "Vườn Mười"),
		codeRow("VN-11", "", "ownerId", "hoang-hau"),
		codeRow("VN-1", "Vườn Khác"),
		codeRow("VN-1", "Vườn Một", "province", "VN-51"),
		codeRow("VN-1", "Vườn Một", "validUntil", "2030-01-01"),
		codeRow("VN-1", "Vườn Một", "validUntil", "2031-01-01"),
		codeRow("VN-16", "", "ownerRegNo", "16", "ownerName", "Vườn Mười Sáu"),
		codeRow("VN-17", "", "ownerRegNo", "16", "ownerName", "Vườn Mười Bảy"),
		codeRow("VN-18", "", "ownerId", "hau.tran", "ownerName", "Vườn Mười Tám"),
		codeRow("VN-19", "Vườn Mười Chín", "validFrom", "2090-01-01", "ended", "x"),
		codeRow("=1+1", "Vườn Hai Mươi"),
		[]string{"VN-21", "too short"},
		codeRow("VN-22", "Vườn Hai Hai", "ownerLanguages", "vi; fr"),
		codeRow("VN-23", "", "ownerRegNo", "23", "ownerName", "Vườn Sai"), // the first, and the odd one
		codeRow("VN-24", "", "ownerRegNo", "23", "ownerName", "Vườn Hai Ba"),
		codeRow("VN-25", "", "ownerRegNo", "23", "ownerName", "Vườn Hai Ba"),
	), codesHeader(0))
	want := []string{
		"A3 code=- codes[0].code CODE_EMPTY",
		"B4 codeKind=vườn  WORD", "D4 markets=CN; Utopia  AREA", "E4 products=08O450  TARIFF",
		"B5 codeKind= codes[0].kind ENUM_NOT_IN", "F5 validFrom=01/02/2026  DATE_AMBIGUOUS", "G5 validUntil=2026-02-30  DATE",
		"G6 validUntil=2026-04-01 codes[0] EXPORTER_CODE_ORDER",
		"L7 ownerName= display_name OWNER_MISSING",
		"I8 sitePhone=0277 3123 codes[0].contact.phone STRING_PATTERN",
		"N8 ownerLanguages=tiếng Việt languages[0] STRING_PATTERN", "O8 ownerEmail=không có channels[0] EXPORTER_CHANNEL_ADDRESS",
		"J9 ownerId=Vườn 8 name OWNER_ID",
		"L10 ownerName= display_name OWNER_NAME", "N10 ownerLanguages= languages OWNER_LANGUAGE",
		"A11 code=VN BT 002 codes[0].code CODE_OWNED",
		"J12 ownerId=hoang-hau name OWNER_DEACTIVATED",
		"A13 code=VN-1 codes[0].code CODE_TWO_OWNERS",
		"A14 code=VN-1 codes[0].code CODE_TWO_OWNERS", "C14 province=VN-51 codes[0].province CODE_DIFFERS",
		"G16 validUntil=2031-01-01 codes[0].until_date CODE_DIFFERS",
		"L18 ownerName=Vườn Mười Bảy display_name[0] OWNER_DIFFERS",
		"J19 ownerId=hau.tran name OWNER_ID_TAKEN",
		"G20 validUntil= codes[0].until_date CODE_ENDS_EARLY",
		"A21 code==1+1  CELL_FORMULA",
		"22 =  ROW_WIDTH",
		"N23 ownerLanguages=vi; fr languages[1] OWNER_LANGUAGE",
		"L24 ownerName=Vườn Sai display_name[0] OWNER_DIFFERS",
	}
	if diff := cmp.Diff(want, desk.rowErrors(ctx, m.GetName())); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if got, want := previewed(m), "CHECKED: 5 good, 0 unchanged, 20 refused, 0 kept; 1 changed, 0 end, 3 new owners"; got != want {
		t.Errorf("the preview: %s, want %s", got, want)
	}
	if c := m.GetCounts(); c.GetRowsTotal() != 25 || c.GetRows() != c.GetRowsTotal() {
		t.Errorf("%d of %d rows, want 25 of 25", c.GetRows(), c.GetRowsTotal())
	}
}

// TestImportOfCodesGoesOn stops a node while it keeps the codes of a sheet: at the next
// start it goes on, and each code is registered once. The columns are somebody's own.
func TestImportOfCodesGoesOn(t *testing.T) {
	const size = 1000
	w := newWorld(t, "VN")
	vn := w.start("VN")
	desk := vn.registrar()
	_, err := desk.SetImportMapping(t.Context(), &spsv1.SetImportMappingRequest{Name: "importKinds/codes/mapping", Text: `
language: vi
columns: {code: Mã số, ownerName: Chủ sở hữu, province: Tỉnh}
fixed: {codeKind: vùng trồng, markets: CN}
words: {province: {Đồng Tháp: VN-45}}
`})
	if err != nil {
		t.Fatal(told(err))
	}
	rows := [][]string{{"Sổ mã số vùng trồng"}, {}, {"Mã số", "Chủ sở hữu", "Tỉnh"}}
	for n := range size {
		rows = append(rows, []string{fmt.Sprintf("VN-DT-%04d", n), fmt.Sprintf("Vườn số %d", n%500), "Đồng Tháp"})
	}
	m := desk.begin(t.Context(), workbookOf(t, rows), codesHeader(spsv1.ImportCommit_IMPORT_COMMIT_IF_GOOD))
	watch, err := desk.WatchImport(t.Context(), &spsv1.WatchImportRequest{Name: m.GetName()})
	for err == nil && m.GetCounts().GetKept() == 0 {
		var event *spsv1.WatchImportResponse
		if event, err = watch.Recv(); err == nil && event.GetImport() != nil {
			m = event.GetImport()
		}
		if c := m.GetCounts(); c.GetRows() > 0 && c.GetRowsTotal() != size {
			t.Errorf("%v: %d of %d rows are read, want it known that there are %d", m.GetState(), c.GetRows(), c.GetRowsTotal(), size)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	vn.stop()
	vn = w.start("VN")
	desk = vn.registrar()
	if got, want := previewed(desk.await(t.Context(), m)), fmt.Sprintf("DONE: %d good, 0 unchanged, 0 refused, %[1]d kept; 0 changed, 0 end, 500 new owners", size); got != want {
		t.Errorf("after a restart: %s, want %s", got, want)
	}
	office := spsv1.NewExporterServiceClient(vn.as(certs.RoleOfficer, "lan"))
	codes, token := map[string]bool{}, ""
	for len(codes) == 0 || token != "" {
		page, err := office.ListRegisteredCodes(t.Context(), &spsv1.ListRegisteredCodesRequest{PageSize: 1000, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.GetCodes() {
			if codes[c.GetCode().GetCode()] || c.GetCode().GetProvince().GetCode() != "VN-45" {
				t.Fatalf("registered twice, or elsewhere: %v", c)
			}
			codes[c.GetCode().GetCode()] = true
		}
		token = page.GetNextPageToken()
	}
	if len(codes) != size {
		t.Errorf("%d codes are registered, want %d", len(codes), size)
	}
}
