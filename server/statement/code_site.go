package statement

import (
	"slices"
	"strings"
	"unicode"

	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// FoldCode returns a site code as it is compared, wherever codes are: letters and
// digits only, in small letters and ordinary width, without diacritics of Latin
// letters, the digits of any script as 0 to 9, and without the letters of the
// country or area that gave it in front. Leading zeros count. origin is empty if
// that is not known; then nothing is taken off, because the letters in front of
// many codes are of no country.
//
//	VN-ĐL 0123, VN    dl0123
//	vndl.0123, VN     dl0123
//	DL 0123, VN       dl0123
//	VN-DL 0123        vndl0123
//	ทด ๐๑๒            ทด012
//
// Folded again, with the same origin or none, it stays as it is. It is empty only
// for a text that shows nothing; a code of signs alone is folded to these signs.
// It has no blanks and no control characters.
func FoldCode(code, origin string) string {
	folded := plain.Text(code)
	for {
		next := strings.Map(letterOrDigit, folded)
		if next == "" { // signs only: then they are all there is to compare
			return plain.Joined(folded)
		}
		if next = plain.Text(next); next == folded {
			break
		}
		folded = next // what stood apart may belong together now, as a letter and its accent
	}
	for origin != "" {
		rest, ok := strings.CutPrefix(folded, strings.ToLower(origin))
		if !ok || rest == "" {
			break
		}
		folded = rest
	}
	return folded
}

// letterOrDigit returns a letter or mark as it is and a digit as one of 0 to 9;
// it drops anything else.
func letterOrDigit(r rune) rune {
	switch {
	case unicode.IsDigit(r):
		return '0' + digitOf(r)
	case unicode.IsLetter(r), unicode.Is(unicode.M, r):
		return r
	}
	return -1
}

// digitOf returns what a decimal digit of any script stands for: their ranges
// begin with a 0.
func digitOf(r rune) rune {
	for _, in := range unicode.Nd.R16 {
		if rune(in.Lo) <= r && r <= rune(in.Hi) {
			return (r - rune(in.Lo)) % 10
		}
	}
	for _, in := range unicode.Nd.R32 {
		if rune(in.Lo) <= r && r <= rune(in.Hi) {
			return (r - rune(in.Lo)) % 10
		}
	}
	return 0
}

// FoldsOf returns what [FoldCode] may have made of a code that somebody asks for,
// whoever gave it: its own form, and that without two letters in front. origin
// is empty if the caller does not say which country or area it means.
func FoldsOf(code, origin string) []string {
	all := []string{FoldCode(code, "")}
	if short := FoldCode(code, origin); origin != "" {
		all = append(all, short, strings.ToLower(origin)+short)
	} else if whole := all[0]; len(whole) > 2 && isLetter(whole[0]) && isLetter(whole[1]) {
		all = append(all, whole[2:])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' }

// MeansCode reports whether a code that somebody asks for is one that a
// statement names. origin is empty if the caller does not say which country or
// area it means.
func MeansCode(code, origin string, said *spsv1.CodeStatement) bool {
	whole, area := FoldCode(code, ""), said.GetOrigin()
	if origin != "" && area != "" && origin != area {
		return false
	}
	named := FoldCode(said.GetCode().GetCode(), area)
	if area == "" {
		area = origin
	}
	return named == whole || area != "" && FoldCode(named, area) == FoldCode(code, area)
}

// A CodeScope is a market and goods for which a code stands somehow.
type CodeScope struct {
	Market  *spsv1.Area
	Product *spsv1.Concept // nil: all goods
}

// Covers reports whether what holds for a scope holds for another: a union for
// its members, a country for its provinces, a customs heading for all below it, all goods for any.
func (s CodeScope) Covers(other CodeScope) bool {
	return coversMarket(s.Market, other.Market) && coversGoods(s.Product, other.Product)
}

// Meets reports whether one of two scopes covers the other, in market and goods
// each.
func (s CodeScope) Meets(other CodeScope) bool {
	return (coversMarket(s.Market, other.Market) || coversMarket(other.Market, s.Market)) &&
		(coversGoods(s.Product, other.Product) || coversGoods(other.Product, s.Product))
}

// MarketsMeet reports whether of two markets one is the other, or a part of it: a
// province, a member of a union.
func MarketsMeet(a, b *spsv1.Area) bool { return coversMarket(a, b) || coversMarket(b, a) }

func coversMarket(a, b *spsv1.Area) bool {
	if a.GetCode() == "" || b.GetCode() == "" {
		return a.GetCode() == b.GetCode() && plain.Text(a.GetAsWritten()) == plain.Text(b.GetAsWritten())
	}
	return a.GetCode() == b.GetCode() || strings.HasPrefix(b.GetCode(), a.GetCode()+"-") || speaksFor(a.GetCode(), countryOf(b))
}

func coversGoods(a, b *spsv1.Concept) bool {
	if a == nil || b == nil {
		return a == nil
	}
	for _, of := range a.GetCodings() {
		if slices.ContainsFunc(b.GetCodings(), func(c *spsv1.Coding) bool { return coversCoding(of, c) }) {
			return true
		}
	}
	written := plain.Text(a.GetAsWritten())
	return written != "" && written == plain.Text(b.GetAsWritten())
}

func coversCoding(a, b *spsv1.Coding) bool {
	if tariff(a) != "" && tariff(b) != "" {
		return strings.HasPrefix(tariff(b), tariff(a))
	}
	return strings.EqualFold(a.GetSystem(), b.GetSystem()) && strings.EqualFold(a.GetCode(), b.GetCode())
}

// tariff returns the digits of a code of the customs tariff, whose first six are
// of the Harmonized System; "" for any other.
func tariff(c *spsv1.Coding) string {
	switch c.GetSystem() {
	case "hs", "ahtn", "ciq", "cn":
		return plain.Digits(c.GetCode())
	}
	return ""
}

// GoodsOf returns the goods that somebody asks for in a word: digits of the
// customs tariff, a code with its list in front (`foodex2:A01SP`), or a name; nil
// for all goods.
func GoodsOf(text string) *spsv1.Concept {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	if digits := strings.NewReplacer(".", "", " ", "").Replace(text); strings.Trim(digits, "0123456789") == "" && len(digits) >= 2 {
		return &spsv1.Concept{Codings: []*spsv1.Coding{{System: "hs", Code: digits}}}
	}
	if system, code, ok := strings.Cut(text, ":"); ok && system != "" && code != "" && !strings.ContainsAny(system, " \t") {
		return &spsv1.Concept{Codings: []*spsv1.Coding{{System: system, Code: code}}}
	}
	return &spsv1.Concept{AsWritten: text}
}

// unions are the offices that speak for several countries.
var unions = map[string][]string{
	"EU": strings.Fields("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"),
}

// speaksFor reports whether the office of a code is that of a country or area.
func speaksFor(office, country string) bool {
	return office != "" && (office == country || slices.Contains(unions[office], country))
}

// countryOf returns the two letters of the country or area of an area; "" if it
// has no code.
func countryOf(a *spsv1.Area) string {
	country, _, _ := strings.Cut(a.GetCode(), "-")
	return country
}
