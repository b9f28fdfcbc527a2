package codes

import (
	"regexp"
	"strings"
)

// NumberError says why a number cannot be right.
type NumberError struct {
	Form string // the form that it belongs to, as in a list's `# form:`, for example `gtin`
	// Digit is the check digit that the rest of the number asks for; empty if the
	// number has another form altogether.
	Digit string
	// Want says what a number of the form is, and Example shows one or several.
	Want, Example string
}

// Error says what is expected.
func (e *NumberError) Error() string {
	if e.Digit != "" {
		return "the check digit must be " + e.Digit + ": " + e.Want + ", such as " + e.Example
	}
	return e.Want + ", such as " + e.Example
}

// form is how the codes of a list are written.
type form string

// forms are the checks by form. A code of a list without a form may be anything.
var forms = map[form]func(string) error{
	"hs":          shape("hs", `^(0[1-9]|[1-9][0-9])([0-9]{2}){0,2}$`, "2, 4 or 6 digits", "08, 0804, 080450"),
	"ahtn":        shape("ahtn", `^[0-9]{8}([0-9]{2})?$`, "8 or 10 digits", "08045020"),
	"cn":          shape("cn", `^[0-9]{8}([0-9]{2})?$`, "8 or 10 digits", "08045000"),
	"ciq":         shape("ciq", `^[0-9]{8}([0-9]{2}([0-9]{3})?)?$`, "8, 10 or 13 digits", "0804502001"),
	"unece-rec20": shape("unece-rec20", `^[A-Z0-9]{2,3}$`, "2 or 3 capital letters and digits", "KGM, XCT"),
	"area":        shape("area", `^[A-Z]{2}$`, "2 capital letters", "VN"),
	"unlocode":    shape("unlocode", `^[A-Z]{2}[A-Z2-9]{3}$`, "2 letters of the country and 3 letters or digits", "VNHPH"),
	"foodex2":     shape("foodex2", `^[A-Z][0-9A-Z]{4}(#F[0-9]{2}\.[0-9A-Z]{5}(\$F[0-9]{2}\.[0-9A-Z]{5})*)?$`, "5 letters and digits, perhaps with facets", "A01SP, A01SP#F28.A07GL"),
	"eppo":        CheckEPPO,
	"cas":         CheckCAS,
	"gtin":        CheckGTIN,
	"iso6346":     CheckContainer,
	"e164":        CheckPhone,
	"ippc-mark":   CheckMark,
}

// shape returns a check by a pattern.
func shape(name form, pattern, want, example string) func(string) error {
	compiled := regexp.MustCompile(pattern)
	return func(code string) error {
		if !compiled.MatchString(code) {
			return &NumberError{Form: string(name), Want: want, Example: example}
		}
		return nil
	}
}

// CheckEPPO returns a *NumberError unless code is written as EPPO writes codes:
// five letters for a plant, six for an animal, a micro-organism or a virus, and
// a digit and five letters for a higher taxon or a group.
var CheckEPPO = shape("eppo", `^([A-Z]{5,6}|[1-9][A-Z]{5})$`, "5 capital letters for a plant, 6 for a pest, a digit and 5 letters for a group", "MNGIN, DACUDO, 1TEPHF")

// CheckPhone returns a *NumberError unless number is a telephone number as E.164
// writes it.
var CheckPhone = shape("e164", `^\+[1-9][0-9]{3,14}$`, "a plus sign, the code of the country and the number, 4 to 15 digits without blanks", "+84241234567")

// CheckMark returns a *NumberError unless mark is written as ISPM 15 asks of a
// mark on wood packaging: country, producer and treatment.
var CheckMark = shape("ippc-mark", `^(IPPC )?[A-Z]{2}[ -][A-Z0-9][A-Z0-9 ./-]{0,30}[ -](HT|MB|DH|SF)([ ,-][A-Z0-9 .,-]{1,20})?$`, "country, producer and treatment HT, MB, DH or SF", "VN-001 HT")

// What the numbers with check digits are.
var (
	gtin      = NumberError{Form: "gtin", Want: "8, 12, 13 or 14 digits, the last of which is the check digit", Example: "4006381333931"}
	container = NumberError{Form: "iso6346", Want: "4 letters, 6 digits and a check digit without blanks", Example: "CSQU3054383"}
	chemical  = NumberError{Form: "cas", Want: "2 to 7 digits, 2 digits and a check digit with hyphens between them", Example: "2921-88-2"}
)

// CheckGTIN returns a *NumberError unless number is a GS1 GTIN of 8, 12, 13 or
// 14 digits with its check digit.
func CheckGTIN(number string) error {
	n := len(number)
	if n != 8 && n != 12 && n != 13 && n != 14 || !digitsOnly(number) {
		return gtin.digit("")
	}
	sum := 0
	for i := range n - 1 {
		weight := 1
		if (n-i)%2 == 0 {
			weight = 3
		}
		sum += weight * int(number[i]-'0')
	}
	return gtin.check(number[n-1], (10-sum%10)%10)
}

// containerForm is an owner's code of three letters, the category U, J or Z or
// another letter, six digits, and the check digit.
var containerForm = regexp.MustCompile(`^[A-Z]{4}[0-9]{7}$`)

// CheckContainer returns a *NumberError unless number is that of a freight
// container by ISO 6346, with its check digit and without blanks.
func CheckContainer(number string) error {
	if !containerForm.MatchString(number) {
		return container.digit("")
	}
	sum := 0
	for i := range 10 {
		v := int(number[i] - '0')
		if number[i] >= 'A' {
			// Letters count from 10, leaving out the multiples of 11.
			v = int(number[i]-'A') + 10
			v += (v - 1) / 10
		}
		sum += v << i
	}
	return container.check(number[10], sum%11%10)
}

// casForm is two to seven digits, two digits, and the check digit.
var casForm = regexp.MustCompile(`^[1-9][0-9]{1,6}-[0-9]{2}-[0-9]$`)

// CheckCAS returns a *NumberError unless number is a CAS Registry Number with
// its check digit.
func CheckCAS(number string) error {
	if !casForm.MatchString(number) {
		return chemical.digit("")
	}
	digits := strings.ReplaceAll(number, "-", "")
	sum, last := 0, len(digits)-1
	for i := range last {
		sum += (last - i) * int(digits[i]-'0')
	}
	return chemical.check(digits[last], sum%10)
}

// digit returns the error of a number that asks for a check digit; "": it has
// another form.
func (e NumberError) digit(want string) error {
	e.Digit = want
	return &e
}

// check returns an error if a check digit is not the wanted one.
func (e NumberError) check(got byte, want int) error {
	if int(got-'0') == want {
		return nil
	}
	return e.digit(string(rune('0' + want)))
}

// digitsOnly reports whether s is nothing but digits.
func digitsOnly(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// IsTariff reports whether the codes of a list are customs codes, whose first six
// digits are of the Harmonized System.
func IsTariff(list string) bool {
	switch form(list) {
	case "hs", "ahtn", "cn", "ciq":
		return true
	}
	return false
}
