package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestDetailsTemplate fills the template in as it is, also with every line that
// is commented out.
func TestDetailsTemplate(t *testing.T) {
	text := must(t, "", "ca", "template")
	plain, err := parseDetails([]byte(text))
	if err != nil {
		t.Fatalf("the template as it is printed: %v", err)
	}
	if got := plain.card.GetDutyContacts()[0].GetPhone(); got != "+842400000001" {
		t.Errorf("telephone %q, want +842400000001", got)
	}
	head, rest, _ := strings.Cut(text, "\n\n")
	if !strings.HasPrefix(head, "# What") {
		t.Fatalf("the template begins with %q", head)
	}
	var lines []string
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "#  ") { // else it is for people
			line = strings.TrimPrefix(line, "#")
		}
		lines = append(lines, line)
	}
	full, err := parseDetails([]byte(strings.Join(lines, "")))
	if err != nil {
		t.Fatalf("the template with all lines: %v", err)
	}
	if got := full.card.GetUnits(); len(got) != 2 || got[1].GetKind() != spsv1.UnitKind_UNIT_KIND_LABORATORY {
		t.Errorf("units %v, want two, of which one is a laboratory", got)
	}
	if got := len(full.card.GetHours().GetSpecialDays()); got != 1 {
		t.Errorf("%d special days, want 1", got)
	}

	hours := plain.card.GetHours()
	if len(hours.GetPeriods()) != 10 {
		t.Errorf("works %s, want twice a day from Monday to Friday", hoursWords(hours))
	}
	var closed []string
	for _, h := range hours.GetHolidays() {
		closed = append(closed, fmt.Sprint(h.GetDate().GetYear(), h.GetDate().GetMonth(), h.GetDate().GetDay()))
	}
	if diff := cmp.Diff([]string{"2027 4 30", "2027 5 1"}, closed); diff != "" {
		t.Errorf("holidays differ (-want +got):\n%s", diff)
	}
}

func TestDetailsAreReadWithTheirLines(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "# empty", []string{"names nothing"}},
		{"what only the node may say", "number: 7\ncardKey: AA\nlanguages: [vi]\n", []string{
			`line 1: there is no "number" here; there are name, languages, dutyContacts, hours, units`, `line 2: there is no "cardKey"`,
		}},
		{"names, times and days at once", "dutyContacts:\n  - telefon: 1\nhours:\n  timeZone: UTC\n  periods:\n    - {days: [monday, moonday], from: 8, to: 17:00}\n  holidays: [{date: 2026-02-30}]\n", []string{
			`line 2: there is no "telefon" here`, `line 6: from: "8" is no time of day such as 08:00`, `line 6: weekday: "moonday" is none of monday`, `line 7: date: "2026-02-30" is no day`,
		}},
		{"what a card may not say, at once", `dutyContacts:
  - {name: desk, phone: "02437345678"}
hours:
  timeZone: Asia/Atlantis
  periods: [{days: [monday], from: "17:00", to: "08:00"}]
units:
  - id: north
    name: [{lang: en, text: North}]
    parent: nowhere
`, []string{
			"line 2: dutyContacts[0].phone: write a telephone number with +", "line 4: hours.timeZone: ", "line 5: hours.periods[0]: it must close after it opens",
			`line 7: units[0]: above it is "nowhere"`,
		}},
		{"not a list", "hours:\n  timeZone: UTC\n  periods: {days: monday}\n", []string{`line 3: there is no "days"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseDetails([]byte(test.text))
			if err == nil {
				t.Fatal("read it")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("says\n%v\nwant in it %s", err, want)
				}
			}
		})
	}
}

func TestPeriodsThroughAliases(t *testing.T) {
	d, err := parseDetails([]byte("hours:\n  timeZone: UTC\n  periods:\n    - &p {days: [monday, sunday], from: 00:00, to: 24:00}\n    - *p\n"))
	if err != nil {
		t.Fatal(err)
	}
	one := func(d spsv1.Weekday) *spsv1.OpenPeriod { return &spsv1.OpenPeriod{Weekday: d, CloseMinute: 1440} }
	monday, sunday := one(spsv1.Weekday_WEEKDAY_MONDAY), one(spsv1.Weekday_WEEKDAY_SUNDAY)
	if diff := cmp.Diff([]*spsv1.OpenPeriod{monday, sunday, monday, sunday}, d.card.GetHours().GetPeriods(), protocmp.Transform()); diff != "" {
		t.Errorf("periods differ (-want +got):\n%s", diff)
	}
}

func TestDetailsStayOnTheNextCard(t *testing.T) {
	dir := t.TempDir()
	office, file := filepath.Join(dir, "vn"), filepath.Join(dir, "office.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	card := func() *spsv1.Card {
		t.Helper()
		c, err := readCard(filepath.Join(office, "VN.card"))
		if err != nil {
			t.Fatal(err)
		}
		return c.Message()
	}
	write(must(t, "", "ca", "template"))
	must(t, "", "ca", "init", "--federation", "asean-cn", "--office", "VN", "--dir", office, "--details", file, "--name", "en=Ours")
	first := card()
	if got := first.GetName()[0].GetText(); got != "Ours" {
		t.Errorf("name %q, want the flag's", got)
	}
	must(t, "", "ca", "card", "--dir", office, "--address", "localhost:7443")
	if diff := cmp.Diff(first, card(), protocmp.Transform(), protocmp.IgnoreFields(first, "number", "issue_time", "addresses")); diff != "" {
		t.Errorf("a new address changed the card (-want +got):\n%s", diff)
	}
	write("dutyContacts: []\nlanguages: [vi, en]\n")
	out := must(t, "", "ca", "card", "--dir", office, "--details", file)
	if got := card(); len(got.GetDutyContacts()) > 0 || len(got.GetLanguages()) != 2 || got.GetHours() == nil || got.GetNumber() != 3 {
		t.Errorf("card is %v, want number 3 without contacts, with two languages, and with the hours as before", got)
	}
	if !strings.Contains(out, "Asia/Ho_Chi_Minh: Mon 08:00-12:00, ") || !strings.Contains(out, "2 holidays") {
		t.Errorf("shows\n%s\nwant the hours", out)
	}
	write("dutyContacts: [{name: desk, phone: 0243}]\n")
	if got := spsctl(t, "", "ca", "card", "--dir", office, "--details", file); got.code != exitInvalid || card().GetNumber() != 3 {
		t.Errorf("a bad number: exit code %d and card %d, want %d and 3: %s", got.code, card().GetNumber(), exitInvalid, got.err)
	}
}

func FuzzDetails(f *testing.F) {
	f.Add([]byte(detailsTemplate))
	f.Add([]byte("hours: &h\n  periods: [*h, {days: [*h], from: *h}]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := parseDetails(text)
		if err != nil {
			return
		}
		again := &spsv1.Card{}
		d.apply(again)
		if diff := cmp.Diff(d.card, again, protocmp.Transform()); diff != "" {
			t.Errorf("what was read and what is put onto a card differ:\n%s", diff)
		}
	})
}
