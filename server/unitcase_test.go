package server_test

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// desk returns the service of cases for somebody.
func (u unitsOf) desk(role certs.Role, unit string) spsv1.CaseServiceClient {
	return spsv1.NewCaseServiceClient(u.as(role, unit+".people"))
}

// said has the office issue a statement to the whole network.
func (u unitsOf) said(s *spsv1.Statement) *spsv1.IssuedStatement {
	u.t.Helper()
	s.Addressees, s.Network = nil, true
	return issue(u.t, u.node, s)
}

// has reports over get and list whether somebody is shown a case. It asks again if
// that changed meanwhile.
func (u unitsOf) has(role certs.Role, unit, reference string) bool {
	u.t.Helper()
	who := u.desk(role, unit)
	get := func() error {
		_, err := who.GetCase(u.t.Context(), &spsv1.GetCaseRequest{Name: "cases/" + reference})
		return err
	}
	err := get()
	list, listErr := who.ListCases(u.t.Context(), &spsv1.ListCasesRequest{Filter: `reference = "` + reference + `"`})
	if (get() == nil) != (err == nil) {
		return u.has(role, unit, reference)
	}
	if listErr != nil || err != nil && told(err) != "NOT_FOUND" || (err == nil) != (len(list.GetCases()) == 1) {
		u.t.Errorf("%s of %s: get %v, list %v, %v: want the same of both", role, unit, told(err), list, listErr)
	}
	return err == nil
}

// with writes with which units a case is, and what they have done.
func (u unitsOf) with(reference string) string {
	u.t.Helper()
	c, err := u.desk(certs.RoleOfficer, "hq").GetCase(u.t.Context(), &spsv1.GetCaseRequest{Name: "cases/" + reference})
	if err != nil {
		u.t.Fatal(told(err))
	}
	text := routed(c.GetRouting().GetRoutes())
	for _, r := range c.GetRouting().GetRoutes() {
		if r.GetDoneTime() != nil {
			text += "; " + r.GetUnit() + " done by " + r.GetDoneBy().GetId() + ": " + r.GetDoneText()
		}
	}
	return text
}

// TestCasesReachUnits lets cases come and grow, and asks with whom they are, and who
// sees them.
func TestCasesReachUnits(t *testing.T) {
	w := newWorld(t, "VN")
	var later atomic.Int64 // a time.Duration
	w.clocks = map[certs.Office]func() time.Time{"VN": func() time.Time { return time.Now().Add(time.Duration(later.Load())) }}
	vn := startUnits(t, w)
	before := vn.said(notification("before there were rules"))
	vn.route(`rules { name: "fruit" site_codes: "VN-BT" units: "north" due { amount: 1 unit: ALLOWANCE_UNIT_DAYS } }`)
	fruit := vn.said(dragonfruit(spsv1.Classification_CLASSIFICATION_BORDER_REJECTION))
	vague := vn.said(notification("fruit fly in a fruit"))
	ctx, keeper := t.Context(), vn.rules(certs.RoleOfficer, "hq")
	for reference, want := range map[string]string{before.GetReference(): "", fruit.GetReference(): "north by fruit", vague.GetReference(): ""} {
		if got := vn.with(reference); got != want {
			t.Errorf("%s goes to %q, want %q", reference, got, want)
		}
	}

	// Later rules leave what was routed where it is; content that changes may add a unit.
	vn.route(`rules { name: "gates" site_codes: "VN-BT" units: "gate" }`)
	known := dragonfruit(spsv1.Classification_CLASSIFICATION_BORDER_REJECTION).GetNotification()
	if _, err := vn.validator().AmendCase(ctx, &spsv1.AmendCaseRequest{
		Name: "cases/" + vague.GetReference(), RequestId: newID(), Etag: vn.caseOf(vague).GetEtag(),
		Amendment:  &spsv1.Amendment{Reason: in1("en", "the codes are known now"), Notification: known},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"products"}},
	}); err != nil {
		t.Fatal(told(err))
	}
	eventually(t, "the amended case goes to the gate", func() bool { return vn.with(vague.GetReference()) == "gate by gates" })
	if got := vn.with(fruit.GetReference()); got != "north by fruit" {
		t.Errorf("after the rules changed %s is with %q, want north alone", fruit.GetReference(), got)
	}
	tried, err := keeper.TryRouting(ctx, &spsv1.TryRoutingRequest{Last: 2})
	if err != nil || len(tried.GetTried()) != 2 || tried.GetTried()[1].GetName() != "cases/"+fruit.GetReference() ||
		routed(tried.GetTried()[1].GetRoutes()) != "gate by gates" || !slices.Equal(tried.GetTried()[1].GetNow(), []string{"north"}) {
		t.Errorf("tried are %v, %v, want the last two cases, that of the fruit to the gate and now with north", tried, err)
	}

	for _, tc := range []struct {
		role certs.Role
		unit string
		want []string
	}{
		{certs.RoleOfficer, "hq", []string{before.GetReference(), fruit.GetReference(), vague.GetReference()}},
		{certs.RoleAuditor, "gate", []string{before.GetReference(), fruit.GetReference(), vague.GetReference()}},
		{certs.RoleValidator, "plant", []string{fruit.GetReference(), vague.GetReference()}},
		{certs.RoleOfficer, "north", []string{fruit.GetReference(), vague.GetReference()}},
		{certs.RolePost, "gate", []string{vague.GetReference()}},
		{certs.RoleOfficer, "food", nil},
	} {
		for _, of := range []*spsv1.IssuedStatement{before, fruit, vague} {
			if got, want := vn.has(tc.role, tc.unit, of.GetReference()), slices.Contains(tc.want, of.GetReference()); got != want {
				t.Errorf("%s of %s is shown %s = %t, want %t", tc.role, tc.unit, of.GetReference(), got, want)
			}
		}
	}

	noticesReachUnits(t, vn, fruit, vague)
	vn.settles("with_units", vague.GetReference(), fruit.GetReference())
	vn.settles("part_open = north", fruit.GetReference())
	vn.settles("overdue_by_unit")
	later.Store(int64(25 * time.Hour))
	vn.settles("overdue_by_unit", fruit.GetReference())
	finish(t, vn, fruit.GetReference())
	vn.settles("overdue_by_unit")
	vn.settles("unit = north", fruit.GetReference())
	vn.settles("part_open = north")
	_, err = vn.desk(certs.RoleOfficer, "hq").ListCases(ctx, &spsv1.ListCasesRequest{Filter: `with_units AND unit = "nort"`})
	wantReason(t, "cases of a unit that is not there", err, "INVALID, filter UNIT_UNKNOWN")
	_, err = vn.desk(certs.RoleOfficer, "hq").PollStatements(ctx, &spsv1.PollStatementsRequest{Parent: "offices/-", Filter: "unit = nort"})
	wantReason(t, "what is said in cases of a unit that is not there", err, "INVALID, filter UNIT_UNKNOWN")
}

// noticesReachUnits has exporters of two cases be registered, and units ask for the
// notices: they are shown those of the cases that they see.
func noticesReachUnits(t *testing.T, vn unitsOf, fruit, vague *spsv1.IssuedStatement) {
	t.Helper()
	vn.operators()
	of := func(role certs.Role, unit string) (all []string) {
		resp, err := spsv1.NewConsignmentServiceClient(vn.as(role, unit+".people")).ListConsignmentNotices(t.Context(), &spsv1.ListConsignmentNoticesRequest{Exporter: "exporters/binh-thuan"})
		if err != nil {
			t.Fatal(told(err))
		}
		for _, n := range resp.GetNotices() {
			all = append(all, n.GetReference())
		}
		slices.Sort(all)
		return all
	}
	both := []string{fruit.GetReference(), vague.GetReference()}
	eventually(t, "both cases lead to an exporter", func() bool { return slices.Equal(of(certs.RoleOfficer, "hq"), both) })
	for unit, want := range map[string][]string{"north": both, "food": nil} {
		if got := of(certs.RoleOfficer, unit); !slices.Equal(got, want) {
			t.Errorf("an officer of %s is shown the notices of %v, want %v", unit, got, want)
		}
	}
}

// finish has the units of a case that is with north say that they have done their
// part.
func finish(t *testing.T, vn unitsOf, reference string) {
	t.Helper()
	done := func(role certs.Role, caller, unit, text string) string {
		_, err := vn.rules(role, caller).FinishPart(t.Context(), &spsv1.FinishPartRequest{Name: "cases/" + reference, Unit: unit, Text: text})
		return told(err)
	}
	for _, tc := range []struct{ name, got, want string }{
		{"one that does not see it", done(certs.RoleOfficer, "food", "", ""), "NOT_FOUND"},
		{"the unit above, for itself", done(certs.RoleOfficer, "plant", "", ""), "INVALID, unit UNIT_NOT_ROUTED"},
		{"the focal point for nobody", done(certs.RoleOfficer, "hq", "", ""), "INVALID, unit UNIT_NOT_ROUTED"},
		{"an auditor", done(certs.RoleAuditor, "north", "", ""), "PERMISSION_DENIED"},
		{"the unit", done(certs.RoleOfficer, "north", "", "inspected"), ""},
		{"the unit above, once more", done(certs.RoleOfficer, "plant", "north", "again"), ""},
	} {
		if tc.got != tc.want {
			t.Errorf("part done by %s: %q, want %q", tc.name, tc.got, tc.want)
		}
	}
	if got, want := vn.with(reference), "north by fruit; north done by north.people: inspected"; got != want {
		t.Errorf("the case is with %q, want %q", got, want)
	}
}

// TestCasesAreRoutedByHand gives a case to a unit, and takes it back.
func TestCasesAreRoutedByHand(t *testing.T) {
	vn := startUnits(t, newWorld(t, "VN"))
	reference := vn.said(notification("fruit fly in mango")).GetReference()
	route := func(role certs.Role, unit, reason string, to, from []string) string {
		_, err := vn.rules(role, unit).RouteCase(t.Context(), &spsv1.RouteCaseRequest{
			Name: "cases/" + reference, To: to, From: from, Reason: reason, Due: &spsv1.Allowance{Amount: 2, Unit: spsv1.AllowanceUnit_ALLOWANCE_UNIT_HOURS},
		})
		return told(err)
	}
	food, none := []string{"food"}, []string(nil)
	for _, tc := range []struct{ name, got, want string }{
		{"to nobody", route(certs.RoleOfficer, "hq", "so", none, none), "INVALID,  ROUTE_CASE_NOTHING"},
		{"to a unit that is not there, for no reason", route(certs.RoleOfficer, "hq", "", []string{"gone"}, none), "INVALID, reason STRING_MIN_LEN, to[0] UNIT_UNKNOWN"},
		{"by a unit", route(certs.RoleOfficer, "food", "ours", food, none), "PERMISSION_DENIED"},
		{"by a post", route(certs.RolePost, "gate", "ours", food, none), "PERMISSION_DENIED"},
		{"by the focal point", route(certs.RoleOfficer, "hq", "it is food", food, none), ""},
		{"to a unit, and from one that never had it", route(certs.RoleOfficer, "hq", "so", []string{"plant"}, []string{"food", "north"}), "INVALID, from[1] UNIT_NOT_ROUTED"},
	} {
		if tc.got != tc.want {
			t.Errorf("routed %s: %q, want %q", tc.name, tc.got, tc.want)
		}
	}
	if got := vn.with(reference); got != "food by it is food" || !vn.has(certs.RoleOfficer, "food", reference) {
		t.Errorf("the case is with %q, want with food, which sees it", got)
	}
	if got := route(certs.RoleValidator, "hq", "it is plant health", []string{"plant"}, food); got != "" {
		t.Fatal(got)
	}
	if got, want := vn.with(reference), "food by it is food until it is plant health by hq.people, plant by it is plant health"; got != want {
		t.Errorf("the case is with %q, want %q", got, want)
	}
	if got := route(certs.RoleValidator, "hq", "it is plant health", []string{"plant"}, food); got != "" {
		t.Errorf("routed so once more: %q, want no refusal", got)
	}
	if vn.has(certs.RoleOfficer, "food", reference) || !vn.has(certs.RoleOfficer, "plant", reference) {
		t.Error("food is shown the case that was taken from it, or plant is not")
	}
	audit, err := spsv1.NewNodeServiceClient(vn.as(certs.RoleAuditor, "an")).ListAuditRecords(t.Context(), &spsv1.ListAuditRecordsRequest{Resource: "cases/" + reference})
	if err != nil || !strings.Contains(audit.String(), "UnitService/RouteCase") {
		t.Errorf("the audit log has %v, %v, want who routed the case", audit, err)
	}
}

// TestACaseTellsTheDutyOfficer has an alert of another office come while somebody
// is on duty for the unit to which it goes.
func TestACaseTellsTheDutyOfficer(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn, cn := startUnits(t, w), w.start("CN")
	vn.route(`rules { name: "fruit" site_codes: "VN-BT" units: "north" }`)
	rota := &spsv1.DutyRota{Etag: "0", Shifts: []*spsv1.DutyShift{{
		Unit: "plant", Id: "food.people", Contact: &spsv1.ContactPoint{Name: "Tran B", Phone: "+84912345678"},
		StartTime: timestamppb.New(time.Now().Add(-time.Hour)), EndTime: timestamppb.New(time.Now().Add(time.Hour)),
	}}}
	if _, err := vn.rules(certs.RoleValidator, "hq").UpdateDutyRota(t.Context(), &spsv1.UpdateDutyRotaRequest{Rota: rota}); err != nil {
		t.Fatal(told(err))
	}
	light := dragonfruit(spsv1.Classification_CLASSIFICATION_INFORMATION_FOR_ATTENTION)
	light.GetNotification().Risk = nil
	calm := issue(t, cn, light)
	grave := issue(t, cn, dragonfruit(spsv1.Classification_CLASSIFICATION_ALERT))
	vn.watch("offices/CN", "").statement(grave.GetName())
	c, err := vn.desk(certs.RoleOfficer, "north").GetCase(t.Context(), &spsv1.GetCaseRequest{Name: "cases/" + grave.GetReference()})
	notices := c.GetRouting().GetNotices()
	if err != nil || len(notices) != 1 || notices[0].GetUnit() != "north" || notices[0].GetContact().GetPhone() != "+84912345678" {
		t.Errorf("told of the alert: %v, %v, want who is on duty for the unit above", notices, err)
	}
	if !vn.has(certs.RoleOfficer, "food", grave.GetReference()) || vn.has(certs.RoleOfficer, "food", calm.GetReference()) {
		t.Error("who was on duty, of another unit, is not shown the alert, or is shown what can wait")
	}
	own := vn.said(notification("salmonella in pepper"))
	arrived(own, vn.node, cn)
	asked := in(own, &spsv1.Statement{Body: &spsv1.Statement_Request{
		Request: &spsv1.Request{Kind: spsv1.RequestKind_REQUEST_KIND_DOCUMENTS, Text: in1("en", "the report, please"), Offices: []string{"VN"}},
	}}, "VN")
	asked.Addressees[0].Unit = "food"
	issue(t, cn, asked)
	eventually(t, "the unit that another office asks sees the case", func() bool { return vn.has(certs.RoleOfficer, "food", own.GetReference()) })
	if c, err := vn.desk(certs.RoleOfficer, "hq").GetCase(t.Context(), &spsv1.GetCaseRequest{Name: "cases/" + calm.GetReference()}); err != nil || len(c.GetRouting().GetNotices()) != 0 {
		t.Errorf("of what can wait %v, %v was told, want nobody", c.GetRouting(), err)
	}
}
