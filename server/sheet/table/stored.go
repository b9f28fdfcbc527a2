package table

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// mostDigits is how many digits of a number a spreadsheet keeps.
const mostDigits = 15

// storedForm is how a workbook writes a number.
var storedForm = regexp.MustCompile(`^([+-]?)([0-9]{0,400})(?:\.([0-9]{0,400}))?(?:[eE]([+-]?[0-9]{1,3}))?$`)

// plain returns a number of a workbook without an exponent, and with the digits
// that a spreadsheet keeps: what is written as 0.10000000000000001 was 0.1. It works
// on the digits, so no number becomes another one on the way. False if it is no
// number, or too large or small to be written so.
func plain(stored string) (string, bool) {
	m := storedForm.FindStringSubmatch(strings.TrimSpace(stored))
	if m == nil || m[2]+m[3] == "" {
		return "", false
	}
	exponent, _ := strconv.Atoi(m[4])
	digits := strings.TrimLeft(m[2]+m[3], "0")
	point := len(m[2]) + exponent - (len(m[2]+m[3]) - len(digits)) // from the left of digits
	if len(digits) > mostDigits {
		up := digits[mostDigits] >= '5'
		digits = digits[:mostDigits]
		if up {
			n, _ := strconv.ParseInt(digits, 10, 64) // 15 digits fit
			rounded := strconv.FormatInt(n+1, 10)
			point += len(rounded) - len(digits)
			digits = rounded
		}
	}
	digits = strings.TrimRight(digits, "0")
	if digits == "" {
		return "0", true
	}
	if point > 40 || point < -40 {
		return "", false
	}
	var text string
	switch {
	case point <= 0:
		text = "0." + strings.Repeat("0", -point) + digits
	case point >= len(digits):
		text = digits + strings.Repeat("0", point-len(digits))
	default:
		text = digits[:point] + "." + digits[point:]
	}
	return strings.Trim(m[1], "+") + text, true
}

// numeric returns the cell of a number that a workbook stores.
func numeric(stored string, of style, y1904 bool) Cell {
	text, ok := plain(stored)
	if !ok {
		return Cell{Kind: KindFailed, Text: tidy(stored)}
	}
	if of.date {
		if day, ok := serialDay(text, y1904); ok {
			return Cell{Kind: KindDate, Text: day}
		}
	}
	if whole := !strings.ContainsAny(text, ".-"); whole && len(text) < of.zeros {
		text = strings.Repeat("0", min(of.zeros, 64)-len(text)) + text
	}
	return Cell{Kind: KindNumber, Text: text}
}

// serialDay returns the day and time of day of a number of a workbook, which counts
// days from 1900 (with a 29 February that year, which there was not) or from 1904;
// false if it is no day of a calendar.
func serialDay(number string, y1904 bool) (string, bool) {
	days, fraction, _ := strings.Cut(number, ".")
	n, err := strconv.Atoi(days)
	if err != nil || n < 0 || n > 2_958_465 { // the end of the year 9999
		return "", false
	}
	part, err := strconv.ParseFloat("0."+fraction+"0", 64)
	if err != nil {
		return "", false
	}
	clock := time.Duration(math.Round(part*86_400)) * time.Second
	if n == 0 && !y1904 {
		return time.Time{}.Add(clock).Format(time.TimeOnly), true
	}
	from := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case y1904:
		from = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case n == 60:
		return "1900-02-29", true
	case n < 60:
		from = from.AddDate(0, 0, 1)
	}
	at := from.AddDate(0, 0, n).Add(clock)
	if clock == 0 {
		return at.Format(time.DateOnly), true
	}
	return at.Format(time.DateTime), true
}
