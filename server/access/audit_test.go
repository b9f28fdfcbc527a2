package access_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

func TestWritesAreAudited(t *testing.T) {
	w := startWard(t, nil)
	admin := spsv1.NewNodeServiceClient(w.dialPerson(t, certs.RoleAdmin))
	made, err := admin.CreateToken(t.Context(), &spsv1.CreateTokenRequest{Token: &spsv1.Token{DisplayName: "x", Role: "officer", Id: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	// In the transaction, and not a second time.
	records, _, err := w.desk.AuditRecords(t.Context(), access.AuditQuery{Most: 10})
	if err != nil || len(records) != 1 {
		t.Fatalf("AuditRecords = %v, %v, want one at once", records, err)
	}
	r := records[0]
	if r.GetPosition() != 1 || r.GetCaller() != "sps://asean-cn/VN/admin/lan.nguyen" || r.GetMeans() != spsv1.CallerMeans_CALLER_MEANS_CERTIFICATE ||
		r.GetMethod() != "sps.v1.NodeService/CreateToken" || !slices.Equal(r.GetResources(), []string{made.GetToken().GetName()}) ||
		r.GetOutcome() != spsv1.AuditOutcome_AUDIT_OUTCOME_DONE || !r.GetTime().IsValid() {
		t.Errorf("record = %v", r)
	}
	if made.GetToken().GetCreator() != r.GetCaller() {
		t.Errorf("creator = %s, want %s", made.GetToken().GetCreator(), r.GetCaller())
	}

	validator := spsv1.NewCaseServiceClient(w.dialPerson(t, certs.RoleValidator))
	for _, tc := range []struct {
		name  string
		issue func(context.Context, *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error)
	}{
		{"in the transaction", func(ctx context.Context, _ *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
			err := w.desk.store.Update(ctx, func(tx store.Tx) error { return access.Record(ctx, tx, "one") })
			return &spsv1.IssuedStatement{Name: "one"}, err
		}},
		{"in a transaction that was taken back", func(ctx context.Context, _ *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
			_ = w.desk.store.Update(ctx, func(tx store.Tx) error {
				return errors.Join(access.Record(ctx, tx, "never"), errors.New("entered before"))
			})
			return &spsv1.IssuedStatement{Name: "two"}, nil
		}},
		{"not by the service", func(context.Context, *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
			return &spsv1.IssuedStatement{Name: "three"}, nil
		}},
		{"refused", func(context.Context, *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
			return nil, access.Invalid(access.Violation{Field: "statement", Reason: "X", Sentence: "no"})
		}},
		{"failed", func(context.Context, *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
			return nil, errors.New("disk")
		}},
		{"panicked", func(context.Context, *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) { panic("x") }},
	} {
		w.service.issue = tc.issue
		_, _ = validator.IssueStatement(t.Context(), issueRequest(borderRejection))
	}
	try := issueRequest(borderRejection)
	try.ValidateOnly = true
	w.service.issue = func(context.Context, *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
		return &spsv1.IssuedStatement{}, nil
	}
	if _, err := validator.IssueStatement(t.Context(), try); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"CreateToken lan.nguyen DONE  [" + made.GetToken().GetName() + "]",
		"IssueStatement lan.nguyen DONE  [one]",
		"IssueStatement lan.nguyen DONE  [two]",
		"IssueStatement lan.nguyen DONE  [three]",
		"IssueStatement lan.nguyen REFUSED INVALID []",
		"IssueStatement lan.nguyen FAILED INTERNAL []",
		"IssueStatement lan.nguyen FAILED INTERNAL []",
	}
	if diff := cmp.Diff(want, w.audited(t)); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
}

func TestReadsOfRestrictedStatementsAreAudited(t *testing.T) {
	w := startWard(t, nil)
	officer := spsv1.NewCaseServiceClient(w.dialPerson(t, certs.RoleOfficer))
	public := &spsv1.IssuedStatement{Name: "offices/CN/statements/1-0", Audience: &spsv1.Audience{Network: true}}

	w.service.list = []*spsv1.IssuedStatement{public}
	if _, err := officer.ListStatements(t.Context(), &spsv1.ListStatementsRequest{Parent: "offices/-"}); err != nil {
		t.Fatal(err)
	}
	w.service.list = []*spsv1.IssuedStatement{restrictedStatement(1), public, restrictedStatement(2)}
	if _, err := officer.ListStatements(t.Context(), &spsv1.ListStatementsRequest{Parent: "offices/-"}); err != nil {
		t.Fatal(err)
	}
	if _, err := officer.GetCase(t.Context(), &spsv1.GetCaseRequest{Name: "cases/CN-2026-000001"}); err != nil {
		t.Fatal(err)
	}
	w.service.list = nil
	if _, err := officer.GetCase(t.Context(), &spsv1.GetCaseRequest{Name: "cases/CN-2026-000001"}); err == nil {
		t.Fatal("GetCase of none: no error")
	}
	for n := range 250 {
		w.service.list = append(w.service.list, restrictedStatement(n))
	}
	w.service.watch = func(stream grpc.ServerStreamingServer[spsv1.WatchStatementsResponse]) error {
		for _, s := range w.service.list {
			if err := stream.Send(&spsv1.WatchStatementsResponse{Event: &spsv1.WatchStatementsResponse_Statement{Statement: s}}); err != nil {
				return err
			}
		}
		return access.Draining()
	}
	stream, err := officer.WatchStatements(t.Context(), &spsv1.WatchStatementsRequest{Parent: "offices/-"})
	for err == nil {
		_, err = stream.Recv()
	}
	w.stop() // the stream's last record is written when its handler has returned
	lines := w.audited(t)
	names := func(n, to int) string {
		var all []string
		for ; n < to; n++ {
			all = append(all, restrictedStatement(n).GetName())
		}
		return fmt.Sprint(all)
	}
	want := []string{
		"ListStatements lan.nguyen DONE  " + names(1, 3),
		"GetCase lan.nguyen DONE  " + names(1, 3),
		"WatchStatements lan.nguyen DONE  " + names(0, 100),
		"WatchStatements lan.nguyen DONE  " + names(100, 200),
		"WatchStatements lan.nguyen DONE  " + names(200, 250),
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
}

// TestWhatIsCarriedAwayIsAuditedBefore looks into the log when the first message
// has come and the call goes on.
func TestWhatIsCarriedAwayIsAuditedBefore(t *testing.T) {
	w := startWard(t, nil)
	seen := make(chan struct{})
	w.service.watch = func(stream grpc.ServerStreamingServer[spsv1.WatchStatementsResponse]) error {
		for n := range 101 {
			access.Carry(stream.Context(), fmt.Sprint(n))
		}
		if err := stream.Send(&spsv1.WatchStatementsResponse{}); err != nil {
			return err
		}
		access.Carry(stream.Context(), "not sent any more")
		<-seen
		return access.Draining()
	}
	officer := spsv1.NewCaseServiceClient(w.dialPerson(t, certs.RoleOfficer))
	stream, err := officer.WatchStatements(t.Context(), &spsv1.WatchStatementsRequest{Parent: "offices/-"})
	if err == nil {
		_, err = stream.Recv()
	}
	if err != nil {
		t.Fatal(err)
	}
	var named int
	records, _, err := w.desk.AuditRecords(t.Context(), access.AuditQuery{Most: 10})
	for _, r := range records {
		named += len(r.GetResources())
	}
	if err != nil || named != 101 {
		t.Errorf("AuditRecords = %v, %v, want the 101 names at once", records, err)
	}
	close(seen)
	w.stop()
	if lines := w.audited(t); len(lines) != 2 {
		t.Errorf("audit log: %q, want two records, of what was sent", lines)
	}
}

func TestRefusedCallsAreAuditedUpToALimit(t *testing.T) {
	w := startWard(t, func(o *access.RegisterOptions) { o.Limits.Refusals = access.Rate{Count: 2, Per: time.Minute} })
	lab := w.dialPerson(t, certs.RoleLab)
	refuse := func() { call(t.Context(), lab, spsv1.CaseService_IssueStatement_FullMethodName) }
	for range 10 {
		refuse()
	}
	w.desk.clock.Add(time.Minute)
	refuse()
	records := w.desk.records(t, access.AuditQuery{NotDone: true})
	var skipped []uint32
	for _, r := range records {
		skipped = append(skipped, r.GetSkipped())
		if r.GetReason() != "PERMISSION_DENIED" || r.GetOutcome() != spsv1.AuditOutcome_AUDIT_OUTCOME_REFUSED {
			t.Errorf("record = %v, want refused", r)
		}
	}
	if diff := cmp.Diff([]uint32{0, 0, 8}, skipped); diff != "" {
		t.Errorf("calls counted only, by record (-want +got):\n%s", diff)
	}
}

func TestAuditQueries(t *testing.T) {
	d := openDesk(t, nil)
	begun := d.clock.Now()
	var names []string
	for i := range 7 {
		token, secret := d.token(t, &spsv1.Token{Role: "admin", Id: "minh"})
		names = append(names, token.GetName())
		caller, err := d.Token(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		record := &spsv1.AuditRecord{}
		if i%2 == 1 {
			record.Resources = []string{"odd"}
		}
		d.audit(t, caller, fmt.Sprint("svc/M", i), record.Resources...)
		d.clock.Add(time.Minute)
	}
	minute := func(n int) time.Time { return begun.Add(time.Duration(n) * time.Minute) }
	for _, tc := range []struct {
		name  string
		query access.AuditQuery
		want  []int64
	}{
		{"all", access.AuditQuery{}, []int64{7, 6, 5, 4, 3, 2, 1}},
		{"oldest first", access.AuditQuery{OldestFirst: true}, []int64{1, 2, 3, 4, 5, 6, 7}},
		{"identity", access.AuditQuery{Caller: "sps://asean-cn/VN/admin/minh"}, []int64{7, 6, 5, 4, 3, 2, 1}},
		{"another identity", access.AuditQuery{Caller: "sps://asean-cn/VN/admin/minh2"}, nil},
		{"token", access.AuditQuery{Caller: names[2]}, []int64{3}},
		{"method", access.AuditQuery{MethodPrefix: "svc/M4"}, []int64{5}},
		{"resource", access.AuditQuery{Resource: "odd"}, []int64{6, 4, 2}},
		{"since", access.AuditQuery{Since: minute(5)}, []int64{7, 6}},
		{"until", access.AuditQuery{Until: minute(2)}, []int64{2, 1}},
		{"since and until", access.AuditQuery{Since: minute(2), Until: minute(4)}, []int64{4, 3}},
		{"not done", access.AuditQuery{NotDone: true}, nil},
		{"after", access.AuditQuery{After: 5, OldestFirst: true}, []int64{6, 7}},
		{"after, newest first", access.AuditQuery{After: 5}, []int64{7, 6}},
	} {
		for _, most := range []int{1, 2, 100} {
			q := tc.query
			q.Most = most
			var got []int64
			for range 100 {
				records, next, err := d.AuditRecords(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range records {
					got = append(got, r.GetPosition())
				}
				if q.From = next; next == 0 {
					break
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s in pages of %d (-want +got):\n%s", tc.name, most, diff)
			}
		}
	}
}

// audit writes one record as a guard does.
func (d *desk) audit(t *testing.T, c access.Caller, method string, resources ...string) {
	t.Helper()
	ctx := d.Pending(t.Context(), c, method)
	if err := d.store.Update(ctx, func(tx store.Tx) error { return access.Record(ctx, tx, resources...) }); err != nil {
		t.Fatal(err)
	}
}
