package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Codes are those of RFC 6238 with what every authenticator app has: HMAC-SHA-1,
// steps of 30 seconds from the Unix epoch, six digits.
const (
	totpStep   = 30 * time.Second
	totpDigits = 6
	totpSecret = 20 // bytes, the length that RFC 4226 recommends
	// totpDrift is by how many steps a person's clock may be wrong.
	totpDrift = 1
)

// hotp returns the code of a counter: RFC 4226, section 5.3.
func hotp(secret []byte, counter uint64, digits int) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, counter))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0x0f
	n := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	modulus := uint32(1)
	for range digits {
		modulus *= 10
	}
	return fmt.Sprintf("%0*d", digits, n%modulus)
}

// stepOf returns the number of the step that a time is in.
func stepOf(t time.Time) int64 { return t.Unix() / int64(totpStep/time.Second) }

// matchTOTP returns the step whose code it is, if it is one that the clock
// allows and that is later than the last one used: a code is good once.
func matchTOTP(secret []byte, code string, now time.Time, last int64) (step int64, ok bool) {
	for s := stepOf(now) - totpDrift; s <= stepOf(now)+totpDrift; s++ {
		if s > last && s >= 0 && subtle.ConstantTimeCompare([]byte(hotp(secret, uint64(s), totpDigits)), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

// newTOTP returns a new secret.
func newTOTP() []byte {
	b := make([]byte, totpSecret)
	_, _ = rand.Read(b) // never fails, by its contract
	return b
}

// totpText returns a secret as a person types it, and as a URI for a QR code.
func totpText(secret []byte, office, account string) (text, uri string) {
	text = base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	issuer := "SPS " + office
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + account}
	q := url.Values{
		"secret": {text}, "issuer": {issuer}, "algorithm": {"SHA1"},
		"digits": {fmt.Sprint(totpDigits)}, "period": {fmt.Sprint(int(totpStep / time.Second))},
	}
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20") // some authenticators show a plus
	return text, u.String()
}
