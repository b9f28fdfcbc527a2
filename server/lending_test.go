package server_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestARoleIsLent has an officer of a province act for a validator of the focal
// point while that is away, and not a moment longer.
func TestARoleIsLent(t *testing.T) {
	w := newWorld(t, "VN")
	w.eyes = "four_eyes: {}"
	var later atomic.Int64 // a time.Duration
	w.clocks = map[certs.Office]func() time.Time{"VN": func() time.Time { return time.Now().Add(time.Duration(later.Load())) }}
	vn := startUnits(t, w)
	ctx := t.Context()
	acting := metadata.AppendToOutgoingContext(ctx, "acting-for", "minh")
	admin := spsv1.NewNodeServiceClient(vn.as(certs.RoleAdmin, "root"))
	self := spsv1.NewNodeServiceClient(vn.as(certs.RoleOfficer, "north.people"))
	own, others := vn.drafts(certs.RoleOfficer, "north.people"), vn.drafts(certs.RoleOfficer, "food.people")
	mine, theirs := submit(t, own, begin(t, own, network("of north"))), submit(t, others, begin(t, others, network("of food")))

	lend := func(to, actingFor, role string, from, until time.Duration) (*spsv1.Lending, error) {
		return admin.LendRole(ctx, &spsv1.LendRoleRequest{Lending: &spsv1.Lending{
			To: to, ActingFor: actingFor, Role: role, Reason: "annual leave",
			StartTime: timestamppb.New(time.Now().Add(from)), EndTime: timestamppb.New(time.Now().Add(until)),
		}})
	}
	ofUnit := func(actingFor, unit string) error {
		return second(admin.LendRole(ctx, &spsv1.LendRoleRequest{Lending: &spsv1.Lending{
			To: "north.people", ActingFor: actingFor, Role: "officer", Unit: unit, Reason: "annual leave", EndTime: timestamppb.New(time.Now().Add(time.Hour)),
		}}))
	}
	for _, tc := range []struct {
		name, want string
		err        error
	}{
		{"of a unit that is not there", "INVALID, lending.unit UNIT_UNKNOWN", ofUnit("minh", "gone")},
		{"for a person of a unit as for one of the focal point", "INVALID, lending.unit LENDING_UNIT", ofUnit("food.people", "")},
		{"for a person of another unit", "INVALID, lending.unit LENDING_UNIT", ofUnit("food.people", "plant")},
		{"to oneself", "INVALID, lending.to LENDING_TO", second(lend("minh", "minh", "validator", 0, time.Hour))},
		{"to the administrator who lends it", "INVALID, lending.to LENDING_TO", second(lend("root", "minh", "validator", 0, time.Hour))},
		{"for no time", "INVALID, lending.end_time LENDING_TIME", second(lend("north.people", "minh", "validator", time.Hour, 0))},
		{"for ever", "INVALID, lending.end_time LENDING_TIME", second(lend("north.people", "minh", "validator", 0, 9000*time.Hour))},
		{"a role that is none of a desk", "INVALID, lending.role STRING_IN", second(lend("north.people", "minh", "admin", 0, time.Hour))},
		{"before it is lent", "PERMISSION_DENIED", second(self.GetCaller(acting, &spsv1.GetCallerRequest{}))},
	} {
		if got := told(tc.err); got != tc.want {
			t.Errorf("%s: %v, want %q", tc.name, tc.err, tc.want)
		}
	}
	if _, err := lend("north.people", "minh", "validator", time.Hour, 3*time.Hour); err != nil {
		t.Fatal(told(err))
	}
	_, err := self.GetCaller(acting, &spsv1.GetCallerRequest{})
	wantReason(t, "before the loan begins", err, "PERMISSION_DENIED")

	later.Store(int64(2 * time.Hour))
	who, err := self.GetCaller(ctx, &spsv1.GetCallerRequest{})
	if err != nil || who.GetRole() != "officer" || len(who.GetLendings()) != 1 || who.GetLendings()[0].GetActingFor() != "minh" {
		t.Errorf("in its own role the caller is %v, %v, want an officer who may act for minh", who, err)
	}
	who, err = self.GetCaller(acting, &spsv1.GetCallerRequest{})
	if got, want := fmt.Sprint(who.GetRole(), who.GetUnit(), who.GetFocalPoint(), who.GetId(), who.GetActingFor()), "validatortruenorth.peopleminh"; err != nil || got != want {
		t.Errorf("acting the caller is %q, %v, want %q", got, err, want)
	}
	_, err = vn.lab("north.people").ListFindings(acting, &spsv1.ListFindingsRequest{})
	wantReason(t, "a laboratory of the same id", err, "PERMISSION_DENIED")
	issue := func(ctx context.Context, d *spsv1.Draft) (*spsv1.IssuedStatement, error) {
		return own.IssueDraft(ctx, &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()})
	}
	_, err = issue(ctx, theirs)
	wantReason(t, "issue in the own role", err, "PERMISSION_DENIED")
	_, err = issue(acting, mine)
	wantReason(t, "issue what the same person drafted", err, "FOUR_EYES")
	issued, err := issue(acting, theirs)
	if by := issued.GetStatement().GetIssuedBy(); err != nil || by.GetId() != "north.people" || by.GetActingFor() != "minh" {
		t.Errorf("issued by %v, %v, want by north.people acting for minh", by, told(err))
	}
	log, err := spsv1.NewNodeServiceClient(vn.as(certs.RoleAuditor, "an")).ListAuditRecords(ctx, &spsv1.ListAuditRecordsRequest{MethodPrefix: "sps.v1.DraftService/IssueDraft"})
	if err != nil || len(log.GetAuditRecords()) == 0 || log.GetAuditRecords()[0].GetActingFor() != "minh" {
		t.Errorf("the audit log has %v, %v, want for whom it was issued", log, err)
	}

	// What is under way ends with the loan, and nothing is done with it any more.
	watch, err := spsv1.NewCaseServiceClient(vn.as(certs.RoleOfficer, "north.people")).WatchStatements(acting, &spsv1.WatchStatementsRequest{Parent: "offices/-"})
	if err == nil {
		_, err = watch.Recv()
	}
	if err != nil {
		t.Fatal(told(err))
	}
	list, err := admin.ListLendings(ctx, &spsv1.ListLendingsRequest{})
	if err != nil || len(list.GetLendings()) != 1 {
		t.Fatalf("loans: %v, %v, want one", list, err)
	}
	ended, err := admin.EndLending(ctx, &spsv1.EndLendingRequest{Name: list.GetLendings()[0].GetName()})
	if err != nil || ended.GetEarlyEndTime() == nil || ended.GetEndedBy() == "" {
		t.Errorf("ended: %v, %v, want by whom and when", ended, err)
	}
	for err = nil; err == nil; {
		_, err = watch.Recv()
	}
	wantReason(t, "a watch with the loan", err, "REVOKED")
	_, err = self.GetCaller(acting, &spsv1.GetCallerRequest{})
	wantReason(t, "after it was ended", err, "PERMISSION_DENIED")
	if _, err := lend("north.people", "minh", "validator", 0, 3*time.Hour); err != nil {
		t.Fatal(told(err))
	}
	later.Store(int64(4 * time.Hour))
	_, err = self.GetCaller(acting, &spsv1.GetCallerRequest{})
	wantReason(t, "after its time", err, "PERMISSION_DENIED")
}

// network is a notification to the whole network.
func network(subject string) *spsv1.Statement {
	s := notification(subject)
	s.Addressees, s.Network = nil, true
	return s
}
