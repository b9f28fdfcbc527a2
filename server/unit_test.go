package server_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// unitsOf is an office with units, and who belongs to them.
type unitsOf struct {
	*node
	t *testing.T
}

// startUnits starts the office of Vietnam: a plant authority with a province and
// a border post in it, a food authority with a laboratory. The people of a unit
// have its name in their ids; hq is the focal point.
func startUnits(t *testing.T, w *world) unitsOf {
	t.Helper()
	w.more = "focal_point: hq\nunits: plant.people=plant; north.people=north; gate.people=gate; food.people=food; hq.people=hq; lab.people=lab\n"
	card, err := w.fed.Office("VN").NextCard(func(c *spsv1.Card) {
		add := func(id, parent string, kind spsv1.UnitKind, fields ...spsv1.Field) {
			c.Units = append(c.Units, &spsv1.Unit{
				Id: id, Parent: parent, Kind: kind, Fields: fields, Name: []*spsv1.LocalizedText{{Lang: "en", Text: id}},
			})
		}
		add("hq", "", spsv1.UnitKind_UNIT_KIND_AUTHORITY)
		add("plant", "", spsv1.UnitKind_UNIT_KIND_AUTHORITY, spsv1.Field_FIELD_PLANT)
		add("north", "plant", spsv1.UnitKind_UNIT_KIND_PROVINCE)
		add("gate", "north", spsv1.UnitKind_UNIT_KIND_BORDER_POST)
		add("food", "", spsv1.UnitKind_UNIT_KIND_AUTHORITY, spsv1.Field_FIELD_FOOD)
		add("lab", "food", spsv1.UnitKind_UNIT_KIND_LABORATORY)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.config("VN").Identity.Card, card, 0o600); err != nil {
		t.Fatal(err)
	}
	return unitsOf{w.start("VN"), t}
}

// rules returns the service of units for somebody.
func (u unitsOf) rules(role certs.Role, unit string) spsv1.UnitServiceClient {
	return spsv1.NewUnitServiceClient(u.as(role, unit+".people"))
}

// reads returns the findings as somebody sees them.
func (u unitsOf) reads(role certs.Role, unit string) spsv1.FindingServiceClient {
	return spsv1.NewFindingServiceClient(u.as(role, unit+".people"))
}

// route sets routing rules.
func (u unitsOf) route(text string) {
	u.t.Helper()
	rules := &spsv1.Routing{}
	if err := prototext.Unmarshal([]byte(text), rules); err != nil {
		u.t.Fatal(err)
	}
	keeper := u.rules(certs.RoleValidator, "hq")
	before, err := keeper.GetRouting(u.t.Context(), &spsv1.GetRoutingRequest{})
	if err != nil {
		u.t.Fatal(err)
	}
	rules.Etag = before.GetEtag()
	if _, err := keeper.UpdateRouting(u.t.Context(), &spsv1.UpdateRoutingRequest{Routing: rules}); err != nil {
		u.t.Fatal(err, told(err))
	}
}

// routed writes with which units a finding is and was.
func routed(routes []*spsv1.Route) string {
	var all []string
	for _, r := range routes {
		ended := ""
		if r.GetEndTime() != nil {
			ended = " until " + r.GetEndReason() + " by " + r.GetEndedBy().GetId()
		}
		all = append(all, r.GetUnit()+" by "+r.GetRule()+r.GetReason()+ended)
	}
	return strings.Join(all, ", ")
}

func TestRoutingRules(t *testing.T) {
	vn := startUnits(t, newWorld(t, "VN"))
	keeper := vn.rules(certs.RoleValidator, "hq")
	update := func(by spsv1.UnitServiceClient, etag, unit string) error {
		_, err := by.UpdateRouting(t.Context(), &spsv1.UpdateRoutingRequest{Routing: &spsv1.Routing{
			Rules: []*spsv1.RoutingRule{{Name: "all", Units: []string{unit}}}, Etag: etag, Note: "to " + unit,
		}})
		return err
	}
	for _, tc := range []struct {
		name, want string
		err        error
	}{
		{"a unit that is not there, and no etag", "INVALID, routing UPDATE_ROUTING_ETAG, routing.rules[0].units[0] UNIT_UNKNOWN", update(keeper, "", "gone")},
		{"the first", "", update(keeper, "0", "plant")},
		{"by what was read before", "ETAG", update(keeper, "0", "food")},
		{"by a unit", "PERMISSION_DENIED", update(vn.rules(certs.RoleValidator, "plant"), "1", "plant")},
		{"by an officer", "PERMISSION_DENIED", update(vn.rules(certs.RoleOfficer, "hq"), "1", "plant")},
		{"the second", "", update(vn.rules(certs.RoleAdmin, "hq"), "1", "food")},
	} {
		if got := told(tc.err); got != tc.want {
			t.Errorf("%s: %v, want %q", tc.name, tc.err, tc.want)
		}
	}
	var got []string
	for token := ""; ; {
		page, err := keeper.ListRoutingHistory(t.Context(), &spsv1.ListRoutingHistoryRequest{PageSize: 1, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.GetRoutings() {
			got = append(got, r.GetEtag()+" "+r.GetNote()+" by "+r.GetChangedBy().GetId())
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	if got, want := strings.Join(got, ", "), "2 to food by hq.people, 1 to plant by hq.people"; got != want {
		t.Errorf("the history is %q, want %q", got, want)
	}
	list, err := vn.rules(certs.RolePost, "gate").ListUnits(t.Context(), &spsv1.ListUnitsRequest{})
	if err != nil || len(list.GetUnits()) != 6 || list.GetUnits()[3].GetId() != "gate" {
		t.Errorf("the units are %v, %v, want six, gate behind those above it", list, err)
	}
	if _, err := keeper.ListUnits(t.Context(), &spsv1.ListUnitsRequest{Office: "LA"}); told(err) != "NOT_FOUND" {
		t.Errorf("of an office that is no peer: %v, want NOT_FOUND", err)
	}
}

// TestFindingsReachUnits has a laboratory post findings and asks, over every
// method, who sees them.
func TestFindingsReachUnits(t *testing.T) {
	vn := startUnits(t, newWorld(t, "VN"))
	hanoi, hq := vn.lab("lab.people"), vn.reads(certs.RoleOfficer, "hq")
	order, err := vn.reads(certs.RoleOfficer, "food").OrderTest(t.Context(), &spsv1.OrderTestRequest{Order: &spsv1.TestOrder{
		Laboratory: "lab", SampleNumber: "S-77", Analytes: []*spsv1.Concept{{AsWritten: "cadmium"}},
	}})
	if err != nil {
		t.Fatal(err, told(err))
	}
	byDefault := hanoi.mustPost(labReport(t, "L-1"))
	vn.route(`rules { name: "north" site_codes: "DR" units: "north" due { amount: 1 unit: ALLOWANCE_UNIT_DAYS } }`)
	const coded = `product { lots { codes { kind: SITE_CODE_KIND_GROWING_AREA code: "DR-0017" } } }`
	coming := hanoi.mustPost(labReport(t, "L-2", coded, `sample { number: "S-77" } stage: RESULT_STAGE_PRELIMINARY`))
	vn.route(``)
	final := hanoi.mustPost(labReport(t, "L-2", coded))

	if coming.GetRoutes() != nil || coming.GetNotices() != nil {
		t.Errorf("the laboratory is shown who deals with it: %v", coming)
	}
	for _, tc := range []struct{ name, finding, want string }{
		{"without rules", byDefault.GetName(), "food by LABORATORY"},
		{"by a rule, and whose order it answers", coming.GetName(), "north by north, food by ORDER"},
		{"the final one of it, by other rules", final.GetName(), "food by LABORATORY, north by SUPERSEDED"},
	} {
		f, err := hq.GetFinding(t.Context(), &spsv1.GetFindingRequest{Name: tc.finding})
		if got := routed(f.GetRoutes()); err != nil || got != tc.want {
			t.Errorf("%s it goes to %q, %v, want %q", tc.name, got, err, tc.want)
		}
	}
	for _, tc := range []struct {
		unit string
		role certs.Role
		want map[string]bool
	}{
		{"hq", certs.RoleOfficer, map[string]bool{"L-1": true, "L-2": true, "order": true}},
		{"plant", certs.RoleAuditor, map[string]bool{"L-1": true, "L-2": true, "order": true}},
		{"food", certs.RoleValidator, map[string]bool{"L-1": true, "L-2": true, "order": true}},
		{"plant", certs.RoleOfficer, map[string]bool{"L-2": true}},
		{"north", certs.RoleValidator, map[string]bool{"L-2": true}},
		{"gate", certs.RoleOfficer, nil},
	} {
		t.Run(string(tc.role)+" of "+tc.unit, func(t *testing.T) {
			t.Parallel() // a watch shows all that is there before its first sign of life, and that takes a second
			who := vn.reads(tc.role, tc.unit)
			sees(t, who, map[string]string{byDefault.GetName(): "L-1", coming.GetName(): "L-2"}, tc.want)
			_, err := who.GetTestOrder(t.Context(), &spsv1.GetTestOrderRequest{Name: order.GetName()})
			list, listErr := who.ListTestOrders(t.Context(), &spsv1.ListTestOrdersRequest{})
			if got := err == nil; got != tc.want["order"] || (len(list.GetOrders()) > 0) != tc.want["order"] {
				t.Errorf("sees the order: %v, in the list %v, %v, want %t", err, list.GetOrders(), listErr, tc.want["order"])
			}
			if tc.role == certs.RoleAuditor {
				return
			}
			if _, err := who.CancelTestOrder(t.Context(), &spsv1.CancelTestOrderRequest{Name: order.GetName()}); (told(err) == "NOT_FOUND") == tc.want["order"] {
				t.Errorf("cancels the order: %v", err)
			}
			_, err = who.DraftFromFindings(t.Context(), &spsv1.DraftFromFindingsRequest{Names: []string{byDefault.GetName()}})
			if (told(err) == "NOT_FOUND") == tc.want["L-1"] {
				t.Errorf("drafts from L-1: %v", err)
			}
			tried, err := vn.rules(tc.role, tc.unit).TryRouting(t.Context(), &spsv1.TryRoutingRequest{Routing: &spsv1.Routing{Otherwise: []string{"gate"}}})
			if err != nil || len(tried.GetTried()) > 0 != (len(tc.want) > 0) || len(tc.want) > 0 && routed(tried.GetTried()[0].GetRoutes()) != "gate by OTHERWISE" {
				t.Errorf("tries rules: %v, %v", tried, err)
			}
		})
	}
}

// sees asks over every method that reads whether somebody is shown findings, by
// their names and report numbers.
func sees(t *testing.T, who spsv1.FindingServiceClient, reports map[string]string, want map[string]bool) {
	t.Helper()
	watch, err := who.WatchFindings(t.Context(), &spsv1.WatchFindingsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	watched := make(map[string]bool)
	for {
		event, err := watch.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if event.GetFinding() == nil {
			break
		}
		watched[event.GetFinding().GetName()] = true
	}
	for name, report := range reports {
		_, err := who.GetFinding(t.Context(), &spsv1.GetFindingRequest{Name: name})
		list, listErr := who.ListFindings(t.Context(), &spsv1.ListFindingsRequest{ReportNumber: report})
		got := fmt.Sprint(err == nil, len(list.GetFindings()) > 0, watched[name])
		if one := want[report]; got != fmt.Sprint(one, one, one) || err != nil && told(err) != "NOT_FOUND" {
			t.Errorf("%s is shown by Get, List, Watch: %s (%v, %v), want %t", report, got, err, listErr, one)
		}
	}
}

func TestFindingTellsTheDutyOfficer(t *testing.T) {
	vn := startUnits(t, newWorld(t, "VN"))
	keeper := vn.rules(certs.RoleValidator, "hq")
	at := func(d time.Duration) *timestamppb.Timestamp { return timestamppb.New(time.Now().Add(d)) }
	shift := func(unit, id string) *spsv1.DutyShift {
		return &spsv1.DutyShift{
			Unit: unit, Id: id, Contact: &spsv1.ContactPoint{Name: id, Phone: "+84912345678"}, StartTime: at(-time.Hour), EndTime: at(time.Hour),
		}
	}
	broken := &spsv1.DutyRota{Etag: "0", Shifts: []*spsv1.DutyShift{{Unit: "gone", Id: "a", Contact: &spsv1.ContactPoint{Name: "a"}, StartTime: at(time.Hour), EndTime: at(0)}}}
	if _, err := keeper.UpdateDutyRota(t.Context(), &spsv1.UpdateDutyRotaRequest{Rota: broken}); told(err) !=
		"INVALID, rota.shifts[0] DUTY_SHIFT_ORDER, rota.shifts[0] DUTY_SHIFT_PHONE, rota.shifts[0].unit UNIT_UNKNOWN" {
		t.Errorf("a broken rota: %q", told(err))
	}
	rota := &spsv1.DutyRota{Etag: "0", Shifts: []*spsv1.DutyShift{shift("", "hq.people"), shift("food", "gate.people")}}
	kept, err := keeper.UpdateDutyRota(t.Context(), &spsv1.UpdateDutyRotaRequest{Rota: rota})
	if err != nil || kept.GetEtag() != "1" || len(kept.GetGaps()) != 2 {
		t.Fatalf("the rota is kept as %v, %v, want the etag 1 and a gap behind each shift", kept, err)
	}
	duty, err := vn.rules(certs.RolePost, "gate").GetDuty(t.Context(), &spsv1.GetDutyRequest{Unit: "lab"})
	if err != nil || len(duty.GetShifts()) != 1 || duty.GetShifts()[0].GetId() != "gate.people" {
		t.Errorf("on duty for the laboratory is %v, %v, want who is for the unit above", duty, err)
	}

	grave := vn.lab("lab.people").mustPost(labReport(t, "L-1"))
	good := labReport(t, "L-2")
	good.GetSample().GetResults()[0].Value.Value, good.GetSample().GetResults()[0].Verdict = "0.05", spsv1.Verdict_VERDICT_COMPLIANT
	vn.lab("lab.people").mustPost(good)
	theirs := vn.reads(certs.RoleOfficer, "gate")
	list, err := theirs.ListFindings(t.Context(), &spsv1.ListFindingsRequest{Told: true})
	if err != nil || len(list.GetFindings()) != 1 || list.GetFindings()[0].GetName() != grave.GetName() {
		t.Fatalf("the duty officer, of another unit, was told of %v, %v, want %s", list.GetFindings(), err, grave.GetName())
	}
	n := list.GetFindings()[0].GetNotices()[0]
	if got, want := fmt.Sprint(n.GetUnit(), " ", n.GetContact().GetPhone(), " ", n.GetOutOfHours()), "food +84912345678 false"; got != want {
		t.Errorf("the notice is %q, want %q", got, want)
	}
	watch, err := theirs.WatchFindings(t.Context(), &spsv1.WatchFindingsRequest{Told: true})
	if err != nil {
		t.Fatal(err)
	}
	event := next(t, watch, func(e *spsv1.WatchFindingsResponse) bool { return e.GetFinding() != nil })
	if event.GetFinding().GetName() != grave.GetName() {
		t.Errorf("the duty officer watches %v, want %s", event, grave.GetName())
	}

	// By hand it goes to another unit, and its history stays.
	route := &spsv1.RouteFindingRequest{Name: grave.GetName(), To: []string{"north"}, From: []string{"food"}, Reason: "it is theirs"}
	if _, err := theirs.RouteFinding(t.Context(), route); told(err) != "PERMISSION_DENIED" {
		t.Errorf("a unit routes: %v, want PERMISSION_DENIED", err)
	}
	if _, err := vn.reads(certs.RoleOfficer, "hq").RouteFinding(t.Context(), &spsv1.RouteFindingRequest{Name: grave.GetName(), To: []string{"gone"}}); told(err) != "INVALID, reason STRING_MIN_LEN, to[0] UNIT_UNKNOWN" {
		t.Errorf("routed to nowhere: %q", told(err))
	}
	if _, err := vn.reads(certs.RoleOfficer, "hq").RouteFinding(t.Context(), &spsv1.RouteFindingRequest{Name: grave.GetName(), From: []string{"gate"}, Reason: "so"}); told(err) != "INVALID, from[0] UNIT_NOT_ROUTED" {
		t.Errorf("taken from a unit that never had it: %q", told(err))
	}
	moved, err := vn.reads(certs.RoleOfficer, "hq").RouteFinding(t.Context(), route)
	if got, want := routed(moved.GetRoutes()), "food by LABORATORY until it is theirs by hq.people, north by it is theirs"; err != nil || got != want {
		t.Errorf("routed by hand: %q, %v, want %q", got, err, want)
	}
	for unit, want := range map[string]string{"food": "NOT_FOUND", "plant": ""} {
		_, err := vn.reads(certs.RoleOfficer, unit).GetFinding(t.Context(), &spsv1.GetFindingRequest{Name: grave.GetName()})
		if told(err) != want {
			t.Errorf("afterwards %s gets it: %v, want %q", unit, err, want)
		}
	}
}
