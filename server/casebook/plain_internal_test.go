package casebook

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPlain(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"ASCII", "  Mango\tPulp\r\n", "mango pulp"},
		{"Vietnamese", "Sầu Riêng Đông lạnh", "sau rieng dong lanh"},
		{"Vietnamese, marks apart", "Sa\u0302\u0300u rie\u0302ng", "sau rieng"},
		{"Latin letters without a normal form", "Łódź Smørrebrød Æble ısı Straße", "lodz smorrebrod aeble isi strasse"},
		{"Turkish capital", "İSTANBUL", "istanbul"},
		{"full width", "ＲＡＳＦＦ ２０２４", "rasff 2024"},
		{"Thai", "ทุเรียนแช่แข็ง", "ทุเรียนแช่แข็ง"},
		{"Thai am, as one and as two", "น้ำ น้\u0e4dา", "น้ํา น้ํา"},
		{"Lao", "ໝາກ\u200bມ່ວງ", "ຫມາກມ່ວງ"},
		{"Khmer with zero-width spaces", "ស្វាយ\u200bកែវ\u200bរមៀត", "ស្វាយកែវរមៀត"},
		{"Burmese", "သရက်သီး", "သရက်သီး"},
		{"Chinese", "榴莲 镉超标", "榴莲 镉超标"},
		{"Korean stays in syllables", "망고", "망고"},
		{"Cyrillic keeps its letters", "Йод ЁЖ", "йод ёж"},
		{"control characters", "a\x01b\x00c", "a b c"},
		{"nothing", " \u200b ", ""},
	} {
		if got := plain(tc.text); got != tc.want {
			t.Errorf("%s: plain(%q) = %q, want %q", tc.name, tc.text, got, tc.want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	for _, s := range []string{"Sầu Riêng", "น้ำ", "\u0301a", "a\u200d\u0301", "ﬁ", "\x00", "ẞ", "망고", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := plain(s)
		if strings.ContainsFunc(got, func(r rune) bool { return r <= lastMark }) {
			t.Errorf("plain(%q) = %q has a control character", s, got)
		}
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("plain(%q) = %q is no UTF-8", s, got)
		}
		if strings.TrimSpace(got) != got || strings.Contains(got, "  ") {
			t.Errorf("plain(%q) = %q has blanks too many", s, got)
		}
	})
}

func TestNearest(t *testing.T) {
	for _, tc := range []struct{ name, want string }{
		{"klassification", "classification"},
		{"hazards", "hazard"},
		{"HAZARD", "hazard"},
		{"os", ""},
		{"mango", ""},
	} {
		if got := nearest(tc.name, []string{"classification", "hazard", "hs"}); got != tc.want {
			t.Errorf("nearest(%q) = %q, want %q", tc.name, got, tc.want)
		}
	}
}
