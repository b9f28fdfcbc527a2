package main

import (
	"strings"
	"testing"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func TestCodesAreNamed(t *testing.T) {
	product := &spsv1.Product{
		Id:             "p1",
		CommodityCodes: []*spsv1.Coding{{System: "hs", Code: "081060", Version: "2022"}, {System: "ahtn", Code: "08106000"}},
		Origins:        []*spsv1.Origin{{State: spsv1.OriginState_ORIGIN_STATE_STATED, Area: &spsv1.Area{Code: "TH-22"}}},
		Quantity:       &spsv1.Quantity{Value: "12", Unit: &spsv1.Quantity_Rec20{Rec20: "TNE"}},
		Category:       &spsv1.Concept{Codings: []*spsv1.Coding{{System: "rasff-product-category", Code: "wine"}}},
	}
	for _, tc := range []struct {
		languages []string
		want      []string
	}{
		{nil, []string{`code: "081060" # durians, fresh`, `code: "08106000"` + "\n", "code: TH-22 # Thailand", "rec20: TNE # tonne", "code: wine\n"}},
		{[]string{"vi-VN"}, []string{`code: "081060" # sầu riêng tươi`, "code: TH-22 # Thái Lan", "rec20: TNE # tấn", "code: wine # rượu vang"}},
	} {
		var out strings.Builder
		if err := printInFull(&out, "in full", product, tc.languages); err != nil {
			t.Fatal(err)
		}
		for _, want := range tc.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("in %v it lacks %q:\n%s", tc.languages, want, out.String())
			}
		}
	}
}
