package routing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/routing"
)

// tree is an office that works on weekdays from 8 to 17 in Hanoi, with a border
// post that is open until 22.
const card = `
	hours { time_zone: "Asia/Ho_Chi_Minh" %s }
	duty_contacts { name: "duty desk" out_of_hours_phone: "+84900000000" }
	units { id: "plant" name { lang: "en" text: "Plant Protection" } fields: FIELD_PLANT contacts { name: "PPD" phone: "+84911111111" } }
	units { id: "gate" parent: "north" name { lang: "en" text: "Huu Nghi" } kind: UNIT_KIND_BORDER_POST
		hours { time_zone: "Asia/Ho_Chi_Minh" periods { weekday: WEEKDAY_MONDAY open_minute: 480 close_minute: 1320 } } }
	units { id: "north" parent: "plant" name { lang: "en" text: "North" } kind: UNIT_KIND_PROVINCE }
	units { id: "food" name { lang: "en" text: "Food Authority" } fields: FIELD_FOOD }
	units { id: "lab" parent: "labs" name { lang: "en" text: "Hanoi laboratory" } kind: UNIT_KIND_LABORATORY fields: FIELD_FOOD }
	units { id: "labs" parent: "food" name { lang: "en" text: "Laboratories" } kind: UNIT_KIND_LABORATORY }`

func read[M proto.Message](t *testing.T, m M, text string) M {
	t.Helper()
	if err := prototext.Unmarshal([]byte(text), m); err != nil {
		t.Fatal(err)
	}
	return m
}

func tree(t *testing.T) routing.Tree {
	t.Helper()
	var week strings.Builder
	for _, day := range []string{"MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"} {
		fmt.Fprintf(&week, "periods { weekday: WEEKDAY_%s open_minute: 480 close_minute: 1020 } ", day)
	}
	return routing.NewTree(read(t, &spsv1.Card{}, fmt.Sprintf(card, week.String())))
}

// monday is a Monday, 09:00 in Hanoi.
var monday = time.Date(2026, time.March, 2, 2, 0, 0, 0, time.UTC)

// written writes routes as units, each with what sent it there and when it is due.
func written(routes []*spsv1.Route) string {
	var all []string
	for _, r := range routes {
		text := r.GetUnit() + " by " + r.GetRule() + r.GetReason()
		if r.GetDueTime() != nil {
			text += " until " + r.GetDueTime().AsTime().Format("02 15:04")
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func TestDecide(t *testing.T) {
	finding := func(t *testing.T) *spsv1.LabFinding {
		return read(t, &spsv1.LabFinding{}, `
			laboratory { id: "lab" area { code: "VN-HN" } }
			product { name { lang: "en" text: "durian" } commodity_codes { system: "hs" code: "0810.60" }
				origins { state: ORIGIN_STATE_STATED area { code: "VN-33" } }
				lots { id: "p1.l1" codes { kind: SITE_CODE_KIND_PACKING_HOUSE code: "VN-DLPH 0123" } } }
			sample { place { locode: "VNHPH" } results { analyte { codings { system: "cas" code: "10605-21-7" } as_written: "Carbendazim" } } }`)
	}
	const due = `due { amount: 4 unit: ALLOWANCE_UNIT_WORKING_HOURS }`
	for _, tc := range []struct{ name, rules, want string }{
		{"no rules: the unit above the laboratory", ``, "food by LABORATORY"},
		{"otherwise", `otherwise: "plant" otherwise_due { amount: 8 unit: ALLOWANCE_UNIT_WORKING_HOURS }`, "plant by OTHERWISE until 02 10:00"},
		{"classification", `rules { name: "a" classifications: CLASSIFICATION_ALERT units: "plant" }`, "plant by a"},
		{"another classification", `rules { name: "a" classifications: CLASSIFICATION_FRAUD units: "plant" }`, "food by LABORATORY"},
		{"a finding has no type", `rules { name: "a" types: NOTIFICATION_TYPE_FOOD units: "plant" }`, "food by LABORATORY"},
		{"field of the laboratory", `rules { name: "a" fields: FIELD_FOOD units: "plant" }`, "plant by a"},
		{"tariff by its beginning", `rules { name: "a" hs: "0810" units: "plant" }`, "plant by a"},
		{"another tariff", `rules { name: "a" hs: "08106011" units: "plant" }`, "food by LABORATORY"},
		{"place in any capitals", `rules { name: "a" places: "vnhph" units: "gate" }`, "gate by a"},
		{"site code without blanks", `rules { name: "a" site_codes: "vn-dlph01" units: "north" }`, "north by a"},
		{"site code written otherwise", `rules { name: "a" site_codes: "VN DL.PH" units: "north" }`, "north by a"},
		{"province", `rules { name: "a" areas: "VN-33" units: "north" }`, "north by a"},
		{"country of a province", `rules { name: "a" areas: "VN" units: "north" }`, "north by a"},
		{"where the laboratory has its seat", `rules { name: "a" areas: "VN-HN" units: "north" }`, "food by LABORATORY"},
		{"analyte by code", `rules { name: "a" hazards: "cas:10605-21-7" units: "food" }`, "food by a"},
		{"analyte in words", `rules { name: "a" hazards: "carbendazim" units: "food" }`, "food by a"},
		{"laboratory", `rules { name: "a" laboratories: "lab" units: "food" }`, "food by a"},
		{"every condition", `rules { name: "a" hs: "08" areas: "TH" units: "north" }`, "food by LABORATORY"},
		{"each unit once", `rules { name: "a" units: ["plant", "food"] } rules { name: "b" units: ["food", "gate"] ` + due + ` }`, "plant by a, food by a, gate by b until 02 06:00"},
		{"only the first", `first_only: true rules { name: "a" hs: "99" units: "gate" } rules { name: "b" units: "food" } rules { name: "c" units: "north" }`, "food by b"},
		{"a unit that is gone", `rules { name: "a" units: ["gone", "food"] }`, "food by a"},
		{"hours of the unit above", `rules { name: "a" units: "north" due { amount: 12 unit: ALLOWANCE_UNIT_WORKING_HOURS } }`, "north by a until 03 05:00"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			units, f := tree(t), finding(t)
			m := routing.OfFinding(f, spsv1.Classification_CLASSIFICATION_ALERT, units)
			if got := written(routing.Decide(read(t, &spsv1.Routing{}, tc.rules), units, m, monday)); got != tc.want {
				t.Errorf("it goes to %q, want %q", got, tc.want)
			}
		})
	}
}

// TestDigestHasAVersion holds what rules look at to its version: casebooks keep the
// digest, and route a case again when it is another.
func TestDigestHasAVersion(t *testing.T) {
	n := read(t, &spsv1.Notification{}, `classification: CLASSIFICATION_ALERT type: NOTIFICATION_TYPE_FOOD
		products { commodity_codes { system: "hs" code: "0810.60" } lots { codes { kind: SITE_CODE_KIND_PACKING_HOUSE code: "VN-DLPH 0123" } }
			origins { state: ORIGIN_STATE_STATED area { code: "VN-33" } } }
		findings { hazard { agent { codings { system: "cas" code: "10605-21-7" } as_written: "Carbendazim" } } }`)
	const want = "01ed04558b56f24978a7bba2d6507e2edaa7e0cafd486f88a997639937d0cbb6"
	if got := fmt.Sprintf("%x", routing.OfCase(n).Digest()); got != want {
		t.Errorf("the digest is %s, want %s: if rules look at other things now, raise the version of what they look at", got, want)
	}
	if got := routing.OfCase(&spsv1.Notification{}).Digest(); got[0] == 0 {
		t.Error("the version is 0, as that of what no rules looked at")
	}
}

func TestDeals(t *testing.T) {
	routes := read(t, &spsv1.LabFinding{}, `routes { unit: "north" } routes { unit: "food" end_time {} }`).GetRoutes()
	for unit, want := range map[string]bool{"north": true, "plant": true, "gate": false, "food": false, "gone": false} {
		if got := routing.Deals(unit, routes, tree(t)); got != want {
			t.Errorf("%s deals with what goes to north: %t, want %t", unit, got, want)
		}
	}
	if got, want := tree(t).Below("plant"), []string{"plant", "gate", "north"}; !slices.Equal(got, want) {
		t.Errorf("below plant are %q, want %q", got, want)
	}
	ordered := func(all []*spsv1.Unit) (ids []string) {
		for _, u := range all {
			ids = append(ids, u.GetId())
		}
		return ids
	}
	if got, want := ordered(tree(t).Ordered()), []string{"plant", "north", "gate", "food", "labs", "lab"}; !slices.Equal(got, want) {
		t.Errorf("in order they are %q, want %q", got, want)
	}
}

func TestCheck(t *testing.T) {
	rules := read(t, &spsv1.Routing{}, `rules { name: "Gate" units: ["gate", "gone"] } rules { name: "gate" units: "away" } otherwise: ["food", "nobody"]`)
	want := "routing.rules[0].units[1] UNIT_UNKNOWN, routing.rules[1].name RULE_NAME_USED, routing.rules[1].units[0] UNIT_UNKNOWN, routing.otherwise[1] UNIT_UNKNOWN"
	var got []string
	for _, p := range routing.Check(rules, "routing", tree(t)) {
		got = append(got, p.Field+" "+p.Reason)
	}
	if strings.Join(got, ", ") != want {
		t.Errorf("wrong are %q, want %q", got, want)
	}
	rota := read(t, &spsv1.DutyRota{}, `shifts { unit: "gone" end_time { seconds: 2678401 } start_time {} } shifts { unit: "gate" }`)
	got = nil
	for _, p := range routing.CheckRota(rota, "rota", tree(t)) {
		got = append(got, p.Field+" "+p.Reason)
	}
	if want := "rota.shifts[0].unit UNIT_UNKNOWN, rota.shifts[0].end_time SHIFT_LONG"; strings.Join(got, ", ") != want {
		t.Errorf("wrong are %q, want %q", got, want)
	}
}

// rota has lan on duty for the office in the night after Monday, and minh for the
// province from 18:00 to 20:00 of it.
func rota(t *testing.T) *spsv1.DutyRota {
	t.Helper()
	shift := func(unit, id string, from, to time.Duration) string {
		return fmt.Sprintf(`shifts { unit: %q id: %q contact { name: %[2]q phone: "+84912345678" } start_time { seconds: %d } end_time { seconds: %d } }`,
			unit, id, monday.Add(from).Unix(), monday.Add(to).Unix())
	}
	return read(t, &spsv1.DutyRota{}, shift("", "lan", 8*time.Hour, 23*time.Hour)+shift("north", "minh", 9*time.Hour, 11*time.Hour))
}

func TestNotices(t *testing.T) {
	for _, tc := range []struct {
		name  string
		units []string
		after time.Duration // 09:00 on Monday
		want  string
	}{
		{"in hours", nil, time.Hour, " duty desk in hours"},
		{"in the night", nil, 10 * time.Hour, " lan out of hours"},
		{"for a unit", []string{"north"}, 10 * time.Hour, "north minh out of hours"},
		{"for a unit below it, which is open", []string{"gate"}, 10 * time.Hour, "gate minh in hours"},
		{"for a unit without a shift just now", []string{"north"}, 12 * time.Hour, "north lan out of hours"},
		{"for two, nobody twice", []string{"food", "plant"}, 12 * time.Hour, "food lan out of hours"},
		{"nobody: whom the card names", []string{"gate", "food"}, 26 * time.Hour, "gate PPD out of hours, food duty desk in hours"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, n := range routing.Notices(rota(t), tree(t), tc.units, monday.Add(tc.after)) {
				when := map[bool]string{true: "out of hours", false: "in hours"}[n.GetOutOfHours()]
				got = append(got, n.GetUnit()+" "+n.GetContact().GetName()+" "+when)
			}
			if strings.Join(got, ", ") != tc.want {
				t.Errorf("told are %q, want %q", got, tc.want)
			}
		})
	}
}

func TestGaps(t *testing.T) {
	var got []string
	for _, g := range routing.Gaps(rota(t), tree(t), monday) {
		if g.GetStartTime().AsTime().Before(monday.Add(48 * time.Hour)) {
			got = append(got, fmt.Sprintf("%s %s-%s", g.GetUnit(), g.GetStartTime().AsTime().Format("02 15:04"), g.GetEndTime().AsTime().Format("02 15:04")))
		}
	}
	// Closed from 10:00 to 01:00 UTC, and nobody on duty from 10:00 on Tuesday.
	want := " 03 10:00-04 01:00, north 02 10:00-02 11:00, north 02 13:00-03 01:00, north 03 10:00-04 01:00"
	if strings.Join(got, ", ") != want {
		t.Errorf("gaps are %q, want %q", got, want)
	}
	if none := routing.Gaps(&spsv1.DutyRota{}, tree(t), monday); none != nil {
		t.Errorf("without a rota gaps are %v, want none", none)
	}
}
