package trader

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

const (
	suspends = `measures { id: "m1" code_status { code { kind: SITE_CODE_KIND_GROWING_AREA code: "VN BT 001" } action: CODE_ACTION_SUSPENDED market { code: "CN" } } }`
	detains  = `measures { id: "m1" about: "n:p1.l1" action { codings { system: "sps-measure" code: "detained" } } }`
	fraud    = `suspected_fraud { open_investigation: true } `
)

// TestOfAHeldCaseOnlyItsEndIsTold has a case be held after it was told, and end.
func TestOfAHeldCaseOnlyItsEndIsTold(t *testing.T) {
	d := newDesk(t)
	d.register("grower", aCode)
	c := d.tell(alert + oneLot)
	d.want("told at once", "grower", "SENT 1 NEW [p1.l1]")
	c.notification = alert + fraud + `products { id: "p1" lots { id: "p1.l1" number: "SECRET" ` + aCode + ` } }`
	d.want("investigated", "grower", "SENT 1 NEW [p1.l1] held OPEN_INVESTIGATION")
	c.change = closes
	d.want("closed", "grower", "SENT 2 CASE_CLOSED [p1.l1] held OPEN_INVESTIGATION")
	n := d.notice("grower")
	if number := n.GetContent().GetNotification().GetProducts()[0].GetLots()[0].GetNumber(); number != "L1" || n.GetContent().GetOutcome() != spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED {
		t.Errorf("at its end the exporter is told of lot %q and %s, want L1, as before, and SETTLED", number, n.GetContent().GetOutcome())
	}
	d.release("grower")
	d.want("released", "grower", "SENT 3 AMENDED [p1.l1]")

	delete(d.cases, testCase)
	d = newDesk(t)
	d.register("grower", aCode)
	c = d.tell(alert + fraud + oneLot)
	c.change = closes
	d.want("closed before anything was told", "grower", "HELD OPEN_INVESTIGATION")
}

// TestWhatAnOfficerHoldsIsNotTold holds a notice, lets the case end, and lifts a hold
// with and without news.
func TestWhatAnOfficerHoldsIsNotTold(t *testing.T) {
	d := newDesk(t)
	d.register("grower", aCode)
	c := d.tell(alert + oneLot)
	hold := func() {
		t.Helper()
		if _, err := d.officers.HoldConsignmentNotice(d.as(certs.RoleOfficer, "lan"), &spsv1.HoldConsignmentNoticeRequest{Name: d.notice("grower").GetName(), Reason: "ask first"}); err != nil {
			t.Fatal(err)
		}
	}
	hold()
	d.want("held without news", "grower", "SENT 1 NEW [p1.l1] OFFICER")
	d.release("grower")
	d.want("the hold is lifted", "grower", "SENT 1 NEW [p1.l1]")
	hold()
	c.change = closes
	d.want("closed while it is held", "grower", "SENT 1 NEW [p1.l1] held OFFICER")
	d.now = d.now.AddDate(0, 0, 10)
	overdue, err := d.readers.ListConsignmentNotices(d.as(certs.RoleExporter, "grower"), &spsv1.ListConsignmentNoticesRequest{Overdue: true})
	if err != nil || len(overdue.GetNotices()) != 1 {
		t.Errorf("%d notices are overdue for the exporter, %v, want the one of whose end it was not told", len(overdue.GetNotices()), err)
	}
	d.release("grower")
	d.want("released", "grower", "SENT 2 CASE_CLOSED [p1.l1]")
}

// TestAddedGoodsKeepTheirIds amends a case and adds to it in other orders: what was
// told of added goods stays as it is.
func TestAddedGoodsKeepTheirIds(t *testing.T) {
	d := newDesk(t)
	d.register("grower", aCode)
	c := d.tell(alert + oneLot)
	c.follows(d, "CN", network, `products { id: "p1" lots { id: "p1.l7" `+aCode+` } } findings { id: "f1" about: "p1.l7" } samples { id: "s2" about: "p1" }`)
	d.settled()
	before := goodsIn(d.notice("grower").GetContent())
	if len(before) != 2 || before[0] != "p1.l1" {
		t.Fatalf("told of %v, want p1.l1 and what was added", before)
	}
	c.notification = alert + oneLot + `products { id: "p2" } findings { id: "f1" } samples { id: "s1" }`
	c.follows(d, "VN", network, `products { id: "p1" } measures { id: "m1" }`)
	c.entries[0], c.entries[1] = c.entries[1], c.entries[0]
	d.settled()
	n := d.notice("grower").GetContent()
	if after := goodsIn(n); len(after) != 2 || after[1] != before[1] {
		t.Errorf("after an amendment told of %v, want %v", after, before)
	}
	found := n.GetNotification().GetFindings()
	if len(found) != 2 || found[1].GetAbout()[0] != before[1] || len(n.GetNotification().GetSamples()) != 2 {
		t.Errorf("found is %v, sampled %v, want the second about %s, and two samples", found, n.GetNotification().GetSamples(), before[1])
	}
}

// TestWhatIsForAddresseesOnlyNeedsAnOfficer adds to a case what is for its addressees
// only, and what is not.
func TestWhatIsForAddresseesOnlyNeedsAnOfficer(t *testing.T) {
	d := newDesk(t)
	d.register("grower", aCode)
	d.register("other", `codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-002" }`)
	c := d.tell(alert + oneLot)
	c.follows(d, "CN", restricted, `measures { id: "m1" about: "n:p1.l1" text { lang: "en" text: "secret" } action { codings { system: "sps-measure" code: "treated" } } }
		parties { id: "o1" roles: PARTY_ROLE_EXPORTER codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-002" } }`)
	d.want("said to addressees only", "grower", "SENT 1 NEW [p1.l1] held ADDRESSEES_ONLY")
	d.want("whom that leads to", "other", "HELD ADDRESSEES_ONLY")
	c.follows(d, "CN", network, suspends)
	d.want("said to all", "grower", "SENT 2 CODE_SUSPENDED [p1.l1] held ADDRESSEES_ONLY")
	if got := len(d.notice("grower").GetContent().GetNotification().GetMeasures()); got != 1 {
		t.Errorf("told of %d measures, want the one that was said to all", got)
	}
	d.release("grower")
	d.want("released", "grower", "SENT 3 MEASURE [p1.l1]")
	c.follows(d, "CN", network, detains)
	d.want("said to all afterwards", "grower", "SENT 4 MEASURE [p1.l1]")
	if got := len(d.notice("grower").GetContent().GetNotification().GetMeasures()); got != 3 {
		t.Errorf("told of %d measures, want all three", got)
	}
	c.follows(d, "VN", restricted, `measures { id: "m1" about: "n:p1.l1" action { codings { system: "sps-measure" code: "destroyed" } } }`)
	d.want("said to addressees only once more", "grower", "SENT 4 MEASURE [p1.l1] held ADDRESSEES_ONLY")
}

// TestAYesCoversWhatWasShown adds goods to which a name leads after an officer said
// yes to it.
func TestAYesCoversWhatWasShown(t *testing.T) {
	d := newDesk(t)
	d.register("grower", `codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-009" }`)
	c := d.tell(alert + `products { id: "p1" lots { id: "p1.l1" } } ` + aName("p1"))
	d.want("a name", "grower", "PROPOSED")
	d.release("grower")
	d.want("yes", "grower", "SENT 1 NEW [p1.l1]")
	c.follows(d, "CN", network, detains)
	d.want("news of what was shown", "grower", "SENT 2 MEASURE [p1.l1]")
	c.notification = alert + `products { id: "p1" lots { id: "p1.l1" } lots { id: "p1.l2" } } products { id: "p2" } ` + aName("p1", "p2")
	d.want("goods that are added", "grower", "SENT 2 MEASURE [p1.l1] held MATCH")
	c.follows(d, "CN", network, `measures { id: "m2" about: "n:p1.l1" action { codings { system: "sps-measure" code: "released" } } }`)
	d.want("news of what was shown, beside them", "grower", "SENT 3 GOODS_RELEASED [p1.l1] held MATCH")
	c.notification += ` products { id: "p3" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-009" } }`
	d.want("goods to which a code leads", "grower", "SENT 4 AMENDED [p1.l1 p3]")
	c.notification = alert + `products { id: "p1" lots { id: "p1.l1" } } ` + aName("p1")
	d.want("goods that go", "grower", "SENT 5 AMENDED [p1.l1]")
	c.notification = alert + `products { id: "p8" } ` + aName("p8")
	d.want("other goods", "grower", "SENT 5 AMENDED [p1.l1] held MATCH")
	d.release("grower")
	d.want("yes again", "grower", "SENT 6 AMENDED [p8]")
}

// TestAReclassifiedCaseIsLookedAtAgain gives a case that was told another
// classification.
func TestAReclassifiedCaseIsLookedAtAgain(t *testing.T) {
	d := newDesk(t)
	d.register("grower", aCode)
	c := d.tell(alert + oneLot)
	c.notification = `classification: CLASSIFICATION_BORDER_REJECTION ` + oneLot
	d.want("a class that waits", "grower", "SENT 1 NEW [p1.l1] held RECLASSIFIED")
	d.release("grower")
	d.want("released", "grower", "SENT 2 AMENDED [p1.l1]")
	c.follows(d, "CN", network, suspends)
	d.want("news of the class that was released", "grower", "SENT 3 CODE_SUSPENDED [p1.l1]")
	c.notification = `classification: CLASSIFICATION_FRAUD ` + oneLot
	d.want("fraud", "grower", "SENT 3 CODE_SUSPENDED [p1.l1] held FRAUD")
}

// TestWhatAnOfficerMadeWaitsForOne makes a notice by hand of a case of which notices
// are sent at once.
func TestWhatAnOfficerMadeWaitsForOne(t *testing.T) {
	d := newDesk(t)
	d.register("grower", `codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-009" }`)
	c := d.tell(alert + oneLot)
	d.want("no code, no name", "grower", "none")
	if _, err := d.officers.CreateConsignmentNotice(d.as(certs.RoleOfficer, "lan"), &spsv1.CreateConsignmentNoticeRequest{
		Case: "cases/" + testCase, Exporter: "exporters/grower", Reason: "the province says so", About: []string{"p1.l1"},
	}); err != nil {
		t.Fatal(err)
	}
	c.follows(d, "CN", network, detains)
	d.want("the next entry", "grower", "PROPOSED")
	c.follows(d, "CN", network, `parties { id: "o1" roles: PARTY_ROLE_EXPORTER codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-009" } about: "n:p1.l1" }`)
	d.want("a code that leads there too", "grower", "PROPOSED")
	d.release("grower")
	d.want("released", "grower", "SENT 1 NEW [p1.l1]")
}

// TestNothingOlderIsWrittenOverNewer has a case go on while an officer makes a notice
// of it by hand.
func TestNothingOlderIsWrittenOverNewer(t *testing.T) {
	d := newDesk(t)
	d.register("grower", `codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-009" }`)
	c := d.tell(alert + oneLot)
	make := &spsv1.CreateConsignmentNoticeRequest{Case: "cases/" + testCase, Exporter: "exporters/grower", Reason: "the province says so"}
	create := func() {
		t.Helper()
		if _, err := d.officers.CreateConsignmentNotice(d.as(certs.RoleOfficer, "lan"), make); err != nil {
			t.Fatal(err)
		}
	}
	create()
	waits := true
	d.read = func() {
		d.read = nil
		c.notification = alert + oneLot + `products { id: "p2" } `
		if d.settling.TryLock() { // who settles does not wait until the notice is written
			d.settling.Unlock()
			waits = false
			d.settled()
		}
	}
	create()
	if waits {
		d.settled()
	}
	if got := goodsIn(d.notice("grower").GetContent()); len(got) != 2 {
		t.Errorf("the notice is about %v, want p1.l1 and p2", got)
	}
}

// TestOnlyWhoIsServedIsTold lets an exporter leave exercises, and the register.
func TestOnlyWhoIsServedIsTold(t *testing.T) {
	d := newDesk(t)
	d.register("grower", `takes_part_in_exercises: true `+aCode)
	change := func(set func(*spsv1.Exporter)) {
		t.Helper()
		e, err := d.officers.GetExporter(d.as(certs.RoleOfficer, "lan"), &spsv1.GetExporterRequest{Name: "exporters/grower"})
		if err != nil {
			t.Fatal(err)
		}
		set(e)
		if _, err := d.officers.UpdateExporter(d.as(certs.RoleOfficer, "lan"), &spsv1.UpdateExporterRequest{Exporter: e}); err != nil {
			t.Fatal(err)
		}
	}
	release := func() codes.Code {
		_, err := d.officers.ReleaseConsignmentNotice(d.as(certs.RoleOfficer, "lan"), &spsv1.ReleaseConsignmentNoticeRequest{
			Name: d.notice("grower").GetName(), Text: []*spsv1.LocalizedText{{Lang: "vi", Text: "thêm"}},
		})
		return status.Code(err)
	}
	c := &written{notification: alert + oneLot, status: spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE}
	d.cases[testCase] = c
	d.want("an exercise", "grower", "SENT 1 NEW [p1.l1]")
	change(func(e *spsv1.Exporter) { e.TakesPartInExercises = false })
	c.follows(d, "CN", network, suspends)
	d.want("who takes part no more", "grower", "SENT 1 NEW [p1.l1]")
	if got := release(); got != codes.FailedPrecondition {
		t.Errorf("released to who takes part no more: %s, want FailedPrecondition", got)
	}
	change(func(e *spsv1.Exporter) { e.TakesPartInExercises = true })
	if _, err := d.officers.DeactivateExporter(d.as(certs.RoleOfficer, "lan"), &spsv1.DeactivateExporterRequest{Name: "exporters/grower", Reason: "gone"}); err != nil {
		t.Fatal(err)
	}
	d.want("who is served no more", "grower", "SENT 1 NEW [p1.l1]")
	if got := release(); got != codes.FailedPrecondition {
		t.Errorf("released to who is served no more: %s, want FailedPrecondition", got)
	}
	if _, err := d.officers.ReactivateExporter(d.as(certs.RoleOfficer, "lan"), &spsv1.ReactivateExporterRequest{Name: "exporters/grower"}); err != nil {
		t.Fatal(err)
	}
	d.want("served again", "grower", "SENT 2 CODE_SUSPENDED [p1.l1]")
}

// TestOnlyWhatSetsAStatusIsToldOfACode suspends a code of which nothing says who gave
// it, and then says it.
func TestOnlyWhatSetsAStatusIsToldOfACode(t *testing.T) {
	d := newDesk(t)
	d.register("grower", aCode)
	c := d.tell(alert + oneLot)
	c.follows(d, "VN", network, suspends)
	d.want("without effect", "grower", "SENT 1 NEW [p1.l1]")
	if got := d.notice("grower").GetContent().GetNotification().GetMeasures(); len(got) != 0 {
		t.Errorf("told of %v, want of no measure", got)
	}
	c.follows(d, "VN", network, strings.Replace(suspends, `code: "VN BT 001"`, `code: "VN BT 001" area { code: "VN" }`, 1))
	d.want("with effect", "grower", "SENT 2 CODE_SUSPENDED [p1.l1]")
}

// TestTheNextLanguageOfTheExporter has what is not there in the first of an exporter's
// languages be in its second, and not in English.
func TestTheNextLanguageOfTheExporter(t *testing.T) {
	n := parsed(t, &spsv1.Notification{}, `
		products { id: "p1" name { lang: "en" text: "mango" } name { lang: "vi" text: "xoài" } }
		products { id: "p2" name { lang: "vi" text: "chuối" } name { lang: "zh-Hans" text: "香蕉" } }
		measures { id: "m1" text { lang: "en" text: "detained" } text { lang: "vi" text: "tạm giữ" } }`)
	w := &writer{lang: "zh-Hans", langs: []string{"zh-Hans", "vi"}, zone: time.UTC}
	w.goods(n)
	w.done(&spsv1.NoticeContent{Notification: n})
	var got []string
	for _, l := range w.lines {
		got = append(got, l.GetText()+" "+l.GetLang())
	}
	if diff := cmp.Diff([]string{"xoài ", "香蕉 ", "tạm giữ vi"}, got); diff != "" {
		t.Errorf("the exporter reads (-want +got):\n%s", diff)
	}
}
