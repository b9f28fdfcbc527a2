package table

import (
	"fmt"
	"regexp"
	"strings"
)

// Mark is what parts the whole of a number from its fraction.
type Mark int

// The marks. Unless it is said, a number tells it itself where only one can be
// meant, as in 0.05, 1,5 and 1.234,5; that 1.234 has both meanings is a problem.
const (
	MarkUnsaid Mark = iota
	MarkPoint
	MarkComma
)

// Word is what stands in place of a number in a result.
type Word string

// The words.
const (
	NotDetected Word = "ND"
	Detected    Word = "DETECTED"
	LOD         Word = "LOD" // the limit of detection
	LOQ         Word = "LOQ" // the limit of quantification
)

// Number is a number as a person wrote it. It is never made a binary one.
type Number struct {
	// Comparator is <, ≤, > or ≥; empty: none is written.
	Comparator string
	// Decimal is the number: a minus or none, digits without needless zeros before
	// them, perhaps a point and a fraction with the zeros that were written, perhaps E
	// and an exponent. Empty: there is a word.
	Decimal string
	// Word stands in place of the number; empty: there is one.
	Word Word
}

// words are how results say them, without blanks and points, in small letters.
var words = map[string]Word{
	"nd": NotDetected, "notdetected": NotDetected, "nonedetected": NotDetected, "kph": NotDetected,
	"khôngpháthiện": NotDetected, "未检出": NotDetected, "ไม่พบ": NotDetected, "ตรวจไม่พบ": NotDetected,
	"detected": Detected, "pháthiện": Detected, "检出": Detected, "พบ": Detected, "ตรวจพบ": Detected,
	"lod": LOD, "检出限": LOD, "loq": LOQ, "定量限": LOQ,
}

// AsNumber returns the value as a number or what stands in its place. That of an
// empty cell is the zero Number. A number that a workbook stores as one has no
// comparator, and its mark is known.
func (c Cell) AsNumber(mark Mark) (Number, *Note, error) {
	if err := c.usable(); err != nil {
		return Number{}, nil, err
	}
	switch c.Kind {
	case KindEmpty:
		return Number{}, nil, nil
	case KindNumber:
		mark = MarkPoint
	case KindDate:
		return Number{}, nil, c.problem("NUMBER_DATE", fmt.Sprintf("type the number again and format the column as a number: the spreadsheet has made the date %s of it", c.Text))
	}
	n, fault := parseNumber(c.Text, mark)
	switch fault {
	case faultNone:
		return n, nil, nil
	case faultMark:
		return Number{}, nil, c.problem("NUMBER_MARK", fmt.Sprintf("say whether the decimal mark of the table is a point or a comma: %q can be two numbers", c.Text))
	}
	return Number{}, nil, c.problem("NUMBER", fmt.Sprintf("write a number such as 0.05, <0.01 or ND, without its unit: %q is none", shown(c.Text)))
}

// shown returns the beginning of a text that is repeated in a sentence.
func shown(text string) string {
	if r := []rune(text); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return text
}

// fault is why a text is no number.
type fault int

const (
	faultNone fault = iota
	faultForm
	faultMark // it is one of two
)

var (
	comparator = regexp.MustCompile(`^(<=|>=|[<>≤≥=])?\s*(.*)$`)
	power      = regexp.MustCompile(`^(?:(.*?)\s*[xX×*·]\s*)?10\s*\^\s*([+-]?[0-9]{1,3})$`)
	exponent   = regexp.MustCompile(`^(.*?[0-9])[eE]([+-]?[0-9]{1,3})$`)
	groups     = regexp.MustCompile(`^[1-9][0-9]{0,2}(?:,[0-9]{3})+$|^[1-9][0-9]{0,2}(?:\.[0-9]{3})+$|^[1-9][0-9]{0,2}(?: [0-9]{3})+$|^[1-9][0-9]{0,2}(?:'[0-9]{3})+$`)
	digitsOnly = regexp.MustCompile(`^[0-9]+$`)
)

// mostNumber is how many characters a number has at most.
const mostNumber = 64

// parseNumber reads a number or the word in its place.
func parseNumber(text string, mark Mark) (Number, fault) {
	text = ascii(text)
	m := comparator.FindStringSubmatch(text)
	if m == nil {
		return Number{}, faultForm
	}
	n := Number{Comparator: m[1]}
	switch m[1] {
	case "<=":
		n.Comparator = "≤"
	case ">=":
		n.Comparator = "≥"
	case "=":
		n.Comparator = ""
	}
	if w, ok := words[strings.ToLower(strings.NewReplacer(" ", "", ".", "").Replace(m[2]))]; ok {
		if limit := w == LOD || w == LOQ; !limit && m[1] != "" {
			return Number{}, faultForm
		}
		n.Word = w
		return n, faultNone
	}
	if len(m[2]) > mostNumber {
		return Number{}, faultForm
	}
	var why fault
	n.Decimal, why = parseDecimal(m[2], mark)
	if why != faultNone {
		return Number{}, why
	}
	return n, faultNone
}

// parseDecimal returns a number in the form of [Number.Decimal].
func parseDecimal(text string, mark Mark) (string, fault) {
	sign, scale := "", ""
	if m := power.FindStringSubmatch(text); m != nil {
		if text, scale = m[1], m[2]; text == "" {
			text = "1"
		}
	} else if m := exponent.FindStringSubmatch(text); m != nil {
		text, scale = m[1], m[2]
	}
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		sign, text = "-", strings.TrimSpace(rest)
	} else {
		text = strings.TrimPrefix(text, "+")
	}
	whole, fraction, why := parted(text, mark)
	if why != faultNone {
		return "", why
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	if strings.Trim(whole+fraction, "0.") == "" {
		sign = ""
	}
	switch {
	case strings.HasPrefix(scale, "-"):
		scale = "-" + strings.TrimLeft(scale[1:], "0")
	default:
		scale = strings.TrimLeft(scale, "+0")
	}
	if scale != "" && scale != "-" {
		scale = "E" + scale
	} else {
		scale = ""
	}
	return sign + whole + fraction + scale, faultNone
}

// parted returns the digits before and behind the decimal mark of a number.
func parted(text string, mark Mark) (whole, fraction string, why fault) {
	at := strings.LastIndexAny(text, ".,")
	marked := at >= 0 // and what is there is the decimal mark
	if marked {
		is, other := MarkPoint, ","
		if text[at] == ',' {
			is, other = MarkComma, "."
		}
		again := strings.Count(text, text[at:at+1]) > 1
		alone := !again && !strings.ContainsAny(text[:at], " '"+other)
		switch {
		case again || mark != MarkUnsaid && mark != is:
			if mark == is {
				return "", "", faultForm
			}
			marked = false // it parts thousands
		case alone && mark == MarkUnsaid && groups.MatchString(text):
			return "", "", faultMark
		}
	}
	whole = text
	if marked {
		whole, fraction = text[:at], text[at+1:]
		if !digitsOnly.MatchString(fraction) {
			return "", "", faultForm
		}
	}
	switch {
	case groups.MatchString(whole):
		whole = strings.NewReplacer(",", "", ".", "", " ", "", "'", "").Replace(whole)
	case whole == "" && fraction != "", digitsOnly.MatchString(whole):
	default:
		return "", "", faultForm
	}
	return whole, fraction, faultNone
}

// ascii returns a text with the digits of any script as those of ASCII, and signs
// as a keyboard has them.
func ascii(text string) string {
	var b strings.Builder
	raised := false
	for _, r := range text {
		at := strings.IndexRune("⁰¹²³⁴⁵⁶⁷⁸⁹", r)
		if at >= 0 || r == '⁻' {
			if !raised {
				b.WriteByte('^')
			}
			raised = true
			if r == '⁻' {
				b.WriteByte('-')
			} else {
				b.WriteByte('0' + byte(len([]rune("⁰¹²³⁴⁵⁶⁷⁸⁹"[:at]))))
			}
			continue
		}
		raised = false
		b.WriteRune(plainRune(r))
	}
	return b.String()
}

// zeros are the first of the digits of Thai, Lao, Khmer, Burmese, Arabic (two) and
// Devanagari, and of those as wide as Chinese characters.
var zeros = []rune{'๐', '໐', '០', '၀', '٠', '۰', '०', '０'}

// plainRune returns a digit of any script, a sign or a blank as ASCII has it.
func plainRune(r rune) rune {
	switch r {
	case '．', '٫':
		return '.'
	case '，':
		return ','
	case '−', '－', '‐', '‑', '–':
		return '-'
	case '＋':
		return '+'
	case '＜':
		return '<'
	case '＞':
		return '>'
	case '＝':
		return '='
	case '／':
		return '/'
	case '：':
		return ':'
	case '’', '＇':
		return '\''
	case '\u00a0', '\u202f', '\u2009', '\u3000':
		return ' '
	}
	for _, zero := range zeros {
		if r >= zero && r <= zero+9 {
			return '0' + r - zero
		}
	}
	return r
}
