package codes_test

import (
	"errors"
	"testing"

	"github.com/spsalert/spsalert/client/codes"
)

func TestNumbers(t *testing.T) {
	for _, tc := range []struct {
		name  string
		check func(string) error
		value string
		digit string // that the error wants
		bad   bool
	}{
		{"GTIN-13", codes.CheckGTIN, "4006381333931", "", false},
		{"GTIN-8", codes.CheckGTIN, "73513537", "", false},
		{"GTIN-12", codes.CheckGTIN, "036000291452", "", false},
		{"GTIN-14", codes.CheckGTIN, "10614141000415", "", false},
		{"GTIN with another check digit", codes.CheckGTIN, "4006381333932", "1", true},
		{"GTIN with two digits changed", codes.CheckGTIN, "4006381339331", "9", true},
		{"GTIN of eleven digits", codes.CheckGTIN, "03600029145", "", true},
		{"GTIN with a blank", codes.CheckGTIN, "400638 133393", "", true},
		{"GTIN, nothing", codes.CheckGTIN, "", "", true},
		{"container", codes.CheckContainer, "CSQU3054383", "", false},
		{"container of the sample", codes.CheckContainer, "SPAU1082380", "", false},
		{"container whose remainder is ten", codes.CheckContainer, "CSQU3054300", "", false},
		{"container with another check digit", codes.CheckContainer, "CSQU3054384", "3", true},
		{"container with a blank", codes.CheckContainer, "CSQU 3054383", "", true},
		{"container in small letters", codes.CheckContainer, "csqu3054383", "", true},
		{"CAS of water", codes.CheckCAS, "7732-18-5", "", false},
		{"CAS of chlorpyrifos", codes.CheckCAS, "2921-88-2", "", false},
		{"CAS of formaldehyde", codes.CheckCAS, "50-00-0", "", false},
		{"CAS with another check digit", codes.CheckCAS, "2921-88-3", "2", true},
		{"CAS without hyphens", codes.CheckCAS, "2921882", "", true},
		{"CAS with a zero in front", codes.CheckCAS, "02921-88-2", "", true},
		{"EPPO, a plant", codes.CheckEPPO, "MNGIN", "", false},
		{"EPPO, a pest", codes.CheckEPPO, "DACUDO", "", false},
		{"EPPO, a family", codes.CheckEPPO, "1TEPHF", "", false},
		{"EPPO in small letters", codes.CheckEPPO, "dacudo", "", true},
		{"EPPO, seven letters", codes.CheckEPPO, "DACUDOR", "", true},
		{"telephone", codes.CheckPhone, "+84241234567", "", false},
		{"telephone with blanks", codes.CheckPhone, "+84 24 123", "", true},
		{"telephone without a country", codes.CheckPhone, "0241234567", "", true},
		{"mark", codes.CheckMark, "VN-001 HT", "", false},
		{"mark with a province and more", codes.CheckMark, "IPPC CN 44-1234 MB DB", "", false},
		{"mark without a treatment", codes.CheckMark, "VN-001", "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.check(tc.value)
			if !tc.bad {
				if err != nil {
					t.Errorf("%q: %v, want no error", tc.value, err)
				}
				return
			}
			var wrong *codes.NumberError
			if !errors.As(err, &wrong) || wrong.Digit != tc.digit || wrong.Want == "" {
				t.Errorf("%q: %#v, want a NumberError that asks for the digit %q and says what it wants", tc.value, err, tc.digit)
			}
		})
	}
}

// TestCheckDigitsFindSlips holds what check digits are for: each single digit
// that is mistyped is found, wherever it stands. Those of CAS find fewer.
func TestCheckDigitsFindSlips(t *testing.T) {
	for name, tc := range map[string]struct {
		check func(string) error
		right string
	}{
		"GTIN":      {codes.CheckGTIN, "4006381333931"},
		"container": {codes.CheckContainer, "CSQU3054383"},
	} {
		for i, c := range []byte(tc.right) {
			if c < '0' || c > '9' {
				continue
			}
			for d := byte('0'); d <= '9'; d++ {
				wrong := []byte(tc.right)
				if wrong[i] = d; d != c && tc.check(string(wrong)) == nil {
					t.Errorf("%s %s passes for %s", name, wrong, tc.right)
				}
			}
		}
	}
}

func TestCheck(t *testing.T) {
	for _, tc := range []struct {
		name, system, code, version string
		want                        error // nil: none; a NumberError: any such
	}{
		{"of a whole list", "cxg25-reason", "labelling", "", nil},
		{"not of a whole list", "cxg25-reason", "labeling", "", codes.ErrNoCode},
		{"not of a whole list, of another version", "cxg25-reason", "labeling", "2030", nil},
		{"not of an open list", "hs", "392410", "2022", nil},
		{"in the form of no such code", "hs", "8.04", "", &codes.NumberError{}},
		{"a check digit", "cas", "2921-88-3", "", &codes.NumberError{}},
		{"a list of nobody", "HS", "080450", "", codes.ErrNoList},
		{"a list that is a URI", "https://example.org/pests", "x", "", nil},
		{"a package", "unece-rec20", "XAE", "", nil},
		{"an area", "area", "VN", "", nil},
		{"no area", "area", "QQ", "", codes.ErrNoCode},
		{"FoodEx2 with facets", "foodex2", "A01LH#F01.A064R$F02.A0ELC", "", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := codes.Builtin().Check(tc.system, tc.code, tc.version)
			var number *codes.NumberError
			if errors.As(tc.want, &number) {
				if !errors.As(got, &number) {
					t.Errorf("Check = %v, want a NumberError", got)
				}
				return
			}
			if !errors.Is(got, tc.want) || (got == nil) != (tc.want == nil) {
				t.Errorf("Check = %v, want %v", got, tc.want)
			}
		})
	}
}
