package table

import (
	"regexp"
	"strings"
)

var (
	onlyYear     = regexp.MustCompile(`^(?:năm\s+|ปี\s*)?([0-9]{4})\s*年?$`)
	monthLast    = regexp.MustCompile(`^([0-9]{4})(?:[-/.]|\s*年\s*)([0-9]{1,2})\s*月?$`)
	monthFirst   = regexp.MustCompile(`^(?:tháng\s+)?([0-9]{1,2})(?:[-/.]|\s+năm\s+|\s*,\s*)([0-9]{4})$`)
	monthInWords = regexp.MustCompile(`^([^0-9]+?)[-\s./,]*([0-9]{4})$`)
)

// parsePartial reads a month or a year in any of the forms.
func parsePartial(text string) (written, bool) {
	text, era := cutEra(text)
	text = strings.TrimSpace(text)
	if m := onlyYear.FindStringSubmatch(text); m != nil {
		return written{year: number(m[1]), era: era, partial: true}, true
	}
	w := written{era: era, partial: true}
	if m := monthLast.FindStringSubmatch(text); m != nil {
		w.year, w.month = number(m[1]), number(m[2])
	} else if m := monthFirst.FindStringSubmatch(text); m != nil {
		w.year, w.month = number(m[2]), number(m[1])
	} else if m := monthInWords.FindStringSubmatch(text); m != nil {
		w.year, w.month = number(m[2]), months[strings.Trim(m[1], " .")]
	}
	return w, w.month >= 1 && w.month <= 12
}
