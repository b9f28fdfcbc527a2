package trader

import (
	"fmt"
	"reflect"
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
func registerOf(exporters ...*spsv1.Exporter) (register, owners) {
	owner := func(id string) (*spsv1.Exporter, error) {
		return exporters[slices.IndexFunc(exporters, func(e *spsv1.Exporter) bool { return exporterID(e.GetName()) == id })], nil
	}
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
	}, owner
}

// viet is for whom these tests look for exporters.
var viet = where{office: "VN", zone: time.UTC, exactCode: 4}

// matched writes what leads to whom.
func matched(t testing.TB, m *matter, find register, owner owners) string {
	t.Helper()
	found, err := m.match(viet, find, owner)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for id, matches := range found {
		for _, x := range matches {
			about := fmt.Sprint(x.GetAbout())
			if x.GetNoGoods() {
				about = "[-]"
			}
			all = append(all, fmt.Sprintf("%s %s %s%s", id, strings.TrimPrefix(x.GetBasis().String(), "MATCH_BASIS_"), x.GetAsWritten(), about))
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
	find, owners := registerOf(first, second, house,
		owner("late", `codes { kind: SITE_CODE_KIND_GROWING_AREA code: "LATE-1" until_date { year: 2026 month: 6 day: 14 } }`),
		owner("soon", `codes { kind: SITE_CODE_KIND_GROWING_AREA code: "LATE-1" from_date { year: 2026 month: 6 day: 15 } }`),
		owner("gacc", `codes { kind: SITE_CODE_KIND_GACC_REGISTRATION code: "CVNM1234" }`),
		owner("plant", `codes { kind: SITE_CODE_KIND_PACKING_HOUSE code: "102" } codes { kind: SITE_CODE_KIND_ESTABLISHMENT code: "DL 4711" } codes { kind: SITE_CODE_KIND_OTHER code: "QX-4712" }`),
		owner("dash", `tax_id: "-" codes { kind: SITE_CODE_KIND_FARM code: "–" }`),
		owner("thai", `display_name { lang: "th" text: "บริษัท ทุเรียนทอง จำกัด (มหาชน)" }`))
	const from = `origins { state: ORIGIN_STATE_STATED area { code: "VN" } } `
	june := func(issued, sampled int) string {
		text := fmt.Sprintf(`issued %d products { id: "p1" %s codes { kind: SITE_CODE_KIND_GROWING_AREA code: "LATE1" } }`, issued, from)
		if sampled != 0 {
			text += fmt.Sprintf(` samples { id: "s1" sampling_date { year: 2026 month: 6 day: %d } }`, sampled)
		}
		return text
	}
	for _, tc := range []struct{ name, notification, facts, want string }{
		{"each its own lots, the packing house both", twoLots, "", "first CODE vn bt 001[p1.l1]; house CODE VN-BT PH 001[p1.l1 p1.l2]; second CODE VN–BT–002[p1.l2]"},
		{
			"a code of the product is of the lots that have no other of its kind", `products { id: "p1" ` + from + `codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT001" }
			lots { id: "p1.l1" } lots { id: "p1.l2" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT002" } } }`, "",
			"first CODE VNBT001[p1.l1]; second CODE VNBT002[p1.l2]",
		},
		{
			"a code of a product of which every lot has another is of no lot", `products { id: "p1" ` + from + `codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT001" }
			lots { id: "p1.l2" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT002" } } }`, "",
			"first CODE VNBT001[-]; second CODE VNBT002[p1.l2]",
		},
		{"a name, without marks and company form", `products { id: "p1" } parties { id: "o1" name: "XUAT KHAU THANH LONG CO., LTD" about: "p1" }`, "", "first NAME XUAT KHAU THANH LONG CO., LTD[p1]"},
		{"a name of another country", `products { id: "p1" } parties { id: "o1" name: "Xuất khẩu Thanh Long" area { code: "TH" } }`, "", ""},
		{"a Chinese name, and nothing said of goods", `products { id: "p1" } parties { id: "o1" name: "广西百色进出口" }`, "", "second NAME 广西百色进出口[-]"},
		{"a Thai name", `products { id: "p1" } parties { id: "o1" name: "ทุเรียนทอง" about: "p1" }`, "", "thai NAME ทุเรียนทอง[p1]"},
		{"a name that is nothing but a form", `products { id: "p1" } parties { id: "o1" name: "Co., Ltd." }`, "", ""},
		{"a tax number", `products { id: "p1" } parties { id: "o1" tax_id: "030123456" }`, "", "house TAX_ID 030123456[-]"},
		{"hyphens instead of a tax number and a code", `products { id: "p1" ` + from + `codes { kind: SITE_CODE_KIND_FARM code: "-" } } parties { id: "o1" tax_id: "-" }`, "", ""},
		{"a code of a party, and nothing said of goods", twoLots + ` parties { id: "o1" area { code: "VN" } codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT001" } }`, "", "first CODE VNBT001[-]; first CODE vn bt 001[p1.l1]; house CODE VN-BT PH 001[p1.l1 p1.l2]; second CODE VN–BT–002[p1.l2]"},
		{"a code of a party with a product is of no lot of another code", twoLots + ` parties { id: "o1" area { code: "VN" } about: "p1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT001" } }`, "", "first CODE VNBT001[p1.l1]; first CODE vn bt 001[p1.l1]; house CODE VN-BT PH 001[p1.l1 p1.l2]; second CODE VN–BT–002[p1.l2]"},
		{"of a code that moved, who had it when the case was issued", june(14, 0), "", "late CODE LATE1[p1]; soon CODE_OUT_OF_DATE LATE1[p1]"},
		{"a day later the next", june(15, 0), "", "late CODE_OUT_OF_DATE LATE1[p1]; soon CODE LATE1[p1]"},
		{"and who had it when the goods were sampled", june(20, 13), "", "late CODE LATE1[p1]; soon CODE_OUT_OF_DATE LATE1[p1]"},
		{"a code that another country gave", `products { id: "p1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT001" area { code: "TH" } } }`, "", ""},
		{"a code of a province", `products { id: "p1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT001" area { code: "VN-50" } } }`, "", "first CODE VNBT001[p1]"},
		{"a code without the letters of its country", `products { id: "p1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "BT.001" area { code: "VN" } } }`, "", "first CODE BT.001[p1]"},
		{"a code of which nobody says who gave it", `products { id: "p1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "BT 001" } }`, "", "first CODE_PARTIAL BT 001[p1]"},
		{"the letters of the country in front say it", `products { id: "p1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN BT 001" } }`, "", "first CODE VN BT 001[p1]"},
		{"goods of two countries do not", `products { id: "p1" origins { area { code: "VN" } } origins { area { code: "TH" } } codes { kind: SITE_CODE_KIND_GROWING_AREA code: "BT 001" } }`, "", "first CODE_PARTIAL BT 001[p1]"},
		{"a code of another kind", `products { id: "p1" ` + from + `codes { kind: SITE_CODE_KIND_PACKING_HOUSE code: "VNBT001" } }`, "", ""},
		{"a code of no kind", `products { id: "p1" ` + from + `codes { code: "VNBT001" } }`, "", "first CODE_PARTIAL VNBT001[p1]"},
		{"a code that is registered without a kind", `products { id: "p1" ` + from + `codes { kind: SITE_CODE_KIND_FARM code: "QX4712" } }`, "", "plant CODE_PARTIAL QX4712[p1]"},
		{"a short code", `products { id: "p1" ` + from + `codes { kind: SITE_CODE_KIND_PACKING_HOUSE code: "102" } }`, "", "plant CODE_PARTIAL 102[p1]"},
		{"a short code of a plant of China", `products { id: "p1" } parties { id: "o1" area { code: "CN" } codes { kind: SITE_CODE_KIND_ESTABLISHMENT code: "102" } approval_number: "102" gacc_number: "102" }`, "", ""},
		{"a registration in China, of a site in its own country", `products { id: "p1" } parties { id: "o1" gacc_number: "CVNM 1234" area { code: "VN" } }`, "", "gacc CODE CVNM 1234[-]"},
		{"a registration in China does not say where the site is", `products { id: "p1" codes { kind: SITE_CODE_KIND_GACC_REGISTRATION code: "CVNM 1234" area { code: "CN" } } }`, "", "gacc CODE_PARTIAL CVNM 1234[p1]"},
		{"a registration in China of a site in Thailand", `products { id: "p1" } parties { id: "o1" gacc_number: "CVNM 1234" area { code: "TH" } }`, "", ""},
		{"a registration in China of goods of their own country", `products { id: "p1" ` + from + `codes { kind: SITE_CODE_KIND_GACC_REGISTRATION code: "CVNM 1234" area { code: "CN" } } }`, "", "gacc CODE CVNM 1234[p1]"},
		{"an approval number of an establishment", `products { id: "p1" } parties { id: "o1" approval_number: "dl-4711" area { code: "VN" } }`, "", "plant CODE dl-4711[-]"},
		{"an approval number of something else", `products { id: "p1" } parties { id: "o1" approval_number: "vnbt001" area { code: "VN" } }`, "", "first CODE_PARTIAL vnbt001[-]"},
		{
			"a code that was suspended by itself", `products { id: "p1" ` + from + `} measures { id: "m1" code_status { code { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT001" } action: CODE_ACTION_SUSPENDED market { code: "CN" } } }`, "",
			"first CODE VNBT001[-]",
		},
		{
			"of a code that is suspended later, who has it then", june(14, 0), `measures { id: "m1" code_status { code { kind: SITE_CODE_KIND_GROWING_AREA code: "LATE1" } action: CODE_ACTION_SUSPENDED market { code: "CN" } start_time { seconds: 1782000000 } } }`,
			"late CODE LATE1[p1]; late CODE_OUT_OF_DATE LATE1[-]; soon CODE LATE1[-]; soon CODE_OUT_OF_DATE LATE1[p1]",
		},
		{"a code that a follow-up adds", `products { id: "p1" ` + from + `lots { id: "p1.l1" } }`, `parties { id: "o1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT001" area { code: "VN" } } about: "n:p1.l1" }`, "first CODE VNBT001[p1.l1]"},
		{"nothing", `products { id: "p1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT009" } }`, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var facts []string
			if tc.facts != "" {
				facts = []string{tc.facts}
			}
			text, issued := strings.TrimPrefix(strings.TrimSpace(tc.notification), "classification: CLASSIFICATION_ALERT"), 1
			if _, err := fmt.Sscanf(text, "issued %d", &issued); err == nil {
				_, text, _ = strings.Cut(text, fmt.Sprint(issued))
			}
			m := caseOf(t, "classification: CLASSIFICATION_ALERT "+text, facts...)
			m.issued = time.Date(2026, 6, issued, 0, 0, 0, 0, time.UTC)
			if got := matched(t, m, find, owners); got != tc.want {
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
	none := &spsv1.NoticeMatch{Basis: code, NoGoods: true}
	for _, tc := range []struct {
		name    string
		matches []*spsv1.NoticeMatch
		want    coverage
	}{
		{"a name does not widen what a code leads to", []*spsv1.NoticeMatch{of(name), of(code, "p1.l1")}, coverage{ids: []string{"p1.l1"}}},
		{"a code of part of its kind does not either", []*spsv1.NoticeMatch{of(spsv1.MatchBasis_MATCH_BASIS_CODE_PARTIAL, "p2"), of(code, "p1.l1")}, coverage{ids: []string{"p1.l1"}}},
		{"an officer alone", []*spsv1.NoticeMatch{of(spsv1.MatchBasis_MATCH_BASIS_BY_HAND)}, coverage{all: true}},
		{"two codes", []*spsv1.NoticeMatch{of(code, "p1.l1"), of(code, "p1.l2", "p1.l1")}, coverage{ids: []string{"p1.l1", "p1.l2"}}},
		{"a code of no goods", []*spsv1.NoticeMatch{none}, coverage{none: true}},
		{"a code of no goods and one of some", []*spsv1.NoticeMatch{none, of(code, "p2")}, coverage{ids: []string{"p2"}}},
		{"a code of all goods", []*spsv1.NoticeMatch{of(code, "p1"), of(code)}, coverage{all: true}},
	} {
		if got := coverageOf(tc.matches); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: %+v, want %+v", tc.name, got, tc.want)
		}
	}
}
