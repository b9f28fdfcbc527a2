package statement_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/spsalert/spsalert/server/statement"
)

// TestFoldCode holds what people write for one code.
func TestFoldCode(t *testing.T) {
	for _, tc := range []struct{ name, code, origin, want string }{
		{"case, blanks and hyphens", " vn-Dl\u00a00123 ", "", "vndl0123"},
		{"the letters of who gave it", "VN-DL 0123", "VN", "dl0123"},
		{"those letters twice", "VN VN-DL 0123", "VN", "dl0123"},
		{"those letters alone", "VN", "VN", "vn"},
		{"letters of another", "TH-DL 0123", "VN", "thdl0123"},
		{"full width", "ＶＮ－ＤＬ　０１２３", "VN", "dl0123"},
		{"dots, slashes, underscores and other hyphens", "DL.01/2_3–4—5", "", "dl012345"},
		{"marks of Latin letters", "ĐL Ấ1", "", "dla1"},
		{"an accent behind a hyphen", "A-\u03011", "", "a1"},
		{"Thai digits", "กข ๐๑๒๙", "", "กข0129"},
		{"Arabic, Khmer and Burmese digits", "٠٩ ០៩ ၀၉", "", "090909"},
		{"Chinese", "果园-１２", "CN", "果园12"},
		{"leading zeros count", "DL 007", "", "dl007"},
		{"signs alone", " - -", "", "--"},
		{"nothing to see", " \u200b", "", ""},
	} {
		if got := statement.FoldCode(tc.code, tc.origin); got != tc.want {
			t.Errorf("%s: FoldCode(%q, %q) = %q, want %q", tc.name, tc.code, tc.origin, got, tc.want)
		}
	}
}

// FuzzFoldCode holds what FoldCode promises of any text.
func FuzzFoldCode(f *testing.F) {
	for _, s := range []string{"VN-DL 0123", "ＤＬ　01", "กข ๐๑๒", "A-\u0301", "--", "\u200b", "VNVN", "ﬁ", "\xff", "1\u0e31-\u0301", "𝟘𝟡"} {
		f.Add(s, "VN")
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, code, origin string) {
		if len(origin) != 2 || strings.Trim(strings.ToUpper(origin), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			origin = ""
		}
		got := statement.FoldCode(code, origin)
		if again := statement.FoldCode(got, origin); again != got {
			t.Errorf("FoldCode(%q, %q) = %q, and folded again %q", code, origin, got, again)
		}
		if again := statement.FoldCode(got, ""); again != got {
			t.Errorf("FoldCode(%q, %q) = %q, and folded again without an origin %q", code, origin, got, again)
		}
		for _, written := range []string{" " + code + "-", strings.ReplaceAll(code, " ", "-")} {
			if other := statement.FoldCode(written, origin); other != got && strings.ContainsFunc(got, isLetterOrDigit) {
				t.Errorf("%q is folded to %q and %q to %q, want the same", code, got, written, other)
			}
		}
		if strings.ContainsFunc(got, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
			t.Errorf("FoldCode(%q, %q) = %q has blanks or control characters", code, origin, got)
		}
	})
}

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
