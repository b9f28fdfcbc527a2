package trader

import (
	"fmt"
	"strings"
	"testing"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestWhatNamesAnotherIsWithheld holds which texts of a case an exporter is shown:
// none that names another operator, whole or in short, and every one that does not.
func TestWhatNamesAnotherIsWithheld(t *testing.T) {
	operator := func(id, more string) *spsv1.Exporter {
		return parsed(t, &spsv1.Exporter{}, fmt.Sprintf(`name: "exporters/%s" %s`, id, more))
	}
	own := operator("own", `display_name { lang: "en" text: "Silver Leaf Vietnam Co., Ltd" } tax_id: "0301234567"
		codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-001-02" } codes { kind: SITE_CODE_KIND_PACKING_HOUSE code: "VN-PH-77" }`)
	find, owners := registerOf(own,
		operator("other", `display_name { lang: "vi" text: "Công ty TNHH Hàm Thuận" } codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-002" }`),
		operator("stranger", `display_name { lang: "en" text: "Golden Lotus Orchard Company" } codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-TG-900" }`))
	const goods = `products { id: "p1" name { lang: "en" text: "dragon fruit" } name { lang: "vi" text: "thanh long" } origins { area { code: "VN" } }
		lots { id: "p1.l1" number: "LOT-A1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-001-02" } }
		lots { id: "p1.l2" number: "LOT-B2" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-002" } } }`
	for _, tc := range []struct{ name, party, text, want string }{
		{"nobody", "", "mealybug in dragon fruit", "shown"},
		{"a name in full", "Silver Fruit Import Export Co., Ltd", "ask SILVER FRUIT IMPORT-EXPORT", "withheld"},
		{"a name in short", "Silver Fruit Import Export Co., Ltd", "Silver Fruit has the papers", "withheld"},
		{"its words apart", "Silver Fruit Import Export Co., Ltd", "fruit export needs a permit", "shown"},
		{"a name that begins as one's own", "Silver Leaf China Ltd", "Silver Leaf Vietnam has the papers", "shown"},
		{"and that name itself", "Silver Leaf China Ltd", "not Silver Leaf Vietnam but Silver Leaf China", "withheld"},
		{"three letters", "SJF Co., Ltd", "ask SJF for the truck", "withheld"},
		{"two", "AJ Trading", "A.J. or AJ?", "withheld"},
		{"three letters inside a word", "SJF Co., Ltd", "the sjfx form", "shown"},
		{"one letter, with its form", "X Co., Ltd", "X Co has it, x is unknown", "withheld"},
		{"one letter alone", "X Co., Ltd", "treated with x-rays", "shown"},
		{"a firm called as the goods", "Dragon Fruit", "dragon fruit was held", "shown"},
		{"a firm called as the goods, with its form", "Dragon Fruit Company Ltd", "Dragon Fruit Company Ltd. was held", "withheld"},
		{"the middle of a Vietnamese name, without marks", "Công ty TNHH Thanh Long Hoàng Hậu", "hop dong cua Hoang Hau", "withheld"},
		{"the goods in a Vietnamese name", "Công ty TNHH Thanh Long Hoàng Hậu", "thanh long bị giữ", "shown"},
		{"a Chinese name in a sentence", "凭祥红星进出口有限公司", "由凭祥红星进出口公司申报", "withheld"},
		{"a Chinese name without its city", "凭祥市红星水果贸易有限公司", "红星公司申报", "withheld"},
		{"a Chinese text about nobody", "凭祥市红星水果贸易有限公司", "凭祥市口岸水果检疫", "shown"},
		{"a Thai name in a sentence", "บริษัท ทุเรียนทอง ส่งออก จำกัด", "ติดต่อทุเรียนทองแล้ว", "withheld"},
		{"the other exporter of the case", "", "next to Ham Thuan", "withheld"},
		{"its code", "", "next to (VN BT 002).", "withheld"},
		{"its code with a label", "", "PUC:VN-BT-002", "withheld"},
		{"its code in a Chinese sentence", "", "基地VNBT002号", "withheld"},
		{"its code in other digits", "", "VN-BT-๐๐๒", "withheld"},
		{"its lot", "", "lots LOT-A1 and LOT B2", "withheld"},
		{"one's own lot", "", "lot LOT-A1", "shown"},
		{"one's own code, of which another's is a part", "code VN-BT-001", "VN-BT-001-02 is refused", "shown"},
		{"one's own code and another's behind it", "", "VN-BT-001-02/VN-BT-002", "withheld"},
		{"a longer number with another's code in it", "code 0804", "HS 0804.50 and 080450", "shown"},
		{"a number that is another's code", "code 0804", "packed by 0804, see there", "withheld"},
		{"a registered exporter that has no part", "", "as at Golden Lotus Orchard last year", "withheld"},
		{"its code", "", "as at TG-900 last year", "withheld"},
		{"one's own name and number", "", "Silver Leaf, tax 0301234567", "shown"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			party := ""
			if code, ok := strings.CutPrefix(tc.party, "code "); ok {
				party = fmt.Sprintf(`parties { id: "o1" codes { kind: SITE_CODE_KIND_ESTABLISHMENT code: %q area { code: "TH" } } }`, code)
			} else if tc.party != "" {
				party = fmt.Sprintf(`parties { id: "o1" name: %q }`, tc.party)
			}
			m := caseOf(t, fmt.Sprintf(`classification: CLASSIFICATION_ALERT %s %s
				findings { id: "f1" about: "p1.l1" text { lang: "en" text: %q } }`, goods, party, tc.text))
			found, err := m.match(viet, find, owners)
			if err != nil {
				t.Fatal(err)
			}
			n := m.content(own, found["own"]).GetNotification()
			if len(n.GetFindings()) != 1 || n.GetProducts()[0].GetLots()[0].GetNumber() != "LOT-A1" || len(n.GetProducts()[0].GetName()) != 2 {
				t.Fatalf("shown is %v, want the exporter's own lot and finding whatever is said of others", n)
			}
			got := "withheld"
			if len(n.GetFindings()[0].GetText()) == 1 {
				got = "shown"
			}
			if got != tc.want {
				t.Errorf("%q is %s, want %s; names %q, numbers %v", tc.text, got, tc.want, m.secretsFor(m.shareOf(own, found["own"])).names, m.secretsFor(m.shareOf(own, found["own"])).numbers)
			}
		})
	}
}

// TestCodesOfListsAreShown holds that a code of a list is no code of an operator.
func TestCodesOfListsAreShown(t *testing.T) {
	own := parsed(t, &spsv1.Exporter{}, `name: "exporters/own" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-001" }`)
	find, owners := registerOf(own)
	m := caseOf(t, `products { id: "p1" origins { area { code: "VN" } } commodity_codes { system: "hs" code: "081090" } quantity { value: "102" rec20: "KGM" }
			codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-001" } }
		parties { id: "o1" area { code: "CN" } approval_number: "102" codes { kind: SITE_CODE_KIND_ESTABLISHMENT code: "081090" } }`)
	found, err := m.match(viet, find, owners)
	if err != nil {
		t.Fatal(err)
	}
	p := m.content(own, found["own"]).GetNotification().GetProducts()[0]
	if p.GetCommodityCodes()[0].GetCode() != "081090" || p.GetQuantity().GetValue() != "102" {
		t.Errorf("shown is %v, want the HS code and the quantity", p)
	}
}

// FuzzWithheld puts the name and the code of another operator into any text: it is
// withheld, whatever stands before and behind.
func FuzzWithheld(f *testing.F) {
	for _, s := range []string{"", "lot 12-", "VN-BT-001", "ผลไม้", "凭祥", "\u0301", "Silver", "\xff", "a.b_c", "\u200b0"} {
		f.Add(s, s)
	}
	own := &spsv1.Exporter{
		Name: "exporters/own", DisplayName: []*spsv1.LocalizedText{{Lang: "en", Text: "Silver Leaf Vietnam"}},
		Codes: []*spsv1.ExporterCode{{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_GROWING_AREA, Code: "VN-BT-001"}},
	}
	m := caseOf(f, `products { id: "p1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-001" } }
		parties { id: "o1" name: "Silver Fruit Import Co., Ltd" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-002" } }
		parties { id: "o2" name: "บริษัท ทุเรียนทอง จำกัด" }`)
	find, owners := registerOf(own)
	found, err := m.match(viet, find, owners)
	if err != nil {
		f.Fatal(err)
	}
	secret := m.secretsFor(m.shareOf(own, found["own"]))
	f.Fuzz(func(t *testing.T, before, behind string) {
		for _, named := range []string{"Silver Fruit", "VN-BT-002", "vn bt.002", "ทุเรียนทอง"} {
			if text := before + " " + named + " " + behind; !secret.in(text) {
				t.Errorf("%q is shown, want it withheld for %q", text, named)
			}
		}
	})
}
