package access

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// Rate is how often something may happen: Count times per Per, at once or
// spread out. The zero Rate sets no limit.
type Rate struct {
	Count int
	Per   time.Duration // a second, a minute or an hour
}

// rateUnits are the periods that the text of a rate can name.
var rateUnits = []struct {
	text string
	per  time.Duration
}{{"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}}

// maxRate bounds the count of a rate.
const maxRate = 1_000_000

// ParseRate parses the text form of a rate, such as "100/s", "30/m" or "5/h";
// "off" is the zero Rate.
func ParseRate(s string) (Rate, error) {
	if s == "off" {
		return Rate{}, nil
	}
	count, unit, _ := strings.Cut(s, "/")
	n, err := strconv.Atoi(count)
	for _, u := range rateUnits {
		if u.text == unit && err == nil && n >= 1 && n <= maxRate {
			return Rate{Count: n, Per: u.per}, nil
		}
	}
	return Rate{}, fmt.Errorf("%q is not a rate such as 100/s, 30/m, 5/h or off", s)
}

// String returns the text form, which [ParseRate] reads.
func (r Rate) String() string {
	for _, u := range rateUnits {
		if r.Count > 0 && u.per == r.Per {
			return strconv.Itoa(r.Count) + "/" + u.text
		}
	}
	return "off"
}

// limiter returns a bucket that is full.
func (r Rate) limiter() *rate.Limiter {
	if r.Count <= 0 || r.Per <= 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(float64(r.Count)/r.Per.Seconds()), r.Count)
}

// Limits bound what each caller may ask of a node. They are held per identity,
// so that a second token or connection gives nothing more.
type Limits struct {
	Read    Rate // calls of [ClassRead]
	Write   Rate // calls of [ClassWrite]
	Issue   Rate // calls of [ClassIssue]
	Watches int  // calls of [ClassWatch] that are open at once; 0: no limit
	// Refusals is how many refused calls of one caller the audit log keeps; the
	// others are counted.
	Refusals Rate
	// Failures is how many failed proofs of identity one address may make. A
	// token that is good passes all the same: only what fails is held back.
	Failures Rate
}

// DefaultLimits returns the limits of a node that is told no others. They are
// far above what an office does and below what would disturb its other callers.
func DefaultLimits() Limits {
	return Limits{
		Read:     Rate{2000, time.Second},
		Write:    Rate{100, time.Second},
		Issue:    Rate{5000, time.Second},
		Watches:  64,
		Refusals: Rate{30, time.Minute},
		Failures: Rate{20, time.Minute},
	}
}
