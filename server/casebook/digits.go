package casebook

import "strings"

// digits returns the digits of a customs tariff code: "0804.50" is "080450".
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
