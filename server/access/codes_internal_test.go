package access

import (
	"fmt"
	"net/url"
	"testing"
	"time"
)

// rfcSecret is the one of the vectors of RFC 4226 and, with HMAC-SHA-1, RFC 6238.
var rfcSecret = []byte("12345678901234567890")

func TestHOTPVectors(t *testing.T) { // RFC 4226, appendix D
	for counter, want := range []string{
		"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
	} {
		if got := hotp(rfcSecret, uint64(counter), 6); got != want {
			t.Errorf("code of counter %d = %s, want %s", counter, got, want)
		}
	}
}

func TestTOTPVectors(t *testing.T) { // RFC 6238, appendix B
	for _, tc := range []struct {
		unix int64
		want string
	}{
		{59, "94287082"},
		{1111111109, "07081804"},
		{1111111111, "14050471"},
		{1234567890, "89005924"},
		{2000000000, "69279037"},
		{20000000000, "65353130"},
	} {
		at := time.Unix(tc.unix, 0)
		if got := hotp(rfcSecret, uint64(stepOf(at)), 8); got != tc.want {
			t.Errorf("code at %d = %s, want %s", tc.unix, got, tc.want)
		}
		step, ok := matchTOTP(rfcSecret, tc.want[2:], at, 0)
		if !ok || step != stepOf(at) {
			t.Errorf("matchTOTP at %d = %d, %t, want %d, true", tc.unix, step, ok, stepOf(at))
		}
	}
}

func TestCodeIsGoodOnceAndForAWhile(t *testing.T) {
	at := time.Unix(1111111111, 0)
	step := stepOf(at)
	code := func(s int64) string { return hotp(rfcSecret, uint64(s), totpDigits) }
	for _, tc := range []struct {
		name string
		code string
		last int64
		want bool
	}{
		{"of now", code(step), 0, true},
		{"of the step before", code(step - 1), 0, true},
		{"of the step after", code(step + 1), 0, true},
		{"of two steps before", code(step - 2), 0, false},
		{"of two steps after", code(step + 2), 0, false},
		{"used", code(step), step, false},
		{"older than the one used", code(step - 1), step, false},
		{"newer than the one used", code(step + 1), step, true},
		{"empty", "", 0, false},
		{"with a space", " " + code(step), 0, false},
		{"longer", code(step) + "0", 0, false},
	} {
		if _, got := matchTOTP(rfcSecret, tc.code, at, tc.last); got != tc.want {
			t.Errorf("%s: matchTOTP = %t, want %t", tc.name, got, tc.want)
		}
	}
}

func TestTOTPText(t *testing.T) {
	text, uri := totpText(rfcSecret, "VN", "lan.nguyen")
	if want := "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"; text != want {
		t.Errorf("secret = %s, want %s", text, want)
	}
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(u.Scheme, " ", u.Host, " ", u.Path, " ", u.Query().Get("secret"), " ", u.Query().Get("issuer"))
	if want := "otpauth totp /SPS VN:lan.nguyen " + text + " SPS VN"; got != want {
		t.Errorf("URI says %q, want %q", got, want)
	}
}
