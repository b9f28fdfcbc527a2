package trader

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// parsed reads the text form of a message into m.
func parsed[M proto.Message](t testing.TB, m M, text string) M {
	t.Helper()
	if err := prototext.Unmarshal([]byte(text), m); err != nil {
		t.Fatal(err)
	}
	return m
}

func origin(office certs.Office) certs.Origin {
	return certs.Origin{Federation: "asean-cn", Office: office, Epoch: 1}
}

// caseOf returns a matter of a notification, and of follow-ups to it.
func caseOf(t testing.TB, notification string, facts ...string) *matter {
	t.Helper()
	original := statement.CaseEntry{
		Origin: origin("CN"), Reference: "CN-2026-000001", Time: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
		Statement: &spsv1.Statement{
			Status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL, Handling: spsv1.Handling_HANDLING_NETWORK,
			Addressees: []*spsv1.Addressee{{Office: "VN", Roles: []spsv1.AddresseeRole{spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN}}},
			Body:       &spsv1.Statement_Notification{Notification: parsed(t, &spsv1.Notification{}, notification)},
		},
		Audience: &spsv1.Audience{Offices: []string{"CN", "VN"}},
	}
	entries := []statement.CaseEntry{original}
	for i, text := range facts {
		entries = append(entries, statement.CaseEntry{
			Origin: original.Origin, Sequence: uint64(i + 1), Time: original.Time, Audience: original.Audience,
			Statement: &spsv1.Statement{
				Status:  spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL,
				CaseRef: &spsv1.CaseRef{Reference: original.Reference, Original: &spsv1.EntryRef{Origin: original.Origin.String(), RecordHash: original.Hash[:]}},
				Body:    &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Facts: parsed(t, &spsv1.Facts{}, text)}},
			},
		})
	}
	return newMatter(statement.Fold(original, entries[1:]), entries)
}

// registerOf returns a register of exporters by their codes and names.
func registerOf(exporters ...*spsv1.Exporter) register {
	return func(sort sort, folded string) (found []entry, _ error) {
		for _, e := range exporters {
			for _, r := range rowsOf(exporterID(e.GetName()), e) {
				if !strings.HasPrefix(string(r.key), folded+"\x00") {
					continue
				}
				one := entry{exporter: exporterID(e.GetName()), written: string(r.value)}
				switch {
				case sort == byCode && r.table == tableCodes:
					one, _ = codeEntry(r.key[len(folded)+1:], r.value)
				case sort == byName && r.table == tableNames, sort == byTaxID && r.table == tableTaxIDs:
				default:
					continue
				}
				found = append(found, one)
			}
		}
		return found, nil
	}
}

// matched writes what leads to whom.
func matched(t testing.TB, m *matter, find register) string {
	t.Helper()
	found, err := m.match("VN", time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC), find)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for id, matches := range found {
		for _, x := range matches {
			all = append(all, fmt.Sprintf("%s %s %s%v", id, strings.TrimPrefix(x.GetBasis().String(), "MATCH_BASIS_"), x.GetAsWritten(), x.GetAbout()))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

const twoLots = `
	classification: CLASSIFICATION_ALERT
	products { id: "p1" origins { state: ORIGIN_STATE_STATED area { code: "VN" } } codes { kind: SITE_CODE_KIND_PACKING_HOUSE code: "VN-BT PH 001" }
		lots { id: "p1.l1" number: "L1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "vn bt 001" } }
		lots { id: "p1.l2" number: "L2" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN–BT–002" } } }`

func TestMatch(t *testing.T) {
	owner := func(id, more string) *spsv1.Exporter {
		return parsed(t, &spsv1.Exporter{}, fmt.Sprintf(`name: "exporters/%s" %s`, id, more))
	}
	first := owner("first", `display_name { lang: "vi" text: "Công ty TNHH Xuất khẩu Thanh Long" } codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-001" }`)
	second := owner("second", `display_name { lang: "zh-Hans" text: "广西百色进出口有限公司" } codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT002" }`)
	house := owner("house", `tax_id: "030-123 456" codes { kind: SITE_CODE_KIND_PACKING_HOUSE code: "VNBTPH001" }`)
	find := registerOf(first, second, house,
		owner("late", `codes { kind: SITE_CODE_KIND_GROWING_AREA code: "LATE-1" until_date { year: 2026 month: 6 day: 14 } }`),
		owner("gacc", `codes { kind: SITE_CODE_KIND_GACC_REGISTRATION code: "CVNM1234" }`),
		owner("thai", `display_name { lang: "th" text: "บริษัท ทุเรียนทอง จำกัด (มหาชน)" }`))
	for _, tc := range []struct{ name, notification, facts, want string }{
		{"each its own lots, the packing house both", twoLots, "", "first CODE vn bt 001[p1.l1]; house CODE VN-BT PH 001[p1.l1 p1.l2]; second CODE VN–BT–002[p1.l2]"},
		{
			"a code of the product is of the lots that have no other of its kind", `products { id: "p1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT001" }
			lots { id: "p1.l1" } lots { id: "p1.l2" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT002" } } }`, "",
			"first CODE VNBT001[p1.l1]; second CODE VNBT002[p1.l2]",
		},
		{"a name, without marks and company form", `products { id: "p1" } parties { id: "o1" name: "XUAT KHAU THANH LONG CO., LTD" about: "p1" }`, "", "first NAME XUAT KHAU THANH LONG CO., LTD[p1]"},
		{"a name of another country", `products { id: "p1" } parties { id: "o1" name: "Xuất khẩu Thanh Long" area { code: "TH" } }`, "", ""},
		{"a Chinese name", `products { id: "p1" } parties { id: "o1" name: "广西百色进出口" }`, "", "second NAME 广西百色进出口[]"},
		{"a Thai name", `products { id: "p1" } parties { id: "o1" name: "ทุเรียนทอง" }`, "", "thai NAME ทุเรียนทอง[]"},
		{"a name that is nothing but a form", `products { id: "p1" } parties { id: "o1" name: "Co., Ltd." }`, "", ""},
		{"a tax number", `products { id: "p1" } parties { id: "o1" tax_id: "030123456" }`, "", "house TAX_ID 030123456[]"},
		{"a code whose time is over", `products { id: "p1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "LATE1" } }`, "", "late CODE_OUT_OF_DATE LATE1[p1]"},
		{"a code that another country gave", `products { id: "p1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT001" area { code: "TH" } } }`, "", ""},
		{"a code of a province", `products { id: "p1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT001" area { code: "VN-50" } } }`, "", "first CODE VNBT001[p1]"},
		{"a registration in China, which China gives", `products { id: "p1" } parties { id: "o1" gacc_number: "CVNM 1234" area { code: "CN" } }`, "", "gacc CODE CVNM 1234[]"},
		{"an approval number", `products { id: "p1" } parties { id: "o1" approval_number: "vnbt001" }`, "", "first CODE vnbt001[]"},
		{
			"a code that was suspended by itself", `products { id: "p1" } measures { id: "m1" code_status { code { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT001" } action: CODE_ACTION_SUSPENDED market { code: "CN" } } }`, "",
			"first CODE VNBT001[-]",
		},
		{"a code that a follow-up adds", `products { id: "p1" lots { id: "p1.l1" } }`, `parties { id: "o1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT001" } about: "n:p1.l1" }`, "first CODE VNBT001[p1.l1]"},
		{"nothing", `products { id: "p1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT009" } }`, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var facts []string
			if tc.facts != "" {
				facts = []string{tc.facts}
			}
			if got := matched(t, caseOf(t, "classification: CLASSIFICATION_ALERT "+strings.TrimPrefix(strings.TrimSpace(tc.notification), "classification: CLASSIFICATION_ALERT"), facts...), find); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// TestGoodsOfMatches holds whose goods several matches are.
func TestGoodsOfMatches(t *testing.T) {
	code, name := spsv1.MatchBasis_MATCH_BASIS_CODE, spsv1.MatchBasis_MATCH_BASIS_NAME
	of := func(basis spsv1.MatchBasis, about ...string) *spsv1.NoticeMatch {
		return &spsv1.NoticeMatch{Basis: basis, About: about}
	}
	for _, tc := range []struct {
		name    string
		matches []*spsv1.NoticeMatch
		want    string
	}{
		{"a name does not widen what a code leads to", []*spsv1.NoticeMatch{of(name), of(code, "p1.l1")}, "[p1.l1]"},
		{"a name alone", []*spsv1.NoticeMatch{of(name)}, "[]"},
		{"two codes", []*spsv1.NoticeMatch{of(code, "p1.l1"), of(code, "p1.l2", "p1.l1")}, "[p1.l1 p1.l2]"},
		{"a code of no goods", []*spsv1.NoticeMatch{of(code, nothing)}, "[-]"},
		{"a code of no goods and one of some", []*spsv1.NoticeMatch{of(code, nothing), of(code, "p2")}, "[p2]"},
		{"a code of all goods", []*spsv1.NoticeMatch{of(code, "p1"), of(code)}, "[]"},
	} {
		if got := fmt.Sprint(goods(tc.matches)); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}
