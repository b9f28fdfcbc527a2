package charset

import "strings"

// few is how many in a hundred characters may break a rule: people write names
// and abbreviations that no rule knows.
const few = 3

// chinese asks whether bytes are GB 18030.
type chinese struct {
	lead   byte // that waits for what is behind it; 0: none
	four   int  // bytes that are still to come of a character of four
	common int
	rare   int
	broken bool
}

func newChinese() *chinese { return &chinese{} }

func (c *chinese) take(b byte) {
	switch {
	case c.four > 0:
		c.four--
		high := b >= 0x81 && b <= 0xfe
		digit := b >= '0' && b <= '9'
		c.broken = c.broken || c.four == 1 && !high || c.four == 0 && !digit
	case c.lead == 0:
		if b >= 0x81 && b <= 0xfe {
			c.lead = b
		} else if b >= 0x80 {
			c.broken = true
		}
	default:
		switch {
		case b >= '0' && b <= '9':
			c.four = 2
			c.rare++
		case b < 0x40 || b == 0x7f || b == 0xff:
			c.broken = true
		case b >= 0xa1 && (c.lead >= 0xa1 && c.lead <= 0xa9 || c.lead >= 0xb0 && c.lead <= 0xf7):
			c.common++
		default:
			c.rare++
		}
		c.lead = 0
	}
}

func (c *chinese) fits() bool {
	return !c.broken && c.lead == 0 && c.four == 0 && c.common > 0 && c.rare*100 <= few*(c.common+c.rare)
}

// thai asks whether bytes are Windows-874.
type thai struct {
	last   byte
	all    int
	wrong  int
	rare   int // consonants that few words have
	broken bool
}

func newThai() *thai { return &thai{} }

// The bytes of Thai, by what may stand beside them.
func consonant(b byte) bool { return b >= 0xa1 && b <= 0xce }
func first(b byte) bool     { return b >= 0xe0 && b <= 0xe4 } // a vowel before its consonant
func mark(b byte) bool      { return b == 0xd1 || b >= 0xd4 && b <= 0xda || b == 0xe7 }
func tone(b byte) bool      { return b >= 0xe8 && b <= 0xee }
func digit(b byte) bool     { return b >= 0xf0 && b <= 0xf9 }

func (t *thai) take(b byte) {
	last := t.last
	t.last = b
	switch {
	case b >= 0x80 && b < 0xa0 && strings.IndexByte("\x80\x85\x91\x92\x93\x94\x95\x96\x97", b) < 0,
		b >= 0xdb && b <= 0xde, b >= 0xfc:
		t.broken = true
	case b >= 0xa1:
		t.all++
	}
	if strings.IndexByte("\xa6\xac\xae\xaf\xb1\xb2\xcc", b) >= 0 {
		t.rare++
	}
	switch {
	case first(last) && !consonant(b),
		mark(b) && !consonant(last),
		tone(b) && !consonant(last) && !mark(last),
		digit(b) && last >= 0xa1 && !digit(last), digit(last) && b >= 0xa1 && !digit(b),
		b >= 0xa1 && letter(last), letter(b) && last >= 0xa1,
		b == 0xa3, b == 0xa5, b == 0xef, b == 0xfa, b == 0xfb: // nobody writes them any more
		t.wrong++
	}
}

func (t *thai) fits() bool {
	return !t.broken && t.all > 0 && t.wrong*100 <= few*t.all && t.rare <= max(1, t.all/8)
}

// vietnamese asks whether bytes are Windows-1258.
type vietnamese struct {
	last  byte
	run   int // of letters beyond ASCII, tones left out
	all   int
	wrong int
}

func newVietnamese() *vietnamese { return &vietnamese{} }

const (
	// tones are the marks that stand behind a vowel.
	tones = "\xcc\xd2\xde\xec\xf2"
	// vowels are those beyond ASCII: of Vietnamese, and those that have a tone of
	// their own.
	vowels = "\xc2\xc3\xca\xd4\xd5\xdd\xe2\xe3\xea\xf4\xf5\xfd" + "\xc0\xc1\xc8\xc9\xcd\xd3\xd9\xda\xe0\xe1\xe8\xe9\xed\xf3\xf9\xfa"
	// crossed is the letter D with a stroke.
	crossed = "\xd0\xf0"
	// signs stand in laboratories' texts of any language: degrees, plus or minus,
	// micro, powers, a cross, quotes, dashes.
	signs = "\x80\x82\x84\x85\x91\x92\x93\x94\x95\x96\x97\x99\xa0\xab\xb0\xb1\xb2\xb3\xb5\xb7\xbb\xbd\xd7"
)

func (v *vietnamese) take(b byte) {
	if b < 0x80 {
		v.last, v.run = b, 0
		return
	}
	in := func(set string) bool { return strings.IndexByte(set, b) >= 0 }
	v.all++
	switch {
	case in(tones):
		if strings.IndexByte("aeiouyAEIOUY"+vowels, v.last) < 0 {
			v.wrong++
		}
	case in(vowels), in(crossed):
		if v.run++; v.run > 3 { // as được has
			v.wrong++
		}
	case in(signs):
		v.run = 0
	default:
		v.wrong++
	}
	v.last = b
}

func (v *vietnamese) fits() bool { return v.all > 0 && v.wrong*100 <= few*v.all }
