package demo

import (
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// officeDetails is what the card of an office of a demonstration says of it.
type officeDetails struct {
	name, zone, phone string
	languages         []string
}

// cards are those of the offices whose country or union is known here. No
// exchange gives out such numbers: behind the area they begin with zeros.
var cards = map[string]officeDetails{
	"CN": {"China", "Asia/Shanghai", "+861000000001", []string{"zh-Hans", "en"}},
	"EU": {"European Union", "Europe/Brussels", "+3220000001", []string{"en", "fr"}},
	"ID": {"Indonesia", "Asia/Jakarta", "+622100000001", []string{"id", "en"}},
	"MY": {"Malaysia", "Asia/Kuala_Lumpur", "+60300000001", []string{"ms", "en"}},
	"PH": {"Philippines", "Asia/Manila", "+63200000001", []string{"fil", "en"}},
	"SG": {"Singapore", "Asia/Singapore", "+6500000001", []string{"en", "zh-Hans"}},
	"TH": {"Thailand", "Asia/Bangkok", "+6620000001", []string{"th", "en"}},
	"VN": {"Viet Nam", "Asia/Ho_Chi_Minh", "+842400000001", []string{"vi", "en"}},
}

// Card completes the card of an office of a demonstration with a name, a duty
// contact whose number says that it is invented, and, if its country is known
// here, languages and the hours of a week from Monday to Friday by its clocks.
func Card(c *spsv1.Card) {
	of, known := cards[c.GetOffice()]
	if !known {
		of = officeDetails{name: c.GetOffice(), phone: "+99900000001", languages: []string{"en"}} // no country has 999
	}
	c.Name = []*spsv1.LocalizedText{{Lang: "en", Text: of.name + " (demonstration)"}}
	c.Languages = of.languages
	c.DutyContacts = []*spsv1.ContactPoint{{
		Name: "duty officer", Phone: of.phone, AlwaysReachable: true, Languages: of.languages,
		AsWritten: "invented for the demonstration, do not dial",
	}}
	if !known {
		return
	}
	c.Hours = &spsv1.OfficeHours{TimeZone: of.zone}
	for day := spsv1.Weekday_WEEKDAY_MONDAY; day <= spsv1.Weekday_WEEKDAY_FRIDAY; day++ {
		c.Hours.Periods = append(c.Hours.Periods, &spsv1.OpenPeriod{Weekday: day, OpenMinute: 8 * 60, CloseMinute: 17 * 60})
	}
}
