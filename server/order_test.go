package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestOrders orders a test under a sample number; the laboratory sees no
// operator, and its report on the sample answers the order.
func TestOrders(t *testing.T) {
	w := newWorld(t, "VN")
	vn := w.start("VN")
	desk, hanoi := vn.findings(certs.RoleOfficer), vn.lab("hanoi-lab")
	_, err := vn.admin().CreateToken(t.Context(), &spsv1.CreateTokenRequest{Token: &spsv1.Token{DisplayName: "LIMS", Role: "lab", Id: "hanoi-lab"}})
	if err != nil {
		t.Fatal(err)
	}
	about := issue(t, vn, notification("fruit fly in durian")).GetReference()
	wanted := func(sample, analyte string) *spsv1.OrderTestRequest {
		return &spsv1.OrderTestRequest{Order: &spsv1.TestOrder{
			SampleNumber: sample, Laboratory: "hanoi-lab", Case: about, Analytes: []*spsv1.Concept{{AsWritten: analyte}},
			Product: &spsv1.Product{Name: []*spsv1.LocalizedText{{Lang: "en", Text: "durian"}}, Brand: "Doi Kham", RegistrationNumber: "TH-1"},
		}}
	}
	order, err := desk.OrderTest(t.Context(), wanted("S-9001", "carbendazim"))
	if err != nil {
		t.Fatal(err)
	}
	unseen, err := desk.OrderTest(t.Context(), &spsv1.OrderTestRequest{Order: &spsv1.TestOrder{SampleNumber: "S-1", Laboratory: "hanoi-lba", Analytes: []*spsv1.Concept{{AsWritten: "lead"}}}})
	if err != nil || len(order.GetAdvice()) != 0 || len(unseen.GetAdvice()) != 1 || unseen.GetAdvice()[0].GetReason() != "LABORATORY_UNSEEN" {
		t.Errorf("from a laboratory of which nothing is known: %v, %v, want it ordered with advice, and none of %v", unseen, err, order)
	}
	again, err := desk.OrderTest(t.Context(), wanted("S-9001", "carbendazim"))
	if err != nil || again.GetName() != order.GetName() || len(again.GetAdvice()) != 1 || again.GetAdvice()[0].GetReason() != "ORDERED_BEFORE" {
		t.Errorf("the same again: %v, %v, want the same order, and that it was there", again, err)
	}
	_, other := desk.OrderTest(t.Context(), wanted("S-9001", "cadmium"))
	_, empty := desk.OrderTest(t.Context(), &spsv1.OrderTestRequest{})
	want := "INVALID, order.sample_number SAMPLE_ORDERED | INVALID, order.sample_number STRING_MIN_LEN, order.laboratory STRING_PATTERN, order.analytes REPEATED_MIN_ITEMS"
	if got := told(other) + " | " + told(empty); got != want {
		t.Errorf("another, and none: %s, want %s", got, want)
	}
	get := func(c spsv1.FindingServiceClient) (*spsv1.TestOrder, error) {
		return c.GetTestOrder(t.Context(), &spsv1.GetTestOrderRequest{Name: order.GetName()})
	}
	seen, err := get(hanoi)
	if err != nil || seen.GetCase() != "" || seen.GetOrderedBy() != nil || seen.GetProduct().GetBrand() != "" ||
		seen.GetProduct().GetRegistrationNumber() != "" || seen.GetProduct().GetName()[0].GetText() != "durian" {
		t.Errorf("the laboratory sees %v, %v, want the goods and not whose they are", seen, err)
	}
	if _, err := get(vn.lab("hue-lab")); told(err) != "NOT_FOUND" {
		t.Errorf("another laboratory: %v, want NOT_FOUND", err)
	}
	found := hanoi.mustPost(labReport(t, "L-1"))
	after, err := get(desk)
	if err != nil || found.GetOrder() != order.GetName() || after.GetState() != spsv1.TestOrderState_TEST_ORDER_STATE_REPORTED ||
		cmp.Diff([]string{found.GetName()}, after.GetFindings()) != "" || after.GetCase() != about {
		t.Errorf("after the report %v, %v, want it answered by %s", after, err, found.GetName())
	}
	if _, err := desk.CancelTestOrder(t.Context(), &spsv1.CancelTestOrderRequest{Name: order.GetName()}); told(err) != "INVALID, name ORDER_REPORTED" {
		t.Errorf("cancel it now: %q", told(err))
	}
	repeated, err := desk.OrderTest(t.Context(), wanted("S-9001", "carbendazim"))
	if err != nil || repeated.GetName() != order.GetName() || len(repeated.GetAdvice()) != 1 || repeated.GetAdvice()[0].GetReason() != "ORDERED_BEFORE" {
		t.Errorf("the same again after the report: %v, %v, want the same order, and that it was there", repeated, err)
	}
	retest := retested(t, desk, hanoi, order.GetName(), wanted("S-9001", "cadmium"))
	second, err := desk.OrderTest(t.Context(), wanted("S-9002", "cadmium"))
	if err != nil {
		t.Fatal(err)
	}
	vn.stop()
	vn = w.start("VN")
	list := func(c spsv1.FindingServiceClient, open bool) (names []string) {
		page, err := c.ListTestOrders(t.Context(), &spsv1.ListTestOrdersRequest{Open: open})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.GetOrders() {
			names = append(names, o.GetName())
		}
		return names
	}
	all := [][]string{list(vn.lab("hanoi-lab"), false), list(vn.lab("hanoi-lab"), true), list(vn.lab("hue-lab"), false)}
	if diff := cmp.Diff([][]string{{second.GetName(), retest, order.GetName()}, {second.GetName(), retest, order.GetName()}, nil}, all); diff != "" {
		t.Errorf("orders of Hanoi, open ones, of Hue (-want +got):\n%s", diff)
	}
	for range 2 {
		got, err := vn.findings(certs.RoleOfficer).CancelTestOrder(t.Context(), &spsv1.CancelTestOrderRequest{Name: second.GetName()})
		if err != nil || got.GetState() != spsv1.TestOrderState_TEST_ORDER_STATE_CANCELLED {
			t.Errorf("cancelled: %v, %v", got, err)
		}
	}
}

// retested orders another test of a sample on which the laboratory has reported,
// has it report, and then withdraw all: both orders are open again. It returns the
// second.
func retested(t *testing.T, desk spsv1.FindingServiceClient, hanoi lab, first string, req *spsv1.OrderTestRequest) string {
	t.Helper()
	again, err := desk.OrderTest(t.Context(), req)
	if err != nil {
		t.Fatalf("a test after the report: %v", err)
	}
	states := func() string {
		var all []string
		for _, name := range []string{first, again.GetName()} {
			o, err := desk.GetTestOrder(t.Context(), &spsv1.GetTestOrderRequest{Name: name})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, fmt.Sprint(strings.TrimPrefix(o.GetState().String(), "TEST_ORDER_STATE_"), " ", o.GetFindingCount()))
		}
		return strings.Join(all, ", ")
	}
	withdraw := func(number string) {
		if _, err := hanoi.WithdrawFinding(t.Context(), withdrawal(number)); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() {}, "REPORTED 1, OPEN 0"},
		{func() { hanoi.mustPost(labReport(t, "L-1b", `supersedes_reports: "L-1"`)) }, "REPORTED 2, OPEN 0"},
		{func() { hanoi.mustPost(labReport(t, "L-2")) }, "REPORTED 2, REPORTED 1"},
		{func() { withdraw("L-1b") }, "OPEN 2, REPORTED 1"},
		{func() { withdraw("L-2") }, "OPEN 2, OPEN 1"},
	} {
		if step.do(); states() != step.want {
			t.Errorf("the orders are %s, want %s", states(), step.want)
		}
	}
	return again.GetName()
}
