package statement

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"
	"unicode"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// textName is the name of the message LocalizedText.
var textName = (*spsv1.LocalizedText)(nil).ProtoReflect().Descriptor().FullName()

// text checks any string: normal form C, and no control characters but tabs and
// the ends of lines.
func (t *tree) text(s, path string) {
	if !norm.NFC.IsNormalString(s) {
		t.problems.add(path, "TEXT_NOT_NFC", "write it in Unicode normal form C")
	}
	for _, r := range s {
		if unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' {
			t.problems.add(path, "TEXT_CONTROL", fmt.Sprintf("take out the control character U+%04X", r))
			return
		}
	}
}

// localized checks one text in one language.
func (t *tree) localized(m *spsv1.LocalizedText, path string) {
	if m.GetText() != "" && strings.TrimSpace(m.GetText()) == "" {
		t.problems.add(path+".text", "TEXT_BLANK", "write something, or leave the text out")
	}
	if m.GetLang() == "" {
		return // the field rule has said so
	}
	// An unknown but well-formed tag is kept: lists of languages grow.
	if _, err := language.Raw.Parse(m.GetLang()); err != nil {
		var unknown language.ValueError
		if !errors.As(err, &unknown) {
			t.problems.add(path+".lang", "LANG_MALFORMED", "give a language tag of BCP 47 such as vi, zh-Hans or mul")
		}
	}
}

// languages checks that a list of texts is one text in several languages.
func (t *tree) languages(list protoreflect.List, path string) {
	type version struct {
		lang, by string
		machine  bool
	}
	seen := make(map[version]bool)
	for i := range list.Len() {
		m, ok := list.Get(i).Message().Interface().(*spsv1.LocalizedText)
		if !ok {
			continue
		}
		v := version{strings.ToLower(m.GetLang()), m.GetTranslatedBy(), m.GetMachineTranslated()}
		if seen[v] {
			t.problems.add(fmt.Sprintf("%s[%d].lang", path, i), "LANG_TWICE",
				fmt.Sprintf("give one text in %s, or say who translated the other", m.GetLang()))
		}
		seen[v] = true
	}
}

// date checks that a date exists in the calendar.
func (t *tree) date(d *spsv1.Date, path string) {
	if d.GetDay() == 0 || d.GetMonth() == 0 || d.GetMonth() > 12 || d.GetDay() > 31 {
		return
	}
	when := time.Date(int(d.GetYear()), time.Month(d.GetMonth()), int(d.GetDay()), 0, 0, 0, 0, time.UTC)
	if when.Day() != int(d.GetDay()) {
		t.problems.add(path+".day", "DATE_IMPOSSIBLE",
			fmt.Sprintf("correct the date, %s %d has no day %d", time.Month(d.GetMonth()), d.GetYear(), d.GetDay()))
	}
}

// Before reports whether a is certainly before b, as far as both are given.
func Before(a, b *spsv1.Date) bool {
	if a == nil || b == nil {
		return false
	}
	for _, part := range [][2]uint32{{a.GetYear(), b.GetYear()}, {a.GetMonth(), b.GetMonth()}, {a.GetDay(), b.GetDay()}} {
		if part[0] == 0 || part[1] == 0 {
			return false
		}
		if part[0] != part[1] {
			return part[0] < part[1]
		}
	}
	return false
}

// lotDates checks that the dates of a lot follow each other.
func (t *tree) lotDates(l *spsv1.Lot, path string) {
	for _, c := range []struct {
		field        string
		early, later *spsv1.Date
	}{
		{"production_end_date", l.GetProductionDate(), l.GetProductionEndDate()},
		{"best_before_date", l.GetProductionDate(), l.GetBestBeforeDate()},
		{"best_before_end_date", l.GetBestBeforeDate(), l.GetBestBeforeEndDate()},
		{"use_by_date", l.GetProductionDate(), l.GetUseByDate()},
		{"use_by_end_date", l.GetUseByDate(), l.GetUseByEndDate()},
	} {
		if Before(c.later, c.early) {
			t.problems.add(path+"."+c.field, "DATE_ORDER", "correct the dates, this one is before the one that it follows")
		}
	}
}

// balance checks that the parts of a lot are not more than the whole.
func (t *tree) balance(b *spsv1.LotBalance, path string) {
	sum := new(big.Rat)
	for i, item := range b.GetItems() {
		v, ok := Number(item.GetQuantity())
		if ok && v.Sign() < 0 {
			t.problems.add(fmt.Sprintf("%s.items[%d].quantity.value", path, i), "BALANCE_NEGATIVE", "give a quantity of zero or more")
		}
		if !ok || !sameUnit(item.GetQuantity(), b.GetTotal()) {
			return
		}
		sum.Add(sum, v)
	}
	if total, ok := Number(b.GetTotal()); ok && sum.Cmp(total) > 0 {
		t.problems.add(path+".items", "BALANCE_EXCEEDS", "correct the parts, together they are more than the total")
	}
}

// decimal is the shape of Quantity.value. A number of another shape is not
// parsed at all: `1e999999999` would fill the memory.
var decimal = regexp.MustCompile(`^-?[0-9]{1,38}(\.[0-9]{1,38})?([eE][+-]?[0-9]{1,2})?$`)

// Number returns the value of a quantity, exactly, if it has one that the field
// rules take.
func Number(q *spsv1.Quantity) (*big.Rat, bool) {
	if !decimal.MatchString(q.GetValue()) {
		return nil, false
	}
	return new(big.Rat).SetString(q.GetValue())
}

// sameUnit reports whether two quantities are counted in the same unit.
func sameUnit(a, b *spsv1.Quantity) bool {
	if b == nil {
		return true
	}
	return proto.Equal(
		&spsv1.Quantity{Unit: a.GetUnit()},
		&spsv1.Quantity{Unit: b.GetUnit()},
	)
}
